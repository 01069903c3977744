"""Reads who may do what in a site over REST: every object with permissions of its own, SharePoint groups, administrators.

People and groups of the directory are named by the last part of their login, in lower case: a UPN, or a group's object id;
SharePoint groups by `SITE_GROUP` and their title. Rights are role names, the strongest where somebody has several.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from xtenant.protocols.sharepoint_rest.call import lists, role_assignments, site_users
from xtenant.protocols.sharepoint_rest.call.role_assignments import Assignee, RoleAssignment
from xtenant.protocols.sharepoint_rest.call.site_users import SiteUser
from xtenant.wire.transport import Session

SITE_GROUP = "group "
LIMITED_ACCESS = 1073741825
"""What SharePoint gives by itself on the way to something deeper (content-api.md 4.5): no right of anybody's."""

_STRENGTH = ("Read", "Contribute", "Edit", "Design", "Full Control")

Rights = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionFacts:
    """Scopes by path below the web (empty: the web) with role names by principal; groups by title with their members."""

    scopes: Mapping[str, Rights]
    groups: Mapping[str, frozenset[str]]
    admins: frozenset[str]

    @property
    def rights(self) -> int:
        """How many rights are given in all."""
        return sum(map(len, self.scopes.values()))


def strongest(roles: Iterable[str]) -> str:
    """The strongest of some role names; one of a tenant's own making counts above all that are known, so that no difference
    hides behind it."""
    return max(sorted(roles), key=lambda role: _STRENGTH.index(role) if role in _STRENGTH else len(_STRENGTH))


async def crawl_permissions(session: Session, site_url: str) -> PermissionFacts:
    """Everything of one site collection's root web. Raises NetworkError, NotFound, AccessDenied: nothing is left out
    silently."""
    scopes = {path: rights_of(given) async for path, given in _scopes(session, site_url)}
    groups = {
        group.Title: frozenset(map(principal_name, group.Users))
        async for group in site_users.site_groups(session, site_url)
    }
    admins = [principal_name(user) async for user in site_users.site_users(session, site_url) if user.IsSiteAdmin]
    return PermissionFacts(scopes=scopes, groups=groups, admins=frozenset(admins))


async def _scopes(session: Session, site_url: str) -> AsyncIterator[tuple[str, Sequence[RoleAssignment]]]:
    yield "", await role_assignments.of_web(session, site_url)
    async for found in lists.lists_of(session, site_url):
        if found.Hidden:
            continue
        if found.HasUniqueRoleAssignments:
            given = await role_assignments.of_list(session, site_url, found.Id)
            yield below_web(site_url, found.RootFolder.ServerRelativeUrl), given
        async for item in lists.items_of(session, site_url, found.Id):
            if item.HasUniqueRoleAssignments:
                given = await role_assignments.of_item(session, site_url, found.Id, item.Id)
                yield below_web(site_url, item.FileRef), given


def rights_of(given: Sequence[RoleAssignment]) -> Rights:
    """The role of each principal, the strongest; limited access is none."""
    rights: dict[str, str] = {}
    for row in given:
        roles = [role.Name for role in row.RoleDefinitionBindings if role.Id != LIMITED_ACCESS]
        if roles:
            rights[principal_name(row.Member)] = strongest(roles)
    return rights


def principal_name(principal: Assignee | SiteUser) -> str:
    """A UPN or object id in lower case, or a SharePoint group's title behind `SITE_GROUP`."""
    if principal.PrincipalType == site_users.SITE_GROUP:
        return SITE_GROUP + (principal.Title or principal.LoginName)
    return principal.LoginName.rpartition("|")[2].lower()


def below_web(site_url: str, server_relative: str) -> str:
    """A path from the host on as one below a web, without slashes at its ends."""
    web = unquote(urlsplit(site_url).path).strip("/")
    path = server_relative.strip("/")
    return path[len(web) :].strip("/") if path.lower().startswith(web.lower()) else path
