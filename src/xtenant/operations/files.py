"""Writing content: folders, files and their versions, renaming, moving, dates, deletion (`content-api.md` 1.8).

Each function checks the caller's right and the names, then writes through `write_site` in one unit. Changing or deleting an
item needs the right to write on the item itself (and on what it holds under permissions of its own), making one needs it on
the folder. `matches` is the caller's If-Match: asked about the item as it stands, False refuses.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime

from xtenant.domain import content, errors, paths, versioning
from xtenant.domain.caller import Caller
from xtenant.domain.content import Item, ItemId, ItemKind, ItemRow, NewVersion, PrincipalKey, Role, Site, StoredBlob
from xtenant.domain.drive import Drive, DriveRef, ItemView, Where
from xtenant.domain.fields import Fields
from xtenant.domain.lists import ListDefinition
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.upload import ConflictBehavior, FileDates
from xtenant.operations import access
from xtenant.operations.access import Standing
from xtenant.operations.content import drive_in, entered_drive, item_at, view_of

NO_DATES = FileDates()
RENAMES = 1_000
Matches = Callable[[Item], bool]
Guard = Callable[[Item], None]
"""Raises AccessDenied where the caller may not write an item, or not make one in a folder."""


def create_folder(
    units: Units,
    caller: Caller,
    *,
    ref: DriveRef,
    parent: Where,
    name: str,
    conflict: ConflictBehavior = ConflictBehavior.FAIL,
    dates: FileDates = NO_DATES,
    clock: Clock,
    ids: IdSource,
) -> ItemView:
    """A new folder; with 'replace' the one that is there already. Raises NameTaken, InvalidName, PathTooLong."""
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        guard = guard_of(uow, standing)
        folder = item_at(uow, drive, parent, standing)
        guard(folder)
        by = access.author_of(uow, caller)
        there = _child(uow, folder, name)
        if there is not None and conflict is ConflictBehavior.REPLACE and there.kind is ItemKind.FOLDER:
            guard(there)
            return view_of(uow, drive, there)
        if there is not None:
            name = _free_name(uow, folder, name, conflict)
        made = _add_folder(uow, writer, drive, folder, name, by, dates, clock, ids)
        return view_of(uow, drive, made)


def put_file(
    units: Units,
    caller: Caller,
    *,
    ref: DriveRef,
    where: Where,
    stored: StoredBlob,
    conflict: ConflictBehavior = ConflictBehavior.REPLACE,
    dates: FileDates = NO_DATES,
    matches: Matches | None = None,
    clock: Clock,
    ids: IdSource,
) -> tuple[ItemView, bool]:
    """Content that `operations.blobs.keep` has recorded becomes a file or its next version; (the file, whether it is new).

    Missing folders on the way are made, as at Microsoft. Raises NotFound for an id that is not there, NameTaken,
    PreconditionFailed, BlobGone (keep the content again).
    """
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        guard = guard_of(uow, standing)
        by = access.author_of(uow, caller)
        if not where.names:
            item = item_at(uow, drive, where, standing)
            guard(item)
            _require_match(item, matches)
            return view_of(uow, drive, _next_version(uow, writer, item, stored, by, dates, clock)), False
        start = item_at(uow, drive, Where(item_id=where.item_id))
        folder = _folders_on_the_way(uow, writer, drive, guard, start, where.names[:-1], by, clock, ids)
        item, created = place_file(
            uow, writer, drive, guard, folder, where.names[-1], stored, conflict, dates, by, matches, clock, ids
        )
        return view_of(uow, drive, item), created


def change_item(
    units: Units,
    caller: Caller,
    *,
    ref: DriveRef,
    where: Where,
    name: str | None = None,
    parent: ItemId | None = None,
    conflict: ConflictBehavior = ConflictBehavior.FAIL,
    dates: FileDates = NO_DATES,
    matches: Matches | None = None,
    clock: Clock,
) -> ItemView:
    """Rename, move inside the drive, set dates: what is None stays. Raises NameTaken, PathTooLong, PreconditionFailed."""
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        guard = guard_of(uow, standing)
        item = item_at(uow, drive, where, standing)
        guard(item)
        _require_match(item, matches)
        by = access.author_of(uow, caller)
        if item.kind is ItemKind.LIBRARY:
            raise errors.UsageError("The root of a drive cannot be changed.")
        if name is not None or parent is not None:
            item = _move(uow, writer, drive, guard, item, name, parent, conflict)
        if dates != NO_DATES:
            item = writer.touch(item, created_at=dates.created_at, modified_at=dates.modified_at, editor=by)
        return view_of(uow, drive, item)


def delete_item(
    units: Units, caller: Caller, *, ref: DriveRef, where: Where, matches: Matches | None = None, clock: Clock
) -> None:
    """To the recycle bin with everything below it; AccessDenied if the caller may not write something of that."""
    with units.write() as uow:
        drive, writer, standing = open_drive(uow, caller, ref, clock)
        item = item_at(uow, drive, where, standing)
        access.require_tree(uow, standing, item, Role.WRITE)
        if item.kind is ItemKind.LIBRARY:
            raise errors.UsageError("The root of a drive cannot be deleted.")
        _require_match(item, matches)
        writer.delete_by(item, by=access.author_of(uow, caller), now=clock.business_now())


def open_drive(
    uow: UnitOfWork, caller: Caller, ref: DriveRef, clock: Clock, *, epoch: int | None = None
) -> tuple[Drive, SiteWriter, Standing]:
    """The site's row locked, the drive read behind the lock. Each item to be written is still to be checked."""
    _, standing = entered_drive(uow, caller, ref)
    access.require_writer(standing)
    writer = uow.write_site(standing.site.key, now=clock.business_now(), epoch=epoch)
    return drive_in(uow, writer.site, ref), writer, standing


