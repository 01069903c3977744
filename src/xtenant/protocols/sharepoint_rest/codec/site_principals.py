"""Site users, SharePoint groups and role assignments as JSON, and the bodies that change them (content-api.md 4.5)."""

from __future__ import annotations

from typing import Any

import msgspec

from xtenant.domain import errors
from xtenant.domain.content import Principal, PrincipalKind
from xtenant.domain.permissions import Grant, SiteGroupView, SiteUser
from xtenant.protocols.sharepoint_rest.codec import roles
from xtenant.wire.odata import Json

USER, SECURITY_GROUP, SITE_GROUP = 1, 4, 8
"""`PrincipalType`."""
_TYPES = {PrincipalKind.GROUP: SECURITY_GROUP, PrincipalKind.SITE_GROUP: SITE_GROUP}
_USER_CLAIM = "i:0#.f|membership|"
_GUEST = "#ext#@"


def user_json(user: SiteUser) -> dict[str, Json]:
    """`SP.User`."""
    principal = user.principal
    return {
        **_principal_json(principal),
        "Email": principal.mail or "",
        "Expiration": "",
        "IsEmailAuthenticationGuestUser": False,
        "IsShareByEmailGuestUser": _GUEST in principal.login.lower(),
        "IsSiteAdmin": user.is_admin,
        "UserPrincipalName": _upn_of(principal),
    }


def group_json(view: SiteGroupView, *, with_users: bool) -> dict[str, Json]:
    """`SP.Group`; a group's login name is its title."""
    group = view.group
    row: dict[str, Json] = {
        "Id": group.principal,
        "IsHiddenInUI": False,
        "LoginName": group.title,
        "Title": group.title,
        "PrincipalType": SITE_GROUP,
        "AllowMembersEditMembership": False,
        "AllowRequestToJoinLeave": False,
        "AutoAcceptRequestToJoinLeave": False,
        "Description": group.description,
        "OnlyAllowMembersViewMembership": True,
    }
    return {**row, "Users": [user_json(member) for member in view.members]} if with_users else row


def assignment_json(grant: Grant) -> dict[str, Json]:
    """`SP.RoleAssignment` with its member and role; members of the site's own group have Edit, as at Microsoft."""
    shown = roles.SHOWN[grant.role]
    definition = roles.EDIT if grant.through_group and shown is roles.CONTRIBUTE else shown
    principal = grant.principal
    member = _principal_json(principal)
    if principal.kind is not PrincipalKind.SITE_GROUP:
        member |= {"Email": principal.mail or "", "UserPrincipalName": _upn_of(principal)}
    return {
        "PrincipalId": principal.key,
        "Member": member,
        "RoleDefinitionBindings": [roles.definition_json(definition)],
    }


def _principal_json(principal: Principal) -> dict[str, Json]:
    return {
        "Id": principal.key,
        "IsHiddenInUI": False,
        "LoginName": principal.login,
        "Title": principal.name,
        "PrincipalType": _TYPES.get(principal.kind, USER),
    }


def _upn_of(principal: Principal) -> str | None:
    if principal.kind is PrincipalKind.USER and principal.login.lower().startswith(_USER_CLAIM):
        return principal.login[len(_USER_CLAIM) :]
    return None


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    metadata: dict[str, Any] | None = msgspec.field(default=None, name="__metadata")


class EnsureUserBody(_Body):
    logonName: str


class LoginBody(_Body):
    """A user put into a group; clients send `loginName` or `LoginName`."""

    loginName: str | None = None
    LoginName: str | None = None

    @property
    def name(self) -> str:
        found = self.LoginName or self.loginName
        if not found:
            raise errors.UsageError("Name the user: LoginName.")
        return found


class SiteGroupBody(_Body):
    Title: str
    Description: str = ""


class SiteUserPatch(_Body):
    IsSiteAdmin: bool
