"""Fetching from the source: parts by number, missing blobs in packs of bounded size, several packs at once.

Every byte is hashed at receipt. Lanes only receive and make durable; what is recorded is recorded by the claim's own thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from xtenant.domain import errors, obstacles
from xtenant.domain.content import BlobKey, StoredBlob
from xtenant.domain.move import HASH_TRIES, PULL_BLOBS, PULL_BYTES, MoveJob
from xtenant.domain.snapshot import ManifestObject, PartSeal, contents_of
from xtenant.engine.lanes import in_lanes
from xtenant.engine.workbench import Workbench
from xtenant.operations.blobs import write_rows

PINS_A_COMMIT = 5_000

Wanted = dict[BlobKey, tuple[int, str]]
"""What a batch refers to: size, and a path to name it by."""


def part_bytes(bench: Workbench, job: MoveJob, seal: PartSeal) -> bytes:
    """A part as sealed: from our own store, else pulled and kept. Raises TransferDamaged or SnapshotDamaged when its hash
    never fits."""
    key = BlobKey(seal.sha256)
    if not bench.blobs.missing([key]):
        return b"".join(bench.blobs.open(key))
    for _ in range(HASH_TRIES):
        stored = bench.channel.manifest(bench.peer(job), job.job_id, seal.ordinal)
        if hashlib.sha256(stored).digest() == seal.sha256:
            blob = bench.blobs.put([stored])
            bench.blobs.settle([blob.key])
            _record(bench, job, [blob], [blob.key])
            bench.stop("target.part_recorded")
            return stored
    raise _blame(bench, job, key, f"The manifest's part {seal.name} is not what was sealed.")


def content_of(bench: Workbench, job: MoveJob, things: Sequence[ManifestObject], *, done: int = 0) -> None:
    """Have the content of all versions and attachments here, durable, recorded and pinned. `done` bytes of the site stand
    here already; what is pulled is told as progress."""
    wanted: Wanted = {}
    for thing in things:
        for sha256, size, path in contents_of(thing):
            wanted[BlobKey(sha256)] = (size, path)
    with bench.units.read() as uow:
        known = uow.blobs.known(wanted)
    missing = [key for key in wanted if key not in known]
    packs = _packs(missing, wanted)
    with closing(in_lanes(lambda pack: _pull(bench, job, pack, wanted), packs, bench.limits.pull_lanes)) as pulled:
        for each in pulled:
            done += _keep(bench, job, each, wanted, done)
    here = [key for key in wanted if key in known]
    for start in range(0, len(here), PINS_A_COMMIT):
        _record(bench, job, [], here[start : start + PINS_A_COMMIT])


def _packs(keys: Sequence[BlobKey], wanted: Wanted) -> Iterator[list[BlobKey]]:
    """At most 16 MiB or 2,000 blobs a call; a larger blob goes alone."""
    pack: list[BlobKey] = []
    size = 0
    for key in keys:
        if pack and (size + wanted[key][0] > PULL_BYTES or len(pack) >= PULL_BLOBS):
            yield pack
            pack, size = [], 0
        pack.append(key)
        size += wanted[key][0]
    if pack:
        yield pack


@dataclass(frozen=True, slots=True)
class _Pulled:
    """What a pack's calls brought, durable; `left` never arrived whole, `lost` says why no more was asked."""

    stored: list[StoredBlob]
    left: list[BlobKey]
    lost: errors.PartnerUnreachable | None = None


def _pull(bench: Workbench, job: MoveJob, pack: Sequence[BlobKey], wanted: Wanted) -> _Pulled:
    """Everything of a pack, by as many calls as it takes; no unit of work is opened here, so it may run beside others."""
    stored = _taken(bench, job, {key: wanted[key][0] for key in pack})
    here = {blob.key for blob in stored}
    left = [key for key in pack if key not in here]
    lost = None
    for _ in range(HASH_TRIES if left else 0):
        got: list[StoredBlob] = []
        try:
            for blob in _received(bench, job, left, wanted):
                got.append(blob)
        except errors.PartnerUnreachable as error:
            lost = error  # what came before is kept: the next pass asks for the rest only
        bench.blobs.settle([blob.key for blob in got])
        stored += got
        here = {blob.key for blob in got}
        left = [key for key in left if key not in here]
        if not left or lost is not None:
            break
    return _Pulled(stored, left, lost)


def _taken(bench: Workbench, job: MoveJob, sizes: dict[BlobKey, int]) -> list[StoredBlob]:
    """What lies in a store that both sides share, found by our own names for the source's part of it."""
    if bench.shared is None:
        return []
    stored = list(bench.shared.take(job.partner_tenant_id, sizes))
    bench.blobs.settle([blob.key for blob in stored])
    return stored


def _received(bench: Workbench, job: MoveJob, keys: Sequence[BlobKey], wanted: Wanted) -> Iterator[StoredBlob]:
    """What arrives whole: anything whose hash differs from its name is left out, to be asked for again."""
    for key, size, pieces in bench.channel.blobs(bench.peer(job), job.job_id, keys):
        if key not in wanted or size != wanted[key][0]:
            raise obstacles.TransferDamaged("The source sent something else than was asked for.")
        blob = bench.blobs.put(pieces, expected=key)
        if blob.key == key:
            yield blob


def _keep(bench: Workbench, job: MoveJob, pulled: _Pulled, wanted: Wanted, done: int) -> int:
    """Record what was pulled; its bytes. Raises what kept the rest away."""
    bench.stop("target.blobs_settled")
    size = sum(blob.size_bytes for blob in pulled.stored)
    _record(bench, job, pulled.stored, [blob.key for blob in pulled.stored], done=done + size)
    bench.stop("target.blobs_recorded")
    if pulled.lost is not None:
        raise pulled.lost
    if pulled.left:
        path = wanted[pulled.left[0]][1]
        raise _blame(bench, job, pulled.left[0], f"The content of '{path}' is damaged at the source.")
    return size


def _record(
    bench: Workbench, job: MoveJob, stored: Sequence[StoredBlob], keys: Sequence[BlobKey], *, done: int = 0
) -> None:
    if not keys:
        return
    with bench.held(job) as (uow, now_job):
        write_rows(uow, bench.blobs, stored, clock=bench.clock)
        uow.blobs.pin(job.job_id, keys)
        if done > now_job.bytes_done:
            bench.save(uow, now_job, bytes_done=done)


def _blame(bench: Workbench, job: MoveJob, key: BlobKey, text: str) -> errors.XTenantError:
    """Three mismatches: only the source's own damage ends the job, naming the item; else another pass (settled B 18)."""
    if bench.channel.rehash(bench.peer(job), job.job_id, key):
        return obstacles.TransferDamaged("Content arrived damaged three times in a row.")
    return obstacles.SnapshotDamaged(text)
