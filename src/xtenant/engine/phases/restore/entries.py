"""Items of the hidden site, live and deleted: the rows that the manifest asks for, and what stands in the store in the same
form, so that building and verifying speak of the same thing.

GUIDs, dates and numbers are kept and people exchanged; webs get GUIDs of their own (settled B 11).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from xtenant.domain import fields
from xtenant.domain.content import (
    NO_CONTENT,
    Attachment,
    BlobKey,
    FileVersion,
    Item,
    ItemId,
    ItemKey,
    ItemKind,
    ItemRow,
    NewAttachment,
    NewVersion,
    PrincipalKey,
    SiteKey,
    StoredBlob,
)
from xtenant.domain.fields import NO_FIELDS, Fields
from xtenant.domain.move import MoveJob
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestAttachment,
    ManifestDeleted,
    ManifestEntry,
    ManifestFile,
    ManifestFolder,
    ManifestLibrary,
    ManifestListItem,
    ManifestObject,
    ManifestSubweb,
    ManifestVersion,
)

WEB_IDS = uuid.UUID("0d9a5c1e-6a43-5b7e-9f10-4f2c8b7d6e35")
"""Namespace of the ids that subwebs get here, from the job and the source's id (our choice): the same at every repeat."""

NOBODY = 0
"""Who deleted something when nobody knows."""

ENTRIES = ManifestSubweb | ManifestLibrary | ManifestFolder | ManifestFile | ManifestListItem
Keys = Mapping[int, PrincipalKey]


def entries_of(batch: Iterable[ManifestObject]) -> Iterator[ManifestEntry | ManifestDeleted]:
    """What becomes items, in the order of the batch."""
    return (thing for thing in batch if isinstance(thing, ENTRIES | ManifestDeleted))


def refs_of(batch: Iterable[ManifestObject]) -> set[int]:
    """Everybody whom items of a batch name: in their columns too."""
    refs: set[int] = set()
    for thing in entries_of(batch):
        if isinstance(thing, ManifestDeleted):
            refs |= {thing.deleted_by} - {NOBODY} | _named(thing.thing)
        else:
            refs |= _named(thing)
    return refs


def _named(thing: ManifestEntry) -> set[int]:
    refs = {thing.author, thing.editor}
    if isinstance(thing, ManifestFolder):
        refs |= fields.people_in([thing.fields])
    if isinstance(thing, ManifestFile | ManifestListItem):
        refs |= {version.editor for version in thing.versions}
        refs |= fields.people_in(version.fields for version in thing.versions)
    if isinstance(thing, ManifestListItem):
        refs |= {ref for attached in thing.attachments for ref in (attached.author, attached.editor)}
    return refs


def web_here(job: MoveJob, web_id: UUID) -> ItemId:
    """The id here of one of the source's subwebs."""
    return ItemId(uuid.uuid5(WEB_IDS, f"{job.job_id} {web_id}"))


def rows_of(
    uow: UnitOfWork,
    job: MoveJob,
    site_key: SiteKey,
    things: Sequence[ManifestEntry | ManifestDeleted],
    keys: Keys,
) -> list[ItemRow]:
    """Rows of this tenant for some objects; what their deleted ones were deleted with stands before them or among them."""
    webs = _deleted_webs(uow, job, site_key, things)
    return [_row(job, thing, keys, webs) for thing in things]


def _deleted_webs(
    uow: UnitOfWork, job: MoveJob, site_key: SiteKey, things: Sequence[ManifestEntry | ManifestDeleted]
) -> set[UUID]:
    """Which of the ids that things were deleted with are webs'."""
    deleted = [thing for thing in things if isinstance(thing, ManifestDeleted)]
    found = {thing.thing.web_id for thing in deleted if isinstance(thing.thing, ManifestSubweb)}
    asked = {web_here(job, thing.with_id): thing.with_id for thing in deleted if thing.with_id not in found}
    return found | {asked[item_id] for item_id in uow.scopes.objects(site_key, asked.keys(), deleted=True)}


def _row(job: MoveJob, thing: ManifestEntry | ManifestDeleted, keys: Keys, webs: set[UUID]) -> ItemRow:
    own = thing.thing if isinstance(thing, ManifestDeleted) else thing
    gone = thing if isinstance(thing, ManifestDeleted) else None
    is_file = isinstance(own, ManifestFile | ManifestListItem)
    with_id = None if gone is None else (web_here(job, gone.with_id) if gone.with_id in webs else ItemId(gone.with_id))
    item_id, library_id, parent_id = _ids(job, own)
    return ItemRow(
        item_id=item_id,
        library_id=library_id,
        parent_id=parent_id,
        kind=_kind(own),
        name=own.name,
        int_id=0 if isinstance(own, ManifestSubweb | ManifestLibrary) else own.int_id,
        created_at=own.created_at,
        modified_at=own.modified_at,
        author=keys[own.author],
        editor=keys[own.editor],
        versions=tuple(_version(version, keys) for version in own.versions) if is_file else (),
        fields=_fields(own.fields, keys) if isinstance(own, ManifestFolder) else NO_FIELDS,
        attachments=tuple(_attachment(one, keys) for one in _attached(own)),
        deleted_at=None if gone is None else gone.deleted_at,
        deleted_by=PrincipalKey(0) if gone is None or gone.deleted_by == NOBODY else keys[gone.deleted_by],
        deleted_with=with_id,
    )


