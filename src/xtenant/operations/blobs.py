"""Putting content: bytes durable first, then their rows, and never a row whose bytes the collector has taken.

Inside the unit that writes the rows the bytes are looked for once more: a blob whose deletion was decided before shows up
as missing there, and one that is live then cannot be doomed before the unit ends (settled B 8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from xtenant.domain import errors
from xtenant.domain.content import BlobGone, StoredBlob
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.units import UnitOfWork, Units

TRIES = 5
WAIT_SECONDS = 0.05
WAITS = 600


def keep(units: Units, blobs: BlobStore, pieces: Callable[[], Iterable[bytes]], *, clock: Clock) -> StoredBlob:
    """Put content that can be read again, and record it. Put again when the collector was faster."""
    for _try in range(TRIES):
        stored = blobs.put(pieces())
        try:
            record(units, blobs, [stored], clock=clock)
        except BlobGone:
            continue
        return stored
    raise BlobGone("The content was collected again and again while it was put.")


def record(units: Units, blobs: BlobStore, stored: Sequence[StoredBlob], *, clock: Clock) -> None:
    """Settle what was put and write its rows. Waits while the collector is removing one of them.

    Raises BlobGone when bytes were removed meanwhile: put them again.
    """
    if not stored:
        return
    _wait_for_collector(units, stored, clock)
    blobs.settle([blob.key for blob in stored])
    with units.write() as uow:
        write_rows(uow, blobs, stored, clock=clock)


def write_rows(uow: UnitOfWork, blobs: BlobStore, stored: Sequence[StoredBlob], *, clock: Clock) -> None:
    """The rows of settled blobs, inside a unit the caller holds. Raises BlobGone."""
    uow.blobs.put(stored, now=clock.security_now())
    missing = blobs.missing(blob.key for blob in stored)
    if missing:
        raise BlobGone("Content was removed while it was recorded.", missing=len(missing))


def _wait_for_collector(units: Units, stored: Sequence[StoredBlob], clock: Clock) -> None:
    keys = [blob.key for blob in stored]
    for _wait in range(WAITS):
        with units.read() as uow:
            if not uow.blobs.deleting(keys):
                return
        clock.wait(WAIT_SECONDS)
    raise errors.Unexpected("The collector has not ended its work.")
