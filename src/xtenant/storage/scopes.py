"""Reading permissions on SQL: which scope holds for an item, and what identities may do there.

Identities come in as directory ids; the queries turn them into principals and add the SharePoint groups of the site that
hold any of them. A SharePoint group is no member of another.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from xtenant.domain.content import WEB, Item, ItemId, ItemKey, PrincipalKey, Role, RoleAssignment, SiteKey
from xtenant.domain.permissions import SiteRights, stronger
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import IN_BIN, LEAVES, LIVE, item_of, items
from xtenant.storage.permissions import assignments, scopes, site_group_members, site_users
from xtenant.storage.principals import principals
from xtenant.storage.sites import sites
from xtenant.storage.tables import Guid

Thing = TypeVar("Thing")
KEYS_A_QUERY = 1_000
ADMIN, UNIQUE, BELOW, ON_WEB = range(4)
"""Kinds of rows that `rights` unites."""


class ScopeStore:
    """`ScopeRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def page(self, site_key: SiteKey, *, after: ItemKey, limit: int, deleted: bool = False) -> Sequence[ItemKey]:
        query = (
            select(scopes.c.item_key)
            .join(items, self._there(items.c.key == scopes.c.item_key, deleted=deleted))
            .where(self._of(scopes, site_key), scopes.c.item_key > after)
            .order_by(scopes.c.item_key)
            .limit(limit)
        )
        return [ItemKey(key) for key in self._connection.execute(query).scalars()]

    def objects(self, site_key: SiteKey, item_ids: Collection[ItemId], *, deleted: bool = False) -> dict[ItemId, Item]:
        found: dict[ItemId, Item] = {}
        for some in _some(sorted(set(item_ids))):
            named = self._there(items.c.item_id.in_(some), deleted=deleted)
            query = select(items).where(self._of(items, site_key), named)
            found |= {item.item_id: item for item in map(item_of, self._connection.execute(query))}
        return found

    def count(self, site_key: SiteKey) -> tuple[int, int]:
        tables = (scopes, assignments)
        counts = [select(func.count()).select_from(table).where(self._of(table, site_key)) for table in tables]
        below, given = (self._connection.execute(count).scalar_one() for count in counts)
        return below, given

    def nearest(self, items_: Iterable[Item]) -> dict[ItemKey, ItemKey]:
        wanted = {item.key: item for item in items_}
        found: dict[ItemKey, ItemKey] = {}
        for some in _some(wanted.values()):
            own = self._own_scopes(some)
            above = self._way_up({item.parent_key for item in some if item.key not in own and item.parent_key})
            for item in some:
                found[item.key] = item.key if item.key in own else _first_scope(item.parent_key, above)
        return found

    def _own_scopes(self, some: Sequence[Item]) -> frozenset[int]:
        query = select(scopes.c.item_key).where(
            scopes.c.tenant_id == self._tenant_id,
            scopes.c.site_key.in_({item.site_key for item in some}),
            scopes.c.item_key.in_([item.key for item in some]),
        )
        return frozenset(self._connection.execute(query).scalars())

    def _way_up(self, folders: Collection[ItemKey]) -> dict[int, tuple[int, bool]]:
        """By key the parent and whether it is a scope, for folders and all above them up to the nearest scope.

        UNION keeps each folder once, however many lead to it.
        """
        if not folders:
            return {}
        wanted = {"tenant": self._tenant_id, "items": sorted(folders)}
        return {row.key: (row.parent_key, bool(row.own)) for row in self._connection.execute(_way_up_query(), wanted)}

    def assignments(self, site_key: SiteKey, scope_keys: Collection[ItemKey]) -> Sequence[RoleAssignment]:
        found: list[RoleAssignment] = []
        for some in _some(sorted(set(scope_keys))):
            query = (
                select(assignments)
                .where(self._of(assignments, site_key), assignments.c.scope.in_(some))
                .order_by(assignments.c.scope, assignments.c.principal)
            )
            found += [assignment_of(row) for row in self._connection.execute(query)]
        return found

    def below(self, item: Item) -> Sequence[ItemKey]:
        if item.kind.has_versions:
            return []
        if item.kind.is_list:
            inside = items.c.library_key == item.key
        else:
            inside = items.c.parent_key.in_(select(self._folders(item).c.key))
        query = (
            select(scopes.c.item_key)
            .join(items, self._live(items.c.key == scopes.c.item_key))
            .where(self._of(scopes, item.site_key), inside)
            .order_by(scopes.c.item_key)
        )
        return [ItemKey(key) for key in self._connection.execute(query).scalars()]

    def _folders(self, item: Item) -> CTE:
        """A folder or web and the live folders, lists and webs below it."""
        tree = select(literal(item.key, BigInteger).label("key")).cte("tree", recursive=True)
        child = items.alias("child")
        return tree.union_all(
            select(child.c.key).where(
                child.c.tenant_id == self._tenant_id,
                child.c.site_key == item.site_key,
                child.c.parent_key == tree.c.key,
                child.c.deleted_at.is_(None),
                child.c.kind.not_in(LEAVES),
            )
        )

    def rights(self, site_keys: Collection[SiteKey], identities: Collection[UUID]) -> Mapping[SiteKey, SiteRights]:
        wanted = {"tenant": self._tenant_id, "sites": list(set(site_keys)), "identities": list(identities)}
        rows: dict[SiteKey, list[tuple[int, str]]] = {key: [] for key in site_keys}
        for row in self._connection.execute(_rights_query(), wanted):
            rows[SiteKey(row.site_key)].append((row.kind, row.role))
        return {key: _rights_of(found) for key, found in rows.items()}

    def roles(
        self, site_key: SiteKey, scope_keys: Collection[ItemKey], identities: Collection[UUID]
    ) -> dict[ItemKey, Role]:
        found: dict[ItemKey, Role] = {}
        for some in _some(sorted(set(scope_keys))):
            wanted = self._named(site_key, identities) | {"scopes": some}
            for scope, role in self._connection.execute(_roles_query(), wanted):
                strongest = stronger(found.get(ItemKey(scope)), Role(role))
                assert strongest is not None
                found[ItemKey(scope)] = strongest
        return found

    def above(self, site_key: SiteKey, identities: Collection[UUID]) -> frozenset[ItemKey]:
        keys = self._connection.execute(_above_query(), self._named(site_key, identities)).scalars()
        return frozenset(ItemKey(key) for key in keys)

    def _named(self, site_key: SiteKey, identities: Collection[UUID]) -> dict[str, object]:
        return {"tenant": self._tenant_id, "sites": [site_key], "identities": list(identities)}

    def _of(self, table: Any, site_key: SiteKey) -> ColumnElement[bool]:
        return (table.c.tenant_id == self._tenant_id) & (table.c.site_key == site_key)

    def _there(self, where: ColumnElement[bool], *, deleted: bool) -> ColumnElement[bool]:
        return and_(items.c.tenant_id == self._tenant_id, where, or_(LIVE, IN_BIN) if deleted else LIVE)

    def _live(self, *where: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(items.c.tenant_id == self._tenant_id, items.c.deleted_at.is_(None), *where)


def assignment_of(row: Any) -> RoleAssignment:
    """A row as a value."""
    return RoleAssignment(
        site_key=SiteKey(row.site_key),
        principal=PrincipalKey(row.principal),
        role=Role(row.role),
        scope=ItemKey(row.scope),
    )


TENANT = bindparam("tenant", type_=Guid)
SITES = bindparam("sites", type_=BigInteger, expanding=True)
IDENTITIES = bindparam("identities", type_=Guid, expanding=True)


def _holders() -> tuple[CTE, CTE]:
    """The principals of the identities, and with them the SharePoint groups of the sites that hold one."""
    own = (
        select(principals.c.key)
        .where(principals.c.tenant_id == TENANT, principals.c.directory_id.in_(IDENTITIES))
        .cte("own")
    )
    groups = select(site_group_members.c.site_group).where(
        site_group_members.c.tenant_id == TENANT,
        site_group_members.c.site_key.in_(SITES),
        site_group_members.c.member.in_(select(own.c.key)),
    )
    return own, union_all(select(own.c.key), groups).cte("holders")


@functools.cache
def _rights_query() -> CompoundSelect[int, int, str]:
    """Kept, like the other two, since building it takes longer than the database's answer; asked with every request."""
    own, holders = _holders()
    given = and_(
        assignments.c.tenant_id == TENANT,
        assignments.c.site_key == sites.c.key,
        assignments.c.principal.in_(select(holders.c.key)),
    )
    live = and_(items.c.tenant_id == TENANT, items.c.deleted_at.is_(None), items.c.key == assignments.c.scope)
    # asked by site, so that the first row found answers, however many there are
    below = select(assignments.c.scope).join(items, live).where(given, assignments.c.scope != WEB)
    admin = select(site_users.c.principal).where(
        site_users.c.tenant_id == TENANT,
        site_users.c.site_key == sites.c.key,
        site_users.c.principal.in_(select(own.c.key)),
        site_users.c.admin,
    )
    apart = select(scopes.c.item_key).where(scopes.c.tenant_id == TENANT, scopes.c.site_key == sites.c.key)
    here = and_(sites.c.tenant_id == TENANT, sites.c.key.in_(SITES))
    return union_all(
        _rows(ON_WEB, assignments.c.role).join(assignments, given).where(here, assignments.c.scope == WEB),
        _rows(BELOW).where(here, below.correlate(sites).exists()),
        _rows(ADMIN).where(here, admin.correlate(sites).exists()),
        _rows(UNIQUE).where(here, apart.correlate(sites).exists()),
    )


def _rows(kind: int, role: ColumnElement[str] | None = None) -> Select[int, int, str]:
    """A part of the union of `rights`."""
    number: ColumnElement[int] = literal_column(str(kind))
    site_key: ColumnElement[int] = sites.c.key
    text: ColumnElement[str] = literal_column("''") if role is None else role
    return select(number.label("kind"), site_key.label("site_key"), text.label("role")).select_from(sites)


def _here() -> ColumnElement[bool]:
    """Assignments of the identities in the sites, SharePoint groups included."""
    return and_(
        assignments.c.tenant_id == TENANT,
        assignments.c.site_key.in_(SITES),
        assignments.c.principal.in_(select(_holders()[1].c.key)),
    )


@functools.cache
def _way_up_query() -> Select[int, int, bool]:
    node = items.alias("node")
    own = exists().where(
        scopes.c.tenant_id == TENANT, scopes.c.site_key == node.c.site_key, scopes.c.item_key == node.c.key
    )
    step = select(node.c.key, node.c.parent_key, own.label("own")).where(node.c.tenant_id == TENANT)
    start = node.c.key.in_(bindparam("items", type_=BigInteger, expanding=True))
    walk = step.where(start).cte("walk", recursive=True)
    walk = walk.union(step.where(node.c.key == walk.c.parent_key, ~walk.c.own))
    return select(walk.c.key, walk.c.parent_key, walk.c.own)


@functools.cache
def _roles_query() -> Select[Any, Any]:
    wanted = bindparam("scopes", type_=BigInteger, expanding=True)
    return select(assignments.c.scope, assignments.c.role).where(_here(), assignments.c.scope.in_(wanted))


@functools.cache
def _above_query() -> Select[Any]:
    given = (
        select(items.c.parent_key.label("key"))
        .join(assignments, items.c.key == assignments.c.scope)
        .where(_here(), items.c.tenant_id == TENANT, items.c.deleted_at.is_(None))
    )
    walk = given.cte("walk", recursive=True)
    folder = items.alias("folder")
    walk = walk.union(select(folder.c.parent_key).where(folder.c.tenant_id == TENANT, folder.c.key == walk.c.key))
    return select(walk.c.key).where(walk.c.key != 0)


def _rights_of(rows: Sequence[tuple[int, str]]) -> SiteRights:
    kinds = {kind for kind, _ in rows}
    web: Role | None = None
    for kind, role in rows:
        web = stronger(web, Role(role)) if kind == ON_WEB else web
    return SiteRights(admin=ADMIN in kinds, web=web, unique=UNIQUE in kinds, below=BELOW in kinds)


def _first_scope(folder: ItemKey | None, above: Mapping[int, tuple[int, bool]]) -> ItemKey:
    """The first scope on the way up from a folder, itself included."""
    at: int = folder or 0
    while at in above:
        parent, own = above[at]
        if own:
            return ItemKey(at)
        at = parent
    return WEB


def _some(things: Iterable[Thing]) -> Iterator[Sequence[Thing]]:
    """As many at a time as one query names."""
    every = list(things)
    return (every[start : start + KEYS_A_QUERY] for start in range(0, len(every), KEYS_A_QUERY))
