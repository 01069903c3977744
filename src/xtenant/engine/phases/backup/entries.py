"""What lies in a frozen site, live and deleted, as manifest objects: webs, lists, folders, files, list items, with their versions
and attachments. A page of rows brings all that belongs to it in a handful of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import Attachment, BlobKey, FileVersion, Item, ItemKey, ItemKind, Site
from xtenant.domain.lists import ListDefinition, WebDefinition
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
    contents_of,
)
from xtenant.engine import places
from xtenant.engine.places import BackupPlace

PAGE = 200
Written = tuple[ManifestObject, BackupPlace, Sequence[BlobKey]]
Owned = TypeVar("Owned", FileVersion, Attachment)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Some items and what belongs to them. `around` holds their parents, libraries and whom they were deleted with."""

    items: Sequence[Item]
    around: dict[ItemKey, Item]
    paths: dict[ItemKey, str]
    versions: dict[ItemKey, list[FileVersion]]
    attachments: dict[ItemKey, list[Attachment]]
    lists: dict[ItemKey, ListDefinition]
    webs: dict[ItemKey, WebDefinition]


def live(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """Everything that is not deleted, by depth."""
    while items := uow.items.page(site.key, after=ItemKey(place.after), limit=PAGE):
        page = _page(uow, site, items)
        for item in items:
            thing = _entry(page, item)
            place = _behind(place, item, thing, items=not item.kind.is_container)
            yield thing, place, _pins(thing)


def deleted(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """The recycle bin, by depth: what a folder took along stands behind the folder."""
    while items := uow.recycle_bin.all_page(site.key, after=ItemKey(place.after), limit=PAGE):
        page = _page(uow, site, items)
        for item in items:
            if item.deleted_at is None:
                raise errors.Unexpected("A deleted item has no date.", item=item.item_id)
            thing = ManifestDeleted(
                thing=_entry(page, item),
                deleted_at=item.deleted_at,
                deleted_by=item.deleted_by,
                with_id=_guid(page, item.deleted_with or item.key),
            )
            place = _behind(place, item, thing, items=False)
            yield thing, place, _pins(thing)


def _behind(place: BackupPlace, item: Item, thing: ManifestObject, *, items: bool) -> BackupPlace:
    own = thing.thing if isinstance(thing, ManifestDeleted) else thing
    versions = len(own.versions) if isinstance(own, ManifestFile | ManifestListItem) else 0
    return places.moved(
        place,
        after=item.key,
        items=place.items + items,
        versions=place.versions + versions,
        size_bytes=place.size_bytes + sum(size for _, size, _ in contents_of(thing)),
    )


def _pins(thing: ManifestObject) -> Sequence[BlobKey]:
    return [BlobKey(sha256) for sha256, _, _ in contents_of(thing)]


def _page(uow: UnitOfWork, site: Site, items: Sequence[Item]) -> _Page:
    own = {item.key: item for item in items}
    named = {key for item in items for key in (item.parent_key, item.library_key, item.deleted_with) if key}
    around = own | uow.items.by_keys(named - own.keys())
    return _Page(
        items=items,
        around=around,
        paths=paths_of(uow, items, around),
        versions=_by_item(uow.items.versions([item.key for item in items if item.kind.has_versions])),
        attachments=_by_item(uow.attachments.of_items(_of_kind(items, (ItemKind.LIST_ITEM,)))),
        lists=uow.definitions.lists(site.key, _of_kind(items, (ItemKind.LIBRARY, ItemKind.LIST))),
        webs=uow.definitions.webs(site.key, _of_kind(items, (ItemKind.WEB,))),
    )


def paths_of(uow: UnitOfWork, items: Iterable[Item], around: Mapping[ItemKey, Item]) -> dict[ItemKey, str]:
    """Places below the root web: of the web, library or list, then down to the item. `around` holds their libraries."""
    items = list(items)
    containers = {item.key: item for item in items if item.kind.is_container}
    containers |= {item.library_key: around[item.library_key] for item in items if item.library_key}
    above = uow.definitions.paths_of(containers.values())
    inside = [item for item in items if not item.kind.is_container]
    below = uow.items.paths_of(inside)
    found = {key: "/".join(names) for key, names in above.items()}
    for item in inside:
        assert item.library_key is not None
        found[item.key] = "/".join((*above[item.library_key], *below[item.key]))
    return found


def _of_kind(items: Iterable[Item], kinds: Collection[ItemKind]) -> list[ItemKey]:
    return [item.key for item in items if item.kind in kinds]


def _by_item(owned: Iterable[Owned]) -> dict[ItemKey, list[Owned]]:
    found: dict[ItemKey, list[Owned]] = {}
    for one in owned:
        found.setdefault(one.item_key, []).append(one)
    return found


def _guid(page: _Page, key: ItemKey) -> UUID:
    return page.around[key].item_id


def _entry(page: _Page, item: Item) -> ManifestEntry:
    match item.kind:
        case ItemKind.WEB:
            return _subweb(page, item)
        case ItemKind.LIBRARY | ItemKind.LIST:
            return _list(page, item)
        case ItemKind.FOLDER:
            return _folder(page, item)
        case ItemKind.FILE | ItemKind.LIST_ITEM:
            return _with_versions(page, item)


def _subweb(page: _Page, item: Item) -> ManifestSubweb:
    return ManifestSubweb(
        web_id=item.item_id,
        parent_id=None if item.parent_key is None else _guid(page, item.parent_key),
        name=item.name,
        path=page.paths[item.key],
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
        definition=page.webs[item.key],
    )


def _list(page: _Page, item: Item) -> ManifestLibrary:
    return ManifestLibrary(
        list_id=item.item_id,
        name=item.name,
        path=page.paths[item.key],
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
        is_library=item.kind is ItemKind.LIBRARY,
        web_id=None if item.parent_key is None else _guid(page, item.parent_key),
        definition=page.lists[item.key],
    )


def _folder(page: _Page, item: Item) -> ManifestFolder:
    library, parent = _place(page, item)
    return ManifestFolder(
        item_id=item.item_id,
        library_id=library,
        parent_id=parent,
        name=item.name,
        path=page.paths[item.key],
        int_id=item.int_id,
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
        fields=item.fields,
    )


def _with_versions(page: _Page, item: Item) -> ManifestFile | ManifestListItem:
    library, parent = _place(page, item)
    file = ManifestFile(
        item_id=item.item_id,
        library_id=library,
        parent_id=parent,
        name=item.name,
        path=page.paths[item.key],
        int_id=item.int_id,
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
        versions=tuple(_version(version) for version in page.versions.get(item.key, ())),
    )
    if item.kind is ItemKind.FILE:
        return file
    shared = {name: getattr(file, name) for name in ManifestFile.__slots__}
    attached = tuple(_attachment(one) for one in page.attachments.get(item.key, ()))
    return ManifestListItem(**shared, attachments=attached)


def _place(page: _Page, item: Item) -> tuple[UUID, UUID]:
    if item.library_key is None or item.parent_key is None:
        raise errors.Unexpected("An item lies in no list.", item=item.item_id)
    return _guid(page, item.library_key), _guid(page, item.parent_key)


def _version(version: FileVersion) -> ManifestVersion:
    return ManifestVersion(
        major=version.major,
        minor=version.minor,
        sha256=version.blob,
        size_bytes=version.size_bytes,
        quick_xor=version.quick_xor,
        modified_at=version.modified_at,
        editor=version.editor,
        comment=version.comment,
        fields=version.fields,
    )


def _attachment(attached: Attachment) -> ManifestAttachment:
    return ManifestAttachment(
        name=attached.name,
        sha256=attached.blob,
        size_bytes=attached.size_bytes,
        quick_xor=attached.quick_xor,
        created_at=attached.created_at,
        modified_at=attached.modified_at,
        author=attached.author,
        editor=attached.editor,
    )
