"""What lies in a site's recycle bin, as its readers see it (content-api.md 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtenant.domain.content import Item, ItemKey, Principal, Site

MOST_IDS = 200
"""Entries that one call restores or removes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedView:
    """An entry: what was deleted by itself. `place` are the names from the site down to where it was."""

    site: Site
    item: Item
    place: tuple[str, ...]
    author: Principal | None
    deleted_by: Principal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPage:
    """Some entries in the order in which the items were made; `after` is where to go on, None at the end."""

    entries: Sequence[DeletedView]
    after: ItemKey | None
