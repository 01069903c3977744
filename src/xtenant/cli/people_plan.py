"""`xtenant people plan`: who needs an identity on the target, how it comes about, and what stands in the way (step 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli import people_files
from xtenant.cli.inventories import CachedOption, SourceSide, TargetSide, home_of, open_inventory
from xtenant.cli.output import OutputOption, note
from xtenant.cli.people_tables import emit_lists
from xtenant.cli.tools import tools_of, warn
from xtenant.domain import errors
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.store import Inventory
from xtenant.people.plan.licences import SHARED_DATA_PART
from xtenant.people.plan.matching import Wishes
from xtenant.people.plan.planning import PeoplePlan, plan_people
from xtenant.people.plan.report import counts_of, lists_of
from xtenant.people.rows import Method, PersonRow, written_people

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

PlanMoves = Annotated[Path, typer.Option("--moves", help="The plan of moves, moves.csv.")]
PeopleOut = Annotated[Path, typer.Option("--out", help="Where the people file is written.")]
Earlier = Annotated[Path | None, typer.Option("--people", help="An earlier people file: its explicit rows stay.")]
Domains = Annotated[
    list[str] | None,
    typer.Option("--domain", help="SOURCE=TARGET: where the names of a domain lead. Repeatable."),
]
Others = Annotated[
    str, typer.Option("--others", help="People with permissions and without a OneDrive move: guest or create.")
]
Mailboxes = Annotated[bool, typer.Option("--mailboxes", help="Mailboxes move too, and bring their people.")]
Synced = Annotated[
    bool, typer.Option("--directory-sync", help="Whom the source syncs, the directory sync of the target brings.")
]
SharedDataSku = Annotated[str, typer.Option("--shared-data-sku", help="The part number of the licence for sites.")]
LocationOption = Annotated[
    str, typer.Option("--usage-location", help="Two letters, for whoever has no usage location on the source.")
]


def plan(
    context: typer.Context,
    source: SourceSide,
    target: TargetSide,
    moves: PlanMoves,
    out: PeopleOut = Path("people.csv"),
    people: Earlier = None,
    domain: Domains = None,
    others: Others = "guest",
    mailboxes: Mailboxes = False,
    directory_sync: Synced = False,
    usage_location: LocationOption = "",
    shared_data_sku: SharedDataSku = SHARED_DATA_PART,
    cached: CachedOption = False,
    output: OutputOption = None,
) -> None:
    """Write the people file: who needs an identity on the target, and how it comes about. Nothing is sent.

    Exit code 2 when something a move names could not be looked at.

    Example: xtenant people plan --source contoso --target fabrikam --moves moves.csv --domain contoso.com=fabrikam.com
    """
    tools = tools_of(context)
    planned = people_files.moves_of(moves)
    earlier = people_files.people_of(people) if people is not None else []
    _refuse_to_lose_edits(out, people)
    typed = _Typed(
        domains=domains_of(domain or ()),
        others=_others(others),
        mailboxes=mailboxes,
        directory_sync=directory_sync,
        usage_location=location_of(usage_location),
        shared_data_sku=shared_data_sku,
    )
    with ExitStack() as stack:
        sources = [move.source for move in planned]
        known = stack.enter_context(open_inventory(tools, source, fresh=not cached, sites=sources))
        there = stack.enter_context(open_inventory(tools, target, fresh=not cached, sites=()))
        _warn_of_disguise(known, there)
        made = _planned(known, home_of(tools).comparable_to(known, there), planned, earlier, typed)
        counts = counts_of(made, there.licences())
    _told_where(out, people_files.replace_file(out, written_people(made.rows)))
    emit_lists({"file": str(out), **counts}, lists_of(made), output)
    if any(each.unread for each in made.unresolved):
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What the options say, read."""

    domains: Mapping[str, str]
    others: Method
    mailboxes: bool
    directory_sync: bool
    usage_location: str
    shared_data_sku: str


def _planned(
    source: Inventory, target: Inventory, moves: Sequence[PlannedMove], earlier: Sequence[PersonRow], typed: _Typed
) -> PeoplePlan:
    wishes = Wishes(
        initial_domain=target.tenant().initial_domain,
        domains=typed.domains,
        others=typed.others,
        mailboxes=typed.mailboxes,
        directory_sync=typed.directory_sync,
    )
    return plan_people(
        source,
        target,
        moves,
        wishes=wishes,
        earlier=earlier,
        usage_location=typed.usage_location,
        shared_data_part=typed.shared_data_sku,
    )


def location_of(text: str) -> str:
    """A usage location in capitals, or nothing. Raises UsageError."""
    if text and not re.fullmatch(r"[A-Za-z]{2}", text):
        raise errors.UsageError(
            f"'{text}' is no usage location.", remedy="Give the two letters of a country, for instance DE."
        )
    return text.upper()


def domains_of(rules: Sequence[str]) -> Mapping[str, str]:
    """`contoso.com=fabrikam.com` as a table. Raises UsageError."""
    led: dict[str, str] = {}
    for rule in rules:
        old, sign, new = (part.strip().casefold() for part in rule.partition("="))
        if not sign or not _DOMAIN.fullmatch(old) or not _DOMAIN.fullmatch(new):
            raise errors.UsageError(f"'{rule}' is no domain rule.", remedy="Write --domain contoso.com=fabrikam.com")
        if led.setdefault(old, new) != new:
            raise errors.UsageError(f"The domain {old} is led to {led[old]} and to {new}.")
    return led


def _others(text: str) -> Method:
    for method in (Method.GUEST, Method.CREATE):
        if method.value == text.casefold():
            return method
    raise errors.UsageError(f"--others is guest or create, not '{text}'.")


def _refuse_to_lose_edits(out: Path, people: Path | None) -> None:
    if people is None and out.exists():
        raise errors.UsageError(
            f"{out} exists, and somebody may have edited it.",
            remedy=f"Give --people {out} to keep its explicit rows, or another --out.",
        )


def _warn_of_disguise(source: Inventory, target: Inventory) -> None:
    if any((told := side.origin()) is not None and told.pseudonyms is not None for side in (source, target)):
        warn(
            "a handover file disguises its people: exact matches on mail and UPN count, domain rules and names do not, "
            "and this people file can be neither applied nor made into a map"
        )


def _told_where(path: Path, before: Path | None) -> None:
    note(f"written to {path}" + (f"; the one before is {before}" if before else ""))
