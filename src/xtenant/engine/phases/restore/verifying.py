"""The target's half of Restore, second part: the hidden site compared with the manifest, item by item, by merge.

Both run in the same order (depth, then the order of writing), so one pass over each suffices. Any difference, and anything
too many or too few, refuses the job; what was never verified is never published.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import structlog

from xtenant.domain import errors, obstacles
from xtenant.domain.content import Item, ItemKey, Site, SiteKey
from xtenant.domain.move import SILENCE, Grant, MoveJob
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    OF_PEOPLE,
    ManifestDeleted,
    ManifestEntry,
    ManifestObject,
    ManifestWeb,
    Snapshot,
    counted,
)
from xtenant.engine import places
from xtenant.engine.phases.restore import definitions, entries, links, people, pulling, rights
from xtenant.engine.phases.restore.building import next_batch, root_web_of, site_of
from xtenant.engine.places import RestorePlace
from xtenant.engine.workbench import Step, Workbench

log = structlog.get_logger("xtenant.engine")


def verify(bench: Workbench, job: MoveJob, grant: Grant, snapshot: Snapshot) -> Step:
    """One batch compared; at the end the verified change number, and the claim is given back until the source publishes."""
    place = places.read(job.cursor, RestorePlace)
    if grant.site_key is None:
        raise errors.Unexpected("There is nothing to verify.")
    if place.part > len(snapshot.parts):
        return _verified(bench, job, snapshot, place)
    seal = snapshot.parts[place.part - 1]
    batch = next_batch(pulling.part_bytes(bench, job, seal), place.at)
    with bench.units.read() as uow:
        after = compared(uow, job, grant, batch, place)
    at = place.at + len(batch)
    after = places.moved(after, part=place.part + 1, at=0) if at >= seal.objects else places.moved(after, at=at)
    with bench.held(job) as (uow, now_job):
        bench.save(uow, now_job, cursor=places.written(after))
    return Step.AGAIN


def compared(
    uow: UnitOfWork, job: MoveJob, grant: Grant, batch: Sequence[ManifestObject], place: RestorePlace
) -> RestorePlace:
    """The place behind some objects of the manifest that stand as they should. Raises NotAsSealed, DamagedPackage."""
    site_key = grant.site_key
    assert site_key is not None
    people.compare(uow, job, grant, batch)
    place = _items_compared(uow, job, site_key, batch, place)
    definitions.compare(uow, site_key, definitions.expected(job, batch))
    permissions = rights.expected(uow, job, site_key, batch, root_web=root_web_of(batch) or place.root_web)
    rights.compare(uow, site_key, permissions)
    wanted = links.expected(uow, job, site_key, batch)
    return places.moved(
        place,
        after_link=links.compare(uow, site_key, wanted, after=place.after_link),
        rights=place.rights + permissions.rights,
        root_web=root_web_of(batch) or place.root_web,
        counts=counted(place.counts, batch),
    )


def _items_compared(
    uow: UnitOfWork, job: MoveJob, site_key: SiteKey, batch: Sequence[ManifestObject], place: RestorePlace
) -> RestorePlace:
    """Live items by merge with the site's, deleted ones with those of the recycle bin."""
    things = list(entries.entries_of(batch))
    found = _found(uow, site_key, things, place)
    keys = people.keys_of(uow, job, entries.refs_of(batch))
    rows = entries.rows_of(uow, job, site_key, things, keys)
    versions = size = items = 0
    for thing, row, (standing, shown) in zip(things, rows, entries.standing(uow, found), strict=True):
        if row != standing or not shown:
            raise obstacles.NotAsSealed(f"'{_path_of(thing)}' differs from the manifest.")
        versions += len(standing.versions)
        size += sum(one.stored.size_bytes for one in (*standing.versions, *standing.attachments))
        items += standing.deleted_at is None and not standing.kind.is_container
    live = [item.key for item in found if item.deleted_at is None]
    gone = [item.key for item in found if item.deleted_at is not None]
    return places.moved(
        place,
        after=live[-1] if live else place.after,
        after_deleted=gone[-1] if gone else place.after_deleted,
        items=place.items + items,
        versions=place.versions + versions,
        size_bytes=place.size_bytes + size,
    )


