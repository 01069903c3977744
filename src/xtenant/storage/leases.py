"""Leases: one row per job of which there must be one at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Table, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Instant, Text, metadata

leases = Table(
    "leases",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("name", Text(64), primary_key=True),
    Column("holder", Guid, nullable=False),
    Column("until", Instant, nullable=False),
)


class LeaseStore:
    """`LeaseRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._engine: Any = postgresql if connection.dialect.name == "postgresql" else sqlite

    def take(self, name: str, holder: UUID, *, now: datetime, seconds: float) -> bool:
        self._connection.execute(
            self._engine.insert(leases)
            .values(tenant_id=self._tenant_id, name=name, holder=holder, until=now)
            .on_conflict_do_nothing()
        )
        taken = self._connection.execute(
            update(leases)
            .where(
                leases.c.tenant_id == self._tenant_id,
                leases.c.name == name,
                (leases.c.holder == holder) | (leases.c.until <= now),
            )
            .values(holder=holder, until=now + timedelta(seconds=seconds))
        )
        return taken.rowcount == 1

    def release(self, name: str, holder: UUID) -> None:
        self._connection.execute(
            delete(leases).where(
                leases.c.tenant_id == self._tenant_id, leases.c.name == name, leases.c.holder == holder
            )
        )
