"""Ports of content: sites, items, versions, principals, rights, changes, blobs.

Reading starts from published sites (`visible`), writing from `UnitOfWork.write_site`; bulk methods serve the engine and
imports and take at most `Limits.write_rows` rows a call. Engines stream: every list is paged by key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from xtenant.domain.content import (
    BlobKey,
    FileVersion,
    Item,
    ItemId,
    ItemKey,
    ItemRow,
    NewVersion,
    Principal,
    PrincipalKey,
    RoleAssignment,
    Site,
    SiteId,
    SiteKey,
    StoredBlob,
)
from xtenant.domain.ports.lists import ListWriter
from xtenant.domain.ports.permissions import RightsWriter
from xtenant.domain.ports.sharing import LinkWriter
from xtenant.domain.tenant import GeoCode, TenantId


class SiteRepository(Protocol):
    """`visible` methods see published, undeleted sites only; the others say what they see."""

    def add(self, site: Site) -> Site:
        """Insert (the key in the value is ignored) and return it with its key. Raises Conflict when the URL is taken,
        hidden reservations and redirects included."""
        ...

    def visible_by_url(self, url: str) -> Site | None:
        """The published site at exactly this address, in any letter case; redirects included."""
        ...

    def visible_by_id(self, site_id: SiteId) -> Site | None: ...

    def visible_personal_of(self, owner_id: UUID) -> Site | None:
        """A user's OneDrive; a redirect is none."""
        ...

    def visible_page(
        self, *, geo: GeoCode | None, template: str | None, personal: bool | None, after: SiteKey, limit: int
    ) -> Sequence[Site]: ...

    def any_by_url(self, url: str) -> Sequence[Site]:
        """Every live or recycled row that holds or held the address: hidden, redirect, published, deleted."""
        ...

    def by_key(self, key: SiteKey, *, lock: bool = False) -> Site | None:
        """Whatever its state; the engine's way in. `lock` holds the row until the unit ends: read, decide, `update`."""
        ...

    def by_hidden_job(self, job_id: UUID) -> Site | None: ...

    def update(self, site: Site) -> None:
        """Write every column but the counters and the change number (`write_site` keeps those). Read with `lock`
        before. Raises Conflict when the URL is taken."""
        ...

    def hidden_of_partner(self, job_ids: Iterable[UUID]) -> int:
        """How many hidden sites these jobs hold."""
        ...

    def deleted_page(self, *, after: SiteKey, limit: int, site_id: SiteId | None = None) -> Sequence[Site]:
        """Sites in the recycle bin, in key order; those of one id where it is named."""
        ...

    def purge(self, key: SiteKey, *, limit: int) -> bool:
        """Remove up to so many rows of a hidden or deleted site for good, the site's row last; whether more remain.

        Raises Refused for a visible one.
        """
        ...


class ItemRepository(Protocol):
    def root_of(self, site_key: SiteKey) -> Item | None:
        """The default document library of the root web."""
        ...

    def libraries(self, site_key: SiteKey) -> Sequence[Item]:
        """Live document libraries of the whole site, those of subwebs too (parent unset: the root web's)."""
        ...

    def by_id(self, site_key: SiteKey, item_id: ItemId) -> Item | None: ...

    def by_keys(self, keys: Iterable[ItemKey]) -> dict[ItemKey, Item]:
        """Items of this tenant whatever their state, in one query per 1,000 (the engine finds parents' GUIDs so)."""
        ...

    def by_path(self, library: Item, names: Sequence[str]) -> Item | None:
        """Walk down by names, any letter case, in one query."""
        ...

    def children(self, parent: Item, *, after_name: str, limit: int) -> Sequence[Item]:
        """Live children in name order behind a name."""
        ...

    def count_children(self, parent_keys: Iterable[ItemKey]) -> dict[ItemKey, int]: ...

    def paths_of(self, items: Iterable[Item], /) -> dict[ItemKey, tuple[str, ...]]:
        """For each item the names from below its library down to it, in one query."""
        ...

    def page(self, site_key: SiteKey, *, after: ItemKey, limit: int) -> Sequence[Item]:
        """Live items of a site behind one of them (0: from the start), by depth and then key: parents come first.

        Order by (`depth`, `key`), not by key alone: a moved item may be older than its folder.
        """
        ...

    def versions(self, item_keys: Iterable[ItemKey]) -> Iterator[FileVersion]:
        """All versions of many files, by item key, oldest first."""
        ...

    def with_more_versions(self, site_key: SiteKey, *, than: int) -> Item | None:
        """A live file of a site that has more versions than so many, if there is one."""
        ...

    def changes(self, site_key: SiteKey, *, after: int, limit: int) -> Sequence[Item]:
        """Items, deleted ones included, in change-number order (delta); each number belongs to one item."""
        ...


