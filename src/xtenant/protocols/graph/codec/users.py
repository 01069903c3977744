"""Users and invitations as JSON (graph-migrations.md 4.2). Absent is not null here: null clears, absent leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from xtenant.domain.directory import PROFILE_TEXTS, User, UserId, UserType
from xtenant.domain.licence import Holding
from xtenant.domain.tenant import LOGIN_HOST, TenantId
from xtenant.protocols.graph.codec.dates import date_text, parse_date
from xtenant.protocols.graph.codec.licences import assigned_json, plans_json

Text = str | None | UnsetType

LICENCE_FIELDS = frozenset({"assignedlicenses", "assignedplans", "licenseassignmentstates"})
"""Properties whose values cost a look at the licences."""


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class PasswordProfile(_Body, kw_only=True):
    password: str | UnsetType = UNSET
    force_change_password_next_sign_in: bool | UnsetType | None = UNSET
    force_change_password_next_sign_in_with_mfa: bool | UnsetType | None = UNSET


ExtensionAttributes = dict[str, str | None]


class UserDetails(_Body, kw_only=True):
    """What may be sent when a user is created and when one is changed."""

    mail: Text = UNSET
    usage_location: Text = UNSET
    given_name: Text = UNSET
    surname: Text = UNSET
    job_title: Text = UNSET
    department: Text = UNSET
    company_name: Text = UNSET
    office_location: Text = UNSET
    mobile_phone: Text = UNSET
    employee_id: Text = UNSET
    city: Text = UNSET
    country: Text = UNSET
    preferred_language: Text = UNSET
    preferred_data_location: Text = UNSET
    immutable_id: Text = msgspec.field(default=UNSET, name="onPremisesImmutableId")
    business_phones: list[str] | UnsetType = UNSET
    other_mails: list[str] | UnsetType = UNSET
    extension_attributes: ExtensionAttributes | UnsetType | None = msgspec.field(
        default=UNSET, name="onPremisesExtensionAttributes"
    )


class UserBody(UserDetails, kw_only=True):
    """POST /users."""

    account_enabled: bool
    display_name: str
    mail_nickname: str
    user_principal_name: str
    password_profile: PasswordProfile
    user_type: UserType = UserType.MEMBER


class UserPatch(UserDetails, kw_only=True):
    """PATCH /users/{id}."""

    account_enabled: bool | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    mail_nickname: str | UnsetType = UNSET
    user_principal_name: str | UnsetType = UNSET
    user_type: UserType | UnsetType = UNSET
    password_profile: PasswordProfile | UnsetType | None = UNSET


class EmailAddress(_Body, kw_only=True):
    address: str | None = None
    name: str | None = None


class Recipient(_Body, kw_only=True):
    email_address: EmailAddress | None = None


class MessageInfo(_Body, kw_only=True):
    customized_message_body: str | None = None
    message_language: str | None = None
    cc_recipients: list[Recipient] = msgspec.field(default_factory=list[Recipient])


class Invited(_Body, kw_only=True):
    id: str | None = None


class InvitationBody(_Body, kw_only=True):
    """POST /invitations."""

    invited_user_email_address: str
    invite_redirect_url: str
    invited_user_display_name: str | None = None
    send_invitation_message: bool | None = None
    invited_user_type: UserType | None = None
    invited_user_message_info: MessageInfo | None = None
    reset_redemption: bool | None = None
    invited_user: Invited | None = None


def present(body: msgspec.Struct, names: Iterable[str]) -> dict[str, Any]:
    """The named fields of a body that were sent, lists as tuples."""
    values = ((name, getattr(body, name)) for name in names)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values if value is not UNSET}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


DETAILS = (*PROFILE_TEXTS, "mail", "usage_location", "immutable_id", "business_phones", "other_mails")
_CAMEL = {name: name.split("_")[0] + "".join(map(str.capitalize, name.split("_")[1:])) for name in PROFILE_TEXTS}
_EXTENSIONS = [f"extensionAttribute{number}" for number in range(1, 16)]


def user_json(user: User, holdings: Sequence[Holding] | None = None) -> dict[str, object]:
    """A user with every property; with their licences where `holdings` is given."""
    extensions = dict(user.extension_attributes)
    shown: dict[str, object] = {
        "id": str(user.user_id),
        "userPrincipalName": user.upn,
        "displayName": user.display_name,
        "mail": user.mail,
        "mailNickname": user.mail_nickname,
        "userType": user.user_type.value,
        "accountEnabled": user.account_enabled,
        "usageLocation": user.usage_location,
        "createdDateTime": date_text(user.created_at),
        "deletedDateTime": date_text(user.deleted_at) if user.deleted_at else None,
        **{_CAMEL[name]: getattr(user, name) for name in PROFILE_TEXTS},
        "businessPhones": list(user.business_phones),
        "otherMails": list(user.other_mails),
        "proxyAddresses": list(user.proxy_addresses),
        "onPremisesSyncEnabled": True if user.synced else None,
        "onPremisesImmutableId": user.immutable_id,
        "onPremisesExtensionAttributes": {name: extensions.get(name) for name in _EXTENSIONS},
        "externalUserState": user.external_state.value if user.external_state else None,
        "externalUserStateChangeDateTime": date_text(user.external_state_at) if user.external_state_at else None,
        "creationType": "Invitation" if user.external_state else None,
    }
    if holdings is not None:
        shown["assignedLicenses"] = [assigned_json(holding.licence) for holding in holdings]
        shown["assignedPlans"] = plans_json(holdings)
        shown["licenseAssignmentStates"] = [
            {**assigned_json(holding.licence), "state": "Active", "error": "None", "assignedByGroup": None}
            for holding in holdings
        ]
    return shown


def invitation_json(guest: User, tenant_id: TenantId, body: InvitationBody) -> dict[str, object]:
    """The answer to an invitation. The redeem address has Microsoft's form; in a lab nobody answers there."""
    inner = f"https://invitations.microsoft.com/redeem/?tenant={tenant_id}&user={guest.user_id}&ver=2.0"
    pending = guest.external_state is None or guest.external_state.value == "PendingAcceptance"
    return {
        "id": str(guest.user_id),
        "status": "PendingAcceptance" if pending else "Completed",
        "invitedUserType": guest.user_type.value,
        "invitedUserEmailAddress": guest.mail,
        "invitedUserDisplayName": guest.display_name,
        "inviteRedirectUrl": body.invite_redirect_url,
        "inviteRedeemUrl": f"https://{LOGIN_HOST}/redeem?rd={quote(inner, safe='')}",
        "sendInvitationMessage": bool(body.send_invitation_message),
        "resetRedemption": bool(body.reset_redemption),
        "invitedUser": {"id": str(guest.user_id)},
    }


