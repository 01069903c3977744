"""Real files brought into a library in bulk (`xtenant lab import`): dates kept, everything by one author.

Entries are streamed: content is put as it comes, rows are written in batches. Symbolic links and special files are the
caller's affair; only folders and plain files arrive here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xtenant.domain import content, errors, paths
from xtenant.domain.content import (
    Item,
    ItemId,
    ItemKind,
    ItemRow,
    NewVersion,
    Principal,
    PrincipalKey,
    Site,
    SiteId,
    StoredBlob,
)
from xtenant.domain.drive import Drive, DriveRef
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import BlobStore, SiteWriter
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations import blobs
from xtenant.operations.content import drive_in

BATCH_ENTRIES = 500
BATCH_BYTES = 64 * 1024 * 1024
TRIES = 5
Pieces = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportVersion:
    """One version; `pieces` can be called again (content is put anew when the collector was faster)."""

    modified_at: datetime
    pieces: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEntry:
    """A folder (no versions) or a file (versions oldest first), by its names below the library."""

    names: tuple[str, ...]
    created_at: datetime
    modified_at: datetime
    versions: tuple[ImportVersion, ...] = ()


@dataclass(slots=True)
class ImportTally:
    """What an import brought in. `replaced` files were there before and got further versions; `renamed` ones differ from
    another of their folder in letter case only, which SharePoint takes for one name."""

    folders: int = 0
    files: int = 0
    replaced: int = 0
    renamed: int = 0
    versions: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class _Import:
    units: Units
    store: BlobStore
    ref: DriveRef
    author: PrincipalKey
    clock: Clock
    ids: IdSource
    tally: ImportTally = field(default_factory=ImportTally)
    folders: dict[tuple[str, ...], ItemId] = field(default_factory=dict[tuple[str, ...], ItemId])
    fresh: set[ItemId] = field(default_factory=set[ItemId])
    """Folders this import made: nothing can be in them that it did not bring."""


def import_items(
    units: Units,
    store: BlobStore,
    *,
    site_id: SiteId,
    library_id: ItemId | None = None,
    author: Principal,
    entries: Iterable[ImportEntry],
    clock: Clock,
    ids: IdSource,
) -> ImportTally:
    """Bring entries into a library, folders on their way included. A file that is there gets the versions on top.

    Raises InvalidName, PathTooLong, NameTaken (a file where a folder belongs), NotFound, Locked; what earlier batches
    wrote stays.
    """
    ref = DriveRef(site_id=site_id, library_id=library_id)
    with units.write() as uow:
        drive_in(uow, _site(uow, site_id), ref)
        key = uow.principals.ensure([author])[author.directory_id]
    work = _Import(units=units, store=store, ref=ref, author=key, clock=clock, ids=ids)
    batch: list[tuple[ImportEntry, tuple[StoredBlob, ...]]] = []
    size = 0
    seen: set[tuple[str, ...]] = set()
    for entry in entries:
        place = tuple(paths.name_key(name) for name in entry.names)
        if place in seen:  # a further version of a file that is not written yet
            _write(work, batch)
            batch, size = [], 0
            seen.clear()
        seen.add(place)
        stored = tuple(store.put(version.pieces()) for version in entry.versions)
        batch.append((entry, stored))
        size += sum(blob.size_bytes for blob in stored)
        if len(batch) >= BATCH_ENTRIES or size >= BATCH_BYTES:
            _write(work, batch)
            batch, size = [], 0
            seen.clear()
    if batch:
        _write(work, batch)
    return work.tally


def _write(work: _Import, batch: Sequence[tuple[ImportEntry, tuple[StoredBlob, ...]]]) -> None:
    """One batch: content recorded, then all rows in one unit."""
    careful = False
    for _try in range(TRIES):
        try:
            blobs.record(work.units, work.store, [blob for _, stored in batch for blob in stored], clock=work.clock)
            with work.units.write() as uow:
                made = _write_rows(work, uow, batch, careful=careful)
        except content.NameTaken:
            if careful:
                raise
            careful = True  # two names that differ in letter case: look at each one
            continue
        except content.BlobGone:
            for entry, _stored in batch:
                for version in entry.versions:
                    work.store.put(version.pieces())
            continue
        work.folders |= made
        return
    raise content.BlobGone("The content was collected again and again while it was imported.")


def _write_rows(
    work: _Import,
    uow: UnitOfWork,
    batch: Sequence[tuple[ImportEntry, tuple[StoredBlob, ...]]],
    *,
    careful: bool,
) -> dict[tuple[str, ...], ItemId]:
    site = _site(uow, work.ref.site_id)
    writer = uow.write_site(site.key, now=work.clock.business_now())
    drive = drive_in(uow, writer.site, work.ref)
    tally = ImportTally()
    made: dict[tuple[str, ...], ItemId] = {}
    rows: list[ItemRow] = []
    taken: set[tuple[ItemId, str]] = set()
    for entry, stored in batch:
        is_folder = not entry.versions
        parent = _folder(work, uow, drive, entry.names if is_folder else entry.names[:-1], entry, made, rows)
        if is_folder:
            continue
        names, there = _place(work, uow, drive, entry.names, parent, taken if careful else None)
        _check(drive, names, folder=False)
        versions = _versions(work, entry, stored)
        tally.versions += len(versions)
        tally.size_bytes += sum(blob.size_bytes for blob in stored)
        tally.renamed += names != entry.names
        if there is not None:
            _add_versions(writer, there, versions)
            tally.replaced += 1
            continue
        rows.append(_row(work, entry, names[-1], parent, versions))
        tally.files += 1
    writer.add_rows(rows)
    tally.folders = len(rows) - tally.files
    _add_up(work.tally, tally)
    return made


def _place(
    work: _Import,
    uow: UnitOfWork,
    drive: Drive,
    names: tuple[str, ...],
    parent: ItemId,
    taken: set[tuple[ItemId, str]] | None,
) -> tuple[tuple[str, ...], Item | None]:
    """Under which names a file goes in, and the file that is there already. With `taken` (the names of this batch) names
    that collide in a folder of this import's own making are numbered."""
    own = parent in work.fresh
    if taken is None:
        return names, None if own else uow.items.by_path(drive.library, names)
    for number in range(BATCH_ENTRIES):
        tried = names if number == 0 else (*names[:-1], paths.numbered(names[-1], number))
        there = uow.items.by_path(drive.library, tried)
        key = (parent, paths.name_key(tried[-1]))
        if key not in taken and (there is None or not own):
            taken.add(key)
            return tried, there
    raise content.NameTaken(f"There are too many items named {names[-1]!r}.", name=names[-1])


