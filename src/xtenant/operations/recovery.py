"""After a database was put back from a backup: what partners know of our jobs, and the furthest state adopted (settled B 5).

Our own rows are older than what happened. A partner says what it has stored of every job between us; each function here
writes our own rows only. What cannot be adopted because it is lost goes back to Restore: the source holds its snapshot and
content until the retention is over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import content, errors, obstacles
from xtenant.domain.content import Site
from xtenant.domain.move import (
    Decision,
    Direction,
    Grant,
    Intent,
    MoveJob,
    MoveJobId,
    MovePhase,
    MoveState,
)
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.partner_moves import JobState, KnownJob, KnownJobs, Peer, TargetView
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import HostUrl, Tenant, TenantId
from xtenant.operations.grants import PartnerCall, locked_rows, refuse, view_of

PAGE = 200
NO_ROOT = bytes(32)


def begin(units: Units, *, clock: Clock) -> None:
    """The service was started on a database put back: from now on, and through restarts, the recovery stands."""
    with units.write() as uow:
        uow.recovery.begin(clock.business_now())


def stands(units: Units) -> bool:
    with units.read() as uow:
        return uow.recovery.stands()


def end(units: Units) -> None:
    with units.write() as uow:
        uow.recovery.end()


def require_over(uow: UnitOfWork) -> None:
    """Raises NotRecovered while partners are still to be asked."""
    if uow.recovery.stands():
        raise content.NotRecovered


def peers_to_ask(units: Units, tenant: Tenant) -> Sequence[Peer]:
    """Every partner of an open job or of a relationship, with the geo of ours that knows it."""
    geos = {geo.code: geo for geo in tenant.geos}
    with units.read() as uow:
        named = {(code, one.key.partner) for code in geos for one in uow.relationships.all(code)}
        named |= set(uow.recovery.partners())
    ordered = sorted(named, key=lambda each: (each[0], each[1].text))
    return [Peer(own=geos[code], partner=partner) for code, partner in ordered if code in geos]


def known_jobs(units: Units, own: TenantId, partner: HostUrl, tenant_id: TenantId, after: UUID) -> KnownJobs:
    """The answer to a partner that was put back: the jobs between it and us."""
    with units.read() as uow:
        found = uow.recovery.known_to(partner, tenant_id, after=after, limit=PAGE + 1)
    return KnownJobs(tenant_id=own, jobs=tuple(found[:PAGE]), more=len(found) > PAGE)


def adopt(units: Units, peer: Peer, partner_tenant: TenantId, known: KnownJob, *, clock: Clock) -> bool:
    """Bring our own row to the furthest state; whether the source must be asked to go back to Restore.

    May be called again for the same job: what stands already stays.
    """
    with units.write() as uow:
        if known.direction is Direction.IN:
            _adopt_as_source(uow, peer, partner_tenant, known, clock)
            return False
        return _adopt_as_target(uow, known, clock)


def _adopt_as_source(uow: UnitOfWork, peer: Peer, partner_tenant: TenantId, known: KnownJob, clock: Clock) -> None:
    job = uow.jobs.lock(known.job_id, Direction.OUT)
    if job is None:
        site = uow.sites.visible_by_url(known.source_url)
        if known.decision is not Decision.PUBLISHED or site is None:
            return  # our word for it is lost; the target hears that when it asks, and gives the address free
        job = _made_again(uow, peer, partner_tenant, known, site, clock)
    if not job.is_open:
        return
    uow.recovery.cut_off(job.job_id, Direction.OUT, at_least=known.fence + 1)
    job = _begun(uow, job, clock)
    if known.decision is Decision.PUBLISHED:
        _take_published(uow, job, known)
    elif known.decision is Decision.REFUSED:
        code, text = job.error_code or known.reason_code, job.error_text or known.reason_text
        uow.jobs.save(
            dataclasses.replace(job, answer=Decision.REFUSED, aborting=True, error_code=code, error_text=text)
        )


def _begun(uow: UnitOfWork, job: MoveJob, clock: Clock) -> MoveJob:
    """A job that the target has heard of is one that has begun."""
    now = clock.business_now()
    for state in (MoveState.READY_TO_TRIGGER, MoveState.IN_PROGRESS):
        if job.state in (MoveState.SCHEDULED, MoveState.READY_TO_TRIGGER):
            job = dataclasses.replace(job, state=state, started_at=job.started_at or now)
            uow.jobs.save(job)
    job = dataclasses.replace(job, offered=True, modified_at=now, next_pass_at=now)
    uow.jobs.save(job)
    return job


def _take_published(uow: UnitOfWork, job: MoveJob, known: KnownJob) -> None:
    """The target shows the site: ours is frozen in the same commit, and Cleanup goes on from there."""
    site = _source_site(uow, job)
    if site is None:
        raise errors.Unexpected(f"The source site of job {job.job_id} is not in the database that was put back.")
    if not site.is_redirect and site.frozen_by is None:
        uow.sites.update(dataclasses.replace(site, frozen_by=job.job_id, epoch=site.epoch + 1))
    intent = uow.intents.latest(job.job_id)
    if intent is None or intent.answer not in ("", Decision.PUBLISHED.value):
        attempt = 1 if intent is None else intent.attempt + 1
        intent = Intent(job_id=job.job_id, attempt=attempt, fence=known.fence, root=known.root or NO_ROOT)
        uow.intents.add(intent)
    uow.intents.answer(intent, Decision.PUBLISHED.value)
    uow.jobs.save(
        dataclasses.replace(
            job,
            phase=MovePhase.CLEANUP,
            answer=Decision.PUBLISHED,
            aborting=False,
            site_key=site.key,
            cursor="",
            error_code="",
            error_text="",
            passes=0,
        )
    )


def _source_site(uow: UnitOfWork, job: MoveJob) -> Site | None:
    if job.site_key is not None:
        return uow.sites.by_key(job.site_key, lock=True)
    found = uow.sites.visible_by_url(job.source_url)
    return None if found is None else uow.sites.by_key(found.key, lock=True)


def _made_again(
    uow: UnitOfWork, peer: Peer, partner_tenant: TenantId, known: KnownJob, site: Site, clock: Clock
) -> MoveJob:
    """A job younger than the backup, from the target's own row."""
    now = clock.business_now()
    job = MoveJob(
        job_id=known.job_id,
        direction=Direction.OUT,
        partner=peer.partner,
        partner_tenant_id=partner_tenant,
        geo=peer.own.code,
        kind=known.kind,
        source_key=known.source_key,
        target_key=known.target_key,
        source_url=known.source_url,
        target_url=known.target_url,
        site_key=site.key,
        created_at=now,
        modified_at=now,
        next_pass_at=now,
        unmapped=known.unmapped,
        source_id=known.source_id,
    )
    uow.jobs.add(job, queue_limit=1_000_000)  # it was admitted before; a full queue cannot undo what the target shows
    return job


