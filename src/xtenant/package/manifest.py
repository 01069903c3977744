"""Writes the parts of a snapshot: the same objects give the same bytes, so that a part can be made again after a crash
(settled B 10). An object's kind decides whether it stands in a manifest (XML) or in a site file (JSON)."""

from __future__ import annotations

import hashlib
import io
import zlib
from typing import Any

from lxml import etree

from xtenant.domain import errors
from xtenant.domain.snapshot import (
    PART_BYTES,
    PART_OBJECTS,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestListItem,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestSubweb,
    ManifestWeb,
    PartSeal,
)
from xtenant.package import site_file
from xtenant.package.elements import items, lists, people, rights, webs
from xtenant.package.text import NAMESPACE, PART_LIMIT, part_name, site_part_name

COMPRESSION = 6
HEAD = f'<?xml version="1.0" encoding="utf-8"?>\n<SPObjects xmlns="{NAMESPACE}">\n'.encode()
TAIL = b"</SPObjects>\n"


class ObjectTooLarge(errors.Refused):
    """One object is larger than what a part can hold: its versions have too much in their fields."""

    code = "objectTooLarge"
    remedy = "Remove versions of the item that it names, or shorten the texts in its fields, and start the move again."


class PartWriter:
    """Collects objects of one part. `takes` says whether an object may stand in it, `add` whether the part is full; then take
    `seal` and `stored`, and start anew."""

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal
        self.objects = 0
        self._is_site_file = False
        self._buffer = io.BytesIO()

    def takes(self, thing: ManifestObject) -> bool:
        """A part holds either what has an element or what has none; an empty one takes anything."""
        return self.objects == 0 or site_file.stands_here(thing) is self._is_site_file

    def add(self, thing: ManifestObject) -> bool:
        """Write one object; True when the next one belongs into another part. Raises ObjectTooLarge."""
        if not self.takes(thing):
            raise errors.Unexpected(f"{type(thing).__name__} belongs into a part of the other kind.")
        if self.objects == 0:
            self._is_site_file = site_file.stands_here(thing)
            self._buffer.write(site_file.HEAD if self._is_site_file else HEAD)
        before = self._buffer.tell()
        if self._is_site_file:
            self._buffer.write((b",\n" if self.objects else b"") + site_file.object_bytes(thing))
        else:
            for element in elements_of(thing):
                self._buffer.write(etree.tostring(element, encoding="utf-8"))
                self._buffer.write(b"\n")
        if self._buffer.tell() - before > PART_LIMIT - PART_BYTES:
            raise ObjectTooLarge(f"'{getattr(thing, 'path', '')}' is too large for a part of a snapshot.")
        self.objects += 1
        return self.objects >= PART_OBJECTS or self._buffer.tell() >= PART_BYTES

    def stored(self) -> bytes:
        """The part as it is stored and sent: zlib over its text."""
        head = HEAD if self.objects == 0 else b""
        tail = site_file.TAIL if self._is_site_file else TAIL
        return zlib.compress(head + self._buffer.getvalue() + tail, COMPRESSION)

    def seal(self, stored: bytes) -> PartSeal:
        """What the snapshot's seal says of the part."""
        return PartSeal(
            ordinal=self.ordinal,
            name=(site_part_name if self._is_site_file else part_name)(self.ordinal),
            sha256=hashlib.sha256(stored).digest(),
            size_bytes=len(stored),
            objects=self.objects,
        )


def elements_of(thing: ManifestObject) -> list[Any]:
    """The elements that an object is written as, in their order."""
    match thing:
        case ManifestPrincipal():
            return [people.principal(thing)]
        case ManifestGroup():
            return [people.group(thing)]
        case ManifestWeb():
            return webs.root(thing)
        case ManifestSubweb():
            return webs.subweb(thing)
        case ManifestLibrary():
            return lists.written(thing)
        case ManifestFolder():
            return items.folder(thing)
        case ManifestFile():
            return items.file(thing)
        case ManifestListItem():
            return items.list_item(thing)
        case ManifestScope():
            return rights.written(thing)
        case _:
            raise errors.Unexpected(f"The manifest has no element for {type(thing).__name__}.")
