"""The moves file: what is read, what is refused, and that nothing a spreadsheet would run stands in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xtenant.domain import errors, sheets
from xtenant.domain.move import JobKind
from xtenant.domain.plan import DamagedPlan, PlannedMove, read_moves, written_moves

TEXT = """\ufeffid,kind,source,target,wave,begin,end,options,note
a,site,https://contoso.sharepoint.com/sites/x,https://fabrikam.sharepoint.com/sites/x,1,2026-12-31T20:00:00Z,,unmapped=text;k=v,first
,User,ann@contoso.com,ann@fabrikam.com,,,,,
,,,,,,,,
g,group,design,design,,,,,'=1+1
"""


def test_a_plan_is_read_with_ids_dates_and_options() -> None:
    site, user, group = read_moves(TEXT)
    assert site == PlannedMove(
        move_id="a",
        kind=JobKind.SITE,
        source="https://contoso.sharepoint.com/sites/x",
        target="https://fabrikam.sharepoint.com/sites/x",
        wave="1",
        begin=datetime(2026, 12, 31, 20, tzinfo=UTC),
        options={"unmapped": "text", "k": "v"},
        note="first",
        line=2,
    )
    assert (user.move_id, user.kind, user.line) == ("3", JobKind.USER, 3)
    assert group.note == "=1+1"


def test_a_plan_written_and_read_again_is_the_same_plan() -> None:
    moves = read_moves(TEXT)
    again = read_moves("".join(written_moves(moves)))
    assert [(move.move_id, move.begin, move.options, move.note) for move in again] == [
        (move.move_id, move.begin, move.options, move.note) for move in moves
    ]


def test_every_problem_of_a_plan_is_named_at_once() -> None:
    rows = [
        "a,disk,x,y,",
        "b,site,,y,",
        "c,site,s,t,soon",
        "d,site,s2,t2,2026-01-01T00:00:00",
        "e,site,s3,t3,",
        "e,site,S3/,t3,",
    ]
    with pytest.raises(DamagedPlan) as refused:
        read_moves("\n".join(["id,kind,source,target,begin", *rows]))
    told = refused.value.text
    assert all(f"line {line}:" in told for line in (2, 3, 4, 5, 7))
    assert "line 6:" not in told
    assert "the id 'e' stands in line 6" in told
    assert "the source 's3' stands in line 6" in told


@pytest.mark.parametrize("header", ["kind,source", "kind,source,target,colour", "kind,kind,source,target", ""])
def test_a_header_that_is_not_the_plans_is_refused(header: str) -> None:
    with pytest.raises(errors.UsageError):
        read_moves(f"{header}\nsite,a,b\n")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "'=1", "'x", "x", "", "''"])
def test_a_shielded_cell_comes_back_as_it_was(cell: str) -> None:
    assert sheets.restored(sheets.shielded(cell)) == cell
    assert not sheets.shielded(cell).startswith(("=", "+", "-", "@"))


def test_a_quote_that_is_never_closed_is_named() -> None:
    with pytest.raises(errors.UsageError, match="cannot be read"):
        read_moves('kind,source,target\nuser,"' + "a" * 200_000)
