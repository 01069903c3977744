"""A plan's file gives back what was written, in both forms; an edit says what was meant and nothing else; no text crashes a reader."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtenant.domain import errors, plan, plan_edit
from xtenant.domain.move import JobKind
from xtenant.domain.plan import Plan, PlannedMove, read_plan, written_plan

NAMES = ("p.csv", "p.yaml")
texts = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co"), exclude_characters="\ufeff\ufffe"
    ),
    max_size=20,
).map(str.strip)
names = st.one_of(
    texts, st.sampled_from(["no", "1", "~", "null", "=1+1", "'x", "2026-01-01", "a: b", "#x", "- a", "{a", "'"])
)
words = st.text("abcdefgh", min_size=1, max_size=6)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(0, 5))
    moves = []
    for number in range(count):
        begin = draw(st.none() | moments)
        moves.append(
            PlannedMove(
                move_id=f"{draw(words)}-{number}",
                kind=draw(st.sampled_from(JobKind)),
                source=f"s{number}{draw(names)}".strip(),
                target=draw(names.filter(bool)),
                wave=draw(names),
                begin=begin,
                end=begin,
                options=draw(st.dictionaries(words, words, max_size=2)),
                note=draw(names),
            )
        )
    return Plan(moves=moves)


def told(found: Plan) -> list[dict[str, str]]:
    return [dict(plan.cells_of(move)) for move in found.moves]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=35, deadline=None)
@given(made=plans())
def test_a_plan_written_and_read_is_the_same_plan(name: str, made: Plan) -> None:
    assert told(read_plan("".join(written_plan(made, name=name)), name=name)) == told(made)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=35, deadline=None)
@given(made=plans().filter(lambda made: made.moves), value=names.filter(bool), wave=names, data=st.data())
def test_an_edit_says_what_was_meant_and_nothing_else(
    name: str, made: Plan, value: str, wave: str, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(made.moves) - 1))
    text = "".join(written_plan(made, name=name))
    edited = plan_edit.changed(text, made.moves[number].move_id, {"target": value, "wave": wave}, name=name)
    wanted = told(made)
    wanted[number] |= {"target": value, "wave": wave}
    assert told(read_plan(edited.text, name=name)) == wanted
    out = plan_edit.dropped(text, made.moves[number].move_id, name=name)
    assert told(read_plan(out.text, name=name)) == [row for place, row in enumerate(told(made)) if place != number]
    more = dataclasses.replace(made.moves[number], move_id="new", source="elsewhere")
    grown = plan_edit.extended(text, [more], name=name)
    assert told(read_plan(grown.text, name=name)) == [*told(made), dict(plan.cells_of(more))]
    assert grown.text.startswith(text) or grown.rewritten


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=200) | st.text("moves:- {}[],&*!|>\n\t 'a\"#?%@`", max_size=60))
def test_no_text_does_more_than_be_refused(name: str, text: str) -> None:
    try:
        read_plan(text, name=name)
    except errors.UsageError as error:
        assert error.text
