"""Licences: what the tenant has bought, who holds what, and whether a person may move or have a OneDrive.

Refusals are Graph's for `assignLicense` (`graph-migrations.md` 4.3): no usage location, no free units, plans that exclude
one another. Whether the lack of a licence stops a move is the tenant's setting `licences_required` (R-6.36).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.directory import User, UserId
from xtenant.domain.licence import (
    MOST_UNITS,
    ONEDRIVE_MOVE_PLAN,
    SHARED_DATA_PLAN,
    SHAREPOINT_PLANS,
    AssignedLicence,
    Holding,
    Sku,
    SkuId,
    Subscription,
    clashing_plans,
    plans_of,
    sku_named,
)
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations.directory import require, user_named

LICENCE_READ = frozenset(
    {"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "Organization.Read.All"}
    | {"Directory.Read.All", "Directory.ReadWrite.All", "User.ReadWrite.All"}
)
LICENCE_WRITE = frozenset({"LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"})


class LicenceRefused(errors.UsageError):
    """An assignment Graph answers with 400 Request_BadRequest."""

    code = "licenceRefused"


class SkuNotFound(errors.NotFound):
    """The tenant has not subscribed to the product."""

    code = "skuNotFound"
    remedy = "GET /subscribedSkus lists what the tenant has bought."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A licence to be given."""

    sku_id: SkuId
    disabled_plans: frozenset[UUID] = field(default=frozenset())


def list_subscriptions(units: Units, caller: Caller) -> Sequence[Subscription]:
    """Everything the tenant has bought, with counters."""
    require(caller, LICENCE_READ, "read licences", members=True)
    with units.read() as uow:
        return uow.licences.subscriptions()


def get_subscription(units: Units, caller: Caller, sku_id: SkuId | None) -> Subscription:
    """One of them. Raises SkuNotFound."""
    found = next((row for row in list_subscriptions(units, caller) if row.sku.sku_id == sku_id), None)
    if found is None:
        raise SkuNotFound(f"Resource '{sku_id}' does not exist.")
    return found


def subscribe(uow: UnitOfWork, part_number: str, enabled: int) -> Sku:
    """Let the tenant have a number of units of a product. Raises UsageError for a product nobody sells, a bad number."""
    sku = sku_named(part_number) or next(
        (own for own in uow.licences.skus() if own.part_number.lower() == part_number.lower()), None
    )
    if sku is None:
        raise errors.UsageError(f"No product has the part number '{part_number}'.")
    if not 0 <= enabled <= MOST_UNITS:
        raise errors.UsageError(f"A subscription has 0 to {MOST_UNITS} units.")
    uow.licences.subscribe(sku, enabled)
    return sku


def assign_licences(
    units: Units, caller: Caller, name: str | None, add: Sequence[Wish], remove: Sequence[SkuId], *, clock: Clock
) -> tuple[User, Sequence[Holding]]:
    """Give and take licences of one person, all or none; the caller themself without a name.

    Giving one held changes its plans. Answers what the person holds now. Raises UserNotFound, AccessDenied, LicenceRefused.
    """
    require(caller, LICENCE_WRITE, "assign licences")
    added = {wish.sku_id for wish in add}
    if added & set(remove) or len(added) < len(add):
        raise LicenceRefused("A licence is named more than once.")
    with units.write() as uow:
        user = user_named(uow, name if name is not None else str(caller.user_id))
        held = {licence.sku_id: licence for licence in uow.licences.of_users([user.user_id]).get(user.user_id, ())}
        if not set(remove) <= held.keys():
            raise LicenceRefused("User does not have a corresponding license.")
        if added and not user.usage_location:
            raise LicenceRefused(
                "License assignment cannot be done for user with invalid usage location.",
                remedy="Set the user's usageLocation first.",
            )
        bought = uow.licences.locked(added)
        now = clock.business_now()
        given = [_given(wish, bought.get(wish.sku_id), now, is_new=wish.sku_id not in held) for wish in add]
        after = {**{key: held[key] for key in held.keys() - set(remove)}, **{one.sku_id: one for one in given}}
        if clash := clashing_plans(plans_of(after.values(), uow.licences.skus())):
            raise LicenceRefused(
                f"License assignment failed because service plans {', '.join(sorted(clash))} are mutually exclusive."
            )
        uow.licences.take(user.user_id, remove)
        for licence in given:
            uow.licences.assign(user.user_id, licence)
        return user, holdings_of(uow, [user.user_id])[user.user_id]


