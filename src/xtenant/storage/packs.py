"""Packs: many small blobs in one file, so that a thousand of them cost one sync instead of a thousand (settled B 8).

A pack is the blobs one after the other, then an index sorted by key, then a trailer; it is written once and never changed.
Which members have been deleted stands in `NAME.dead` beside it; a pack is rewritten when more than half of it is dead.
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy

from xtenant.domain.content import BlobKey
from xtenant.storage.syncing import sync_path

ENTRY = struct.Struct(">32sQI")
TRAILER = struct.Struct(">8sQ32s")
MAGIC = b"xtpack01"
PACK_BYTES = 64 * 1024 * 1024
MERGE_AT = 8_192


@dataclass(frozen=True, slots=True)
class Place:
    """Where a blob lies: the pack's file name, offset and size."""

    pack: str
    offset: int
    size_bytes: int


class Packs:
    """The packs of one folder and where each blob lies in them. Safe for several threads; a second process that writes
    packs is noticed when a blob is not found."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self._folder = folder
        self._temporary = temporary
        self._lock = threading.RLock()
        self._index = _Index()
        self._seen_at = -1
        self.refresh()

    def find(self, key: BlobKey) -> Place | None:
        with self._lock:
            place = self._index.find(key)
            if place is None and self._folder.stat().st_mtime_ns != self._seen_at:
                self.refresh()
                place = self._index.find(key)
            return place

    def lacking(self, keys: Sequence[BlobKey]) -> list[BlobKey]:
        """Those that lie in no pack; the folder is looked at once for all of them."""
        with self._lock:
            absent = [key for key in keys if self._index.find(key) is None]
            if absent and self._folder.stat().st_mtime_ns != self._seen_at:
                self.refresh()
                absent = [key for key in absent if self._index.find(key) is None]
            return absent

    def path(self, place: Place) -> Path:
        return self._folder / place.pack

    def refresh(self) -> None:
        """Read the index of every pack anew."""
        with self._lock:
            self._seen_at = self._folder.stat().st_mtime_ns
            self._index = _Index()
            for path in sorted(self._folder.glob("*.pack")):
                self._load(path)

    def write(self, blobs: Mapping[BlobKey, bytes]) -> None:
        """Write blobs as packs of at most 64 MiB and make them durable. Whatever fails leaves no pack behind."""
        for part in _parts(blobs):
            self._write_one(part)
        sync_path(str(self._folder))

    def delete(self, keys: Sequence[BlobKey]) -> None:
        """Mark as dead; a pack without a living member is removed, one that is mostly dead is rewritten."""
        with self._lock:
            by_pack: dict[str, list[BlobKey]] = {}
            for key in keys:
                place = self._index.find(key)
                if place is not None:
                    by_pack.setdefault(place.pack, []).append(key)
            for pack, dead in by_pack.items():
                self._bury(self._folder / pack, dead)
            if by_pack:
                sync_path(str(self._folder))

    def _load(self, path: Path) -> None:
        try:
            entries = list(read_index(path))
        except FileNotFoundError:
            return  # another process rewrote it meanwhile; its successor is in the folder
        gone = _dead_of(path)
        self._index.add(path.name, [entry for entry in entries if entry[0] not in gone])

    def _write_one(self, blobs: Mapping[BlobKey, bytes]) -> None:
        entries: list[tuple[BlobKey, int, int]] = []
        offset = 0
        for key in sorted(blobs):
            entries.append((key, offset, len(blobs[key])))
            offset += len(blobs[key])
        index = b"".join(ENTRY.pack(*entry) for entry in entries)
        digest = hashlib.sha256(index).digest()
        name = f"{digest.hex()}.pack"
        draft = self._temporary / name
        try:
            with draft.open("wb") as file:
                file.writelines(blobs[key] for key, _offset, _size in entries)
                file.write(index)
                file.write(TRAILER.pack(MAGIC, len(entries), digest))
                file.flush()
                os.fsync(file.fileno())
            (self._folder / f"{name}.dead").unlink(missing_ok=True)
            draft.rename(self._folder / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        with self._lock:
            self._index.add(name, entries)

    def _bury(self, path: Path, dead: Sequence[BlobKey]) -> None:
        gone = _dead_of(path) | set(dead)
        entries = list(read_index(path))
        living = [entry for entry in entries if entry[0] not in gone]
        size = sum(entry[2] for entry in entries)
        kept = sum(entry[2] for entry in living)
        self._index.remove(dead)
        if living and kept * 2 >= size:
            with path.with_name(f"{path.name}.dead").open("ab") as file:
                file.writelines(dead)
                file.flush()
                os.fsync(file.fileno())
            return
        if living:
            with path.open("rb") as file:
                self._write_one({key: os.pread(file.fileno(), length, offset) for key, offset, length in living})
            sync_path(str(self._folder))
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.dead").unlink(missing_ok=True)


def read_index(path: Path) -> Iterator[tuple[BlobKey, int, int]]:
    """(key, offset, size) of each member. Raises ValueError for a damaged pack."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        trailer = os.pread(file.fileno(), TRAILER.size, max(0, end - TRAILER.size))
        if len(trailer) != TRAILER.size or not trailer.startswith(MAGIC):
            raise ValueError(f"{path.name} is no pack")
        _magic, count, digest = TRAILER.unpack(trailer)
        if count * ENTRY.size > end - TRAILER.size:
            raise ValueError(f"the index of {path.name} is longer than the pack")
        index = os.pread(file.fileno(), count * ENTRY.size, end - TRAILER.size - count * ENTRY.size)
        if hashlib.sha256(index).digest() != digest:
            raise ValueError(f"the index of {path.name} is damaged")
        for key, offset, size in ENTRY.iter_unpack(index):
            yield BlobKey(key), offset, size


