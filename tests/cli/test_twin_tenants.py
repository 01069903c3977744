"""Two pairs of tenants alike: on one every changing command is run, on the other its script is; both stand alike afterwards."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cli.conftest import TENANTS
from cli.estate import PLANS, TEAM, small_estate
from cli.test_guarded_tenants import COMMANDS
from clock import FakeClock
from desk import Answer, Desk
from move_samples import job
from neighbours import TENANT_IDS, Neighbours, neighbours
from xtenant.cmdlets.script.reading import read_script
from xtenant.cmdlets.script.steps import read
from xtenant.domain.licence import MICROSOFT_365_E3
from xtenant.domain.move import JobKind, MoveState

FABRIKAM = "https://fabrikam-my.sharepoint.com/"
SOURCE = str(TENANT_IDS["contoso"])
GROUP, OTHER_GROUP = "0c0c0c0c-3333-4333-8333-000000000001", "0c0c0c0c-3333-4333-8333-000000000002"
NEW_SITE = "https://fabrikam.sharepoint.com/sites/plans"
MOVES = "kind,source,target\nuser,ann@contoso.onmicrosoft.com,ann.new@fabrikam.onmicrosoft.com\ngroup,team,team\n"
TABLES = (
    *("relationships", "trust_inbox", "map_rows", "users", "groups", "memberships", "licences", "sites", "site_users"),
    "move_jobs",
)
"""What commands change."""
NAMES = (
    "SELECT user_id, upn FROM users",
    "SELECT group_id, mail_nickname FROM groups",
)
PASSING = frozenset(
    {"key", "id", "change", "worker", "lease_until", "stalled_since", "passes", "cursor", "fence", "idempotency_key"}
)
"""Columns of counters and of work in hand, which differ between any two runs."""


@dataclass
class Twin:
    """A pair of tenants with an administrator's desk in the lab, and one in a drill."""

    block: Neighbours
    folder: Path
    lab: Desk
    drill: Desk
    enter: Callable[[Path], None]

    def does(self, *line: str) -> Answer:
        self.enter(self.lab.home)
        return self.lab.run(*line)

    def writes_out(self, *line: str) -> Answer:
        """The command in the drill; before and after it the tenants stand alike."""
        for name in ("kept-maps", "identity-maps", "maps"):
            if (self.lab.home / name).exists():
                shutil.copytree(self.lab.home / name, self.drill.home / name, dirs_exist_ok=True)
        before = self.stands()
        self.enter(self.drill.home)
        answer = self.drill.run(*line, "--emit", "powershell", "--emit-to", "out")
        assert self.stands() == before, line
        return answer

    def runs(self, answer: Answer) -> None:
        """Every script, in the lab's shell; each of its lines is read by our parser first."""
        for row in answer.json["emitted"]:
            script = self.drill.home / row["file"]
            for _, line in read_script(script.read_text("utf-8")).lines:
                read(line)
            ran = self.does("shell", "--script", str(script))
            assert ran.code == 0, (row, ran.err)

    def stands(self) -> dict[str, list[tuple[Any, ...]]]:
        """What commands change, in both tenants."""
        return {f"{tenant}.{table}": rows for tenant in TENANTS for table, rows in rows_in(self.folder / tenant)}


def rows_in(home: Path) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Every table's rows without ids, moments and secrets; people, groups and sites by name."""
    (path,) = home.glob("*.db")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names: dict[Any, str] = {}
        for query in NAMES:
            names |= dict(database.execute(query).fetchall())
        for table in TABLES:
            found = database.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in found.description]
            yield table, sorted(tuple(map(_told, columns, row, repeat(names))) for row in found)


def _told(column: str, value: Any, names: dict[Any, str]) -> str:
    """Ids by name; of moments and secrets only whether there is one."""
    if value is None or column in PASSING:
        return f"{column}:"
    if isinstance(value, bytes) or column.endswith("_at") or column == "password_hash":
        return f"{column}:{names.get(value, 'one')}"
    return f"{column}:{value}"


@pytest.fixture
def twins(
    tmp_path: Path,
    furnished: Path,
    real_clock: FakeClock,
    certificate: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Twin, Twin]]:
    def desk_of(block: Neighbours, home: Path, *, drill: bool) -> Desk:
        home.mkdir()
        desk = Desk(block=block, home=home, certificate=certificate[0], capsys=capsys, monkeypatch=monkeypatch)
        for name in TENANTS:
            desk.add(name, drill=drill)
        return desk

    def twin(block: Neighbours, folder: Path) -> Twin:
        for name in TENANTS:
            for _ in range(1_000):
                block[name].backend.ids.new_id()
        with block["fabrikam"].backend.units.write() as uow:
            uow.licences.subscribe(MICROSOFT_365_E3, 20)
        small_estate(block)
        lab, drill = (desk_of(block, folder / name, drill=name == "drill") for name in ("lab", "drill"))
        return Twin(block=block, folder=folder, lab=lab, drill=drill, enter=monkeypatch.chdir)

    for side in ("one", "other"):
        for name in TENANTS:
            shutil.copytree(furnished / name, tmp_path / side / name)
    with (
        neighbours(tmp_path / "one", real_clock, *TENANTS, certificate=certificate[1]) as one,
        neighbours(tmp_path / "other", real_clock, *TENANTS, certificate=certificate[1]) as other,
    ):
        yield twin(one, tmp_path / "one"), twin(other, tmp_path / "other")


def map_file(twin: Twin, *names: str) -> None:
    lines = [
        f"User,{SOURCE},{name}@contoso.onmicrosoft.com,{name}@fabrikam.onmicrosoft.com,,RegularUser" for name in names
    ]
    rows = "".join(line.replace(",,", f",{line.split(',')[3]},") + "\n" for line in lines)
    for home in (twin.lab.home, twin.drill.home):
        (home / "map.csv").write_text(rows)


