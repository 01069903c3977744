"""Upload sessions: rows in the database, the bytes received in a folder of the tenant's home."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, Table, delete, insert, select, update

from xtenant.domain import errors
from xtenant.domain.content import ItemId, PrincipalKey, SiteKey
from xtenant.domain.tenant import TenantId
from xtenant.domain.upload import ConflictBehavior, FileDates, SessionId, UploadSession
from xtenant.storage.folder_blobs import PIECE_BYTES, full_disk_told
from xtenant.storage.tables import Guid, Instant, Text, metadata

uploads = Table(
    "uploads",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("session_id", Guid, primary_key=True),
    Column("site_key", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("library_id", Guid, nullable=False),
    Column("parent_id", Guid, nullable=False),
    Column("name", Text, nullable=False),
    Column("conflict", Text(8), nullable=False),
    Column("created_at", Instant),
    Column("modified_at", Instant),
    Column("editor", BigInteger, nullable=False),
    Column("defer_commit", Boolean, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("total", BigInteger),
    Column("received", BigInteger, nullable=False),
    Column("item_id", Guid),
    Column("created", Boolean, nullable=False),
)


class UploadRows:
    """`UploadRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def add(self, session: UploadSession) -> None:
        self._connection.execute(
            insert(uploads).values(tenant_id=self._tenant_id, session_id=session.session_id, **_values_of(session))
        )

    def get(self, session_id: SessionId, *, lock: bool = False) -> UploadSession | None:
        query = select(uploads).where(uploads.c.tenant_id == self._tenant_id, uploads.c.session_id == session_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            return None
        return UploadSession(
            session_id=SessionId(row.session_id),
            site_key=SiteKey(row.site_key),
            epoch=row.epoch,
            library_id=ItemId(row.library_id),
            parent_id=ItemId(row.parent_id),
            name=row.name,
            conflict=ConflictBehavior(row.conflict),
            dates=FileDates(created_at=row.created_at, modified_at=row.modified_at),
            editor=PrincipalKey(row.editor),
            defer_commit=row.defer_commit,
            expires_at=row.expires_at,
            total=row.total,
            received=row.received,
            item_id=None if row.item_id is None else ItemId(row.item_id),
            created=row.created,
        )

    def save(self, session: UploadSession) -> None:
        self._connection.execute(
            update(uploads)
            .where(uploads.c.tenant_id == self._tenant_id, uploads.c.session_id == session.session_id)
            .values(**_values_of(session))
        )

    def remove(self, session_id: SessionId) -> None:
        self._connection.execute(
            delete(uploads).where(uploads.c.tenant_id == self._tenant_id, uploads.c.session_id == session_id)
        )

    def expired(self, now: datetime, *, limit: int) -> Sequence[SessionId]:
        query = (
            select(uploads.c.session_id)
            .where(uploads.c.tenant_id == self._tenant_id, uploads.c.expires_at <= now)
            .order_by(uploads.c.expires_at)
            .limit(limit)
        )
        return [SessionId(session_id) for session_id in self._connection.execute(query).scalars()]


def _values_of(session: UploadSession) -> dict[str, object]:
    return {
        "site_key": session.site_key,
        "epoch": session.epoch,
        "library_id": session.library_id,
        "parent_id": session.parent_id,
        "name": session.name,
        "conflict": session.conflict.value,
        "created_at": session.dates.created_at,
        "modified_at": session.dates.modified_at,
        "editor": session.editor,
        "defer_commit": session.defer_commit,
        "expires_at": session.expires_at,
        "total": session.total,
        "received": session.received,
        "item_id": session.item_id,
        "created": session.created,
    }


class FolderUploads:
    """`UploadStore`: one file per session below the tenant's own folder."""

    def __init__(self, root: Path, tenant_id: TenantId) -> None:
        self._folder = root / tenant_id.hex / "uploads"
        self._folder.mkdir(parents=True, exist_ok=True)

    def write(self, session_id: SessionId, start: int, pieces: Iterable[bytes]) -> int:
        with full_disk_told():
            handle = os.open(self._path(session_id), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(handle).st_size < start:
                    raise errors.WrongRange("Bytes sent before are no longer there.")
                os.ftruncate(handle, start)
                for piece in pieces:
                    view = memoryview(piece)
                    while view:
                        written = os.pwrite(handle, view, start)
                        start += written
                        view = view[written:]
            finally:
                os.close(handle)
        return start

    def read(self, session_id: SessionId) -> Iterator[bytes]:
        path = self._path(session_id)
        if not path.exists():
            return
        with path.open("rb", buffering=0) as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    def size(self, session_id: SessionId) -> int:
        path = self._path(session_id)
        return path.stat().st_size if path.exists() else 0

    def delete(self, session_id: SessionId) -> None:
        self._path(session_id).unlink(missing_ok=True)

    def _path(self, session_id: SessionId) -> Path:
        return self._folder / session_id.hex