def _parts(blobs: Mapping[BlobKey, bytes]) -> Iterator[dict[BlobKey, bytes]]:
    part: dict[BlobKey, bytes] = {}
    size = 0
    for key, content in blobs.items():
        if part and size + len(content) > PACK_BYTES:
            yield part
            part, size = {}, 0
        part[key] = content
        size += len(content)
    if part:
        yield part


def _dead_of(path: Path) -> set[BlobKey]:
    beside = path.with_name(f"{path.name}.dead")
    if not beside.exists():
        return set()
    text = beside.read_bytes()
    return {BlobKey(text[start : start + 32]) for start in range(0, len(text) - 31, 32)}


RECORD = numpy.dtype([("prefix", "<u8"), ("key", "V32"), ("pack", "<i4"), ("offset", "<i8"), ("size", "<i4")])


class _Index:
    """key → place, about 56 bytes an entry: a sorted array, and a dictionary of the newest ones."""

    def __init__(self) -> None:
        self._packs: list[str] = []
        self._recent: dict[BlobKey, tuple[int, int, int]] = {}
        self._sorted = numpy.empty(0, dtype=RECORD)
        self._prefixes = numpy.empty(0, dtype="<u8")

    def add(self, pack: str, entries: Iterable[tuple[BlobKey, int, int]]) -> None:
        number = len(self._packs)
        self._packs.append(pack)
        self._recent.update((key, (number, offset, size)) for key, offset, size in entries)
        if len(self._recent) >= MERGE_AT:
            self._merge()

    def find(self, key: BlobKey) -> Place | None:
        found = self._recent.get(key)
        if found is None:
            row = self._row(key)
            if row is None or self._sorted["pack"][row] < 0:
                return None
            record = self._sorted[row]
            found = (int(record["pack"]), int(record["offset"]), int(record["size"]))
        return Place(self._packs[found[0]], found[1], found[2])

    def remove(self, keys: Iterable[BlobKey]) -> None:
        for key in keys:
            self._recent.pop(key, None)
            row = self._row(key)
            if row is not None:
                self._sorted["pack"][row] = -1

    def _row(self, key: BlobKey) -> int | None:
        row = int(numpy.searchsorted(self._prefixes, _prefix(key)))
        while row < len(self._prefixes) and int(self._prefixes[row]) == _prefix(key):
            if self._sorted["key"][row].tobytes() == key:
                return row
            row += 1
        return None

    def _merge(self) -> None:
        fresh = numpy.array(
            [(_prefix(key), key, *place) for key, place in self._recent.items()],
            dtype=RECORD,
        )
        old = self._sorted[self._sorted["pack"] >= 0]
        # a key that is in both is the newer one's: it comes first among equals
        both = numpy.concatenate([fresh, old])
        self._sorted = both[numpy.argsort(both["prefix"], kind="stable")]
        self._prefixes = numpy.ascontiguousarray(self._sorted["prefix"])
        self._recent = {}


def _prefix(key: BlobKey) -> int:
    return int.from_bytes(key[:8], "big")
