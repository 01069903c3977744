"""The linter and the service's row check are two judges: whatever the service refuses the linter has named (settled C 6)."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clock import FakeClock
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.limits import Limits
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, TenantId
from xtenant.operations import identity_map
from xtenant.people.maplint import rows
from xtenant.people.maplint.findings import Severity
from xtenant.people.maplint.given import Given, Side
from xtenant.people.maplint.linting import Lint
from xtenant.people.maplint.reading import Reader
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata

SOURCES = Path(__file__).parents[2] / "src" / "xtenant"
SOURCE = "aaaaaaaa-1111-4111-8111-111111111111"
OWN = TenantId(UUID("bbbbbbbb-2222-4222-8222-222222222222"))
GROUP = "aaaaaaaa-0000-4000-8000-000000000001"
ANN = f"User,{SOURCE},ann@contoso.com,ann@fabrikam.com,ann@fabrikam.com,RegularUser"

odd = st.sampled_from(
    ["", " ", "x", "'", '"', '"x"', "#", ",", ";", "\t", "\x00", "\x0b", "\x85", "\u2028", "\ufeff", "\u200b", "é", "a@b",
     "a@b.c", "a @b.c", "a@b..c", "@", "a" * 321, "a.b", "a-b", "{", "{}", str(OWN), str(OWN).upper(), SOURCE, GROUP,
     GROUP.upper(), f"{{{GROUP}}}", GROUP.replace("-", ""), f"urn:uuid:{GROUP}", "User", "GROUP", "Member", "regularuser",
     "RegularGroup", "O365Group", "None", "AdminGroup", "SecurityGroup", "=1+1", "\U0001f600", "ａ@ｂ.ｃ"]
)  # fmt: skip
words = st.one_of(st.sampled_from(["User", "Group", "user", "GROUP"]), odd)
ids = st.one_of(st.just(SOURCE), st.uuids().map(str), odd)
names = st.one_of(
    st.from_regex(r"[a-z]{1,6}@(contoso|fabrikam)\.com", fullmatch=True), st.uuids().map(str), odd, st.text(max_size=12)
)
kinds = st.one_of(st.sampled_from(["RegularUser", "GuestUser", "RegularGroup", "O365Group", "AdminGroup", "None"]), odd)
usual = st.tuples(words, ids, names, names, names, kinds).map(",".join)
repeating = st.tuples(st.uuids().map(str), st.uuids().map(str)).map(
    lambda pair: f"Group,{SOURCE},{pair[0]},{pair[1]},{pair[1]},RegularGroup"
)
line = st.one_of(usual, usual, repeating, st.lists(names, max_size=8).map(",".join), st.text(max_size=60), st.just(ANN))
texts = st.lists(line.map(lambda text: text.replace("\n", " ").replace("\r", " ")), min_size=1, max_size=20).map(
    "\n".join
)


def unnamed(units: Units, place: Path, text: str) -> list[str]:
    """The physical lines that the service refuses and the linter says no error of."""
    lines = text.split("\n")
    replacement = identity_map.replace_map(
        units,
        own=OWN,
        geo=Geo(code=GeoCode("NAM"), label="fabrikam"),
        caller=Caller(kind=CallerKind.USER, upn="admin@fabrikam.com"),
        lines=lines,
        limits=Limits(),
        clock=FakeClock(),
    )
    place.write_bytes(text.encode())
    errors = [each for each in Lint(place, Given(target=Side(tenant_id=OWN))) if each.severity is Severity.ERROR]
    if any(each.rule == "R-5.60" and "Told once" in each.message for each in errors):
        return []  # another delimiter: the whole file is named
    starts = [number for number, _ in Reader(place).rows()]
    named = {each.line for each in errors}
    return [
        lines[refused.line - 1]
        for refused in replacement.rejected
        if not named & {refused.line, starts[max(bisect_right(starts, refused.line) - 1, 0)]}
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
@example(text=f"{ANN}\n{ANN}")
@example(text=f'{ANN}\n"{ANN}"\nUser,"open\nend",x')
@example(text="sep=;\n" + ANN)
def test_every_row_the_service_refuses_is_named_by_the_linter(units: Units, tmp_path: Path, text: str) -> None:
    assert unnamed(units, tmp_path / "map.csv", text) == []


def test_a_rule_changed_in_the_service_alone_is_noticed(
    units: Units, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = ANN.replace("RegularUser", "GuestUser")
    assert unnamed(units, tmp_path / "map.csv", guest) == []
    monkeypatch.delitem(identity_map._USER_KINDS, "guestuser")  # pyright: ignore[reportPrivateUsage]
    assert unnamed(units, tmp_path / "map.csv", guest) == [guest]


def test_a_rule_changed_in_the_linter_alone_is_noticed(
    units: Units, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = ANN.replace("RegularUser", "Member")
    assert unnamed(units, tmp_path / "map.csv", member) == []
    monkeypatch.setitem(rows._USER_TYPES.words, "member", "Member")  # type: ignore[index]
    assert unnamed(units, tmp_path / "map.csv", member) == [member]


@pytest.fixture
def units(tmp_path: Path) -> Iterator[Units]:
    """One engine is enough to ask the service's row check."""
    engine = open_engine(f"sqlite:///{tmp_path / 'tenant.db'}")
    metadata.create_all(engine)
    yield SqlUnits(engine, OWN)
    engine.dispose()


ALLOWED = {
    "xtenant.domain.errors",
    "xtenant.domain.identity.GroupKind",
    "xtenant.domain.identity.UserKind",
    "xtenant.domain.move.JobKind",
    "xtenant.domain.plan.PlannedMove",
}
"""What the linter takes from `domain`: errors, names of enums, and the plan, which is no part of the map."""


def modules(*parts: str) -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in SOURCES.joinpath(*parts).rglob("*.py")}


def imported(tree: ast.Module) -> set[str]:
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            named |= {f"{node.module}.{each.name}" for each in node.names}
    return named


def test_the_linter_takes_enum_names_only_from_the_domain_and_nothing_from_operations() -> None:
    used = set[str]().union(*map(imported, modules("people", "maplint").values()))
    assert {name for name in used if name.startswith("xtenant.domain")} <= ALLOWED
    ours = {name.split(".")[1] for name in used if name.startswith("xtenant.")}
    assert ours <= {"domain", "inventory", "people"}
    assert not {name for name in used if name == "csv" or name.startswith("csv.")}, "the reader is its own"
    for tree in modules("operations").values():
        assert not any(name.startswith("xtenant.people") for name in imported(tree))


def test_the_two_judges_share_no_function_and_no_pattern() -> None:
    service = ast.parse((SOURCES / "operations" / "identity_map.py").read_text())
    linter = modules("people", "maplint").values()
    assert not bodies(service) & set[str]().union(*map(bodies, linter))
    assert not patterns(service) & set[str]().union(*map(patterns, linter))
    assert bodies(service)
    assert patterns(service)


def bodies(tree: ast.Module) -> set[str]:
    """The functions without names, docstrings and types; one statement is no code worth sharing."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = [
                each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
            if len(body) > 1:
                found.add("\n".join(map(ast.dump, body)))
    return found


def patterns(tree: ast.Module) -> set[str]:
    """The texts given to re.compile, but for the shape of a GUID, which has one spelling only."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile")
    return {ast.literal_eval(call.args[0]) for call in calls if "4}" not in ast.unparse(call.args[0])}
