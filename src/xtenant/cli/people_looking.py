"""`xtenant people check|open`: who is still missing before the moves, and who may sign in after them (step 4)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli import people_files, people_scripts
from xtenant.cli.changing import changes
from xtenant.cli.output import OutputOption
from xtenant.cli.people_apply import PeopleFile, SomeSource, first_geo, journal_of, movers_of, with_source
from xtenant.cli.people_tables import emit_lists
from xtenant.cli.tools import TenantOption, Tools, WhatIfOption, YesOption, tools_of
from xtenant.client.moves import MoveJob, Report
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.inventory.store import Inventory
from xtenant.people.apply.checking import Checked, check_people
from xtenant.people.apply.opening import (
    Opened,
    OpenState,
    Person,
    open_people,
    people_of_moves,
    people_without_onedrive,
)

OpenMoves = Annotated[Path, typer.Option("--moves", help="The plan of moves, moves.csv.")]
OpenPeople = Annotated[
    Path | None, typer.Option("--people", help="The people file: its journal tells which accounts are ours.")
]
JobsSource = Annotated[
    str | None, typer.Option("--source", help="The source's profile: its jobs are asked instead of the target's.")
]
WithoutOneDrive = Annotated[
    bool, typer.Option("--without-onedrive", help="Open those of the people file for whom no OneDrive moves, too.")
]


def check(
    context: typer.Context,
    people: PeopleFile,
    tenant: TenantOption,
    source: SomeSource = None,
    output: OutputOption = None,
) -> None:
    """Tell who is still missing on the target, in which groups, and without which licences. Nothing is changed.

    Exit code 0: all are there. 1: somebody or something is missing. 2: all there, but not everything could be checked.

    Example: xtenant people check people.csv -t fabrikam --source contoso
    """
    tools = tools_of(context)
    rows = people_files.people_of(people)
    journal = journal_of(tools, people, tenant)

    async def work(client: TenantClient, known: Inventory | None) -> Checked:
        return await check_people(client.people, rows, known, journal)

    checked = with_source(tools, tenant, source, work)
    told = {"tenant": tenant, "present": checked.present, "not_checked": checked.not_checked}
    emit_lists(told, {"missing": [lack.shown() for lack in checked.lacks]}, output)
    if checked.lacks:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if checked.not_checked:
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


@changes("users.create")
def open_(
    context: typer.Context,
    moves: OpenMoves,
    tenant: TenantOption,
    people: OpenPeople = None,
    source: JobsSource = None,
    without_onedrive: WithoutOneDrive = False,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Let people sign in whose OneDrive has arrived; only accounts that `people apply` created are touched.

    Exit code 1 when an account could not be opened, 3 when somebody's OneDrive has not arrived yet.

    Example: xtenant people open --moves moves.csv --people people.csv -t fabrikam --source contoso
    """
    tools = tools_of(context)
    planned = people_files.moves_of(moves)
    rows = people_files.people_of(people) if people is not None else []
    if without_onedrive and people is None:
        raise errors.UsageError("--without-onedrive opens rows of the people file.", remedy="Name it with --people.")
    journal = journal_of(tools, people, tenant) if people is not None else None
    jobs = _jobs(tools, source or tenant)
    wanted = people_of_moves(planned, jobs)
    if without_onedrive:
        wanted += people_without_onedrive(rows, movers_of(moves))
    if not what_if:
        arrived = sum(1 for person in wanted if person.arrived)
        tools.consent(f"Let up to {arrived} people sign in to {tenant} whose content is there?", yes=yes)

    async def work(client: TenantClient, _: Inventory | None) -> list[Opened]:
        return await open_people(client.people, wanted, journal, clock=tools.clock, what_if=what_if)

    told = with_source(tools, tenant, None, work)
    tools.write_out(tools.store.get(tenant), first_geo(tools, tenant), *people_scripts.openings(told))
    _tell(tenant, wanted, told, output=output, what_if=what_if)


def _jobs(tools: Tools, name: str) -> list[MoveJob]:
    """The moves a tenant knows, of all its geos: the source's own jobs, or what came in at the target."""
    geos = list(tools.store.get(name).geos) or [None]

    async def ask() -> list[MoveJob]:
        found: list[MoveJob] = []
        for geo in geos:
            async with tools.open(name, geo) as client:
                found += await client.moves.report(Report(state="Success"))
        return found

    return tools.run(ask)


def _tell(tenant: str, wanted: list[Person], told: list[Opened], *, output: OutputOption, what_if: bool) -> None:
    counts = Counter(each.state.value for each in told)
    shown = {"tenant": tenant, "what_if": what_if, "counts": dict(counts)}
    emit_lists(shown, {"people": [each.shown() for each in told]}, output)
    states = {each.state for each in told}
    if states & {OpenState.FAILED, OpenState.MISSING}:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if OpenState.NOT_MOVED in states:
        raise typer.Exit(errors.ExitCode.PENDING)
