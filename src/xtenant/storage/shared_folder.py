"""Content of a partner that keeps its own in the same folder: linked instead of sent (design section 6).

Names are made here, from hashes and the partner's tenant id; no path ever comes from a partner. Everything that is linked or
copied is hashed once before it counts, and what does not fit its name is left out, to be asked for over the wire. A hard link
is the same file for both tenants, which neither ever changes; where none can be made (another file system, a file of another
account) the bytes are copied. Members of packs are always copied (settled B 8).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from xtenant.domain.content import BlobKey, StoredBlob
from xtenant.domain.quick_xor import QuickXor
from xtenant.domain.tenant import TenantId
from xtenant.storage.folder_blobs import FolderBlobs, Pieces, full_disk_told
from xtenant.storage.packs import Packs

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP})
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class SharedFolder:
    """`SharedStore` below the root that `blobs` lies in, too."""

    def __init__(self, root: Path, blobs: FolderBlobs) -> None:
        self._root = root
        self._blobs = blobs

    def take(self, owner: TenantId, wanted: Mapping[BlobKey, int]) -> Iterator[StoredBlob]:
        folder = self._root / owner.hex
        in_packs: dict[BlobKey, int] = {}
        for key, size in wanted.items():
            loose = f"{folder}/loose/{key[:1].hex()}/{key.hex()}"
            if not os.path.lexists(loose):
                in_packs[key] = size
            elif stored := self._linked(loose, key, size):
                yield stored
        if in_packs:
            yield from self._members(folder / "packs", in_packs)

    def _linked(self, loose: str, key: BlobKey, size: int) -> StoredBlob | None:
        draft = self._blobs.draft_path()
        with full_disk_told():
            try:
                os.link(loose, draft, follow_symlinks=False)
            except OSError as error:
                return self._copied(loose, key, size) if error.errno in _NO_LINK else _absent(error)
        stored = None
        try:
            stored = _hashed(draft, size)
        except OSError as error:
            _absent(error)
        finally:
            if stored is None or stored.key != key:
                Path(draft).unlink()
        if stored is None or stored.key != key:
            return None
        self._blobs.adopt(draft, stored)
        return stored

    def _copied(self, loose: str, key: BlobKey, size: int) -> StoredBlob | None:
        try:
            handle = os.open(loose, _READING)
        except OSError as error:
            return _absent(error)
        if not _is_whole(handle, size):
            os.close(handle)
            return None
        stored = self._blobs.put(Pieces(handle, 0, size), expected=key)
        return stored if stored.key == key else None

    def _members(self, folder: Path, wanted: Mapping[BlobKey, int]) -> Iterator[StoredBlob]:
        """Out of the owner's packs, which are read as they are now: its collector may rewrite them at any time."""
        try:
            packs = Packs(folder, folder)
        except (OSError, ValueError):
            return  # no packs there, or a damaged one: the wire will tell
        for key, size in wanted.items():
            place = packs.find(key)
            if place is None or place.size_bytes != size:
                continue
            try:
                handle = os.open(packs.path(place), _READING)
            except OSError as error:
                _absent(error)
                continue
            stored = self._blobs.put(Pieces(handle, place.offset, place.offset + size), expected=key)
            if stored.key == key:
                yield stored


def _hashed(path: str, size: int) -> StoredBlob | None:
    """What a file holds; None for what is no plain file of this size. Raises OSError."""
    handle = os.open(path, _READING)
    if not _is_whole(handle, size):
        os.close(handle)
        return None
    sha, xor = hashlib.sha256(), QuickXor()
    for piece in Pieces(handle, 0, size):
        sha.update(piece)
        xor.update(piece)
    return StoredBlob(key=BlobKey(sha.digest()), size_bytes=size, quick_xor=xor.digest())


def _is_whole(handle: int, size: int) -> bool:
    found = os.fstat(handle)
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def _absent(error: OSError) -> None:
    """What may not be read, or was removed meanwhile, is not there; a fault of our own disk is told."""
    if error.errno not in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, *_NO_LINK):
        raise error
