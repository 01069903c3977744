"""Packages being filled: objects in, files out. One that refers to content is closed before it gets too large; one of
structure or permissions has as many manifests as it needs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain.snapshot import ManifestFile, ManifestLibrary, ManifestListItem, contents_of
from xtenant.package.elements.items import file_value
from xtenant.package.elements.lists import root_folder_id
from xtenant.package.exporting.companions import companions
from xtenant.package.exporting.index import Index, Place
from xtenant.package.exporting.placing import Placer
from xtenant.package.exporting.refs import Exported, refs_of
from xtenant.package.manifest import HEAD, TAIL, elements_of

ENTRIES = 250
PACKAGE_BYTES = 250 * 1000 * 1000
MANIFEST_BYTES = 20 * 1000 * 1000
"""Limits of a package (migration-package 10.1, 13.2): versions count as entries; manifests are split at 25 MB, ours before."""

Written = tuple[str, bytes]


@dataclass(slots=True)
class Package:
    """One package with its people and, for `p-N`, its content: name of the file → SHA-256 and size."""

    index: Index
    place: Place
    library: ManifestLibrary | None
    holds_list: bool = False
    objects: int = 0
    entries: int = 0
    size_bytes: int = 0
    content: dict[str, tuple[bytes, int]] = field(default_factory=dict[str, tuple[bytes, int]])
    _names: dict[str, str] = field(default_factory=dict[str, str])
    _refs: set[int] = field(default_factory=set[int])
    _folders: dict[UUID, None] = field(default_factory=dict[UUID, None])
    _manifests: list[str] = field(default_factory=list[str])
    _buffer: io.BytesIO = field(default_factory=io.BytesIO)

    def has_room_for(self, thing: Exported) -> bool:
        """A file or list item with all its versions; what is larger than a package has one of its own."""
        entries, size = _weight(thing)
        return not self.objects or (self.entries + entries <= ENTRIES and self.size_bytes + size <= PACKAGE_BYTES)

    def add(self, thing: Exported) -> Iterator[Written]:
        """Write an object; gives a manifest when one is full."""
        entries, size = _weight(thing)
        self.entries += entries
        self.size_bytes += size
        for sha256, length, _ in () if not isinstance(thing, ManifestFile | ManifestListItem) else contents_of(thing):
            stored = file_value(sha256)
            if stored not in self._names:
                self._names[stored] = f"{len(self._names):08x}.dat"
                self.content[self._names[stored]] = sha256, length
        self._refs |= refs_of(thing)
        if isinstance(thing, ManifestFile | ManifestListItem):
            in_root = thing.parent_id == thing.library_id
            self._folders[root_folder_id(thing.library_id) if in_root else thing.parent_id] = None
        yield from self.add_elements(elements_of(thing))
        self.objects += 1

    def add_elements(self, elements: Iterable[Any]) -> Iterator[Written]:
        if self._buffer.tell() >= MANIFEST_BYTES:
            yield self._manifest()
        if not self._buffer.tell():
            self._buffer.write(HEAD)
        for wrapper in Placer(self.place, self.library, self._names.__getitem__).placed(elements):
            self._buffer.write(etree.tostring(wrapper, encoding="utf-8"))
            self._buffer.write(b"\n")

    def end(self) -> Iterator[Written]:
        """The last manifest and the seven files beside it."""
        if self._buffer.tell() or not self._manifests:
            yield self._manifest()
        yield from companions(
            self.index,
            self.place,
            self.library,
            manifests=self._manifests,
            objects=self.objects,
            refs=self._refs,
            folders=self._folders,
            holds_list=self.holds_list,
        )

    def _manifest(self) -> Written:
        name = "Manifest.xml" if not self._manifests else f"Manifest-{len(self._manifests) + 1}.xml"
        self._manifests.append(name)
        text = (self._buffer.getvalue() or HEAD) + TAIL
        self._buffer = io.BytesIO()
        return name, text


def _weight(thing: Exported) -> tuple[int, int]:
    if not isinstance(thing, ManifestFile | ManifestListItem):
        return 0, 0
    attached = thing.attachments if isinstance(thing, ManifestListItem) else ()
    return len(thing.versions) + len(attached), sum(size for _, size, _ in contents_of(thing))
