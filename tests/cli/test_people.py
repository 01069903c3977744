"""`xtenant people …` and `map build` over two tenants in process: plan, apply, check, map, open (steps 4 and 5)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.estate import PLANS, Estate, small_estate
from desk import Answer, Desk
from move_samples import job
from neighbours import TENANT_IDS, Neighbours, Transport
from xtenant.domain.directory import Group, User, UserId
from xtenant.domain.licence import MICROSOFT_365_E3, USER_MIGRATION
from xtenant.domain.move import JobKind, MoveState
from xtenant.people.rows import COLUMNS

MOVES = f"""kind,source,target
user,ann@contoso.onmicrosoft.com,ann.new@fabrikam.onmicrosoft.com
site,{PLANS},https://fabrikam.sharepoint.com/sites/plans
group,team,team
"""
TARGET = "fabrikam.onmicrosoft.com"


class Writes(Transport):
    """Counts what changes the target, inside batches too; `stop_at` cuts the line before a batch of that number."""

    def __init__(self, block: Neighbours, stop_at: int = 0, cut: BaseException | None = None) -> None:
        super().__init__(block)
        self.writes: list[str] = []
        self.stop_at = stop_at
        self.cut = cut
        self._writing_batches = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if request.url.host == "graph.microsoft.com" and request.method != "GET":
            parts = (
                json.loads(body)["requests"] if request.url.path.endswith("$batch") else [{"method": request.method}]
            )
            writes = [
                f"{part['method']} {part.get('url', request.url.path)}" for part in parts if part["method"] != "GET"
            ]
            self._writing_batches += bool(writes)
            if writes and self._writing_batches == self.stop_at:
                raise self.cut or httpx.ConnectError("the line is cut", request=request)
            self.writes += writes
        return await super().handle_async_request(request)


@pytest.fixture
def estate(block: Neighbours) -> Estate:
    with block["fabrikam"].backend.units.write() as uow:
        for sku in (MICROSOFT_365_E3, USER_MIGRATION):
            uow.licences.subscribe(sku, 10)
    return small_estate(block)


@pytest.fixture
def files(desk: Desk, estate: Estate) -> Path:
    (desk.home / "moves.csv").write_text(MOVES)
    return desk.home


def plan(desk: Desk, *more: str) -> Answer:
    sides = ("--source", "contoso", "--target", "fabrikam", "--moves", "moves.csv", "--others", "create")
    return desk.run("people", "plan", *sides, *more)


def apply(desk: Desk, *more: str, source: str = "contoso") -> Answer:
    return desk.run("people", "apply", "people.csv", "-t", "fabrikam", "--source", source, "--yes", *more)


def check(desk: Desk) -> Answer:
    return desk.run("people", "check", "people.csv", "-t", "fabrikam", "--source", "contoso")


def build(desk: Desk, *more: str, source: str = "contoso") -> Answer:
    sides = ("--source", source, "--target", "fabrikam", "--moves", "moves.csv", "--people", "people.csv")
    return desk.run("map", "build", *sides, *more)


def user_of(block: Neighbours, upn: str) -> User | None:
    with block["fabrikam"].backend.units.read() as uow:
        return uow.users.by_upn(upn)


def group_of(block: Neighbours, alias: str) -> Group:
    with block["fabrikam"].backend.units.read() as uow:
        found = uow.groups.by_alias(alias)
    assert found is not None
    return found


def members_of(block: Neighbours, alias: str) -> set[str]:
    """UPNs and aliases of the direct members."""
    group = group_of(block, alias)
    with block["fabrikam"].backend.units.read() as uow:
        ids = list(uow.memberships.members(group.group_id))
        people = uow.users.by_ids([UserId(each) for each in ids])
        groups = [uow.groups.by_id(each) for each in ids if each not in people]  # type: ignore[arg-type]
    return {user.upn for user in people.values()} | {found.mail_nickname for found in groups if found is not None}


def edited(path: Path, change: Callable[[dict[str, str]], None]) -> None:
    """Change rows of a people file as a spreadsheet would."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        change(row)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def test_plan_apply_check_and_build_need_no_step_by_hand_and_a_second_run_changes_nothing(
    desk: Desk, files: Path, block: Neighbours
) -> None:
    planned = plan(desk)
    assert planned.code == 0, planned.err
    assert planned.json["methods"] == {"create": 7, "guest": 1}
    assert planned.json["licences"]["onedrive"]["to_buy"] + planned.json["licences"]["onedrive"]["to_assign"] >= 1
    assert check(desk).code == 1

    foreseen = apply(desk, "--what-if").json
    assert user_of(block, f"cat@{TARGET}") is None and not (files / "people.csv.journal").exists()
    done = apply(desk, "--licence", "SPE_E3", "--licence", "Cross_tenant_user_data_migration")
    assert (done.code, done.json["failed"]) == (0, []), done.err
    for what in ("accounts", "guests", "groups", "memberships"):
        assert done.json[what] == foreseen[what], what

    checked = check(desk)
    assert (checked.code, checked.json["missing"]) == (0, [])
    block.transport = Writes(block)
    again = apply(desk, "--licence", "SPE_E3", "--licence", "Cross_tenant_user_data_migration")
    assert (again.code, again.json["present"], again.json["memberships"]) == (0, 8, 0)
    assert block.transport.writes == []

    built = build(desk, "--explain")
    assert (built.code, built.json["no_row"]) == (0, [])
    rows = list(csv.reader((files / "map.csv").read_text().splitlines()))
    assert [row[5] for row in rows[:5]] == ["RegularUser"] * 3 + ["GuestUser", "RegularUser"]
    assert {row[1] for row in rows} == {str(TENANT_IDS["contoso"])}
    team = next(row for row in rows if row[5] == "O365Group")
    assert team[4] == "team" and team[3] == str(group_of(block, "team").group_id)
    explained = {row["source"]: " ".join(row["because"]) for row in built.json["explained"]}
    assert (
        "in 'Outer > Inner', read on https://contoso.sharepoint.com/sites/plans"
        in explained["dan@contoso.onmicrosoft.com"]
    )


