"""SharePoint groups of a site: list, make, change who is in them, remove (`content-api.md` 4.5).

Who may read the root web sees which groups there are; who is in a group is told to its members and to who has full control
of the web, as at Microsoft by default.
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain import errors, paths
from xtenant.domain.caller import Caller
from xtenant.domain.content import Principal, PrincipalKey, PrincipalKind, Role
from xtenant.domain.permissions import SiteGroup, SiteGroupView, SiteUser
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access
from xtenant.operations.access import Standing
from xtenant.operations.site_users import principal_of_login
from xtenant.operations.webs import entered_web

FORBIDDEN = frozenset("\"/\\[]:|<>+=;,?*'@")
DESCRIPTION = 512


def list_site_groups(units: Units, caller: Caller, *, url: str, with_users: bool) -> Sequence[SiteGroupView]:
    """All groups by title. Raises AccessDenied, also where the members of one may not be told."""
    with units.read() as uow:
        standing = _reader(uow, caller, url)
        return _views(uow, standing, uow.site_groups.of_site(standing.site.key), with_users=with_users)


def find_site_group(units: Units, caller: Caller, *, url: str, number: int, with_users: bool) -> SiteGroupView:
    """Raises NotFound, AccessDenied."""
    with units.read() as uow:
        standing = _reader(uow, caller, url)
        return _views(uow, standing, [_group(uow, standing, number)], with_users=with_users)[0]


def create_site_group(
    units: Units, caller: Caller, *, url: str, title: str, description: str, clock: Clock, ids: IdSource
) -> SiteGroupView:
    """A group without members and rights. Raises NameTaken, UsageError for a title that is none, AccessDenied."""
    with units.write() as uow:
        standing = _manager(uow, caller, url)
        title = _checked(title, description)
        writer = uow.write_site(standing.site.key, now=clock.business_now())
        guid = ids.new_id()
        principal = Principal(
            key=PrincipalKey(0), kind=PrincipalKind.SITE_GROUP, directory_id=guid, name=title, login=title
        )
        key = uow.principals.ensure([principal])[guid]
        group = SiteGroup(site_key=standing.site.key, principal=key, title=title, description=description)
        writer.put_site_group(group)
        return SiteGroupView(group=group)


def add_member(units: Units, caller: Caller, *, url: str, number: int, login: str, clock: Clock) -> SiteUser:
    """Put a user or directory group into a group. Again: nothing. Raises NotFound, AccessDenied."""
    with units.write() as uow:
        standing = _manager(uow, caller, url)
        group = _group(uow, standing, number)
        principal = principal_of_login(uow, login)
        key = uow.principals.ensure([principal])[principal.directory_id]
        writer = uow.write_site(standing.site.key, now=clock.business_now())
        writer.add_site_group_member(group.principal, key)
        user = uow.site_groups.user(standing.site.key, key)
        assert user is not None
        return user


def remove_member(units: Units, caller: Caller, *, url: str, number: int, member: int, clock: Clock) -> None:
    """Raises NotFound for who is not in it, AccessDenied."""
    with units.write() as uow:
        standing = _manager(uow, caller, url)
        group = _group(uow, standing, number)
        inside = uow.site_groups.members(standing.site.key, [group.principal])
        if PrincipalKey(member) not in {row.member for row in inside}:
            raise errors.NotFound("User cannot be found.", remedy="The group has no such member.")
        writer = uow.write_site(standing.site.key, now=clock.business_now())
        writer.remove_site_group_member(group.principal, PrincipalKey(member))


def remove_site_group(units: Units, caller: Caller, *, url: str, number: int, clock: Clock) -> None:
    """With every right it has. Raises NotFound, AccessDenied."""
    with units.write() as uow:
        standing = _manager(uow, caller, url)
        group = _group(uow, standing, number)
        uow.write_site(standing.site.key, now=clock.business_now()).remove_site_group(group.principal)


def _checked(title: str, description: str) -> str:
    title = title.strip()
    if not title or len(title) > paths.NAME_LENGTH or FORBIDDEN & set(title) or len(description) > DESCRIPTION:
        raise errors.UsageError(f"A group's title has 1 to 255 characters, none of them {' '.join(sorted(FORBIDDEN))}.")
    return title


def _reader(uow: UnitOfWork, caller: Caller, url: str) -> Standing:
    standing = entered_web(uow, caller, url)
    access.require_web(standing, Role.READ)
    return standing


def _manager(uow: UnitOfWork, caller: Caller, url: str) -> Standing:
    standing = entered_web(uow, caller, url)
    access.require_web(standing, Role.OWNER)
    return standing


def _group(uow: UnitOfWork, standing: Standing, number: int) -> SiteGroup:
    group = uow.site_groups.by_key(standing.site.key, PrincipalKey(number))
    if group is None:
        raise errors.NotFound("Group cannot be found.", remedy="Check the group's number in the site.")
    return group


def _views(
    uow: UnitOfWork, standing: Standing, groups: Sequence[SiteGroup], *, with_users: bool
) -> Sequence[SiteGroupView]:
    if not with_users:
        return [SiteGroupView(group=group) for group in groups]
    inside: dict[PrincipalKey, list[PrincipalKey]] = {group.principal: [] for group in groups}
    for row in uow.site_groups.members(standing.site.key, inside):
        inside[row.group].append(row.member)
    people = uow.principals.by_keys({key for keys in inside.values() for key in keys})
    _require_told(standing, inside, people)
    admins = uow.site_groups.admins(standing.site.key)
    return [
        SiteGroupView(
            group=group,
            members=[SiteUser(principal=people[key], is_admin=key in admins) for key in inside[group.principal]],
        )
        for group in groups
    ]


def _require_told(
    standing: Standing, inside: dict[PrincipalKey, list[PrincipalKey]], people: dict[PrincipalKey, Principal]
) -> None:
    """Raises AccessDenied where somebody without full control asks about a group without being in it."""
    if standing.on_web is Role.OWNER:
        return
    for keys in inside.values():
        if not any(people[key].directory_id in standing.identities for key in keys):
            raise errors.AccessDenied("Access denied.", remedy="Members of a group are told to its members only.")
