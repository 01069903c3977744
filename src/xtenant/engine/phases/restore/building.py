"""The target's half of Restore, first part: reserve the address with a hidden site, then build it batch by batch.

Rows and cursor are one commit, so a batch is written once however often it is tried; content is durable before a row names it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import structlog

from xtenant.domain import content, obstacles
from xtenant.domain.content import (
    GROUP_TEMPLATE,
    PERSONAL_TEMPLATE,
    TEAM_SITE_TEMPLATE,
    BlobKey,
    ItemId,
    ItemKind,
    ItemRow,
    NewVersion,
    PrincipalKey,
    Site,
    SiteId,
    SiteKey,
    StoredBlob,
)
from xtenant.domain.move import BATCH_ITEMS, Decision, Grant, JobKind, MoveJob, MovePhase
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import (
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestObject,
    ManifestPrincipal,
    ManifestWeb,
    Snapshot,
    weight_of,
)
from xtenant.engine import endings, places
from xtenant.engine.phases.restore import people, pulling, rights
from xtenant.engine.places import RestorePlace
from xtenant.engine.workbench import Step, Workbench, tell_phase
from xtenant.operations import access
from xtenant.package.reader import read_part

log = structlog.get_logger("xtenant.engine")

WEIGHT_A_BATCH = 7_000
"""Versions, members of groups and assignments in one transaction."""
TEMPLATES = {JobKind.USER: PERSONAL_TEMPLATE, JobKind.GROUP: GROUP_TEMPLATE, JobKind.SITE: TEAM_SITE_TEMPLATE}


def build(bench: Workbench, job: MoveJob, grant: Grant, snapshot: Snapshot) -> Step:
    """One batch: at most 2,000 objects of one part."""
    if grant.site_key is None:
        return _reserve(bench, job)
    place = places.read(job.cursor, RestorePlace) if job.cursor else RestorePlace()
    if place.part > len(snapshot.parts):
        return _built(bench, job, grant.site_key)
    stored = pulling.part_bytes(bench, job, snapshot.parts[place.part - 1])
    batch = next_batch(stored, place.at)
    pulling.content_of(bench, job, batch, done=place.size_bytes)
    at = place.at + len(batch)
    ended = at >= snapshot.parts[place.part - 1].objects
    items, size = _figures(batch)
    place = places.moved(place, items=place.items + items, size_bytes=place.size_bytes + size)
    after = places.moved(place, part=place.part + 1, at=0) if ended else places.moved(place, at=at)
    with bench.held(job) as (uow, now_job):
        _open_grant(uow, job)
        _write(uow, bench, now_job, grant, batch)
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


def _write(uow: UnitOfWork, bench: Workbench, job: MoveJob, grant: Grant, batch: Sequence[ManifestObject]) -> None:
    site_key = grant.site_key
    assert site_key is not None
    named = [thing for thing in batch if isinstance(thing, ManifestPrincipal)]
    people.resolve(uow, job, grant, named)
    people.make_again(uow, job, [thing for thing in batch if isinstance(thing, ManifestGroup)])
    for thing in batch:
        if isinstance(thing, ManifestWeb):
            _describe(uow, job, grant, site_key, thing)
    keys = people.keys_of(uow, job, _refs(batch))
    rows = [
        row_of(thing, keys) for thing in batch if isinstance(thing, ManifestLibrary | ManifestFolder | ManifestFile)
    ]
    writer = uow.write_site(site_key, now=bench.clock.business_now(), job=job.job_id)
    writer.add_rows(rows)
    rights.write(writer, rights.expected(uow, job, site_key, batch))


def _describe(uow: UnitOfWork, job: MoveJob, grant: Grant, site_key: SiteKey, web: ManifestWeb) -> None:
    """Title, template, dates and owner of the hidden site, from the manifest's web."""
    site = uow.sites.by_key(site_key, lock=True)
    assert site is not None
    owner = site.owner_id
    if owner is None and web.owner is not None:
        rows = uow.resolutions.by_refs(job.job_id, people.admitted(uow, job, [web.owner]))
        owner = next((row.target_id for row in rows.values()), None)
    uow.sites.update(
        dataclasses.replace(
            site,
            title=web.title,
            template=web.template if grant.kind is JobKind.SITE else site.template,
            created_at=web.created_at,
            modified_at=web.modified_at,
            owner_id=owner,
            origin_id=web.site_id,
        )
    )


def _refs(batch: Sequence[ManifestObject]) -> set[int]:
    refs: set[int] = set()
    for thing in batch:
        match thing:
            case ManifestLibrary() | ManifestFolder():
                refs |= {thing.author, thing.editor}
            case ManifestFile():
                refs |= {thing.author, thing.editor, *(version.editor for version in thing.versions)}
            case _:
                continue
    return refs


def row_of(thing: ManifestLibrary | ManifestFolder | ManifestFile, keys: dict[int, PrincipalKey]) -> ItemRow:
    """A manifest object as a row of this tenant: GUIDs, dates and numbers kept, people exchanged."""
    library = isinstance(thing, ManifestLibrary)
    kind = ItemKind.FILE if isinstance(thing, ManifestFile) else ItemKind.FOLDER
    return ItemRow(
        item_id=ItemId(thing.list_id if isinstance(thing, ManifestLibrary) else thing.item_id),
        library_id=None if isinstance(thing, ManifestLibrary) else ItemId(thing.library_id),
        parent_id=None if isinstance(thing, ManifestLibrary) else ItemId(thing.parent_id),
        kind=ItemKind.LIBRARY if library else kind,
        name=thing.name,
        int_id=0 if isinstance(thing, ManifestLibrary) else thing.int_id,
        created_at=thing.created_at,
        modified_at=thing.modified_at,
        author=keys[thing.author],
        editor=keys[thing.editor],
        versions=_versions(thing, keys) if isinstance(thing, ManifestFile) else (),
    )


def _versions(thing: ManifestFile, keys: dict[int, PrincipalKey]) -> tuple[NewVersion, ...]:
    return tuple(
        NewVersion(
            major=version.major,
            minor=version.minor,
            stored=StoredBlob(key=BlobKey(version.sha256), size_bytes=version.size_bytes, quick_xor=version.quick_xor),
            modified_at=version.modified_at,
            editor=keys[version.editor],
            comment=version.comment,
        )
        for version in thing.versions
    )


def _figures(batch: Sequence[ManifestObject]) -> tuple[int, int]:
    items = sum(isinstance(thing, ManifestFolder | ManifestFile) for thing in batch)
    size = sum(version.size_bytes for thing in batch if isinstance(thing, ManifestFile) for version in thing.versions)
    return items, size


def _built(bench: Workbench, job: MoveJob, site_key: SiteKey) -> Step:
    with bench.held(job) as (uow, now_job):
        site = uow.sites.by_key(site_key)
        change_no = site.change_no if site else 0
        bench.save(uow, now_job, cursor=places.written(RestorePlace(stage="verify", change_no=change_no)))
    log.info("move.restored", job=str(job.job_id), items=job.items_done, size_bytes=job.bytes_done)
    bench.stop("target.built")
    return Step.AGAIN
