"""Licences assigned where units are free; none is bought (R-4.4, R-4.25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from xtenant.client.people import PeopleClient
from xtenant.domain import errors
from xtenant.people.apply.deciding import ApplyWishes, Decision, Failure, failure_of
from xtenant.people.apply.journal import Journal
from xtenant.people.apply.standing import Standing, key_of, look
from xtenant.people.plan.licences import ONEDRIVE_PART, ONEDRIVE_SKU
from xtenant.people.rows import PersonRow
from xtenant.protocols.graph.call.directory import SubscribedSku


@dataclass(slots=True, kw_only=True)
class Assigned:
    assigned: int = 0
    wanted: list[tuple[PersonRow, SubscribedSku]] = field(default_factory=list[tuple[PersonRow, SubscribedSku]])
    """Who would get what; only where nothing is sent."""
    failures: list[Failure] = field(default_factory=list[Failure])


async def named(client: PeopleClient, texts: Sequence[str]) -> list[SubscribedSku]:
    """Licences by part number or id. Raises NotFound for one the target has not subscribed to."""
    skus = await client.licences() if texts else []
    return [_sku(skus, text) for text in texts]


async def assign(
    client: PeopleClient,
    rows: Sequence[PersonRow],
    chosen: Sequence[SubscribedSku],
    standing: Standing,
    decision: Decision,
    wishes: ApplyWishes,
    journal: Journal,
    *,
    what_if: bool,
) -> Assigned:
    """The migration licence to everybody whose OneDrive moves; any other to the accounts that pre-creation made, and to
    those whose OneDrive moves and who have none on the target (R-4.4)."""
    if not what_if:
        standing = await look(client, [row for row in rows if not row.kind.is_group])
    to_come = [row for row, _ in decision.accounts] if what_if else []
    done = Assigned()
    for sku in chosen:
        await _assign_one(client, rows, standing, to_come, sku, wishes, journal, done, what_if=what_if)
    return done


async def _assign_one(
    client: PeopleClient,
    rows: Sequence[PersonRow],
    standing: Standing,
    to_come: Sequence[PersonRow],
    sku: SubscribedSku,
    wishes: ApplyWishes,
    journal: Journal,
    done: Assigned,
    *,
    what_if: bool,
) -> None:
    wanted = [row for row in rows if row.counts and _wants(row, sku, standing, wishes, journal)]
    wanted += [row for row in to_come if _moves(row, wishes) or not _is_migration(sku)]
    free = max(0, sku.prepaid_units.enabled - sku.consumed_units)
    done.failures += [_none_left(row, sku) for row in wanted[free:]]
    if what_if:
        done.assigned += len(wanted[:free])
        done.wanted += [(row, sku) for row in wanted[:free]]
        return
    some = [(row, standing.accounts[key_of(row)].id) for row in wanted[:free]]
    outcomes = await client.assign_licence([user_id for _, user_id in some], sku.sku_id)
    for (row, _), outcome in zip(some, outcomes, strict=True):
        if outcome.failure is None:
            done.assigned += 1
        else:
            done.failures.append(failure_of(row, f"assign {sku.sku_part_number}", outcome.failure))


def _wants(row: PersonRow, sku: SubscribedSku, standing: Standing, wishes: ApplyWishes, journal: Journal) -> bool:
    account = None if row.kind.is_group else standing.accounts.get(key_of(row))
    if account is None or account.is_guest or sku.sku_id in account.skus:
        return False
    if _is_migration(sku):
        return _moves(row, wishes)
    unlicensed_mover = _moves(row, wishes) and not account.skus - {ONEDRIVE_SKU}
    return unlicensed_mover or account.is_marked or journal.made(account.id)


def _moves(row: PersonRow, wishes: ApplyWishes) -> bool:
    return row.onedrive_moves if wishes.movers is None else row.source_upn.casefold() in wishes.movers


def _is_migration(sku: SubscribedSku) -> bool:
    return sku.sku_id == ONEDRIVE_SKU or sku.sku_part_number.casefold() == ONEDRIVE_PART.casefold()


def _sku(skus: Sequence[SubscribedSku], text: str) -> SubscribedSku:
    for sku in skus:
        if sku.sku_part_number.casefold() == text.casefold() or sku.sku_id == _guid(text):
            return sku
    known = ", ".join(sorted(sku.sku_part_number for sku in skus)) or "none"
    raise errors.NotFound(f"The target has no licence '{text}'.", remedy=f"It has subscribed to: {known}.")


def _guid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _none_left(row: PersonRow, sku: SubscribedSku) -> Failure:
    return Failure(
        name=row.shown_name,
        target=row.target_upn,
        step=f"assign {sku.sku_part_number}",
        problem="No unit of this licence is free.",
        remedy="Buy as many as fail here, then run this again (R-4.25).",
    )
