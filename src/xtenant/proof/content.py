"""Reads the content of files at their pre-authenticated addresses and hashes it, several at once.

This is the proof's own reading of the bytes: it takes no hash that a tenant tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import anyio
import anyio.to_thread

from xtenant.domain import errors
from xtenant.protocols.graph.codec.items import RemoteItem
from xtenant.wire.bulk import BulkTransfer

READ_AT_ONCE = 8


class ContentReader:
    """Hashes files over one bulk transfer."""

    def __init__(self, bulk: BulkTransfer) -> None:
        self._bulk = bulk
        self._threads = anyio.CapacityLimiter(READ_AT_ONCE)

    async def hashes(self, files: Sequence[RemoteItem]) -> dict[str, str]:
        """Item id → SHA-256 in hex. Raises NotFound, NetworkError, or Refused where a file has no address to read from."""
        found: dict[str, str] = {}

        async def read(file: RemoteItem) -> None:
            found[file.id] = await anyio.to_thread.run_sync(self._hash, file, limiter=self._threads)

        async with anyio.create_task_group() as reading:
            for file in files:
                reading.start_soon(read, file)
        return found

    def _hash(self, file: RemoteItem) -> str:
        if file.download_url is None:
            raise errors.Refused(f"The tenant gives no address to read '{file.name}' from.")
        digest = hashlib.sha256()
        for piece in self._bulk.download(file.download_url):
            digest.update(piece)
        return digest.hexdigest()
