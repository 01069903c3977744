"""Move jobs: the rows that decide a move, the counters of the geo queues, and the idempotency keys of starts.

One open job per source site is kept by a partial unique index; the queue's bound by a counter row in the same transaction
(settled B 14). A claim counts the fence up, and `hold` refuses an older one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
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
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from xtenant.domain import errors, obstacles
from xtenant.domain.content import SiteKey
from xtenant.domain.move import (
    OPEN_STATES,
    Decision,
    Direction,
    JobKind,
    MoveJob,
    MoveJobId,
    MovePhase,
    MoveState,
    may_become,
)
from xtenant.domain.ports.move import Claim, ReportFilter
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

move_jobs = Table(
    "move_jobs",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("job_id", Guid, nullable=False),
    Column("direction", Integer, nullable=False),
    Column("partner", Text(255), nullable=False),
    Column("partner_tenant_id", Guid, nullable=False),
    Column("geo", Text(16), nullable=False),
    Column("kind", Text(16), nullable=False),
    Column("source_key", Text(1024), nullable=False),
    Column("target_key", Text(1024), nullable=False),
    Column("source_url", Text(1024), nullable=False),
    Column("source_url_key", Text(1024), nullable=False),
    Column("target_url", Text(1024), nullable=False),
    Column("site_key", Key),
    Column("state", Integer, nullable=False),
    Column("phase", Integer, nullable=False),
    Column("begin_at", Instant),
    Column("end_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("modified_at", Instant, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("worker", Text(64), nullable=False),
    Column("lease_until", Instant),
    Column("next_pass_at", Instant, nullable=False),
    Column("passes", Integer, nullable=False),
    Column("stalled_since", Instant),
    Column("items_done", Key, nullable=False),
    Column("items_total", Key, nullable=False),
    Column("bytes_done", Key, nullable=False),
    Column("bytes_total", Key, nullable=False),
    Column("error_code", Text(128), nullable=False),
    Column("error_text", Text, nullable=False),
    Column("offered", Boolean, nullable=False),
    Column("aborting", Boolean, nullable=False),
    Column("answer", Text(16), nullable=False),
    Column("cursor", Text, nullable=False),
    Column("triggered_by", Text(320), nullable=False),
    Column("cancelled_by", Text(320), nullable=False),
    Column("validation_only", Boolean, nullable=False),
    Column("idempotency_key", Text(255)),
    Column("supersedes", Guid),
    Column("unmapped", Text(1024), nullable=False),
    Column("source_id", Guid),
    Column("collected", Boolean, nullable=False, default=False),
    Column("latest_start_at", Instant),
    Column("phase_at", Instant),
    Column("source_template", Text(64), nullable=False, server_default=""),
    UniqueConstraint("tenant_id", "job_id", "direction"),
    Index("ix_move_jobs_due", "tenant_id", "state", "next_pass_at"),
    Index("ix_move_jobs_source", "tenant_id", "source_url_key"),
    Index("ix_move_jobs_report", "tenant_id", "modified_at", "key"),
    Index("ix_move_jobs_fair", "tenant_id", "direction", "partner", "state", "next_pass_at"),
)

_OPEN = text("direction = 0 AND state IN (" + ", ".join(str(int(state)) for state in OPEN_STATES) + ")")
Index(
    "uq_move_jobs_open",
    move_jobs.c.tenant_id,
    move_jobs.c.site_key,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

geo_queues = Table(
    "geo_queues",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("geo", Text(16), primary_key=True),
    Column("pending", Integer, nullable=False),
)

move_requests = Table(
    "move_requests",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("caller", Text(320), nullable=False),
    Column("request_key", Text(255), nullable=False),
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("job_id", Guid, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("tenant_id", "caller", "request_key"),
)

_STATES = [int(state) for state in OPEN_STATES]
_FIELDS = tuple(field.name for field in dataclasses.fields(MoveJob))
_PLACES = itemgetter(*(move_jobs.c.keys().index(name) for name in _FIELDS))
"""A row's values in the order of the fields, by place: a report has thousands of rows, and a name is looked up slowly."""


