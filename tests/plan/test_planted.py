"""More than thirty planted problems: all found, each with the right remedy, and each remedy, carried out as it is written,
ends exactly its finding. An estate of the same size without them yields no error.

In every run the remedies are carried out in a few rounds, with a check after each; `make faults` checks after each single one.
"""

from __future__ import annotations

import ast
import shlex
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

import xtenant.bulk
from cli.conftest import WaitingClock
from desk import app_certificate
from neighbours import neighbours
from plan.desks import LastingDesk
from plan.estate import DECLARED, PLAN, Estate
from plan.planting import EMPTY, GROUPS, PEOPLE, PLANT, PLAYED, RENAMED, SITES, TENANT_WIDE, Ground

ROUNDS = 2
SERVICE_DOES_NOT_KNOW = {"departed", "publicgroup"}
"""Moves with an error that our service starts all the same (docs/explanation/what-differs.md, R-7.33 and R-4.19)."""
TOLD_OF_THE_TENANT = {"secret"}
"""Moves whose error is declared of all that moves, since no call reads which they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A row of `planted.toml`."""

    name: str
    wire: str
    rule: str
    object: str
    who: str
    severity: str = "error"
    lines: tuple[str, ...] = ()
    besides: tuple[Mapping[str, str], ...] = ()

    def is_it(self, finding: Mapping[str, Any]) -> bool:
        return _named(finding) == (self.rule, self.severity, self.object)

    def is_besides(self, finding: Mapping[str, Any]) -> bool:
        return _named(finding) in [
            (each["rule"], each["severity"], each.get("object", self.object)) for each in self.besides
        ]


def _kinds() -> tuple[Expected, ...]:
    rows = tomllib.loads((Path(__file__).parent / "planted.toml").read_text("utf-8"))["kind"]
    return tuple(
        Expected(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
        for row in rows
    )


KINDS = _kinds()


@dataclass
class Check:
    """What one check found, by id."""

    findings: Mapping[str, Mapping[str, Any]]

    def of(self, kind: Expected) -> Mapping[str, Any]:
        found = [finding for finding in self.findings.values() if kind.is_it(finding)]
        assert len(found) == 1, f"{kind.name}: {found}"
        return found[0]

    def follow_from(self, roots: Collection[str]) -> set[str]:
        """The findings that name one of these as their root, directly or by others."""
        known = set(roots)
        while (
            more := {finding["id"] for finding in self.findings.values() if known & set(finding["depends_on"])} - known
        ):
            known |= more
        return known


@contextmanager
def ground_of(folder: Path, *, planted: bool) -> Iterator[Ground]:
    """Both tenants with a plan between them, and a desk with both sign-ins in a folder of its own."""
    private, public = app_certificate(folder)
    patches = pytest.MonkeyPatch()
    with structlog.testing.capture_logs(), neighbours(folder, WaitingClock(), certificate=public) as block:
        estate = Estate(block, PEOPLE, SITES, GROUPS, RENAMED)
        estate.furnish(dict.fromkeys(EMPTY, ()))
        home = folder / "desk"
        home.mkdir()
        patches.chdir(home)
        desk = LastingDesk(block=block, home=home, certificate=private, capsys=None, monkeypatch=patches)  # type: ignore[arg-type]
        ground = Ground(estate, desk)
        try:
            for name in block.services:
                desk.add(name)
            Path(PLAN).write_text(estate.plan(), "utf-8")
            ground.declare(*DECLARED)
            if planted:
                _plant(ground)
            yield ground
        finally:
            patches.undo()


def _plant(ground: Ground) -> None:
    """Everything; the service is asked before that is planted which keeps any move from starting."""
    for name, plant in PLANT.items():
        if name not in TENANT_WIDE:
            plant(ground)
    ground.refused_before.update(ground.refused())
    for name in TENANT_WIDE:
        PLANT[name](ground)


def check(ground: Ground) -> Check:
    """Read both tenants afresh and look at everything."""
    answer = ground.desk.run("plan", "check", PLAN, "--source", "contoso", "--target", "fabrikam", "-o", "json")
    assert answer.code in (0, 1, 2), answer.err
    findings = answer.json["findings"]
    assert len({finding["id"] for finding in findings}) == len(findings)
    return Check({finding["id"]: finding for finding in findings})


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Ground]:
    with ground_of(tmp_path, planted=True) as ground:
        yield ground


