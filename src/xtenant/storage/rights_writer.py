"""Writing permissions: inheritance, role assignments, SharePoint groups, administrators.

The base of the site's writer, which has locked the site's row and checked that it may be written; not used alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from xtenant.domain import content, errors, limits
from xtenant.domain.content import WEB, ItemKey, LockState, PrincipalKey, Role, RoleAssignment, Site
from xtenant.domain.permissions import InheritsPermissions, SiteGroup, SiteGroupMember, TooManyScopes
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import IN_BIN, LIVE, ItemStore, items
from xtenant.storage.permissions import assignments, scopes, site_group_members, site_groups, site_users
from xtenant.storage.scopes import ScopeStore
from xtenant.storage.sites import sites

KEYS_A_QUERY = 1_000


class SqlRightsWriter:
    """`RightsWriter` on SQL, with the site's counters."""

    def __init__(self, connection: Connection, tenant_id: TenantId, site: Site, now: datetime) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._site = site
        self._now = now
        self._known: set[PrincipalKey] = set()

    @property
    def site(self) -> Site:
        return self._site

    def break_inheritance(self, item: ItemKey, *, copy: bool) -> None:
        there = ItemStore(self._connection, self._tenant_id).by_keys([item]).get(item)
        if there is None or there.site_key != self._site.key or there.deleted_at is not None:
            raise errors.NotFound("The item is gone.")
        above = ScopeStore(self._connection, self._tenant_id).nearest([there])[item]
        if above == item:
            return
        self._put_scopes([item])
        if copy:
            columns = ("tenant_id", "site_key", "scope", "principal", "role")
            copied = select(
                assignments.c.tenant_id,
                assignments.c.site_key,
                literal(item, scopes.c.item_key.type),
                assignments.c.principal,
                assignments.c.role,
            ).where(*self._here(assignments), assignments.c.scope == above)
            self._connection.execute(assignments.insert().from_select(columns, copied))
        self._count(changes=1)

    def reset_inheritance(self, item: ItemKey) -> None:
        if item == WEB:
            raise errors.Refused("The root web of a site inherits from nothing.")
        gone = self._connection.execute(delete(scopes).where(*self._here(scopes), scopes.c.item_key == item))
        if gone.rowcount:
            self._connection.execute(delete(assignments).where(*self._here(assignments), assignments.c.scope == item))
            self._count(changes=1)

    def assign(self, principal: PrincipalKey, role: Role, *, scope: ItemKey = WEB) -> None:
        self._require_scopes({scope})
        self._put_assignments([RoleAssignment(site_key=self._site.key, principal=principal, role=role, scope=scope)])
        self._count(changes=1)

    def unassign(self, principal: PrincipalKey, *, scope: ItemKey = WEB) -> None:
        self._require_scopes({scope})
        self._connection.execute(
            delete(assignments).where(
                *self._here(assignments), assignments.c.scope == scope, assignments.c.principal == principal
            )
        )
        self._count(changes=1)

    def put_scopes(self, scopes: Sequence[ItemKey], assignments: Sequence[RoleAssignment]) -> None:
        count = len(scopes) + len(assignments)
        if not count:
            return
        if count > limits.DEFAULT.write_rows:
            raise errors.TooLarge(f"{count} rows at once, {limits.DEFAULT.write_rows} are allowed.")
        self._require_live(set(scopes))
        self._put_scopes(scopes)
        self._require_scopes({assignment.scope for assignment in assignments})
        self._put_assignments(assignments)
        self._count(changes=count)

    def put_site_group(self, group: SiteGroup) -> None:
        title_key = group.title.casefold()
        there = self._connection.execute(
            select(site_groups.c.principal, site_groups.c.title_key).where(*self._here(site_groups))
        ).all()
        if any(row.title_key == title_key and row.principal != group.principal for row in there):
            raise content.NameTaken(f"The site has a group named {group.title!r} already.", name=group.title)
        values = {"title": group.title, "title_key": title_key, "description": group.description}
        if any(row.principal == group.principal for row in there):
            self._connection.execute(
                update(site_groups)
                .where(*self._here(site_groups), site_groups.c.principal == group.principal)
                .values(**values)
            )
        elif len(there) >= limits.DEFAULT.site_groups:
            raise errors.TooLarge(f"A site has at most {limits.DEFAULT.site_groups} groups.")
        else:
            self._connection.execute(site_groups.insert().values(**self._own, principal=group.principal, **values))
        self._count(changes=1)

    def put_site_groups(
        self, groups: Sequence[SiteGroup], members: Sequence[SiteGroupMember], admins: Sequence[PrincipalKey]
    ) -> None:
        count = len(groups) + len(members) + len(admins)
        if not count:
            return
        if count > limits.DEFAULT.write_rows:
            raise errors.TooLarge(f"{count} rows at once, {limits.DEFAULT.write_rows} are allowed.")
        self._put_site_groups(groups)
        self._require_site_groups({member.group for member in members})
        rows = [{**self._own, "site_group": one.group, "member": one.member} for one in members]
        if rows:
            self._once(site_group_members, rows)
        self._know({one.member for one in members} | set(admins))
        for start in range(0, len(admins), KEYS_A_QUERY):
            some = admins[start : start + KEYS_A_QUERY]
            self._connection.execute(
                update(site_users).where(*self._here(site_users), site_users.c.principal.in_(some)).values(admin=True)
            )
        self._count(changes=count)

    def _put_site_groups(self, groups: Sequence[SiteGroup]) -> None:
        if not groups:
            return
        rows = [
            {
                **self._own,
                "principal": group.principal,
                "title": group.title,
                "title_key": group.title.casefold(),
                "description": group.description,
            }
            for group in groups
        ]
        insert = self._insert(site_groups).on_conflict_do_nothing(index_elements=["site_key", "principal"])
        try:
            self._connection.execute(insert, rows)
        except IntegrityError as error:
            raise content.NameTaken("Two groups of the site have one title.") from error
        count = select(func.count()).select_from(site_groups).where(*self._here(site_groups))
        if self._connection.execute(count).scalar_one() > limits.DEFAULT.site_groups:
            raise errors.TooLarge(f"A site has at most {limits.DEFAULT.site_groups} groups.")

    def _require_site_groups(self, wanted: set[PrincipalKey]) -> None:
        keys, found = sorted(wanted), 0
        for start in range(0, len(keys), KEYS_A_QUERY):
            some = keys[start : start + KEYS_A_QUERY]
            query = select(func.count()).where(*self._here(site_groups), site_groups.c.principal.in_(some))
            found += self._connection.execute(query).scalar_one()
        if found != len(keys):
            raise errors.NotFound("The site has no such group.")

    def remove_site_group(self, group: PrincipalKey) -> None:
        for table, column in (
            (site_group_members, site_group_members.c.site_group),
            (assignments, assignments.c.principal),
            (site_groups, site_groups.c.principal),
        ):
            self._connection.execute(delete(table).where(*self._here(table), column == group))
        self._count(changes=1)

    def add_site_group_member(self, group: PrincipalKey, member: PrincipalKey) -> None:
        known = select(site_groups.c.principal).where(*self._here(site_groups), site_groups.c.principal == group)
        if self._connection.execute(known).first() is None:
            raise errors.NotFound("The site has no such group.")
        self._once(site_group_members, [{**self._own, "site_group": group, "member": member}])
        self._know([member])
        self._count(changes=1)

    def remove_site_group_member(self, group: PrincipalKey, member: PrincipalKey) -> None:
        self._connection.execute(
            delete(site_group_members).where(
                *self._here(site_group_members),
                site_group_members.c.site_group == group,
                site_group_members.c.member == member,
            )
        )
        self._count(changes=1)

    def put_site_user(self, principal: PrincipalKey) -> None:
        self._know([principal])
        self._count(changes=1)

    def remove_site_user(self, principal: PrincipalKey) -> None:
        for table, column in (
            (site_group_members, site_group_members.c.member),
            (assignments, assignments.c.principal),
            (site_users, site_users.c.principal),
        ):
            self._connection.execute(delete(table).where(*self._here(table), column == principal))
        self._known.discard(principal)
        self._count(changes=1)

    def set_site_admin(self, principal: PrincipalKey, on: bool, /) -> None:
        self._know([principal])
        self._connection.execute(
            update(site_users).where(*self._here(site_users), site_users.c.principal == principal).values(admin=on)
        )
        self._count(changes=1)

    def _know(self, principals: Collection[PrincipalKey]) -> None:
        """Whoever writes here or is named here becomes a user of the site, as in SharePoint's user information list."""
        fresh = set(principals) - self._known
        if fresh:
            self._once(site_users, [{**self._own, "principal": key, "admin": False} for key in sorted(fresh)])
            self._known |= fresh

    def _put_scopes(self, keys: Sequence[ItemKey]) -> None:
        if not keys:
            return
        self._once(scopes, [{**self._own, "item_key": key} for key in keys])
        count = select(func.count()).select_from(scopes).where(*self._here(scopes))
        if self._connection.execute(count).scalar_one() > limits.DEFAULT.scopes:
            raise TooManyScopes(f"A site has at most {limits.DEFAULT.scopes} objects with permissions of their own.")

    def _put_assignments(self, given: Sequence[RoleAssignment]) -> None:
        if not given:
            return
        insert = self._insert(assignments)
        written = insert.on_conflict_do_update(
            index_elements=["site_key", "scope", "principal"], set_={"role": insert.excluded.role}
        )
        rows = [{**self._own, "scope": one.scope, "principal": one.principal, "role": one.role.value} for one in given]
        self._connection.execute(written, rows)
        self._know({one.principal for one in given} - self._groups_among({one.principal for one in given}))

    def _groups_among(self, keys: set[PrincipalKey]) -> set[PrincipalKey]:
        """SharePoint groups share the row of ids with users, but are no users of the site."""
        fresh = sorted(keys - self._known)
        if not fresh:
            return set()
        query = select(site_groups.c.principal).where(*self._here(site_groups), site_groups.c.principal.in_(fresh))
        return {PrincipalKey(key) for key in self._connection.execute(query).scalars()}

    def _require_scopes(self, wanted: set[ItemKey]) -> None:
        keys = sorted(wanted - {WEB})
        found = 0
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = select(func.count()).where(
                *self._here(scopes), scopes.c.item_key.in_(keys[start : start + KEYS_A_QUERY])
            )
            found += self._connection.execute(query).scalar_one()
        if found != len(keys):
            raise InheritsPermissions("This is not allowed on an object that inherits permissions.")

    def _require_live(self, wanted: set[ItemKey]) -> None:
        keys, found = sorted(wanted), 0
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = select(func.count()).where(
                *self._here(items), self._in_reach, items.c.key.in_(keys[start : start + KEYS_A_QUERY])
            )
            found += self._connection.execute(query).scalar_one()
        if found != len(keys):
            raise errors.NotFound("An item that was to get permissions of its own is gone.")

    def _require_additions(self) -> None:
        if self._site.lock_state is LockState.NO_ADDITIONS and self._site.published_at is not None:
            raise content.SiteLocked("Nothing may be added to this site.", lock_state=self._site.lock_state.value)

    @property
    def _in_reach(self) -> ColumnElement[bool]:
        """Live items; while a move builds a hidden site, also what it puts into the recycle bin."""
        return LIVE if self._site.published_at is not None else or_(LIVE, IN_BIN)

    @property
    def _own(self) -> dict[str, object]:
        return {"tenant_id": self._tenant_id, "site_key": self._site.key}

    def _here(self, table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.c.tenant_id == self._tenant_id, table.c.site_key == self._site.key

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        engine = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        return engine.insert(table)

    def _once(self, table: Table, rows: Sequence[dict[str, object]]) -> None:
        self._connection.execute(self._insert(table).on_conflict_do_nothing(), rows)

    def _count(self, *, changes: int, items_: int = 0, versions_: int = 0, size: int = 0) -> None:
        site = self._site
        self._site = dataclasses.replace(
            site,
            change_no=site.change_no + changes,
            item_count=site.item_count + items_,
            version_count=site.version_count + versions_,
            size_bytes=site.size_bytes + size,
            modified_at=self._now,
        )
        self._connection.execute(
            update(sites)
            .where(sites.c.tenant_id == self._tenant_id, sites.c.key == site.key)
            .values(
                change_no=self._site.change_no,
                item_count=self._site.item_count,
                version_count=self._site.version_count,
                size_bytes=self._site.size_bytes,
                modified_at=self._now,
            )
        )
