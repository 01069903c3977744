"""Items as bulk rows: GUIDs of parents become keys, free list numbers are given out, and everything goes in at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, select

from xtenant.domain import content, errors, paths
from xtenant.domain.content import ItemId, ItemKind, ItemRow, NewVersion, Site
from xtenant.domain.tenant import TenantId
from xtenant.storage.bulk import Row, insert_rows, instant, new_keys, whole_seconds
from xtenant.storage.items import items, versions

ITEM_COLUMNS = tuple(column.name for column in items.columns if column.name != "deleted_at")
VERSION_COLUMNS = tuple(column.name for column in versions.columns)
"""In the order of the tables; the functions below that make rows follow it."""


def insert_items(connection: Connection, tenant_id: TenantId, site: Site, rows: Sequence[ItemRow]) -> None:
    """Insert items with their versions, parents before children.

    Raises NotFound for an unknown parent or library, NameTaken when a name, id or number is there already.
    """
    keys = new_keys(connection, items, len(rows))
    places = _known_places(connection, tenant_id, site, rows)
    numbers = _free_numbers(connection, tenant_id, places, rows)
    bulk = [
        _item_values(tenant_id, site, row, key, place, numbers, site.change_no + ordinal)
        for ordinal, (row, key, place) in enumerate(_placed(rows, keys, places), start=1)
    ]
    try:
        insert_rows(connection, items, ITEM_COLUMNS, bulk)
    except errors.Conflict as error:
        raise content.NameTaken("An item of this name, id or number is there already.") from error
    insert_rows(
        connection,
        versions,
        VERSION_COLUMNS,
        (_version_values(tenant_id, key, new) for row, key in zip(rows, keys, strict=True) for new in row.versions),
    )


def insert_version(connection: Connection, tenant_id: TenantId, item_key: int, version: NewVersion) -> None:
    """Insert one version of an item that is there."""
    insert_rows(connection, versions, VERSION_COLUMNS, [_version_values(tenant_id, item_key, version)])


Place = tuple[int, int, int]
"""(key, depth, key of its library) of an item that children are put under."""


def _known_places(
    connection: Connection, tenant_id: TenantId, site: Site, rows: Sequence[ItemRow]
) -> dict[ItemId, Place]:
    """The places of parents and libraries that are not among the rows themselves, in one query."""
    own = {row.item_id for row in rows}
    named = {guid for row in rows for guid in (row.parent_id, row.library_id) if guid is not None} - own
    if not named:
        return {}
    query = select(items.c.item_id, items.c.key, items.c.depth, items.c.library_key).where(
        items.c.tenant_id == tenant_id,
        items.c.site_key == site.key,
        items.c.item_id.in_(named),
        items.c.deleted_at.is_(None),
        items.c.kind != ItemKind.FILE,
    )
    return {ItemId(row.item_id): (row.key, row.depth, row.library_key or row.key) for row in connection.execute(query)}


def _placed(
    rows: Sequence[ItemRow], keys: Sequence[int], places: dict[ItemId, Place]
) -> Iterator[tuple[ItemRow, int, Place]]:
    """Each row with its key and the place of its parent; the row itself becomes a place for later ones."""
    for row, key in zip(rows, keys, strict=True):
        if row.kind is ItemKind.LIBRARY:
            parent: Place = (0, -1, 0)
            places[row.item_id] = (key, 0, key)
        else:
            known = None if row.parent_id is None else places.get(row.parent_id)
            if known is None:
                raise errors.NotFound("The folder an item was to be put into is not there.", item=row.item_id)
            parent = known
            if row.kind is ItemKind.FOLDER:
                places[row.item_id] = (key, parent[1] + 1, parent[2])
        yield row, key, parent


def _free_numbers(
    connection: Connection, tenant_id: TenantId, places: dict[ItemId, Place], rows: Sequence[ItemRow]
) -> dict[int, int]:
    """By library key the highest number in use, for rows that ask for the next one."""
    if all(row.int_id or row.kind is ItemKind.LIBRARY for row in rows):
        return {}
    query = (
        select(items.c.library_key, func.max(items.c.int_id))
        .where(items.c.tenant_id == tenant_id, items.c.library_key.in_({place[2] for place in places.values()}))
        .group_by(items.c.library_key)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _item_values(
    tenant_id: TenantId,
    site: Site,
    row: ItemRow,
    key: int,
    parent: Place,
    numbers: dict[int, int],
    change_no: int,
) -> Row:
    current = row.versions[-1] if row.versions else None
    parent_key, depth, library = parent
    number = row.int_id
    if not number and row.kind is not ItemKind.LIBRARY:
        number = numbers.get(library, 0) + 1
    numbers[library] = max(numbers.get(library, 0), number)
    return (
        key,
        tenant_id.bytes,
        site.key,
        row.item_id.bytes,
        library,
        parent_key,
        depth + 1,
        int(row.kind),
        row.name,
        paths.name_key(row.name),
        number,
        instant(whole_seconds(row.created_at)),
        instant(whole_seconds(row.modified_at)),
        row.author,
        row.editor,
        current.major if current else 0,
        current.minor if current else 0,
        current.stored.size_bytes if current else 0,
        current.stored.quick_xor if current else b"",
        current.stored.key if current else None,
        change_no,
    )


def _version_values(tenant_id: TenantId, item_key: int, new: NewVersion) -> Row:
    return (
        tenant_id.bytes,
        item_key,
        new.major,
        new.minor,
        new.stored.key,
        new.stored.size_bytes,
        new.stored.quick_xor,
        instant(whole_seconds(new.modified_at)),
        new.editor,
        new.comment,
    )