def test_new_accounts_are_blocked_and_known_again_and_groups_made_as_prescribed(
    desk: Desk, files: Path, block: Neighbours
) -> None:
    plan(desk)
    done = apply(desk)
    ann = user_of(block, f"ann.new@{TARGET}")
    assert ann is not None and not ann.account_enabled and ann.usage_location == "DE"
    team = group_of(block, "team")
    assert (team.visibility, team.site_url, team.resource_behavior_options) == (
        "Public",
        None,
        ("ProvisionSiteOnDemand",),
    )
    assert members_of(block, "outer") == {f"cat@{TARGET}", "inner"}
    assert members_of(block, "inner") == {f"dan@{TARGET}", f"gus_northwind.com#EXT#@{TARGET}"}
    told = done.out + done.err + (files / "people.csv.journal").read_text()
    assert "assword" not in told
    (files / "people.csv.journal").unlink()  # the mark on the accounts is enough
    assert apply(desk).json["failed"] == []


@pytest.mark.parametrize(("stop_at", "cut", "code"), [(3, None, 6), (2, KeyboardInterrupt(), 130)])
def test_an_interrupted_run_is_finished_by_the_next_one(
    desk: Desk, files: Path, block: Neighbours, stop_at: int, cut: BaseException | None, code: int
) -> None:
    plan(desk)
    block.transport = Writes(block, stop_at, cut)
    assert apply(desk).code == code
    assert user_of(block, f"cat@{TARGET}") is not None
    block.transport = Writes(block)
    done = apply(desk)
    assert (done.code, done.json["failed"], done.json["accounts"]) == (0, [], 0)
    assert members_of(block, "outer") == {f"cat@{TARGET}", "inner"}


