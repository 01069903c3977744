"""The target's half of Restore, first part: reserve the address with a hidden site, then build it batch by batch.

Rows and cursor are one commit, so a batch is written once however often it is tried; content is durable before a row names it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import structlog

from xtenant.domain import content, errors, obstacles
from xtenant.domain.content import (
    GROUP_TEMPLATE,
    PERSONAL_TEMPLATE,
    TEAM_SITE_TEMPLATE,
    Site,
    SiteId,
    SiteKey,
)
from xtenant.domain.move import BATCH_ITEMS, Decision, Grant, JobKind, MoveJob, MovePhase
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestListItem,
    ManifestObject,
    ManifestPrincipal,
    ManifestWeb,
    Snapshot,
    contents_of,
    weight_of,
)
from xtenant.engine import endings, places
from xtenant.engine.phases.restore import definitions, entries, links, people, pulling, rights
from xtenant.engine.places import RestorePlace
from xtenant.engine.workbench import Step, Workbench, tell_phase
from xtenant.operations import access
from xtenant.package.reader import read_part
from xtenant.package.text import DamagedPackage

log = structlog.get_logger("xtenant.engine")

WEIGHT_A_BATCH = 7_000
"""Versions, attachments, members, assignments in one transaction."""
TEMPLATES = {JobKind.USER: PERSONAL_TEMPLATE, JobKind.GROUP: GROUP_TEMPLATE, JobKind.SITE: TEAM_SITE_TEMPLATE}


def build(bench: Workbench, job: MoveJob, grant: Grant, snapshot: Snapshot) -> Step:
    """One batch: at most 2,000 objects of one part."""
    if grant.site_key is None:
        return _reserve(bench, job)
    place = places.read(job.cursor, RestorePlace) if job.cursor else RestorePlace()
    if place.part > len(snapshot.parts):
        return _built(bench, job, grant, snapshot)
    stored = pulling.part_bytes(bench, job, snapshot.parts[place.part - 1])
    batch = next_batch(stored, place.at)
    pulling.content_of(bench, job, batch, done=place.size_bytes)
    at = place.at + len(batch)
    ended = at >= snapshot.parts[place.part - 1].objects
    place = _reckoned(place, batch)
    after = places.moved(place, part=place.part + 1, at=0) if ended else places.moved(place, at=at)
    with bench.held(job) as (uow, now_job):
        _open_grant(uow, job)
        write(uow, bench, now_job, grant, batch, root_web=after.root_web)
        bench.save(uow, now_job, cursor=places.written(after), items_done=after.items, bytes_done=after.size_bytes)
    bench.stop("target.rows_written")
    return Step.AGAIN


def next_batch(stored: bytes, at: int) -> list[ManifestObject]:
    """The next objects of a part: at most 2,000, and at most 7,000 rows of what is in them unless one has more."""
    batch: list[ManifestObject] = []
    weight = 0
    for thing in itertools.islice(read_part(stored), at, at + BATCH_ITEMS):
        if batch and weight + weight_of(thing) > WEIGHT_A_BATCH:
            break
        batch.append(thing)
        weight += weight_of(thing)
    return batch


def _open_grant(uow: UnitOfWork, job: MoveJob) -> Grant:
    grant = uow.grants.lock(job.job_id)
    if grant is None or grant.decision is not Decision.NONE:
        raise obstacles.StaleFence("The job was decided meanwhile.")
    return grant


def _reserve(bench: Workbench, job: MoveJob) -> Step:
    """The hidden site takes its address at once, so that nobody else can."""
    try:
        with bench.held(job) as (uow, now_job):
            grant = _open_grant(uow, job)
            site = uow.sites.add(_hidden_site(bench, uow, job, grant))
            uow.grants.save(dataclasses.replace(grant, site_key=site.key))
            bench.save(uow, now_job, site_key=site.key, cursor=places.written(RestorePlace()))
    except content.NameTaken:
        return endings.refuse_here(bench, job, obstacles.TargetTaken())
    # the row came to Restore by the source's call
    before, total = MovePhase.VALIDATION, job.bytes_total
    tell_phase(job, MovePhase.RESTORE, was=before, items=job.items_total, size_bytes=total)
    bench.stop("target.reserved")
    return Step.AGAIN


def _hidden_site(bench: Workbench, uow: UnitOfWork, job: MoveJob, grant: Grant) -> Site:
    now = bench.clock.business_now().replace(microsecond=0)
    owner = uow.users.by_upn(grant.target_key) if grant.kind is JobKind.USER else None
    group = uow.groups.by_alias(grant.target_key) if grant.kind is JobKind.GROUP else None
    if group is not None:  # its members' right on the site shows under its principal
        uow.principals.ensure([access.group_as_principal(group)])
    return Site(
        key=SiteKey(0),
        site_id=SiteId(bench.ids.new_id()),
        web_id=bench.ids.new_id(),
        geo=grant.geo,
        url=grant.target_url,
        title="",
        template=TEMPLATES[grant.kind],
        owner_id=owner.user_id if owner else None,
        group_id=group.group_id if group else None,
        created_at=now,
        modified_at=now,
        published_at=None,
        hidden_job=job.job_id,
    )


def write(
    uow: UnitOfWork,
    bench: Workbench,
    job: MoveJob,
    grant: Grant,
    batch: Sequence[ManifestObject],
    *,
    root_web: str,
) -> None:
    """Everything that some objects of the manifest say. Raises DamagedPackage for what cannot be built, BlobGone."""
    site_key = grant.site_key
    assert site_key is not None
    people.resolve(uow, job, grant, [thing for thing in batch if isinstance(thing, ManifestPrincipal)])
    people.make_again(uow, job, [thing for thing in batch if isinstance(thing, ManifestGroup)])
    keys = people.keys_of(uow, job, entries.refs_of(batch))
    writer = uow.write_site(site_key, now=bench.clock.business_now(), job=job.job_id)
    try:
        writer.add_rows(entries.rows_of(uow, job, site_key, list(entries.entries_of(batch)), keys))
        definitions.write(uow, writer, definitions.expected(job, batch))
        rights.write(writer, rights.expected(uow, job, site_key, batch, root_web=root_web))
        writer.put_links(links.expected(uow, job, site_key, batch))
    except content.BlobGone:
        raise
    except (errors.NotFound, errors.Conflict, errors.UsageError) as error:
        raise DamagedPackage(f"The site cannot be built as the manifest says: {error.text}") from error


def _reckoned(place: RestorePlace, batch: Sequence[ManifestObject]) -> RestorePlace:
    """The place with the figures of a batch."""
    items = sum(isinstance(thing, ManifestFolder | ManifestFile | ManifestListItem) for thing in batch)
    size = sum(size for thing in batch for _, size, _ in contents_of(thing))
    return places.moved(
        place,
        items=place.items + items,
        size_bytes=place.size_bytes + size,
        root_web=root_web_of(batch) or place.root_web,
    )


def root_web_of(batch: Sequence[ManifestObject]) -> str:
    """The id of the source's root web, if a batch names it."""
    return next((str(thing.web_id) for thing in batch if isinstance(thing, ManifestWeb)), "")


