"""Facts of items that a lab's operator states: labels of files, templates of lists. A small table beside the big one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, Table, delete, insert, select

from xtenant.domain.content import ItemKey, SiteKey
from xtenant.domain.item_facts import ItemFacts
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import LIVE, items
from xtenant.storage.tables import Guid, Text, metadata

item_facts = Table(
    "item_facts",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, nullable=False),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    Column("label", Text, nullable=False, server_default=""),
    Column("user_defined", Boolean, nullable=False, server_default="0"),
    Column("list_template", Integer, nullable=False, server_default="0"),
)
Index("ix_item_facts_site_key", item_facts.c.tenant_id, item_facts.c.site_key)


class ItemFactStore:
    """`ItemFactRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def of_site(self, site_key: SiteKey) -> dict[ItemKey, ItemFacts]:
        query = (
            select(item_facts)
            .join(items, items.c.key == item_facts.c.item_key)
            .where(item_facts.c.tenant_id == self._tenant_id, item_facts.c.site_key == site_key, LIVE)
            .order_by(item_facts.c.item_key)
        )
        return {
            ItemKey(row.item_key): ItemFacts(
                label=row.label, user_defined=bool(row.user_defined), list_template=row.list_template
            )
            for row in self._connection.execute(query)
        }

    def put(self, site_key: SiteKey, item_key: ItemKey, facts: ItemFacts) -> None:
        self._connection.execute(
            delete(item_facts).where(item_facts.c.tenant_id == self._tenant_id, item_facts.c.item_key == item_key)
        )
        if facts == ItemFacts():
            return
        self._connection.execute(
            insert(item_facts).values(
                tenant_id=self._tenant_id,
                site_key=site_key,
                item_key=item_key,
                label=facts.label,
                user_defined=facts.user_defined,
                list_template=facts.list_template,
            )
        )


def purge_item_facts(connection: Connection, tenant_id: TenantId, site_key: SiteKey) -> None:
    """With the site they belong to."""
    connection.execute(delete(item_facts).where(item_facts.c.tenant_id == tenant_id, item_facts.c.site_key == site_key))
