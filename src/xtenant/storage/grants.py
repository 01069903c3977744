"""Grants (the target's side of a job) and intents (the source's word before publication)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from xtenant.domain import errors
from xtenant.domain.content import SiteKey
from xtenant.domain.move import Decision, Grant, Intent, JobKind, MoveJobId
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

grants = Table(
    "grants",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("job_id", Guid, nullable=False),
    Column("partner", Text(255), nullable=False),
    Column("partner_tenant_id", Guid, nullable=False),
    Column("geo", Text(16), nullable=False),
    Column("kind", Text(16), nullable=False),
    Column("source_key", Text(1024), nullable=False),
    Column("target_key", Text(1024), nullable=False),
    Column("source_url", Text(1024), nullable=False),
    Column("target_url", Text(1024), nullable=False),
    Column("map_version", Integer, nullable=False),
    Column("peer_fence", Integer, nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("given_at", Instant),
    Column("root", LargeBinary(32)),
    Column("site_key", Key),
    Column("verified_change_no", Key),
    Column("decision", Text(16), nullable=False),
    Column("reason_code", Text(128), nullable=False),
    Column("reason_text", Text, nullable=False),
    Column("heard_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("unmapped", Text(1024), nullable=False),
    Column("collected", Boolean, nullable=False),
    UniqueConstraint("tenant_id", "job_id"),
    Index("ix_grants_decision", "tenant_id", "decision", "collected"),
)

intents = Table(
    "intents",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("job_id", Guid, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("answer", Text(16), nullable=False),
    UniqueConstraint("tenant_id", "job_id", "attempt"),
)

_FIELDS = tuple(field.name for field in dataclasses.fields(Grant))


class GrantStore:
    """`GrantRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, grant: Grant) -> None:
        self._connection.execute(insert(grants).values(tenant_id=self._tenant_id, **_columns(grant)))

    def get(self, job_id: MoveJobId) -> Grant | None:
        return _grant(self._connection.execute(select(grants).where(*self._is(job_id))).one_or_none())

    def lock(self, job_id: MoveJobId) -> Grant | None:
        query = select(grants).where(*self._is(job_id)).with_for_update()
        return _grant(self._connection.execute(query).one_or_none())

    def save(self, grant: Grant) -> None:
        undecided_or_same = grants.c.decision.in_([Decision.NONE.value, grant.decision.value])
        query = update(grants).where(*self._is(grant.job_id), undecided_or_same).values(_columns(grant))
        if not self._connection.execute(query).rowcount:
            raise errors.Unexpected("A decision of a grant never changes.")

    def open_of(self, partner: str) -> int:
        return self._connection.execute(
            select(func.count())
            .select_from(grants)
            .where(
                grants.c.tenant_id == self._tenant_id,
                grants.c.partner == partner,
                grants.c.decision == Decision.NONE.value,
            )
        ).scalar_one()

    def to_collect(self, *, limit: int) -> Sequence[Grant]:
        query = (
            select(grants)
            .where(
                grants.c.tenant_id == self._tenant_id,
                grants.c.decision == Decision.REFUSED.value,
                grants.c.collected.is_(False),
            )
            .order_by(grants.c.key)
            .limit(limit)
        )
        return [grant for row in self._connection.execute(query) if (grant := _grant(row)) is not None]

    def has_refused(self, *, decided_before: datetime) -> bool:
        query = select(grants.c.key).where(*self._old(decided_before)).limit(1)
        return self._connection.execute(query).first() is not None

    def forget_refused(self, *, decided_before: datetime, limit: int) -> int:
        old = select(grants.c.key).where(*self._old(decided_before)).limit(limit)
        gone = delete(grants).where(grants.c.tenant_id == self._tenant_id, grants.c.key.in_(old))
        return self._connection.execute(gone).rowcount

    def _old(self, decided_before: datetime) -> tuple[ColumnElement[bool], ...]:
        return (
            grants.c.tenant_id == self._tenant_id,
            grants.c.decision == Decision.REFUSED.value,
            grants.c.collected.is_(True),
            grants.c.decided_at <= decided_before,
        )

    def _is(self, job_id: MoveJobId) -> tuple[ColumnElement[bool], ...]:
        return (grants.c.tenant_id == self._tenant_id, grants.c.job_id == job_id)


class IntentStore:
    """`IntentRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, intent: Intent) -> None:
        values = {field.name: getattr(intent, field.name) for field in dataclasses.fields(Intent)}
        self._connection.execute(insert(intents).values(tenant_id=self._tenant_id, **values))

    def latest(self, job_id: MoveJobId) -> Intent | None:
        row = self._connection.execute(
            select(intents)
            .where(intents.c.tenant_id == self._tenant_id, intents.c.job_id == job_id)
            .order_by(intents.c.attempt.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return Intent(job_id=job_id, attempt=row.attempt, fence=row.fence, root=bytes(row.root), answer=row.answer)

    def answer(self, intent: Intent, text: str) -> None:
        self._connection.execute(
            update(intents)
            .where(
                intents.c.tenant_id == self._tenant_id,
                intents.c.job_id == intent.job_id,
                intents.c.attempt == intent.attempt,
            )
            .values(answer=text)
        )


def _columns(grant: Grant) -> dict[str, Any]:
    values = {name: getattr(grant, name) for name in _FIELDS}
    return values | {"partner": grant.partner.text, "kind": grant.kind.value, "decision": grant.decision.value}


def _grant(row: Row[Any] | None) -> Grant | None:
    if row is None:
        return None
    found: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    found |= {
        "job_id": MoveJobId(row.job_id),
        "partner": HostUrl(row.partner),
        "partner_tenant_id": TenantId(row.partner_tenant_id),
        "geo": GeoCode(row.geo),
        "kind": JobKind(row.kind),
        "root": None if row.root is None else bytes(row.root),
        "site_key": None if row.site_key is None else SiteKey(row.site_key),
        "decision": Decision(row.decision),
    }
    return Grant(**found)
