"""Accounts and groups as pre-creation makes and finds them, many in a batch (graph-migrations.md 4.2 to 4.4, R-4.15 to R-4.19).

What is made here carries a mark, so that it is known again when nothing else is left of the run that made it: a person in
`onPremisesExtensionAttributes`, which Graph takes in the very call that creates the account and which cloud accounts do not
use otherwise; a group in its description. Both are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.protocols.graph.call.answers import BASE, Row
from xtenant.protocols.graph.call.batch import Part

MARK = "xtenant:people"
MARK_ATTRIBUTE = "extensionAttribute15"
MOST_BOUND = 20
"""Members a single change of a group may bring (graph-migrations.md 4.4)."""

ON_DEMAND = "ProvisionSiteOnDemand"
INVITE_REDIRECT = "https://myapps.microsoft.com/"
_USER_FIELDS = (
    "id,userPrincipalName,displayName,mail,userType,accountEnabled,usageLocation,assignedLicenses,"
    "onPremisesExtensionAttributes"
)
_GROUP_FIELDS = "id,displayName,mailNickname,description,groupTypes,visibility,securityEnabled,mailEnabled"

T = TypeVar("T")


class _Told(msgspec.Struct, rename="camel", kw_only=True):
    """An answer of which unknown members are left aside."""


class _Licence(_Told):
    sku_id: UUID


class Account(_Told):
    """A person of the target as pre-creation sees them."""

    id: UUID
    user_principal_name: str
    display_name: str | None = None
    mail: str | None = None
    user_type: str | None = None
    account_enabled: bool | None = None
    usage_location: str | None = None
    assigned_licenses: list[_Licence] = msgspec.field(default_factory=list[_Licence])
    on_premises_extension_attributes: dict[str, str | None] | None = None

    @property
    def is_guest(self) -> bool:
        return self.user_type == "Guest"

    @property
    def is_marked(self) -> bool:
        return (self.on_premises_extension_attributes or {}).get(MARK_ATTRIBUTE) == MARK

    @property
    def skus(self) -> frozenset[UUID]:
        return frozenset(licence.sku_id for licence in self.assigned_licenses)


class GroupFound(_Told):
    """A group of the target as pre-creation sees it."""

    id: UUID
    display_name: str | None = None
    mail_nickname: str | None = None
    description: str | None = None
    group_types: list[str] = msgspec.field(default_factory=list[str])
    visibility: str | None = None

    @property
    def is_unified(self) -> bool:
        return "Unified" in self.group_types

    @property
    def is_marked(self) -> bool:
        return MARK in (self.description or "")


class _Created(_Told):
    id: UUID


class _Invited(_Told):
    invited_user: _Created


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """A member account to be made."""

    upn: str
    display_name: str
    usage_location: str
    enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """A group to be made; a Microsoft 365 group gets no site at once (R-4.17, R-4.18)."""

    unified: bool
    display_name: str
    alias: str
    visibility: str = "Private"
    owners: Sequence[UUID] = field(default=())


def account_by_upn(upn: str) -> Part:
    """Also by object id. 404 for nobody."""
    return Part(url=f"/users/{quote(upn, safe='@')}?$select={_USER_FIELDS}")


def accounts_by_mail(mail: str) -> Part:
    return Part(url=f"/users?$filter={quote(f'mail eq {_literal(mail)}')}&$select={_USER_FIELDS}")


def groups_by_alias(alias: str) -> Part:
    return Part(url=f"/groups?$filter={quote(f'mailNickname eq {_literal(alias)}')}&$select={_GROUP_FIELDS}")


def group_by_id(group_id: str) -> Part:
    return Part(url=f"/groups/{quote(group_id, safe='')}?$select={_GROUP_FIELDS}")


def create_account(new: NewAccount, password: str) -> Part:
    """The password goes along once and is kept nowhere."""
    body = {
        "accountEnabled": new.enabled,
        "displayName": new.display_name,
        "mailNickname": new.upn.partition("@")[0],
        "userPrincipalName": new.upn,
        "usageLocation": new.usage_location,
        "passwordProfile": {"password": password, "forceChangePasswordNextSignIn": True},
        "onPremisesExtensionAttributes": {MARK_ATTRIBUTE: MARK},
    }
    return Part(method="POST", url="/users", body=body)


def invite(mail: str, display_name: str) -> Part:
    """No mail is sent: the administrator tells people when their content has moved."""
    body: dict[str, object] = {
        "invitedUserEmailAddress": mail,
        "inviteRedirectUrl": INVITE_REDIRECT,
        "sendInvitationMessage": False,
    }
    if display_name:
        body["invitedUserDisplayName"] = display_name
    return Part(method="POST", url="/invitations", body=body)


def create_group(new: NewGroup, *, mail_enabled: bool = False) -> Part:
    """For the beta version: Graph's v1.0 does not know the prescribed form of R-4.17 (settled C 5)."""
    body: dict[str, object] = {
        "displayName": new.display_name,
        "mailNickname": new.alias,
        "description": f"Made for a move between tenants ({MARK})",
        "mailEnabled": mail_enabled,
        "securityEnabled": True,
    }
    if new.unified:
        body |= {
            "groupTypes": ["Unified"],
            "resourceBehaviorOptions": [ON_DEMAND],
            "visibility": new.visibility,
        }
    if new.owners:
        body["owners@odata.bind"] = [f"{BASE}/users/{owner}" for owner in new.owners]
    return Part(method="POST", url="/groups", body=body)


def bind_members(group_id: UUID, members: Sequence[UUID]) -> Part:
    """At most MOST_BOUND at once; refused as a whole when one is a member already."""
    body = {"members@odata.bind": [_reference(member) for member in members]}
    return Part(method="PATCH", url=f"/groups/{group_id}", body=body)


def add_to_group(group_id: UUID, member: UUID, *, owner: bool) -> Part:
    noun = "owners" if owner else "members"
    return Part(method="POST", url=f"/groups/{group_id}/{noun}/$ref", body={"@odata.id": _reference(member)})


def enable(user_id: UUID) -> Part:
    return Part(method="PATCH", url=f"/users/{user_id}", body={"accountEnabled": True})


def assign_licence(user_id: UUID, sku_id: UUID) -> Part:
    body: dict[str, list[dict[str, object]]] = {
        "addLicenses": [{"skuId": str(sku_id), "disabledPlans": []}],
        "removeLicenses": [],
    }
    return Part(method="POST", url=f"/users/{user_id}/assignLicense", body=body)


def account_from(row: Row) -> Account:
    """Raises NetworkError for a row that is no user."""
    return _read(row, Account)


def rows_of(row: Row) -> Sequence[Mapping[str, Any]]:
    """The rows of a list answer."""
    return row.get("value") or ()


def group_from(row: Row) -> GroupFound:
    return _read(row, GroupFound)


def created_id(row: Row) -> UUID:
    """The object id of what was made, in an answer to a creation."""
    return _read(row, _Created).id


def invited_id(row: Row) -> UUID:
    return _read(row, _Invited).invited_user.id


def _read(row: Row, kind: type[T]) -> T:
    try:
        return msgspec.convert(row, kind, strict=False)
    except msgspec.ValidationError as error:
        raise errors.NetworkError(f"{GRAPH_HOST} answered in another form: {error}.") from error


def _reference(object_id: UUID) -> str:
    return f"{BASE}/directoryObjects/{object_id}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
