"""`xtenant plan check`: everything that will go wrong with a plan, found beforehand."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from xtenant.bulk.findings import Finding, NotChecked, Severity
from xtenant.bulk.preflight.checking import Result
from xtenant.bulk.report import page, rows
from xtenant.bulk.report.rows import Report
from xtenant.bulk.report.writing import ReportForm, write_report
from xtenant.cli.inventories import CachedOption, SourceSide, TargetSide
from xtenant.cli.output import Format, Row, note
from xtenant.cli.plan_checking import Typed, context_of, may_ask, outcome, profile_named
from xtenant.cli.streaming import stream
from xtenant.cli.tools import tools_of
from xtenant.domain import errors

PlanFile = Annotated[Path, typer.Argument(help="The plan, CSV or YAML.", metavar="PLAN")]
MapChoice = Annotated[
    Path | None, typer.Option("--map", help="The identity map to be sent; without it the one in force.")
]


class CheckForm(StrEnum):
    """What `--output` of the check takes."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    YAML = "yaml"
    HTML = "html"


FormOption = Annotated[
    CheckForm | None,
    typer.Option("--output", "-o", help="How to show the result; JSON when piped, else a table.", show_default=False),
]
ReportOption = Annotated[
    list[Path] | None, typer.Option("--report", help="Write a report here too: FILE.html, FILE.csv or FILE.json.")
]
AskServerOption = Annotated[
    bool,
    typer.Option(
        "--ask-server", help="End with a start that only validates, for each move (R-6.5); see --allow-validation."
    ),
]
AllowOption = Annotated[
    bool,
    typer.Option("--allow-validation", help="With --ask-server: let those starts through; nothing is moved by them."),
]


def register(app: typer.Typer) -> None:
    """Put the commands under `xtenant plan`."""
    app.command("check")(check)


def check(
    context: typer.Context,
    plan_file: PlanFile,
    source: SourceSide,
    target: TargetSide,
    map_file: MapChoice = None,
    cached: CachedOption = False,
    ask_server: AskServerOption = False,
    allow_validation: AllowOption = False,
    report: ReportOption = None,
    output: FormOption = None,
) -> None:
    """Look at every precondition of every move at once (R-6.22 to R-6.44, R-9.1); nothing is changed anywhere.

    Either side is a profile or another administrator's handover file. Exit code 0: clean. 1: errors. 2: no errors, but rules
    that could not be judged; each comes with the question to ask.

    Example: xtenant plan check moves.csv --source contoso --target fabrikam --map map.csv --report check.html
    """
    forms = [(place, _form_of(place)) for place in report or ()]
    tools = tools_of(context)
    typed = Typed(plan=plan_file, source=source, target=target, map_file=map_file, fresh=not cached, ask=ask_server)
    if ask_server:
        may_ask(profile_named(tools, source), source, allowed=allow_validation)
    given, result = outcome(tools, typed)
    told = Report(context=context_of(given, result), findings=result.findings, not_checked=result.not_checked)
    for place, form in forms:
        write_report(place, form, told)
        note(f"The report is in {place}.")
    _show(told, result, output)
    if result.errors:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if result.not_checked:
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def _show(told: Report, result: Result, output: CheckForm | None) -> None:
    form = output or (CheckForm.TABLE if sys.stdout.isatty() else CheckForm.JSON)
    match form:
        case CheckForm.HTML:
            sys.stdout.writelines(page.pieces(told))
        case CheckForm.CSV:
            sys.stdout.writelines(rows.csv_lines(told))
        case CheckForm.TABLE:
            stream("findings", map(_short, result.findings), lambda: _counts(result), sort="rule", chosen=Format.TABLE)
            for each in result.not_checked:
                note(_question(each))
        case _:
            found = (_whole(each) for each in result.findings)
            stream("findings", found, lambda: _rest(told, result), sort="rule", chosen=Format(form.value))
    sys.stdout.flush()


def _whole(found: Finding) -> Row:
    return msgspec.to_builtins(found)


def _short(found: Finding) -> Row:
    return {
        "severity": found.severity.value,
        "rule": found.rule,
        "cause": found.cause,
        "who": found.remedy.who.value,
        "remedy": "\n".join((found.remedy.text, *found.remedy.commands)),
    }


def _question(each: NotChecked) -> str:
    below = "".join(f"\n    {line}" for line in each.commands)
    return f"not checked: {each.rule} ({each.reason}): {each.question} Ask: {each.who.value}.{below}"


def _counts(result: Result) -> dict[str, object]:
    return {
        "errors": result.counts[Severity.ERROR],
        "warnings": result.counts[Severity.WARNING],
        "notes": result.counts[Severity.NOTE],
    }


def _rest(told: Report, result: Result) -> Mapping[str, object]:
    return {
        **_counts(result),
        "context": told.context,
        "moves": msgspec.to_builtins(result.rows),
        "not_checked": msgspec.to_builtins(result.not_checked),
    }


def _form_of(place: Path) -> ReportForm:
    try:
        return ReportForm(place.suffix.lower().lstrip("."))
    except ValueError:
        raise errors.UsageError(
            f"{place} names no form of a report.", remedy="End the name with .html, .csv or .json."
        ) from None
