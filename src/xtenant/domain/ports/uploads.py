"""Ports of upload sessions: their rows, and the bytes received so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from xtenant.domain.upload import SessionId, UploadSession


class UploadRepository(Protocol):
    def add(self, session: UploadSession) -> None: ...

    def get(self, session_id: SessionId, *, lock: bool = False) -> UploadSession | None: ...

    def save(self, session: UploadSession) -> None: ...

    def remove(self, session_id: SessionId) -> None: ...

    def expired(self, now: datetime, *, limit: int) -> Sequence[SessionId]:
        """Sessions whose time is over, oldest first."""
        ...


class UploadStore(Protocol):
    """Bytes of unfinished uploads; they need not survive a crash, but what is missing must show."""

    def write(self, session_id: SessionId, start: int, pieces: Iterable[bytes]) -> int:
        """Put pieces at an offset that is at most the present size, cutting off what lay behind; the new size.

        Raises WrongRange when bytes before `start` are missing.
        """
        ...

    def read(self, session_id: SessionId) -> Iterator[bytes]:
        """Pieces of at most 1 MiB; nothing for an unknown session."""
        ...

    def size(self, session_id: SessionId) -> int:
        """0 for an unknown session."""
        ...

    def delete(self, session_id: SessionId) -> None: ...
