"""Subscriptions of a tenant and the licences its people hold, on SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Index, Integer, Row, Table, and_, delete, func, insert, select

from xtenant.domain.directory import UserId
from xtenant.domain.licence import AssignedLicence, ServicePlan, Sku, SkuId, Subscription
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Names, Text, metadata
from xtenant.storage.users import live_users, users

IDS_A_QUERY = 500

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("sku_id", Guid, primary_key=True),
    Column("part_number", Text(128), nullable=False),
    Column("plans", Text, nullable=False),
    Column("enabled", Integer, nullable=False),
)

licences = Table(
    "licences",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("user_id", Guid, primary_key=True),
    Column("sku_id", Guid, primary_key=True),
    Column("disabled_plans", Names, nullable=False),
    Column("assigned_at", Instant, nullable=False),
    Index("ix_licences_sku", "tenant_id", "sku_id", "user_id"),
)


class LicenceStore:
    """`LicenceRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._bought = subscriptions.c.tenant_id == tenant_id
        self._held = licences.c.tenant_id == tenant_id

    def subscribe(self, sku: Sku, enabled: int) -> None:
        self._connection.execute(delete(subscriptions).where(self._bought, subscriptions.c.sku_id == sku.sku_id))
        self._connection.execute(
            insert(subscriptions).values(
                tenant_id=self._tenant_id,
                sku_id=sku.sku_id,
                part_number=sku.part_number,
                plans=msgspec.json.encode(sku.plans).decode(),
                enabled=enabled,
            )
        )

    def subscriptions(self) -> Sequence[Subscription]:
        query = select(subscriptions).where(self._bought).order_by(subscriptions.c.part_number)
        rows = self._connection.execute(query).all()
        counts = self._consumed([row.sku_id for row in rows])
        return [_subscription(row, counts) for row in rows]

    def skus(self) -> Sequence[Sku]:
        query = select(subscriptions).where(self._bought).order_by(subscriptions.c.part_number)
        return [_sku(row) for row in self._connection.execute(query)]

    def locked(self, sku_ids: Collection[SkuId]) -> Mapping[SkuId, Subscription]:
        named = subscriptions.c.sku_id.in_(list(sku_ids))
        query = select(subscriptions).where(self._bought, named).order_by(subscriptions.c.sku_id).with_for_update()
        rows = self._connection.execute(query).all()
        counts = self._consumed([row.sku_id for row in rows])
        return {SkuId(row.sku_id): _subscription(row, counts) for row in rows}

    def of_users(self, user_ids: Iterable[UserId]) -> Mapping[UserId, Sequence[AssignedLicence]]:
        wanted = list(dict.fromkeys(user_ids))
        found: defaultdict[UserId, list[AssignedLicence]] = defaultdict(list)
        for start in range(0, len(wanted), IDS_A_QUERY):  # one query per 500, as the port says
            part = licences.c.user_id.in_(wanted[start : start + IDS_A_QUERY])
            query = select(licences).where(self._held, part).order_by(licences.c.user_id, licences.c.sku_id)
            for row in self._connection.execute(query):
                found[UserId(row.user_id)].append(_licence(row))
        return dict(found)

    def assign(self, user_id: UserId, licence: AssignedLicence) -> None:
        self.take(user_id, [licence.sku_id])
        self._connection.execute(
            insert(licences).values(
                tenant_id=self._tenant_id,
                user_id=user_id,
                sku_id=licence.sku_id,
                disabled_plans=tuple(sorted(map(str, licence.disabled_plans))),
                assigned_at=licence.assigned_at,
            )
        )

    def take(self, user_id: UserId, sku_ids: Collection[SkuId]) -> None:
        named = licences.c.sku_id.in_(list(sku_ids))
        self._connection.execute(delete(licences).where(self._held, licences.c.user_id == user_id, named))

    def _consumed(self, sku_ids: list[UUID]) -> Mapping[UUID, int]:
        holder = and_(users.c.tenant_id == licences.c.tenant_id, users.c.user_id == licences.c.user_id, live_users)
        query = (
            select(licences.c.sku_id, func.count())
            .join_from(licences, users, holder)
            .where(self._held, licences.c.sku_id.in_(sku_ids))
            .group_by(licences.c.sku_id)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}


def _sku(row: Row[tuple[object, ...]]) -> Sku:
    plans = msgspec.json.decode(row.plans, type=tuple[ServicePlan, ...])
    return Sku(sku_id=SkuId(row.sku_id), part_number=row.part_number, plans=plans)


def _subscription(row: Row[tuple[object, ...]], counts: Mapping[UUID, int]) -> Subscription:
    return Subscription(sku=_sku(row), enabled=row.enabled, consumed=counts.get(row.sku_id, 0))


def _licence(row: Row[tuple[object, ...]]) -> AssignedLicence:
    return AssignedLicence(
        sku_id=SkuId(row.sku_id),
        disabled_plans=frozenset(map(UUID, row.disabled_plans)),
        assigned_at=row.assigned_at,
    )