def seed_licences(
    units: Units, subscriptions: Iterable[tuple[str, int]], held: Mapping[str, Collection[str]], *, clock: Clock
) -> None:
    """What a new tenant has bought (part number, units), and which UPN holds which part numbers; present ones stay."""
    with units.write() as uow:
        standing = {sku.part_number.lower(): sku for sku in uow.licences.skus()}
        fresh = {
            part.lower(): subscribe(uow, part, enabled)
            for part, enabled in subscriptions
            if part.lower() not in standing
        }
        people = uow.users.by_upns(held)
        for upn, parts in held.items():
            user = people.get(upn.lower())
            for part in parts if user else ():
                if user is not None and (sku := fresh.get(part.lower())) is not None:
                    licence = AssignedLicence(sku_id=sku.sku_id, assigned_at=clock.business_now())
                    uow.licences.assign(user.user_id, licence)


def holdings_of(uow: UnitOfWork, user_ids: Collection[UserId]) -> Mapping[UserId, Sequence[Holding]]:
    """What each of a page of people holds; everybody asked for is there. Two queries a page."""
    held = uow.licences.of_users(user_ids)
    skus = {sku.sku_id: sku for sku in uow.licences.skus()} if held else {}
    return {
        user_id: [Holding(licence=licence, sku=skus.get(licence.sku_id)) for licence in held.get(user_id, ())]
        for user_id in user_ids
    }


def read_holdings(units: Units, user_ids: Collection[UserId]) -> Mapping[UserId, Sequence[Holding]]:
    """The same in a unit of its own, for answers that show users."""
    with units.read() as uow:
        return holdings_of(uow, user_ids)


def list_details(units: Units, caller: Caller, name: str | None) -> Sequence[Holding]:
    """What one person holds; the caller themself without a name. Raises UserNotFound."""
    require(caller, LICENCE_READ, "read licences", members=True)
    with units.read() as uow:
        user = user_named(uow, name if name is not None else str(caller.user_id))
        return holdings_of(uow, [user.user_id])[user.user_id]


def plan_names(uow: UnitOfWork, user_id: UserId) -> frozenset[str]:
    """The service plans a person has."""
    held = uow.licences.of_users([user_id]).get(user_id, ())
    return plans_of(held, uow.licences.skus()) if held else frozenset()


def may_have_sharepoint(uow: UnitOfWork, user_id: UserId) -> bool:
    """Whether a person is licensed for SharePoint and with it for a OneDrive (R-4.4)."""
    return bool(plan_names(uow, user_id) & SHAREPOINT_PLANS)


def may_move_onedrive(uow: UnitOfWork, user_id: UserId) -> bool:
    """Whether a person holds the user migration licence (R-4.25)."""
    return ONEDRIVE_MOVE_PLAN in plan_names(uow, user_id)


def tenant_is_licensed(units: Units, *, for_sites: bool) -> bool:
    """Whether the tenant has bought the migration licence of OneDrives (R-4.25), or of sites (R-4.28)."""
    wanted = SHARED_DATA_PLAN if for_sites else ONEDRIVE_MOVE_PLAN
    with units.read() as uow:
        bought = uow.licences.subscriptions()
    return any(row.enabled > 0 and wanted in {plan.name for plan in row.sku.plans} for row in bought)


def person_is_licensed(units: Units, upn: str) -> bool:
    """Whether a person of this tenant holds the user migration licence; False for nobody."""
    with units.read() as uow:
        user = uow.users.by_upn(upn)
        return user is not None and may_move_onedrive(uow, user.user_id)


def _given(wish: Wish, subscription: Subscription | None, now: datetime, *, is_new: bool) -> AssignedLicence:
    """The licence wished for. Raises LicenceRefused for what is not bought, is used up, or has no such plan."""
    if subscription is None:
        raise LicenceRefused(f"License {wish.sku_id} does not correspond to a valid company License.")
    if is_new and subscription.free <= 0:
        raise LicenceRefused(
            f"Subscription with SKU {wish.sku_id} does not have any available licenses.",
            remedy="Buy units, or take the licence from somebody else.",
        )
    if strange := wish.disabled_plans - {plan.plan_id for plan in subscription.sku.plans}:
        raise LicenceRefused(f"License {wish.sku_id} has no service plan {', '.join(sorted(map(str, strange)))}.")
    return AssignedLicence(sku_id=wish.sku_id, disabled_plans=wish.disabled_plans, assigned_at=now)
