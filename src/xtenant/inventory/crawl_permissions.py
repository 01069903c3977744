"""Reading one site into an inventory: its SharePoint groups, administrators, lists and items, and every object that has
permissions of its own with who has which right on it.

Items are written as they come; the site counts as read once all of it is there (`Site.read_at`). Hidden lists are SharePoint's own
bookkeeping and left out. Only the root web is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

import anyio

from xtenant.inventory.facts import Assignment, Item, Member, Principal, PrincipalKind, Right, Scope, ScopeKind, Site
from xtenant.inventory.login_names import LoginNames, site_group_id
from xtenant.inventory.store import Inventory
from xtenant.protocols.sharepoint_rest.call import lists, role_assignments, site_users
from xtenant.protocols.sharepoint_rest.call.lists import ListItem, SiteList
from xtenant.protocols.sharepoint_rest.call.role_assignments import RoleAssignment, RoleDefinition
from xtenant.protocols.sharepoint_rest.call.site_users import SiteGroup, SiteUser
from xtenant.wire.transport import Session

ITEMS_A_WRITE = 2_000
OBJECTS_AT_ONCE = 4
SHARING_GROUP = "SharingLinks."
"""How SharePoint names the group that stands for a sharing link."""

_STRENGTH = tuple(Right)
_BY_NUMBER = {
    1073741829: Right.FULL,
    1073741828: Right.WRITE,
    1073741830: Right.WRITE,
    1073741827: Right.WRITE,
    1073741826: Right.READ,
    1073741825: Right.NONE,
}
"""Full Control, Design, Edit, Contribute, Read, Limited Access (content-api.md 4.5)."""
_VIEW, _CHANGE, _MANAGE = 0x1, 0x2 | 0x4 | 0x8, 0x2000000
"""ViewListItems; Add-, Edit- and DeleteListItems; ManagePermissions: the lower half of `BasePermissions`."""


def right_of(roles: Sequence[RoleDefinition]) -> Right:
    """The strongest right of some roles; a tenant's own roles are judged by what they permit."""
    return max(map(_right_of_one, roles), key=_STRENGTH.index, default=Right.NONE)


def _right_of_one(role: RoleDefinition) -> Right:
    if role.Id in _BY_NUMBER:
        return _BY_NUMBER[role.Id]
    low = role.BasePermissions.Low if role.BasePermissions else 0
    if low & _MANAGE:
        return Right.FULL
    if low & _CHANGE:
        return Right.WRITE
    return Right.READ if low & _VIEW else Right.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unique:
    """An object with permissions of its own; `number` is an item's within its list."""

    scope: Scope
    list_id: UUID | None = None
    number: int | None = None


