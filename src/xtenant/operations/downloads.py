"""Content behind a pre-authenticated address: what a ticket for a site, an item and a version opens now.

Whoever holds the address is not asked who they are; that the site is visible, open and not moved is asked each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xtenant.domain import content, errors
from xtenant.domain.content import BlobKey, Item, ItemId, ItemKind, LockState, SiteId
from xtenant.domain.ports.units import UnitOfWork, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A version of a file, found and ready to be read from the blob store."""

    item_id: ItemId
    name: str
    version: tuple[int, int]
    blob: BlobKey
    size_bytes: int
    modified_at: datetime


def open_file(units: Units, *, site_id: UUID, item_id: UUID, version: tuple[int, int]) -> OpenedFile:
    """Raises NotFound, SiteMoved for a redirect, SiteLocked where the lock state is NoAccess."""
    with units.read() as uow:
        site = uow.sites.visible_by_id(SiteId(site_id))
        if site is None:
            raise errors.NotFound("The resource could not be found.")
        if site.is_redirect:
            raise content.SiteMoved("The site has moved.", redirect_url=site.redirect_url)
        if site.lock_state is LockState.NO_ACCESS:
            raise content.SiteLocked("The site is locked by an administrator.", lock_state=site.lock_state.value)
        item = uow.items.by_id(site.key, ItemId(item_id))
        if item is None or item.deleted_at is not None or item.kind is not ItemKind.FILE:
            raise errors.NotFound("The resource could not be found.")
        return _version_of(uow, item, version)


def _version_of(uow: UnitOfWork, item: Item, version: tuple[int, int]) -> OpenedFile:
    if item.version == version and item.blob is not None:
        blob, size, modified = item.blob, item.size_bytes, item.modified_at
    else:
        kept = next((row for row in uow.items.versions([item.key]) if (row.major, row.minor) == version), None)
        if kept is None:
            raise errors.NotFound("The file has no such version.")
        blob, size, modified = kept.blob, kept.size_bytes, kept.modified_at
    return OpenedFile(
        item_id=item.item_id, name=item.name, version=version, blob=blob, size_bytes=size, modified_at=modified
    )
