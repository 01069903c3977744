"""How a whole map is sent from the command line: judged, compared with what stands, asked about, sent to every geo, read back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from xtenant.cli.inventories import open_inventory
from xtenant.cli.output import Format, emit, note
from xtenant.cli.tools import Tools, geo_shown
from xtenant.client.map_files import closed_file
from xtenant.client.map_rows import columns_of
from xtenant.client.moves import MoveJob
from xtenant.client.profiles import Profile
from xtenant.cmdlets.script import verbs
from xtenant.domain import errors
from xtenant.domain.tenant import GeoCode, HostUrl
from xtenant.people.maplint.findings import Finding, Severity
from xtenant.people.maplint.linting import Given, Lint, Side
from xtenant.people.mapsend import losses, sending
from xtenant.people.mapsend.files import MapFile, read_clean
from xtenant.people.mapsend.kept import How, KeptMaps, State
from xtenant.people.mapsend.losses import Progress
from xtenant.people.mapsend.sending import GeoPlan, GeoResult

SHOWN_ROWS = 20
SHOWN_FINDINGS = 100


class MapHasErrors(errors.XTenantError):
    """The linter found errors; nothing was sent (settled C 7)."""

    code = "mapHasErrors"
    exit_code = errors.ExitCode.FINDINGS
    remedy = "`xtenant map lint` names all of them with line and remedy."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A map to be sent to some geos of a tenant; None stands for the only one. `source` is how the file was named,
    `sources` are the tenants whose people may stand in it; none named: the one of most rows.
    """

    profile: Profile
    geos: tuple[GeoCode | None, ...]
    path: Path
    source: str
    how: How = How.REPLACE
    sources: tuple[str, ...] = ()
    yes: bool = False
    what_if: bool = False


def kept_maps(tools: Tools, profile: Profile) -> KeptMaps:
    return KeptMaps(tools.settings.profile_home, profile.tenant_id)


def geo_name(profile: Profile, geo: GeoCode | None) -> str:
    """The geo's code, or the profile's name where its geos have none."""
    return geo_shown(profile, geo) or profile.name


def geos_wanted(profile: Profile, geo: str | None) -> tuple[GeoCode | None, ...]:
    """The one named, or all of them (R-5.31). Raises UsageError for one the profile does not know."""
    if geo is None:
        return profile.geo_codes()
    profile.admin_url_of(GeoCode(geo))
    return (next((GeoCode(code) for code in profile.geos if code.lower() == geo.lower()), GeoCode(geo)),)


def send(tools: Tools, wish: Wish, output: Format | None) -> None:
    """The whole way; prints what became of it. Exits with 1 unless the map stands in every geo."""
    content = closed_file(wish.path)
    findings, lint = _linted(tools, wish)
    if lint.errors:
        emit([_finding_row(one) for one in findings[:SHOWN_FINDINGS]], output)
        raise MapHasErrors(f"{wish.source} has {lint.errors} errors and was not sent.")
    file = read_clean(wish.path, content)
    if lint.warnings:
        note(f"warning: {wish.source} has {lint.warnings} warnings; `xtenant map lint` shows them.")
    with progress_shown() as progress:
        plans = tools.run(lambda: _planned(tools, wish, file, progress))
    _tell(wish, file, plans)
    for plan in plans:
        losses.require_all_kept(plan.losses.lost, plan.jobs)
    said = {"tenant": wish.profile.name, "file": str(wish.path), "sha256": file.sha256, "rows": len(file.rows)}
    if tools.draft is not None:
        name = f"identity-map-{file.sha256[:16]}.csv"
        tools.draft.attach(name, file.content)
        for geo in wish.geos:
            tools.write_out(wish.profile, geo, verbs.map_replace(name, file.sha256, len(file.rows)))
    if wish.what_if:
        _show({**said, "what_if": True}, [plan.row() for plan in plans], output)
        return
    tools.consent(_question(wish, file, plans), yes=wish.yes)
    number, results = _sent(tools, wish, file, plans)
    _show({**said, "map": number}, [{**plan.row(), **done.row()} for plan, done in results], output)
    if any(done.state is not State.STANDS for _, done in results):
        raise typer.Exit(errors.ExitCode.FINDINGS)


def _linted(tools: Tools, wish: Wish) -> tuple[list[Finding], Lint]:
    """Judge the file by itself and against the tenants known here; what R-5.56 to R-5.65 need is `map lint`'s affair."""
    own = _guid(wish.profile.tenant_id)
    with ExitStack() as stack:
        sources = tuple(_side(tools, stack, text) for text in wish.sources)
        lint = Lint(wish.path, Given(sources=sources, target=None if own is None else Side(tenant_id=own)))
        first: list[Finding] = []
        for finding in lint:
            if finding.severity is Severity.ERROR and len(first) < SHOWN_FINDINGS:
                first.append(finding)
    return first, lint


def _side(tools: Tools, stack: ExitStack, text: str) -> Side:
    """A source by tenant id or profile, whose id is enough here, or by handover file, which tells its domains too."""
    known = {profile.name: profile.tenant_id for profile in tools.store.all()}
    tenant_id = _guid(known.get(text, text))
    if tenant_id is not None:
        return Side(tenant_id=tenant_id)
    return Side.of(stack.enter_context(open_inventory(tools, text, fresh=False)))


