"""Permissions inside a site: scopes, SharePoint groups, site users and administrators, and what some identities may do.

A scope is an object with role assignments of its own: the root web always, a library, folder or file after it has broken
with what is above it. Everything else is under the nearest scope above it. Users and SharePoint groups of a site share one
row of ids, as in SharePoint's user information list; here these are the keys of their principals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.content import ItemId, Principal, PrincipalKey, Role, SiteKey

ROLE_ORDER = tuple(Role)
"""Weakest first."""


class InheritsPermissions(errors.Refused):
    """A right was to be given or taken on an object without permissions of its own."""

    code = "inheritsPermissions"
    remedy = "Break the inheritance of the object first (breakroleinheritance), or change the object it inherits from."


class TooManyScopes(errors.Refused):
    """The site holds as many objects with permissions of their own as one may have."""

    code = "tooManyScopes"
    remedy = "Give the right on a folder or library, or reset the inheritance of objects that no longer need their own."


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGroup:
    """A SharePoint group: it lives in one site, its members are users and directory groups. Titles are unique there."""

    site_key: SiteKey
    principal: PrincipalKey
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGroupMember:
    group: PrincipalKey
    member: PrincipalKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUser:
    """A user or directory group a site knows: given a right, put into a group, made administrator, author of something."""

    principal: Principal
    is_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRights:
    """What some identities may do on a site, before any item is looked at.

    `web` is the strongest role on the root web; `unique` tells whether the site has other scopes at all; `below` whether
    one of these that is not deleted gives them a role.
    """

    admin: bool = False
    web: Role | None = None
    unique: bool = False
    below: bool = False


NO_RIGHTS = SiteRights()


def stronger(one: Role | None, other: Role | None) -> Role | None:
    """The stronger of two roles."""
    found = [role for role in (one, other) if role is not None]
    return max(found, key=ROLE_ORDER.index, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Securable:
    """Names an object that may be a scope as SharePoint does: the web, a list by id, title or path, an item by its number
    there, a file or folder by its path. Paths are decoded and server-relative (`/sites/x/Lists/Tasks`)."""

    list_id: ItemId | None = None
    list_title: str | None = None
    item_number: int | None = None
    list_path: str | None = None
    item_path: str | None = None

    @property
    def is_web(self) -> bool:
        return self.list_id is None and self.list_title is None and self.list_path is None and self.item_path is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Somebody's role on a scope, with who it is. `through_group` marks the right that members of the site's own group have
    without being named."""

    principal: Principal
    role: Role
    through_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGroupView:
    """A SharePoint group with its members, where they were asked for."""

    group: SiteGroup
    members: Sequence[SiteUser] = ()
