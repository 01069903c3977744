"""Who may do what on an item as Graph tells it: list, give, change, take away (`content-api.md` 1.12).

An item shows the assignments of the scope that holds for it, marked as inherited where that is not its own; the first right
given on an item makes it a scope. The root item of a drive is its library. Who may not manage the rights of an item sees of
them what applies to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.content import WEB, Item, ItemKey, Principal, Role, RoleAssignment, Site
from xtenant.domain.directory import GroupId, UserId
from xtenant.domain.drive import ROOT, Drive, DriveRef, Permission, Where
from xtenant.domain.permissions import InheritsPermissions
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import access
from xtenant.operations.access import Standing
from xtenant.operations.content import entered_drive, item_at


def list_permissions(units: Units, caller: Caller, *, ref: DriveRef, where: Where = ROOT) -> Sequence[Permission]:
    """Everybody who has a right on an item, the site's owner first. Raises AccessDenied for who may not read the item."""
    with units.read() as uow:
        _, standing, item = _item(uow, caller, ref, where, Role.READ)
        found = permissions_on(uow, standing.site, item)
        if standing.everywhere is not None or access.role_on(uow, standing, item) is Role.OWNER:
            return found
        own = _own_principals(uow, standing)
        return [permission for permission in found if permission.principal.directory_id in own]


def give(
    units: Units,
    caller: Caller,
    *,
    ref: DriveRef,
    where: Where = ROOT,
    names: Sequence[str],
    role: Role,
    retain_inherited: bool = True,
    clock: Clock,
) -> Sequence[Permission]:
    """Give a role to users and groups named by object id, UPN, mail or alias; the new permissions in that order.

    An item that inherits gets permissions of its own first, with or without a copy of those it had. Raises NotFound naming
    whoever is unknown; then nothing was given. AccessDenied for who may not manage the item's rights.
    """
    with units.write() as uow:
        drive, _, item = _item(uow, caller, ref, where, Role.OWNER)
        wanted = [principal_named(uow, name) for name in names]
        keys = uow.principals.ensure(wanted)
        writer = uow.write_site(drive.site.key, now=clock.business_now())
        break_inheritance(uow, writer, item, copy=retain_inherited)
        rows = [
            RoleAssignment(site_key=drive.site.key, principal=keys[principal.directory_id], role=role, scope=item.key)
            for principal in wanted
        ]
        writer.put_scopes([], rows)
        found = uow.principals.by_keys(keys.values())
        return [Permission(principal=found[row.principal], role=role) for row in rows]


def change_role(
    units: Units,
    caller: Caller,
    *,
    ref: DriveRef,
    where: Where = ROOT,
    directory_id: UUID | None,
    role: Role,
    clock: Clock,
) -> Permission:
    """Raises NotFound when the principal has no right here, InheritsPermissions for an inherited one."""
    with units.write() as uow:
        drive, _, item = _item(uow, caller, ref, where, Role.OWNER)
        principal = _assigned(uow, drive.site, item, directory_id)
        writer = uow.write_site(drive.site.key, now=clock.business_now())
        writer.assign(principal.key, role, scope=item.key)
        return Permission(principal=principal, role=role)


def take_away(
    units: Units, caller: Caller, *, ref: DriveRef, where: Where = ROOT, directory_id: UUID | None, clock: Clock
) -> None:
    """Raises NotFound when the principal has no right here, InheritsPermissions for an inherited one."""
    with units.write() as uow:
        drive, _, item = _item(uow, caller, ref, where, Role.OWNER)
        principal = _assigned(uow, drive.site, item, directory_id)
        writer = uow.write_site(drive.site.key, now=clock.business_now())
        writer.unassign(principal.key, scope=item.key)


