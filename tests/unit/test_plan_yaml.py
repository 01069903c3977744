"""The plan as YAML: texts stay texts, what a table does not need is refused, edits leave the rest of a file alone."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
import yaml

from xtenant.domain import errors, plan, plan_edit
from xtenant.domain.move import JobKind
from xtenant.domain.plan import DamagedPlan, PlannedMove, read_moves, read_plan, written_plan
from xtenant.domain.plan_edit import UnknownMove
from xtenant.domain.yaml_rows import UnreadableYaml

TEXT = """\
# agreed on Monday
source_tenant_id: aaaaaaaa-1111-4111-8111-111111111111
target_host_url: https://fabrikam-my.sharepoint.com/
moves:
  - id: a      # the first
    kind: site
    source: https://contoso.sharepoint.com/sites/x
    target: https://fabrikam.sharepoint.com/sites/x
    wave: 1
    begin: 2026-12-31T20:00:00Z
    options:
      unmapped: text
      archive: no
    note: "=1+1"
  # people
  - {id: b, kind: user, source: ann@contoso.com, target: ann@fabrikam.com, options: "k=v"}
"""


def test_a_yaml_plan_is_read_as_it_looks() -> None:
    found = read_plan(TEXT, name="plan.yaml")
    assert found.source_tenant_id == UUID("aaaaaaaa-1111-4111-8111-111111111111")
    assert (found.target_tenant_id, str(found.target_host_url)) == (None, "https://fabrikam-my.sharepoint.com/")
    assert found.moves[0] == PlannedMove(
        move_id="a",
        kind=JobKind.SITE,
        source="https://contoso.sharepoint.com/sites/x",
        target="https://fabrikam.sharepoint.com/sites/x",
        wave="1",
        begin=datetime(2026, 12, 31, 20, tzinfo=UTC),
        options={"unmapped": "text", "archive": "no"},
        note="=1+1",
        line=5,
    )
    assert (found.moves[1].move_id, found.moves[1].options, found.moves[1].line) == ("b", {"k": "v"}, 16)


def test_what_is_written_as_yaml_other_readers_take_for_texts() -> None:
    text = "".join(written_plan(read_plan(TEXT, name="plan.yml"), name="plan.yml"))
    told = yaml.safe_load(text)
    assert told["moves"][0]["wave"] == "1" and told["moves"][0]["begin"] == "2026-12-31T20:00:00Z"
    assert list(told["moves"][1]) == ["id", "kind", "source", "target", "options"]
    assert read_plan(text, name="x.yaml").head() == read_plan(TEXT, name="x.yaml").head()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("moves: [&a {kind: user, source: a, target: b}, *a]", "more of YAML"),
        ("moves:\n- kind: user\n  source: a\n  target: [[[b]]]", "more of YAML"),
        ("moves:\n- kind: user\n  source: !!binary a\n  target: b", "tag"),
        ("moves:\n- kind: user\n  kind: user", "twice"),
        ("moves: {a: b}", "no list"),
        ("moves: [a]", "no row"),
        ("moves: []\n---\nmoves: []", "more than one document"),
        ("moves: [\n", "not YAML"),
        ("moves: \x01", "not YAML"),
        ("- a", "no keys"),
        ("", "no keys"),
        ("rows: []", "unknown: 'rows'"),
        ("moves:\n- kind: user", "missing: source, target"),
        ("moves:\n- {kind: user, source: a, target: b, state: done}", "unknown: 'state'"),
        ("moves:\n- {kind: user, source: a, target: b, options: {a: 'x;y'}}", "no text"),
        ("moves: " + "[" * 100_000, "more of YAML"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(errors.UsageError, match=told):
        read_moves(text, name="plan.yaml")


def test_problems_of_rows_are_all_named_with_their_lines() -> None:
    text = "moves:\n- {id: a, kind: disk, source: s, target: t}\n- id: b\n  kind: user\n  source: s\n  target: t\n  begin: soon\n"
    with pytest.raises(DamagedPlan) as refused:
        read_moves(text, name="p.yaml")
    assert "line 2:" in refused.value.text and "line 3:" in refused.value.text


@pytest.mark.parametrize("text", ["moves:", "moves: []", "moves: ~\n"])
def test_an_empty_plan_is_a_plan_and_can_grow(text: str) -> None:
    assert read_moves(text, name="p.yaml") == []
    move = PlannedMove(move_id="a", kind=JobKind.USER, source="a@x", target="a@y")
    grown = plan_edit.extended(text, [move], name="p.yaml")
    assert [each.move_id for each in read_moves(grown.text, name="p.yaml")] == ["a"]


def test_an_edit_changes_its_cell_and_nothing_else() -> None:
    edited = plan_edit.changed(
        TEXT, "a", {"target": "https://fabrikam.sharepoint.com/sites/y", "wave": "2"}, name="p.yaml"
    )
    assert not edited.rewritten
    assert edited.text == TEXT.replace("fabrikam.sharepoint.com/sites/x", "fabrikam.sharepoint.com/sites/y").replace(
        "wave: 1", "wave: '2'"
    )
    added = plan_edit.changed(TEXT, "A", {"end": "2027-01-01T00:00:00Z"}, name="p.yaml")
    assert added.text == TEXT.replace("# the first\n", "# the first\n    end: '2027-01-01T00:00:00Z'\n")


def test_a_key_without_a_value_gets_one_where_it_stands() -> None:
    text = TEXT.replace("wave: 1", "wave:")
    edited = plan_edit.changed(text, "a", {"wave": "late"}, name="p.yaml")
    assert (edited.rewritten, edited.text) == (False, text.replace("wave:", "wave: late"))


def test_a_row_in_braces_is_edited_where_it_stands_or_written_anew() -> None:
    inside = plan_edit.changed(TEXT, "b", {"target": "a, b"}, name="p.yaml")
    assert not inside.rewritten and "target: 'a, b'" in inside.text and "# people" in inside.text
    anew = plan_edit.changed(TEXT, "b", {"note": "x"}, name="p.yaml")
    assert anew.rewritten and read_moves(anew.text, name="p.yaml")[1].note == "x"


def test_rows_are_added_at_the_end_with_the_margin_of_the_others() -> None:
    text = TEXT.rpartition("  # people")[0]
    move = PlannedMove(move_id="c", kind=JobKind.GROUP, source="design", target="design")
    grown = plan_edit.extended(text, [move], name="p.yaml")
    assert (grown.rewritten, grown.text) == (
        False,
        text + "  - id: c\n    kind: group\n    source: design\n    target: design\n",
    )


def test_a_row_taken_out_leaves_its_neighbours_alone() -> None:
    two = (
        TEXT.rpartition("  - {id: b")[0]
        + "  - kind: user\n    id: b\n    source: a\n    target: b # there\n  - id: c\n"
        + ("    kind: user\n    source: c\n    target: c\n")
    )
    out = plan_edit.dropped(two, "b", name="p.yaml")
    assert (out.rewritten, out.text) == (
        False,
        two.replace("  - kind: user\n    id: b\n    source: a\n    target: b # there\n", ""),
    )
    assert [each.move_id for each in read_moves(plan_edit.dropped(two, "a", name="p.yaml").text, name="p.yaml")] == [
        "b",
        "c",
    ]


def test_edits_of_csv_keep_line_ends_columns_and_other_rows() -> None:
    text = 'source,target,kind,note,wave\r\na@x,a@y,user,"two\r\nlines",1\r\nb@x,b@y,user,,\r\n'
    edited = plan_edit.changed(text, "3", {"target": "c@y"}, name="p.csv")
    assert edited.text == text.replace("a@x,a@y", "a@x,c@y")
    new = PlannedMove(move_id="c", kind=JobKind.USER, source="c@x", target="=c")
    grown = plan_edit.extended(text, [new], name="p.csv")
    assert grown.rewritten, "the header has no column for ids"
    assert [(move.move_id, move.target) for move in plan.read_moves(grown.text)] == [
        ("3", "a@y"), ("4", "b@y"), ("c", "=c"),
    ]  # fmt: skip
    with_ids = "id," + text.replace("\r\na@x", "\r\na,a@x").replace("\r\nb@x", "\r\nb,b@x")
    grown = plan_edit.extended(with_ids, [new], name="p.csv")
    assert (grown.rewritten, grown.text) == (False, with_ids + "c,c@x,'=c,user,,\r\n")


def test_an_unknown_row_is_not_made() -> None:
    with pytest.raises(UnknownMove):
        plan_edit.changed(TEXT, "z", {"wave": "1"}, name="p.yaml")


def test_a_yaml_error_is_told_with_its_line() -> None:
    with pytest.raises(UnreadableYaml, match="line 2"):
        read_moves("moves:\n\t- x", name="p.yaml")
