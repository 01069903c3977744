"""Fetching from the source: parts by number, missing blobs in packs of bounded size; every byte is hashed at receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from xtenant.domain import obstacles
from xtenant.domain.content import BlobKey, StoredBlob
from xtenant.domain.move import HASH_TRIES, PULL_BLOBS, PULL_BYTES, MoveJob
from xtenant.domain.snapshot import ManifestObject, PartSeal, contents_of
from xtenant.engine.workbench import Workbench
from xtenant.operations.blobs import write_rows

PINS_A_COMMIT = 5_000


def part_bytes(bench: Workbench, job: MoveJob, seal: PartSeal) -> bytes:
    """A part as sealed: from our own store, else pulled and kept. Raises SnapshotDamaged when its hash never fits."""
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
    raise obstacles.SnapshotDamaged(f"The manifest's part {seal.name} is not what was sealed.")


def content_of(bench: Workbench, job: MoveJob, things: Sequence[ManifestObject], *, done: int = 0) -> None:
    """Have the content of all versions and attachments here, durable, recorded and pinned. `done` bytes of the site stand
    here already; what is pulled is told as progress."""
    wanted: dict[BlobKey, tuple[int, str]] = {}
    for thing in things:
        for sha256, size, path in contents_of(thing):
            wanted[BlobKey(sha256)] = (size, path)
    with bench.units.read() as uow:
        known = uow.blobs.known(wanted)
    missing = [key for key in wanted if key not in known]
    for pack in _packs(missing, wanted):
        done += _pull(bench, job, pack, wanted, done)
    here = [key for key in wanted if key in known]
    for start in range(0, len(here), PINS_A_COMMIT):
        _record(bench, job, [], here[start : start + PINS_A_COMMIT])


def _packs(keys: Sequence[BlobKey], wanted: dict[BlobKey, tuple[int, str]]) -> Iterator[list[BlobKey]]:
    """At most 64 MiB or 2,000 blobs a call; a larger blob goes alone."""
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


def _pull(
    bench: Workbench, job: MoveJob, pack: Sequence[BlobKey], wanted: dict[BlobKey, tuple[int, str]], done: int
) -> int:
    """The bytes that were pulled."""
    left = list(pack)
    pulled = 0
    for _ in range(HASH_TRIES):
        got = _receive(bench, job, left, wanted)
        bench.blobs.settle([blob.key for blob in got])
        bench.stop("target.blobs_settled")
        pulled += sum(blob.size_bytes for blob in got)
        _record(bench, job, got, [blob.key for blob in got], done=done + pulled)
        bench.stop("target.blobs_recorded")
        here = {blob.key for blob in got}
        left = [key for key in left if key not in here]
        if not left:
            return pulled
    _blame(bench, job, left[0], wanted[left[0]][1])
    return pulled


def _receive(
    bench: Workbench, job: MoveJob, keys: Sequence[BlobKey], wanted: dict[BlobKey, tuple[int, str]]
) -> list[StoredBlob]:
    """What arrived whole: anything whose hash differs from its name is left out and asked for again."""
    got: list[StoredBlob] = []
    for key, size, pieces in bench.channel.blobs(bench.peer(job), job.job_id, keys):
        if key not in wanted or size != wanted[key][0]:
            raise obstacles.TransferDamaged("The source sent something else than was asked for.")
        blob = bench.blobs.put(pieces)
        if blob.key == key:
            got.append(blob)
    return got


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


def _blame(bench: Workbench, job: MoveJob, key: BlobKey, path: str) -> None:
    """Three mismatches: only the source's own damage ends the job, naming the item; else another pass (settled B 18)."""
    if bench.channel.rehash(bench.peer(job), job.job_id, key):
        raise obstacles.TransferDamaged("Content arrived damaged three times in a row.")
    raise obstacles.SnapshotDamaged(f"The content of '{path}' is damaged at the source.")
