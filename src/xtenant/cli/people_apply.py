"""`xtenant people apply`: creates what the people file wants created, over Graph, and nothing else (step 4)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from xtenant.cli import people_files, people_scripts
from xtenant.cli.changing import changes
from xtenant.cli.inventories import open_inventory
from xtenant.cli.output import OutputOption, note
from xtenant.cli.people_plan import LocationOption, location_of
from xtenant.cli.people_progress import bars
from xtenant.cli.people_tables import emit_lists
from xtenant.cli.tools import TenantOption, Tools, WhatIfOption, YesOption, tools_of, warn
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.inventory.store import Inventory
from xtenant.people.apply.applying import Applied, apply_people
from xtenant.people.apply.deciding import ApplyWishes
from xtenant.people.apply.journal import Journal, journal_path
from xtenant.people.rows import PersonRow

T = TypeVar("T")
Work = Callable[[TenantClient, Inventory | None], Coroutine[Any, Any, T]]

PeopleFile = Annotated[Path, typer.Argument(help="The people file of `xtenant people plan`.", metavar="PEOPLE")]
SomeSource = Annotated[str | None, typer.Option("--source", help="The source: a profile, or a handover file.")]
SomeMoves = Annotated[Path | None, typer.Option("--moves", help="The plan of moves: it says whose OneDrive moves.")]
EnableOption = Annotated[
    bool, typer.Option("--enable-without-onedrive", help="Accounts may sign in at once where no OneDrive moves.")
]
LicenceOption = Annotated[
    list[str] | None, typer.Option("--licence", help="Assign this SKU where units are free. Repeatable.")
]
OwnerOption = Annotated[str, typer.Option("--owner", help="Who owns groups whose owners have no account.")]
NewGroupsOption = Annotated[
    bool, typer.Option("--only-new-groups", help="Add nobody to groups that were there before.")
]


@changes("users.create")
def apply(
    context: typer.Context,
    people: PeopleFile,
    tenant: TenantOption,
    source: SomeSource = None,
    moves: SomeMoves = None,
    enable_without_onedrive: EnableOption = False,
    usage_location: LocationOption = "",
    licence: LicenceOption = None,
    owner: OwnerOption = "",
    only_new_groups: NewGroupsOption = False,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Create the rows of the methods create and guest, then memberships; nothing is overwritten or deleted.

    May be interrupted and run again; a second run changes nothing. Exit code 1 when something could not be done.

    Example: xtenant people apply people.csv -t fabrikam --source contoso --what-if
    """
    tools = tools_of(context)
    rows = people_files.people_of(people)
    wishes = ApplyWishes(
        usage_location=location_of(usage_location),
        enable_without_onedrive=enable_without_onedrive,
        movers=movers_of(moves),
        only_new_groups=only_new_groups,
        owner=owner,
        licences=tuple(licence or ()),
    )
    journal = journal_of(tools, people, tenant)
    if not what_if:
        tools.consent(_question(rows, tenant), yes=yes)

    applied = with_source(tools, tenant, source, _applying(tools, rows, wishes, journal, what_if=what_if))
    tools.write_out(tools.store.get(tenant), first_geo(tools, tenant), *people_scripts.steps_of(applied))
    emit_lists({"tenant": tenant, "what_if": what_if, **_counts(applied)}, _lists(applied), output)
    if not applied.memberships_checked:
        note("memberships were left aside: name the source with --source (R-4.6)")
    if applied.failures:
        raise typer.Exit(errors.ExitCode.FINDINGS)


def _applying(
    tools: Tools, rows: Sequence[PersonRow], wishes: ApplyWishes, journal: Journal, *, what_if: bool
) -> Work[Applied]:
    async def work(client: TenantClient, known: Inventory | None) -> Applied:
        with bars() as progress:
            return await apply_people(
                client.people,
                rows,
                known,
                wishes=wishes,
                journal=journal,
                clock=tools.clock,
                progress=progress,
                what_if=what_if,
            )

    return work


def with_source(tools: Tools, tenant: str, source: str | None, work: Work[T]) -> T:
    """Run work with the tenant's client and, where one is named, the source's directory. Refuses a disguised source."""

    async def signed_in(known: Inventory | None) -> T:
        async with tools.open(tenant, first_geo(tools, tenant)) as client:
            return await work(client, known)

    if source is None:
        return tools.run(lambda: signed_in(None))
    with open_inventory(tools, source, sites=()) as known:
        refuse_disguise(known)
        return tools.run(lambda: signed_in(known))


def refuse_disguise(inventory: Inventory) -> None:
    """Raise UsageError for a handover file without real names."""
    told = inventory.origin()
    if told is not None and told.pseudonyms is not None:
        raise errors.UsageError(
            "The handover file disguises its people: who is who on the target cannot be written from it.",
            remedy="Ask for one made without --pseudonyms.",
        )


def first_geo(tools: Tools, tenant: str) -> str | None:
    """The directory is one for all geos: any geo's client reaches it."""
    geos = tools.store.get(tenant).geos
    return next(iter(geos)) if len(geos) > 1 else None


def journal_of(tools: Tools, people: Path, tenant: str) -> Journal:
    """The journal beside the people file. Raises ForeignJournal; says how many lines were damaged."""
    journal = Journal(journal_path(people), UUID(tools.store.get(tenant).tenant_id))
    if journal.damaged:
        warn(f"{journal.damaged} damaged line(s) of {journal.path} were left out: what they told is found by name")
    return journal


def movers_of(moves: Path | None) -> frozenset[str] | None:
    """The source UPNs whose OneDrive moves; None where no moves were named."""
    if moves is None:
        return None
    return frozenset(move.source.casefold() for move in people_files.moves_of(moves) if move.kind is JobKind.USER)


def _question(rows: list[PersonRow], tenant: str) -> str:
    wanted = sum(1 for row in rows if row.counts and row.method.value in ("create", "guest"))
    return f"Create what is missing of {wanted} people and groups in {tenant}, and their memberships?"


def _counts(applied: Applied) -> dict[str, object]:
    made = [kind for kind, _, _ in applied.made]
    return {
        "accounts": made.count("account"),
        "guests": made.count("guest"),
        "groups": made.count("group"),
        "memberships": applied.members,
        "licences": applied.licences,
        "present": len(applied.decision.present),
        "awaiting_confirmation": [row.shown_name for row in applied.decision.inert],
    }


def _lists(applied: Applied) -> dict[str, list[dict[str, object]]]:
    return {
        "failed": [failure.shown() for failure in applied.failures],
        "waiting": [
            {"name": row.shown_name, "target": row.target_upn, "method": row.method.value}
            for row in applied.decision.waiting
        ],
        "made": [
            {"kind": kind, "source": row.shown_name, "target": row.target_upn, "target_id": target_id}
            for kind, row, target_id in applied.made
        ],
    }
