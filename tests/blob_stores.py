"""A blob store in memory that forgets what was not settled: what a machine does when its power fails."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence

from xtenant.domain.content import BlobKey, StoredBlob
from xtenant.domain.quick_xor import quick_xor

PIECE_BYTES = 1024 * 1024


class ForgetfulBlobStore:
    """`BlobStore`; `crash()` loses everything that was put and not settled."""

    def __init__(self) -> None:
        self._settled: dict[BlobKey, bytes] = {}
        self._waiting: dict[BlobKey, bytes] = {}
        self._lock = threading.Lock()

    def crash(self) -> None:
        with self._lock:
            self._waiting.clear()

    def put(self, pieces: Iterable[bytes], *, expected: BlobKey | None = None) -> StoredBlob:
        content = b"".join(pieces)
        key = BlobKey(hashlib.sha256(content).digest())
        with self._lock:
            if expected in (None, key):
                self._waiting[key] = content
        return StoredBlob(key=key, size_bytes=len(content), quick_xor=quick_xor(content))

    def settle(self, keys: Sequence[BlobKey]) -> None:
        with self._lock:
            for key in keys:
                if key in self._waiting:
                    self._settled[key] = self._waiting.pop(key)
                elif key not in self._settled:
                    raise KeyError(key.hex())

    def open(self, key: BlobKey, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        content = self._content(key)
        wanted = content[start:] if size is None else content[start : start + size]
        return (wanted[at : at + PIECE_BYTES] for at in range(0, len(wanted), PIECE_BYTES))

    def opened(self, key: BlobKey) -> tuple[int, Iterator[bytes]]:
        return self.size(key), self.open(key)

    def size(self, key: BlobKey) -> int:
        return len(self._content(key))

    def missing(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        return frozenset(key for key in keys if key not in self._settled)

    def delete(self, keys: Sequence[BlobKey]) -> None:
        with self._lock:
            for key in keys:
                self._settled.pop(key, None)

    @property
    def settled(self) -> frozenset[BlobKey]:
        return frozenset(self._settled)

    def damage(self, key: BlobKey) -> None:
        """Turn one byte of a settled blob round (for tests of verification)."""
        content = bytearray(self._settled[key])
        content[0] ^= 0xFF
        self._settled[key] = bytes(content)

    def _content(self, key: BlobKey) -> bytes:
        """Settled only: content may be read once it is durable."""
        try:
            return self._settled[key]
        except KeyError:
            raise KeyError(key.hex()) from None
