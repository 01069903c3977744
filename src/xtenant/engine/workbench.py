"""What every phase works with, and the two ways it may touch the store: read, or write under its claim's fence."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import structlog

from xtenant.domain import errors
from xtenant.domain.content import Site
from xtenant.domain.limits import Limits
from xtenant.domain.move import STOP_POINTS, MoveJob, MovePhase
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.content import BlobStore, SharedStore
from xtenant.domain.ports.partner_moves import MoveChannel, Peer, TrustCheck
from xtenant.domain.ports.stop import StopPoint
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, Tenant

log = structlog.get_logger("xtenant.engine")


class Step(Enum):
    """What a step tells its runner: go on at once, go on after a pause, or the claim is over."""

    AGAIN = "again"
    WAIT = "wait"
    OVER = "over"


def checked(stop: StopPoint) -> StopPoint:
    """A stop point that refuses names which are not in the one list."""

    def at(name: str) -> None:
        if name not in STOP_POINTS:
            raise errors.Unexpected(f"'{name}' is no stop point; list it in domain/move.py.")
        stop(name)

    return at


def tell_phase(job: MoveJob, to: MovePhase, *, items: int, size_bytes: int, was: MovePhase | None = None) -> None:
    """A line of the story that the log tells of a job, written once its commit stands; ids and numbers only."""
    log.info(
        "move.phase",
        job=str(job.job_id),
        direction=job.direction.name,
        was=(job.phase if was is None else was).name,
        to=to.name,
        items=items,
        size_bytes=size_bytes,
    )


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """The ports of one tenant service as the engine uses them."""

    tenant: Tenant
    units: Units
    blobs: BlobStore
    clock: Clock
    ids: IdSource
    channel: MoveChannel
    trust: TrustCheck
    limits: Limits
    stop: StopPoint
    shared: SharedStore | None = None

    def peer(self, job: MoveJob) -> Peer:
        """From which geo to which partner this job's calls go."""
        return Peer(own=self.geo_of(job), partner=job.partner)

    def geo_of(self, job: MoveJob) -> Geo:
        return next(geo for geo in self.tenant.geos if geo.code == job.geo)

    @contextmanager
    def held(self, job: MoveJob) -> Generator[tuple[UnitOfWork, MoveJob]]:
        """A unit of work under the claim: the job's row is locked and read again. Raises StaleFence."""
        with self.units.write() as uow:
            yield uow, uow.jobs.hold(job.job_id, job.direction, job.fence)

    def save(self, uow: UnitOfWork, job: MoveJob, **changes: Any) -> MoveJob:
        """Write the job's row with changes, inside a unit of `held`."""
        now = self.clock.business_now()
        if changes.get("phase", job.phase) is not job.phase or job.phase_at is None:
            changes["phase_at"] = now
        changed = dataclasses.replace(job, modified_at=now, **changes)
        uow.jobs.save(changed)
        return changed

    def park(self, uow: UnitOfWork, job: MoveJob, until: datetime, **changes: Any) -> MoveJob:
        """Give the claim back; the job is due again at a business time, or when a handler wakes it."""
        return self.save(uow, job, next_pass_at=until, lease_until=None, **changes)

    def frozen_site(self, uow: UnitOfWork, job: MoveJob) -> Site:
        """The source site, locked, still frozen by this job. Raises Unexpected: nobody else may release it."""
        site = None if job.site_key is None else uow.sites.by_key(job.site_key, lock=True)
        if site is None or site.frozen_by != job.job_id:
            raise errors.Unexpected("The source site is no longer frozen by its job.")
        return site