def _versions(work: _Import, entry: ImportEntry, stored: Sequence[StoredBlob]) -> tuple[NewVersion, ...]:
    return tuple(
        NewVersion(major=number, minor=0, stored=blob, modified_at=version.modified_at, editor=work.author)
        for number, (version, blob) in enumerate(zip(entry.versions, stored, strict=True), start=1)
    )


def _folder(
    work: _Import,
    uow: UnitOfWork,
    drive: Drive,
    names: tuple[str, ...],
    entry: ImportEntry,
    made: dict[tuple[str, ...], ItemId],
    rows: list[ItemRow],
) -> ItemId:
    """The id of a folder; a row for each that is not there yet."""
    if not names:
        return drive.library.item_id
    key = tuple(paths.name_key(name) for name in names)
    known = made.get(key) or work.folders.get(key)
    if known is not None:
        return known
    parent = _folder(work, uow, drive, names[:-1], entry, made, rows)
    there = None if parent in work.fresh else uow.items.by_path(drive.library, names)
    if there is None:
        _check(drive, names, folder=True)
        row = ItemRow(
            item_id=ItemId(work.ids.new_id()),
            library_id=None,
            parent_id=parent,
            kind=ItemKind.FOLDER,
            name=names[-1],
            int_id=0,
            created_at=entry.created_at,
            modified_at=entry.modified_at,
            author=work.author,
            editor=work.author,
        )
        rows.append(row)
        work.fresh.add(row.item_id)
        made[key] = row.item_id
    elif there.kind is ItemKind.FILE:
        raise content.NameTaken(f"{names[-1]!r} is a file, not a folder.", name=names[-1])
    else:
        made[key] = there.item_id
    return made[key]


def _row(work: _Import, entry: ImportEntry, name: str, parent: ItemId, versions: tuple[NewVersion, ...]) -> ItemRow:
    return ItemRow(
        item_id=ItemId(work.ids.new_id()),
        library_id=None,
        parent_id=parent,
        kind=ItemKind.FILE,
        name=name,
        int_id=0,
        created_at=entry.created_at,
        modified_at=entry.modified_at,
        author=work.author,
        editor=work.author,
        versions=versions,
    )


def _add_versions(writer: SiteWriter, there: Item, versions: Sequence[NewVersion]) -> None:
    if there.kind is not ItemKind.FILE:
        raise content.NameTaken(f"{there.name!r} is a folder, not a file.", name=there.name)
    for version in versions:
        if version.stored.key == there.blob:
            continue  # the same content again is no further version
        there = writer.add_version(
            there,
            NewVersion(
                major=there.version[0] + 1,
                minor=0,
                stored=version.stored,
                modified_at=version.modified_at,
                editor=version.editor,
                fields=there.fields,
            ),
        )


def _check(drive: Drive, names: tuple[str, ...], *, folder: bool) -> None:
    paths.item_name(names[-1], folder=folder, at_root=len(names) == 1)
    paths.check_length(drive.site.url, (*drive.address, *names))


def _site(uow: UnitOfWork, site_id: SiteId) -> Site:
    site = uow.sites.visible_by_id(site_id)
    if site is None or site.is_redirect:
        raise errors.NotFound("There is no such site.")
    return site


def _add_up(whole: ImportTally, part: ImportTally) -> None:
    whole.folders += part.folders
    whole.files += part.files
    whole.replaced += part.replaced
    whole.renamed += part.renamed
    whole.versions += part.versions
    whole.size_bytes += part.size_bytes
