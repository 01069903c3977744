"""How a claimed job is carried on: the table of phases, and what becomes of errors.

A step does one bounded, repeatable piece of work. Whoever calls it (a runner, a simulation) calls again until the claim is
over; a claim that is no longer the youngest ends quietly at its first write.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from xtenant.domain import errors, obstacles
from xtenant.domain.content import BlobGone
from xtenant.domain.move import SILENCE, Decision, Direction, MoveJob, MovePhase, MoveState
from xtenant.domain.ports.move import Claim
from xtenant.engine import endings
from xtenant.engine.phases import backup, cleanup, restore, validation
from xtenant.engine.workbench import Step, Workbench
from xtenant.package.text import DamagedPackage

log = structlog.get_logger("xtenant.engine")

Phase = Callable[[Workbench, MoveJob], Step]


def _grant_or_wait(bench: Workbench, job: MoveJob) -> Step:
    with bench.units.read() as uow:
        grant = uow.grants.get(job.job_id)
    if grant is None:
        raise errors.Unexpected("A target's job has no grant.")
    return validation.grant(bench, job) if grant.given_at is None else validation.wait_for_source(bench, job)


def _restore(bench: Workbench, job: MoveJob) -> Step:
    with bench.units.read() as uow:
        grant, snapshot = uow.grants.get(job.job_id), uow.snapshots.get(job.job_id)
    if grant is None or snapshot is None or grant.decision is not Decision.NONE:
        raise obstacles.StaleFence("The job was decided meanwhile.")
    if grant.verified_change_no is not None:
        return validation.wait_for_source(bench, job, silent_for=SILENCE)
    verifying = '"stage":"verify"' in job.cursor
    return (restore.verify if verifying else restore.build)(bench, job, grant, snapshot)


TABLE: dict[tuple[Direction, MovePhase], Phase] = {
    (Direction.OUT, MovePhase.VALIDATION): validation.offer,
    (Direction.OUT, MovePhase.BACKUP): backup.run,
    (Direction.OUT, MovePhase.RESTORE): restore.ask,
    (Direction.OUT, MovePhase.CLEANUP): cleanup.redirect,
    (Direction.IN, MovePhase.VALIDATION): _grant_or_wait,
    (Direction.IN, MovePhase.RESTORE): _restore,
    (Direction.IN, MovePhase.CLEANUP): cleanup.wait_for_finish,
}


def step(bench: Workbench, claim: Claim) -> Step:
    """One step of a claimed job. Never raises for what can go wrong between two tenants."""
    with bench.units.read() as uow:
        job = uow.jobs.get(claim.job_id, claim.direction)
    if job is None or job.fence != claim.fence or not job.is_open:
        return Step.OVER
    try:
        return _carried_on(bench, job)
    except obstacles.StaleFence:
        return Step.OVER
    except (errors.PartnerUnreachable, errors.NetworkError, obstacles.StalePeer, errors.Throttled, BlobGone) as error:
        return _guarded(endings.reschedule, bench, job, error)
    except (obstacles.SnapshotDamaged, obstacles.NotAsSealed, DamagedPackage) as error:
        end = endings.give_up if job.direction is Direction.OUT else endings.refuse_here
        return _guarded(end, bench, job, error)
    except errors.XTenantError as error:
        log.error("move.step_failed", job=str(job.job_id), phase=job.phase.name, code=error.code, text=error.text)
        return _guarded(endings.reschedule, bench, job, error)


Ending = Callable[[Workbench, MoveJob, errors.XTenantError], Step]


def _guarded(ending: Ending, bench: Workbench, job: MoveJob, error: errors.XTenantError) -> Step:
    try:
        return ending(bench, job, error)
    except obstacles.StaleFence:
        return Step.OVER


def _carried_on(bench: Workbench, job: MoveJob) -> Step:
    if job.aborting:
        outcome = endings.carry_out_abort(bench, job)
    else:
        outcome = TABLE[job.direction, job.phase](bench, job)
    if job.state is MoveState.RESCHEDULED and outcome is not Step.OVER:
        with bench.held(job) as (uow, now_job):
            if now_job.state is MoveState.RESCHEDULED:
                bench.save(uow, now_job, state=MoveState.IN_PROGRESS)
    return outcome