class SiteWriter(RightsWriter, LinkWriter, ListWriter, Protocol):
    """The only way to write content: made by `UnitOfWork.write_site`, which locks the site row and refuses a locked or
    frozen site and an old epoch. Every row changed raises the site's change number by one.

    Raises NameTaken for a name that is there already, BlobGone for content without a live blob row.
    """

    @property
    def site(self) -> Site:
        """As it stands now, counters included."""
        ...

    def add_item(self, row: ItemRow) -> Item: ...

    def add_rows(self, rows: Sequence[ItemRow]) -> None:
        """Bulk insert, parents before children, at most `Limits.write_rows` items and versions together. Raises
        NotFound for an unknown parent."""
        ...

    def add_version(self, item: Item, version: NewVersion) -> Item: ...

    def replace_version(self, item: Item, version: NewVersion) -> Item:
        """Instead of the current one: libraries and lists that keep no versions."""
        ...

    def renumber_version(self, item: Item, number: tuple[int, int], *, comment: str) -> Item:
        """The current version under another number, or under its own, with a comment: publishing and taking back."""
        ...

    def remove_versions(self, item: Item, numbers: Collection[tuple[int, int]]) -> None:
        """For good; those that are not there are no error. Raises UsageError for the current one."""
        ...

    def trim_versions(self, item: Item, *, keep: int) -> None:
        """Remove what is older than so many major versions, drafts between them included."""
        ...

    def move_item(self, item: Item, *, parent: Item, name: str) -> Item:
        """Rename or move inside the library. Raises UsageError for a folder into itself or for another library."""
        ...

    def touch(
        self,
        item: Item,
        *,
        created_at: datetime | None,
        modified_at: datetime | None,
        editor: PrincipalKey,
        author: PrincipalKey | None = None,
    ) -> Item:
        """Change the dates of an item (Graph's fileSystemInfo) and who made it; None keeps one."""
        ...

    def delete(self, item: Item, *, now: datetime) -> None:
        """To the recycle bin, everything below included. Raises Refused above `Limits.write_rows` items."""
        ...


class PrincipalRepository(Protocol):
    def ensure(self, principals: Iterable[Principal], /) -> dict[UUID, PrincipalKey]:
        """Insert what is missing (keys in the values are ignored), refresh names; keys by directory id."""
        ...

    def by_keys(self, keys: Iterable[PrincipalKey]) -> dict[PrincipalKey, Principal]: ...

    def by_directory_ids(self, ids: Iterable[UUID]) -> dict[UUID, Principal]: ...

    def of_site(self, site_key: SiteKey) -> Iterator[Principal]:
        """Everybody a site's items, versions, assignments, groups and administrators name, SharePoint groups included;
        once each, in key order."""
        ...

    def assignments(self, site_key: SiteKey) -> Sequence[RoleAssignment]:
        """What stands on the root web; for other scopes see `ScopeRepository`."""
        ...


class BlobRepository(Protocol):
    """Rows of blobs: a reference may be written only to a row in state live; the collector owns state deleting."""

    def put(self, blobs: Sequence[StoredBlob], /, *, now: datetime) -> None:
        """Record durable blobs (after `BlobStore.settle`). Raises BlobGone where a row is being deleted.

        Called through `operations.blobs.record`, which checks the bytes again inside the same unit.
        """
        ...

    def known(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        """Which of these are live here."""
        ...

    def pin(self, job_id: UUID, keys: Sequence[BlobKey]) -> None:
        """Keep these for a job; pinning twice changes nothing. Raises BlobGone for one without a live row."""
        ...

    def unpin(self, job_id: UUID) -> None: ...

    def pinned(self, job_id: UUID, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        """Which of these a job has pinned (what a partner's job may ask for)."""
        ...

    def doomed(self, *, put_before: datetime, limit: int) -> Sequence[BlobKey]:
        """Commit state deleting for unreferenced, unpinned, old enough blobs and return them."""
        ...

    def deleting(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        """Which of these the collector is removing now."""
        ...

    def forget(self, keys: Sequence[BlobKey]) -> None:
        """Delete rows in state deleting, after the bytes are gone."""
        ...


class SharedStore(Protocol):
    """Content of partners that keep theirs in the store that ours lies in, where both operators chose so."""

    def take(self, owner: TenantId, wanted: Mapping[BlobKey, int]) -> Iterator[StoredBlob]:
        """Those of the wanted (with their sizes) that lie whole in the owner's part, linked or copied and hashed once; they
        wait for `BlobStore.settle` as after `put`. What is not there, or is not what its name says, is left out."""
        ...


class BlobStore(Protocol):
    """Bytes by key. `put` writes and hashes, `settle` makes durable; only then may a row refer to the blob."""

    def put(self, pieces: Iterable[bytes], *, expected: BlobKey | None = None) -> StoredBlob:
        """Write a stream once; hashed on the way. Not durable yet. What turns out to be something else than expected is told
        of, and not kept."""
        ...

    def settle(self, keys: Sequence[BlobKey]) -> None:
        """Make these durable: files and directories synced. Raises KeyError for one never put."""
        ...

    def open(self, key: BlobKey, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Pieces of at most 1 MiB. Raises KeyError when missing."""
        ...

    def opened(self, key: BlobKey) -> tuple[int, Iterator[bytes]]:
        """Size and the whole content at one opening. Raises KeyError when missing."""
        ...

    def size(self, key: BlobKey) -> int:
        """Raises KeyError when missing."""
        ...

    def missing(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        """Which of these are not settled here."""
        ...

    def delete(self, keys: Sequence[BlobKey]) -> None:
        """Missing ones are no error."""
        ...
