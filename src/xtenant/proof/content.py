"""Reads the content of files at their pre-authenticated addresses and hashes it, several at once.

This is the proof's own reading of the bytes: it takes no hash that a tenant tells.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from typing import Protocol

import anyio
import anyio.to_thread

from xtenant.domain import errors
from xtenant.protocols.graph.codec.items import RemoteItem
from xtenant.wire.bulk import BulkTransfer

READ_AT_ONCE = 8


class Hashes(Protocol):
    """Whoever reads files and hashes them."""

    async def hashes(self, files: Mapping[str, RemoteItem]) -> dict[str, str]:
        """Path → SHA-256 in hex, for the files that are read."""
        ...


class ContentReader:
    """Hashes files over one bulk transfer: all of them, or with `one_in` above 1 a sample that depends on the path only,
    so that the same files are read on both sides."""

    def __init__(self, bulk: BulkTransfer, *, one_in: int = 1) -> None:
        self._bulk = bulk
        self._one_in = one_in
        self._threads = anyio.CapacityLimiter(READ_AT_ONCE)

    async def hashes(self, files: Mapping[str, RemoteItem]) -> dict[str, str]:
        """Path → SHA-256 in hex, for the files that are read.

        Raises NotFound, NetworkError, or Refused where a file has no address to read from.
        """
        found: dict[str, str] = {}

        async def read(path: str, file: RemoteItem) -> None:
            found[path] = await anyio.to_thread.run_sync(self._hash, file, limiter=self._threads)

        async with anyio.create_task_group() as reading:
            for path, file in files.items():
                if zlib.crc32(path.encode()) % self._one_in == 0:
                    reading.start_soon(read, path, file)
        return found

    def _hash(self, file: RemoteItem) -> str:
        if file.download_url is None:
            raise errors.Refused(f"The tenant gives no address to read '{file.name}' from.")
        digest = hashlib.sha256()
        for piece in self._bulk.download(file.download_url):
            digest.update(piece)
        return digest.hexdigest()
