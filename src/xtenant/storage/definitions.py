"""What webs, libraries and lists are made of: one text a web or list, beside the item that stands for it.

The root web has no item and goes by 0. What has no row is plain. Writing is `list_writer`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import BigInteger, Column, Connection, Table, func, literal, select

from xtenant.domain.content import WEB, Item, ItemKey, ItemKind, SiteKey
from xtenant.domain.lists import (
    PLAIN_LIBRARY,
    PLAIN_WEB,
    ListDefinition,
    WebDefinition,
    list_definition_of,
    web_definition_of,
)
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import KEYS_A_QUERY, containers_of, item_of, items
from xtenant.storage.tables import Guid, Text, metadata

definitions = Table(
    "definitions",
    metadata,
    Column("tenant_id", Guid, nullable=False),
    Column("site_key", BigInteger, primary_key=True, autoincrement=False),
    Column("item_key", BigInteger, primary_key=True, autoincrement=False),
    Column("definition", Text, nullable=False),
)

LISTS_FOLDER = "Lists"
"""Lists stand in this folder of their web, libraries in the web itself (migration-package 6.3)."""


class DefinitionStore:
    """`DefinitionRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def containers(self, site_key: SiteKey) -> Sequence[Item]:
        query = (
            select(items)
            .where(items.c.tenant_id == self._tenant_id, items.c.key.in_(containers_of(self._tenant_id, [site_key])))
            .order_by(items.c.depth, items.c.key)
        )
        return [item_of(row) for row in self._connection.execute(query)]

    def paths_of(self, containers: Iterable[Item]) -> dict[ItemKey, tuple[str, ...]]:
        keys = [item.key for item in containers]
        if not keys:
            return {}
        step = select(
            items.c.key.label("origin"), items.c.parent_key, items.c.name, items.c.kind, literal(0).label("up")
        ).where(items.c.tenant_id == self._tenant_id)
        walk = step.where(items.c.key.in_(keys)).cte("walk", recursive=True)
        above = items.alias("above")
        walk = walk.union_all(
            select(walk.c.origin, above.c.parent_key, above.c.name, above.c.kind, walk.c.up + 1).where(
                above.c.tenant_id == self._tenant_id, above.c.key == walk.c.parent_key
            )
        )
        rows = self._connection.execute(
            select(walk.c.origin, walk.c.name, walk.c.kind).order_by(walk.c.origin, walk.c.up.desc())
        )
        found: dict[ItemKey, list[str]] = {key: [] for key in keys}
        for origin, name, kind in rows:
            found[ItemKey(origin)] += [LISTS_FOLDER, name] if kind == ItemKind.LIST else [name]
        return {key: tuple(names) for key, names in found.items()}

    def lists(self, site_key: SiteKey, keys: Collection[ItemKey]) -> dict[ItemKey, ListDefinition]:
        own = {key: list_definition_of(text) for key, text in self._texts(site_key, keys)}
        return dict.fromkeys(keys, PLAIN_LIBRARY) | own

    def webs(self, site_key: SiteKey, keys: Collection[ItemKey]) -> dict[ItemKey, WebDefinition]:
        own = {key: web_definition_of(text) for key, text in self._texts(site_key, keys)}
        return dict.fromkeys(keys, PLAIN_WEB) | own

    def root_webs(self, site_keys: Collection[SiteKey]) -> dict[SiteKey, WebDefinition]:
        wanted = sorted(set(site_keys))
        found = dict.fromkeys(wanted, PLAIN_WEB)
        for start in range(0, len(wanted), KEYS_A_QUERY):
            query = select(definitions.c.site_key, definitions.c.definition).where(
                definitions.c.tenant_id == self._tenant_id,
                definitions.c.site_key.in_(wanted[start : start + KEYS_A_QUERY]),
                definitions.c.item_key == WEB,
            )
            for key, text in self._connection.execute(query):
                found[SiteKey(key)] = web_definition_of(text)
        return found

    def count_webs(self, site_keys: Collection[SiteKey]) -> dict[SiteKey, int]:
        wanted = sorted(set(site_keys))
        found = dict.fromkeys(wanted, 0)
        for start in range(0, len(wanted), KEYS_A_QUERY):
            containers = containers_of(self._tenant_id, wanted[start : start + KEYS_A_QUERY])
            query = (
                select(items.c.site_key, func.count())
                .where(
                    items.c.tenant_id == self._tenant_id,
                    items.c.key.in_(containers),
                    items.c.kind == ItemKind.WEB,
                )
                .group_by(items.c.site_key)
            )
            found |= {SiteKey(key): count for key, count in self._connection.execute(query)}
        return found

    def _texts(self, site_key: SiteKey, keys: Collection[ItemKey]) -> Iterator[tuple[ItemKey, str]]:
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), KEYS_A_QUERY):
            query = select(definitions.c.item_key, definitions.c.definition).where(
                definitions.c.tenant_id == self._tenant_id,
                definitions.c.site_key == site_key,
                definitions.c.item_key.in_(wanted[start : start + KEYS_A_QUERY]),
            )
            for key, text in self._connection.execute(query):
                yield ItemKey(key), text
