"""The snapshot: what Backup sealed of a frozen site, and what Restore builds and verifies from (design section 6).

A snapshot is a sequence of manifest objects cut into parts, and a seal over all of them. Content is not in it: versions name
their blob by SHA-256, and the job pins those blobs. Principals are named by `ref`, an integer of the source, valid in one
snapshot. All dates are whole seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from xtenant.domain.content import TERABYTE, ItemKind, PrincipalKind, Role
from xtenant.domain.fields import NO_FIELDS, Fields
from xtenant.domain.lists import PLAIN_LIBRARY, PLAIN_WEB, ListDefinition, WebDefinition
from xtenant.domain.sharing import LinkKind, LinkScope

PART_OBJECTS = 2_000
PART_BYTES = 16 * 1024 * 1024
"""A part holds at most so many objects or bytes of XML, whichever comes first (settled B 10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestPrincipal:
    """Somebody the snapshot names. `login` is the UPN of a user; `directory_id` the object id in the source's directory.

    `admin` says that they administer the site collection.
    """

    ref: int
    kind: PrincipalKind
    directory_id: UUID
    name: str
    login: str
    mail: str | None = None
    admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestGroup:
    """A SharePoint group of the site with its members, who all stand before it. Refs of groups and people are one space."""

    ref: int
    group_id: UUID
    name: str
    description: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestWeb:
    """The root web of the site. `url` is the site's full address at the source, `owner` the owner's principal.

    Its definition and the site's quota have no element in the package format and stand in the site file.
    """

    web_id: UUID
    site_id: UUID
    url: str
    title: str
    template: str
    created_at: datetime
    modified_at: datetime
    owner: int | None = None
    definition: WebDefinition = PLAIN_WEB
    quota_bytes: int = TERABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestSubweb:
    """A web below the root web; `parent_id` is the web above it, None for the root web; `path` is below the root web."""

    web_id: UUID
    parent_id: UUID | None
    name: str
    path: str
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int
    definition: WebDefinition = PLAIN_WEB


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLibrary:
    """A library, or with `is_library` unset a list; `path` is its place below the root web (`Shared Documents`,
    `Lists/Tasks`); `web_id` the subweb it stands in, None for the root web."""

    list_id: UUID
    name: str
    path: str
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int
    is_library: bool = True
    web_id: UUID | None = None
    definition: ListDefinition = PLAIN_LIBRARY


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFolder:
    """A folder and its list item. `parent_id` is a folder's or the list's id; `path` is below the root web."""

    item_id: UUID
    library_id: UUID
    parent_id: UUID
    name: str
    path: str
    int_id: int
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int
    fields: Fields = NO_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestVersion:
    """One version of a file; hashes are raw bytes (32 of SHA-256, 20 of quickXorHash), none for a list item's version.

    `fields` names people by their refs.
    """

    major: int
    minor: int
    sha256: bytes
    size_bytes: int
    quick_xor: bytes
    modified_at: datetime
    editor: int
    comment: str = ""
    fields: Fields = NO_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestAttachment:
    """A file attached to a list item."""

    name: str
    sha256: bytes
    size_bytes: int
    quick_xor: bytes
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestListItem:
    """A list item that is no file, with all its versions, oldest first, and what is attached to it, by name."""

    item_id: UUID
    library_id: UUID
    parent_id: UUID
    name: str
    path: str
    int_id: int
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int
    versions: tuple[ManifestVersion, ...]
    attachments: tuple[ManifestAttachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A file, its list item and all its versions, oldest first; the last one is current. Never split over two parts."""

    item_id: UUID
    library_id: UUID
    parent_id: UUID
    name: str
    path: str
    int_id: int
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int
    versions: tuple[ManifestVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestAssignment:
    """A right of a principal in one scope."""

    principal: int
    role: Role


class ScopeKind(IntEnum):
    """What carries permissions of its own; numbers as in the manifest (migration-package 6.4). The root web and subwebs are
    webs; folders, files and list items are items."""

    WEB = 0
    LIBRARY = 1
    ITEM = 2


def scope_kind_of(kind: ItemKind) -> ScopeKind:
    """As what an item carries permissions."""
    if kind is ItemKind.WEB:
        return ScopeKind.WEB
    return ScopeKind.LIBRARY if kind.is_list else ScopeKind.ITEM


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestScope:
    """An object with permissions of its own, and all of them, by principal; none = nobody but owner and administrators.

    `object_id` is the web's, library's, folder's or file's; `path` is below the web, empty for the web itself. `web_path` is
    the web's server-relative address without the leading slash.
    """

    kind: ScopeKind
    object_id: UUID
    path: str
    web_id: UUID
    web_path: str
    assignments: tuple[ManifestAssignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLink:
    """A sharing link of a folder or file; only the hash of its token is known. `path` is the item's, below the root web."""

    link_id: UUID
    object_id: UUID
    path: str
    kind: LinkKind
    scope: LinkScope
    token_hash: bytes
    created_at: datetime
    created_by: int
    expires_at: datetime | None = None
    members: tuple[int, ...] = ()


ManifestEntry = ManifestSubweb | ManifestLibrary | ManifestFolder | ManifestFile | ManifestListItem
"""What is an item of the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDeleted:
    """An item in the recycle bin. `with_id` is the item that was deleted and took it along, itself for that one; its folder
    or list is live, or deleted and stands before it."""

    thing: ManifestEntry
    deleted_at: datetime
    deleted_by: int
    with_id: UUID


ManifestObject = (
    ManifestPrincipal
    | ManifestGroup
    | ManifestWeb
    | ManifestSubweb
    | ManifestLibrary
    | ManifestFolder
    | ManifestFile
    | ManifestListItem
    | ManifestScope
    | ManifestLink
    | ManifestDeleted
)
"""Order in a snapshot: principals, groups, root web; then by depth webs, lists, folders before what is in them, files, list
items; then in the same way what is deleted; then scopes, the root web's first and the others in the order of their objects;
then links."""


def weight_of(thing: ManifestObject) -> int:
    """How many rows besides its own an object brings: versions, attachments, members, assignments."""
    match thing:
        case ManifestFile():
            return len(thing.versions)
        case ManifestListItem():
            return len(thing.versions) + len(thing.attachments)
        case ManifestLink():
            return len(thing.members)
        case ManifestDeleted():
            return 1 + weight_of(thing.thing)
        case ManifestGroup():
            return len(thing.members)
        case ManifestScope():
            return len(thing.assignments)
        case _:
            return 0


Counts = tuple[tuple[str, int], ...]
"""Kinds of objects, by name, and how many there are of each."""

KINDS: dict[type[ManifestObject], str] = {
    ManifestPrincipal: "principals",
    ManifestGroup: "groups",
    ManifestWeb: "sites",
    ManifestSubweb: "webs",
    ManifestLibrary: "lists",
    ManifestFolder: "folders",
    ManifestFile: "files",
    ManifestListItem: "list_items",
    ManifestScope: "scopes",
    ManifestLink: "links",
    ManifestDeleted: "deleted",
}
ATTACHMENTS, MEMBERS, RIGHTS, LINK_MEMBERS = "attachments", "members", "rights", "link_members"
OF_PEOPLE = frozenset({"principals", MEMBERS, RIGHTS, LINK_MEMBERS})
"""What a target may have less of, since the map or the policy makes nobody of somebody."""


def counted(counts: Mapping[str, int], things: Iterable[ManifestObject]) -> dict[str, int]:
    """The counts with some objects added."""
    found = dict(counts)
    for thing in things:
        kind = KINDS[type(thing)]
        found[kind] = found.get(kind, 0) + 1
        for part, count in _parts_of(thing.thing if isinstance(thing, ManifestDeleted) else thing):
            found[part] = found.get(part, 0) + count
    return found


def _parts_of(thing: ManifestObject) -> Iterator[tuple[str, int]]:
    match thing:
        case ManifestListItem() if thing.attachments:
            yield ATTACHMENTS, len(thing.attachments)
        case ManifestGroup() if thing.members:
            yield MEMBERS, len(thing.members)
        case ManifestScope() if thing.assignments:
            yield RIGHTS, len(thing.assignments)
        case ManifestLink() if thing.members:
            yield LINK_MEMBERS, len(thing.members)
        case _:
            return


def contents_of(thing: ManifestObject) -> Iterator[tuple[bytes, int, str]]:
    """SHA-256 and size of every content an object refers to, versions and attachments, and the path of what it belongs to.
    One that is referred to twice comes twice."""
    match thing:
        case ManifestFile():
            yield from ((version.sha256, version.size_bytes, thing.path) for version in thing.versions)
        case ManifestListItem():
            yield from ((one.sha256, one.size_bytes, f"{thing.path}/{one.name}") for one in thing.attachments)
        case ManifestDeleted():
            yield from contents_of(thing.thing)
        case _:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSeal:
    """What the seal says of one part; size and hash are of the bytes as stored (zlib)."""

    ordinal: int
    name: str
    sha256: bytes
    size_bytes: int
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The seal. `items` counts live folders, files and list items, `versions` and `size_bytes` what stands in the parts, the
    recycle bin included; `counts` how many objects of each kind there are (`KINDS`), attachments too.
    """

    job_id: UUID
    epoch: int
    change_no: int
    items: int
    versions: int
    size_bytes: int
    parts: tuple[PartSeal, ...]
    counts: Counts = ()

    @property
    def root(self) -> bytes:
        """SHA-256 over everything sealed: the name under which both sides speak of this snapshot."""
        digest = hashlib.sha256()
        for line in self._lines():
            digest.update(line.encode() + b"\n")
        return digest.digest()

    def _lines(self) -> Sequence[str]:
        head = f"{self.job_id} {self.epoch} {self.change_no} {self.items} {self.versions} {self.size_bytes}"
        return [
            head,
            *(f"{kind} {count}" for kind, count in self.counts),
            *(f"{p.ordinal} {p.name} {p.sha256.hex()} {p.size_bytes} {p.objects}" for p in self.parts),
        ]