def two_maps_sent(twin: Twin) -> None:
    for names in (("ann",), ("ann", "bob")):
        map_file(twin, *names)
        assert twin.does("map", "replace", "map.csv", "-t", "fabrikam", "--yes").code == 0


def people_planned(twin: Twin) -> None:
    for home in (twin.lab.home, twin.drill.home):
        (home / "moves.csv").write_text(MOVES)
    sides = ("--source", "contoso", "--target", "fabrikam", "--moves", "moves.csv", "--others", "create")
    assert twin.does("people", "plan", *sides).code == 0
    shutil.copy(twin.lab.home / "people.csv", twin.drill.home / "people.csv")


def onedrive_arrived(twin: Twin) -> None:
    moved = job(
        kind=JobKind.USER,
        state=MoveState.SUCCESS,
        source_url="https://contoso-my.sharepoint.com/personal/ann_contoso_onmicrosoft_com",
        target_url="https://fabrikam-my.sharepoint.com/personal/ann_new_fabrikam_onmicrosoft_com",
    )
    with twin.block["contoso"].backend.units.write() as uow:
        uow.jobs.add(moved, queue_limit=10)


def site_deleted(twin: Twin) -> None:
    assert twin.does("sites", "remove", PLANS, "-t", "contoso", "--yes").code == 0


ROW = ("-t", "fabrikam", "--source-tenant", SOURCE, "--yes")
UPN = "o'neil’s@contoso.onmicrosoft.com"
STORY: tuple[tuple[str, Callable[[Twin], None] | None, tuple[str, ...]], ...] = (
    ("trust set", None, ("--source", "contoso", "--target", "fabrikam", "--yes")),
    ("map set-user", None, (*ROW, "--source", UPN, "--target", "bob@fabrikam.onmicrosoft.com")),
    ("map set-group", None, (*ROW, "--source", GROUP, "--target", OTHER_GROUP)),
    ("map remove-user", None, ("-t", "fabrikam", "--value", UPN, "--yes")),
    ("map remove-group", None, ("-t", "fabrikam", "--value", GROUP, "--yes")),
    ("map replace", lambda twin: map_file(twin, "bob"), ("map.csv", "-t", "fabrikam", "--yes")),
    ("map restore", two_maps_sent, ("-t", "fabrikam", "--yes")),
    (
        "people apply",
        people_planned,
        ("people.csv", "-t", "fabrikam", "--source", "contoso", "--moves", "moves.csv", "--licence", "SPE_E3", "--yes"),
    ),
    ("people open", onedrive_arrived, ("--moves", "moves.csv", "-t", "fabrikam", "--source", "contoso", "--yes")),
    (
        "move start",
        None,
        ("--source", "contoso", "--partner", FABRIKAM, "--site", PLANS, NEW_SITE, "--begin", "2027-05-01T20:00:00Z"),
    ),
    ("move cancel", None, ("JOB", "--source", "contoso")),
    ("sites remove", None, (TEAM, "-t", "contoso", "--yes")),
    ("sites remove-deleted", site_deleted, (PLANS, "-t", "contoso", "--yes")),
    ("trust remove", None, ("--source", "contoso", "--target", "fabrikam")),
)


def with_job(twin: Twin, line: tuple[str, ...]) -> tuple[str, ...]:
    """The id of the move that was started, in place of the word JOB."""
    if "JOB" not in line:
        return line
    jobs = [row for row in twin.does("move", "list", "--source", "contoso").json if row["source_url"] == PLANS]
    return tuple(jobs[0]["id"] if word == "JOB" else word for word in line)


def test_every_script_does_what_its_command_would_have_done(twins: tuple[Twin, Twin]) -> None:
    doing, writing = twins
    for command, prepare, line in STORY:
        for twin in twins:
            if prepare is not None:
                prepare(twin)
        assert doing.stands() == writing.stands(), command
        before = doing.stands()
        done = doing.does(*command.split(), *with_job(doing, line))
        assert done.code in (0, 3), (command, done.err)
        written = writing.writes_out(*command.split(), *with_job(writing, line))
        assert written.code == 0, (command, written.err)
        assert written.json["emitted"], (command, written.err)
        writing.runs(written)
        assert doing.stands() == writing.stands(), command
        assert doing.stands() != before, f"{command} changed nothing that is looked at"


def test_the_story_leaves_no_command_out() -> None:
    """`move refuse` and `move settle` are calls of our own service: one writes a script for the other administrator, one none."""
    assert {command for command, _, _ in STORY} == set(COMMANDS) - {"move refuse", "move settle"}


def test_a_refusal_is_written_out_for_the_sources_administrator(twins: tuple[Twin, Twin]) -> None:
    twin = twins[0]
    offered = job(direction=job().direction, kind=JobKind.SITE, source_url=PLANS, target_url=NEW_SITE)
    with twin.block["contoso"].backend.units.write() as uow:
        uow.jobs.add(offered, queue_limit=10)
    answer = twin.writes_out("move", "refuse", str(UUID(str(offered.job_id))), "-t", "contoso")
    (row,) = answer.json["emitted"]
    lines = [line for _, line in read_script((twin.drill.home / row["file"]).read_text("utf-8")).lines]
    assert twin.drill.run("audit", "show", "-t", "contoso").json[-1]["outcome"] == "emitted"
    assert lines == [
        "Connect-SPOService -Url 'https://contoso-admin.sharepoint.com'",
        f"Stop-SPOCrossTenantSiteContentMove -SourceSiteUrl '{PLANS}'",
    ]