def test_a_mover_who_was_there_before_gets_the_licence_that_is_missing_and_nobody_else_does(
    desk: Desk, estate: Estate, files: Path, block: Neighbours
) -> None:
    there = Estate(block["fabrikam"], TARGET)
    there.add_people("ann.new", "cat")
    plan(desk)
    done = apply(desk, "--licence", "SPE_E3")
    assert done.json["failed"] == []
    with block["fabrikam"].backend.units.read() as uow:
        ids = {name: there.users[name].user_id for name in ("ann.new", "cat")}
        held = uow.licences.of_users(ids.values())
    assert held.get(ids["ann.new"]) and not held.get(ids["cat"])
    none_left = apply(desk, "--licence", "Cross_tenant_user_data_migration", "--licence", "NOTHING")
    assert (none_left.code, "has no licence 'NOTHING'" in none_left.err) == (4, True)


def test_a_table_shows_counts_and_what_failed(desk: Desk, files: Path) -> None:
    plan(desk)
    shown = apply(desk, "-o", "table").out
    assert "memberships" in shown and "made: 8" in shown and "R-" not in shown
    assert "because" in build(desk, "--explain", "-o", "table").out


def test_a_name_taken_since_the_plan_fails_its_row_alone_and_is_left_as_it_is(
    desk: Desk, files: Path, block: Neighbours
) -> None:
    plan(desk)
    units = block["fabrikam"].backend.units
    stranger = User(
        user_id=UserId(TENANT_IDS["northwind"]),
        upn=f"cat@{TARGET}",
        display_name="Somebody else",
        account_enabled=False,
        created_at=block.clock.business_now(),
    )
    with units.write() as uow:
        uow.users.add(stranger)
    done = apply(desk)
    assert done.code == 1
    (failed,) = [each for each in done.json["failed"] if each["step"] == "create"]
    assert failed["target"] == f"cat@{TARGET}" and "exists" in failed["remedy"]
    assert user_of(block, f"cat@{TARGET}") == stranger
    assert user_of(block, f"dan@{TARGET}") is not None


def test_only_accounts_of_ours_whose_onedrive_has_arrived_are_opened(
    desk: Desk, files: Path, block: Neighbours
) -> None:
    plan(desk)
    apply(desk)
    opening = ("people", "open", "--moves", "moves.csv", "--people", "people.csv", "-t", "fabrikam", "--yes")
    early = desk.run(*opening, "--source", "contoso")
    assert (early.code, early.json["counts"]) == (3, {"not moved yet": 1})

    moved = job(
        kind=JobKind.USER,
        state=MoveState.SUCCESS,
        source_url="https://contoso-my.sharepoint.com/personal/ann_contoso_onmicrosoft_com",
        target_url="https://fabrikam-my.sharepoint.com/personal/ann_new_fabrikam_onmicrosoft_com",
    )
    with block["contoso"].backend.units.write() as uow:
        uow.jobs.add(moved, queue_limit=10)
    assert desk.run(*opening, "--source", "contoso", "--what-if").json["counts"] == {"would open": 1}
    done = desk.run(*opening, "--source", "contoso")
    assert (done.code, done.json["counts"]) == (0, {"opened": 1})
    ann, cat = user_of(block, f"ann.new@{TARGET}"), user_of(block, f"cat@{TARGET}")
    assert ann is not None and cat is not None and ann.account_enabled and not cat.account_enabled
    rest = desk.run(*opening, "--without-onedrive")
    assert rest.json["counts"]["opened"] == 3 and rest.json["counts"]["not moved yet"] == 1  # the target was not told