def permissions_on(uow: UnitOfWork, site: Site, item: Item) -> Sequence[Permission]:
    """What holds on an item: the owner's right on everything, then the assignments of the nearest scope."""
    scope = uow.scopes.nearest([item])[item.key]
    source = uow.items.by_keys([scope]).get(scope) if scope not in (WEB, item.key) else None
    given = assignments_on(uow, site, scope)
    people = uow.principals.by_keys([one.principal for one in given])
    found = [
        Permission(principal=people[one.principal], role=one.role, inherited=scope != item.key, source=source)
        for one in given
        if one.principal in people
    ]
    owner = None if site.owner_id is None else uow.principals.by_directory_ids([site.owner_id]).get(site.owner_id)
    if owner is None or owner.directory_id in {permission.principal.directory_id for permission in found}:
        return found
    return [Permission(principal=owner, role=Role.OWNER, inherited=True), *found]


def assignments_on(uow: UnitOfWork, site: Site, scope: ItemKey) -> Sequence[RoleAssignment]:
    """The assignments of a scope; on the root web with what members of the site's group have there without a row."""
    given = uow.scopes.assignments(site.key, [scope])
    if scope != WEB or site.group_id is None:
        return given
    group = uow.principals.by_directory_ids([site.group_id]).get(site.group_id)
    if group is None:
        return given
    implicit = RoleAssignment(site_key=site.key, principal=group.key, role=access.GROUP_MEMBERS)
    written = next((one for one in given if one.principal == group.key), implicit)
    stronger = max(written, implicit, key=lambda one: access.ROLE_ORDER.index(one.role))
    return [*(one for one in given if one.principal != group.key), stronger]


def break_inheritance(uow: UnitOfWork, writer: SiteWriter, item: Item, *, copy: bool) -> bool:
    """Make an item a scope; whether it was none. With a copy, members of the site's group keep what they had."""
    scope = uow.scopes.nearest([item])[item.key]
    if scope == item.key:
        return False
    writer.break_inheritance(item.key, copy=copy)
    group_id = writer.site.group_id
    if copy and scope == WEB and group_id is not None and uow.groups.by_id(GroupId(group_id)) is not None:
        group = access.principal_of_group(uow, group_id)
        key = uow.principals.ensure([group])[group_id]
        rows = assignments_on(uow, writer.site, WEB)
        role = next((one.role for one in rows if one.principal == key), access.GROUP_MEMBERS)
        writer.assign(key, role, scope=item.key)
    return True


def principal_named(uow: UnitOfWork, name: str) -> Principal:
    """A live user or group by object id, UPN, mail or alias. Raises NotFound."""
    try:
        guid = UUID(name)
    except ValueError:
        user = uow.users.by_upn(name) or uow.users.by_mail(name)
        if user is not None:
            return access.user_as_principal(user)
        group = uow.groups.by_alias(name.partition("@")[0])
        if group is None:
            raise errors.NotFound(f"There is no user or group named '{name}'.") from None
        return access.group_as_principal(group)
    user = uow.users.by_id(UserId(guid))
    return access.principal_of_group(uow, GroupId(guid)) if user is None else access.user_as_principal(user)


def _item(uow: UnitOfWork, caller: Caller, ref: DriveRef, where: Where, wanted: Role) -> tuple[Drive, Standing, Item]:
    drive, standing = entered_drive(uow, caller, ref)
    item = item_at(uow, drive, where, standing)
    access.require_item(uow, standing, item, wanted)
    return drive, standing, item


def _assigned(uow: UnitOfWork, site: Site, item: Item, directory_id: UUID | None) -> Principal:
    for permission in permissions_on(uow, site, item):
        if permission.principal.directory_id == directory_id:
            if permission.inherited:
                raise InheritsPermissions("The permission is inherited and cannot be changed here.")
            return permission.principal
    raise errors.NotFound("There is no such permission.")


def _own_principals(uow: UnitOfWork, standing: Standing) -> frozenset[UUID]:
    """Directory ids under which a caller has rights: the own identities, and SharePoint groups that hold one."""
    known = uow.principals.by_directory_ids(standing.identities)
    keys = {principal.key for principal in known.values()}
    groups = [group.principal for group in uow.site_groups.of_site(standing.site.key)]
    inside = {row.group for row in uow.site_groups.members(standing.site.key, groups) if row.member in keys}
    return standing.identities | {found.directory_id for found in uow.principals.by_keys(inside).values()}
