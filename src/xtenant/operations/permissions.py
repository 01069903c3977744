"""Who may do what on a site: list, give, take away (`content-api.md` 1.12). Rights hold for the whole site for now."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.content import Principal, Role, Site, SiteId
from xtenant.domain.directory import GroupId, UserId
from xtenant.domain.drive import Permission
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access
from xtenant.operations.content import readable_site


def list_permissions(units: Units, caller: Caller, *, site_id: SiteId) -> Sequence[Permission]:
    """Everybody named on the site, the owner first."""
    with units.read() as uow:
        return _permissions(uow, readable_site(uow, caller, site_id))


def give(
    units: Units, caller: Caller, *, site_id: SiteId, names: Sequence[str], role: Role, clock: Clock
) -> Sequence[Permission]:
    """Give a role to users and groups named by object id, UPN, mail or alias; the new permissions in that order.

    Raises NotFound naming whoever is unknown; then nothing was given. AccessDenied for anybody but an owner.
    """
    with units.write() as uow:
        site = readable_site(uow, caller, site_id)
        access.require_owner(uow, caller, site)
        wanted = [_principal_named(uow, name) for name in names]
        keys = uow.principals.ensure(wanted)
        writer = uow.write_site(site.key, now=clock.business_now())
        for principal in wanted:
            writer.assign(keys[principal.directory_id], role)
        found = uow.principals.by_keys(keys.values())
        return [Permission(principal=found[keys[principal.directory_id]], role=role) for principal in wanted]


def change_role(
    units: Units, caller: Caller, *, site_id: SiteId, directory_id: UUID, role: Role, clock: Clock
) -> Permission:
    """Raises NotFound when the principal has no role here."""
    with units.write() as uow:
        principal = _assigned(uow, caller, site_id, directory_id)
        site = readable_site(uow, caller, site_id)
        uow.write_site(site.key, now=clock.business_now()).assign(principal.key, role)
        return Permission(principal=principal, role=role)


def take_away(units: Units, caller: Caller, *, site_id: SiteId, directory_id: UUID, clock: Clock) -> None:
    """Raises NotFound when the principal has no role here."""
    with units.write() as uow:
        principal = _assigned(uow, caller, site_id, directory_id)
        site = readable_site(uow, caller, site_id)
        uow.write_site(site.key, now=clock.business_now()).unassign(principal.key)


def _permissions(uow: UnitOfWork, site: Site) -> Sequence[Permission]:
    given = uow.principals.assignments(site.key)
    people = uow.principals.by_keys([one.principal for one in given])
    found = [Permission(principal=people[one.principal], role=one.role) for one in given if one.principal in people]
    if site.owner_id is None:
        return found
    owner = uow.principals.by_directory_ids([site.owner_id]).get(site.owner_id)
    named = {permission.principal.directory_id for permission in found}
    if owner is None or owner.directory_id in named:
        return found
    return [Permission(principal=owner, role=Role.OWNER), *found]


def _assigned(uow: UnitOfWork, caller: Caller, site_id: SiteId, directory_id: UUID) -> Principal:
    site = readable_site(uow, caller, site_id)
    access.require_owner(uow, caller, site)
    principal = uow.principals.by_directory_ids([directory_id]).get(directory_id)
    if principal is None or principal.key not in {one.principal for one in uow.principals.assignments(site.key)}:
        raise errors.NotFound("There is no such permission.")
    return principal


def _principal_named(uow: UnitOfWork, name: str) -> Principal:
    """A live user or group by object id, UPN, mail or alias."""
    try:
        guid = UUID(name)
    except ValueError:
        user = uow.users.by_upn(name) or uow.users.by_mail(name)
        if user is not None:
            return access.principal_of_user(uow, user.user_id)
        group = uow.groups.by_alias(name.partition("@")[0])
        if group is None:
            raise errors.NotFound(f"There is no user or group named '{name}'.") from None
        return access.principal_of_group(uow, group.group_id)
    if uow.users.by_id(UserId(guid)) is not None:
        return access.principal_of_user(uow, guid)
    return access.principal_of_group(uow, GroupId(guid))
