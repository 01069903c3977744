"""A document library as clients see it, a drive, and its items with what their readers ask for beside the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtenant.domain.content import FileVersion, Item, ItemId, Principal, Role, Site, SiteId
from xtenant.domain.sharing import LinkScope

LIBRARY_TITLES = {"Shared Documents": "Documents"}
"""The default library's title beside the last segment of its address, as at Microsoft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveRef:
    """Names a drive: the site's id and the library's, None for the default library of the root web or of a subweb."""

    site_id: SiteId
    library_id: ItemId | None = None
    web_id: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Names an item of a drive: start at an item (None: the library), then walk down by names."""

    item_id: ItemId | None = None
    names: tuple[str, ...] = ()


ROOT = Where()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """`owner` is the OneDrive's user or the site's group, where content knows them; `above` are the names of the subwebs
    that the library stands in; `title` is its own where it differs from the last of its address."""

    site: Site
    library: Item
    owner: Principal | None = None
    above: tuple[str, ...] = ()
    title: str = ""

    @property
    def address(self) -> tuple[str, ...]:
        """The names from the site down to the library."""
        return (*self.above, self.library.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item with its drive, the names below the library down to it, its folder, its people, and how many children."""

    drive: Drive
    item: Item
    path: tuple[str, ...]
    parent: Item | None
    author: Principal | None
    editor: Principal | None
    children: int
    shared: LinkScope | None = None
    """For whom the widest of its sharing links is, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Some children in name order; `next_name` is where to go on, None at the end."""

    folder: ItemView
    views: Sequence[ItemView]
    next_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPage:
    """Changed items; exactly one of the tokens is set: `next_token` in the middle, `delta_token` on the last page."""

    views: Sequence[ItemView]
    next_token: str | None = None
    delta_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    version: FileVersion
    editor: Principal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A role of somebody on an item. Where it is inherited, `source` is the library or folder it comes from, None the web."""

    principal: Principal
    role: Role
    inherited: bool = False
    source: Item | None = None
