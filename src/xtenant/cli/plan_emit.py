"""`xtenant plan emit PLAN`: the moves of a plan as scripts for the source's administrator, one for each wave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from xtenant.bulk import emitted
from xtenant.bulk.emitted import Place
from xtenant.bulk.remedies import read_findings, remedies_of
from xtenant.bulk.state import PlanState, state_path
from xtenant.cli.drafts import Draft, place_of
from xtenant.cli.emitting import EmitToOption, Occasion, home_state, write_scripts
from xtenant.cli.output import OutputOption, emit
from xtenant.cli.people_files import read_text
from xtenant.cli.tools import GeoOption, Tools, tools_of
from xtenant.client.moves import StartWish, Unit
from xtenant.cmdlets.script import verbs
from xtenant.cmdlets.script.steps import Step
from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.domain.plan import Plan, PlannedMove, read_plan
from xtenant.domain.tenant import HostUrl, parse_host_url

UNITS = {JobKind.USER: Unit.USER, JobKind.SITE: Unit.SITE, JobKind.GROUP: Unit.GROUP}
KNOWN_OPTIONS = frozenset({"force"})
PlanFile = Annotated[Path, typer.Argument(help="The plan, CSV or YAML.", metavar="PLAN")]
SourceOption = Annotated[str, typer.Option("--source", help="The profile of the source tenant.")]
TargetOption = Annotated[
    str | None, typer.Option("--target", help="The target: a profile, or its host URL; a plan in YAML may name it.")
]
WaveOption = Annotated[list[str] | None, typer.Option("--wave", help="Only this wave. Repeatable.")]
ValidateOption = Annotated[bool, typer.Option("--validate-only", help="Lines that check and move nothing.")]


RemediesOption = Annotated[
    Path | None,
    typer.Option("--remedies", metavar="REPORT", help="A report of `plan check` in JSON: write out its remedies."),
]


def register(app: typer.Typer) -> None:
    """Hang the command below `plan`."""
    app.command("emit")(emit_plan)


def emit_plan(
    context: typer.Context,
    plan: PlanFile,
    source: SourceOption,
    target: TargetOption = None,
    wave: WaveOption = None,
    validate_only: ValidateOption = False,
    remedies: RemediesOption = None,
    geo: GeoOption = None,
    emit_to: EmitToOption = Path(),
    output: OutputOption = None,
) -> None:
    """Write the starts of a plan's moves out as PowerShell, one script for each wave; nothing is sent.

    With --remedies the remedies of a report of `plan check` are written out instead, one script for each tenant.

    The scripts are remembered beside the plan (PLAN.state.db), where `xtenant import-results` puts what became of them.

    Example: xtenant plan emit moves.csv --source contoso --target https://fabrikam-my.sharepoint.com/ --emit-to scripts
    """
    tools = tools_of(context)
    told = read_plan(read_text(plan, "the plan of moves, moves.csv"), name=str(plan))
    if remedies is not None:
        emit({"plan": str(plan), **_written_remedies(tools, plan, told, remedies, emit_to), "sent": False}, output)
        return
    starts = Starts(
        plan=plan, told=told, place=place_of(tools.store.get(source), geo), host=_target_host(tools, told, target),
        waves=tuple(wave or ()), validate_only=validate_only,
    )  # fmt: skip
    emit({"plan": str(plan), "emitted": written_starts(tools, starts, emit_to), "sent": False}, output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Which starts of a plan are written out: those of all waves when none is named."""

    plan: Path
    told: Plan
    place: Place
    host: HostUrl
    waves: tuple[str, ...] = ()
    validate_only: bool = False


def written_starts(tools: Tools, starts: Starts, folder: Path) -> list[dict[str, object]]:
    """Write the scripts and remember them beside the plan; a row for each. Raises UsageError for a plan without such moves."""
    chosen = [move for move in starts.told.moves if not starts.waves or move.wave in starts.waves]
    if not chosen:
        raise errors.UsageError(f"{starts.plan} has no moves{' of these waves' if starts.waves else ''}.")
    draft = Draft()
    for move in chosen:
        draft.add(starts.place, step_of(move, starts.host, validate_only=starts.validate_only), wave=move.wave)
    occasion = Occasion(
        verb="move.start",
        what=f"{'check' if starts.validate_only else 'start'} moves of {starts.plan.name} to {starts.host}",
        why="the moves of the plan, in its order",
    )
    return _written(tools, starts.plan, starts.told, draft, folder, occasion)


def _written_remedies(tools: Tools, plan: Path, told: Plan, report: Path, folder: Path) -> dict[str, object]:
    found = remedies_of(read_findings(read_text(report, "the report of `plan check` in JSON").encode()))
    draft = Draft()
    for admin_url, step in found.steps:
        known = tools.store.by_admin_url(admin_url)
        if known is None and step.is_ours:
            found.by_hand.append(f"{step.line} (there is no profile of {admin_url})")
            continue
        place = (
            place_of(*known)
            if known
            else Place(name=urlsplit(admin_url).netloc.split("-admin.")[0], admin_url=admin_url)
        )
        draft.add(place, step)
    what = f"remedies of {report.name} for the plan {plan.name}"
    occasion = Occasion(verb="remedies", what=what, why="each step removes a finding, which stands above it")
    rows = _written(tools, plan, told, draft, folder, occasion)
    return {"emitted": rows, "by_hand": found.by_hand}


def step_of(move: PlannedMove, host: HostUrl, *, validate_only: bool = False) -> Step:
    """The start of one move. Raises UsageError for an option that Microsoft's cmdlet does not know, UnwritableValue."""
    unknown = sorted(set(move.options) - KNOWN_OPTIONS)
    if unknown:
        raise errors.UsageError(f"Move {move.move_id}: Microsoft's cmdlet has no option '{unknown[0]}'.")
    try:
        return verbs.move_start(
            StartWish(
                unit=UNITS[move.kind],
                source=move.source,
                target=move.target,
                partner=host,
                begin=move.begin,
                end=move.end,
                validate_only=validate_only,
                force=move.options.get("force", "").lower() in ("yes", "true", "1"),
            )
        )
    except errors.UsageError as error:
        raise errors.UsageError(f"Move {move.move_id}: {error.text}", remedy=error.remedy) from error


def _written(
    tools: Tools, plan: Path, told: Plan, draft: Draft, folder: Path, occasion: Occasion
) -> list[dict[str, object]]:
    place = state_path(plan).absolute()
    with PlanState(place, ids=tools.opener.ids) as state:
        state.see(told.moves, tools.clock.business_now())
        with home_state(tools) as home:
            emitted.remember_plan(home, str(state.plan_id), str(place))
        return write_scripts(tools, state, draft, folder, occasion)


def _target_host(tools: Tools, plan: Plan, target: str | None) -> HostUrl:
    """By the option, else by the plan; a profile's tenant is asked for its host URL."""
    if target is None:
        if plan.target_host_url is None:
            raise errors.UsageError("The plan names no target.", remedy="Give --target: a profile, or the host URL.")
        return plan.target_host_url
    if target.lower().startswith("https:"):
        return parse_host_url(target)
    return _asked_host(tools, target)


def _asked_host(tools: Tools, target: str) -> HostUrl:
    profile = tools.store.get(target)
    geo = next(iter(profile.geo_codes()))

    async def ask() -> HostUrl:
        async with tools.open(profile, geo) as client:
            return await client.host_url()

    return tools.run(ask)
