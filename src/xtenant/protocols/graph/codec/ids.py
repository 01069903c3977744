"""Identifiers of sites, drives and items in Graph's form (content-api.md 1.1).

Nothing is looked up here: an id carries the GUIDs it is made of. A text that is no id is refused or simply not found.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import Item, ItemId, ItemKind, Site, SiteId

ROOT_UNIQUE_ID = UUID("ea8cc6be-ffdb-43d7-976f-bc7da445c639")
"""What the id of every library's root item is made of; such ids end with `56Y2GOVW7725BZO354PWSELRRZ`."""

_DRIVE_BYTES = 48
_ITEM_LETTERS = 32


class MalformedId(errors.UsageError):
    """An id that cannot be read (Graph: 400 invalidRequest)."""

    code = "malformedId"
    remedy = "Use an id as this service gave it."


@dataclass(frozen=True, slots=True)
class DriveId:
    """A document library: site, web and list."""

    site_id: SiteId
    web_id: UUID
    list_id: ItemId

    def __str__(self) -> str:
        packed = b"".join(guid.bytes_le for guid in (self.site_id, self.web_id, self.list_id))
        return "b!" + base64.urlsafe_b64encode(packed).decode()


def drive_id_of(site: Site, library: Item) -> DriveId:
    return DriveId(site.site_id, site.web_id, library.item_id)


def parse_drive_id(text: str) -> DriveId:
    """Read `b!` and 64 letters. Raises MalformedId."""
    try:
        packed = base64.b64decode(text[2:], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    if not text.startswith("b!") or len(packed) != _DRIVE_BYTES:
        raise MalformedId("The provided drive id appears to be malformed, or does not represent a valid drive.")
    site, web, library = (UUID(bytes_le=packed[at : at + 16]) for at in (0, 16, 32))
    return DriveId(SiteId(site), web, ItemId(library))


def item_id_of(drive: DriveId, item: Item) -> str:
    """`01` and 32 letters: four bytes that differ per drive, then the item's GUID."""
    unique = ROOT_UNIQUE_ID if item.kind is ItemKind.LIBRARY else item.item_id
    return "01" + base64.b32encode(_drive_mark(drive) + unique.bytes_le).decode()


def parse_item_id(text: str) -> ItemId | None:
    """The GUID behind an item id, None for a library's root. Raises NotFound for a text that is no item id."""
    if text.lower() == "root":
        return None
    try:
        packed = base64.b32decode(text[2:].upper())
    except (binascii.Error, ValueError):
        packed = b""
    if not text.startswith("01") or len(text) != _ITEM_LETTERS + 2 or len(packed) != 20:
        raise errors.NotFound("The resource could not be found.")
    unique = UUID(bytes_le=packed[4:])
    return None if unique == ROOT_UNIQUE_ID else ItemId(unique)


@functools.lru_cache(maxsize=1_024)
def _drive_mark(drive: DriveId) -> bytes:
    """Four bytes of a digest; the last two bits stand in the seventh letter, which we keep as it is for root ids."""
    digest = hashlib.sha256(str(drive).encode()).digest()
    return digest[:3] + bytes([digest[3] | 0b11])


@dataclass(frozen=True, slots=True)
class SiteName:
    """What a site's id says; `site_id` is None for a bare host name, `host` for a bare GUID."""

    host: str | None = None
    site_id: SiteId | None = None
    web_id: UUID | None = None


def site_id_of(host: str, site: Site) -> str:
    return f"{host},{site.site_id},{site.web_id}"


def parse_site_id(text: str) -> SiteName:
    """Read `host,site,web`, `host,site`, `site,web`, a bare GUID or a bare host name. Raises MalformedId."""
    parts = text.split(",")
    host = None if _guid(parts[0]) else parts.pop(0).lower()
    guids = [_guid(part) for part in parts]
    if len(guids) > 2 or None in guids or (host is not None and not _is_host(host)):
        raise MalformedId(f"The site id '{text}' is malformed.")
    site = guids[0] if guids else None
    web = guids[1] if len(guids) > 1 else None
    return SiteName(host, None if site is None else SiteId(site), web)


def _is_host(text: str) -> bool:
    return bool(text) and text.isascii() and text.replace("-", "").replace(".", "").isalnum()


def _guid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