def test_an_estate_of_the_same_size_without_problems_yields_no_error(tmp_path: Path) -> None:
    with ground_of(tmp_path, planted=False) as ground:
        assert not ground.refused()
        found = check(ground).findings.values()
    assert not [finding for finding in found if finding["severity"] != "note"]


def test_every_planted_problem_is_found_and_its_remedy_ends_exactly_it(planted: Ground) -> None:
    before = check(planted)
    _all_found(before)
    with_errors = {move for finding in _errors(before) for move in finding["object"]["moves"]}
    assert with_errors - planted.refused_before == SERVICE_DOES_NOT_KNOW
    assert planted.refused_before - with_errors == TOLD_OF_THE_TENANT
    for number in range(ROUNDS):
        before = _mended(planted, before, KINDS[number::ROUNDS])
    for finding in _errors(before):  # what depended on another finding, and now stands by itself
        planted.desk.carry_out(finding["remedy"]["commands"])
    assert not _errors(check(planted))


@pytest.mark.faults
@pytest.mark.timeout(1_200)
def test_each_single_remedy_ends_exactly_its_finding(planted: Ground) -> None:
    before = check(planted)
    for kind in KINDS:
        before = _mended(planted, before, [kind])


def _all_found(check: Check) -> None:
    """Each kind once, with its party and the lines it should have; and nothing that no kind accounts for."""
    wrong: list[str] = []
    for kind in KINDS:
        finding = check.of(kind)
        remedy = finding["remedy"]
        said = (remedy["who"], tuple(_first_words(line) for line in remedy["commands"]))
        if said != (kind.who, kind.lines):
            wrong.append(f"{kind.name}: {said}")
    known = check.follow_from([check.of(kind)["id"] for kind in KINDS])
    wrong += [
        f"nobody planted {finding['id']}: {finding['cause']}"
        for finding in check.findings.values()
        if finding["severity"] != "note"
        and finding["id"] not in known
        and not any(kind.is_besides(finding) for kind in KINDS)
    ]
    assert not wrong, "\n".join(wrong)


def _mended(ground: Ground, before: Check, kinds: Collection[Expected]) -> Check:
    """Carry out the remedies of some kinds, and look again: their findings are gone, and no others."""
    roots: set[str] = set()
    for kind in kinds:
        finding = before.of(kind)
        roots.add(finding["id"])
        if kind.lines:
            ground.desk.carry_out(finding["remedy"]["commands"])
        else:
            PLAYED[kind.name](ground)
    after = check(ground)
    may_go = before.follow_from(roots) | {
        id_
        for id_, finding in before.findings.items()
        if finding["severity"] == "note" or any(kind.is_besides(finding) for kind in kinds)
    }
    names = ", ".join(kind.name for kind in kinds)
    assert not roots & after.findings.keys(), f"{names}: still {roots & after.findings.keys()}"
    assert not (before.findings.keys() - after.findings.keys()) - may_go, names
    new = [f"{each['id']}: {each['cause']}" for id_, each in after.findings.items() if id_ not in before.findings]
    assert not new, f"{names}: new {new}"
    return after


def test_the_table_has_more_than_thirty_kinds_most_with_lines_to_run() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 30
    assert sum(bool(kind.lines) for kind in KINDS) >= 22
    assert all(kind.wire for kind in KINDS)
    assert {kind.name for kind in KINDS} == PLANT.keys()
    assert {kind.name for kind in KINDS if not kind.lines} == PLAYED.keys()


def test_the_checker_knows_nothing_of_the_planting() -> None:
    """No module of the check names a file or package of the tests."""
    folders = [Path(place) for place in xtenant.bulk.__path__]
    for file in (file for folder in folders for file in folder.rglob("*.py")):
        text = file.read_text("utf-8")
        assert "planted" not in text and "planting" not in text, file
        imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom | ast.Import)]
        names = [
            name.name if isinstance(node, ast.Import) else node.module or "" for node in imported for name in node.names
        ]
        assert not [name for name in names if name.split(".")[0] in ("tests", "plan")], file


def _errors(check: Check) -> list[Mapping[str, Any]]:
    return [finding for finding in check.findings.values() if finding["severity"] == "error"]


def _first_words(line: str) -> str:
    words = shlex.split(line) if line.startswith("xtenant ") else line.split()
    return " ".join(words[: 3 if words[0] == "xtenant" else 1])


def _named(finding: Mapping[str, Any]) -> tuple[str, str, str]:
    return finding["rule"], finding["severity"], finding["object"]["name"]
