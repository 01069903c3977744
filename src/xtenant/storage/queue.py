"""The queue of moves as a whole, read from the jobs' rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, case, func, select, type_coerce

from xtenant.domain.move import CANCELLABLE, OPEN_STATES, Direction, MoveJob, MovePhase, MoveState
from xtenant.domain.ports.queue import Work
from xtenant.domain.tenant import TenantId
from xtenant.storage.jobs import job_of, move_jobs

_OPEN = [int(state) for state in OPEN_STATES]
_NOT_BEGUN = sorted(int(state) for state in CANCELLABLE)


class QueueStore:
    """`QueueRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def expired(self, now: datetime, *, limit: int) -> Sequence[MoveJob]:
        query = (
            select(move_jobs)
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.state.in_(_NOT_BEGUN),
                move_jobs.c.latest_start_at < now,
            )
            .order_by(move_jobs.c.key)
            .limit(limit)
        )
        return [job_of(row) for row in self._connection.execute(query)]

    def busy(self, security_now: datetime) -> Mapping[Direction, int]:
        query = (
            select(move_jobs.c.direction, func.count())
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.state.in_(_OPEN),
                move_jobs.c.lease_until >= security_now,
            )
            .group_by(move_jobs.c.direction)
        )
        return {Direction(direction): count for direction, count in self._connection.execute(query)}

    def counts(self) -> Mapping[tuple[Direction, MoveState, MovePhase], int]:
        kinds = (move_jobs.c.direction, move_jobs.c.state, move_jobs.c.phase)
        query = select(*kinds, func.count()).where(move_jobs.c.tenant_id == self._tenant_id).group_by(*kinds)
        return {
            (Direction(direction), MoveState(state), MovePhase(phase)): count
            for direction, state, phase, count in self._connection.execute(query)
        }

    def work(self) -> Work:
        taken = case(
            (
                move_jobs.c.finished_at.is_not(None) & move_jobs.c.started_at.is_not(None),
                type_coerce(move_jobs.c.finished_at, BigInteger) - type_coerce(move_jobs.c.started_at, BigInteger),
            ),
            else_=0,
        )
        passes = case((move_jobs.c.state.in_(_OPEN), move_jobs.c.passes), else_=0)
        query = (
            select(
                move_jobs.c.direction,
                func.sum(move_jobs.c.items_done).label("items"),
                func.sum(move_jobs.c.bytes_done).label("size"),
                func.sum(taken).label("microseconds"),
                func.sum(passes).label("passes"),
            )
            .where(move_jobs.c.tenant_id == self._tenant_id)
            .group_by(move_jobs.c.direction)
        )
        rows = {Direction(row.direction): row for row in self._connection.execute(query)}
        return Work(
            items={key: int(row.items) for key, row in rows.items()},
            bytes={key: int(row.size) for key, row in rows.items()},
            seconds={key: float(row.microseconds) / 1_000_000 for key, row in rows.items()},
            passes={key: int(row.passes) for key, row in rows.items()},
        )
