"""Users, groups, invitations, the organization and other tenants as JSON (graph-migrations.md 4.1 to 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId, UserType
from xtenant.domain.tenant import PublicTenant, TenantId
from xtenant.protocols.graph.codec.dates import date_text, parse_date

REFERENCE = re.compile(
    r"(?:https://graph\.microsoft\.com/(?:v1\.0|beta)/)?(?:users|groups|directoryObjects)"
    r"(?:/|\(')(?P<id>[0-9a-fA-F-]{36})(?:'\))?/?",
    re.IGNORECASE,
)


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class PasswordProfile(_Body):
    password: str
    force_change_password_next_sign_in: bool | None = None
    force_change_password_next_sign_in_with_mfa: bool | None = None


class UserBody(_Body):
    """POST /users."""

    account_enabled: bool
    display_name: str
    mail_nickname: str
    user_principal_name: str
    password_profile: PasswordProfile
    mail: str | None = None
    usage_location: str | None = None
    user_type: str | None = None


class UserPatch(_Body):
    """PATCH /users/{id}."""

    account_enabled: bool | None = None
    display_name: str | None = None
    mail_nickname: str | None = None
    user_principal_name: str | None = None
    password_profile: PasswordProfile | None = None
    mail: str | None = None
    usage_location: str | None = None


class InvitationBody(_Body):
    """POST /invitations."""

    invited_user_email_address: str
    invite_redirect_url: str
    invited_user_display_name: str | None = None
    send_invitation_message: bool = False
    invited_user_type: str | None = None


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


def user_json(user: User) -> dict[str, object]:
    return {
        "id": str(user.user_id),
        "userPrincipalName": user.upn,
        "displayName": user.display_name,
        "mail": user.mail,
        "mailNickname": user.mail_nickname,
        "userType": user.user_type.value,
        "accountEnabled": user.account_enabled,
        "usageLocation": user.usage_location,
        "createdDateTime": date_text(user.created_at),
    }


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


def invitation_json(guest: User, redirect_url: str) -> dict[str, object]:
    return {
        "id": str(guest.user_id),
        "status": "PendingAcceptance",
        "invitedUserType": guest.user_type.value,
        "invitedUserEmailAddress": guest.mail,
        "invitedUserDisplayName": guest.display_name,
        "inviteRedirectUrl": redirect_url,
        "inviteRedeemUrl": redirect_url,
        "sendInvitationMessage": False,
        "invitedUser": {"id": str(guest.user_id)},
    }


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


def user_from_json(row: Mapping[str, Any]) -> User:
    """A user as an answer of Graph tells it. Raises KeyError or ValueError for an answer that is none."""
    return User(
        user_id=UserId(UUID(row["id"])),
        upn=row["userPrincipalName"],
        display_name=row.get("displayName") or "",
        mail=row.get("mail"),
        mail_nickname=row.get("mailNickname"),
        user_type=UserType(row.get("userType") or "Member"),
        account_enabled=bool(row.get("accountEnabled", True)),
        usage_location=row.get("usageLocation"),
        created_at=parse_date(row.get("createdDateTime") or "0001-01-01T00:00:00Z"),
    )


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
