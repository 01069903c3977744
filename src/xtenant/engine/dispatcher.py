"""Claims due jobs by the business clock and hands them to a runner, with limits for each direction, the partners in turn.

Moves out and moves in have slots of their own: two tenants that move to each other can never wait for each other's workers.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from xtenant.domain.move import CANCELLABLE, LEASE_SECONDS, Direction, MoveJob, MoveState
from xtenant.domain.ports.move import Claim
from xtenant.domain.tenant import HostUrl
from xtenant.engine.workbench import Workbench
from xtenant.operations.moves import too_late

log = structlog.get_logger("xtenant.engine")

LOOK_AHEAD = 100
EXPIRY_SECONDS = 1.0
DEAD_AFTER = timedelta(seconds=3 * LEASE_SECONDS)


class Runner(Protocol):
    """Carries claims on until they are over. Both runners pass the same suite."""

    def submit(self, claim: Claim) -> None:
        """Begin; returns at once. Submitting the same claim twice runs it once."""
        ...

    def cancel(self, claim: Claim) -> None:
        """Let a claim end after its present step; one that is not running is no error."""
        ...

    def running(self) -> frozenset[Claim]: ...

    def stop(self) -> None:
        """End all claims after their present steps and wait for them."""
        ...


class Dispatcher:
    """One per worker process. `worker` names the process; a restarted one takes its own claims back at once."""

    def __init__(self, bench: Workbench, runner: Runner, *, worker: str, most_out: int = 8, most_in: int = 8) -> None:
        self._bench = bench
        self._runner = runner
        self._worker = worker
        self._most = {Direction.OUT: most_out, Direction.IN: most_in}
        self._renewed_at: float | None = None
        self._expired_at: float | None = None
        self._partners: dict[Claim, HostUrl] = {}

    def begin(self) -> None:
        """The process starts: what it was doing before it died is anybody's again."""
        with self._bench.units.write() as uow:
            uow.jobs.forget_worker(self._worker)
            uow.workers.beat(self._worker, self._bench.clock.security_now())

    def tick(self) -> int:
        """Renew leases, then claim what is due and free; how many claims were handed out."""
        self._renew()
        claims = self.claim_due(self._runner.running())
        for claim in claims:
            self._runner.cancel(dataclasses.replace(claim, fence=claim.fence - 1))
            self._runner.submit(claim)
        return len(claims)

    def _renew(self) -> None:
        now = self._bench.clock.monotonic()
        if self._renewed_at is not None and now - self._renewed_at < LEASE_SECONDS / 3:
            return
        self._renewed_at = now
        security_now = self._bench.clock.security_now()
        with self._bench.units.write() as uow:
            uow.workers.beat(self._worker, security_now)
            uow.jobs.renew(self._worker, self._runner.running(), until=security_now + _lease())
            for dead in uow.workers.dead(silent_since=security_now - DEAD_AFTER):
                uow.jobs.forget_worker(dead)
                uow.workers.remove(dead)

    def claim_due(self, running: frozenset[Claim]) -> Sequence[Claim]:
        """Claims on due jobs, within the free slots of each direction."""
        free = {
            direction: most - sum(claim.direction is direction for claim in running)
            for direction, most in self._most.items()
        }
        clock = self._bench.clock
        self._stop_expired()
        if not any(slots > 0 for slots in free.values()):
            return []
        with self._bench.units.read() as uow:
            if most := uow.settings.get().moves_at_once:
                busy = uow.queue.busy(clock.security_now())
                free = {direction: min(slots, most - busy.get(direction, 0)) for direction, slots in free.items()}
            due = uow.jobs.due(business_now=clock.business_now(), security_now=clock.security_now(), limit=LOOK_AHEAD)
        self._partners = {claim: partner for claim, partner in self._partners.items() if claim in running}
        claims: list[Claim] = []
        for job in in_turn(due, [(claim.direction, partner) for claim, partner in self._partners.items()]):
            if free[job.direction] > 0 and (claim := self._claim(job)) is not None:
                free[job.direction] -= 1
                self._partners[claim] = job.partner
                claims.append(claim)
        return claims

    def _stop_expired(self) -> None:
        """A job that has not begun by its latest start is cancelled (graph-migrations.md 2.4); looked at once a second."""
        now = self._bench.clock.monotonic()
        if self._expired_at is not None and now - self._expired_at < EXPIRY_SECONDS:
            return
        self._expired_at = now
        business_now = self._bench.clock.business_now()
        with self._bench.units.read() as uow:
            late = uow.queue.expired(business_now, limit=LOOK_AHEAD)
        if not late:
            return
        with self._bench.units.write() as uow:
            for job in late:
                held = uow.jobs.lock(job.job_id, job.direction)
                if held is not None and held.state in CANCELLABLE:
                    uow.jobs.save(too_late(held, business_now))
        log.info("move.latest_start_passed", jobs=[str(job.job_id) for job in late])

    def _claim(self, job: MoveJob) -> Claim | None:
        now = self._bench.clock.security_now()
        with self._bench.units.write() as uow:
            claim = uow.jobs.claim(job, worker=self._worker, until=now + _lease(), security_now=now)
            if claim is not None and job.state is MoveState.SCHEDULED:
                held = uow.jobs.hold(claim.job_id, claim.direction, claim.fence)
                self._bench.save(uow, held, state=MoveState.READY_TO_TRIGGER)
        if claim is not None:
            self._bench.stop("claim.taken")
        return claim


def in_turn(due: Sequence[MoveJob], running: Sequence[tuple[Direction, HostUrl]]) -> Iterator[MoveJob]:
    """The due jobs in the order in which they may begin: next is always the partner with the fewest moves going on."""
    going = Counter(running)
    waiting: dict[tuple[Direction, HostUrl], deque[MoveJob]] = {}
    for job in due:
        waiting.setdefault((job.direction, job.partner), deque()).append(job)
    while waiting:
        partner = min(waiting, key=lambda each: (going[each], waiting[each][0].next_pass_at))
        yield waiting[partner].popleft()
        going[partner] += 1
        if not waiting[partner]:
            del waiting[partner]


def _lease() -> timedelta:
    return timedelta(seconds=LEASE_SECONDS)
