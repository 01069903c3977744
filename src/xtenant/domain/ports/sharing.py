"""Ports of sharing links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from xtenant.domain.content import ItemKey, SiteKey
from xtenant.domain.sharing import LinkScope, SharingLink


class LinkRepository(Protocol):
    """Links of live items of live sites."""

    def of_items(self, site_key: SiteKey, item_keys: Collection[ItemKey]) -> Sequence[SharingLink]:
        """By item key and link id; one query per 1,000."""
        ...

    def widest(self, site_key: SiteKey, item_keys: Collection[ItemKey]) -> dict[ItemKey, LinkScope]:
        """Of some items those that have links, and for how many people the widest is; one query per 1,000."""
        ...

    def page(
        self, site_key: SiteKey, *, after: UUID | None, limit: int, deleted: bool = False
    ) -> Sequence[SharingLink]:
        """All links of a site by link id, behind one; with `deleted` those of items in the recycle bin too."""
        ...

    def by_id(self, site_key: SiteKey, link_id: UUID) -> SharingLink | None: ...

    def by_token(self, token_hash: bytes) -> tuple[SiteKey, SharingLink] | None:
        """The link of a visible site to which a token leads."""
        ...

    def count(self, site_key: SiteKey, *, deleted: bool = False) -> int: ...


class LinkWriter(Protocol):
    """The part of a site's writer that makes and takes links. Each change raises the site's change number by one."""

    def put_links(self, links: Sequence[SharingLink]) -> None:
        """Many at once, for bulk writers too; repeating changes nothing. Raises NotFound for an item that is not there."""
        ...

    def remove_link(self, link_id: UUID) -> None:
        """One that is not there is no error."""
        ...
