"""Reading sharing links on SQL. Links of deleted items stay out of sight but for moves, which take them along."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from xtenant.domain.content import REDIRECT_TEMPLATE, ItemKey, PrincipalKey, SiteKey
from xtenant.domain.sharing import LinkScope, SharingLink
from xtenant.domain.tenant import TenantId
from xtenant.storage.items import IN_BIN, KEYS_A_QUERY, LIVE, items
from xtenant.storage.link_rows import link_members, link_of, sharing_links
from xtenant.storage.sites import sites

WIDEST_FIRST = tuple(LinkScope)


class LinkStore:
    """`LinkRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def of_items(self, site_key: SiteKey, item_keys: Collection[ItemKey]) -> Sequence[SharingLink]:
        keys = sorted(set(item_keys))
        found: list[SharingLink] = []
        for start in range(0, len(keys), KEYS_A_QUERY):
            some = sharing_links.c.item_key.in_(keys[start : start + KEYS_A_QUERY])
            order = (sharing_links.c.item_key, sharing_links.c.link_id)
            found += self._links(site_key, self._rows(self._of(site_key), some, order=order))
        return found

    def widest(self, site_key: SiteKey, item_keys: Collection[ItemKey]) -> dict[ItemKey, LinkScope]:
        keys = sorted(set(item_keys))
        found: dict[ItemKey, LinkScope] = {}
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = (
                select(sharing_links.c.item_key, sharing_links.c.scope)
                .where(self._of(site_key), sharing_links.c.item_key.in_(keys[start : start + KEYS_A_QUERY]))
                .distinct()
            )
            for key, scope in self._connection.execute(query):
                there = found.get(ItemKey(key), LinkScope.USERS)
                found[ItemKey(key)] = min(there, LinkScope(scope), key=WIDEST_FIRST.index)
        return found

    def page(
        self, site_key: SiteKey, *, after: UUID | None, limit: int, deleted: bool = False
    ) -> Sequence[SharingLink]:
        where = [self._of(site_key), *([] if after is None else [sharing_links.c.link_id > after])]
        order = (sharing_links.c.link_id,)
        return self._links(site_key, self._rows(*where, order=order, limit=limit, deleted=deleted))

    def by_id(self, site_key: SiteKey, link_id: UUID) -> SharingLink | None:
        found = self._links(site_key, self._rows(self._of(site_key), sharing_links.c.link_id == link_id))
        return found[0] if found else None

    def by_token(self, token_hash: bytes) -> tuple[SiteKey, SharingLink] | None:
        query = (
            select(sharing_links)
            .join(items, (items.c.key == sharing_links.c.item_key) & LIVE)
            .join(sites, sites.c.key == sharing_links.c.site_key)
            .where(
                sharing_links.c.tenant_id == self._tenant_id,
                sharing_links.c.token_hash == token_hash,
                items.c.tenant_id == self._tenant_id,
                sites.c.tenant_id == self._tenant_id,
                sites.c.published_at.is_not(None),
                sites.c.deleted_at.is_(None),
            )
            # what came back stands before the redirect it left behind
            .order_by(sites.c.template == REDIRECT_TEMPLATE, sites.c.key)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        if row is None:
            return None
        site_key = SiteKey(row.site_key)
        return site_key, self._links(site_key, [row])[0]

    def count(self, site_key: SiteKey, *, deleted: bool = False) -> int:
        query = select(func.count()).select_from(sharing_links).join(items, self._item(deleted=deleted))
        return self._connection.execute(query.where(self._of(site_key))).scalar_one()

    def _rows(
        self,
        *where: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]] = (),
        limit: int | None = None,
        deleted: bool = False,
    ) -> Sequence[Row[Any]]:
        query = select(sharing_links).join(items, self._item(deleted=deleted)).where(*where).order_by(*order)
        return self._connection.execute(query if limit is None else query.limit(limit)).all()

    def _links(self, site_key: SiteKey, rows: Sequence[Row[Any]]) -> list[SharingLink]:
        members = self._members(site_key, [row.link_id for row in rows])
        return [link_of(row, tuple(members.get(row.link_id, ()))) for row in rows]

    def _members(self, site_key: SiteKey, link_ids: Sequence[UUID]) -> dict[UUID, list[PrincipalKey]]:
        found: dict[UUID, list[PrincipalKey]] = {}
        for start in range(0, len(link_ids), KEYS_A_QUERY):
            query = (
                select(link_members.c.link_id, link_members.c.member)
                .where(
                    link_members.c.tenant_id == self._tenant_id,
                    link_members.c.site_key == site_key,
                    link_members.c.link_id.in_(link_ids[start : start + KEYS_A_QUERY]),
                )
                .order_by(link_members.c.link_id, link_members.c.member)
            )
            for link_id, member in self._connection.execute(query):
                found.setdefault(link_id, []).append(PrincipalKey(member))
        return found

    def _of(self, site_key: SiteKey) -> ColumnElement[bool]:
        return (sharing_links.c.tenant_id == self._tenant_id) & (sharing_links.c.site_key == site_key)

    def _item(self, *, deleted: bool) -> ColumnElement[bool]:
        own = (items.c.tenant_id == self._tenant_id) & (items.c.key == sharing_links.c.item_key)
        return own & (or_(LIVE, IN_BIN) if deleted else LIVE)
