"""Users of a site, who of them administers it, and how a site comes to know somebody (`content-api.md` 4.5).

The site's owner and the owners of its Microsoft 365 group are administrators without being named; the latter are shown as
one claim, as at Microsoft.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.content import Principal, PrincipalKey, PrincipalKind, Role, Site
from xtenant.domain.directory import GroupId
from xtenant.domain.permissions import SiteUser
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.site import NoSuchSite
from xtenant.operations import access
from xtenant.operations.access import Standing
from xtenant.operations.permissions import principal_named
from xtenant.operations.webs import entered_web

USER_CLAIM = "i:0#.f|membership|"
OWNERS_CLAIM = "_o"
PAGE = 1_000
OWNERS_NUMBER = PrincipalKey(1_073_741_822)
"""The number of the claim of a group's owners in its site: just below the one of SharePoint's system account."""


def list_site_users(
    units: Units, caller: Caller, *, url: str, after: int, limit: int
) -> tuple[Sequence[SiteUser], int | None]:
    """Users and directory groups the site knows, by number, with where to go on; the last page ends with those who
    administer it without being known. Raises AccessDenied for who may not read the root web.
    """
    with units.read() as uow:
        standing = _reader(uow, caller, url)
        site = standing.site
        found = [_shown(site, user) for user in uow.site_groups.users(site.key, after=PrincipalKey(after), limit=limit)]
        if len(found) == limit:
            return found, found[-1].principal.key
        return [*found, *_unnamed(uow, site)], None


def find_site_user(units: Units, caller: Caller, *, url: str, number: int) -> SiteUser:
    """Raises NotFound, AccessDenied."""
    with units.read() as uow:
        standing = _reader(uow, caller, url)
        return _user(uow, standing.site, number)


def ensure_user(units: Units, caller: Caller, *, url: str, login: str, clock: Clock) -> SiteUser:
    """Make the site know a user or directory group by login name, UPN or mail. Gives no right.

    Raises NotFound for an unknown one, AccessDenied for who can write nothing in the site.
    """
    with units.write() as uow:
        standing = entered_web(uow, caller, url)
        access.require_writer(standing)
        principal = principal_of_login(uow, login)
        key = uow.principals.ensure([principal])[principal.directory_id]
        known = uow.site_groups.user(standing.site.key, key)
        if known is None:
            uow.write_site(standing.site.key, now=clock.business_now()).put_site_user(key)
        return _user(uow, standing.site, key)


def set_site_admin(units: Units, caller: Caller, *, url: str, number: int, on: bool, clock: Clock) -> None:
    """Make somebody administrator of the site, or no more. Only administrators may.

    Raises NotFound, AccessDenied, Refused for the owner and the group's owners, who are it without being named.
    """
    with units.write() as uow:
        standing = entered_web(uow, caller, url)
        if standing.everywhere is not Role.OWNER:
            raise errors.AccessDenied("Access denied.", remedy="Only administrators of the site may name others.")
        user = _user(uow, standing.site, number)
        if user.principal.key == OWNERS_NUMBER or user.principal.directory_id == standing.site.owner_id:
            if on:
                return
            raise errors.Refused("The owner of a site is its administrator.", remedy="Change the owner first.")
        uow.write_site(standing.site.key, now=clock.business_now()).set_site_admin(user.principal.key, on)


def remove_site_user(units: Units, caller: Caller, *, url: str, who: int | str, clock: Clock) -> None:
    """Make the site forget somebody, by number or login name, with every right in it. Only administrators may.

    Raises NotFound, AccessDenied, Refused for the owner and the group's owners.
    """
    with units.write() as uow:
        standing = entered_web(uow, caller, url)
        if standing.everywhere is not Role.OWNER:
            raise errors.AccessDenied("Access denied.", remedy="Only administrators of the site may remove others.")
        user = _user(uow, standing.site, who) if isinstance(who, int) else _user_by_login(uow, standing.site, who)
        if user.principal.key == OWNERS_NUMBER or user.principal.directory_id == standing.site.owner_id:
            raise errors.Refused("The owner of a site cannot be removed from it.", remedy="Change the owner first.")
        uow.write_site(standing.site.key, now=clock.business_now()).remove_site_user(user.principal.key)


def appoint_site_admin(units: Units, *, url: str, login: str, on: bool, clock: Clock) -> SiteUser:
    """The same as SharePoint's administrators do it for a site they need not administer; makes the site know the user.

    Raises NotFound for nobody, NoSuchSite, Refused for the owner.
    """
    with units.write() as uow:
        site = uow.sites.visible_by_url(url)
        if site is None:
            raise NoSuchSite(url)
        principal = principal_of_login(uow, login)
        key = uow.principals.ensure([principal])[principal.directory_id]
        writer = uow.write_site(site.key, now=clock.business_now())
        if uow.site_groups.user(site.key, key) is None:
            writer.put_site_user(key)
        if principal.directory_id != site.owner_id:
            writer.set_site_admin(key, on)
        elif not on:
            raise errors.Refused("The owner of a site is its administrator.", remedy="Change the owner first.")
        return _user(uow, site, key)


def principal_of_login(uow: UnitOfWork, login: str) -> Principal:
    """A live user or group by SharePoint's login name, UPN, mail, alias or object id. Raises NotFound."""
    name = login.strip()
    claim, _, value = name.rpartition("|")
    if claim in (access.SECURITY_CLAIM, access.UNIFIED_CLAIM):
        try:
            return access.principal_of_group(uow, UUID(value))
        except ValueError:
            raise errors.NotFound(f"The specified user {login} could not be found.") from None
    if not name or (claim and not name.lower().startswith(USER_CLAIM)):
        raise errors.NotFound(f"The specified user {login} could not be found.")
    return principal_named(uow, value)


