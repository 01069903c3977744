"""The collector of content that nobody refers to any more: decide, remove the bytes, forget the rows (settled B 8)."""

from __future__ import annotations

from datetime import timedelta

from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.units import Units

LEASE = "blob-collector"
LEASE_SECONDS = 300
BATCH = 1_000
BATCHES = 10_000


def collect(
    units: Units, blobs: BlobStore, *, clock: Clock, ids: IdSource, grace_seconds: float, batch: int = BATCH
) -> int:
    """Remove unreferenced, unpinned blobs put at least so many real seconds ago; how many. 0 while another collector runs.

    A crash in the middle is harmless: what was decided is decided again at the next run, and removing twice is no error.
    """
    holder = ids.new_id()
    removed = 0
    for _batch in range(BATCHES):
        now = clock.security_now()
        with units.write() as uow:
            if not uow.leases.take(LEASE, holder, now=now, seconds=LEASE_SECONDS):
                return removed
            doomed = uow.blobs.doomed(put_before=now - timedelta(seconds=grace_seconds), limit=batch)
        if not doomed:
            break
        blobs.delete(doomed)
        with units.write() as uow:
            uow.blobs.forget(doomed)
        removed += len(doomed)
    with units.write() as uow:
        uow.leases.release(LEASE, holder)
    return removed


def collect_as_set(units: Units, blobs: BlobStore, *, clock: Clock, ids: IdSource) -> int:
    """The same with the tenant's own grace time (`blob_grace`)."""
    with units.read() as uow:
        grace_seconds = uow.settings.get().blob_grace
    return collect(units, blobs, clock=clock, ids=ids, grace_seconds=grace_seconds)
