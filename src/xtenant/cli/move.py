"""`xtenant move …`: start, list, show, watch and cancel moves (step 6)."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from xtenant.cli import move_scripts, move_watch
from xtenant.cli.changing import changes
from xtenant.cli.output import Format, OutputOption, emit, note
from xtenant.cli.streaming import form_of
from xtenant.cli.tools import GeoOption, TenantOption, WhatIfOption, YesOption, tools_of
from xtenant.client.moves import BecameWhom, MoveJob, Report, StartWish, Unit
from xtenant.client.tenant import TenantClient
from xtenant.cmdlets.parameters import read_date
from xtenant.cmdlets.script import verbs
from xtenant.domain import errors
from xtenant.domain.move import ResolutionRule
from xtenant.domain.tenant import parse_host_url


class Settlement(StrEnum):
    """What `move settle --as` takes."""

    PUBLISHED = "published"
    REFUSED = "refused"


app = typer.Typer(help="Moves of OneDrives, sites and group sites.", no_args_is_help=True)

SourceOption = Annotated[str, typer.Option("--source", help="The profile of the source tenant.")]
IdArgument = Annotated[str, typer.Argument(help="The move job's id.")]
TEXT = "text"
CONSEQUENCES = (
    "as published: the site becomes a redirect and the move a Success. If the target never published, the content can be read "
    "nowhere until it is taken from behind the redirect, where it stays for the retention.",
    "as refused: the site can be written again and the move has Failed. If the target did publish, the site exists twice, and "
    "what is written on one side is missing on the other.",
)
"""What each outcome does in the world in which it is wrong (settled B 7)."""
RULES = tuple(rule.value for rule in ResolutionRule)


@app.command("start")
@changes("move.start", on=("source",), looking=())
def start(
    context: typer.Context,
    source: SourceOption,
    partner: Annotated[str, typer.Option("--partner", help="The target's host URL.")],
    site: Annotated[tuple[str, str] | None, typer.Option("--site", help="Source URL and target URL.")] = None,
    user: Annotated[tuple[str, str] | None, typer.Option("--user", help="Source UPN and target UPN.")] = None,
    group: Annotated[tuple[str, str] | None, typer.Option("--group", help="Source alias and target alias.")] = None,
    begin: Annotated[str | None, typer.Option("--begin", help="Not before, UTC.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Best effort to be done by, UTC.")] = None,
    validate_only: Annotated[bool, typer.Option("--validate-only", help="Check and move nothing.")] = False,
    unmapped: Annotated[
        str, typer.Option("--unmapped", help="Who gets what people outside the map had: text (nobody) or a target UPN.")
    ] = TEXT,
    geo: GeoOption = None,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Start a move; it runs in the tenants, `xtenant move watch` shows it.

    Example: xtenant move start --source contoso --partner https://fabrikam-my.sharepoint.com/ --user ann@contoso.com ann@fabrikam.com
    """
    tools = tools_of(context)
    unit, pair = _unit(site, user, group)
    wish = StartWish(
        unit=unit,
        source=pair[0],
        target=pair[1],
        partner=parse_host_url(partner),
        begin=_moment("--begin", begin),
        end=_moment("--end", end),
        validate_only=validate_only or what_if,
        unmapped=_policy(unmapped),
    )

    if tools.draft is not None:
        step = verbs.move_start(replace(wish, validate_only=validate_only))
        tools.write_out(tools.store.get(source), geo, step)
        return

    async def work() -> MoveJob:
        async with tools.open(source, geo) as client:
            return await client.moves.start(wish)

    emit(row_of(tools.run(work)), output)


def _policy(text: str) -> str | None:
    """None for `text`: names stay, access does not (settled C 1)."""
    if text == TEXT:
        return None
    if "@" not in text:
        raise errors.UsageError(f"--unmapped '{text}' is neither `text` nor a user principal name.")
    return text


