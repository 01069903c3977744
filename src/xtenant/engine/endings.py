"""How a source's job ends without success, and how it waits for another pass (settled B 5, B 7).

A job gives up only before its intent. It then unlocks the source only after the target stored its refusal, except when the
target never heard of it.
"""

from __future__ import annotations

import dataclasses

import structlog

from xtenant.domain import errors
from xtenant.domain.move import (
    Decision,
    Direction,
    MoveJob,
    MoveState,
    may_unlock,
    patience_is_over,
    pause_after,
)
from xtenant.domain.ports.partner_moves import TargetView
from xtenant.domain.ports.units import UnitOfWork
from xtenant.engine.workbench import Step, Workbench
from xtenant.operations.grants import ended, refuse

log = structlog.get_logger("xtenant.engine")


def give_up(bench: Workbench, job: MoveJob, error: errors.XTenantError) -> Step:
    """Decide that this job will not be published. Raises Unexpected once an intent stands."""
    with bench.held(job) as (uow, now_job):
        if uow.intents.latest(job.job_id) is not None:
            raise errors.Unexpected("A job with an intent is ended by the target's answer only.")
        code = error.microsoft_code or error.code
        bench.save(uow, now_job, aborting=True, error_code=code, error_text=error.text)
    log.info("move.giving_up", job=str(job.job_id), code=error.code)
    bench.stop("abort.marked")
    return Step.AGAIN


def carry_out_abort(bench: Workbench, job: MoveJob) -> Step:
    """Get the target's refusal if it may have heard of the job, then release the source and end as Failed."""
    if not may_unlock(job):
        view = bench.channel.abort(bench.peer(job), job.job_id, job.fence)
        bench.stop("abort.answered")
        return adopt_refusal(bench, job, view)
    with bench.held(job) as (uow, now_job):
        _release(uow, now_job)
        uow.jobs.save(ended(now_job, MoveState.FAILED, bench.clock.business_now()))
    log.info("move.failed", job=str(job.job_id), code=job.error_code)
    bench.stop("abort.released")
    return Step.OVER


def adopt_refusal(bench: Workbench, job: MoveJob, view: TargetView) -> Step:
    """Store that the target will never publish. Raises Unexpected when it has not said so."""
    if view.decision is not Decision.REFUSED:
        raise errors.Unexpected(f"The target answered {view.decision.value} where a refusal was due.")
    with bench.held(job) as (uow, now_job):
        intent = uow.intents.latest(job.job_id)
        if intent is not None and not intent.answer:
            uow.intents.answer(intent, view.decision.value)
        bench.save(
            uow,
            now_job,
            answer=Decision.REFUSED,
            aborting=True,
            error_code=now_job.error_code or view.reason_code,
            error_text=now_job.error_text or view.reason_text,
        )
    bench.stop("abort.recorded")
    return Step.AGAIN


def _release(uow: UnitOfWork, job: MoveJob) -> None:
    if not may_unlock(job):
        raise errors.Unexpected("The source stays frozen until the target's refusal is stored.")
    uow.blobs.unpin(job.job_id)
    if job.site_key is None:
        return
    site = uow.sites.by_key(job.site_key, lock=True)
    if site is not None and site.frozen_by == job.job_id:
        if site.is_redirect and job.source_template:
            # it had been published and was lost at a target that was put back: the source is again what it was
            site = dataclasses.replace(site, template=job.source_template, redirect_url=None)
        uow.sites.update(dataclasses.replace(site, frozen_by=None))


def reschedule(bench: Workbench, job: MoveJob, error: errors.XTenantError) -> Step:
    """Put the job back for a further pass; before its intent this is bounded, afterwards not."""
    now = bench.clock.business_now()
    with bench.held(job) as (uow, now_job):
        bounded = job.direction is Direction.OUT and not now_job.aborting and uow.intents.latest(job.job_id) is None
        tired = dataclasses.replace(now_job, passes=now_job.passes + 1)
        over = bounded and now_job.answer is Decision.NONE and patience_is_over(tired, now)
        if not over:
            bench.park(
                uow,
                _in_progress(uow, now_job),
                now + pause_after(now_job.passes),
                state=MoveState.RESCHEDULED,
                passes=tired.passes,
                stalled_since=now_job.stalled_since or now,
            )
    log.warning("move.rescheduled", job=str(job.job_id), passes=tired.passes, code=error.code)
    return give_up(bench, job, error) if over else Step.OVER


def _in_progress(uow: UnitOfWork, job: MoveJob) -> MoveJob:
    """Rescheduled follows InProgress only (R-6.72)."""
    if job.state is not MoveState.READY_TO_TRIGGER:
        return job
    job = dataclasses.replace(job, state=MoveState.IN_PROGRESS)
    uow.jobs.save(job)
    return job


def refuse_here(bench: Workbench, job: MoveJob, error: errors.XTenantError) -> Step:
    """The target's worker ends the job on its own side: the source hears it at its next call."""
    with bench.held(job) as (uow, now_job):
        grant = uow.grants.lock(job.job_id)
        if grant is not None and grant.decision is Decision.NONE:
            code = error.microsoft_code or error.code
            refuse(uow, now_job, grant, code, error.text, now=bench.clock.business_now())
    log.info("move.failed", job=str(job.job_id), code=error.code)
    bench.stop("grant.refused")
    return Step.OVER
