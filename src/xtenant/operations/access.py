"""Who may read and write a site's content.

Apps by their application permissions, users by being owner, member of the site's group, or named by an assignment, alone
or through groups. Administrators get nothing by their role, as at Microsoft. Delegated scopes are not looked at: a user's
token reads what the user may read (our choice).
"""

from __future__ import annotations

from uuid import UUID

from xtenant.domain import content, errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import LockState, Principal, PrincipalKey, PrincipalKind, Role, Site
from xtenant.domain.directory import Group, GroupId, User, UserId
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

ORDER = tuple(Role)


def role_on(uow: UnitOfWork, caller: Caller, site: Site) -> Role | None:
    """The strongest role a caller has on a site; None for none."""
    if caller.kind is CallerKind.APP:
        return _role_of_app(caller)
    if caller.kind is not CallerKind.USER or caller.user_id is None:
        return None
    if site.owner_id == caller.user_id:
        return Role.OWNER
    identities = uow.memberships.groups_of(caller.user_id) | {caller.user_id}
    found = [Role.WRITE] if site.group_id in identities else []
    own = {principal.key for principal in uow.principals.by_directory_ids(identities).values()}
    found += [given.role for given in uow.principals.assignments(site.key) if given.principal in own]
    return max(found, key=ORDER.index, default=None)


def may_read(uow: UnitOfWork, caller: Caller, site: Site) -> bool:
    return role_on(uow, caller, site) is not None


def may_write(uow: UnitOfWork, caller: Caller, site: Site) -> bool:
    return role_on(uow, caller, site) in (Role.WRITE, Role.OWNER)


def may_own(uow: UnitOfWork, caller: Caller, site: Site) -> bool:
    """Whether a caller may change who else has access."""
    return role_on(uow, caller, site) is Role.OWNER


def require_read(uow: UnitOfWork, caller: Caller, site: Site) -> None:
    """Raises SiteMoved for a redirect, AccessDenied, and SiteLocked where the lock state is NoAccess."""
    _require_there(site)
    if not may_read(uow, caller, site):
        raise errors.AccessDenied("Access denied.", remedy="Ask an owner of the site for access.")
    if site.lock_state is LockState.NO_ACCESS:
        raise content.SiteLocked("The site is locked by an administrator.", lock_state=site.lock_state.value)


def require_write(uow: UnitOfWork, caller: Caller, site: Site) -> None:
    """Raises SiteMoved, AccessDenied. Whether the site can be written now is `write_site`'s question."""
    _require_there(site)
    if not may_write(uow, caller, site):
        raise errors.AccessDenied("Access denied.", remedy="Ask an owner of the site for the right to edit.")


def require_owner(uow: UnitOfWork, caller: Caller, site: Site) -> None:
    """Raises SiteMoved, AccessDenied."""
    _require_there(site)
    if not may_own(uow, caller, site):
        raise errors.AccessDenied("Access denied.", remedy="Only owners of the site may change who has access.")


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
    """A group as principal of the content."""
    return Principal(
        key=PrincipalKey(0),
        kind=PrincipalKind.GROUP,
        directory_id=group.group_id,
        name=group.display_name,
        login=f"c:0t.c|tenant|{group.group_id}",
        mail=group.mail,
    )


def _role_of_app(caller: Caller) -> Role | None:
    if caller.permissions & OWNER_PERMISSIONS:
        return Role.OWNER
    if caller.permissions & WRITE_PERMISSIONS:
        return Role.WRITE
    return Role.READ if caller.permissions & READ_PERMISSIONS else None


def _require_there(site: Site) -> None:
    if site.is_redirect:
        raise content.SiteMoved("The site has moved.", redirect_url=site.redirect_url)
