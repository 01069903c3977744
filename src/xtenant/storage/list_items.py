"""Items by their number in a library, on SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, func, select

from xtenant.domain.content import Item, ItemKey
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import KEYS_A_QUERY, LIVE, item_of, items, versions

LARGEST_NUMBER = 2**31 - 1


class ListItemStore:
    """`ListItemRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def page(self, library: Item, *, after: int, limit: int) -> Sequence[Item]:
        query = (
            select(items)
            .where(self._in(library), LIVE, items.c.int_id > min(after, LARGEST_NUMBER))
            .order_by(items.c.int_id)
            .limit(limit)
        )
        return [item_of(row) for row in self._connection.execute(query)]

    def by_number(self, library: Item, number: int) -> Item | None:
        if not 0 < number <= LARGEST_NUMBER:
            return None
        row = self._connection.execute(select(items).where(self._in(library), LIVE, items.c.int_id == number)).first()
        return None if row is None else item_of(row)

    def counts(self, libraries: Collection[ItemKey]) -> dict[ItemKey, int]:
        rows = self._connection.execute(
            select(items.c.library_key, func.count())
            .where(items.c.tenant_id == self._tenant_id, items.c.library_key.in_(list(libraries)), LIVE)
            .group_by(items.c.library_key)
        )
        return dict.fromkeys(libraries, 0) | {ItemKey(key): count for key, count in rows}

    def comments(self, keys: Collection[ItemKey]) -> dict[ItemKey, str]:
        wanted = sorted(set(keys))
        found: dict[ItemKey, str] = {}
        current = (versions.c.major == items.c.major) & (versions.c.minor == items.c.minor)
        for start in range(0, len(wanted), KEYS_A_QUERY):
            rows = self._connection.execute(
                select(versions.c.item_key, versions.c.comment)
                .join(items, (items.c.key == versions.c.item_key) & current)
                .where(
                    versions.c.tenant_id == self._tenant_id,
                    items.c.tenant_id == self._tenant_id,
                    versions.c.item_key.in_(wanted[start : start + KEYS_A_QUERY]),
                    versions.c.comment != "",
                )
            )
            found |= {ItemKey(key): comment for key, comment in rows}
        return found

    def _in(self, library: Item) -> ColumnElement[bool]:
        return (items.c.tenant_id == self._tenant_id) & (items.c.library_key == library.key)
