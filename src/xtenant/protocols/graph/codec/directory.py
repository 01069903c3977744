"""Groups, the organization and other tenants as JSON (graph-migrations.md 4.1, 4.4); users are in `codec/users.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.directory import Group, GroupId, GroupKind
from xtenant.domain.tenant import PublicTenant, TenantId
from xtenant.protocols.graph.codec.dates import date_text, parse_date

REFERENCE = re.compile(
    r"(?:https://graph\.microsoft\.com/(?:v1\.0|beta)/)?(?:users|groups|directoryObjects)"
    r"(?:/|\(')(?P<id>[0-9a-fA-F-]{36})(?:'\))?/?",
    re.IGNORECASE,
)


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
    owners: list[str] = msgspec.field(default_factory=list[str], name="owners@odata.bind")
    members: list[str] = msgspec.field(default_factory=list[str], name="members@odata.bind")


class ReferenceBody(_Body):
    """POST …/members/$ref."""

    odata_id: str = msgspec.field(name="@odata.id")


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
        "createdDateTime": date_text(group.created_at),
    }


def member_json(member_id: UUID, kind: str) -> dict[str, object]:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": str(member_id)}


def organization_json(tenant: PublicTenant, initial_domain: str) -> dict[str, object]:
    names = dict.fromkeys((tenant.default_domain, *tenant.domains, initial_domain))
    return {
        "id": str(tenant.tenant_id),
        "displayName": tenant.display_name,
        "verifiedDomains": [
            {
                "name": name,
                "isDefault": name == tenant.default_domain,
                "isInitial": name == initial_domain,
                "capabilities": "Email, OfficeCommunicationsOnline",
                "type": "Managed",
            }
            for name in names
        ],
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
        created_at=parse_date(row.get("createdDateTime") or "0001-01-01T00:00:00Z"),
    )


def tenant_from_json(row: Mapping[str, Any]) -> PublicTenant:
    return PublicTenant(
        tenant_id=TenantId(UUID(row["tenantId"])),
        display_name=row.get("displayName") or "",
        default_domain=row.get("defaultDomainName") or "",
        domains=(row.get("defaultDomainName") or "",),
    )
