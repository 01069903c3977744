"""`xtenant move settle`: the source's administrator ends a doubt with a partner that will never answer (settled B 7).

After the grant only the target's stored answer ends a move. Where the target is gone for good, a person decides in its place
and bears the consequence: each outcome is wrong in one of the two worlds, which `consequence_of` says.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from uuid import UUID

from xtenant.domain import errors, obstacles, paths
from xtenant.domain.caller import Caller
from xtenant.domain.content import REDIRECT_TEMPLATE, Site
from xtenant.domain.move import Decision, Direction, MoveJob, MoveJobId, MoveState
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.operations.grants import ended


class Settlement(Enum):
    """What is taken to have happened at the target."""

    PUBLISHED = "published"
    REFUSED = "refused"


SETTLED = "settledByAdministrator"


class NothingToSettle(errors.Conflict):
    """The move ends by itself, or has ended."""

    code = "nothingToSettle"
    remedy = "Cancel it while it has not begun, refuse it at the target, or wait."


def settle_move(
    units: Units, job_id: UUID, settlement: Settlement, site_url: str, *, caller: Caller, clock: Clock
) -> MoveJob:
    """End the move in one commit, without the target; also while a recovery waits for that very partner.

    Raises UnknownJob, NothingToSettle for one that is not in doubt, UsageError when the address typed is not the source's,
    Conflict where the site is no longer frozen by this move.
    """
    with units.write() as uow:
        job = uow.jobs.lock(MoveJobId(job_id), Direction.OUT)
        if job is None:
            raise obstacles.UnknownJob
        if not job.is_open or not job.offered or job.answer is not Decision.NONE:
            raise NothingToSettle(f"The move is {job.state.wire_name} and not in doubt.")
        if paths.url_key(site_url) != paths.url_key(job.source_url):
            raise errors.UsageError(f"The move is of {job.source_url}, not of {site_url}.")
        uow.recovery.cut_off(job.job_id, Direction.OUT)
        site = _frozen(uow, job)
        if settlement is Settlement.PUBLISHED:
            job = _as_published(uow, job, site, caller, clock)
        else:
            job = _as_refused(uow, job, site, caller, clock)
    return job


def _frozen(uow: UnitOfWork, job: MoveJob) -> Site | None:
    site = None if job.site_key is None else uow.sites.by_key(job.site_key, lock=True)
    if site is not None and site.frozen_by not in (None, job.job_id):
        raise errors.Conflict("The site is frozen by another move.")
    return site


def _as_published(uow: UnitOfWork, job: MoveJob, site: Site | None, caller: Caller, clock: Clock) -> MoveJob:
    """The redirect stands and the content is hidden; it is kept for the retention, as after every move."""
    intent = uow.intents.latest(job.job_id)
    if site is None or intent is None:
        raise NothingToSettle("The target was never asked to publish this move; it cannot have been published.")
    uow.intents.answer(intent, Decision.PUBLISHED.value)
    template = job.source_template if site.is_redirect else site.template
    uow.sites.update(dataclasses.replace(site, template=REDIRECT_TEMPLATE, redirect_url=job.target_url, frozen_by=None))
    job = dataclasses.replace(job, answer=Decision.PUBLISHED, source_template=template)
    return _ended(uow, job, MoveState.SUCCESS, "published", caller, clock)


def _as_refused(uow: UnitOfWork, job: MoveJob, site: Site | None, caller: Caller, clock: Clock) -> MoveJob:
    """The source is as it was before the move."""
    intent = uow.intents.latest(job.job_id)
    if intent is not None and not intent.answer:
        uow.intents.answer(intent, Decision.REFUSED.value)
    if site is not None:
        if site.is_redirect and job.source_template:
            site = dataclasses.replace(site, template=job.source_template, redirect_url=None)
        uow.sites.update(dataclasses.replace(site, frozen_by=None))
    uow.blobs.unpin(job.job_id)
    job = dataclasses.replace(job, answer=Decision.REFUSED)
    return _ended(uow, job, MoveState.FAILED, "refused", caller, clock)


def _ended(uow: UnitOfWork, job: MoveJob, state: MoveState, what: str, caller: Caller, clock: Clock) -> MoveJob:
    for through in (MoveState.READY_TO_TRIGGER, MoveState.IN_PROGRESS):
        if job.state in (MoveState.SCHEDULED, MoveState.READY_TO_TRIGGER):
            job = dataclasses.replace(job, state=through)
            uow.jobs.save(job)
    text = f"Settled as {what} by {caller.name}, without an answer of the target."
    job = dataclasses.replace(
        ended(job, state, clock.business_now()), error_code=SETTLED, error_text=text, cancelled_by=caller.name
    )
    uow.jobs.save(job)
    return job