@dataclass(slots=True)
class SiteReading:
    """Reads one site; `run` once. Raises Refused's kinds where the tenant does not let it be read."""

    session: Session
    inventory: Inventory
    site: Site
    _names: LoginNames = field(init=False)
    _unique: list[_Unique] = field(init=False)
    _rights: dict[tuple[UUID, str], Right] = field(default_factory=dict[tuple[UUID, str], Right])
    _items: int = 0

    def __post_init__(self) -> None:
        self._names = LoginNames(self.inventory, self.site.site_id)
        web = Scope(site_id=self.site.site_id, scope_id=self.site.site_id, kind=ScopeKind.WEB, path="")
        self._unique = [_Unique(scope=web)]

    async def run(self, now: datetime) -> Site:
        """Read everything below the site and write it; the site as it is known now."""
        self.inventory.empty_site(self.site.site_id)
        await self._read_lists()
        await self._read_rights()
        users = [user async for user in site_users.site_users(self.session, self.site.url)]
        groups = [group async for group in site_users.site_groups(self.session, self.site.url)]
        read = replace(
            self.site,
            admins=self._administrators(users),
            items=self._items,
            sharing_links=sum(group.Title.startswith(SHARING_GROUP) for group in groups),
            read_at=now,
        )
        self._write(read, groups)
        return read

    def _administrators(self, users: Sequence[SiteUser]) -> tuple[str, ...]:
        """The owner and the owners of the site's group are so whether listed or not."""
        found = {self._names.of(user) for user in users if user.IsSiteAdmin}
        if self.site.owner_id:
            found.add(self.site.owner_id)
        if self.site.group_id:
            found.add(self._names.owners_of(self.site.group_id))
        return tuple(sorted(found))

    def _write(self, read: Site, groups: Sequence[SiteGroup]) -> None:
        """What belongs together, in one transaction."""
        inventory, site_id = self.inventory, read.site_id
        members = [
            Member(group_id=site_group_id(site_id, group.Id), member_id=self._names.of(user))
            for group in groups
            for user in group.Users
        ]
        with inventory.writing():
            inventory.put_site_groups(site_id, [_group(site_id, group) for group in groups], members)
            self._names.keep()
            inventory.put_scopes(site_id, (each.scope for each in self._unique))
            folders = [each.scope for each in self._unique if each.scope.kind is ScopeKind.FOLDER]
            inventory.spread_scopes(site_id, folders)
            inventory.put_assignments(
                site_id,
                (
                    Assignment(site_id=site_id, scope_id=scope_id, principal_id=principal_id, right=right)
                    for (scope_id, principal_id), right in self._rights.items()
                ),
            )
            inventory.put_site(read)

    async def _read_lists(self) -> None:
        async for found in lists.lists_of(self.session, self.site.url):
            if not found.Hidden:
                await self._read_list(found)

    async def _read_list(self, found: SiteList) -> None:
        site_id = self.site.site_id
        path = self._below(found.RootFolder.ServerRelativeUrl)
        scope_id = found.Id if found.HasUniqueRoleAssignments else site_id
        if found.HasUniqueRoleAssignments:
            scope = Scope(site_id=site_id, scope_id=found.Id, kind=ScopeKind.LIST, path=path)
            self._unique.append(_Unique(scope=scope, list_id=found.Id))
        top = Item(site_id=site_id, item_id=found.Id, kind=ScopeKind.LIST, path=path, scope_id=scope_id)
        waiting = [top]
        async for row in lists.items_of(self.session, self.site.url, found.Id):
            waiting.append(self._item(row, found.Id, scope_id))
            if len(waiting) >= ITEMS_A_WRITE:
                self.inventory.add_items(site_id, waiting)
                waiting = []
        self.inventory.add_items(site_id, waiting)

    def _item(self, row: ListItem, list_id: UUID, list_scope: UUID) -> Item:
        kind = ScopeKind.FOLDER if row.FSObjType == lists.FOLDER else ScopeKind.FILE
        path = self._below(row.FileRef)
        self._items += 1
        if row.HasUniqueRoleAssignments:
            scope = Scope(site_id=self.site.site_id, scope_id=row.UniqueId, kind=kind, path=path)
            self._unique.append(_Unique(scope=scope, list_id=list_id, number=row.Id))
        return Item(
            site_id=self.site.site_id,
            item_id=row.UniqueId,
            kind=kind,
            path=path,
            scope_id=row.UniqueId if row.HasUniqueRoleAssignments else list_scope,
            size_bytes=row.File_x0020_Size or 0,
        )

    async def _read_rights(self) -> None:
        """Role assignments of every scope, a few at once."""
        waiting = iter(list(self._unique))

        async def work() -> None:
            for each in waiting:
                for row in await self._assignments(each):
                    self._note(each.scope, row)

        try:
            async with anyio.create_task_group() as group:
                for _ in range(min(OBJECTS_AT_ONCE, len(self._unique))):
                    group.start_soon(work)
        except ExceptionGroup as failed:
            raise first_of(failed) from failed

    async def _assignments(self, of: _Unique) -> list[RoleAssignment]:
        session, url = self.session, self.site.url
        if of.list_id is None:
            return await role_assignments.of_web(session, url)
        if of.number is None:
            return await role_assignments.of_list(session, url, of.list_id)
        return await role_assignments.of_item(session, url, of.list_id, of.number)

    def _note(self, scope: Scope, row: RoleAssignment) -> None:
        right = right_of(row.RoleDefinitionBindings)
        if right is Right.NONE:
            return
        key = (scope.scope_id, self._names.of(row.Member))
        self._rights[key] = max(self._rights.get(key, Right.NONE), right, key=_STRENGTH.index)

    def _below(self, server_relative: str) -> str:
        """A path from the host on, as one from the web on."""
        web = unquote(urlsplit(self.site.url).path).strip("/")
        path = server_relative.strip("/")
        inside = path.casefold().startswith(f"{web}/".casefold()) if web else True
        return path[len(web) :].strip("/") if inside else path


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """One error of several that happened at once; all have the same cause as a rule."""
    first = group.exceptions[0]
    return first_of(cast("ExceptionGroup[Exception]", first)) if isinstance(first, ExceptionGroup) else first


def _group(site_id: UUID, group: SiteGroup) -> Principal:
    return Principal(principal_id=site_group_id(site_id, group.Id), kind=PrincipalKind.SITE_GROUP, name=group.Title)