def site_of(bench: Workbench, job: MoveJob, snapshot: Snapshot) -> tuple[ManifestWeb, list[int]]:
    """The root web, and the source's administrators: principals stand at the manifest's beginning, before the web. Raises
    DamagedPackage."""
    admins: list[int] = []
    for seal in snapshot.parts:
        for thing in read_part(pulling.part_bytes(bench, job, seal)):
            if isinstance(thing, ManifestWeb):
                return thing, admins
            if isinstance(thing, ManifestPrincipal) and thing.admin:
                admins.append(thing.ref)
    raise DamagedPackage("The manifest names no site.")


def _built(bench: Workbench, job: MoveJob, grant: Grant, snapshot: Snapshot) -> Step:
    """The site itself is described last, since every write to it changes its date."""
    web, _ = site_of(bench, job, snapshot)
    with bench.held(job) as (uow, now_job):
        assert grant.site_key is not None
        writer = uow.write_site(grant.site_key, now=bench.clock.business_now(), job=job.job_id)
        site = definitions.describe(uow, job, grant, writer, web)
        bench.save(uow, now_job, cursor=places.written(RestorePlace(stage="verify", change_no=site.change_no)))
    log.info("move.restored", job=str(job.job_id), items=job.items_done, size_bytes=job.bytes_done)
    bench.stop("target.built")
    return Step.AGAIN
