"""Sites: one row per site collection; hidden, published, redirect and recycled ones alike.

A live row (hidden ones included) owns its address. Counters and change number are written by `site_writer` only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from xtenant.domain import content, errors, paths
from xtenant.domain.content import REDIRECT_TEMPLATE, LockState, Site, SiteId, SiteKey, SiteStatus
from xtenant.domain.tenant import GeoCode, TenantId
from xtenant.storage.item_facts import purge_item_facts
from xtenant.storage.permissions import purge_permissions
from xtenant.storage.purging import purge_definition_of_web, purge_items
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

sites = Table(
    "sites",
    metadata,
    Column("key", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("site_id", Guid, nullable=False),
    Column("web_id", Guid, nullable=False),
    Column("geo", Text(8), nullable=False),
    Column("url", Text, nullable=False),
    Column("url_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("template", Text(64), nullable=False),
    Column("owner_id", Guid),
    Column("group_id", Guid),
    Column("lock_state", Text(16), nullable=False),
    Column("frozen_by", Guid),
    Column("epoch", Integer, nullable=False),
    Column("change_no", BigInteger, nullable=False),
    Column("item_count", BigInteger, nullable=False),
    Column("version_count", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("hidden_job", Guid),
    Column("redirect_url", Text),
    Column("origin_id", Guid),
    Column("deleted_at", Instant),
    Column("person_id", Guid),
    Column("status", Text(16), nullable=False, server_default="Active"),
    Column("has_holds", Boolean, nullable=False, server_default="0"),
    Column("label", Text, nullable=False, server_default=""),
    Column("stated_bytes", BigInteger, nullable=False, server_default="0"),
    Column("quota_bytes", BigInteger, nullable=False, server_default=str(content.TERABYTE)),
)
Index("uq_sites_tenant_id_site_id", sites.c.tenant_id, sites.c.site_id, unique=True)
Index("ix_sites_url_key", sites.c.tenant_id, sites.c.url_key)
Index(
    "uq_sites_live_url",
    sites.c.tenant_id,
    sites.c.url_key,
    unique=True,
    sqlite_where=sites.c.deleted_at.is_(None),
    postgresql_where=sites.c.deleted_at.is_(None),
)
Index("ix_sites_owner_id", sites.c.tenant_id, sites.c.owner_id)
Index("ix_sites_person_id", sites.c.tenant_id, sites.c.person_id)
Index("ix_sites_hidden_job", sites.c.tenant_id, sites.c.hidden_job)

COUNTED = frozenset({"change_no", "item_count", "version_count", "size_bytes"})
FIELDS = tuple(field.name for field in dataclasses.fields(Site) if field.name != "key")


def site_of(row: Row[Any]) -> Site:
    """A row as a value."""
    mapping = row._mapping  # pyright: ignore[reportPrivateUsage] (SQLAlchemy's public name for it)
    values = {name: mapping[name] for name in FIELDS}
    values["lock_state"] = LockState(values["lock_state"])
    values["status"] = SiteStatus(values["status"])
    return Site(key=SiteKey(mapping["key"]), **values)


def _values_of(site: Site, *, counted: bool) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(site, name) for name in FIELDS if counted or name not in COUNTED}
    words = {"lock_state": site.lock_state.value, "status": site.status.value}
    return values | words | {"url_key": paths.url_key(site.url)}


class SiteStore:
    """`SiteRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, site: Site) -> Site:
        try:
            done = self._connection.execute(
                insert(sites).values(tenant_id=self._tenant_id, **_values_of(site, counted=True)).returning(sites.c.key)
            )
        except IntegrityError as error:
            raise content.NameTaken(f"The address {site.url} is taken.", url=site.url) from error
        return dataclasses.replace(site, key=SiteKey(done.scalar_one()))

    def visible_by_url(self, url: str) -> Site | None:
        return self._one(self._visible, sites.c.url_key == paths.url_key(url))

    def visible_by_id(self, site_id: SiteId) -> Site | None:
        return self._one(self._visible, sites.c.site_id == site_id)

    def visible_personal_of(self, owner_id: UUID) -> Site | None:
        is_personal = sites.c.template.startswith("SPSPERS", autoescape=True)
        theirs = or_(and_(sites.c.owner_id == owner_id, sites.c.person_id.is_(None)), sites.c.person_id == owner_id)
        found = self._page(self._visible, theirs, is_personal, limit=1)
        return found[0] if found else None

    def visible_page(
        self, *, geo: GeoCode | None, template: str | None, personal: bool | None, after: SiteKey, limit: int
    ) -> Sequence[Site]:
        where = [self._visible, sites.c.key > after]
        if geo is not None:
            where.append(sites.c.geo == geo)
        if template is not None:
            where.append(sites.c.template == template)
        if personal is not None:
            is_personal = or_(
                sites.c.template.startswith("SPSPERS", autoescape=True),
                and_(  # the redirect of a OneDrive counts as one
                    sites.c.template == REDIRECT_TEMPLATE,
                    sites.c.url.contains("-my.sharepoint.com/personal/", autoescape=True),
                ),
            )
            where.append(is_personal if personal else ~is_personal)
        return self._page(*where, limit=limit)

    def any_by_url(self, url: str) -> Sequence[Site]:
        return self._page(sites.c.url_key == paths.url_key(url), limit=1_000)

    def by_key(self, key: SiteKey, *, lock: bool = False) -> Site | None:
        return self._one(sites.c.key == key, lock=lock)

    def by_hidden_job(self, job_id: UUID) -> Site | None:
        return self._one(sites.c.hidden_job == job_id)

    def update(self, site: Site) -> None:
        try:
            self._connection.execute(
                update(sites)
                .where(sites.c.tenant_id == self._tenant_id, sites.c.key == site.key)
                .values(**_values_of(site, counted=False))
            )
        except IntegrityError as error:
            raise content.NameTaken(f"The address {site.url} is taken.", url=site.url) from error

    def hidden_of_partner(self, job_ids: Iterable[UUID]) -> int:
        query = (
            select(func.count())
            .select_from(sites)
            .where(
                sites.c.tenant_id == self._tenant_id,
                sites.c.hidden_job.in_(list(job_ids)),
                sites.c.published_at.is_(None),
                sites.c.deleted_at.is_(None),
            )
        )
        return self._connection.execute(query).scalar_one()

    def deleted_page(self, *, after: SiteKey, limit: int, site_id: SiteId | None = None) -> Sequence[Site]:
        where = [sites.c.deleted_at.is_not(None), sites.c.published_at.is_not(None), sites.c.key > after]
        return self._page(*where, *([] if site_id is None else [sites.c.site_id == site_id]), limit=limit)

    def purge(self, key: SiteKey, *, limit: int) -> bool:
        site = self.by_key(key, lock=True)
        if site is None:
            return False
        if site.is_visible:
            raise errors.Refused("A visible site is not removed for good.", site=site.site_id)
        if purge_items(self._connection, self._tenant_id, key, limit):
            return True
        purge_definition_of_web(self._connection, self._tenant_id, key)
        purge_permissions(self._connection, self._tenant_id, key)
        purge_item_facts(self._connection, self._tenant_id, key)
        self._connection.execute(delete(sites).where(sites.c.tenant_id == self._tenant_id, sites.c.key == key))
        return False

    @property
    def _visible(self) -> ColumnElement[bool]:
        return and_(sites.c.published_at.is_not(None), sites.c.deleted_at.is_(None))

    def _one(self, *where: ColumnElement[bool], lock: bool = False) -> Site | None:
        query = select(sites).where(sites.c.tenant_id == self._tenant_id, *where)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else site_of(row)

    def _page(self, *where: ColumnElement[bool], limit: int) -> Sequence[Site]:
        query = select(sites).where(sites.c.tenant_id == self._tenant_id, *where).order_by(sites.c.key).limit(limit)
        return [site_of(row) for row in self._connection.execute(query)]
