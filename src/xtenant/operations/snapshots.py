"""The source's answers to the target of one of its jobs: parts of the manifest, blobs, the job's state, a rehash.

Only the job's own partner is answered, only while the job is open, and only what the job pinned (settled B 1, B 6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from xtenant.domain import errors, obstacles
from xtenant.domain.content import BlobKey
from xtenant.domain.move import Direction, MoveJob, MoveJobId, MoveState
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.partner_moves import JobState
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.snapshot import PartSeal
from xtenant.domain.tenant import HostUrl, TenantId

BLOBS_A_CALL = 2_000


def part_of(units: Units, partner: HostUrl, tenant_id: TenantId, job_id: MoveJobId, ordinal: int) -> PartSeal:
    """The seal of one part; its bytes are the blob of that SHA-256. Raises UnknownJob, NotFound."""
    with units.read() as uow:
        _job(uow, partner, tenant_id, job_id)
        snapshot = uow.snapshots.get(job_id)
    for part in snapshot.parts if snapshot else ():
        if part.ordinal == ordinal:
            return part
    raise errors.NotFound("The snapshot has no such part.")


def allowed_blobs(
    units: Units, partner: HostUrl, tenant_id: TenantId, job_id: MoveJobId, keys: Sequence[BlobKey]
) -> Sequence[BlobKey]:
    """The keys asked for, in their order. Raises UnknownJob, TooLarge, NotFound when one is not pinned for the job."""
    if len(keys) > BLOBS_A_CALL:
        raise errors.TooLarge(f"At most {BLOBS_A_CALL} blobs a call.")
    with units.read() as uow:
        _job(uow, partner, tenant_id, job_id)
        pinned = uow.blobs.pinned(job_id, keys)
    if not pinned.issuperset(keys):
        raise errors.NotFound("This job holds no such content.")
    return keys


def state_of(units: Units, partner: HostUrl, tenant_id: TenantId, job_id: MoveJobId) -> JobState:
    """Whether a job is known to be going on; an unknown one is answered like one that never was."""
    with units.read() as uow:
        job = uow.jobs.get(job_id, Direction.OUT)
    if job is None or job.partner != partner or job.partner_tenant_id != tenant_id:
        return JobState(known=False, ended=True)
    return JobState(known=True, ended=not job.is_open, succeeded=job.state is MoveState.SUCCESS)


def rehash(
    units: Units, blobs: BlobStore, partner: HostUrl, tenant_id: TenantId, job_id: MoveJobId, key: BlobKey
) -> bool:
    """Read our own copy once more: whether it still is what its name says (settled B 18)."""
    allowed_blobs(units, partner, tenant_id, job_id, [key])
    digest = hashlib.sha256()
    try:
        for piece in blobs.open(key):
            digest.update(piece)
    except KeyError:
        return False
    return digest.digest() == key


def _job(uow: UnitOfWork, partner: HostUrl, tenant_id: TenantId, job_id: MoveJobId) -> MoveJob:
    job = uow.jobs.get(job_id, Direction.OUT)
    if job is None or job.partner != partner or job.partner_tenant_id != tenant_id or not job.is_open:
        raise obstacles.UnknownJob
    return job
