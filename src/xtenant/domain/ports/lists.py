"""Ports of lists: their items by SharePoint's numbers, what webs and lists are made of, attachments, and the recycle bin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from xtenant.domain.content import Attachment, Item, ItemId, ItemKey, NewAttachment, PrincipalKey, SiteKey
from xtenant.domain.fields import Fields
from xtenant.domain.lists import ListDefinition, WebDefinition


class ListItemRepository(Protocol):
    def page(self, library: Item, *, after: int, limit: int) -> Sequence[Item]:
        """Live items of a library or list, at any depth, by number behind one."""
        ...

    def by_number(self, library: Item, number: int) -> Item | None: ...

    def counts(self, libraries: Collection[ItemKey]) -> dict[ItemKey, int]:
        """How many live items each of some libraries and lists holds, in one query."""
        ...

    def comments(self, keys: Collection[ItemKey]) -> dict[ItemKey, str]:
        """The comments of the current versions of some files, those that have one; one query per 1,000."""
        ...


class DefinitionRepository(Protocol):
    """Webs, libraries and lists of a site, and what they are made of. The root web is named by `WEB`."""

    def containers(self, site_key: SiteKey) -> Sequence[Item]:
        """Every live subweb, library and list, by depth and key."""
        ...

    def paths_of(self, containers: Iterable[Item], /) -> dict[ItemKey, tuple[str, ...]]:
        """For each container the names from below the root web down to it, its own included; one query."""
        ...

    def lists(self, site_key: SiteKey, keys: Collection[ItemKey]) -> dict[ItemKey, ListDefinition]:
        """Definitions of some libraries and lists; PLAIN_LIBRARY for those without one. One query per 1,000."""
        ...

    def root_webs(self, site_keys: Collection[SiteKey]) -> dict[SiteKey, WebDefinition]:
        """Of the root webs of many sites; PLAIN_WEB for those without one. One query per 1,000."""
        ...

    def count_webs(self, site_keys: Collection[SiteKey]) -> dict[SiteKey, int]:
        """How many live webs stand below the root webs of many sites."""
        ...

    def webs(self, site_key: SiteKey, keys: Collection[ItemKey]) -> dict[ItemKey, WebDefinition]:
        """Definitions of some webs; PLAIN_WEB for those without one."""
        ...


class AttachmentRepository(Protocol):
    def of_items(self, item_keys: Collection[ItemKey]) -> Iterator[Attachment]:
        """By item key and name; one query per 1,000."""
        ...

    def by_name(self, item: Item, name: str) -> Attachment | None:
        """In any letter case."""
        ...


class RecycleBinRepository(Protocol):
    """Deleted items of live sites. What a deleted folder took along is restored and purged with it."""

    def page(self, site_key: SiteKey, *, after: ItemKey, limit: int, by: PrincipalKey | None = None) -> Sequence[Item]:
        """What was deleted by itself, by anybody or by one principal, in key order behind one."""
        ...

    def by_id(self, site_key: SiteKey, item_id: ItemId) -> Item | None:
        """One that was deleted by itself."""
        ...

    def all_page(self, site_key: SiteKey, *, after: ItemKey, limit: int) -> Sequence[Item]:
        """Every deleted item behind one, by depth and then key, as `ItemRepository.page` does for live ones."""
        ...

    def count(self, site_key: SiteKey) -> int:
        """How many items lie in the bin, those taken along included."""
        ...


class ListWriter(Protocol):
    """The part of a site's writer that shapes webs and lists, attaches files, and empties the recycle bin. Each change raises
    the site's change number by one per item."""

    def put_list(self, item: ItemKey, definition: ListDefinition) -> None:
        """Raises NotFound for what is no live library or list of the site."""
        ...

    def put_web(self, item: ItemKey, definition: WebDefinition) -> None:
        """`WEB` for the root web. Raises NotFound."""
        ...

    def put_definitions(self, given: Mapping[ItemKey, ListDefinition | WebDefinition]) -> None:
        """Many at once, for bulk writers. Raises NotFound."""
        ...

    def set_fields(self, item: Item, fields: Fields, *, editor: PrincipalKey, modified_at: datetime) -> Item:
        """In place, without a new version: folders, and lists that keep none. Raises NotFound."""
        ...

    def attach(self, item: Item, attachment: NewAttachment) -> None:
        """Raises NameTaken, BlobGone, NotFound."""
        ...

    def detach(self, item: Item, name: str) -> None:
        """Raises NotFound."""
        ...

    def restore_deleted(self, item: Item, *, now: datetime) -> Item:
        """Out of the recycle bin with everything it took along. Raises NameTaken, NotFound when its folder is gone."""
        ...

    def purge_deleted(self, item: Item) -> None:
        """Out of the recycle bin for good, with everything it took along and all that was deleted in it before."""
        ...

    def delete_by(self, item: Item, *, by: PrincipalKey, now: datetime) -> None:
        """To the recycle bin, everything below included, as `delete`, and who did it."""
        ...