def _unit(
    site: tuple[str, str] | None, user: tuple[str, str] | None, group: tuple[str, str] | None
) -> tuple[Unit, tuple[str, str]]:
    given = [(unit, pair) for unit, pair in ((Unit.SITE, site), (Unit.USER, user), (Unit.GROUP, group)) if pair]
    if len(given) != 1:
        raise errors.UsageError("Give one of --site, --user and --group, each with source and target.")
    return given[0]


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return read_date(text)
    except ValueError as error:
        raise errors.UsageError(f"{option}: '{text}' is not a date.", remedy="Write 2026-12-01T20:00:00Z.") from error


@app.command("list")
def list_moves(
    context: typer.Context,
    source: SourceOption,
    partner: Annotated[str | None, typer.Option("--partner", help="Only with this partner.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="Only in this state.")] = None,
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """List the moves a tenant takes part in.

    Example: xtenant move list --source contoso --state Failed
    """
    tools = tools_of(context)
    report = Report(partner=parse_host_url(partner) if partner else None, state=state)

    async def work() -> list[MoveJob]:
        async with tools.open(source, geo) as client:
            return await client.moves.report(report)

    emit([row_of(job) for job in tools.run(work)], output)


@app.command("show")
def show(
    context: typer.Context, job_id: IdArgument, source: SourceOption, geo: GeoOption = None, output: OutputOption = None
) -> None:
    """Show one move.

    Example: xtenant move show b298219e-3440-40b8-8931-46e805e2b85b --source contoso
    """
    tools = tools_of(context)

    async def work() -> MoveJob:
        async with tools.open(source, geo) as client:
            return await _job(client, job_id)

    emit(row_of(tools.run(work)), output)


@app.command("cancel")
@changes("move.cancel", on=("source",))
def cancel(
    context: typer.Context,
    job_id: IdArgument,
    source: SourceOption,
    geo: GeoOption = None,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Stop a move that has not begun (R-6.78).

    Example: xtenant move cancel b298219e-3440-40b8-8931-46e805e2b85b --source contoso
    """
    tools = tools_of(context)

    async def work() -> MoveJob:
        async with tools.open(source, geo) as client:
            job = await _job(client, job_id)
            if tools.draft is not None:
                tools.write_out(tools.store.get(source), geo, await move_scripts.stop_step(client, job))
            if not what_if:
                await client.moves.cancel(job.source_url)
                job = await _job(client, job_id)
            return job

    emit({**row_of(tools.run(work)), **({"what_if": True} if what_if else {})}, output)


@app.command("refuse")
@changes("move.refuse")
def refuse(
    context: typer.Context,
    job_id: IdArgument,
    tenant: TenantOption,
    geo: GeoOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """As the target, refuse a move before it is published; the source is unlocked and keeps everything.

    Example: xtenant move refuse b298219e-3440-40b8-8931-46e805e2b85b -t fabrikam
    """
    tools = tools_of(context)

    async def work() -> MoveJob:
        async with tools.open(tenant, geo) as client:
            job = await _job(client, job_id)
            if tools.draft is not None:
                tools.draft.add(*move_scripts.refusal(job, tools.store.get(tenant)))
            if not what_if:
                tools.consent(f"Refuse the move of {job.source_url} to {job.target_url}?", yes=yes)
                await client.moves.refuse(job.id)
                job = await _job(client, job_id)
            return job

    emit({**row_of(tools.run(work)), **({"what_if": True} if what_if else {})}, output)


@app.command("settle")
@changes("move.settle", on=("source",))
def settle(
    context: typer.Context,
    job_id: IdArgument,
    source: SourceOption,
    outcome: Annotated[Settlement, typer.Option("--as", help="What is taken to have happened at the target.")],
    site: Annotated[str, typer.Option("--site", help="The site's address, in place of typing it.")] = "",
    geo: GeoOption = None,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """End a move whose target will never answer again: decide in its place what happened there.

    Example: xtenant move settle b298219e-3440-40b8-8931-46e805e2b85b --source contoso --as refused --what-if
    """
    tools = tools_of(context)
    if tools.draft is not None:
        raise errors.UsageError("Settling a move is a call of our own service; there is no cmdlet for it.")
    if not site and not what_if and not sys.stdin.isatty():
        raise errors.UsageError("Nobody is there to type the site's address.", remedy="Give it with --site URL.")

    async def work() -> MoveJob:
        async with tools.open(source, geo) as client:
            job = await _job(client, job_id)
            for line in CONSEQUENCES:
                note(line)
            if what_if:
                return job
            typed = site or tools.ask_name(f"Type the address of the site to settle the move as {outcome}")
            return await client.moves.settle(job.id, outcome.value, typed)

    emit({**row_of(tools.run(work)), **({"what_if": True} if what_if else {})}, output)


@app.command("people")
def people(
    context: typer.Context,
    job_id: IdArgument,
    tenant: TenantOption,
    rule: Annotated[
        str | None, typer.Option("--rule", help="Only these: map, policy, site, system or unmapped.")
    ] = None,
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """As the target, show who became whom in a move, and by which rule.

    Example: xtenant move people b298219e-3440-40b8-8931-46e805e2b85b -t fabrikam --rule unmapped
    """
    tools = tools_of(context)
    if rule is not None and rule not in RULES:
        raise errors.UsageError(f"There is no rule '{rule}'.", remedy=f"There are {', '.join(RULES)}.")

    async def work() -> list[BecameWhom]:
        async with tools.open(tenant, geo) as client:
            return await client.moves.people((await _job(client, job_id)).id)

    found = [one for one in tools.run(work) if rule in (None, one.rule)]
    emit([{"source": one.source, "target": one.target, "rule": one.rule} for one in found], output)


@app.command("watch")
def watch(
    context: typer.Context,
    source: SourceOption,
    job_ids: Annotated[list[str] | None, typer.Argument(help="The jobs' ids.")] = None,
    all_jobs: Annotated[bool, typer.Option("--all", help="Every move that has not ended.")] = False,
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """Wait until moves have ended: a live table on a terminal, one JSON line for each change when piped. Exit code 4 when one
    did not end in Success; Ctrl-C ends the watching, and the moves go on.

    Example: xtenant move watch --all --source contoso
    """
    tools = tools_of(context)
    if bool(job_ids) == all_jobs:
        raise errors.UsageError("Name the jobs, or give --all.")
    wanted = [_id(one) for one in job_ids] if job_ids else None
    piped = form_of(output) is Format.JSON

    async def work() -> list[MoveJob]:
        async with tools.open(source, geo) as client:
            if piped:
                return await move_watch.until_ended(tools.clock, client, wanted, move_watch.lines(row_of))
            if not sys.stderr.isatty():
                return await move_watch.until_ended(tools.clock, client, wanted, lambda jobs, changed: None)
            live, shown = move_watch.live_table(Console(stderr=True))
            with live:
                return await move_watch.until_ended(tools.clock, client, wanted, shown)

    jobs = tools.run(work)
    if not jobs:
        note("No move is under way; `xtenant move list` shows those that have ended.")
    if not piped:
        emit([row_of(job) for job in jobs], output)
    if any(job.state != "Success" for job in jobs):
        raise typer.Exit(errors.ExitCode.REFUSED)


async def _job(client: TenantClient, text: str) -> MoveJob:
    job_id = _id(text)
    found = await client.moves.by_id(job_id)
    if found is None:
        raise errors.NotFound(
            f"There is no move job {job_id} here.", remedy="`xtenant move list` shows those there are."
        )
    return found


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise errors.UsageError(f"'{text}' is not the id of a move job.") from error


def row_of(job: MoveJob) -> dict[str, object]:
    """The contracted shape (design section 4), with the addresses."""
    return {
        "id": str(job.id),
        "state": job.state,
        "phase": job.phase,
        "items_done": job.items_done,
        "items_total": job.items_total,
        "bytes_done": job.bytes_done,
        "bytes_total": job.bytes_total,
        "items_per_second": job.items_rate,
        "bytes_per_second": job.bytes_rate,
        "expected_end": job.expected_end,
        "error": job.error,
        "source_url": job.source_url,
        "target_url": job.target_url,
        "direction": job.direction,
        "unmapped": job.unmapped or TEXT,
    }
