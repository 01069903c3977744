"""Items and their versions: the tables, and everything that reads them. Writing is `site_writer`'s, removal `purging`'s.

A container's library is stored as 0, and its parent too when it stands in the root web, so that unique indexes hold for it. `depth` is kept, so that a site
can be paged with parents before children.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    SmallInteger,
    String,
    Table,
    bindparam,
    case,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import VARCHAR

from xtenant.domain import paths
from xtenant.domain.content import (
    BlobKey,
    FileVersion,
    Item,
    ItemId,
    ItemKey,
    ItemKind,
    PrincipalKey,
    SiteKey,
)
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

NameKey = String().with_variant(VARCHAR(collation="C"), "postgresql")
"""Sorts by code point on both engines."""

items = Table(
    "items",
    metadata,
    Column("key", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, nullable=False),
    Column("item_id", Guid, nullable=False),
    Column("library_key", BigInteger, nullable=False),
    Column("parent_key", BigInteger, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("int_id", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("editor", BigInteger, nullable=False),
    Column("major", Integer, nullable=False),
    Column("minor", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("quick_xor", LargeBinary(20), nullable=False),
    Column("blob", LargeBinary(32)),
    Column("change_no", BigInteger, nullable=False),
    Column("deleted_at", Instant),
    Column("fields", Text, nullable=False, server_default=""),
    Column("deleted_by", BigInteger, nullable=False, server_default="0"),
    Column("deleted_with", BigInteger, nullable=False, server_default="0"),
)
LIVE = items.c.deleted_at.is_(None)
Index("uq_items_site_item_id", items.c.tenant_id, items.c.site_key, items.c.item_id, unique=True)
Index(
    "uq_items_live_name",
    items.c.tenant_id,
    items.c.site_key,
    items.c.parent_key,
    items.c.name_key,
    unique=True,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)
Index(
    "uq_items_int_id",
    items.c.tenant_id,
    items.c.library_key,
    items.c.int_id,
    unique=True,
    sqlite_where=items.c.library_key > 0,
    postgresql_where=items.c.library_key > 0,
)
Index("ix_items_change_no", items.c.tenant_id, items.c.site_key, items.c.change_no)
Index("ix_items_depth", items.c.tenant_id, items.c.site_key, items.c.depth, items.c.key)
IN_BIN = items.c.deleted_with > 0
"""What can be restored; rows of what was removed for good stay as tombstones for delta, deleted with nothing."""
Index(
    "ix_items_in_bin",
    items.c.tenant_id,
    items.c.site_key,
    items.c.deleted_with,
    sqlite_where=IN_BIN,
    postgresql_where=IN_BIN,
)

versions = Table(
    "versions",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    Column("major", Integer, primary_key=True, autoincrement=False),
    Column("minor", Integer, primary_key=True, autoincrement=False),
    Column("blob", LargeBinary(32), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("quick_xor", LargeBinary(20), nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("editor", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
    Column("fields", Text, nullable=False, server_default=""),
)
Index("ix_versions_blob", versions.c.tenant_id, versions.c.blob)

CONTAINERS = [kind for kind in ItemKind if kind.is_container]
LEAVES = [kind for kind in ItemKind if kind.has_versions]

KEYS_A_QUERY = 1_000
"""Keys named in one IN list; more are asked for in further queries."""


def item_of(row: Row[Any]) -> Item:
    """A row as a value."""
    return Item(
        key=ItemKey(row.key),
        site_key=SiteKey(row.site_key),
        item_id=ItemId(row.item_id),
        library_key=ItemKey(row.library_key) or None,
        parent_key=ItemKey(row.parent_key) or None,
        kind=ItemKind(row.kind),
        name=row.name,
        int_id=row.int_id,
        created_at=row.created_at,
        modified_at=row.modified_at,
        author=PrincipalKey(row.author),
        editor=PrincipalKey(row.editor),
        version=(row.major, row.minor),
        size_bytes=row.size_bytes,
        quick_xor=bytes(row.quick_xor),
        blob=None if row.blob is None else BlobKey(bytes(row.blob)),
        change_no=row.change_no,
        depth=row.depth,
        deleted_at=row.deleted_at,
        fields=row.fields,
        deleted_by=PrincipalKey(row.deleted_by),
        deleted_with=ItemKey(row.deleted_with) or None,
    )


def version_of(row: Row[Any]) -> FileVersion:
    """A row as a value."""
    return FileVersion(
        item_key=ItemKey(row.item_key),
        major=row.major,
        minor=row.minor,
        blob=BlobKey(bytes(row.blob)),
        size_bytes=row.size_bytes,
        quick_xor=bytes(row.quick_xor),
        modified_at=row.modified_at,
        editor=PrincipalKey(row.editor),
        comment=row.comment,
        fields=row.fields,
    )


class ItemStore:
    """`ItemRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def root_of(self, site_key: SiteKey) -> Item | None:
        found = self._list(self._in(site_key), items.c.kind == ItemKind.LIBRARY, items.c.parent_key == 0, LIVE, limit=1)
        return found[0] if found else None

    def libraries(self, site_key: SiteKey) -> Sequence[Item]:
        found = containers_of(self._tenant_id, [site_key])
        is_library = items.c.kind == ItemKind.LIBRARY
        return self._list(items.c.tenant_id == self._tenant_id, items.c.key.in_(found), is_library, limit=2_000)

    def by_id(self, site_key: SiteKey, item_id: ItemId) -> Item | None:
        found = self._list(self._in(site_key), items.c.item_id == item_id, LIVE, limit=1)
        return found[0] if found else None

    def by_keys(self, keys: Iterable[ItemKey]) -> dict[ItemKey, Item]:
        wanted = sorted(set(keys))
        found: dict[ItemKey, Item] = {}
        for start in range(0, len(wanted), KEYS_A_QUERY):
            some = wanted[start : start + KEYS_A_QUERY]
            for item in self._list(items.c.tenant_id == self._tenant_id, items.c.key.in_(some), limit=len(some)):
                found[item.key] = item
        return found

    def by_path(self, library: Item, names: Sequence[str]) -> Item | None:
        if not names:
            return self.by_id(library.site_key, library.item_id)
        if len(names) > paths.PATH_LENGTH:
            return None
        wanted = {f"name_{level}": paths.name_key(name) for level, name in enumerate(names)}
        place = {"tenant": self._tenant_id, "site": library.site_key, "library": library.key}
        row = self._connection.execute(_item_below(len(names)), wanted | place).first()
        return None if row is None else item_of(row)

    def children(self, parent: Item, *, after_name: str, limit: int) -> Sequence[Item]:
        return self._list(
            self._in(parent.site_key),
            items.c.parent_key == parent.key,
            LIVE,
            items.c.name_key > paths.name_key(after_name),
            order=(items.c.name_key,),
            limit=limit,
        )

    def count_children(self, parent_keys: Iterable[ItemKey]) -> dict[ItemKey, int]:
        counts = dict.fromkeys(parent_keys, 0)
        if not counts:
            return counts
        # the site is named so that the index of names serves
        sites_of = select(items.c.site_key).where(items.c.tenant_id == self._tenant_id, items.c.key.in_(counts))
        rows = self._connection.execute(
            select(items.c.parent_key, func.count())
            .where(
                items.c.tenant_id == self._tenant_id,
                items.c.site_key.in_(sites_of),
                items.c.parent_key.in_(counts),
                LIVE,
            )
            .group_by(items.c.parent_key)
        )
        return counts | {ItemKey(key): number for key, number in rows}

    def paths_of(self, items_: Iterable[Item]) -> dict[ItemKey, tuple[str, ...]]:
        keys = [item.key for item in items_]
        if not keys:
            return {}
        start = select(
            items.c.key.label("origin"), items.c.parent_key, items.c.name, items.c.kind, literal(0).label("up")
        )
        walk = start.where(items.c.tenant_id == self._tenant_id, items.c.key.in_(keys)).cte("walk", recursive=True)
        above = items.alias("above")
        walk = walk.union_all(
            select(walk.c.origin, above.c.parent_key, above.c.name, above.c.kind, walk.c.up + 1).where(
                above.c.tenant_id == self._tenant_id,
                above.c.key == walk.c.parent_key,
                walk.c.kind.not_in(CONTAINERS),
            )
        )
        rows = self._connection.execute(
            select(walk.c.origin, walk.c.name)
            .where(walk.c.kind.not_in(CONTAINERS))
            .order_by(walk.c.origin, walk.c.up.desc())
        )
        found: dict[ItemKey, list[str]] = {key: [] for key in keys}
        for origin, name in rows:
            found[ItemKey(origin)].append(name)
        return {key: tuple(names) for key, names in found.items()}

    def page(self, site_key: SiteKey, *, after: ItemKey, limit: int) -> Sequence[Item]:
        where = [self._in(site_key), LIVE]
        if after:
            depth = (
                select(items.c.depth)
                .where(items.c.tenant_id == self._tenant_id, items.c.key == after)
                .scalar_subquery()
            )
            where.append(tuple_(items.c.depth, items.c.key) > tuple_(depth, literal(after, BigInteger)))
        return self._list(*where, order=(items.c.depth, items.c.key), limit=limit)

    def versions(self, item_keys: Iterable[ItemKey]) -> Iterator[FileVersion]:
        keys = sorted(item_keys)
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = (
                select(versions)
                .where(
                    versions.c.tenant_id == self._tenant_id,
                    versions.c.item_key.in_(keys[start : start + KEYS_A_QUERY]),
                )
                .order_by(versions.c.item_key, versions.c.major, versions.c.minor)
                .execution_options(yield_per=1_000)
            )
            for row in self._connection.execute(query):
                yield version_of(row)

    def with_more_versions(self, site_key: SiteKey, *, than: int) -> Item | None:
        many = (
            select(versions.c.item_key)
            .join(items, items.c.key == versions.c.item_key)
            .where(self._in(site_key), LIVE)
            .group_by(versions.c.item_key)
            .having(func.count() > than)
            .limit(1)
        )
        found = self._list(self._in(site_key), items.c.key.in_(many), limit=1)
        return found[0] if found else None

    def changes(self, site_key: SiteKey, *, after: int, limit: int) -> Sequence[Item]:
        return self._list(
            self._in(site_key), items.c.change_no > after, order=(items.c.change_no, items.c.key), limit=limit
        )

    def _in(self, site_key: SiteKey) -> ColumnElement[bool]:
        return (items.c.tenant_id == self._tenant_id) & (items.c.site_key == site_key)

    def _list(
        self, *where: ColumnElement[bool], order: Sequence[ColumnElement[Any]] = (items.c.key,), limit: int
    ) -> list[Item]:
        query = select(items).where(*where).order_by(*order).limit(limit)
        return [item_of(row) for row in self._connection.execute(query)]


def containers_of(tenant_id: TenantId, site_keys: Sequence[SiteKey]) -> Select[Any]:
    """The keys of all live webs, libraries and lists of some sites, found from the root webs down: not every item is read."""
    step = select(items.c.key, items.c.kind).where(
        items.c.tenant_id == tenant_id, items.c.site_key.in_(site_keys), LIVE, items.c.kind.in_(CONTAINERS)
    )
    walk = step.where(items.c.parent_key == 0).cte("containers", recursive=True)
    below = items.alias("below")
    walk = walk.union_all(
        select(below.c.key, below.c.kind).where(
            below.c.tenant_id == tenant_id,
            below.c.site_key.in_(site_keys),
            below.c.parent_key == walk.c.key,
            below.c.deleted_at.is_(None),
            walk.c.kind == ItemKind.WEB,
        )
    )
    return select(walk.c.key)


@functools.lru_cache(maxsize=50)
def _item_below(levels: int) -> Select[Any]:
    """The item so many names below a library. Kept, since building it takes ten times as long as the database's answer."""
    tenant = bindparam("tenant", type_=Guid)
    walk = select(bindparam("library", type_=BigInteger).label("key"), literal(0).label("level")).cte(
        "walk", recursive=True
    )
    child = items.alias("child")
    named = case({level: bindparam(f"name_{level}", type_=NameKey) for level in range(levels)}, value=walk.c.level)
    walk = walk.union_all(
        select(child.c.key, walk.c.level + 1).where(
            child.c.tenant_id == tenant,
            child.c.site_key == bindparam("site", type_=BigInteger),
            child.c.parent_key == walk.c.key,
            child.c.name_key == named,
            child.c.deleted_at.is_(None),
            walk.c.level < levels,
        )
    )
    end = select(walk.c.key).where(walk.c.level == levels).scalar_subquery()
    return select(items).where(items.c.tenant_id == tenant, items.c.key == end)
