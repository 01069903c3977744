"""Rows of blobs and pins: what the database knows of content (the bytes lie in a blob store).

A reference is written only to a live row, which the writer holds in share mode until it commits; the collector takes the
same rows for update before it looks for references. So neither misses the other (settled B 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    and_,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain.content import BlobGone, BlobKey, StoredBlob
from xtenant.domain.tenant import TenantId
from xtenant.storage.attachments import attachments
from xtenant.storage.items import versions
from xtenant.storage.tables import Guid, Instant, Text, metadata

LIVE = "live"
DELETING = "deleting"

blobs = Table(
    "blobs",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("blob", LargeBinary(32), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("quick_xor", LargeBinary(20), nullable=False),
    Column("state", Text(8), nullable=False),
    Column("put_at", Instant, nullable=False),
)
Index("ix_blobs_state_put_at", blobs.c.tenant_id, blobs.c.state, blobs.c.put_at)

pins = Table(
    "pins",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("job_id", Guid, primary_key=True),
    Column("blob", LargeBinary(32), primary_key=True),
)
Index("ix_pins_blob", pins.c.tenant_id, pins.c.blob)

KEYS_A_QUERY = 1_000


class BlobRows:
    """`BlobRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._engine: Any = postgresql if connection.dialect.name == "postgresql" else sqlite

    def put(self, stored: Sequence[StoredBlob], *, now: datetime) -> None:
        if not stored:
            return
        fresh = {blob.key: self._values(blob, now) for blob in stored}
        statement = self._engine.insert(blobs)
        # keys in order, so that two workers that put the same blobs do not wait for each other in a circle
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "blob"],
                set_={"put_at": statement.excluded.put_at},
                where=blobs.c.state == LIVE,
            ),
            [fresh[key] for key in sorted(fresh)],
        )
        require_live(self._connection, self._tenant_id, fresh)

    def known(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        return frozenset(BlobKey(bytes(key)) for key in self._states(keys, LIVE))

    def pin(self, job_id: UUID, keys: Sequence[BlobKey]) -> None:
        if not keys:
            return
        require_live(self._connection, self._tenant_id, keys)
        rows = [{"tenant_id": self._tenant_id, "job_id": job_id, "blob": key} for key in sorted(set(keys))]
        self._connection.execute(self._engine.insert(pins).on_conflict_do_nothing(), rows)

    def unpin(self, job_id: UUID) -> None:
        self._connection.execute(delete(pins).where(pins.c.tenant_id == self._tenant_id, pins.c.job_id == job_id))

    def pinned(self, job_id: UUID, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        found: set[BlobKey] = set()
        for part in _parts(keys):
            query = select(pins.c.blob).where(
                pins.c.tenant_id == self._tenant_id, pins.c.job_id == job_id, pins.c.blob.in_(part)
            )
            found.update(BlobKey(bytes(key)) for key in self._connection.execute(query).scalars())
        return frozenset(found)

    def doomed(self, *, put_before: datetime, limit: int) -> Sequence[BlobKey]:
        unused = and_(
            *(
                ~exists().where(table.c.tenant_id == self._tenant_id, table.c.blob == blobs.c.blob)
                for table in (versions, attachments)
            )
        )
        unpinned = ~exists().where(pins.c.tenant_id == self._tenant_id, pins.c.blob == blobs.c.blob)
        candidates = (
            select(blobs.c.blob)
            .where(
                blobs.c.tenant_id == self._tenant_id,
                blobs.c.state == LIVE,
                blobs.c.put_at <= put_before,
                unused,
                unpinned,
            )
            .order_by(blobs.c.blob)
            .limit(limit)
            .with_for_update()
        )
        locked = list(self._connection.execute(candidates).scalars())
        # a second statement: it sees references that were committed while the first one waited for its locks
        for part in _parts(locked):
            self._connection.execute(
                update(blobs)
                .where(blobs.c.tenant_id == self._tenant_id, blobs.c.blob.in_(part), unused, unpinned)
                .values(state=DELETING)
            )
        left = select(blobs.c.blob).where(blobs.c.tenant_id == self._tenant_id, blobs.c.state == DELETING)
        return [
            BlobKey(bytes(key)) for key in self._connection.execute(left.order_by(blobs.c.blob).limit(limit)).scalars()
        ]

    def forget(self, keys: Sequence[BlobKey]) -> None:
        for part in _parts(keys):
            self._connection.execute(
                delete(blobs).where(
                    blobs.c.tenant_id == self._tenant_id, blobs.c.blob.in_(part), blobs.c.state == DELETING
                )
            )

    def deleting(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        return frozenset(BlobKey(bytes(key)) for key in self._states(keys, DELETING))

    def _states(self, keys: Iterable[BlobKey], state: str) -> Iterator[bytes]:
        for part in _parts(keys):
            query = select(blobs.c.blob).where(
                blobs.c.tenant_id == self._tenant_id, blobs.c.blob.in_(part), blobs.c.state == state
            )
            yield from self._connection.execute(query).scalars()

    def _values(self, blob: StoredBlob, now: datetime) -> dict[str, object]:
        return {
            "tenant_id": self._tenant_id,
            "blob": blob.key,
            "size_bytes": blob.size_bytes,
            "quick_xor": blob.quick_xor,
            "state": LIVE,
            "put_at": now,
        }


def require_live(connection: Connection, tenant_id: TenantId, keys: Iterable[BlobKey]) -> None:
    """Hold the rows of these blobs until the unit ends. Raises BlobGone when one is not live."""
    wanted = set(keys)
    live = 0
    for part in _parts(wanted):
        query = (
            select(blobs.c.blob)
            .where(blobs.c.tenant_id == tenant_id, blobs.c.blob.in_(part), blobs.c.state == LIVE)
            .order_by(blobs.c.blob)
            .with_for_update(read=True)
        )
        live += len(connection.execute(query).scalars().all())
    if live != len(wanted):
        raise BlobGone("Content is being removed, or was never put.", missing=len(wanted) - live)


def _parts(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), KEYS_A_QUERY):
        yield ordered[start : start + KEYS_A_QUERY]
