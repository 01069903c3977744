"""Workers of the engine and their heartbeats (security time): on PostgreSQL several serve one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Table, delete, insert, select, update

from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Text, metadata

workers = Table(
    "workers",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("worker", Text(64), primary_key=True),
    Column("beat_at", Instant, nullable=False),
)


class WorkerStore:
    """`WorkerRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def beat(self, worker: str, now: datetime) -> None:
        mine = (workers.c.tenant_id == self._tenant_id, workers.c.worker == worker)
        if not self._connection.execute(update(workers).where(*mine).values(beat_at=now)).rowcount:
            self._connection.execute(insert(workers).values(tenant_id=self._tenant_id, worker=worker, beat_at=now))

    def dead(self, *, silent_since: datetime) -> Sequence[str]:
        query = select(workers.c.worker).where(workers.c.tenant_id == self._tenant_id, workers.c.beat_at < silent_since)
        return list(self._connection.execute(query).scalars())

    def remove(self, worker: str) -> None:
        self._connection.execute(
            delete(workers).where(workers.c.tenant_id == self._tenant_id, workers.c.worker == worker)
        )
