"""Removing a site's content for good, so many rows at a time: items with all that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table, delete, func, select

from xtenant.domain.content import SiteKey
from xtenant.domain.tenant import TenantId
from xtenant.storage.attachments import attachments
from xtenant.storage.definitions import definitions
from xtenant.storage.item_facts import item_facts
from xtenant.storage.items import items, versions
from xtenant.storage.link_rows import link_members, sharing_links
from xtenant.storage.permissions import assignments, scopes

HANGING_ON_ITEMS_OF_A_SITE = (
    (definitions, definitions.c.item_key),
    (sharing_links, sharing_links.c.item_key),
    (scopes, scopes.c.item_key),
    (assignments, assignments.c.scope),
    (item_facts, item_facts.c.item_key),
)
"""Tables whose rows go by site and item. They stay with what lies in the recycle bin."""


def purge_items(connection: Connection, tenant_id: TenantId, site_key: SiteKey, limit: int) -> bool:
    """Remove up to so many rows of a site for good; whether more remain."""
    found = connection.execute(
        select(items.c.key)
        .where(items.c.tenant_id == tenant_id, items.c.site_key == site_key)
        .order_by(items.c.depth.desc(), items.c.key)
        .limit(max(1, limit // 4))
    ).scalars()
    keys: list[int] = []
    room = limit
    for key, count in _weights(connection, tenant_id, list(found)):
        if keys and count + 1 > room:
            break
        keys.append(key)
        room -= count + 1
    if not keys:
        return False
    strip_items(connection, tenant_id, site_key, keys)
    connection.execute(delete(items).where(items.c.tenant_id == tenant_id, items.c.key.in_(keys)))
    return True


def strip_items(connection: Connection, tenant_id: TenantId, site_key: SiteKey, keys: Sequence[int]) -> None:
    """Remove what hangs on some items of a site: versions, attachments, definitions, links, rights, facts."""
    links = select(sharing_links.c.link_id).where(
        sharing_links.c.tenant_id == tenant_id, sharing_links.c.site_key == site_key, sharing_links.c.item_key.in_(keys)
    )
    connection.execute(
        delete(link_members).where(
            link_members.c.tenant_id == tenant_id,
            link_members.c.site_key == site_key,
            link_members.c.link_id.in_(links),
        )
    )
    for table in (versions, attachments):
        connection.execute(delete(table).where(table.c.tenant_id == tenant_id, table.c.item_key.in_(keys)))
    for table, column in HANGING_ON_ITEMS_OF_A_SITE:
        connection.execute(
            delete(table).where(table.c.tenant_id == tenant_id, table.c.site_key == site_key, column.in_(keys))
        )


def purge_definition_of_web(connection: Connection, tenant_id: TenantId, site_key: SiteKey) -> None:
    """The root web's, which hangs on no item; with the site it belongs to."""
    connection.execute(
        delete(definitions).where(definitions.c.tenant_id == tenant_id, definitions.c.site_key == site_key)
    )


def _weights(connection: Connection, tenant_id: TenantId, keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """How many versions and attachments each of some items has."""
    counts = dict.fromkeys(keys, 0)
    for table in (versions, attachments):
        for key, count in _counted(connection, tenant_id, table, keys):
            counts[key] += count
    return iter(counts.items())


def _counted(
    connection: Connection, tenant_id: TenantId, table: Table, keys: Sequence[int]
) -> Iterator[tuple[int, int]]:
    rows = connection.execute(
        select(table.c.item_key, func.count())
        .where(table.c.tenant_id == tenant_id, table.c.item_key.in_(keys))
        .group_by(table.c.item_key)
    )
    return ((row[0], row[1]) for row in rows)