def guard_of(uow: UnitOfWork, standing: Standing) -> Guard:
    """Asks for the right to write."""
    return functools.partial(access.require_item, uow, standing, wanted=Role.WRITE)


def require_writable(uow: UnitOfWork, caller: Caller, ref: DriveRef, where: Where) -> Site:
    """Refuse early, before a body is taken, who may not write what an address names or would make. The site is returned.

    Raises what reading raises, and AccessDenied.
    """
    drive, standing = entered_drive(uow, caller, ref)
    access.require_writer(standing)
    start = item_at(uow, drive, Where(item_id=where.item_id))
    there = uow.items.by_path(start, where.names) or uow.items.by_path(start, where.names[:-1])
    if there is not None:  # where folders are missing too, the commit decides
        access.require_item(uow, standing, there, Role.WRITE)
    return drive.site


def place_file(
    uow: UnitOfWork,
    writer: SiteWriter,
    drive: Drive,
    guard: Guard,
    folder: Item,
    name: str,
    stored: StoredBlob,
    conflict: ConflictBehavior,
    dates: FileDates,
    by: PrincipalKey,
    matches: Matches | None,
    clock: Clock,
    ids: IdSource,
) -> tuple[Item, bool]:
    """A file in a folder: new, the next version of the one that is there, or under a free name; whether it is new."""
    paths.item_name(name, at_root=folder.kind is ItemKind.LIBRARY)
    there = _child(uow, folder, name)
    if there is not None:
        if conflict is ConflictBehavior.REPLACE and there.kind is ItemKind.FILE:
            guard(there)
            _require_match(there, matches)
            return _next_version(uow, writer, there, stored, by, dates, clock), False
        name = _free_name(uow, folder, name, conflict)
    elif matches is not None:
        raise errors.PreconditionFailed("There is no such item.")
    guard(folder)
    _require_short(uow, drive, folder, name)
    now = clock.business_now()
    modified_at = dates.modified_at or now
    major, minor = versioning.first_number(definition_of(uow, folder))
    version = NewVersion(major=major, minor=minor, stored=stored, modified_at=modified_at, editor=by)
    row = ItemRow(
        item_id=ItemId(ids.new_id()),
        library_id=None,
        parent_id=folder.item_id,
        kind=ItemKind.FILE,
        name=name,
        int_id=0,
        created_at=dates.created_at or now,
        modified_at=modified_at,
        author=by,
        editor=by,
        versions=(version,),
    )
    return writer.add_item(row), True


def _next_version(
    uow: UnitOfWork,
    writer: SiteWriter,
    item: Item,
    stored: StoredBlob,
    by: PrincipalKey,
    dates: FileDates,
    clock: Clock,
) -> Item:
    if item.kind is not ItemKind.FILE:
        raise errors.UsageError("Only a file has content.")
    modified_at = dates.modified_at or clock.business_now()
    item = write_version(uow, writer, item, stored, item.fields, by, modified_at)
    if dates.created_at is not None:
        item = writer.touch(item, created_at=dates.created_at, modified_at=None, editor=by)
    return item


