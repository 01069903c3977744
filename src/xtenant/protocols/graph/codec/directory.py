"""Groups, the organization and other tenants as JSON (graph-migrations.md 4.1, 4.4); users are in `codec/users.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from xtenant.domain import errors
from xtenant.domain.directory import Group, GroupId, GroupKind
from xtenant.domain.tenant import PublicTenant, Tenant, TenantId
from xtenant.protocols.graph.codec.dates import date_text, parse_date

REFERENCE = re.compile(
    r"(?:https://graph\.microsoft\.com/(?:v1\.0|beta)/)?(?:users|groups|directoryObjects)"
    r"(?:/|\(')(?P<id>[0-9a-fA-F-]{36})(?:'\))?/?",
    re.IGNORECASE,
)

_SERVICES = ("Email", "OfficeCommunicationsOnline")


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class GroupBody(_Body):
    """POST /groups."""

    display_name: str
    mail_nickname: str
    mail_enabled: bool
    security_enabled: bool
    description: str | None = None
    group_types: list[str] = msgspec.field(default_factory=list[str])
    visibility: str | None = None
    resource_behavior_options: list[str] = msgspec.field(default_factory=list[str])
    preferred_data_location: str | None = None
    is_assignable_to_role: bool | None = None
    owners: list[str] = msgspec.field(default_factory=list[str], name="owners@odata.bind")
    members: list[str] = msgspec.field(default_factory=list[str], name="members@odata.bind")


class GroupPatch(_Body, kw_only=True):
    """PATCH /groups/{id}; an absent property stays, null clears it."""

    display_name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    visibility: str | UnsetType = UNSET
    mail_nickname: str | UnsetType = UNSET
    security_enabled: bool | UnsetType = UNSET
    preferred_data_location: str | UnsetType | None = UNSET
    members: list[str] = msgspec.field(default_factory=list[str], name="members@odata.bind")


class ReferenceBody(_Body):
    """POST …/members/$ref."""

    odata_id: str = msgspec.field(name="@odata.id")


class MemberGroupsBody(_Body):
    """POST …/getMemberGroups."""

    security_enabled_only: bool


class CheckBody(_Body):
    """POST …/checkMemberGroups."""

    group_ids: list[UUID]


def referenced_id(text: str) -> UUID:
    """The object id inside a reference (`https://graph.microsoft.com/v1.0/directoryObjects/{id}`). Raises UsageError."""
    found = REFERENCE.fullmatch(text.strip())
    try:
        return UUID(found.group("id") if found else "")
    except ValueError:
        raise errors.UsageError(f"'{text}' is not a reference to a directory object.") from None


def group_kind(group_types: list[str]) -> GroupKind:
    """Raises UsageError for a kind of group that is not served."""
    kinds = {kind.lower() for kind in group_types}
    if kinds - {"unified"}:
        raise errors.UsageError(f"Groups of type {', '.join(sorted(group_types))} are not served, only Unified.")
    return GroupKind.UNIFIED if kinds else GroupKind.SECURITY


def group_json(group: Group) -> dict[str, object]:
    return {
        "id": str(group.group_id),
        "displayName": group.display_name,
        "description": group.description,
        "groupTypes": ["Unified"] if group.kind is GroupKind.UNIFIED else [],
        "mail": group.mail,
        "mailEnabled": group.mail_enabled,
        "mailNickname": group.mail_nickname,
        "securityEnabled": group.security_enabled,
        "visibility": group.visibility,
        "resourceBehaviorOptions": list(group.resource_behavior_options),
        "resourceProvisioningOptions": [],
        "preferredDataLocation": group.preferred_data_location,
        "proxyAddresses": [f"SMTP:{group.mail}"] if group.mail else [],
        "onPremisesSyncEnabled": True if group.synced else None,
        "createdDateTime": date_text(group.created_at),
        "deletedDateTime": date_text(group.deleted_at) if group.deleted_at else None,
    }


def typed(row: Mapping[str, object], kind: str) -> Mapping[str, object]:
    """An object among those of several kinds, which says its own."""
    return {"@odata.type": f"#microsoft.graph.{kind}", **row}


def organization_json(tenant: Tenant) -> dict[str, object]:
    return {
        "id": str(tenant.tenant_id),
        "displayName": tenant.display_name,
        "tenantType": "AAD",
        "isMultipleDataLocationsForServicesEnabled": len(tenant.geos) > 1,
        "onPremisesSyncEnabled": None,
        "verifiedDomains": [
            {
                "name": name,
                "isDefault": name == tenant.default_domain.lower(),
                "isInitial": name == tenant.initial_domain.lower(),
                "capabilities": ", ".join(_SERVICES),
                "type": "Managed",
            }
            for name in tenant.verified_domains
        ],
    }


def domain_json(tenant: Tenant, name: str) -> dict[str, object]:
    """One row of `/domains`."""
    return {
        "id": name,
        "authenticationType": "Managed",
        "isAdminManaged": True,
        "isDefault": name == tenant.default_domain.lower(),
        "isInitial": name == tenant.initial_domain.lower(),
        "isRoot": True,
        "isVerified": True,
        "supportedServices": list(_SERVICES),
    }


def tenant_json(tenant: PublicTenant) -> dict[str, object]:
    return {
        "tenantId": str(tenant.tenant_id),
        "displayName": tenant.display_name,
        "defaultDomainName": tenant.default_domain,
        "federationBrandName": None,
    }


def group_from_json(row: Mapping[str, Any]) -> Group:
    """A group as an answer of Graph tells it."""
    return Group(
        group_id=GroupId(UUID(row["id"])),
        kind=GroupKind.UNIFIED if "Unified" in (row.get("groupTypes") or ()) else GroupKind.SECURITY,
        display_name=row.get("displayName") or "",
        mail_nickname=row.get("mailNickname") or "",
        mail=row.get("mail"),
        description=row.get("description"),
        visibility=row.get("visibility") or "Private",
        mail_enabled=bool(row.get("mailEnabled")),
        security_enabled=bool(row.get("securityEnabled", True)),
        resource_behavior_options=tuple(row.get("resourceBehaviorOptions") or ()),
        preferred_data_location=row.get("preferredDataLocation"),
        synced=bool(row.get("onPremisesSyncEnabled")),
        created_at=parse_date(row.get("createdDateTime") or "0001-01-01T00:00:00Z"),
    )


def tenant_from_json(row: Mapping[str, Any]) -> PublicTenant:
    return PublicTenant(
        tenant_id=TenantId(UUID(row["tenantId"])),
        display_name=row.get("displayName") or "",
        default_domain=row.get("defaultDomainName") or "",
        domains=(row.get("defaultDomainName") or "",),
    )
