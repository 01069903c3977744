"""The plan's state: kept for its owner, keyed by what a row says, shared by modules with tables of their own."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clock import CountingIds
from xtenant.bulk.findings import Object, ObjectKind, finding_id
from xtenant.bulk.preflight import departures
from xtenant.bulk.preflight.declarations import UnknownDeclaration, checked
from xtenant.bulk.preflight.departures import DamagedDepartures, read_departures
from xtenant.bulk.state import Declaration, PlanState, UnreadableState, content_hash, state_path
from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def move(**more: object) -> PlannedMove:
    told = {"move_id": "1", "kind": JobKind.USER, "source": "a@x.com", "target": "a@y.com"}
    return PlannedMove(**(told | more))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return state_path(tmp_path / "moves.csv")


def opened(path: Path) -> PlanState:
    return PlanState(path, ids=CountingIds())


def test_the_state_lies_beside_the_plan_and_only_its_owner_may_read_it(path: Path) -> None:
    with opened(path) as state:
        first = state.plan_id
    assert path.name == "moves.csv.state.db"
    assert path.stat().st_mode & 0o777 == 0o600
    with PlanState(path, ids=CountingIds(start=99)) as state:
        assert state.plan_id == first


def test_an_edited_row_is_a_new_one_and_a_note_changes_nothing(path: Path) -> None:
    assert content_hash(move()) == content_hash(move(note="later", line=7))
    assert content_hash(move()) != content_hash(move(target="b@y.com"))
    with opened(path) as state:
        state.see([move()], NOW)
        state.see([move(note="x")], NOW)
        state.see([move(wave="2")], NOW)
        assert len(state.rows("SELECT * FROM moves")) == 2


def test_a_later_word_replaces_an_earlier_one(path: Path) -> None:
    with opened(path) as state:
        for value in ("yes", "no"):
            state.declare([Declaration(key="byok", value=value, declared_by="Ann", declared_at=NOW)])
        assert [(each.value, each.declared_by, each.declared_at) for each in state.declarations().values()] == [
            ("no", "Ann", NOW)
        ]


def test_tables_of_others_are_made_inside_a_transaction_and_an_error_undoes_everything(path: Path) -> None:
    with opened(path) as state:
        with pytest.raises(ZeroDivisionError), state.writing():
            state.table("CREATE TABLE IF NOT EXISTS mine (a TEXT); CREATE INDEX IF NOT EXISTS by_a ON mine (a);")
            state.write("INSERT INTO mine VALUES (?)", [("x",)])
            raise ZeroDivisionError
        state.table("CREATE TABLE IF NOT EXISTS mine (a TEXT)")
        assert state.rows("SELECT * FROM mine") == []


def test_departures_replace_those_before(path: Path) -> None:
    with opened(path) as state:
        departures.keep(state, {"a@x.com": date(2026, 9, 1), "b@x.com": date(2026, 9, 2)})
        departures.keep(state, {"b@x.com": date(2026, 9, 3)})
        assert departures.kept(state) == {"b@x.com": date(2026, 9, 3)}


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look like one" * 40, None])
def test_a_file_that_is_no_state_is_refused_and_left_alone(path: Path, content: bytes | None) -> None:
    if content is None:
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 99")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(UnreadableState):
        opened(path)
    assert path.read_bytes() == before


def test_ids_of_findings_are_the_same_from_run_to_run_and_apart_from_each_other() -> None:
    site = Object(kind=ObjectKind.SITE, name="https://x/Sites/A")
    assert finding_id("R-6.30", site) == finding_id("R-6.30", Object(kind=ObjectKind.SITE, name="https://x/sites/a"))
    assert len({finding_id("R-6.30", site), finding_id("R-6.31", site), finding_id("R-6.30", site, "x")}) == 3
    parts = Object(kind=ObjectKind.SITE, name="a/b"), Object(kind=ObjectKind.SITE, name="a")
    assert finding_id("R", parts[0]) != finding_id("R", parts[1], "b")


@pytest.mark.parametrize(("key", "value"), [("byok", "maybe"), ("nothing", "x"), ("shared_data_licences", "many")])
def test_only_known_keys_with_known_values_are_declared(key: str, value: str) -> None:
    with pytest.raises(UnknownDeclaration):
        checked(key, value)
    assert checked(" BYOK ", "No") == ("byok", "No")


def test_every_line_of_damaged_departures_is_named() -> None:
    with pytest.raises(DamagedDepartures) as raised:
        read_departures("upn,departed\na@x.com,soon\nb@x.com,2026-09-01\nc@x.com,\n", name="left.csv")
    assert "line 2" in str(raised.value)
    assert "line 4" in str(raised.value)