def write_version(
    uow: UnitOfWork,
    writer: SiteWriter,
    item: Item,
    stored: StoredBlob,
    fields: Fields,
    by: PrincipalKey,
    modified_at: datetime,
) -> Item:
    """What a file or list item becomes, by the settings of its library or list: a draft, a version, or itself in place."""
    definition = definition_of(uow, item)
    number = versioning.next_number(item, definition)
    major, minor = number or item.version
    version = NewVersion(major=major, minor=minor, stored=stored, modified_at=modified_at, editor=by, fields=fields)
    if number is None:
        return writer.replace_version(item, version)
    item = writer.add_version(item, version)
    if definition.version_limit and major > definition.version_limit:
        writer.trim_versions(item, keep=definition.version_limit)
    return item


def definition_of(uow: UnitOfWork, item: Item) -> ListDefinition:
    """Of the library or list that an item is or lies in."""
    key = item.library_key or item.key
    return uow.definitions.lists(item.site_key, [key])[key]


def _move(
    uow: UnitOfWork,
    writer: SiteWriter,
    drive: Drive,
    guard: Guard,
    item: Item,
    name: str | None,
    parent: ItemId | None,
    conflict: ConflictBehavior,
) -> Item:
    if parent is None:
        assert item.parent_key is not None
        folder = uow.items.by_keys([item.parent_key])[item.parent_key]
    else:
        folder = item_at(uow, drive, Where(item_id=parent))
    if folder.key != item.parent_key:
        guard(folder)
    if folder.kind is ItemKind.FILE:
        raise errors.UsageError("A file holds no items.")
    name = name or item.name
    if (folder.key, name) == (item.parent_key, item.name):
        return item
    paths.item_name(name, folder=item.kind is ItemKind.FOLDER, at_root=folder.kind is ItemKind.LIBRARY)
    there = _child(uow, folder, name)
    if there is not None and there.key != item.key:
        name = _free_name(uow, folder, name, conflict)
    _require_short(uow, drive, folder, name)
    return writer.move_item(item, parent=folder, name=name)


def _folders_on_the_way(
    uow: UnitOfWork,
    writer: SiteWriter,
    drive: Drive,
    guard: Guard,
    start: Item,
    names: tuple[str, ...],
    by: PrincipalKey,
    clock: Clock,
    ids: IdSource,
) -> Item:
    there = uow.items.by_path(start, names)
    if there is not None:
        return there
    folder = start
    for name in names:  # at most as many as a path of 400 characters has
        found = _child(uow, folder, name)
        if found is None:
            guard(folder)
        folder = found or _add_folder(uow, writer, drive, folder, name, by, NO_DATES, clock, ids)
        if folder.kind is ItemKind.FILE:
            raise content.NameTaken(f"{name!r} is a file, not a folder.", name=name)
    return folder


def _add_folder(
    uow: UnitOfWork,
    writer: SiteWriter,
    drive: Drive,
    parent: Item,
    name: str,
    by: PrincipalKey,
    dates: FileDates,
    clock: Clock,
    ids: IdSource,
) -> Item:
    if parent.kind is ItemKind.FILE:
        raise errors.UsageError("A file holds no items.")
    paths.item_name(name, folder=True, at_root=parent.kind is ItemKind.LIBRARY)
    _require_short(uow, drive, parent, name)
    now = clock.business_now()
    row = ItemRow(
        item_id=ItemId(ids.new_id()),
        library_id=None,
        parent_id=parent.item_id,
        kind=ItemKind.FOLDER,
        name=name,
        int_id=0,
        created_at=dates.created_at or now,
        modified_at=dates.modified_at or now,
        author=by,
        editor=by,
    )
    return writer.add_item(row)


def _child(uow: UnitOfWork, folder: Item, name: str) -> Item | None:
    if folder.kind is ItemKind.FILE:
        raise errors.UsageError("A file holds no items.")
    return uow.items.by_path(folder, [name])


def _free_name(uow: UnitOfWork, folder: Item, name: str, conflict: ConflictBehavior) -> str:
    """Another name where 'rename' is asked for; NameTaken otherwise."""
    if conflict is ConflictBehavior.RENAME:
        for number in range(1, RENAMES):
            tried = paths.numbered(name, number)
            if _child(uow, folder, tried) is None:
                return tried
    raise content.NameTaken(f"The folder holds an item named {name!r} already.", name=name)


def _require_short(uow: UnitOfWork, drive: Drive, folder: Item, name: str) -> None:
    names = uow.items.paths_of([folder])[folder.key]
    paths.check_length(drive.site.url, (*drive.address, *names, name))


def _require_match(item: Item, matches: Matches | None) -> None:
    if matches is not None and not matches(item):
        raise errors.PreconditionFailed("The item has changed since it was read.")
