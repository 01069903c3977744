"""A move's sealed snapshot, for an administrator who wants it as a package that stands alone."""

from __future__ import annotations

from xtenant.domain import errors, obstacles
from xtenant.domain.content import BlobKey
from xtenant.domain.move import Direction, MoveJobId
from xtenant.domain.ports.units import Units
from xtenant.domain.snapshot import Snapshot


class PackageGone(errors.NotFound):
    """The content of a snapshot is kept for the time of `source_retention` only."""

    code = "packageGone"
    remedy = "Nothing can bring it back; export while the content is kept (`source_retention`, 30 days unless set)."


class NotSealedYet(errors.Conflict):
    """Backup has not ended."""

    code = "notSealedYet"
    remedy = "Wait until the move is in Restore, then export."
    retry = errors.Retry.LATER


def sealed_snapshot(units: Units, job_id: MoveJobId) -> Snapshot:
    """The seal of a move out of this tenant whose content is still kept. Raises UnknownJob, NotSealedYet, PackageGone."""
    with units.read() as uow:
        if uow.jobs.get(job_id, Direction.OUT) is None:
            raise obstacles.UnknownJob
        snapshot = uow.snapshots.get(job_id)
        if snapshot is None:
            raise NotSealedYet(f"The move {job_id} has no sealed snapshot.")
        keys = [BlobKey(part.sha256) for part in snapshot.parts]
        kept = uow.blobs.pinned(job_id, keys)
    if not kept.issuperset(keys):
        raise PackageGone(f"The content of the move {job_id} is kept no longer.")
    return snapshot
