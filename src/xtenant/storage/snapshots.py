"""Snapshots (seal and parts), the resolution table, and what is removed once a moved site's retention is over."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Row,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain import errors
from xtenant.domain.content import REDIRECT_TEMPLATE, SiteKey
from xtenant.domain.move import MoveJobId, Resolution, ResolutionRule
from xtenant.domain.snapshot import PartSeal, Snapshot
from xtenant.domain.tenant import TenantId
from xtenant.storage.purging import purge_items
from xtenant.storage.sites import sites
from xtenant.storage.tables import Guid, Key, Text, metadata

snapshots = Table(
    "snapshots",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("job_id", Guid, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("change_no", Key, nullable=False),
    Column("items", Key, nullable=False),
    Column("versions", Key, nullable=False),
    Column("size_bytes", Key, nullable=False),
    Column("counts", Text, nullable=False, server_default=""),
)

parts = Table(
    "snapshot_parts",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("job_id", Guid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("name", Text(64), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("size_bytes", Key, nullable=False),
    Column("objects", Integer, nullable=False),
)

resolutions = Table(
    "resolutions",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("job_id", Guid, nullable=False),
    Column("source_ref", Key, nullable=False),
    Column("source_id", Guid, nullable=False),
    Column("source_login", Text(1024), nullable=False),
    Column("target_id", Guid, nullable=False),
    Column("target_login", Text(1024), nullable=False),
    Column("rule", Text(16), nullable=False),
    UniqueConstraint("tenant_id", "job_id", "source_ref"),
)

_COUNTS = ("epoch", "change_no", "items", "versions", "size_bytes")
_PART = tuple(field.name for field in dataclasses.fields(PartSeal))


class SnapshotStore:
    """`SnapshotRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add_part(self, job_id: MoveJobId, part: PartSeal) -> None:
        self._connection.execute(delete(parts).where(*self._of(parts, job_id), parts.c.ordinal == part.ordinal))
        self._connection.execute(insert(parts).values(self._part_row(job_id, part)))

    def parts(self, job_id: MoveJobId) -> Sequence[PartSeal]:
        query = select(parts).where(*self._of(parts, job_id)).order_by(parts.c.ordinal)
        return [
            PartSeal(
                ordinal=row.ordinal,
                name=row.name,
                sha256=bytes(row.sha256),
                size_bytes=row.size_bytes,
                objects=row.objects,
            )
            for row in self._connection.execute(query)
        ]

    def seal(self, snapshot: Snapshot) -> None:
        job_id = MoveJobId(snapshot.job_id)
        for table in (parts, snapshots):
            self._connection.execute(delete(table).where(*self._of(table, job_id)))
        counts = {name: getattr(snapshot, name) for name in _COUNTS}
        kinds = json.dumps(dict(snapshot.counts)) if snapshot.counts else ""
        self._connection.execute(
            insert(snapshots).values(tenant_id=self._tenant_id, job_id=job_id, counts=kinds, **counts)
        )
        if snapshot.parts:
            self._connection.execute(insert(parts), [self._part_row(job_id, part) for part in snapshot.parts])

    def get(self, job_id: MoveJobId) -> Snapshot | None:
        row = self._connection.execute(select(snapshots).where(*self._of(snapshots, job_id))).one_or_none()
        if row is None:
            return None
        counts = {name: getattr(row, name) for name in _COUNTS}
        kinds: dict[str, int] = json.loads(row.counts) if row.counts else {}
        return Snapshot(job_id=job_id, parts=tuple(self.parts(job_id)), counts=tuple(sorted(kinds.items())), **counts)

    def _of(self, table: Table, job_id: MoveJobId) -> tuple[ColumnElement[bool], ...]:
        return (table.c.tenant_id == self._tenant_id, table.c.job_id == job_id)

    def _part_row(self, job_id: MoveJobId, part: PartSeal) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "job_id": job_id} | {name: getattr(part, name) for name in _PART}


class ResolutionStore:
    """`ResolutionRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, rows: Sequence[Resolution]) -> None:
        if not rows:
            return
        engine: Any = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        values = [dataclasses.asdict(row) | {"tenant_id": self._tenant_id, "rule": row.rule.value} for row in rows]
        self._connection.execute(engine.insert(resolutions).on_conflict_do_nothing(), values)

    def of_job(self, job_id: MoveJobId) -> Iterator[Resolution]:
        query = select(resolutions).where(*self._of(job_id)).order_by(resolutions.c.source_ref)
        for row in self._connection.execute(query.execution_options(yield_per=1_000)):
            yield _resolution(row)

    def page(self, job_id: MoveJobId, *, after: int, limit: int) -> Sequence[Resolution]:
        behind = (*self._of(job_id), resolutions.c.source_ref > after)
        query = select(resolutions).where(*behind).order_by(resolutions.c.source_ref).limit(limit)
        return [_resolution(row) for row in self._connection.execute(query)]

    def by_refs(self, job_id: MoveJobId, refs: Iterable[int]) -> dict[int, Resolution]:
        wanted = sorted(set(refs))
        found: dict[int, Resolution] = {}
        for start in range(0, len(wanted), 1_000):
            query = select(resolutions).where(
                *self._of(job_id), resolutions.c.source_ref.in_(wanted[start : start + 1_000])
            )
            found.update({row.source_ref: _resolution(row) for row in self._connection.execute(query)})
        return found

    def _of(self, job_id: MoveJobId) -> tuple[ColumnElement[bool], ...]:
        return (resolutions.c.tenant_id == self._tenant_id, resolutions.c.job_id == job_id)


class LeftoverStore:
    """`LeftoverRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def remove_content(self, site_key: SiteKey, *, limit: int) -> bool:
        template = self._connection.execute(
            select(sites.c.template).where(sites.c.tenant_id == self._tenant_id, sites.c.key == site_key)
        ).scalar_one_or_none()
        if template != REDIRECT_TEMPLATE:
            raise errors.Refused("Only what lies behind a redirect is removed.")
        return purge_items(self._connection, self._tenant_id, site_key, limit)


def _resolution(row: Row[Any]) -> Resolution:
    return Resolution(
        job_id=MoveJobId(row.job_id),
        source_ref=row.source_ref,
        source_id=row.source_id,
        source_login=row.source_login,
        target_id=row.target_id,
        target_login=row.target_login,
        rule=ResolutionRule(row.rule),
    )