def user_from_json(row: Mapping[str, Any]) -> User:
    """A user as an answer of Graph tells it. Raises KeyError or ValueError for an answer that is none."""
    extensions: dict[str, Any] = row.get("onPremisesExtensionAttributes") or {}
    texts: dict[str, Any] = {name: row.get(_CAMEL[name]) for name in PROFILE_TEXTS}
    return User(
        user_id=UserId(UUID(row["id"])),
        upn=row["userPrincipalName"],
        display_name=row.get("displayName") or "",
        mail=row.get("mail"),
        mail_nickname=row.get("mailNickname"),
        user_type=UserType(row.get("userType") or "Member"),
        account_enabled=bool(row.get("accountEnabled", True)),
        usage_location=row.get("usageLocation"),
        **texts,
        business_phones=tuple(row.get("businessPhones") or ()),
        other_mails=tuple(row.get("otherMails") or ()),
        proxy_addresses=tuple(row.get("proxyAddresses") or ()),
        extension_attributes=tuple((name, text) for name, text in extensions.items() if isinstance(text, str)),
        immutable_id=row.get("onPremisesImmutableId"),
        synced=bool(row.get("onPremisesSyncEnabled")),
        created_at=parse_date(row.get("createdDateTime") or "0001-01-01T00:00:00Z"),
    )
