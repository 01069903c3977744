"""Reading one site into an inventory: its SharePoint groups, administrators and users, lists and items, and every object that
has permissions of its own with who has which right on it.

A site that was read before is asked for what changed: items are read again only of lists in which something did (settled C 18).
Items are written as they come; the site counts as read once all of it is there (`Site.read_at`). What the tenant refuses to show
is written down as not read. Hidden lists are SharePoint's own bookkeeping: they are listed, their items left out. Only the root
web is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from xtenant.domain import errors
from xtenant.inventory.crawl_items import ItemReading, LabelColumn, Unique
from xtenant.inventory.crawl_lists import Lists, ListStand
from xtenant.inventory.crawl_permissions import RightsReading, first_of
from xtenant.inventory.crawl_versions import VersionCount
from xtenant.inventory.facts import (
    Assignment,
    Member,
    NotRead,
    Principal,
    PrincipalKind,
    Scope,
    ScopeKind,
    Site,
    SiteUser,
)
from xtenant.inventory.login_names import LoginNames, site_group_id
from xtenant.inventory.store import Inventory
from xtenant.protocols.sharepoint_rest.call import site_users
from xtenant.protocols.sharepoint_rest.call.site_users import SiteGroup
from xtenant.wire.transport import Session

SHARING_GROUP = "SharingLinks."
"""How SharePoint names the group that stands for a sharing link."""

T = TypeVar("T")


@dataclass(slots=True)
class SiteReading:
    """Reads one site; `run` once. With `whole` every list is read again with the rights on its items.

    Raises Refused's kinds where the tenant shows nothing of the site.
    """

    session: Session
    inventory: Inventory
    site: Site
    labels: LabelColumn = field(default_factory=LabelColumn)
    whole: bool = False
    not_read: list[NotRead] = field(default_factory=list[NotRead])
    _names: LoginNames = field(init=False)
    _rights: RightsReading = field(init=False)
    _stands: Sequence[ListStand] = ()
    _unique: list[Unique] = field(default_factory=list[Unique])
    _counted: VersionCount = field(init=False)

    def __post_init__(self) -> None:
        self._names = LoginNames(self.inventory, self.site.site_id)
        self._rights = RightsReading(self.session, self.site, self._names)
        self._counted = VersionCount(self.session, self.inventory, self.site, exact=self.site.versions_exact)
        web = Scope(site_id=self.site.site_id, scope_id=self.site.site_id, kind=ScopeKind.WEB, path="")
        self._unique = [Unique(scope=web)]

    async def run(self, now: datetime) -> Site:
        """Read what is new of the site and write it; the site as it is known now."""
        self._stands = await Lists(self.session, self.inventory, self.site, self.whole).stands()
        for stand in self._stands:
            if not stand.told.hidden:
                await self._read_list(stand)
        await self._count_versions()
        await self._rights.read(self._unique)
        self._note_refused_rights()
        users = await self._all_or_none("users", site_users.site_users(self.session, self.site.url))
        groups = await self._all_or_none("groups", site_users.site_groups(self.session, self.site.url))
        with self.inventory.writing():
            return self._write(users, groups, now)

    async def _read_list(self, stand: ListStand) -> None:
        told = stand.told
        if stand.is_unique:
            scope = Scope(site_id=told.site_id, scope_id=told.list_id, kind=ScopeKind.LIST, path=told.path)
            self._unique.append(Unique(scope=scope, list_id=told.list_id))
        if not stand.changed:
            return
        self._counted.exact = False
        try:
            self._unique += await ItemReading(self.session, self.inventory, self.site, self.labels).read(stand)
        except errors.Refused as error:
            stand.state = None
            self._refused(self._address(told.path), error)

    def _note_refused_rights(self) -> None:
        """A list with an item whose rights were refused is read again by the next run."""
        again = {unique.list_id for unique, _ in self._rights.refused if unique.number is not None}
        for stand in self._stands:
            if stand.told.list_id in again:
                stand.state = None
        for unique, error in self._rights.refused:
            self._refused(f"permissions of {self._address(unique.scope.path)}", error)

    async def _count_versions(self) -> None:
        if self.site.read_at is not None and not any(stand.changed for stand in self._stands):
            return
        try:
            await self._counted.run([stand.told for stand in self._stands])
        except ExceptionGroup as failed:
            error = first_of(failed)
            if not isinstance(error, errors.Refused):
                raise error from failed
            self._refused(f"versions of {self.site.url}", error)
        except errors.Refused as error:
            self._refused(f"versions of {self.site.url}", error)

    async def _all_or_none(self, what: str, rows: AsyncIterator[T]) -> list[T]:
        try:
            return [row async for row in rows]
        except errors.Refused as error:
            self._refused(f"{what} of {self.site.url}", error)
            return []

    def _refused(self, subject: str, error: errors.Refused) -> None:
        self.not_read.append(NotRead(subject=subject, reason=error.text, site_id=self.site.site_id))

    def _write(self, users: Sequence[site_users.SiteUser], groups: Sequence[SiteGroup], now: datetime) -> Site:
        """What belongs together, in the transaction that is open."""
        inventory, site_id = self.inventory, self.site.site_id
        told = [stand.told for stand in self._stands]
        inventory.put_site_groups(site_id, [_group(site_id, group) for group in groups], self._members(groups))
        inventory.put_lists(site_id, told)
        inventory.put_list_states(site_id, {each.told.list_id: each.state for each in self._stands if each.state})
        inventory.put_site_users(site_id, [self._user(user) for user in users])
        self._write_rights(now)
        items, versions = inventory.sums_of(site_id)
        read = replace(
            self.site,
            admins=self._administrators(users),
            items=items,
            versions=versions,
            versions_exact=self._counted.exact,
            workflows=sum(each.is_workflow for each in told),
            sharing_links=sum(group.Title.startswith(SHARING_GROUP) for group in groups),
            read_at=None if self.not_read else now,
        )
        self._names.keep()
        inventory.clear_not_read(site_id)
        inventory.put_not_read(self.not_read)
        inventory.put_site(read)
        return read

    def _write_rights(self, now: datetime) -> None:
        """What was read now, beside what was read earlier of items in lists where nothing changed."""
        inventory, site_id = self.inventory, self.site.site_id
        places = tuple(f"{each.told.path}/" for each in self._stands if not each.changed and not each.told.hidden)
        kept = [
            scope
            for scope in inventory.scopes(site_id)
            if scope.kind in (ScopeKind.FOLDER, ScopeKind.FILE) and scope.path.startswith(places)
        ]
        scopes = [*kept, *(replace(each.scope, read_at=now) for each in self._unique)]
        kept_ids = {scope.scope_id for scope in kept}
        rights: list[Assignment] = [each for each in inventory.assignments(site_id) if each.scope_id in kept_ids]
        self._names.keep_known(each.principal_id for each in rights)
        inventory.put_scopes(site_id, scopes)
        inventory.spread_scopes(site_id, [scope for scope in scopes if scope.kind is ScopeKind.FOLDER])
        inventory.put_assignments(site_id, [*rights, *self._rights.assignments()])

    def _administrators(self, users: Sequence[site_users.SiteUser]) -> tuple[str, ...]:
        """The owner and the owners of the site's group are so whether listed or not."""
        found = {self._names.of(user) for user in users if user.IsSiteAdmin}
        if self.site.owner_id:
            found.add(self.site.owner_id)
        if self.site.group_id:
            found.add(self._names.owners_of(self.site.group_id))
        return tuple(sorted(found))

    def _members(self, groups: Sequence[SiteGroup]) -> list[Member]:
        site_id = self.site.site_id
        return [
            Member(group_id=site_group_id(site_id, group.Id), member_id=self._names.of(user))
            for group in groups
            for user in group.Users
        ]

    def _user(self, user: site_users.SiteUser) -> SiteUser:
        return SiteUser(
            site_id=self.site.site_id,
            login_name=user.LoginName,
            upn=user.UserPrincipalName or "",
            mail=user.Email or "",
            is_admin=user.IsSiteAdmin,
        )

    def _address(self, path: str) -> str:
        return f"{self.site.url}/{path}" if path else self.site.url


def _group(site_id: UUID, group: SiteGroup) -> Principal:
    return Principal(principal_id=site_group_id(site_id, group.Id), kind=PrincipalKind.SITE_GROUP, name=group.Title)
