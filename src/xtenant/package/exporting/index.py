"""What the cutter must know of a whole snapshot before it writes: people, webs, lists, and in which parts what lies."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain.snapshot import (
    ManifestDeleted,
    ManifestEntry,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestLink,
    ManifestListItem,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestSubweb,
    ManifestWeb,
    Snapshot,
)
from xtenant.package.elements.markup import OWN_IDS
from xtenant.package.reader import read_part
from xtenant.package.text import DamagedPackage

StoredPart = Callable[[bytes], bytes]
"""The bytes of a part by their SHA-256, as stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A web as addresses see it: `path` is server-relative with its leading slash (`/sites/finance/hr`), `below` its path
    below the root web, empty for the root web itself."""

    web_id: UUID
    path: str
    below: str

    @property
    def root_folder_id(self) -> UUID:
        return uuid.uuid5(OWN_IDS, f"root folder {self.web_id}")

    def in_web(self, path: str) -> str:
        """A path below the root web as it is below this web."""
        return path.removeprefix(self.below).removeprefix("/") if self.below else path

    def full(self, path: str) -> str:
        """A path below the root web, server-relative."""
        inside = self.in_web(path)
        return f"{self.path.rstrip('/')}/{inside}" if inside else self.path


@dataclass(slots=True)
class Index:
    """Everything that stands in many packages, and the way back to the rest."""

    snapshot: Snapshot
    stored: StoredPart
    principals: dict[int, ManifestPrincipal] = field(default_factory=dict[int, ManifestPrincipal])
    groups: dict[int, ManifestGroup] = field(default_factory=dict[int, ManifestGroup])
    subwebs: dict[UUID, ManifestSubweb] = field(default_factory=dict[UUID, ManifestSubweb])
    lists: dict[UUID, ManifestLibrary] = field(default_factory=dict[UUID, ManifestLibrary])
    places: dict[UUID, Place] = field(default_factory=dict[UUID, Place])
    _web: ManifestWeb | None = None
    parts_of: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))
    _scope_parts: set[int] = field(default_factory=set[int])
    site_parts: set[int] = field(default_factory=set[int])
    deleted: set[UUID] = field(default_factory=set[UUID])
    _by_path: dict[str, UUID] = field(default_factory=dict[str, UUID])

    @property
    def web(self) -> ManifestWeb:
        if self._web is None:
            raise DamagedPackage("The snapshot has no root web.")
        return self._web

    @property
    def root(self) -> Place:
        return self.places[self.web.web_id]

    def place_of(self, library: ManifestLibrary) -> Place:
        return self.places[library.web_id or self.web.web_id]

    def things(self, ordinals: Iterable[int]) -> Iterator[ManifestObject]:
        """The objects of some parts, in the snapshot's order."""
        seals = {seal.ordinal: seal for seal in self.snapshot.parts}
        for ordinal in sorted(ordinals):
            yield from read_part(self.stored(seals[ordinal].sha256))

    def of_list(self, list_id: UUID) -> Iterator[ManifestFolder | ManifestFile | ManifestListItem]:
        for thing in self.things(self.parts_of[list_id]):
            if isinstance(thing, ManifestFolder | ManifestFile | ManifestListItem) and thing.library_id == list_id:
                yield thing

    def scopes_of(self, list_id: UUID | None) -> Iterator[ManifestScope]:
        """Scopes of a list and what is in it, live; with None those of webs."""
        return (scope for scope in self._scopes() if not self._is_gone(scope) and self.list_of(scope) == list_id)

    def scopes_of_deleted(self) -> Iterator[ManifestScope]:
        """Permissions of what lies in the recycle bin, and come back with it."""
        return (scope for scope in self._scopes() if self._is_gone(scope))

    def _scopes(self) -> Iterator[ManifestScope]:
        return (thing for thing in self.things(self._scope_parts) if isinstance(thing, ManifestScope))

    def _is_gone(self, scope: ManifestScope) -> bool:
        return scope.object_id in self.deleted

    def list_of(self, scope: ManifestScope) -> UUID | None:
        """The list that a scope lies in: the longest beginning of its path, which is below its web, that is a list's."""
        place = self.places.get(scope.web_id)
        path = "/".join(part for part in (place.below if place else "", scope.path) if part)
        while path:
            found = self._by_path.get(path)
            if found is not None:
                return found
            path = path.rpartition("/")[0]
        return None

    def take(self, ordinal: int, thing: ManifestObject) -> None:
        match thing:
            case ManifestPrincipal():
                self.principals[thing.ref] = thing
            case ManifestGroup():
                self.groups[thing.ref] = thing
            case ManifestWeb():
                self._web = thing
                path = urlsplit(thing.url).path or "/"
                self.places[thing.web_id] = Place(web_id=thing.web_id, path=path, below="")
            case ManifestSubweb():
                self.subwebs[thing.web_id] = thing
                path = f"{self.root.path.rstrip('/')}/{thing.path}"
                self.places[thing.web_id] = Place(web_id=thing.web_id, path=path, below=thing.path)
            case ManifestLibrary():
                if (thing.web_id or self.web.web_id) not in self.places:
                    raise DamagedPackage(f"'{thing.path}' lies in a web that is not there.")
                self.lists[thing.list_id] = thing
                self._by_path[thing.path] = thing.list_id
            case ManifestFolder() | ManifestFile() | ManifestListItem():
                self.parts_of[thing.library_id].add(ordinal)
            case ManifestScope():
                self._scope_parts.add(ordinal)
            case ManifestLink():
                self.site_parts.add(ordinal)
            case ManifestDeleted():
                self.site_parts.add(ordinal)
                self.deleted.add(id_of(thing.thing))


def id_of(thing: ManifestEntry) -> UUID:
    match thing:
        case ManifestSubweb():
            return thing.web_id
        case ManifestLibrary():
            return thing.list_id
        case _:
            return thing.item_id


def index(snapshot: Snapshot, stored: StoredPart) -> Index:
    """One pass over the snapshot. Raises DamagedPackage."""
    found = Index(snapshot, stored)
    for seal in snapshot.parts:
        for thing in read_part(stored(seal.sha256)):
            found.take(seal.ordinal, thing)
    unknown = found.parts_of.keys() - found.lists.keys()
    if unknown:
        raise DamagedPackage("The snapshot has items of a list that is not there.")
    _ = found.web
    return found
