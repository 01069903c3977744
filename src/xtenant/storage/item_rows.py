"""Items as bulk rows: GUIDs of parents become keys, free list numbers are given out, and everything goes in at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from xtenant.domain import content, errors, paths
from xtenant.domain.content import NO_CONTENT, ItemId, ItemKind, ItemRow, NewAttachment, NewVersion, Site
from xtenant.domain.tenant import TenantId
from xtenant.storage.attachments import attachments
from xtenant.storage.bulk import Row, insert_rows, instant, new_keys, whole_seconds
from xtenant.storage.items import LEAVES, items, versions

ITEM_COLUMNS = tuple(column.name for column in items.columns)
VERSION_COLUMNS = tuple(column.name for column in versions.columns)
ATTACHMENT_COLUMNS = tuple(column.name for column in attachments.columns)
"""In the order of the tables; the functions below that make rows follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An item that others are put under; `library` is its own key for a library or list, 0 for a web."""

    key: int
    depth: int
    library: int
    kind: ItemKind
    live: bool


ROOT_WEB = Place(key=0, depth=-1, library=0, kind=ItemKind.WEB, live=True)


def insert_items(connection: Connection, tenant_id: TenantId, site: Site, rows: Sequence[ItemRow]) -> None:
    """Insert items with their versions and attachments, parents before children.

    Raises NotFound for an unknown parent or library, NameTaken when a name, id or number is there already.
    """
    keys = new_keys(connection, items, len(rows))
    places = _known_places(connection, tenant_id, site, rows)
    numbers = _free_numbers(connection, tenant_id, places, rows)
    bulk = [
        _item_values(tenant_id, site, row, placed, numbers, site.change_no + ordinal)
        for ordinal, (row, placed) in enumerate(_placed(rows, keys, places), start=1)
    ]
    try:
        insert_rows(connection, items, ITEM_COLUMNS, bulk)
        insert_rows(
            connection,
            attachments,
            ATTACHMENT_COLUMNS,
            (_attachment_values(tenant_id, key, new) for row, key in _each(rows, keys) for new in row.attachments),
        )
    except errors.Conflict as error:
        raise content.NameTaken("An item of this name, id or number is there already.") from error
    insert_rows(
        connection,
        versions,
        VERSION_COLUMNS,
        (_version_values(tenant_id, key, new) for row, key in _each(rows, keys) for new in row.versions),
    )


def insert_version(connection: Connection, tenant_id: TenantId, item_key: int, version: NewVersion) -> None:
    """Insert one version of an item that is there."""
    insert_rows(connection, versions, VERSION_COLUMNS, [_version_values(tenant_id, item_key, version)])


def insert_attachment(connection: Connection, tenant_id: TenantId, item_key: int, attachment: NewAttachment) -> None:
    """Attach one file to an item that is there. Raises NameTaken."""
    try:
        insert_rows(connection, attachments, ATTACHMENT_COLUMNS, [_attachment_values(tenant_id, item_key, attachment)])
    except errors.Conflict as error:
        raise content.NameTaken(
            f"A file named {attachment.name!r} is attached already.", name=attachment.name
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    key: int
    parent: Place
    library: int
    deleted_with: int


def _each(rows: Sequence[ItemRow], keys: Sequence[int]) -> Iterator[tuple[ItemRow, int]]:
    return zip(rows, keys, strict=True)


def _known_places(
    connection: Connection, tenant_id: TenantId, site: Site, rows: Sequence[ItemRow]
) -> dict[ItemId, Place]:
    """The places of parents and libraries that are not among the rows themselves, in one query."""
    own = {row.item_id for row in rows}
    named = {guid for row in rows for guid in (row.parent_id, row.library_id, row.deleted_with) if guid} - own
    if not named:
        return {}
    query = select(
        items.c.item_id, items.c.key, items.c.depth, items.c.library_key, items.c.kind, items.c.deleted_at
    ).where(items.c.tenant_id == tenant_id, items.c.site_key == site.key, items.c.item_id.in_(named))
    return {
        ItemId(row.item_id): _place(row.key, row.depth, row.library_key, ItemKind(row.kind), row.deleted_at is None)
        for row in connection.execute(query)
    }


def _place(key: int, depth: int, library: int, kind: ItemKind, live: bool) -> Place:
    return Place(key=key, depth=depth, library=key if kind.is_list else library, kind=kind, live=live)


def _placed(
    rows: Sequence[ItemRow], keys: Sequence[int], places: dict[ItemId, Place]
) -> Iterator[tuple[ItemRow, _Placed]]:
    """Each row with its key and the place of its parent; the row itself becomes a place for later ones."""
    for row, key in _each(rows, keys):
        parent = _parent_of(row, places)
        library = 0 if row.kind.is_container else parent.library
        places[row.item_id] = _place(key, parent.depth + 1, library, row.kind, row.deleted_at is None)
        yield row, _Placed(key=key, parent=parent, library=library, deleted_with=_deleted_with(row, places))


def _parent_of(row: ItemRow, places: dict[ItemId, Place]) -> Place:
    if row.kind.is_container and row.parent_id is None:
        return ROOT_WEB
    found = None if row.parent_id is None else places.get(row.parent_id)
    if found is None or found.kind in LEAVES or not (found.live or row.deleted_at):
        raise errors.NotFound("The folder an item was to be put into is not there.", item=row.item_id)
    if row.kind.is_container is not (found.kind is ItemKind.WEB):
        raise errors.NotFound("Webs and lists stand in webs, everything else in a list.", item=row.item_id)
    return found


def _deleted_with(row: ItemRow, places: dict[ItemId, Place]) -> int:
    if row.deleted_at is None:
        return 0
    found = places.get(row.deleted_with or row.item_id)
    if found is None or found.live:
        raise errors.NotFound("What an item was deleted with is not in the recycle bin.", item=row.item_id)
    return found.key


def _free_numbers(
    connection: Connection, tenant_id: TenantId, places: dict[ItemId, Place], rows: Sequence[ItemRow]
) -> dict[int, int]:
    """By library key the highest number in use, for rows that ask for the next one."""
    if all(row.int_id or row.kind.is_container for row in rows):
        return {}
    wanted = {place.library for place in places.values()} - {0}
    query = (
        select(items.c.library_key, func.max(items.c.int_id))
        .where(items.c.tenant_id == tenant_id, items.c.library_key.in_(wanted))
        .group_by(items.c.library_key)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _item_values(
    tenant_id: TenantId, site: Site, row: ItemRow, placed: _Placed, numbers: dict[int, int], change_no: int
) -> Row:
    current = row.versions[-1] if row.versions else None
    number = _number_of(row, placed.library, numbers)
    name = f"{number}_.000" if row.kind is ItemKind.LIST_ITEM else row.name
    return (
        placed.key,
        tenant_id.bytes,
        site.key,
        row.item_id.bytes,
        placed.library,
        placed.parent.key,
        placed.parent.depth + 1,
        int(row.kind),
        name,
        name_key(row.kind, name),
        number,
        instant(whole_seconds(row.created_at)),
        instant(whole_seconds(row.modified_at)),
        row.author,
        row.editor,
        current.major if current else 0,
        current.minor if current else 0,
        current.stored.size_bytes if current else 0,
        current.stored.quick_xor if current else b"",
        current.stored.key if current and current.stored.key != NO_CONTENT else None,
        change_no,
        instant(whole_seconds(row.deleted_at)) if row.deleted_at else None,
        current.fields if current else row.fields,
        row.deleted_by,
        placed.deleted_with,
    )


def name_key(kind: ItemKind, name: str) -> str:
    """What is unique among what lives in one parent: a list stands in its web's folder `Lists`, not beside the libraries."""
    return f"lists/{paths.name_key(name)}" if kind is ItemKind.LIST else paths.name_key(name)


def _number_of(row: ItemRow, library: int, numbers: dict[int, int]) -> int:
    if row.kind.is_container:
        return 0
    number = row.int_id or numbers.get(library, 0) + 1
    numbers[library] = max(numbers.get(library, 0), number)
    return number


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
        new.fields,
    )


def _attachment_values(tenant_id: TenantId, item_key: int, new: NewAttachment) -> Row:
    return (
        tenant_id.bytes,
        item_key,
        paths.name_key(new.name),
        new.name,
        new.stored.key,
        new.stored.size_bytes,
        new.stored.quick_xor,
        instant(whole_seconds(new.created_at)),
        instant(whole_seconds(new.modified_at)),
        new.author,
        new.editor,
    )
