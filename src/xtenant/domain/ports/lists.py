"""Port of list items: what a library holds, by the numbers that SharePoint's lists count with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from xtenant.domain.content import Item, ItemKey


class ListItemRepository(Protocol):
    def page(self, library: Item, *, after: int, limit: int) -> Sequence[Item]:
        """Live items of a library, at any depth, by number behind one."""
        ...

    def by_number(self, library: Item, number: int) -> Item | None: ...

    def counts(self, libraries: Collection[ItemKey]) -> dict[ItemKey, int]:
        """How many live items each of some libraries holds, in one query."""
        ...
