"""Who may read and write a site's content.

Apps by their application permissions; a site's owner, its administrators and the owners of its group on everything; anybody
else by the assignments on the nearest scope above an item, for the own id, the groups one is in, and the SharePoint groups
that hold any of these. Members of the site's group may write in the root web. Tenant administrators get nothing by their
role, as at Microsoft. Delegated scopes are not looked at: a user's token reads what the user may read (our choice).

Who may read something below may enter what is above it (limited access): walk through it and list of it what may be read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import content, errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import (
    WEB,
    Item,
    ItemKey,
    LockState,
    Principal,
    PrincipalKey,
    PrincipalKind,
    Role,
    Site,
    SiteKey,
)
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.permissions import NO_RIGHTS, ROLE_ORDER, SiteRights, stronger
from xtenant.domain.ports.units import UnitOfWork

READ_PERMISSIONS = frozenset({"Sites.Read.All", "Files.Read.All"})
WRITE_PERMISSIONS = frozenset({"Sites.ReadWrite.All", "Sites.Manage.All", "Files.ReadWrite.All"})
OWNER_PERMISSIONS = frozenset({"Sites.FullControl.All"})

SHAREPOINT_APP = Principal(
    key=PrincipalKey(0),
    kind=PrincipalKind.SYSTEM,
    directory_id=UUID("00000003-0000-0ff1-ce00-000000000000"),
    name="SharePoint App",
    login="app@sharepoint",
)
"""Stands as author of what an app writes, as at Microsoft."""

GROUP_MEMBERS = Role.WRITE
"""What members of a Microsoft 365 group may do in the root web of its site ('Edit' at Microsoft)."""

SECURITY_CLAIM = "c:0t.c|tenant"
UNIFIED_CLAIM = "c:0o.c|federateddirectoryclaimprovider"

ASK = "Ask an owner of the site for access."
ASK_TO_EDIT = "Ask an owner of the site for the right to edit."
OWNERS_ONLY = "Only owners may change or see who has access."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a caller stands on a site: the same role on everything (`everywhere`: owners, administrators, apps), or roles by
    scope (`rights`, with the membership of the site's own group counted in) for the caller's `identities`."""

    site: Site
    everywhere: Role | None = None
    identities: frozenset[UUID] = frozenset()
    rights: SiteRights = NO_RIGHTS

    @property
    def enters(self) -> bool:
        """Whether anything in the site may be read; then the site itself and the way there may be walked."""
        return self.everywhere is not None or self.rights.web is not None or self.rights.below

    @property
    def on_web(self) -> Role | None:
        """The role on the root web and on all that inherits from it."""
        return self.everywhere or self.rights.web

    @property
    def may_write(self) -> bool:
        """False where nothing can be written here for sure; where something has permissions of its own, items decide."""
        return self.on_web in (Role.WRITE, Role.OWNER) or (self.everywhere is None and self.rights.unique)


def standing_of(uow: UnitOfWork, caller: Caller, site: Site) -> Standing:
    """How a caller stands on one site."""
    return standings_of(uow, caller, [site])[site.key]


def standings_of(uow: UnitOfWork, caller: Caller, sites: Sequence[Site]) -> dict[SiteKey, Standing]:
    """How a caller stands on many sites, in a fixed number of queries."""
    if caller.kind is CallerKind.APP:
        role = _role_of_app(caller)
        return {site.key: Standing(site=site, everywhere=role) for site in sites}
    if caller.kind is not CallerKind.USER or caller.user_id is None:
        return {site.key: Standing(site=site) for site in sites}
    return _standings_of_user(uow, caller.user_id, sites)


def _standings_of_user(uow: UnitOfWork, user_id: UUID, sites: Sequence[Site]) -> dict[SiteKey, Standing]:
    owned = {site.key for site in sites if site.owner_id == user_id}
    found = {site.key: Standing(site=site, everywhere=Role.OWNER) for site in sites if site.key in owned}
    others = [site for site in sites if site.key not in owned]
    if not others:
        return found
    identities = uow.memberships.groups_of(user_id) | {user_id}
    rights = uow.scopes.rights([site.key for site in others], identities)
    groups = uow.memberships.owned_by(user_id) if any(site.group_id for site in others) else frozenset[UUID]()
    for site in others:
        here = rights[site.key]
        if here.admin or site.group_id in groups:
            found[site.key] = Standing(site=site, everywhere=Role.OWNER)
            continue
        if site.group_id in identities:
            here = dataclasses.replace(here, web=stronger(here.web, GROUP_MEMBERS))
        found[site.key] = Standing(site=site, identities=identities, rights=here)
    return found


def standing_of_author(uow: UnitOfWork, author: PrincipalKey, site: Site) -> Standing:
    """How whoever writes under a principal stands on a site now; an app keeps the right it had when it began."""
    principal = uow.principals.by_keys([author]).get(author)
    if principal is None or principal.kind is not PrincipalKind.USER:
        return Standing(site=site, everywhere=Role.WRITE)
    return standing_of(uow, Caller(kind=CallerKind.USER, user_id=principal.directory_id), site)


def roles_on(uow: UnitOfWork, standing: Standing, items: Sequence[Item]) -> dict[ItemKey, Role | None]:
    """The role on each of some items of the site: two queries for all, none where nothing has permissions of its own."""
    if standing.everywhere is not None or not standing.rights.unique or not items:
        return {item.key: standing.on_web for item in items}
    nearest = uow.scopes.nearest(items)
    apart = {scope for scope in nearest.values() if scope != WEB}
    given: dict[ItemKey, Role | None] = {WEB: standing.rights.web}
    if apart:
        given |= uow.scopes.roles(standing.site.key, apart, standing.identities)
    return {item.key: given.get(nearest[item.key]) for item in items}