def _adopt_as_target(uow: UnitOfWork, known: KnownJob, clock: Clock) -> bool:
    """The source's word of a job of ours. Whether it believes published what we no longer hold as published."""
    job = uow.jobs.lock(known.job_id, Direction.IN)
    grant = uow.grants.lock(known.job_id)
    if known.decision is Decision.PUBLISHED or known.succeeded:
        lost = grant is None or grant.decision is not Decision.PUBLISHED
        if lost and known.collected:
            raise errors.Unexpected(f"Job {known.job_id} was published, and neither side holds its content any more.")
        return lost
    over = known.ended or known.decision is Decision.REFUSED
    if job is not None and grant is not None and over and grant.decision is Decision.NONE:
        reason = "The source says that this job is over."
        refuse(uow, job, grant, known.reason_code or "aborted", reason, now=clock.business_now())
    return False


def receive_reopen(
    units: Units,
    partner: HostUrl,
    tenant_id: TenantId,
    job_id: MoveJobId,
    *,
    clock: Clock,
) -> JobState:
    """The target lost what it had published of a job: back to Restore, with snapshot, content and redirect as they are.

    Raises UnknownJob for another tenant's job, Conflict when the content behind the redirect was removed already.
    """
    with units.write() as uow:
        require_over(uow)
        job = uow.jobs.lock(job_id, Direction.OUT)
        if job is None or job.partner != partner or job.partner_tenant_id != tenant_id:
            raise obstacles.UnknownJob
        if job.answer is Decision.PUBLISHED:
            go_back_to_restore(uow, job, clock)
            uow.recovery.cut_off(job_id, Direction.OUT)
    return JobState(known=True, ended=False)


def go_back_to_restore(uow: UnitOfWork, job: MoveJob, clock: Clock) -> MoveJob:
    """Inside a unit that locked the row: what was published is lost at the target (settled B 5). The site is frozen again, so
    that nobody removes redirect or content before it is published anew. Raises Refused when the content is gone."""
    site = None if job.site_key is None else uow.sites.by_key(job.site_key, lock=True)
    if site is None or site.deleted_at is not None or job.collected or uow.snapshots.get(job.job_id) is None:
        raise errors.Refused("The content of this move was removed here; it cannot be restored again.", job=job.job_id)
    uow.sites.update(dataclasses.replace(site, frozen_by=job.job_id))
    now = clock.business_now()
    job = dataclasses.replace(
        job,
        state=MoveState.RESCHEDULED,
        phase=MovePhase.RESTORE,
        answer=Decision.NONE,
        finished_at=None,
        modified_at=now,
        next_pass_at=now,
        stalled_since=now,
        passes=0,
        items_done=0,
        bytes_done=0,
        cursor="",
        lease_until=None,
    )
    uow.jobs.save(job)
    return job


def receive_restart(units: Units, call: PartnerCall, root: bytes, *, clock: Clock) -> TargetView:
    """The source lost the snapshot of this root and will seal another: what was restored of it is given up.

    The hidden site is left to the collector. Raises StalePeer.
    """
    with units.write() as uow:
        require_over(uow)
        job, grant = locked_rows(uow, call)
        if job is None or grant is None:
            return TargetView(known=False)
        if grant.decision is Decision.NONE and grant.root == root:
            job, grant = _given_up(uow, job, grant, clock)
    return view_of(grant, job)


def _given_up(uow: UnitOfWork, job: MoveJob, grant: Grant, clock: Clock) -> tuple[MoveJob, Grant]:
    now = clock.business_now()
    site = None if grant.site_key is None else uow.sites.by_key(grant.site_key, lock=True)
    if site is not None and site.deleted_at is None:
        uow.sites.update(dataclasses.replace(site, deleted_at=now))
    grant = dataclasses.replace(grant, root=None, site_key=None, verified_change_no=None)
    uow.grants.save(grant)
    job = dataclasses.replace(
        job, phase=MovePhase.VALIDATION, cursor="", site_key=None, items_done=0, bytes_done=0, modified_at=now
    )
    uow.jobs.save(job)
    uow.recovery.cut_off(job.job_id, Direction.IN)
    return job, grant
