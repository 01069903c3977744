"""Blobs in a local folder: content-addressed files below the tenant's own folder, small ones in packs (settled B 8).

`put` writes a temporary file (small content stays in memory), `settle` syncs it, gives it its name and syncs the folder;
many are synced at once.
Temporary files live in a folder of this process, which is locked; what a crash left is swept at the next start.
"""

# ruff: noqa: PTH104, PTH108, PTH110 (a path is made for every blob, and a Path object costs more than the call it is for)

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xtenant.domain import errors
from xtenant.domain.content import BlobKey, StoredBlob
from xtenant.domain.quick_xor import QuickXor
from xtenant.domain.tenant import TenantId
from xtenant.storage.packs import Packs
from xtenant.storage.syncing import can_sync_at_once, sync_file_system, sync_path

PACKED_BELOW = 16 * 1024
PACK_AT_LEAST = 32
AT_ONCE = 64
"""So many files or folders and more are made durable with everything else the file system has waiting."""
PIECE_BYTES = 1024 * 1024
WAITING_BYTES = 64 * 1024 * 1024
"""Small content kept in memory until it is settled; beyond that it waits in temporary files."""


@dataclass(slots=True)
class _Waiting:
    """Content that was put and not settled yet: in memory, or in a temporary file."""

    content: bytes | None
    path: str | None
    size_bytes: int
    is_durable: bool = False


