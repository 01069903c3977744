"""Backup: the frozen site as a manifest in parts, its blobs pinned and not copied, and the seal over all of it.

Every part is a function of the frozen site and the place where it begins, so a part made again after a crash has the same
bytes (settled B 10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import structlog

from xtenant.domain import errors, obstacles
from xtenant.domain.content import WEB, BlobKey, Site
from xtenant.domain.move import MoveJob, MovePhase
from xtenant.domain.ports.census import Census
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import ManifestWeb, Snapshot, counted
from xtenant.engine import places
from xtenant.engine.phases.backup import entries, links, rights
from xtenant.engine.phases.backup.entries import Written
from xtenant.engine.places import BackupPlace
from xtenant.engine.workbench import Step, Workbench, tell_phase
from xtenant.operations.blobs import write_rows
from xtenant.package.manifest import PartWriter

log = structlog.get_logger("xtenant.engine")

PINS_A_COMMIT = 5_000


def run(bench: Workbench, job: MoveJob) -> Step:
    """One part a step, then the seal."""
    place = places.read(job.cursor, BackupPlace)
    if place.stage == "seal":
        return _seal(bench, job, place)
    writer, pins, after = _write_part(bench, job, place)
    if writer.objects:
        _store_part(bench, job, writer, pins, after)
        return Step.AGAIN
    with bench.held(job) as (uow, now_job):
        bench.save(uow, now_job, cursor=places.written(after))
    return Step.AGAIN


def _write_part(bench: Workbench, job: MoveJob, place: BackupPlace) -> tuple[PartWriter, list[BlobKey], BackupPlace]:
    writer = PartWriter(place.ordinal)
    pins: list[BlobKey] = []
    with bench.units.read() as uow:
        site = site_of(uow, job)
        for thing, after, keys in objects(uow, site, place):
            if not writer.takes(thing):
                return writer, pins, _next(place)
            pins.extend(keys)
            place = after
            if writer.add(thing):
                return writer, pins, _next(place)
    return writer, pins, places.moved(_next(place) if writer.objects else place, stage="seal")


def _next(place: BackupPlace) -> BackupPlace:
    return places.moved(place, ordinal=place.ordinal + 1)


def _store_part(
    bench: Workbench, job: MoveJob, writer: PartWriter, pins: Sequence[BlobKey], after: BackupPlace
) -> None:
    """Content pinned first, then the part's own bytes, then row and cursor in one commit."""
    stored = writer.stored()
    seal = writer.seal(stored)
    blob = bench.blobs.put([stored])
    bench.blobs.settle([blob.key])
    bench.stop("backup.part_settled")
    for start in range(0, len(pins), PINS_A_COMMIT):
        with bench.held(job) as (uow, _):
            uow.blobs.pin(job.job_id, pins[start : start + PINS_A_COMMIT])
        bench.stop("backup.pinned")
    with bench.held(job) as (uow, now_job):
        write_rows(uow, bench.blobs, [blob], clock=bench.clock)
        uow.blobs.pin(job.job_id, [blob.key])
        uow.snapshots.add_part(job.job_id, seal)
        bench.save(uow, now_job, cursor=places.written(after))
    bench.stop("backup.part_recorded")


def _seal(bench: Workbench, job: MoveJob, place: BackupPlace) -> Step:
    with bench.held(job) as (uow, now_job):
        site = bench.frozen_site(uow, job)
        if (site.epoch, site.change_no) != (place.epoch, place.change_no):
            raise errors.Unexpected("The frozen site changed under its snapshot.")
        compare(uow.census.of_site(site.key), place)
        uow.snapshots.seal(
            Snapshot(
                job_id=job.job_id,
                epoch=place.epoch,
                change_no=place.change_no,
                items=place.items,
                versions=place.versions,
                size_bytes=place.size_bytes,
                parts=tuple(uow.snapshots.parts(job.job_id)),
                counts=tuple(sorted(place.counts.items())),
            )
        )
        bench.save(
            uow,
            now_job,
            phase=MovePhase.RESTORE,
            cursor="",
            passes=0,
            stalled_since=bench.clock.business_now(),
            items_done=0,
            items_total=place.items,
            bytes_total=place.size_bytes,
        )
    log.info("move.sealed", job=str(job.job_id), parts=place.ordinal - 1, versions=place.versions)
    tell_phase(job, MovePhase.RESTORE, items=place.items, size_bytes=place.size_bytes)
    bench.stop("backup.sealed")
    return Step.AGAIN


def compare(census: Census, place: BackupPlace) -> None:
    """As much was written as there is. Raises SnapshotDamaged."""
    kinds = {kind: count for kind, count in place.counts.items() if kind not in ("principals", "sites")}
    written = Census(counts=kinds, versions=place.versions, size_bytes=place.size_bytes)
    if written != census:
        raise obstacles.SnapshotDamaged(
            "The snapshot does not hold what the site holds.", counted=census.counts, written=written.counts
        )


def site_of(uow: UnitOfWork, job: MoveJob) -> Site:
    """Raises Unexpected."""
    site = None if job.site_key is None else uow.sites.by_key(job.site_key)
    if site is None:
        raise errors.Unexpected("The site of a job is gone.")
    return site


def objects(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """Everything from a place on, in the snapshot's order, each with the place behind it."""
    names = [name for name, _ in STAGES]
    for name, stage in STAGES[names.index(place.stage) :]:
        if name != place.stage:
            place = places.moved(place, stage=name, after=0, after_id="")
        for thing, after, keys in stage(uow, site, place):
            place = places.moved(after, counts=counted(place.counts, [thing]))
            yield thing, place, keys


def _web(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    if place.after:
        return
    owners = {} if site.owner_id is None else uow.principals.by_directory_ids([site.owner_id])
    web = ManifestWeb(
        web_id=site.web_id,
        site_id=site.site_id,
        url=site.url,
        title=site.title,
        template=site.template,
        created_at=site.created_at.replace(microsecond=0),
        modified_at=site.modified_at.replace(microsecond=0),
        owner=next((owner.key for owner in owners.values()), None),
        definition=uow.definitions.webs(site.key, [WEB])[WEB],
        quota_bytes=site.quota_bytes,
    )
    yield web, places.moved(place, after=1), ()


Stage = Callable[[UnitOfWork, Site, BackupPlace], Iterator[Written]]
STAGES: tuple[tuple[str, Stage], ...] = (
    ("principals", rights.principals),
    ("groups", rights.groups),
    ("web", _web),
    ("items", entries.live),
    ("deleted", entries.deleted),
    ("web_scope", rights.web_scope),
    ("scopes", rights.scopes),
    ("links", links.links),
)
