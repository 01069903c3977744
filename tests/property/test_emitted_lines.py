"""Whatever stands in a plan, a map or a directory: a written line is one line, one cmdlet, and reads back as it went in."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xtenant.cmdlets.line import parse_line
from xtenant.cmdlets.script import steps
from xtenant.cmdlets.script.quoting import UnwritableValue, comment, quoted
from xtenant.cmdlets.script.reading import NotAScript, read_script
from xtenant.cmdlets.script.steps import Step
from xtenant.cmdlets.script.writing import Head, Script, epilogue, prologue, text_of

MARKS = "'‘’‚‛\"“”„`$;|&(){}<>@#,-–— \t\r\n\v\f\0\x1b\u0085\u2028\u2029\u202e\u2066\ufeff%*?~\\"
NASTY = st.text(st.sampled_from(MARKS) | st.characters(), min_size=1, max_size=40)
INJECTIONS = (
    "'; Remove-SPOSite https://contoso.sharepoint.com; '",
    "’; Remove-SPOSite x; ’",
    "‘ ’ ‚ ‛ '",
    "“; Get-SPOSite; ”",
    "$(Remove-SPOSite x)",
    "a`nRemove-SPOSite x",
    "a\nRemove-SPOSite x",
    "a\r# xt 1-00001\rRemove-SPOSite x",
    "}\n$XtSteps = {",
    "--%",
    "-Confirm:$false",
    "#> Remove-SPOSite x",
    "\ufeff'",
    "=cmd|' /C calc'!A0",
)


@given(NASTY)
@example("'")
@example("’’")
def test_a_quoted_text_reads_back_or_is_refused(text: str) -> None:
    try:
        line = f"Get-SPOSite -Identity {quoted(text)} -Limit 'All'"
    except UnwritableValue:
        return
    assert len(line.splitlines()) == 1
    parsed = parse_line(line)
    assert parsed is not None
    assert [(one.name, one.value) for one in parsed.arguments] == [("Identity", text), ("Limit", "All")]


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_would_be_a_command_of_its_own_stays_a_value_or_is_refused(text: str) -> None:
    try:
        line = steps.written("Set-SPOSite", {"Identity": "https://contoso.sharepoint.com/sites/a", "Title": text})
    except UnwritableValue:
        assert any(not mark.isprintable() for mark in text)
        return
    cmdlet, bound = steps.read(line)
    assert cmdlet.name == "Set-SPOSite"
    assert dict(bound) == {"Identity": "https://contoso.sharepoint.com/sites/a", "Title": text}


@given(NASTY)
def test_a_comment_is_one_comment(text: str) -> None:
    line = comment(text)
    assert line.startswith("#   ") or line == "#"
    assert len(line.splitlines()) == 1 and "\r" not in line
    assert parse_line(line) is None


@given(title=NASTY, what=NASTY, tenant=NASTY, wave=NASTY)
def test_a_script_gives_back_its_own_lines_and_no_others(title: str, what: str, tenant: str, wave: str) -> None:
    try:
        line = steps.written("Set-SPOSite", {"Identity": "https://a.sharepoint.com/sites/a", "Title": title})
    except UnwritableValue:
        return
    script = Script(
        script_id="0c3f9a12b7d4",
        plan_id=UUID(int=7),
        head=Head(what=what, why=what, who=tenant, tenant=tenant, wave=wave),
        steps=[Step(verb="sites.update", line=line, what=what, undo=what)],
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    text = text_of(script)
    found = read_script(text)
    assert (found.plan_id, list(found.lines)) == (UUID(int=7), [("0c3f9a12b7d4-00001", line)])
    assert text.count(prologue()) == text.count(epilogue()) == 1
    outside = text.replace(prologue(), "").replace(epilogue(), "")
    assert [one for one in outside.split("\n") if one and not one.startswith("#")] == [line]


def test_a_script_whose_fixed_parts_were_touched_is_not_run() -> None:
    script = Script(
        script_id="1",
        plan_id=UUID(int=7),
        head=Head(what="a", why="b", who="c", tenant="d"),
        steps=[],
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    text = text_of(script)
    assert read_script(text).lines == []
    for touched in (
        text.replace("Set-StrictMode", "Set-Strictmode", 1),
        text + "Remove-SPOSite 'x'\n",
        "Remove-SPOSite 'x'\n" + text,
        text.replace(epilogue(), ""),
        "",
        "\ufeff",
    ):
        with pytest.raises(NotAScript):
            read_script(touched)
