"""Blobs in a local folder: content-addressed files below the tenant's own folder, small ones in packs (settled B 8).

`put` writes a temporary file (small content stays in memory), `settle` syncs it, gives it its name and syncs the folder.
Temporary files live in a folder of this process, which is locked; what a crash left is swept at the next start.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xtenant.domain import errors
from xtenant.domain.content import BlobKey, StoredBlob
from xtenant.domain.quick_xor import QuickXor
from xtenant.domain.tenant import TenantId
from xtenant.storage.packs import Packs

PACKED_BELOW = 16 * 1024
PACK_AT_LEAST = 32
PIECE_BYTES = 1024 * 1024
WAITING_BYTES = 64 * 1024 * 1024
"""Small content kept in memory until it is settled; beyond that it waits in temporary files."""


@dataclass(slots=True)
class _Waiting:
    """Content that was put and not settled yet: in memory, or in a temporary file."""

    content: bytes | None
    path: Path | None
    size_bytes: int


class FolderBlobs:
    """`BlobStore` in a folder. Close it at the end of the process."""

    def __init__(self, root: Path, tenant_id: TenantId, *, threads: int = 4) -> None:
        folder = root / tenant_id.hex
        self._loose = folder / "loose"
        for number in range(256):
            (self._loose / f"{number:02x}").mkdir(parents=True, exist_ok=True)
        (folder / "packs").mkdir(exist_ok=True)
        self._own, self._held = _own_folder(folder / "temp")
        self._packs = Packs(folder / "packs", self._own)
        self._waiting: dict[BlobKey, _Waiting] = {}
        self._waiting_bytes = 0
        self._settling: set[BlobKey] = set()
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="blobs")

    def close(self) -> None:
        self._pool.shutdown()
        shutil.rmtree(self._own, ignore_errors=True)
        os.close(self._held)

    def put(self, pieces: Iterable[bytes]) -> StoredBlob:
        sha, xor, size = hashlib.sha256(), QuickXor(), 0
        draft = _Draft(self._own, in_memory=self._waiting_bytes < WAITING_BYTES)
        try:
            with full_disk_told():
                for piece in pieces:
                    sha.update(piece)
                    xor.update(piece)
                    size += len(piece)
                    draft.write(piece)
                waiting = draft.finish()
        except BaseException:
            draft.discard()
            raise
        key = BlobKey(sha.digest())
        with self._changed:
            fresh = key not in self._waiting
            if fresh:
                self._waiting[key] = waiting
                self._waiting_bytes += len(waiting.content or b"")
        if not fresh:
            draft.discard()
        return StoredBlob(key=key, size_bytes=size, quick_xor=xor.digest())

    def settle(self, keys: Sequence[BlobKey]) -> None:
        wanted = set(keys)
        with self._changed:
            mine = {key: self._waiting.pop(key) for key in wanted if key in self._waiting}
            self._settling |= mine.keys()
        try:
            with full_disk_told():
                self._make_durable(mine, wanted - mine.keys())
        except BaseException:
            with self._changed:
                self._waiting.update(mine)
            raise
        finally:
            with self._changed:
                self._settling -= mine.keys()
                self._waiting_bytes = sum(len(one.content or b"") for one in self._waiting.values())
                self._changed.notify_all()
        with self._changed:
            self._changed.wait_for(lambda: self._settling.isdisjoint(wanted))
        missing = self.missing(wanted)
        if missing:
            raise KeyError(min(missing).hex())

    def open(self, key: BlobKey, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        handle, offset, length = self._handle(key)
        end = length if size is None else min(length, start + size)
        return _Pieces(handle, offset + start, offset + max(start, end))

    def size(self, key: BlobKey) -> int:
        handle, _offset, length = self._handle(key)
        os.close(handle)
        return length

    def missing(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        return frozenset(key for key in keys if not self._present(key))

    def delete(self, keys: Sequence[BlobKey]) -> None:
        folders: set[Path] = set()
        for key in keys:
            path = self._path(key)
            if path.exists():
                path.unlink(missing_ok=True)
                folders.add(path.parent)
        self._packs.delete(keys)
        self._sync(folders)

    def _make_durable(self, mine: dict[BlobKey, _Waiting], others: set[BlobKey]) -> None:
        fresh = {key: waiting for key, waiting in mine.items() if not self._present(key)}
        small = {key: one.content for key, one in fresh.items() if one.content is not None}
        if len(small) >= PACK_AT_LEAST:
            self._packs.write(small)
        loose = [(key, one) for key, one in fresh.items() if len(small) < PACK_AT_LEAST or key not in small]
        # a folder may still wait for its sync although the file was there before: a process may have died in between
        folders = {
            self._path(key).parent for key in others | mine.keys() if key not in small or len(small) < PACK_AT_LEAST
        }
        list(self._pool.map(self._name_one, loose))
        self._sync(folders)
        for key, waiting in mine.items():
            if key not in fresh and waiting.path is not None:
                waiting.path.unlink(missing_ok=True)

    def _name_one(self, blob: tuple[BlobKey, _Waiting]) -> None:
        key, waiting = blob
        path = waiting.path
        if path is None:
            handle, name = tempfile.mkstemp(dir=self._own)
            path = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(waiting.content or b"")
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.rename(self._path(key))

    def _sync(self, folders: Iterable[Path]) -> None:
        list(self._pool.map(_sync_folder, sorted(folders)))

    def _present(self, key: BlobKey) -> bool:
        return self._packs.find(key) is not None or self._path(key).exists()

    def _path(self, key: BlobKey) -> Path:
        name = key.hex()
        return self._loose / name[:2] / name

    def _handle(self, key: BlobKey) -> tuple[int, int, int]:
        """An open file, and where in it the blob begins and how long it is. Raises KeyError."""
        for _attempt in range(3):
            try:
                handle = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC)
                return handle, 0, os.fstat(handle).st_size
            except FileNotFoundError:
                place = self._packs.find(key)
            if place is None:
                break
            try:
                return os.open(self._packs.path(place), os.O_RDONLY | os.O_CLOEXEC), place.offset, place.size_bytes
            except FileNotFoundError:
                self._packs.refresh()  # rewritten by the collector of another process
        raise KeyError(key.hex())


class _Draft:
    """Content as it arrives: in memory while it is small, then in a temporary file."""

    def __init__(self, folder: Path, *, in_memory: bool) -> None:
        self._folder = folder
        self._small = bytearray()
        self._keep = PACKED_BELOW if in_memory else 0
        self._path: Path | None = None
        self._handle = -1
        self._size = 0

    def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._path is None and self._size < self._keep:
            self._small += piece
            return
        if self._path is None:
            self._handle, name = tempfile.mkstemp(dir=self._folder)
            self._path = Path(name)
            self._write_all(bytes(self._small))
        self._write_all(piece)

    def finish(self) -> _Waiting:
        if self._path is None:
            return _Waiting(content=bytes(self._small), path=None, size_bytes=self._size)
        os.close(self._handle)
        self._handle = -1
        return _Waiting(content=None, path=self._path, size_bytes=self._size)

    def discard(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _write_all(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(self._handle, view) :]


class _Pieces:
    """Reads a range of an open file piece by piece and closes it at the end."""

    def __init__(self, handle: int, start: int, end: int) -> None:
        self._handle = handle
        self._at = start
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = b""
        if self._handle >= 0 and self._at < self._end:
            piece = os.pread(self._handle, min(PIECE_BYTES, self._end - self._at), self._at)
        if not piece:
            self.close()
            raise StopIteration
        self._at += len(piece)
        return piece

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __del__(self) -> None:
        self.close()


def _own_folder(temporary: Path) -> tuple[Path, int]:
    """A locked folder for this process's temporary files, after sweeping those of processes that are gone."""
    temporary.mkdir(parents=True, exist_ok=True)
    with (temporary / ".lock").open("wb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        for folder in temporary.glob("run-*"):
            _sweep(folder)
        own = Path(tempfile.mkdtemp(prefix="run-", dir=temporary))
        held = os.open(own, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(held, fcntl.LOCK_EX)
    return own, held


def _sweep(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return  # its process lives
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def full_disk_told() -> Generator[None]:
    """Raise StorageFull where the disk is full; nothing half-written is ever referred to."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise errors.StorageFull("The disk of the content store is full.") from error
        raise
