"""Two tenants in one process with everything that can go wrong, carried out on the real engine, operations and SQLite stores."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from clock import CountingIds, FakeClock
from simulation.channel import Fate
from simulation.model import Observer
from simulation.sides import Crash, Side
from simulation.template import JOB_ID, SOURCE, SOURCE_URL, TARGET, seed_blobs
from xtenant.domain import errors
from xtenant.domain.content import LockState
from xtenant.domain.move import MoveJob
from xtenant.domain.ports.move import Claim
from xtenant.engine import leftovers
from xtenant.engine.move import step
from xtenant.engine.workbench import Step
from xtenant.operations import grants

T = TypeVar("T")


class World(Observer):
    """Both sides, the messages under way, and the model."""

    def __init__(
        self,
        template: Path,
        folder: Path,
        *,
        fates: Callable[[], Fate],
        crash_here: Callable[[str, int], bool],
        slow: Callable[[], bool],
        pause_here: Callable[[str, int], bool] = lambda side, count: False,
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        self.clock = FakeClock()
        self.ids = CountingIds(start=1_000_000)
        self.next_fate = fates
        self.next_is_slow = slow
        self.crash_here = crash_here
        self.pause_here = pause_here
        self.overtaken = 0
        self.rows_on_return: dict[str, MoveJob | None] = {}
        self.crash_at: str | None = None
        self.hang_at: str | None = None
        self.trusted = True
        self.delayed: list[tuple[str, Callable[[], object]]] = []
        self.visited: dict[str, int] = {}
        self.crashes = 0
        sides = {name: Side(self, name, folder) for name in (SOURCE, TARGET)}
        seed_blobs(sides[SOURCE].blobs)
        super().__init__(sides)

    def close(self) -> None:
        for side in self.sides.values():
            side.close()

    def deliver(self, to: str, handler: Callable[[], T]) -> T:
        """Run a handler at a side; if the side stops meanwhile, the caller hears nothing."""
        try:
            return handler()
        except Crash as crash:
            self.sides[crash.side].crash()
            raise errors.PartnerUnreachable("the partner stopped") from crash

    def deliver_delayed(self, index: int) -> None:
        """A message that was overtaken arrives after all."""
        to, handler = self.delayed.pop(index % len(self.delayed))
        try:
            self.deliver(to, handler)
        except errors.XTenantError:
            return

    def guarded(self, name: str, work: Callable[[], object]) -> None:
        """Something a side does by itself; it may stop on the way."""
        try:
            work()
        except Crash as crash:
            self.sides[crash.side].crash()

    def dispatch(self, name: str) -> None:
        self.guarded(name, self.sides[name].dispatcher.tick)

    def step(self, name: str, index: int) -> bool:
        """One step of one claim, the youngest or one that should be over; False when there is none."""
        claims = self.sides[name].runner.claims
        if not claims:
            return False
        claim = claims[index % len(claims)]

        before = self.overtaken

        def work() -> None:
            if step(self.sides[name].bench, claim) is Step.OVER and claim in claims:
                claims.remove(claim)

        self.guarded(name, work)
        if self.overtaken > before and not self.overtaking:
            self._late_claim_wrote_nothing(name, claim)
        return True

    def _late_claim_wrote_nothing(self, name: str, claim: Claim) -> None:
        """The fence: a worker that was overtaken in its step leaves the job's row as it found it when it came back.

        What it would write is caught again by what each commit reads anew (intent, freeze, decision, unique rows), so no item
        is lost without this check; but a phase or a cursor could go back, and a sealed job be sealed again.
        """
        young, after = self.rows_on_return[name], self.job(name)
        if young is not None and young.fence != claim.fence:
            assert after == young, "a claim that is over wrote the job's row"

    def collect(self, name: str) -> None:
        self.guarded(name, lambda: leftovers.collect(self.sides[name].bench))

    def crash(self, name: str) -> None:
        self.sides[name].crash()

    def expire_leases(self) -> None:
        """Real time passes: a claim in the middle of a step is no longer the youngest when it goes on."""
        self.clock.advance(seconds=31)

    def overtake(self, name: str) -> None:
        """A worker hangs in the middle of its step; its lease ends, another claim works on, then the first comes back."""
        if self.overtaking:
            return
        self.overtaking = True
        self.expire_leases()
        for _ in range(20):
            for side in (name, TARGET if name == SOURCE else SOURCE):
                self.dispatch(side)
                self.step(side, -1)
        self.overtaking = False
        self.overtaken += 1
        self.rows_on_return = {each: self.job(each) for each in self.sides}

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    def refuse(self) -> None:
        side = self.sides[TARGET]

        def work() -> None:
            try:
                grants.refuse_move(side.units, JOB_ID, clock=self.clock, stop=side.bench.stop)
            except errors.XTenantError:
                return

        self.guarded(TARGET, work)

    def set_lock(self, lock: LockState) -> None:
        with self.sides[SOURCE].units.write() as uow:
            found = uow.sites.visible_by_url(SOURCE_URL)
            if found is not None and not found.is_redirect:
                uow.sites.update(dataclasses.replace(found, lock_state=lock))
                self.lock = lock

    def calm_down(self, *, crashes_go_on: bool = False) -> None:
        """Nothing more goes wrong: everything must end, within bounds."""
        self.next_fate = lambda: Fate.ARRIVES
        self.next_is_slow = lambda: False
        if not crashes_go_on:
            self.crash_here = lambda side, count: False
            self.pause_here = lambda side, count: False
        for _ in range(200):
            for name in (SOURCE, TARGET):
                self.dispatch(name)
                for index in range(8 * len(self.sides[name].runner.claims)):
                    self.step(name, index)
            self.check()
            if self._is_over():
                return
            self.collect(TARGET)
            self.clock.advance(seconds=40)

    def _is_over(self) -> bool:
        job, mirror = self.job(SOURCE), self.job(TARGET)
        if job is None or job.is_open or (mirror is not None and mirror.is_open):
            return False
        with self.sides[TARGET].units.read() as uow:
            return not uow.grants.to_collect(limit=1)
