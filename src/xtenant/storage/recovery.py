"""What a service needs that was started on a database put back from a backup: its mark, and the jobs a partner asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Row, Table, and_, case, delete, insert, select, update

from xtenant.domain import content
from xtenant.domain.move import OPEN_STATES, Decision, Direction, JobKind, MoveJobId, MoveState
from xtenant.domain.ports.partner_moves import KnownJob
from xtenant.domain.ports.recovery import FENCES_SKIPPED
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId
from xtenant.storage.grants import grants
from xtenant.storage.jobs import move_jobs
from xtenant.storage.tables import Guid, Instant, metadata

recoveries = Table(
    "recoveries",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("begun_at", Instant, nullable=False),
)

_OPEN = [int(state) for state in OPEN_STATES]


def require_recovered(connection: Connection, tenant_id: TenantId) -> None:
    """Raises SiteLocked while a recovery stands: nothing of the tenant's sites is written then."""
    if RecoveryStore(connection, tenant_id).stands():
        raise content.NotRecovered


class RecoveryStore:
    """`RecoveryRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def begin(self, now: datetime) -> None:
        self.end()
        self._connection.execute(insert(recoveries).values(tenant_id=self._tenant_id, begun_at=now))
        self._connection.execute(
            update(move_jobs)
            .where(move_jobs.c.tenant_id == self._tenant_id, move_jobs.c.state.in_(_OPEN))
            .values(fence=move_jobs.c.fence + FENCES_SKIPPED, lease_until=None)
        )

    def stands(self) -> bool:
        query = select(recoveries.c.begun_at).where(recoveries.c.tenant_id == self._tenant_id)
        return self._connection.execute(query).first() is not None

    def end(self) -> None:
        self._connection.execute(delete(recoveries).where(recoveries.c.tenant_id == self._tenant_id))

    def partners(self) -> Sequence[tuple[GeoCode, HostUrl]]:
        query = (
            select(move_jobs.c.geo, move_jobs.c.partner)
            .where(move_jobs.c.tenant_id == self._tenant_id, move_jobs.c.state.in_(_OPEN))
            .distinct()
            .order_by(move_jobs.c.geo, move_jobs.c.partner)
        )
        return [(GeoCode(row.geo), HostUrl(row.partner)) for row in self._connection.execute(query)]

    def known_to(self, partner: HostUrl, tenant_id: TenantId, *, after: UUID, limit: int) -> Sequence[KnownJob]:
        theirs = and_(grants.c.tenant_id == move_jobs.c.tenant_id, grants.c.job_id == move_jobs.c.job_id)
        query = (
            select(
                move_jobs,
                grants.c.decision,
                grants.c.root,
                case((grants.c.peer_fence.is_(None), 0), else_=grants.c.peer_fence).label("heard"),
            )
            .select_from(
                move_jobs.outerjoin(grants, and_(theirs, move_jobs.c.direction == int(Direction.IN))),
            )
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.partner == partner.text,
                move_jobs.c.partner_tenant_id == tenant_id,
                move_jobs.c.job_id > after,
            )
            .order_by(move_jobs.c.job_id)
            .limit(limit)
        )
        return [_known(row) for row in self._connection.execute(query)]

    def cut_off(self, job_id: MoveJobId, direction: Direction, *, at_least: int = 0) -> None:
        fence = move_jobs.c.fence + 1
        self._connection.execute(
            update(move_jobs)
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.job_id == job_id,
                move_jobs.c.direction == int(direction),
            )
            .values(fence=case((fence < at_least, at_least), else_=fence), lease_until=None)
        )


def _known(row: Row[Any]) -> KnownJob:
    source = row.direction == int(Direction.OUT)
    decision = row.answer if source else (row.decision or Decision.NONE.value)
    return KnownJob(
        job_id=MoveJobId(row.job_id),
        direction=Direction(row.direction),
        kind=JobKind(row.kind),
        source_key=row.source_key,
        target_key=row.target_key,
        source_url=row.source_url,
        target_url=row.target_url,
        fence=row.fence if source else row.heard,
        ended=MoveState(row.state).is_terminal,
        succeeded=row.state == int(MoveState.SUCCESS),
        decision=Decision(decision),
        root=None if row.root is None else bytes(row.root),
        reason_code=row.error_code,
        reason_text=row.error_text,
        unmapped=row.unmapped,
        source_id=row.source_id,
        collected=row.collected,
    )
