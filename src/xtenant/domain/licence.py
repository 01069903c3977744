"""Licences: what a tenant has subscribed to and who holds it (`graph-migrations.md` 4.3, R-4.4, R-4.25 to R-4.32).

A SKU is what is bought and assigned; its service plans say what it lets a person do. SKU id, part number and plan names of
the user migration licence are known from the field (R-4.26); the shared data licence's ids and all plan ids of both are our
choice, which is why a tenant's subscriptions are data and not constants of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

SkuId = NewType("SkuId", UUID)

MOST_UNITS = 10_000_000

ONEDRIVE_MOVE_PLAN = "SHAREPOINTONLINE_T2TODMOVE"
"""The service plan that licenses the move of a person's OneDrive (R-4.26)."""

SHARED_DATA_PLAN = "SHAREPOINTONLINE_T2TSITEMOVE"
"""The plan of the shared data licence (R-4.28); its real name is not known, this one is our choice."""

SHAREPOINT_PLANS = frozenset(
    {"SHAREPOINTENTERPRISE", "SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE_EDU", "ONEDRIVESTANDARD"}
)
"""Plans that let a person have SharePoint and with it a OneDrive (R-4.4)."""

EXCLUSIVE_PLANS = (
    frozenset({"SHAREPOINTENTERPRISE", "SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE_EDU"}),
    frozenset({"EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_STANDARD"}),
)
"""Of each set a person can hold one plan only."""


class SkuStatus(Enum):
    """`capabilityStatus` of a subscription."""

    ENABLED = "Enabled"
    WARNING = "Warning"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    plan_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """A product that can be bought."""

    sku_id: SkuId
    part_number: str
    plans: tuple[ServicePlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A product a tenant has bought: `enabled` units may be assigned; `consumed` is counted over live users."""

    sku: Sku
    enabled: int
    consumed: int = 0

    @property
    def free(self) -> int:
        """Negative where units were taken away that people hold."""
        return self.enabled - self.consumed

    @property
    def status(self) -> SkuStatus:
        return SkuStatus.ENABLED if self.enabled else SkuStatus.SUSPENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedLicence:
    """A unit that a person holds; `disabled_plans` are plans of the SKU switched off for them."""

    sku_id: SkuId
    disabled_plans: frozenset[UUID] = field(default=frozenset())
    assigned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A licence a person holds, with its product where the tenant still has it."""

    licence: AssignedLicence
    sku: Sku | None


def plans_of(licences: Iterable[AssignedLicence], skus: Iterable[Sku]) -> frozenset[str]:
    """The names of the service plans that licences give, without those switched off."""
    known = {sku.sku_id: sku for sku in skus}
    return frozenset(
        plan.name
        for licence in licences
        if (sku := known.get(licence.sku_id)) is not None
        for plan in sku.plans
        if plan.plan_id not in licence.disabled_plans
    )


def clashing_plans(plans: frozenset[str]) -> frozenset[str]:
    """Plans that exclude one another; empty where all go together."""
    return next((both for group in EXCLUSIVE_PLANS if len(both := plans & group) > 1), frozenset[str]())


def _plan(number: str, name: str) -> ServicePlan:
    return ServicePlan(plan_id=UUID(number), name=name)


MICROSOFT_365_E3 = Sku(
    sku_id=SkuId(UUID("05e9a617-0261-4cee-bb44-138d3ef5d965")),
    part_number="SPE_E3",
    plans=(
        _plan("efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"),
        _plan("5dbe027f-2339-4123-9542-606e4d348a72", "SHAREPOINTENTERPRISE"),
        _plan("e95bec33-7c88-4a70-8e19-b10bd9d0c014", "SHAREPOINTWAC"),
        _plan("57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1"),
        _plan("43de0ff5-c92c-492b-9116-175376d08c38", "OFFICESUBSCRIPTION"),
    ),
)
USER_MIGRATION = Sku(
    sku_id=SkuId(UUID("946ce899-873d-44bb-9d8b-671870cbfdbf")),
    part_number="Cross_tenant_user_data_migration",
    plans=(
        _plan("7d3c0a52-6f0b-4f0e-9a37-0c1f7a5b2e01", ONEDRIVE_MOVE_PLAN),
        _plan("7d3c0a52-6f0b-4f0e-9a37-0c1f7a5b2e02", "EXCHANGEONLINE_T2TMBXMOVE"),
    ),
)
SHARED_DATA_MIGRATION = Sku(
    sku_id=SkuId(UUID("7d3c0a52-6f0b-4f0e-9a37-0c1f7a5b2e10")),
    part_number="Cross_tenant_shared_data_migration",
    plans=(_plan("7d3c0a52-6f0b-4f0e-9a37-0c1f7a5b2e11", SHARED_DATA_PLAN),),
)
"""One unit covers 100 GB of the sites that move (R-4.28)."""

CATALOGUE = (MICROSOFT_365_E3, USER_MIGRATION, SHARED_DATA_MIGRATION)
"""What a lab's tenants can buy."""


def sku_named(part_number: str) -> Sku | None:
    """A product of the catalogue, by its part number in any letter case."""
    wanted = part_number.strip().lower()
    return next((sku for sku in CATALOGUE if sku.part_number.lower() == wanted), None)