def _finding_row(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "remedy": finding.remedy,
    }


async def _planned(tools: Tools, wish: Wish, file: MapFile, progress: Progress) -> list[GeoPlan]:
    kept, plans = kept_maps(tools, wish.profile), list[GeoPlan]()
    for geo in wish.geos:
        name = geo_name(wish.profile, geo)
        # Graph has one address for all geos and shows the first one's map (our choice)
        lists = geo is None or name == next(iter(wish.profile.geos), name)
        async with tools.open(wish.profile, geo) as client:
            plan = await sending.examine(client, name, file, kept, lists=lists, progress=progress)
        if plan.losses.lost:
            plan = replace(plan, jobs=[*plan.jobs, *await _jobs_at_sources(tools, wish, file, plan)])
        plans.append(plan)
    return plans


async def _jobs_at_sources(tools: Tools, wish: Wish, file: MapFile, plan: GeoPlan) -> list[MoveJob]:
    """Moves that sources with a profile here have still to begin; the target knows none of those."""
    companies = {row.company_id for _, row in file.rows} | {row.company_id for row in plan.losses.lost}
    known = {str(job.id) for job in plan.jobs}
    found: list[MoveJob] = []
    for profile in tools.store.all():
        if profile.tenant_id == wish.profile.tenant_id or _guid(profile.tenant_id) not in companies:
            continue
        for geo in profile.geo_codes():
            try:
                async with tools.open(profile, geo) as source:
                    found += await losses.open_moves_to(source, HostUrl(plan.host_url))
            except errors.XTenantError as error:
                note(f"warning: {profile.name} could not be asked for open moves: {error.text}")
    return [job for job in found if str(job.id) not in known]


def _tell(wish: Wish, file: MapFile, plans: Sequence[GeoPlan]) -> None:
    """Name every geo beforehand, and every row that would go."""
    for plan in plans:
        told = plan.losses
        note(
            f"{wish.profile.name} {plan.geo} ({plan.host_url}): {len(file.rows)} rows, {told.added} new, "
            f"{told.changed} changed, {len(told.lost)} lost."
        )
        if told.known_from == "nothing":
            note(f"warning: {plan.geo}: nothing is known here of a map sent before; rows of others cannot be told.")
        for row in told.lost[:SHOWN_ROWS]:
            note(f"  lost: {','.join(columns_of(row))}")
        if len(told.lost) > SHOWN_ROWS:
            note(f"  … and {len(told.lost) - SHOWN_ROWS} more")


def _question(wish: Wish, file: MapFile, plans: Sequence[GeoPlan]) -> str:
    lost = sum(len(plan.losses.lost) for plan in plans)
    warning = f" {lost} rows would be LOST." if lost else ""
    places = ", ".join(plan.geo for plan in plans)
    return f"Replace the whole identity map of {wish.profile.name} ({places}) by {len(file.rows)} rows?{warning}"


def _sent(
    tools: Tools, wish: Wish, file: MapFile, plans: Sequence[GeoPlan]
) -> tuple[int, list[tuple[GeoPlan, GeoResult]]]:
    kept = kept_maps(tools, wish.profile)
    made = kept.begin(
        file.content,
        how=wish.how,
        rows=len(file.rows),
        source=wish.source,
        geos=[plan.geo for plan in plans],
        at=tools.clock.business_now(),
    )
    results: list[tuple[GeoPlan, GeoResult]] = []

    async def work(geo: GeoCode | None, plan: GeoPlan, progress: Progress) -> GeoResult:
        async with tools.open(wish.profile, geo) as client:
            return await sending.send(client, plan, file, clock=tools.clock, progress=progress)

    with progress_shown() as progress:
        for geo, plan in zip(wish.geos, plans, strict=True):
            done = tools.run(lambda geo=geo, plan=plan: work(geo, plan, progress))
            kept.settle(made.number, plan.geo, done.state)
            results.append((plan, done))
    for _, done in results:
        note(_outcome(done, len(file.rows)))
    return made.number, results


def _outcome(done: GeoResult, rows: int) -> str:
    match done.state:
        case State.STANDS:
            return f"{done.geo}: the new map stands; {done.compared} keys read back, {rows} rows as sent."
        case State.DIFFERS:
            return f"{done.geo}: {len(done.unequal)} keys do not read as sent, {len(done.rejected)} rows were rejected."
        case State.IN_DOUBT:
            return f"{done.geo}: whether the new map stands is in doubt: {done.error}"
        case _:
            return f"{done.geo}: refused, the former map stands: {done.error}"


def _show(said: Mapping[str, object], geos: Sequence[Mapping[str, object]], output: Format | None) -> None:
    """JSON and YAML hold everything, tables and CSV one row a geo with counts."""
    form = output or (Format.TABLE if sys.stdout.isatty() else Format.JSON)
    if form in (Format.JSON, Format.YAML):
        emit({**said, "geos": list(geos)}, form)
        return
    emit([{**said, **{name: _counted(value) for name, value in geo.items()}} for geo in geos], form)


def _counted(value: object) -> object:
    return len(cast(list[object], value)) if isinstance(value, list) else value


@contextmanager
def progress_shown() -> Generator[Callable[[str, int, int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task("asking", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def _guid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
