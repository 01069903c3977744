"""The whole archive, file by file, in the order of `docs/how-to/packages.md`."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain.content import BlobKey
from xtenant.domain.snapshot import (
    ManifestDeleted,
    ManifestFolder,
    ManifestLibrary,
    ManifestScope,
    ManifestSubweb,
    ManifestWeb,
    ScopeKind,
    Snapshot,
    contents_of,
)
from xtenant.package import site_file
from xtenant.package.elements import rights
from xtenant.package.exporting.index import Index, Place, StoredPart, index
from xtenant.package.exporting.packing import Package
from xtenant.package.exporting.refs import Exported
from xtenant.package.reader import inflated
from xtenant.package.seal import seal_bytes
from xtenant.package.text import site_part_name

LEDGER_FORMAT = "xtenant-package-1"
LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file of the archive; `pieces` must be read before the next file is asked for."""

    names: tuple[str, ...]
    size_bytes: int
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed snapshot: the seal, its parts by SHA-256, and content by SHA-256."""

    snapshot: Snapshot
    part: StoredPart
    content: Callable[[BlobKey], Iterator[bytes]]


def export(sealed: Sealed) -> Iterator[ExportedFile]:
    """The archive. Raises DamagedPackage where the snapshot cannot be read; content is not hashed again (settled B 18)."""
    found = index(sealed.snapshot, sealed.part)
    return _Export(sealed, found).files()


class _Export:
    def __init__(self, sealed: Sealed, found: Index) -> None:
        self._sealed = sealed
        self._index = found
        self._ledger: list[bytes] = []

    def files(self) -> Iterator[ExportedFile]:
        yield self._text(("snapshot.json",), seal_bytes(self._sealed.snapshot))
        yield self._text(("site.json",), self._site())
        webs: list[ManifestWeb | ManifestSubweb] = [self._index.web, *self._index.subwebs.values()]
        for web in webs:
            yield from self._web(web)
        for library in self._index.lists.values():
            yield from self._list(library)
        yield from self._without_element()
        yield self._finished()

    def _site(self) -> bytes:
        """What of the site a reader wants at a glance; exact values stand in the manifests."""
        web = self._index.web
        told = {
            "format": LEDGER_FORMAT,
            "url": web.url,
            "title": web.title,
            "template": web.template,
            "language": web.definition.language,
            "time_zone": web.definition.time_zone,
            "quota_bytes": web.quota_bytes,
            "webs": [
                {"id": str(place.web_id), "path": place.path, "lists": [str(one) for one in self._lists_in(place)]}
                for place in self._index.places.values()
            ],
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"

    def _lists_in(self, place: Place) -> list[UUID]:
        return [one.list_id for one in self._index.lists.values() if self._index.place_of(one) == place]

    def _web(self, web: ManifestWeb | ManifestSubweb) -> Iterator[ExportedFile]:
        place = self._index.places[web.web_id]
        folder = ("webs", str(web.web_id))
        package = Package(self._index, place, None)
        yield from self._packed((*folder, "structure"), package, [self._settled(web)])
        scopes = (scope for scope in self._index.scopes_of(None) if scope.object_id == web.web_id)
        yield from self._security(folder, place, None, scopes)

    def _list(self, library: ManifestLibrary) -> Iterator[ExportedFile]:
        place = self._index.place_of(library)
        folder = ("webs", str(place.web_id), "lists", str(library.list_id))
        structure = Package(self._index, place, library, holds_list=True)
        things = self._index.of_list(library.list_id)
        folders = (thing for thing in things if isinstance(thing, ManifestFolder))
        yield from self._packed((*folder, "structure"), structure, itertools.chain[Exported]([library], folders))
        yield from self._content(folder, place, library)
        yield from self._security(folder, place, library, self._index.scopes_of(library.list_id))

    def _content(self, folder: tuple[str, ...], place: Place, library: ManifestLibrary) -> Iterator[ExportedFile]:
        number, package = 1, Package(self._index, place, library)
        for thing in self._index.of_list(library.list_id):
            if isinstance(thing, ManifestFolder):
                continue
            if not package.has_room_for(thing):
                yield from self._ended((*folder, f"p-{number}", "manifest"), package)
                number, package = number + 1, Package(self._index, place, library)
            for written in package.add(thing):
                yield self._text((*folder, f"p-{number}", "manifest", written[0]), written[1])
        if package.objects:
            yield from self._ended((*folder, f"p-{number}", "manifest"), package)

    def _settled(self, web: ManifestWeb | ManifestSubweb) -> ManifestWeb | ManifestSubweb:
        """What stands right below the root web says so in a package."""
        if isinstance(web, ManifestWeb) or web.parent_id is not None:
            return web
        return dataclasses.replace(web, parent_id=self._index.web.web_id)

    def _security(
        self,
        folder: tuple[str, ...],
        place: Place,
        library: ManifestLibrary | None,
        scopes: Iterable[ManifestScope],
    ) -> Iterator[ExportedFile]:
        package = Package(self._index, place, library)
        for scope in scopes:
            if not package.objects and scope.kind is not ScopeKind.WEB:  # a web's scope brings them along
                for written in package.add_elements([rights.roles(scope.web_id)]):
                    yield self._text((*folder, "security", written[0]), written[1])
            for written in package.add(scope):
                yield self._text((*folder, "security", written[0]), written[1])
        if package.objects:
            yield from self._ended((*folder, "security"), package)

    def _packed(self, folder: tuple[str, ...], package: Package, things: Iterable[Exported]) -> Iterator[ExportedFile]:
        for thing in things:
            for name, text in package.add(thing):
                yield self._text((*folder, name), text)
        yield from self._ended(folder, package)

    def _ended(self, folder: tuple[str, ...], package: Package) -> Iterator[ExportedFile]:
        for name, text in package.end():
            yield self._text((*folder, name), text)
        for name, (sha256, size) in package.content.items():
            yield self._blob((*folder[:-1], "content", name), sha256, size)

    def _without_element(self) -> Iterator[ExportedFile]:
        """Site files as they are, with the content of what lies in the recycle bin, each once; and who might do what with it,
        in one of our own."""
        seals = {seal.ordinal: seal for seal in self._sealed.snapshot.parts}
        kept: set[bytes] = set()
        for ordinal in sorted(self._index.site_parts):
            text = inflated(self._sealed.part(seals[ordinal].sha256))
            yield self._text(("site", seals[ordinal].name), text)
            for thing in site_file.read(text):
                if isinstance(thing, ManifestDeleted):
                    for sha256, size, _ in contents_of(thing):
                        if sha256 not in kept:
                            kept.add(sha256)
                            yield self._blob(("site", "content", f"{sha256.hex()}.dat"), sha256, size)

        gone = b",\n".join(site_file.object_bytes(scope) for scope in self._index.scopes_of_deleted())
        if gone:
            yield self._text(("site", site_part_name(0)), site_file.HEAD + gone + site_file.TAIL)

    def _text(self, names: tuple[str, ...], text: bytes) -> ExportedFile:
        self._note(names, len(text), hashlib.sha256(text).hexdigest())
        return ExportedFile(names=names, size_bytes=len(text), pieces=iter([text]))

    def _blob(self, names: tuple[str, ...], sha256: bytes, size: int) -> ExportedFile:
        self._note(names, size, sha256.hex())
        return ExportedFile(names=names, size_bytes=size, pieces=self._sealed.content(BlobKey(sha256)))

    def _note(self, names: tuple[str, ...], size: int, sha256: str) -> None:
        line = {"path": "/".join(names), "size_bytes": size, "sha256": sha256}
        self._ledger.append(json.dumps(line, separators=(",", ":")).encode())

    def _finished(self) -> ExportedFile:
        """The ledger is the last file: where it is missing, the archive was cut off."""
        snapshot = self._sealed.snapshot
        head = {
            "format": LEDGER_FORMAT,
            "job_id": str(snapshot.job_id),
            "snapshot": snapshot.root.hex(),
            "items": snapshot.items,
            "versions": snapshot.versions,
            "size_bytes": snapshot.size_bytes,
            "counts": dict(snapshot.counts),
            "files": len(self._ledger),
        }
        text = b"\n".join([json.dumps(head, separators=(",", ":")).encode(), *self._ledger]) + b"\n"
        return ExportedFile(names=(LEDGER,), size_bytes=len(text), pieces=iter([text]))
