"""`xtenant plan check|declare`: everything that will go wrong, found beforehand; and what only a person can say."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from xtenant.bulk.findings import Finding, NotChecked, Severity, Who
from xtenant.bulk.preflight import declarations, departures
from xtenant.bulk.preflight.checking import Result, checked
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.identity import wanted_rows
from xtenant.bulk.preflight.online import Online, Wish, asked
from xtenant.bulk.preflight.places import placed
from xtenant.bulk.preflight.sides import Side, side_of
from xtenant.bulk.report import page, rows
from xtenant.bulk.report.rows import Report
from xtenant.bulk.report.writing import ReportForm, write_report
from xtenant.bulk.state import Declaration, PlanState, state_path
from xtenant.cli import inventories
from xtenant.cli.inventories import CachedOption, SourceSide, TargetSide, bars
from xtenant.cli.output import Format, OutputOption, Row, emit, note, utc
from xtenant.cli.streaming import stream
from xtenant.cli.tools import Tools, WhatIfOption, tools_of
from xtenant.client.profiles import Profile
from xtenant.domain import errors, plan

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
PairsArgument = Annotated[
    list[str] | None, typer.Argument(help="KEY=VALUE, for instance byok=no.", metavar="[KEY=VALUE]…")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who says so: a name, or a role.")]


def register(app: typer.Typer) -> None:
    """Put the commands under `xtenant plan`."""
    app.command("check")(check)
    app.command("declare")(declare)


def check(
    context: typer.Context,
    plan_file: PlanFile,
    source: SourceSide,
    target: TargetSide,
    map_file: MapChoice = None,
    cached: CachedOption = False,
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
    typed = _Typed(plan=plan_file, source=source, target=target, map_file=map_file, fresh=not cached)
    given, result = _checked(tools, typed)
    told = Report(context=_context(given, result), findings=result.findings, not_checked=result.not_checked)
    for place, form in forms:
        write_report(place, form, told)
        note(f"The report is in {place}.")
    _show(told, result, output)
    if result.errors:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if result.not_checked:
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def declare(
    context: typer.Context,
    plan_file: PlanFile,
    pairs: PairsArgument = None,
    by: ByOption = None,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Say what no call can read, such as whether the source uses a key of its own; kept beside the plan with name and time.

    Without KEY=VALUE what was declared is shown. `departures=FILE` takes a CSV file with the columns upn,departed.

    Example: xtenant plan declare moves.csv byok=no --by "Ann Bee"
    """
    tools = tools_of(context)
    plan.read_moves(inventories.read_text(plan_file), name=str(plan_file))
    wanted = [_pair(text) for text in pairs or ()]
    if wanted and not (by and by.strip()):
        raise errors.UsageError("--by is missing: who says so?", remedy='For example: --by "Ann Bee"')
    dates = _departures(wanted)
    now = tools.clock.business_now()
    with PlanState(state_path(plan_file), ids=tools.opener.ids) as state:
        if wanted and not what_if:
            told = [Declaration(key=key, value=value, declared_by=str(by), declared_at=now) for key, value in wanted]
            with state.writing():
                state.declare(told)
                if dates is not None:
                    departures.keep(state, dates)
        kept = state.declarations()
    if what_if:
        emit([{"key": key, "value": value, "declared_by": by, "declared_at": None} for key, value in wanted], output)
        return
    emit([_declared(each) for each in kept.values()], output)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What the options of a check say."""

    plan: Path
    source: str
    target: str
    map_file: Path | None
    fresh: bool

    @property
    def again(self) -> tuple[str, ...]:
        """The words of this command."""
        more = () if self.map_file is None else ("--map", str(self.map_file))
        return ("plan", "check", str(self.plan), "--source", self.source, "--target", self.target, *more)


def _checked(tools: Tools, typed: _Typed) -> tuple[Given, Result]:
    head = plan.read_plan(inventories.read_text(typed.plan), name=str(typed.plan))
    moves = head.moves
    with ExitStack() as stack:
        before = stack.enter_context(
            inventories.open_inventory(
                tools, typed.source, fresh=typed.fresh, sites=[move.source for move in moves], warns=False
            )
        )
        after = stack.enter_context(
            inventories.open_inventory(
                tools, typed.target, fresh=typed.fresh, sites=[move.target for move in moves], warns=False
            )
        )
        profiles = _profile(tools, typed.source), _profile(tools, typed.target)
        source = side_of(typed.source, Who.SOURCE, before, signed_in=profiles[0] is not None)
        target = side_of(typed.target, Who.TARGET, after, signed_in=profiles[1] is not None)
        moving = placed(moves, source, target)
        online = _asked(tools, profiles, source, target, moving)
        source, target = _with_hosts(source, target, online)
        declared, dates = _declarations(tools, typed.plan, moves)
        given = Given(
            plan=str(typed.plan),
            moves=placed(moves, source, target),
            source=source,
            target=target,
            online=online,
            now=tools.clock.business_now(),
            rerun=typed.again,
            declared=declared,
            departures=dates,
            map_file=typed.map_file,
            head=head,
        )
        with bars("check") as progress:
            return given, checked(given, progress=progress)


def _asked(
    tools: Tools,
    profiles: tuple[Profile | None, Profile | None],
    source: Side,
    target: Side,
    moving: Sequence[Moving],
) -> Online:
    """What the tenants say now, as far as there are profiles."""
    wish = Wish(
        source_host=source.host_url,
        target_host=target.host_url,
        wanted=wanted_rows(moving, source.facts.tenant_id),
    )

    async def work() -> Online:
        async with AsyncExitStack() as stack:
            clients = [
                None if profile is None else await stack.enter_async_context(tools.open(profile, _geo(profile)))
                for profile in profiles
            ]
            return await asked(clients[0], clients[1], wish)

    return tools.run(work)


def _with_hosts(source: Side, target: Side, online: Online) -> tuple[Side, Side]:
    """The tenants' own word on their host URLs counts before the inventories'."""
    return (
        replace(source, host_url=online.source.host_url or source.host_url),
        replace(target, host_url=online.target.host_url or target.host_url),
    )


def _declarations(
    tools: Tools, plan_file: Path, moves: Sequence[plan.PlannedMove]
) -> tuple[Mapping[str, Declaration], Mapping[str, date]]:
    with PlanState(state_path(plan_file), ids=tools.opener.ids) as state:
        state.see(moves, tools.clock.business_now())
        return state.declarations(), departures.kept(state)


def _profile(tools: Tools, name: str) -> Profile | None:
    return next((profile for profile in tools.store.all() if profile.name == name), None)


def _geo(profile: Profile) -> str | None:
    """The geo an inventory is read from where there are several."""
    return next(iter(profile.geos), None) if len(profile.geos) > 1 else None


def _context(given: Given, result: Result) -> Mapping[str, str]:
    return {
        "plan": given.plan,
        "moves": f"{len(given.moves):,}",
        "source": _named(given.source),
        "target": _named(given.target),
        "map": str(given.map_file or "the one in force at the target"),
        "checked at": utc(given.now) or "",
        "blocked": f"{sum(row.verdict.value == 'blocked' for row in result.rows):,} of {len(result.rows):,} moves",
    }


def _named(side: Side) -> str:
    how = "signed in" if side.signed_in else "from a file"
    return f"{side.facts.display_name} ({side.name}, {how}, read {utc(side.facts.read_at)})"


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
    lines = "".join(f"\n    {line}" for line in each.commands)
    return f"not checked: {each.rule} ({each.reason}): {each.question} Ask: {each.who.value}.{lines}"


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


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise errors.UsageError(f"'{text}' is no KEY=VALUE.", remedy=f"Keys are {', '.join(declarations.KEYS)}.")
    return declarations.checked(key, value)


def _departures(wanted: Sequence[tuple[str, str]]) -> Mapping[str, date] | None:
    """The dates of the file that was declared; the last counts where several were."""
    for key, value in reversed(wanted):
        if key == declarations.DEPARTURES:
            return departures.read_departures(inventories.read_text(Path(value)), name=value)
    return None


def _declared(each: Declaration) -> Row:
    return {"key": each.key, "value": each.value, "declared_by": each.declared_by, "declared_at": each.declared_at}


def declarable() -> Iterator[tuple[str, str, str]]:
    """Key, example and meaning of everything that can be declared, for the page in the docs."""
    for key in declarations.KEYS.values():
        yield key.name, key.example, f"{key.what} ({key.rule})"
