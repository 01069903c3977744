"""The recycle bin of a live site: deleted items that can be restored. They are rows of `items`; writing is `bin_writer`'s."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal, select, tuple_

from xtenant.domain.content import Item, ItemId, ItemKey, PrincipalKey, SiteKey
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import IN_BIN, item_of, items


class RecycleBinStore:
    """`RecycleBinRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def page(self, site_key: SiteKey, *, after: ItemKey, limit: int, by: PrincipalKey | None = None) -> Sequence[Item]:
        by_itself = items.c.deleted_with == items.c.key
        if by is not None:
            by_itself &= items.c.deleted_by == by
        query = select(items).where(self._in(site_key), by_itself, items.c.key > after).order_by(items.c.key)
        return [item_of(row) for row in self._connection.execute(query.limit(limit))]

    def by_id(self, site_key: SiteKey, item_id: ItemId) -> Item | None:
        query = select(items).where(self._in(site_key), items.c.item_id == item_id, items.c.deleted_with == items.c.key)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else item_of(row)

    def all_page(self, site_key: SiteKey, *, after: ItemKey, limit: int) -> Sequence[Item]:
        query = select(items).where(self._in(site_key))
        if after:
            depth = (
                select(items.c.depth)
                .where(items.c.tenant_id == self._tenant_id, items.c.key == after)
                .scalar_subquery()
            )
            query = query.where(tuple_(items.c.depth, items.c.key) > tuple_(depth, literal(after, BigInteger)))
        rows = self._connection.execute(query.order_by(items.c.depth, items.c.key).limit(limit))
        return [item_of(row) for row in rows]

    def count(self, site_key: SiteKey) -> int:
        return self._connection.execute(select(func.count()).where(self._in(site_key))).scalar_one()

    def _in(self, site_key: SiteKey) -> ColumnElement[bool]:
        return (items.c.tenant_id == self._tenant_id) & (items.c.site_key == site_key) & IN_BIN