def test_two_administrators_exchange_a_file_and_the_target_does_the_rest(
    make_desk: Callable[..., Desk], estate: Estate, block: Neighbours
) -> None:
    theirs = make_desk("contoso", home="theirs")
    (theirs.home / "moves.csv").write_text(MOVES)
    told = theirs.run(
        "handover", "export", "-t", "contoso", "contoso.xth", "--level", "permissions", "--moves", "moves.csv", "--yes"
    )
    assert told.code == 0, told.err
    ours = make_desk("fabrikam", home="ours")
    (ours.home / "moves.csv").write_text(MOVES)
    file = ours.home / "contoso.xth"
    file.write_bytes((theirs.home / "contoso.xth").read_bytes())
    taken = ours.run("handover", "import", str(file), "--fingerprint", told.json["fingerprint"])
    assert taken.code == 0, taken.err

    planned = ours.run(
        *("people", "plan", "--source", str(file), "--target", "fabrikam", "--moves", "moves.csv"), "--others", "create"
    )
    assert planned.code == 0, planned.err
    done = apply(ours, source=str(file))
    assert (done.code, done.json["failed"]) == (0, []), done.err
    assert members_of(block, "outer") == {f"cat@{TARGET}", "inner"}
    built = build(ours, source=str(file))
    assert (built.code, built.json["rows"]) == (0, 8), built.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("people", "apply", "none.csv", "-t", "fabrikam", "--yes"), "There is no file none.csv"),
        (("people", "apply", "bad.csv", "-t", "fabrikam", "--yes"), "line 2: 'perhaps' is no method"),
        (("people", "apply", "group.csv", "-t", "fabrikam", "--yes"), "Name it: --source"),
        (("people", "apply", "user.csv", "-t", "fabrikam", "--yes"), "--usage-location"),
        (("people", "apply", "user.csv", "-t", "fabrikam", "--usage-location", "Germany"), "no usage location"),
        (("people", "apply", "user.csv", "-t", "fabrikam"), "Answer it with --yes"),
        (("people", "apply", "foreign.csv", "-t", "fabrikam", "--yes"), "is the journal of the tenant"),
        (("people", "open", "--moves", "moves.csv", "-t", "fabrikam", "--without-onedrive"), "--people"),
        (("people", "plan", "--source", "contoso", "--target", "fabrikam", "--moves", "none.csv"), "There is no file"),
        (
            (
                "people",
                "plan",
                "--source",
                "contoso",
                "--target",
                "fabrikam",
                "--moves",
                "moves.csv",
                "--out",
                "user.csv",
            ),
            "somebody may have edited it",
        ),
        (
            (
                "people",
                "plan",
                "--source",
                "contoso",
                "--target",
                "fabrikam",
                "--moves",
                "moves.csv",
                "--domain",
                "a.com",
            ),
            "is no domain rule",
        ),
        (
            ("people", "plan", "--source", "contoso", "--target", "fabrikam", "--moves", "moves.csv", "--others", "x"),
            "--others is guest or create",
        ),
    ],
)
def test_wrong_input_is_refused_with_what_to_do_and_nothing_is_sent(
    desk: Desk, block: Neighbours, command: tuple[str, ...], said: str
) -> None:
    header = "kind,source_id,source_upn,method,target_upn\n"
    (desk.home / "moves.csv").write_text(MOVES)
    (desk.home / "bad.csv").write_text(header + "user,,ann@contoso.com,perhaps,ann@fabrikam.com\n")
    (desk.home / "group.csv").write_text(header + "m365,,team,create,team\n")
    for name in ("user", "foreign"):
        (desk.home / f"{name}.csv").write_text(header + f"user,,x@contoso.com,create,x@{TARGET}\n")
    line: dict[str, Any] = {"at": "2026-11-23T12:00:00Z", "event": "begun", "tenant_id": str(TENANT_IDS["northwind"])}
    (desk.home / "foreign.csv.journal").write_text(json.dumps(line) + "\n")
    block.transport = writes = Writes(block)

    answer = desk.run(*command)

    assert answer.code == 5, answer.out
    assert said in answer.err
    assert writes.writes == []
