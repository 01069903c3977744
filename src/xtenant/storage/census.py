"""Counting what a site holds: a move compares with it what it has written, so that nothing is left out unseen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select

from xtenant.domain.content import WEB, ItemKind, SiteKey
from xtenant.domain.ports.census import Census
from xtenant.domain.snapshot import ATTACHMENTS, LINK_MEMBERS, MEMBERS, RIGHTS
from xtenant.domain.tenant import TenantId
from xtenant.storage.attachments import attachments
from xtenant.storage.items import IN_BIN, LIVE, items, versions
from xtenant.storage.link_rows import link_members, sharing_links
from xtenant.storage.permissions import assignments, scopes, site_group_members, site_groups

KINDS = {
    ItemKind.WEB: "webs",
    ItemKind.LIBRARY: "lists",
    ItemKind.LIST: "lists",
    ItemKind.FOLDER: "folders",
    ItemKind.FILE: "files",
    ItemKind.LIST_ITEM: "list_items",
}


class CensusStore:
    """`CensusRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def of_site(self, site_key: SiteKey) -> Census:
        counts = self._items(site_key)
        counts["groups"] = self._number(self._rows(site_groups, site_key))
        counts[MEMBERS] = self._number(self._rows(site_group_members, site_key))
        counts["scopes"] = 1 + self._number(self._with_items(scopes, scopes.c.item_key, site_key))
        given = self._with_items(assignments, assignments.c.scope, site_key)
        on_web = self._rows(assignments, site_key).where(assignments.c.scope == WEB)
        counts[RIGHTS] = self._number(given) + self._number(on_web)
        links = self._with_items(sharing_links, sharing_links.c.item_key, site_key)
        counts["links"] = self._number(links)
        same = (link_members.c.link_id == sharing_links.c.link_id) & self._own(link_members, site_key)
        counts[LINK_MEMBERS] = self._number(links.join(link_members, same))
        attached, attached_bytes = self._content(attachments, site_key)
        counts[ATTACHMENTS] = attached
        numbered, size = self._content(versions, site_key)
        found = {kind: count for kind, count in counts.items() if count}
        return Census(counts=found, versions=numbered, size_bytes=size + attached_bytes)

    def _items(self, site_key: SiteKey) -> dict[str, int]:
        own = self._own(items, site_key)
        found = {"deleted": self._number(select(func.count()).select_from(items).where(own, IN_BIN))}
        live = select(items.c.kind, func.count()).where(own, LIVE).group_by(items.c.kind)
        for kind, count in self._connection.execute(live):
            name = KINDS[ItemKind(kind)]
            found[name] = found.get(name, 0) + count
        return found

    def _content(self, table: Table, site_key: SiteKey) -> tuple[int, int]:
        """How many versions or attachments, and their bytes."""
        here = (items.c.key == table.c.item_key) & self._own(items, site_key)
        query = (
            select(func.count(), func.coalesce(func.sum(table.c.size_bytes), 0))
            .select_from(table)
            .join(items, here)
            .where(table.c.tenant_id == self._tenant_id, or_(LIVE, IN_BIN))
        )
        count, size = self._connection.execute(query).one()
        return count, int(size)

    def _rows(self, table: Table, site_key: SiteKey) -> Select[int]:
        return select(func.count()).select_from(table).where(self._own(table, site_key))

    def _with_items(self, table: Table, key: ColumnElement[Any], site_key: SiteKey) -> Select[int]:
        """What hangs on live items and on those in the recycle bin."""
        here = (items.c.key == key) & (items.c.tenant_id == self._tenant_id) & or_(LIVE, IN_BIN)
        return select(func.count()).select_from(table).join(items, here).where(self._own(table, site_key))

    def _own(self, table: Table, site_key: SiteKey) -> ColumnElement[bool]:
        return (table.c.tenant_id == self._tenant_id) & (table.c.site_key == site_key)

    def _number(self, query: Select[int]) -> int:
        return self._connection.execute(query).scalar_one()
