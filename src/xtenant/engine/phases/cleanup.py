"""Cleanup only goes forward: the redirect in place and the content hidden in one commit, then the target told, then Success
(settled B 9). Rows and pinned blobs stay until the retention is over."""

from __future__ import annotations

import dataclasses

import structlog

from xtenant.domain import errors
from xtenant.domain.content import REDIRECT_TEMPLATE
from xtenant.domain.move import SILENCE, Decision, MoveJob, MoveState
from xtenant.engine.workbench import Step, Workbench
from xtenant.operations.grants import ended
from xtenant.operations.recovery import go_back_to_restore

log = structlog.get_logger("xtenant.engine")


def redirect(bench: Workbench, job: MoveJob) -> Step:
    """The source's half. The redirect is placed only when the target's `published` is stored here."""
    with bench.held(job) as (uow, now_job):
        if now_job.answer is not Decision.PUBLISHED or now_job.site_key is None:
            raise errors.Unexpected("A redirect needs the target's word that it has published.")
        site = uow.sites.by_key(now_job.site_key, lock=True)
        if site is None:
            raise errors.Unexpected("The source site is gone.")
        if site.is_redirect:
            uow.sites.update(dataclasses.replace(site, frozen_by=None))
        else:
            bench.save(uow, now_job, source_template=site.template)
            uow.sites.update(
                dataclasses.replace(
                    bench.frozen_site(uow, now_job),
                    template=REDIRECT_TEMPLATE,
                    redirect_url=job.target_url,
                    frozen_by=None,
                )
            )
    bench.stop("cleanup.redirected")
    view = bench.channel.finish(bench.peer(job), job.job_id, job.fence, lock=site.lock_state)
    bench.stop("cleanup.finish_answered")
    if not view.known or view.decision is not Decision.PUBLISHED:
        return _restore_again(bench, job)
    with bench.held(job) as (uow, now_job):
        uow.jobs.save(ended(now_job, MoveState.SUCCESS, bench.clock.business_now()))
    log.info("move.success", job=str(job.job_id), items=job.items_total, size_bytes=job.bytes_total)
    bench.stop("cleanup.done")
    return Step.OVER


def _restore_again(bench: Workbench, job: MoveJob) -> Step:
    """The target published once and knows nothing of it: its database was put back (settled B 5)."""
    with bench.held(job) as (uow, now_job):
        go_back_to_restore(uow, now_job, bench.clock)
    log.warning("move.lost_at_target", job=str(job.job_id))
    return Step.OVER


def wait_for_finish(bench: Workbench, job: MoveJob) -> Step:
    """The target's half: published and visible; it only waits to be told that the redirect stands. When the source says the
    job succeeded, the call was lost and its effect is made up for."""
    state = bench.channel.job_state(bench.peer(job), job.job_id)
    now = bench.clock.business_now()
    with bench.held(job) as (uow, now_job):
        if state.succeeded:
            uow.jobs.save(ended(now_job, MoveState.SUCCESS, now))
            uow.blobs.unpin(job.job_id)
        else:
            bench.park(uow, now_job, now + SILENCE)
    return Step.OVER