class FolderBlobs:
    """`BlobStore` in a folder. Close it at the end of the process."""

    def __init__(self, root: Path, tenant_id: TenantId, *, threads: int = 16) -> None:
        folder = root / tenant_id.hex
        self._loose = str(folder / "loose")
        for number in range(256):
            (folder / "loose" / f"{number:02x}").mkdir(parents=True, exist_ok=True)
        (folder / "packs").mkdir(exist_ok=True)
        self._own, self._held = _own_folder(folder / "temp")
        self._packs = Packs(folder / "packs", self._own)
        self._waiting: dict[BlobKey, _Waiting] = {}
        self._waiting_bytes = 0
        self._settling: set[BlobKey] = set()
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._syncs_at_once = can_sync_at_once()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="blobs")

    def close(self) -> None:
        self._pool.shutdown()
        shutil.rmtree(self._own, ignore_errors=True)
        os.close(self._held)

    def put(self, pieces: Iterable[bytes], *, expected: BlobKey | None = None) -> StoredBlob:
        sha, xor, size = hashlib.sha256(), QuickXor(), 0
        draft = _Draft(self.draft_path(), in_memory=self._waiting_bytes < WAITING_BYTES)
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
        stored = StoredBlob(key=BlobKey(sha.digest()), size_bytes=size, quick_xor=xor.digest())
        if expected not in (None, stored.key) or not self._await_settling(stored.key, waiting):
            draft.discard()
        return stored

    def draft_path(self) -> str:
        """A name for a file of this process that is not there yet; what lies there is gone with the process."""
        return f"{self._own}/{next(self._numbers)}"

    def adopt(self, draft: str, stored: StoredBlob) -> None:
        """Take over a file at a `draft_path`, whose content somebody else has hashed and made durable: as `put` does."""
        waiting = _Waiting(content=None, path=draft, size_bytes=stored.size_bytes, is_durable=True)
        if not self._await_settling(stored.key, waiting):
            os.unlink(draft)

    def _await_settling(self, key: BlobKey, waiting: _Waiting) -> bool:
        """Whether this is the copy that will be settled; another one waits already where it is not."""
        with self._changed:
            if key in self._waiting:
                return False
            self._waiting[key] = waiting
            self._waiting_bytes += len(waiting.content or b"")
            return True

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
        missing = self.missing(wanted - mine.keys())
        if missing:
            raise KeyError(min(missing).hex())

    def open(self, key: BlobKey, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        handle, offset, length = self._handle(key)
        end = length if size is None else min(length, start + size)
        return Pieces(handle, offset + start, offset + max(start, end))

    def opened(self, key: BlobKey) -> tuple[int, Iterator[bytes]]:
        handle, offset, length = self._handle(key)
        return length, Pieces(handle, offset, offset + length)

    def size(self, key: BlobKey) -> int:
        handle, _offset, length = self._handle(key)
        os.close(handle)
        return length

    def missing(self, keys: Iterable[BlobKey]) -> frozenset[BlobKey]:
        not_loose = [key for key in keys if not os.path.exists(self._path(key))]
        return frozenset(self._packs.lacking(not_loose)) if not_loose else frozenset()

    def delete(self, keys: Sequence[BlobKey]) -> None:
        folders: set[str] = set()
        for key in keys:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(key))
                folders.add(self._folder(key))
        self._packs.delete(keys)
        self._sync(folders)

    def _make_durable(self, mine: dict[BlobKey, _Waiting], others: set[BlobKey]) -> None:
        fresh = self.missing(mine)
        small = {key: one.content for key, one in mine.items() if one.content is not None and key in fresh}
        if len(small) >= PACK_AT_LEAST:
            self._packs.write(small)
        else:
            small = {}
        self._name(mine, fresh - small.keys())
        # a folder may still wait for its sync although the file was there before: a process may have died in between
        self._sync({self._folder(key) for key in (others | mine.keys()) - small.keys()})
        for key, waiting in mine.items():
            if key not in fresh and waiting.path is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(waiting.path)

    def _name(self, mine: dict[BlobKey, _Waiting], keys: Iterable[BlobKey]) -> None:
        """Durable first, named then."""
        drafts: dict[BlobKey, str] = {}
        try:
            for key in sorted(keys):
                drafts[key] = mine[key].path or self._written(mine[key].content or b"")
            self._sync([draft for key, draft in drafts.items() if not mine[key].is_durable])
            for key, draft in drafts.items():
                os.rename(draft, self._path(key))
        except OSError:
            for key, draft in drafts.items():
                if mine[key].path is None:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(draft)
            raise

    def _written(self, content: bytes) -> str:
        path = self.draft_path()
        draft = _Draft(path, in_memory=False)
        try:
            draft.write(content)
            draft.finish()
        except OSError:
            draft.discard()
            raise
        return path

    def _sync(self, paths: Collection[str]) -> None:
        """Files or folders. A few are waited for side by side, many all at once."""
        if len(paths) >= AT_ONCE and self._syncs_at_once:
            sync_file_system(self._loose)
        else:
            list(self._pool.map(sync_path, paths))

    def _folder(self, key: BlobKey) -> str:
        return f"{self._loose}/{key[:1].hex()}"

    def _path(self, key: BlobKey) -> str:
        name = key.hex()
        return f"{self._loose}/{name[:2]}/{name}"

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

    def __init__(self, path: str, *, in_memory: bool) -> None:
        self._path = path
        self._small = bytearray()
        self._keep = PACKED_BELOW if in_memory else 0
        self._handle = -1
        self._is_file = False
        self._size = 0

    def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if not self._is_file and self._size < self._keep:
            self._small += piece
            return
        self._begin_file()
        self._write_all(piece)

    def finish(self) -> _Waiting:
        """An empty one that may not stay in memory is a file, too."""
        if not self._is_file and self._keep:
            return _Waiting(content=bytes(self._small), path=None, size_bytes=self._size)
        self._begin_file()
        os.close(self._handle)
        self._handle = -1
        return _Waiting(content=None, path=self._path, size_bytes=self._size)

    def discard(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._is_file:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

    def _begin_file(self) -> None:
        if not self._is_file:
            self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._is_file = True
            if self._small:
                self._write_all(bytes(self._small))

    def _write_all(self, content: bytes) -> None:
        written = os.write(self._handle, content)
        view = memoryview(content)[written:]
        while view:
            view = view[os.write(self._handle, view) :]


class Pieces:
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


@contextmanager
def full_disk_told() -> Generator[None]:
    """Raise StorageFull where the disk is full; nothing half-written is ever referred to."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise errors.StorageFull("The disk of the content store is full.") from error
        raise