def role_on(uow: UnitOfWork, standing: Standing, item: Item) -> Role | None:
    """The role on one item."""
    return roles_on(uow, standing, [item])[item.key]


def readable(uow: UnitOfWork, standing: Standing, items: Sequence[Item]) -> Sequence[Item]:
    """Those of some items that may be read, in their order."""
    roles = roles_on(uow, standing, items)
    return [item for item in items if roles[item.key] is not None]


def enterable(uow: UnitOfWork, standing: Standing, items: Sequence[Item]) -> Sequence[Item]:
    """Those of some libraries or folders that may be read or hold something that may (limited access)."""
    roles = roles_on(uow, standing, items)
    if all(roles.values()) or not standing.rights.below:
        return [item for item in items if roles[item.key] is not None]
    above = uow.scopes.above(standing.site.key, standing.identities)
    return [item for item in items if roles[item.key] is not None or item.key in above]


def require_site(standing: Standing) -> None:
    """Raises SiteMoved for a redirect, AccessDenied, and SiteLocked where the lock state is NoAccess."""
    require_there(standing.site)
    if not standing.enters:
        raise errors.AccessDenied("Access denied.", remedy=ASK)
    if standing.site.lock_state is LockState.NO_ACCESS:
        raise content.SiteLocked("The site is locked by an administrator.", lock_state=standing.site.lock_state.value)


def require_web(standing: Standing, wanted: Role) -> None:
    """Raises AccessDenied where the role on the root web is weaker."""
    _require(standing.on_web, wanted)


def require_entry(uow: UnitOfWork, standing: Standing, item: Item) -> None:
    """Raises AccessDenied for a library or folder that may not even be walked through."""
    if not enterable(uow, standing, [item]):
        raise errors.AccessDenied("Access denied.", remedy=ASK)


def require_item(uow: UnitOfWork, standing: Standing, item: Item, wanted: Role) -> None:
    """Raises AccessDenied where the role on the item is weaker. Whether the site can be written now is `write_site`'s
    question."""
    _require(role_on(uow, standing, item), wanted)


def require_writer(standing: Standing) -> None:
    """Raises AccessDenied for somebody who can write nothing in the site for sure."""
    if not standing.may_write:
        raise errors.AccessDenied("Access denied.", remedy=ASK_TO_EDIT)


def require_tree(uow: UnitOfWork, standing: Standing, item: Item, wanted: Role) -> None:
    """The same for an item and for everything below it that has permissions of its own."""
    require_item(uow, standing, item, wanted)
    if standing.everywhere is None and standing.rights.unique:
        below = uow.scopes.below(item)
        given = uow.scopes.roles(standing.site.key, below, standing.identities)
        for scope in below:
            _require(given.get(scope), wanted)


def _require(role: Role | None, wanted: Role) -> None:
    if role is None or ROLE_ORDER.index(role) < ROLE_ORDER.index(wanted):
        remedy = {Role.READ: ASK, Role.WRITE: ASK_TO_EDIT, Role.OWNER: OWNERS_ONLY}[wanted]
        raise errors.AccessDenied("Access denied.", remedy=remedy)


def author_of(uow: UnitOfWork, caller: Caller) -> PrincipalKey:
    """The principal that stands as author and editor of what a caller writes."""
    principal = SHAREPOINT_APP
    if caller.kind is CallerKind.USER and caller.user_id is not None:
        principal = principal_of_user(uow, caller.user_id)
    return uow.principals.ensure([principal])[principal.directory_id]


def principal_of_user(uow: UnitOfWork, user_id: UUID) -> Principal:
    """A directory user as principal, under the id alone when the account is gone."""
    user = uow.users.by_ids([UserId(user_id)]).get(UserId(user_id))
    if user is not None:
        return user_as_principal(user)
    return Principal(
        key=PrincipalKey(0),
        kind=PrincipalKind.USER,
        directory_id=user_id,
        name=str(user_id),
        login=f"i:0#.f|membership|{user_id}",
    )


def user_as_principal(user: User) -> Principal:
    """A user as principal of the content."""
    return Principal(
        key=PrincipalKey(0),
        kind=PrincipalKind.USER,
        directory_id=user.user_id,
        name=user.display_name,
        login=f"i:0#.f|membership|{user.upn}",
        mail=user.mail,
    )


def principal_of_group(uow: UnitOfWork, group_id: UUID) -> Principal:
    """A directory group as principal. Raises NotFound."""
    group = uow.groups.by_id(GroupId(group_id))
    if group is None:
        raise errors.NotFound("There is no such group.")
    return group_as_principal(group)


def group_as_principal(group: Group) -> Principal:
    """A group as principal of the content, under the claim that SharePoint knows it by (spo-admin.md, content-api.md)."""
    claims = UNIFIED_CLAIM if group.kind is GroupKind.UNIFIED else SECURITY_CLAIM
    return Principal(
        key=PrincipalKey(0),
        kind=PrincipalKind.GROUP,
        directory_id=group.group_id,
        name=group.display_name,
        login=f"{claims}|{group.group_id}",
        mail=group.mail,
    )


def _role_of_app(caller: Caller) -> Role | None:
    if caller.permissions & OWNER_PERMISSIONS:
        return Role.OWNER
    if caller.permissions & WRITE_PERMISSIONS:
        return Role.WRITE
    return Role.READ if caller.permissions & READ_PERMISSIONS else None


def require_there(site: Site) -> None:
    """Raises SiteMoved for a redirect."""
    if site.is_redirect:
        raise content.SiteMoved("The site has moved.", redirect_url=site.redirect_url)