def _reader(uow: UnitOfWork, caller: Caller, url: str) -> Standing:
    standing = entered_web(uow, caller, url)
    access.require_web(standing, Role.READ)
    return standing


def _user_by_login(uow: UnitOfWork, site: Site, login: str) -> SiteUser:
    """One of the site's users by login name or UPN; the account may be gone."""
    wanted, after = login.strip().casefold(), PrincipalKey(0)
    while page := uow.site_groups.users(site.key, after=after, limit=PAGE):
        for user in page:
            name = user.principal.login.casefold()
            if wanted in (name, name.removeprefix(USER_CLAIM)):
                return _shown(site, user)
        after = page[-1].principal.key
    raise errors.NotFound("User cannot be found.", remedy="List the site's users: Get-SPOUser -Site URL.")


def _user(uow: UnitOfWork, site: Site, number: int) -> SiteUser:
    unnamed = next((one for one in _unnamed(uow, site) if one.principal.key == number), None)
    user = unnamed or uow.site_groups.user(site.key, PrincipalKey(number))
    if user is None:
        raise errors.NotFound("User cannot be found.", remedy="Make the site know the user first: ensureuser.")
    return _shown(site, user)


def _shown(site: Site, user: SiteUser) -> SiteUser:
    return user if user.principal.directory_id != site.owner_id else dataclasses.replace(user, is_admin=True)


def _unnamed(uow: UnitOfWork, site: Site) -> Sequence[SiteUser]:
    """The owner, where the site does not know the owner otherwise, and the claim of the group's owners."""
    owner, claim = site.owner_id, _owners_claim(uow, site)
    known = [] if owner is None or uow.site_groups.users_named(site.key, [owner]) else [owner]
    owners = uow.principals.by_directory_ids(known).values()
    found = [SiteUser(principal=principal, is_admin=True) for principal in owners]
    return found if claim is None else [*found, claim]


def _owners_claim(uow: UnitOfWork, site: Site) -> SiteUser | None:
    """The owners of the site's group, as the one claim they are administrators by."""
    group = None if site.group_id is None else uow.groups.by_id(GroupId(site.group_id))
    if group is None:
        return None
    principal = Principal(
        key=OWNERS_NUMBER,
        kind=PrincipalKind.GROUP,
        directory_id=group.group_id,
        name=f"{group.display_name} Owners",
        login=f"{access.UNIFIED_CLAIM}|{group.group_id}{OWNERS_CLAIM}",
        mail=group.mail,
    )
    return SiteUser(principal=principal, is_admin=True)
