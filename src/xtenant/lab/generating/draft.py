"""One made-up site while it is being drawn: its chance, who works in it, and what may get rights and links of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from xtenant.domain import paths
from xtenant.domain.content import ItemKind
from xtenant.domain.estates import EstateItem
from xtenant.lab.generating.words import FreeNames
from xtenant.outside.chance import Chance

ONEDRIVE_ROOM = 330
"""Characters that names in a OneDrive may take: its address depends on the tenant's domain, at both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A web, library, list or folder that things are put into. `names` lead to it from the site's address on."""

    item_id: UUID | None
    names: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return len("/".join(self.names))


@dataclass(slots=True, kw_only=True)
class SiteDraft:
    """`workers` are the numbers of the people who work here; `with_versions` is the share of items with a history, `attachments` that of list items with
    files attached."""

    chance: Chance
    name: str
    workers: tuple[int, ...]
    created_at: datetime
    with_versions: float
    attachments: float
    names: FreeNames = field(default_factory=FreeNames)
    securable: list[tuple[UUID, ItemKind]] = field(default_factory=list[tuple[UUID, ItemKind]])
    linkable: list[UUID] = field(default_factory=list[UUID])

    @property
    def room(self) -> int:
        """How long the names from the site's address on may be together (R-6.51)."""
        return paths.PATH_LENGTH - len(f"sites/{self.name}/") if self.name else ONEDRIVE_ROOM

    def new_id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def worker(self) -> int:
        """Somebody who works here; the first ones do the most."""
        return self.workers[int(self.chance.random() ** 2 * len(self.workers))]

    def note(self, item: EstateItem, *, linkable: bool = False) -> EstateItem:
        """Remember an item that may get rights, and links where it lies in a library."""
        self.securable.append((item.item_id, item.kind))
        if linkable:
            self.linkable.append(item.item_id)
        return item
