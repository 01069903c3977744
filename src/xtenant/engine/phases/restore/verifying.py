"""The target's half of Restore, second part: the hidden site compared with the manifest, item by item, by merge.

Both run in the same order (depth, then the order of writing), so one pass over each suffices. Any difference, and anything
too many or too few, refuses the job; what was never verified is never published.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import structlog

from xtenant.domain import errors, obstacles
from xtenant.domain.content import WEB, FileVersion, Item, ItemKey, ItemRow, NewVersion, SiteKey, StoredBlob
from xtenant.domain.move import SILENCE, Grant, MoveJob
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestFile,
    ManifestFolder,
    ManifestLibrary,
    ManifestObject,
    ManifestPrincipal,
    ManifestWeb,
    Snapshot,
)
from xtenant.engine import places
from xtenant.engine.phases.restore import people, pulling, rights
from xtenant.engine.phases.restore.building import next_batch, row_of
from xtenant.engine.places import RestorePlace
from xtenant.engine.workbench import Step, Workbench
from xtenant.package.reader import read_part

log = structlog.get_logger("xtenant.engine")

Entry = ManifestLibrary | ManifestFolder | ManifestFile


def verify(bench: Workbench, job: MoveJob, grant: Grant, snapshot: Snapshot) -> Step:
    """One batch compared; at the end the verified change number, and the claim is given back until the source publishes."""
    place = places.read(job.cursor, RestorePlace)
    if grant.site_key is None:
        raise errors.Unexpected("There is nothing to verify.")
    if place.part > len(snapshot.parts):
        return _verified(bench, job, grant.site_key, snapshot, place)
    seal = snapshot.parts[place.part - 1]
    batch = next_batch(pulling.part_bytes(bench, job, seal), place.at)
    with bench.units.read() as uow:
        after = _compared(uow, job, grant.site_key, batch, place)
    at = place.at + len(batch)
    after = places.moved(after, part=place.part + 1, at=0) if at >= seal.objects else places.moved(after, at=at)
    with bench.held(job) as (uow, now_job):
        bench.save(uow, now_job, cursor=places.written(after))
    return Step.AGAIN


def _compared(
    uow: UnitOfWork, job: MoveJob, site_key: SiteKey, batch: Sequence[ManifestObject], place: RestorePlace
) -> RestorePlace:
    wanted = [thing for thing in batch if isinstance(thing, ManifestLibrary | ManifestFolder | ManifestFile)]
    found = _next_items(uow, site_key, place, len(wanted))
    if len(found) != len(wanted):
        raise obstacles.NotAsSealed("The hidden site has fewer items than the manifest.")
    keys = people.keys_of(uow, job, _refs(wanted))
    above = {key for item in found for key in (item.parent_key, item.library_key) if key is not None}
    parents = uow.items.by_keys(above)
    versions: dict[ItemKey, list[FileVersion]] = {}
    for version in uow.items.versions([item.key for item in found]):
        versions.setdefault(version.item_key, []).append(version)
    for thing, item in zip(wanted, found, strict=True):
        own = versions.get(item.key, [])
        if row_of(thing, keys) != _row(item, parents, own) or (own and _current(item) != _newest(own)):
            raise obstacles.NotAsSealed(f"'{thing.path}' differs from the manifest.")
    permissions = rights.expected(uow, job, site_key, batch)
    rights.compare(uow, site_key, permissions)
    entries = [thing for thing in wanted if isinstance(thing, ManifestFile)]
    return places.moved(
        place,
        after=found[-1].key if found else place.after,
        groups=place.groups + len(permissions.groups),
        scopes=place.scopes + len(permissions.scopes.keys() - {WEB}),
        rights=place.rights + permissions.rights,
        items=place.items + sum(not isinstance(thing, ManifestLibrary) for thing in wanted),
        versions=place.versions + sum(len(thing.versions) for thing in entries),
        size_bytes=place.size_bytes + sum(version.size_bytes for thing in entries for version in thing.versions),
    )


def _next_items(uow: UnitOfWork, site_key: SiteKey, place: RestorePlace, count: int) -> Sequence[Item]:
    return uow.items.page(site_key, after=ItemKey(place.after), limit=count) if count else ()


def _refs(things: Sequence[Entry]) -> set[int]:
    refs = {ref for thing in things for ref in (thing.author, thing.editor)}
    return refs | {v.editor for thing in things if isinstance(thing, ManifestFile) for v in thing.versions}


def _row(item: Item, parents: dict[ItemKey, Item], versions: Sequence[FileVersion]) -> ItemRow:
    """What stands in the store, in the form it was written in."""
    return ItemRow(
        item_id=item.item_id,
        library_id=None if item.library_key is None else parents[item.library_key].item_id,
        parent_id=None if item.parent_key is None else parents[item.parent_key].item_id,
        kind=item.kind,
        name=item.name,
        int_id=item.int_id,
        created_at=item.created_at,
        modified_at=item.modified_at,
        author=item.author,
        editor=item.editor,
        versions=tuple(_version(version) for version in versions),
    )


def _version(version: FileVersion) -> NewVersion:
    return NewVersion(
        major=version.major,
        minor=version.minor,
        stored=StoredBlob(key=version.blob, size_bytes=version.size_bytes, quick_xor=version.quick_xor),
        modified_at=version.modified_at,
        editor=version.editor,
        comment=version.comment,
    )


def _current(item: Item) -> tuple[object, ...]:
    return (item.version, item.blob, item.size_bytes, item.quick_xor)


def _newest(versions: Sequence[FileVersion]) -> tuple[object, ...]:
    last = versions[-1]
    return ((last.major, last.minor), last.blob, last.size_bytes, last.quick_xor)


def _admins(bench: Workbench, snapshot: Snapshot, job: MoveJob) -> list[int]:
    """The source's administrators: principals stand at the manifest's beginning, before its web."""
    found: list[int] = []
    for seal in snapshot.parts:
        for thing in read_part(pulling.part_bytes(bench, job, seal)):
            if isinstance(thing, ManifestWeb):
                return found
            if isinstance(thing, ManifestPrincipal) and thing.admin:
                found.append(thing.ref)
    return found


def _verified(bench: Workbench, job: MoveJob, site_key: SiteKey, snapshot: Snapshot, place: RestorePlace) -> Step:
    """Counts agree, nothing stands besides what was compared, nothing was written meanwhile: note the change number."""
    admins = _admins(bench, snapshot, job)
    with bench.held(job) as (uow, now_job):
        grant = uow.grants.lock(job.job_id)
        site = uow.sites.by_key(site_key, lock=True)
        counted = (place.items, place.versions, place.size_bytes)
        sealed = (snapshot.items, snapshot.versions, snapshot.size_bytes)
        extra = _next_items(uow, site_key, place, 1)
        if grant is None or site is None or counted != sealed or extra or site.change_no != place.change_no:
            raise obstacles.NotAsSealed("The hidden site is not what was sealed.")
        rights.compare_amounts(uow, site_key, groups=place.groups, scopes=place.scopes, rights=place.rights)
        rights.compare_admins(uow, job, site_key, admins)
        uow.grants.save(dataclasses.replace(grant, verified_change_no=site.change_no))
        bench.park(uow, now_job, bench.clock.business_now() + SILENCE)
    log.info("move.verified", job=str(job.job_id), items=place.items, versions=place.versions, rights=place.rights)
    bench.stop("target.verified")
    return Step.OVER
