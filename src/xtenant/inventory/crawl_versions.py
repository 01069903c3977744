"""Counting the versions of a site exactly, where the bound from their labels is above what may move (settled C 17; R-6.33).

A label tells of versions that were trimmed long ago, so the bound may be far too high. Files are counted from the highest bound
down, and no further than it takes to know on which side of the limit the site is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import anyio

from xtenant.domain import errors
from xtenant.inventory.facts import Site, SiteList
from xtenant.inventory.store import Inventory
from xtenant.protocols.graph.call import drives
from xtenant.wire.transport import Session

MOST_ITEMS = 1_000_000
"""Items with their versions that a site may have to move (R-6.33)."""

COUNTED_AT_ONCE = 4


@dataclass(slots=True)
class VersionCount:
    """Counts one site; `run` once. `exact` says that no item is left with a bound only."""

    session: Session
    inventory: Inventory
    site: Site
    limit: int = MOST_ITEMS
    exact: bool = False
    _sure: int = 0
    _bound: int = 0
    _counted: list[tuple[UUID, str, int]] = field(default_factory=list[tuple[UUID, str, int]])

    async def run(self, lists: Sequence[SiteList]) -> None:
        """Does nothing where the bound is within the limit. Raises Refused's kinds where versions may not be seen."""
        self._sure, self._bound = self.inventory.sums_of(self.site.site_id)
        if self._bound <= self.limit:
            return
        waiting = list(self.inventory.most_versions(self.site.site_id))
        numbers = await self._numbers(lists, {item_id for item_id, _, _ in waiting})
        left = iter([(row, numbers[row[0]]) for row in waiting if row[0] in numbers])
        async with anyio.create_task_group() as group:
            for _ in range(COUNTED_AT_ONCE):
                group.start_soon(self._count, left)
        self.inventory.put_versions(self.site.site_id, self._counted)
        self.exact = len(self._counted) == len(waiting)

    async def _numbers(self, lists: Sequence[SiteList], wanted: set[UUID]) -> dict[UUID, tuple[str, str]]:
        """Graph's drive and item of each file whose versions are asked for."""
        found: dict[UUID, tuple[str, str]] = {}
        for each in lists:
            if each.drive_id:
                async for item_id, number in drives.numbers_of_items(self.session, each.drive_id):
                    if item_id in wanted:
                        found[item_id] = (each.drive_id, number)
        return found

    async def _count(self, left: Iterator[tuple[tuple[UUID, str, int], tuple[str, str]]]) -> None:
        while self._sure <= self.limit < self._bound:
            following = next(left, None)
            if following is None:
                return
            (item_id, path, bound), (drive_id, number) = following
            try:
                versions = await drives.count_versions(self.session, drive_id, number)
            except errors.NotFound:
                continue  # it went away meanwhile
            self._sure += versions - 1
            self._bound += versions - bound
            self._counted.append((item_id, path, versions))
