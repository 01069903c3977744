"""Validation. The source checks everything again, offers the job, and freezes its site once the target has granted it; the
target asks the source back whether the trust stands and gives the grant with the map version pinned (settled B 4, B 6)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import structlog

from xtenant.domain import errors, obstacles
from xtenant.domain.content import LockState, Site
from xtenant.domain.move import SILENCE, Decision, JobKind, MoveJob, MoveJobId, MovePhase, MoveState
from xtenant.domain.ports.partner_moves import Offer, TargetView
from xtenant.domain.ports.units import UnitOfWork
from xtenant.engine import endings, places
from xtenant.engine.workbench import Step, Workbench, tell_phase
from xtenant.operations import preconditions

log = structlog.get_logger("xtenant.engine")


def offer(bench: Workbench, job: MoveJob) -> Step:
    """The source's half: check, offer, poll, freeze."""
    if job.state is MoveState.READY_TO_TRIGGER:
        with bench.held(job) as (uow, now_job):
            now = bench.clock.business_now()
            bench.save(uow, now_job, state=MoveState.IN_PROGRESS, started_at=now, stalled_since=now)
        return Step.AGAIN
    if not job.offered:
        found = _problems(bench, job)
        if found:
            return endings.give_up(bench, job, obstacles.StartRefused(found) if len(found) > 1 else found[0])
        with bench.held(job) as (uow, now_job):
            job = bench.save(uow, now_job, offered=True)
        bench.stop("validation.offer_marked")
        return _judge(bench, job, _send(bench, job))
    view = bench.channel.offer_state(bench.peer(job), job.job_id, job.fence)
    return _judge(bench, job, view if view.known else _send(bench, job))


def _send(bench: Workbench, job: MoveJob) -> TargetView:
    view = bench.channel.offer(
        bench.peer(job),
        Offer(
            job_id=job.job_id,
            kind=job.kind,
            source_key=job.source_key,
            target_key=job.target_key,
            source_url=job.source_url,
            target_url=job.target_url,
            fence=job.fence,
            supersedes=None if job.supersedes is None else MoveJobId(job.supersedes),
            unmapped=job.unmapped,
            source_id=job.source_id,
        ),
    )
    bench.stop("validation.offered")
    return view


def _judge(bench: Workbench, job: MoveJob, view: TargetView) -> Step:
    if view.decision is Decision.REFUSED:
        return endings.adopt_refusal(bench, job, view)
    return _freeze(bench, job) if view.given else Step.WAIT


def _problems(bench: Workbench, job: MoveJob) -> list[errors.XTenantError]:
    """R-6.22 to R-6.44 once more, with one call to the target."""
    with bench.units.read() as uow:
        settings = uow.settings.get()
        site = None if job.site_key is None else uow.sites.by_key(job.site_key)
        found: list[errors.XTenantError] = list(preconditions.source_problems(settings, site, job))
        if site is not None:
            found += preconditions.content_problems(uow, site, job.target_url)
        age = preconditions.own_word_age(uow, job.geo, job.partner, now=bench.clock.business_now())
        licensed = preconditions.source_is_licensed(uow, settings, job)
    if not bench.trust.good(job.geo, job.partner, partner_is_source=False):
        return [*found, preconditions.no_trust(job.partner)]
    question = preconditions.question_of(job, settings.schema_version, age, licensed=licensed)
    answer = bench.channel.can_start(bench.peer(job), question)
    found += preconditions.from_answer(job.partner, answer, schema_version=settings.schema_version, farm=settings.farm)
    if site is not None:
        with bench.units.read() as uow:
            found += preconditions.domain_problems(uow, site, answer.domains)
    return found


