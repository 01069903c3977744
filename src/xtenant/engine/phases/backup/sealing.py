"""Backup: the frozen site as a manifest in parts, its blobs pinned and not copied, and the seal over all of it.

Every part is a function of the frozen site and the place where it begins, so a part made again after a crash has the same
bytes (settled B 10).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import structlog

from xtenant.domain import errors
from xtenant.domain.content import BlobKey, FileVersion, Item, ItemKey, ItemKind, Site
from xtenant.domain.move import MoveJob, MovePhase
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestFile,
    ManifestFolder,
    ManifestLibrary,
    ManifestObject,
    ManifestVersion,
    ManifestWeb,
    Snapshot,
)
from xtenant.engine import places
from xtenant.engine.phases.backup import rights
from xtenant.engine.phases.backup.rights import Written
from xtenant.engine.places import BackupPlace
from xtenant.engine.workbench import Step, Workbench, tell_phase
from xtenant.operations.blobs import write_rows
from xtenant.package.manifest import PartWriter

log = structlog.get_logger("xtenant.engine")

PAGE = 200
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
        site = _site(uow, job)
        for thing, after, keys in _objects(uow, site, place):
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
        uow.snapshots.seal(
            Snapshot(
                job_id=job.job_id,
                epoch=place.epoch,
                change_no=place.change_no,
                items=place.items,
                versions=place.versions,
                size_bytes=place.size_bytes,
                parts=tuple(uow.snapshots.parts(job.job_id)),
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


def _site(uow: UnitOfWork, job: MoveJob) -> Site:
    site = None if job.site_key is None else uow.sites.by_key(job.site_key)
    if site is None:
        raise errors.Unexpected("The site of a job is gone.")
    return site


def _objects(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    """Everything from a place on, in the snapshot's order, each with the place behind it."""
    if place.stage == "principals":
        for written in rights.principals(uow, site, place):
            place = written[1]
            yield written
        place = places.moved(place, stage="groups", after=0)
    if place.stage == "groups":
        for written in rights.groups(uow, site, place):
            place = written[1]
            yield written
        place = places.moved(place, stage="web", after=0)
    if place.stage == "web":
        place = places.moved(place, stage="items", after=0)
        yield _web(uow, site), place, ()
    if place.stage == "items":
        for written in _items(uow, site, place):
            place = written[1]
            yield written
        place = places.moved(place, stage="web_scope", after=0)
    if place.stage == "web_scope":
        place = places.moved(place, stage="scopes", after=0)
        yield rights.web_scope(uow, site), place, ()
    if place.stage == "scopes":
        yield from rights.scopes(uow, site, place)


def _web(uow: UnitOfWork, site: Site) -> ManifestWeb:
    owners = {} if site.owner_id is None else uow.principals.by_directory_ids([site.owner_id])
    return ManifestWeb(
        web_id=site.web_id,
        site_id=site.site_id,
        url=site.url,
        title=site.title,
        template=site.template,
        created_at=site.created_at.replace(microsecond=0),
        modified_at=site.modified_at.replace(microsecond=0),
        owner=next((owner.key for owner in owners.values()), None),
    )


def _items(uow: UnitOfWork, site: Site, place: BackupPlace) -> Iterator[Written]:
    libraries = {library.key: library for library in uow.items.libraries(site.key)}
    while page := uow.items.page(site.key, after=ItemKey(place.after), limit=PAGE):
        paths = uow.items.paths_of(page)
        parents = _parents(uow, page)
        versions = _versions(uow, page)
        for item in page:
            library = libraries[item.library_key or item.key]
            thing = _object(item, library, parents, "/".join((library.name, *paths[item.key])), versions)
            place = _counted(place, item, versions.get(item.key, []))
            yield thing, place, [version.blob for version in versions.get(item.key, ())]


def _counted(place: BackupPlace, item: Item, versions: Sequence[FileVersion]) -> BackupPlace:
    return places.moved(
        place,
        after=item.key,
        items=place.items + (item.kind is not ItemKind.LIBRARY),  # a library is no item, here as in a site's counter
        versions=place.versions + len(versions),
        size_bytes=place.size_bytes + sum(version.size_bytes for version in versions),
    )


def _versions(uow: UnitOfWork, page: Sequence[Item]) -> dict[ItemKey, list[FileVersion]]:
    found: dict[ItemKey, list[FileVersion]] = {}
    for version in uow.items.versions([item.key for item in page if item.kind is ItemKind.FILE]):
        found.setdefault(version.item_key, []).append(version)
    return found


def _parents(uow: UnitOfWork, page: Sequence[Item]) -> dict[ItemKey, Item]:
    return uow.items.by_keys({item.parent_key for item in page if item.parent_key is not None})


def _object(
    item: Item, library: Item, parents: dict[ItemKey, Item], path: str, versions: dict[ItemKey, list[FileVersion]]
) -> ManifestObject:
    if item.kind is ItemKind.LIBRARY or item.parent_key is None:
        return ManifestLibrary(
            list_id=item.item_id,
            name=item.name,
            path=path,
            created_at=item.created_at,
            modified_at=item.modified_at,
            author=item.author,
            editor=item.editor,
        )
    folder = ManifestFolder(
        item_id=item.item_id,
        library_id=library.item_id,
        parent_id=parents[item.parent_key].item_id,
        name=item.name,
        path=path,
        int_id=item.int_id,
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
    )
    if item.kind is ItemKind.FOLDER:
        return folder
    return ManifestFile(
        **{name: getattr(folder, name) for name in _SHARED},
        versions=tuple(_version(version) for version in versions.get(item.key, ())),
    )


_SHARED = tuple(field.name for field in dataclasses.fields(ManifestFolder) if field.name != "fields")


def _version(version: FileVersion) -> ManifestVersion:
    return ManifestVersion(
        major=version.major,
        minor=version.minor,
        sha256=version.blob,
        size_bytes=version.size_bytes,
        quick_xor=version.quick_xor,
        modified_at=version.modified_at,
        editor=version.editor,
        comment=version.comment,
    )