def _ids(job: MoveJob, thing: ManifestEntry) -> tuple[ItemId, ItemId | None, ItemId | None]:
    """The item's own id, its list's and its parent's."""
    match thing:
        case ManifestSubweb():
            above = None if thing.parent_id is None else web_here(job, thing.parent_id)
            return web_here(job, thing.web_id), None, above
        case ManifestLibrary():
            above = None if thing.web_id is None else web_here(job, thing.web_id)
            return ItemId(thing.list_id), None, above
        case _:
            return ItemId(thing.item_id), ItemId(thing.library_id), ItemId(thing.parent_id)


def _kind(thing: ManifestEntry) -> ItemKind:
    match thing:
        case ManifestSubweb():
            return ItemKind.WEB
        case ManifestLibrary():
            return ItemKind.LIBRARY if thing.is_library else ItemKind.LIST
        case ManifestFolder():
            return ItemKind.FOLDER
        case ManifestFile():
            return ItemKind.FILE
        case ManifestListItem():
            return ItemKind.LIST_ITEM


def _attached(thing: ManifestEntry) -> tuple[ManifestAttachment, ...]:
    return thing.attachments if isinstance(thing, ManifestListItem) else ()


def _fields(text: Fields, keys: Keys) -> Fields:
    return fields.with_people(text, keys)


def _version(version: ManifestVersion, keys: Keys) -> NewVersion:
    return NewVersion(
        major=version.major,
        minor=version.minor,
        stored=StoredBlob(key=BlobKey(version.sha256), size_bytes=version.size_bytes, quick_xor=version.quick_xor),
        modified_at=version.modified_at,
        editor=keys[version.editor],
        comment=version.comment,
        fields=_fields(version.fields, keys),
    )


def _attachment(attached: ManifestAttachment, keys: Keys) -> NewAttachment:
    return NewAttachment(
        name=attached.name,
        stored=StoredBlob(key=BlobKey(attached.sha256), size_bytes=attached.size_bytes, quick_xor=attached.quick_xor),
        created_at=attached.created_at,
        modified_at=attached.modified_at,
        author=keys[attached.author],
        editor=keys[attached.editor],
    )


def standing(uow: UnitOfWork, items: Sequence[Item]) -> Iterator[tuple[ItemRow, bool]]:
    """What stands in the store, in the form it was written in, and whether the item shows its newest version."""
    named = {key for item in items for key in (item.parent_key, item.library_key, item.deleted_with) if key}
    around = uow.items.by_keys(named)
    with_versions = [item.key for item in items if item.kind.has_versions]
    versions: dict[ItemKey, list[FileVersion]] = {}
    for version in uow.items.versions(with_versions):
        versions.setdefault(version.item_key, []).append(version)
    attached: dict[ItemKey, list[Attachment]] = {}
    for one in uow.attachments.of_items([item.key for item in items if item.kind is ItemKind.LIST_ITEM]):
        attached.setdefault(one.item_key, []).append(one)
    for item in items:
        own = versions.get(item.key, [])
        row = _standing_row(item, around, own, attached.get(item.key, ()))
        yield row, not own or _shown(item) == _newest(own[-1])


def _standing_row(
    item: Item, around: Mapping[ItemKey, Item], versions: Iterable[FileVersion], attached: Iterable[Attachment]
) -> ItemRow:
    def guid(key: ItemKey | None) -> ItemId | None:
        return around[key].item_id if key is not None and key in around else None

    return ItemRow(
        item_id=item.item_id,
        library_id=guid(item.library_key),
        parent_id=guid(item.parent_key),
        kind=item.kind,
        name=item.name,
        int_id=item.int_id,
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
        versions=tuple(_standing_version(version) for version in versions),
        fields=NO_FIELDS if item.kind.has_versions else item.fields,
        attachments=tuple(_standing_attachment(one) for one in attached),
        deleted_at=item.deleted_at,
        deleted_by=item.deleted_by,
        deleted_with=guid(item.deleted_with),
    )


def _standing_version(version: FileVersion) -> NewVersion:
    return NewVersion(
        major=version.major,
        minor=version.minor,
        stored=StoredBlob(key=version.blob, size_bytes=version.size_bytes, quick_xor=version.quick_xor),
        modified_at=version.modified_at,
        editor=version.editor,
        comment=version.comment,
        fields=version.fields,
    )


def _standing_attachment(attached: Attachment) -> NewAttachment:
    return NewAttachment(
        name=attached.name,
        stored=StoredBlob(key=attached.blob, size_bytes=attached.size_bytes, quick_xor=attached.quick_xor),
        created_at=attached.created_at,
        modified_at=attached.modified_at,
        author=attached.author,
        editor=attached.editor,
    )


def _shown(item: Item) -> tuple[object, ...]:
    return (item.version, item.blob or NO_CONTENT, item.size_bytes, item.quick_xor, item.fields)


def _newest(last: FileVersion) -> tuple[object, ...]:
    return ((last.major, last.minor), last.blob, last.size_bytes, last.quick_xor, last.fields)