def _freeze(bench: Workbench, job: MoveJob) -> Step:
    """One commit under the site's lock: no write of the old epoch can follow, none that was acknowledged is missed."""
    with bench.held(job) as (uow, now_job):
        site = None if job.site_key is None else uow.sites.by_key(job.site_key, lock=True)
        obstacle = _unfreezable(site, job)
        epoch = site.epoch + 1 if site is not None else 0
        if obstacle is None and site is not None:
            uow.sites.update(dataclasses.replace(site, frozen_by=job.job_id, epoch=epoch))
            bench.save(
                uow,
                now_job,
                phase=MovePhase.BACKUP,
                cursor=places.written(places.BackupPlace(epoch=epoch, change_no=site.change_no)),
                passes=0,
                stalled_since=None,
                items_total=site.item_count,
                bytes_total=site.size_bytes,
            )
    if obstacle is not None or site is None:
        return endings.give_up(bench, job, obstacle or obstacles.SourceMissing(job.source_url))
    log.info("move.freeze", job=str(job.job_id), epoch=epoch, change_no=site.change_no)
    tell_phase(job, MovePhase.BACKUP, items=site.item_count, size_bytes=site.size_bytes)
    bench.stop("backup.frozen")
    return Step.AGAIN


def _unfreezable(site: Site | None, job: MoveJob) -> errors.XTenantError | None:
    if site is None or not site.is_visible or site.is_redirect:
        return obstacles.SourceMissing(job.source_url)
    if site.frozen_by not in (None, job.job_id):
        return obstacles.AlreadyMoving(job.source_url)
    if site.lock_state is not LockState.UNLOCK:
        return obstacles.SourceLocked(job.source_url, site.lock_state.value)
    return None


def grant(bench: Workbench, job: MoveJob) -> Step:
    """The target's half: trust at this instant, asked from the source; then the grant, the map's version pinned."""
    if not bench.trust.good(job.geo, job.partner, partner_is_source=True):
        return endings.refuse_here(bench, job, preconditions.no_trust(job.partner))
    with bench.units.read() as uow:
        standing = uow.grants.get(job.job_id)
        question = preconditions.question_of(job)
        found = (
            preconditions.target_problems(uow, bench.geo_of(job), job.partner_tenant_id, question)
            if standing is not None and standing.given_at is None
            else ()
        )
    if found:
        return endings.refuse_here(bench, job, found[0])
    now, version, given = bench.clock.business_now(), 0, False
    with bench.held(job) as (uow, now_job):
        locked = uow.grants.lock(job.job_id)
        if locked is not None and locked.given_at is None and locked.decision is Decision.NONE:
            in_force = uow.identity_map.in_force(job.geo)
            version = in_force.version if in_force else 0
            target_key = _target_key(bench, uow, job, version)
            uow.grants.save(dataclasses.replace(locked, given_at=now, map_version=version, target_key=target_key))
            given = True
        # the source may have asked for Restore meanwhile: then the row says so, and is due at once
        if now_job.phase is MovePhase.VALIDATION:
            bench.park(uow, now_job, now + SILENCE)
    if given:
        log.info("move.grant", job=str(job.job_id), map_version=version)
    bench.stop("grant.given")
    return Step.OVER if now_job.phase is MovePhase.VALIDATION else Step.AGAIN


def _target_key(bench: Workbench, uow: UnitOfWork, job: MoveJob, version: int) -> str:
    """A OneDrive's new owner by UPN, from the map's pinned version; the wire names only the address."""
    if job.kind is not JobKind.USER:
        return job.target_key
    row = preconditions.target_row(uow, bench.geo_of(job), job.partner_tenant_id, job.source_key, version)
    return row.target_upn if row else job.target_key


def wait_for_source(bench: Workbench, job: MoveJob, *, silent_for: timedelta = SILENCE) -> Step:
    """After five minutes of silence the target asks whether the job is still meant; one that is over is refused and
    collected (settled B 12)."""
    state = bench.channel.job_state(bench.peer(job), job.job_id)
    if state.ended and not state.succeeded:
        return endings.refuse_here(bench, job, errors.Refused("The source says that this job is over."))
    with bench.held(job) as (uow, now_job):
        bench.park(uow, now_job, bench.clock.business_now() + silent_for)
    return Step.OVER
