"""Subscriptions and licences as JSON (graph-migrations.md 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain.licence import AssignedLicence, Holding, ServicePlan, Sku, SkuId, Subscription
from xtenant.domain.tenant import Tenant, TenantId
from xtenant.protocols.graph.codec.dates import date_text


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class AddedLicence(_Body):
    sku_id: UUID
    disabled_plans: list[UUID] | None = None


class AssignBody(_Body):
    """POST /users/{id}/assignLicense; both arrays are mandatory."""

    add_licenses: list[AddedLicence]
    remove_licenses: list[UUID]


def subscription_id(tenant_id: TenantId, sku_id: SkuId) -> str:
    """`id` of a subscribed SKU: tenant and SKU."""
    return f"{tenant_id}_{sku_id}"


def sku_id_in(text: str, tenant_id: TenantId) -> SkuId | None:
    """The SKU in such an id; None for one of another tenant or form."""
    own, _, rest = text.partition("_")
    try:
        return SkuId(UUID(rest)) if own.lower() == str(tenant_id) else None
    except ValueError:
        return None


def subscription_json(subscription: Subscription, tenant: Tenant) -> dict[str, object]:
    sku, enabled = subscription.sku, subscription.enabled
    return {
        "id": subscription_id(tenant.tenant_id, sku.sku_id),
        "accountId": str(tenant.tenant_id),
        "accountName": tenant.name,
        "skuId": str(sku.sku_id),
        "skuPartNumber": sku.part_number,
        "appliesTo": "User",
        "capabilityStatus": subscription.status.value,
        "consumedUnits": subscription.consumed,
        "prepaidUnits": {"enabled": enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": [_plan_json(plan) for plan in sku.plans],
        "subscriptionIds": [],
    }


def assigned_json(licence: AssignedLicence) -> dict[str, object]:
    """`assignedLicense` of a user."""
    return {"skuId": str(licence.sku_id), "disabledPlans": sorted(map(str, licence.disabled_plans))}


def plans_json(holdings: Sequence[Holding]) -> list[dict[str, object]]:
    """`assignedPlans` of a user: every plan of every licence, those switched off as Deleted."""
    return [
        {
            "servicePlanId": str(plan.plan_id),
            "service": _service_of(plan),
            "capabilityStatus": "Deleted" if plan.plan_id in holding.licence.disabled_plans else "Enabled",
            "assignedDateTime": date_text(holding.licence.assigned_at),
        }
        for holding in holdings
        for plan in (holding.sku.plans if holding.sku else ())
    ]


def details_json(holding: Holding, user_key: str) -> dict[str, object]:
    """`licenseDetails` of a user."""
    off = holding.licence.disabled_plans
    return {
        "id": f"{user_key}_{holding.licence.sku_id}",
        "skuId": str(holding.licence.sku_id),
        "skuPartNumber": holding.sku.part_number if holding.sku else None,
        "servicePlans": [
            _plan_json(plan, "Disabled" if plan.plan_id in off else "Success")
            for plan in (holding.sku.plans if holding.sku else ())
        ],
    }


def subscription_from_json(row: Mapping[str, Any]) -> Subscription:
    """A subscription as an answer of Graph tells it. Raises KeyError or ValueError for an answer that is none."""
    plans = tuple(
        ServicePlan(plan_id=UUID(plan["servicePlanId"]), name=plan.get("servicePlanName") or "")
        for plan in row.get("servicePlans") or ()
    )
    sku = Sku(sku_id=SkuId(UUID(row["skuId"])), part_number=row.get("skuPartNumber") or "", plans=plans)
    units: Mapping[str, Any] = row.get("prepaidUnits") or {}
    return Subscription(sku=sku, enabled=int(units.get("enabled") or 0), consumed=int(row.get("consumedUnits") or 0))


def _plan_json(plan: ServicePlan, status: str = "Success") -> dict[str, object]:
    return {
        "servicePlanId": str(plan.plan_id),
        "servicePlanName": plan.name,
        "provisioningStatus": status,
        "appliesTo": "User",
    }


def _service_of(plan: ServicePlan) -> str:
    """The service a plan belongs to, in Graph's short spelling."""
    if plan.name.startswith("EXCHANGE"):
        return "exchange"
    if plan.name.startswith(("SHAREPOINT", "ONEDRIVE")):
        return "SharePoint"
    return "TeamspaceAPI" if plan.name.startswith("TEAMS") else "MicrosoftOffice"
