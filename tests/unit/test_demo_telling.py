"""The demo's exit code: 0 only if every check held."""

from __future__ import annotations

import io

import pytest
import typer
from rich.console import Console

from xtenant.cli.demo.command import conclude
from xtenant.cli.demo.telling import Teller


def a_teller() -> tuple[Teller, io.StringIO]:
    said = io.StringIO()
    return Teller(Console(file=said, width=120, highlight=False, markup=False)), said


def test_every_check_held_is_a_success() -> None:
    teller, said = a_teller()
    teller.check("the site moved", True, "Success")
    conclude(teller, 12)
    assert "All 1 checks held" in said.getvalue()


def test_one_failed_check_of_many_is_a_failure_that_is_named() -> None:
    teller, said = a_teller()
    teller.check("the site moved", True, "Success")
    teller.check("the OneDrive moved", False, "Failed")
    with pytest.raises(typer.Exit) as ended:
        conclude(teller, 12)
    assert ended.value.exit_code == 1
    assert "1 of 2 checks failed" in said.getvalue() and "the OneDrive moved: Failed" in said.getvalue()


def test_what_was_left_out_is_counted_by_reason_with_examples() -> None:
    teller, said = a_teller()
    teller.reasons("not taken", [(f"link{n}", "symbolic link") for n in range(5)] + [("pipe", "special file")])
    assert "not taken, symbolic link: 5 (link0, link1, link2, …)" in said.getvalue()
    assert "not taken, special file: 1 (pipe)" in said.getvalue()


def test_without_a_terminal_progress_is_a_line_for_each_new_state() -> None:
    teller, said = a_teller()
    with teller.bars() as bars:
        for done in (0, 10, 20):
            bars.show("site", done=done, total=30, state="InProgress Restore")
        bars.show("site", done=30, total=30, state="Success")
    assert said.getvalue().splitlines() == ["  site: InProgress Restore", "  site: Success 30 of 30"]


def test_brackets_in_names_are_printed_as_they_are() -> None:
    teller, said = a_teller()
    teller.say("[bold]not markup[/bold]")
    assert "[bold]not markup[/bold]" in said.getvalue()
