"""The source's half of Restore: ask, watch, record the intent, publish; only the target's stored answer ends it (settled B 3)."""

from __future__ import annotations

import structlog

from xtenant.domain import errors
from xtenant.domain.move import PUBLISH_SECONDS, Decision, Intent, MoveJob, MovePhase, patience_is_over
from xtenant.domain.ports.partner_moves import Offer, TargetView
from xtenant.domain.snapshot import Snapshot
from xtenant.engine import endings
from xtenant.engine.workbench import Step, Workbench, tell_phase

log = structlog.get_logger("xtenant.engine")


def ask(bench: Workbench, job: MoveJob) -> Step:
    """One look at the target, and whatever follows from what it has stored."""
    with bench.units.read() as uow:
        snapshot = uow.snapshots.get(job.job_id)
        intent = uow.intents.latest(job.job_id)
    if snapshot is None:
        raise errors.Unexpected("A job in Restore has no seal.")
    view = bench.channel.restore_state(bench.peer(job), job.job_id, job.fence)
    if not view.known:
        return _offer_again(bench, job)
    if view.decision is not Decision.NONE:
        return _adopt(bench, job, intent, view)
    if view.root is not None and view.root != snapshot.root:
        # this side's database was put back to before it sealed what the target holds
        bench.channel.restart(bench.peer(job), job.job_id, job.fence, view.root)
        return Step.AGAIN
    if view.given and view.root is None:
        bench.channel.restore(bench.peer(job), job.job_id, job.fence, snapshot)
        bench.stop("restore.asked")
        return Step.AGAIN
    if not view.verified:
        return _watch(bench, job, intent, view)
    if intent is None or intent.answer:
        return _intend(bench, job, snapshot, intent)
    return _publish(bench, job, intent)


def _offer_again(bench: Workbench, job: MoveJob) -> Step:
    """The target lost the job, or never had it: begin Restore again; freeze and snapshot stand."""
    bench.channel.offer(
        bench.peer(job),
        Offer(
            job_id=job.job_id,
            kind=job.kind,
            source_key=job.source_key,
            target_key=job.target_key,
            source_url=job.source_url,
            target_url=job.target_url,
            fence=job.fence,
            unmapped=job.unmapped,
            source_id=job.source_id,
        ),
    )
    bench.stop("validation.offered")
    return Step.WAIT


def _watch(bench: Workbench, job: MoveJob, intent: Intent | None, view: TargetView) -> Step:
    """The target works: keep its figures; without any progress for 24 hours, give up (before the intent only)."""
    now = bench.clock.business_now()
    if (view.items_done, view.bytes_done) != (job.items_done, job.bytes_done):
        with bench.held(job) as (uow, now_job):
            bench.save(
                uow, now_job, items_done=view.items_done, bytes_done=view.bytes_done, stalled_since=now, passes=0
            )
    elif intent is None and patience_is_over(job, now):
        return endings.give_up(bench, job, errors.Refused("The target made no progress for 24 hours."))
    return Step.WAIT


def _intend(bench: Workbench, job: MoveJob, snapshot: Snapshot, before: Intent | None) -> Step:
    """From here only the target's answer decides. The commit rechecks freeze, epoch and change number (settled B 4)."""
    with bench.held(job) as (uow, now_job):
        site = bench.frozen_site(uow, job)
        if (site.epoch, site.change_no) != (snapshot.epoch, snapshot.change_no) or now_job.aborting:
            raise errors.Unexpected("The source is not as it was sealed.")
        attempt = 1 if before is None else before.attempt + 1
        uow.intents.add(Intent(job_id=job.job_id, attempt=attempt, fence=job.fence, root=snapshot.root))
        bench.save(uow, now_job)
    log.info("move.intent", job=str(job.job_id), attempt=attempt)
    bench.stop("restore.intended")
    return Step.AGAIN


def _publish(bench: Workbench, job: MoveJob, intent: Intent) -> Step:
    with bench.units.read() as uow:
        site = None if job.site_key is None else uow.sites.by_key(job.site_key)
    if site is None:
        raise errors.Unexpected("The source site is gone.")
    view = bench.channel.publish(
        bench.peer(job), job.job_id, job.fence, intent.root, PUBLISH_SECONDS, lock=site.lock_state
    )
    bench.stop("restore.publish_answered")
    if view.late:
        with bench.held(job) as (uow, _):
            uow.intents.answer(intent, "late")
        return Step.AGAIN
    return _adopt(bench, job, intent, view)


def _adopt(bench: Workbench, job: MoveJob, intent: Intent | None, view: TargetView) -> Step:
    """The target's decision, stored here before anything follows from it."""
    if view.decision is Decision.REFUSED:
        return endings.adopt_refusal(bench, job, view)
    if view.decision is Decision.NONE:
        return Step.WAIT
    if intent is None:
        raise errors.Unexpected("The target says it published what was never meant to be.")
    with bench.held(job) as (uow, now_job):
        uow.intents.answer(intent, view.decision.value)
        bench.save(
            uow,
            now_job,
            answer=Decision.PUBLISHED,
            phase=MovePhase.CLEANUP,
            passes=0,
            stalled_since=None,
            items_done=now_job.items_total,
            bytes_done=now_job.bytes_total,
        )
    log.info("move.published", job=str(job.job_id), attempt=intent.attempt)
    tell_phase(job, MovePhase.CLEANUP, items=job.items_total, size_bytes=job.bytes_total)
    bench.stop("restore.answer_recorded")
    return Step.AGAIN