def _found(
    uow: UnitOfWork, site_key: SiteKey, things: Sequence[ManifestEntry | ManifestDeleted], place: RestorePlace
) -> list[Item]:
    """What stands where the manifest's next items should: live ones stand before deleted ones, as in a snapshot."""
    deleted = sum(isinstance(thing, ManifestDeleted) for thing in things)
    live = _next_items(uow, site_key, place, len(things) - deleted)
    gone = uow.recycle_bin.all_page(site_key, after=ItemKey(place.after_deleted), limit=deleted) if deleted else ()
    if len(live) + len(gone) != len(things):
        raise obstacles.NotAsSealed("The hidden site has fewer items than the manifest.")
    return [*live, *gone]


def _next_items(uow: UnitOfWork, site_key: SiteKey, place: RestorePlace, count: int) -> Sequence[Item]:
    return uow.items.page(site_key, after=ItemKey(place.after), limit=count) if count else ()


def _verified(bench: Workbench, job: MoveJob, snapshot: Snapshot, place: RestorePlace) -> Step:
    """Nothing was written meanwhile: note the change number."""
    described = site_of(bench, job, snapshot)
    with bench.held(job) as (uow, now_job):
        grant = uow.grants.lock(job.job_id)
        if grant is None:
            raise errors.Unexpected("A target's job has no grant.")
        site = compare_whole(uow, job, grant, snapshot, place, described)
        uow.grants.save(dataclasses.replace(grant, verified_change_no=site.change_no))
        bench.park(uow, now_job, bench.clock.business_now() + SILENCE)
    log.info("move.verified", job=str(job.job_id), items=place.items, versions=place.versions, rights=place.rights)
    bench.stop("target.verified")
    return Step.OVER


def compare_whole(
    uow: UnitOfWork,
    job: MoveJob,
    grant: Grant,
    snapshot: Snapshot,
    place: RestorePlace,
    described: tuple[ManifestWeb, list[int]],
) -> Site:
    """Counts agree, nothing stands besides what was compared, and the site itself is as it should be; `described` is what
    `site_of` says. Raises NotAsSealed."""
    site = None if grant.site_key is None else uow.sites.by_key(grant.site_key, lock=True)
    figures = (place.items, place.versions, place.size_bytes)
    sealed = (snapshot.items, snapshot.versions, snapshot.size_bytes)
    if site is None or figures != sealed or site.change_no != place.change_no:
        raise obstacles.NotAsSealed("The hidden site is not what was sealed.")
    web, admins = described
    _compare_amounts(uow, site.key, snapshot, place)
    rights.compare_admins(uow, job, site.key, admins)
    definitions.compare_site(uow, job, grant, site, web)
    return site


def _compare_amounts(uow: UnitOfWork, site_key: SiteKey, snapshot: Snapshot, place: RestorePlace) -> None:
    """As many of each kind as were sealed, and nothing besides. Raises NotAsSealed."""
    if snapshot.counts != tuple(sorted(place.counts.items())) or not {"sites", "scopes"} <= place.counts.keys():
        raise obstacles.NotAsSealed("The manifest does not hold what was sealed.")
    rights.compare_amounts(
        uow, site_key, groups=place.counts.get("groups", 0), scopes=place.counts["scopes"] - 1, rights=place.rights
    )
    census = uow.census.of_site(site_key)
    left_out = OF_PEOPLE | {"sites"}
    kinds = {kind: count for kind, count in place.counts.items() if kind not in left_out}
    standing = {kind: count for kind, count in census.counts.items() if kind not in left_out}
    if (standing, census.versions, census.size_bytes) != (kinds, snapshot.versions, snapshot.size_bytes):
        raise obstacles.NotAsSealed("The hidden site holds more or less than the manifest names.")


def _path_of(thing: ManifestEntry | ManifestDeleted) -> str:
    return thing.thing.path if isinstance(thing, ManifestDeleted) else thing.path