class MoveJobStore:
    """`MoveJobRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, job: MoveJob, *, queue_limit: int) -> None:
        if job.direction is Direction.OUT:
            self._queue(job.geo, queue_limit)
        try:
            self._connection.execute(insert(move_jobs).values(tenant_id=self._tenant_id, **_columns(job)))
        except IntegrityError as error:
            raise obstacles.AlreadyMoving(job.source_url) from error

    def _queue(self, geo: GeoCode, limit: int) -> None:
        mine = and_(geo_queues.c.tenant_id == self._tenant_id, geo_queues.c.geo == geo)
        more = update(geo_queues).where(mine, geo_queues.c.pending < limit).values(pending=geo_queues.c.pending + 1)
        if self._connection.execute(more).rowcount:
            return
        if self._connection.execute(select(geo_queues.c.pending).where(mine)).one_or_none() is not None:
            raise obstacles.QueueFull(limit)
        self._connection.execute(insert(geo_queues).values(tenant_id=self._tenant_id, geo=geo, pending=1))

    def get(self, job_id: MoveJobId, direction: Direction) -> MoveJob | None:
        row = self._connection.execute(select(move_jobs).where(*self._is(job_id, direction))).one_or_none()
        return None if row is None else job_of(row)

    def lock(self, job_id: MoveJobId, direction: Direction) -> MoveJob | None:
        query = select(move_jobs).where(*self._is(job_id, direction)).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else job_of(row)

    def hold(self, job_id: MoveJobId, direction: Direction, fence: int) -> MoveJob:
        job = self.lock(job_id, direction)
        if job is None or job.fence != fence or not job.is_open:
            raise obstacles.StaleFence("This claim of the job is over.")
        return job

    def save(self, job: MoveJob) -> None:
        where = self._is(job.job_id, job.direction)
        before = MoveState(self._connection.execute(select(move_jobs.c.state).where(*where)).scalar_one())
        if not may_become(before, job.state):
            raise errors.Unexpected(f"A job cannot become {job.state.name} after {before.name}.")
        values = {name: value for name, value in _columns(job).items() if name != "fence"}
        self._connection.execute(update(move_jobs).where(*where).values(values))
        if job.direction is Direction.OUT and job.state.is_terminal and not before.is_terminal:
            mine = and_(geo_queues.c.tenant_id == self._tenant_id, geo_queues.c.geo == job.geo)
            self._connection.execute(update(geo_queues).where(mine).values(pending=geo_queues.c.pending - 1))
        if job.direction is Direction.OUT and before.is_terminal and job.is_open:
            mine = and_(geo_queues.c.tenant_id == self._tenant_id, geo_queues.c.geo == job.geo)
            self._connection.execute(update(geo_queues).where(mine).values(pending=geo_queues.c.pending + 1))

    def due(self, *, business_now: datetime, security_now: datetime, limit: int) -> Sequence[MoveJob]:
        turn = func.row_number().over(
            partition_by=(move_jobs.c.direction, move_jobs.c.partner),
            order_by=(move_jobs.c.next_pass_at, move_jobs.c.key),
        )
        free = (
            select(move_jobs.c.key, turn.label("turn"))
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.state.in_(_STATES),
                move_jobs.c.next_pass_at <= business_now,
                _free(security_now),
            )
            .subquery()
        )
        query = (
            select(move_jobs)
            .join(free, free.c.key == move_jobs.c.key)
            .where(move_jobs.c.tenant_id == self._tenant_id)
            .order_by(free.c.turn, move_jobs.c.next_pass_at, move_jobs.c.key)
            .limit(limit)
        )
        return [job_of(row) for row in self._connection.execute(query)]

    def claim(self, job: MoveJob, *, worker: str, until: datetime, security_now: datetime) -> Claim | None:
        taken = (
            update(move_jobs)
            .where(
                *self._is(job.job_id, job.direction),
                move_jobs.c.fence == job.fence,
                move_jobs.c.state.in_(_STATES),
                _free(security_now),
            )
            .values(fence=job.fence + 1, worker=worker, lease_until=until)
        )
        if not self._connection.execute(taken).rowcount:
            return None
        return Claim(job_id=job.job_id, direction=job.direction, fence=job.fence + 1)

    def renew(self, worker: str, claims: Iterable[Claim], *, until: datetime) -> None:
        standing = [_is_claim(claim) for claim in claims]
        if not standing:
            return
        self._connection.execute(
            update(move_jobs)
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.worker == worker,
                move_jobs.c.lease_until.is_not(None),
                or_(*standing),
            )
            .values(lease_until=until)
        )

    def forget_worker(self, worker: str) -> None:
        mine = and_(move_jobs.c.tenant_id == self._tenant_id, move_jobs.c.worker == worker)
        self._connection.execute(update(move_jobs).where(mine).values(lease_until=None))

    def report(self, asked: ReportFilter, *, geo: GeoCode | None, limit: int) -> Sequence[MoveJob]:
        query = select(move_jobs).where(move_jobs.c.tenant_id == self._tenant_id)
        for wanted, column in (
            (asked.state, move_jobs.c.state),
            (asked.direction, move_jobs.c.direction),
            (geo, move_jobs.c.geo),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if asked.since is not None:
            query = query.where(move_jobs.c.modified_at >= asked.since)
        if asked.until is not None:
            query = query.where(move_jobs.c.modified_at <= asked.until)
        query = query.order_by(move_jobs.c.modified_at.desc(), move_jobs.c.key.desc()).limit(limit)
        return [job_of(row) for row in self._connection.execute(query)]

    def latest_of(self, url: str, *, direction: Direction | None = None) -> MoveJob | None:
        query = select(move_jobs).where(
            move_jobs.c.tenant_id == self._tenant_id, move_jobs.c.source_url_key == url.rstrip("/").lower()
        )
        if direction is not None:
            query = query.where(move_jobs.c.direction == int(direction))
        row = self._connection.execute(query.order_by(move_jobs.c.key.desc()).limit(1)).one_or_none()
        return None if row is None else job_of(row)

    def to_collect(self, *, finished_before: datetime, limit: int) -> Sequence[MoveJob]:
        query = (
            select(move_jobs)
            .where(
                move_jobs.c.tenant_id == self._tenant_id,
                move_jobs.c.direction == int(Direction.OUT),
                move_jobs.c.state == int(MoveState.SUCCESS),
                move_jobs.c.collected.is_(False),
                move_jobs.c.finished_at <= finished_before,
            )
            .order_by(move_jobs.c.key)
            .limit(limit)
        )
        return [job_of(row) for row in self._connection.execute(query)]

    def _is(self, job_id: MoveJobId, direction: Direction) -> tuple[ColumnElement[bool], ...]:
        return (
            move_jobs.c.tenant_id == self._tenant_id,
            move_jobs.c.job_id == job_id,
            move_jobs.c.direction == int(direction),
        )


class MoveRequestStore:
    """`MoveRequestRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def find(self, caller: str, key: str, *, since: datetime) -> tuple[bytes, MoveJobId] | None:
        table = move_requests.c
        row = self._connection.execute(
            select(table.body_hash, table.job_id).where(*self._is(caller, key), table.created_at >= since)
        ).one_or_none()
        return None if row is None else (bytes(row.body_hash), MoveJobId(row.job_id))

    def put(self, caller: str, key: str, body_hash: bytes, job_id: MoveJobId, *, now: datetime) -> None:
        self._connection.execute(delete(move_requests).where(*self._is(caller, key)))
        self._connection.execute(
            insert(move_requests).values(
                tenant_id=self._tenant_id,
                caller=caller,
                request_key=key,
                body_hash=body_hash,
                job_id=job_id,
                created_at=now,
            )
        )

    def _is(self, caller: str, key: str) -> tuple[ColumnElement[bool], ...]:
        table = move_requests.c
        return (table.tenant_id == self._tenant_id, table.caller == caller, table.request_key == key)


def _free(security_now: datetime) -> ColumnElement[bool]:
    return or_(move_jobs.c.lease_until.is_(None), move_jobs.c.lease_until < security_now)


def _is_claim(claim: Claim) -> ColumnElement[bool]:
    return and_(
        move_jobs.c.job_id == claim.job_id,
        move_jobs.c.direction == int(claim.direction),
        move_jobs.c.fence == claim.fence,
    )


def _columns(job: MoveJob) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in _FIELDS}
    values |= {
        "direction": int(job.direction),
        "partner": job.partner.text,
        "kind": job.kind.value,
        "state": int(job.state),
        "phase": int(job.phase),
        "answer": job.answer.value,
        "source_url_key": job.source_url.rstrip("/").lower(),
    }
    return values


@lru_cache(maxsize=1_000)
def _host_url(text: str) -> HostUrl:
    return HostUrl(text)


def job_of(row: Row[Any]) -> MoveJob:
    """A row as a value."""
    found: dict[str, Any] = dict(zip(_FIELDS, _PLACES(row), strict=True))
    found |= {
        "job_id": MoveJobId(found["job_id"]),
        "direction": Direction(found["direction"]),
        "partner": _host_url(found["partner"]),
        "partner_tenant_id": TenantId(found["partner_tenant_id"]),
        "geo": GeoCode(found["geo"]),
        "kind": JobKind(found["kind"]),
        "site_key": None if found["site_key"] is None else SiteKey(found["site_key"]),
        "state": MoveState(found["state"]),
        "phase": MovePhase(found["phase"]),
        "answer": Decision(found["answer"]),
    }
    return MoveJob(**found)
