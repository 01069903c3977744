"""Port of the facts that are stated of single files and lists."""

from __future__ import annotations

from typing import Protocol

from xtenant.domain.content import ItemKey, SiteKey
from xtenant.domain.item_facts import ItemFacts


class ItemFactRepository(Protocol):
    def of_site(self, site_key: SiteKey) -> dict[ItemKey, ItemFacts]:
        """Of the live files and lists of a site of which anything is stated, in one query."""
        ...

    def put(self, site_key: SiteKey, item_key: ItemKey, facts: ItemFacts) -> None:
        """Replace what is stated of one; nothing stated is no row."""
        ...
