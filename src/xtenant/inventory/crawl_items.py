"""Reading the items of a list into an inventory, page by page: sizes, dates, labels, and versions as their label bounds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.inventory.crawl_lists import ListStand, below_web
from xtenant.inventory.facts import Item, Scope, ScopeKind, Site
from xtenant.inventory.store import Inventory
from xtenant.protocols.sharepoint_rest.call import lists
from xtenant.protocols.sharepoint_rest.call.lists import ListItem
from xtenant.wire.transport import Session

ITEMS_A_WRITE = 2_000
_TRIES_WITH_LABELS = 3


@dataclass(slots=True)
class LabelColumn:
    """Whether libraries have the column of sensitivity labels: asked of the first few until one has it."""

    refused: int = 0
    seen: bool = False

    @property
    def is_asked(self) -> bool:
        return self.seen or self.refused < _TRIES_WITH_LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """An object with permissions of its own; `number` is an item's within its list."""

    scope: Scope
    list_id: UUID | None = None
    number: int | None = None


@dataclass(slots=True)
class ItemReading:
    """Reads lists of one site."""

    session: Session
    inventory: Inventory
    site: Site
    labels: LabelColumn

    async def read(self, stand: ListStand) -> list[Unique]:
        """Write the list and its items instead of those before; those with permissions of their own.

        Raises Refused's kinds where the list may not be read; what was written until then stays, without a state.
        """
        told, site_id = stand.told, self.site.site_id
        self.inventory.forget_items_of(told)
        scope_id = told.list_id if stand.is_unique else site_id
        top = Item(site_id=site_id, item_id=told.list_id, kind=ScopeKind.LIST, path=told.path, scope_id=scope_id)
        unique: list[Unique] = []
        waiting = [top]
        async for row in self._rows(stand):
            item = self._item(row, scope_id)
            waiting.append(item)
            if row.HasUniqueRoleAssignments:
                scope = Scope(site_id=site_id, scope_id=item.item_id, kind=item.kind, path=item.path)
                unique.append(Unique(scope=scope, list_id=told.list_id, number=row.Id))
            if len(waiting) >= ITEMS_A_WRITE:
                self.inventory.add_items(site_id, waiting)
                waiting = []
        self.inventory.add_items(site_id, waiting)
        return unique

    async def _rows(self, stand: ListStand) -> AsyncIterator[ListItem]:
        """With labels where the library has a column of them; one without refuses the page that asks for it."""
        session, url, list_id = self.session, self.site.url, stand.told.list_id
        if stand.is_library and self.labels.is_asked:
            begun = False
            try:
                async for row in lists.items_of(session, url, list_id, labels=True):
                    begun = self.labels.seen = True
                    yield row
                return
            except (errors.UsageError, errors.Refused) as error:
                if begun or not _is_unknown_column(error):
                    raise
                self.labels.refused += 1
        async for row in lists.items_of(session, url, list_id, library=stand.is_library):
            yield row

    def _item(self, row: ListItem, list_scope: UUID) -> Item:
        is_folder = row.FSObjType == lists.FOLDER
        return Item(
            site_id=self.site.site_id,
            item_id=row.UniqueId,
            kind=ScopeKind.FOLDER if is_folder else ScopeKind.FILE,
            path=below_web(self.site.url, row.FileRef),
            scope_id=row.UniqueId if row.HasUniqueRoleAssignments else list_scope,
            size_bytes=row.File_x0020_Size or 0,
            versions=1 if is_folder else versions_in(row.OData__UIVersionString),
            modified_at=row.Modified,
            item_number=row.Id,
            label=row.OData__DisplayName or "",
        )


def versions_in(label: str | None) -> int:
    """How many versions there may be at most by the label of the newest: `4.2` stands for 4 major and 2 minor ones."""
    major, _, minor = (label or "").partition(".")
    numbers = (int(part) for part in (major, minor) if part.isascii() and part.isdecimal() and len(part) < 10)
    return max(1, sum(numbers))


def _is_unknown_column(error: errors.XTenantError) -> bool:
    """A 400, which says neither who may read nor whether the list is there."""
    return type(error) in (errors.UsageError, errors.Refused)
