"""SIGKILL of either service at random instants of every phase: fifty strikes inside each, two hundred in all.

The killer stands outside. Through the hop it sees a phase begin, waits for a random part of what that phase takes, and kills.
Where the strike fell is read from the source's stored row; what fell elsewhere is judged all the same, but not counted.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from faults.crossing import SIDES, Crossing
from faults.hop import Call
from faults.orphans import left_clean
from faults.strikes import Case, judged
from ground import wait_for
from xtenant.cli.demo.stage import SOURCE
from xtenant.client.moves import MoveJob
from xtenant.domain import errors
from xtenant.domain.move import MovePhase, MoveState

PHASES = (MovePhase.VALIDATION, MovePhase.BACKUP, MovePhase.RESTORE, MovePhase.CLEANUP)
STRIKES = 50
DRAWS = 3
"""At most so many draws for each strike that must fall inside its phase."""


def begins(phase: MovePhase, call: Call, answer: bytes) -> bool:
    """Whether this answer, not yet handed on, is the last thing before a phase begins (or, of Validation, the first in it)."""
    if phase is MovePhase.VALIDATION:
        return call.operation == "can_start" and call.number == 2
    if phase is MovePhase.BACKUP:
        return call.operation in ("offer", "offer_state") and msgspec.json.decode(answer).get("given") is True
    if phase is MovePhase.RESTORE:
        return call.operation == "restore_state"
    return call.operation == "publish"


@dataclass(kw_only=True)
class Times:
    """When each phase of one undisturbed move was seen to begin, and when the move had ended."""

    began: dict[MovePhase, float] = field(default_factory=dict)

    def watch(self, call: Call, answer: bytes) -> None:
        for phase in PHASES:
            if phase not in self.began and begins(phase, call, answer):
                self.began[phase] = time.monotonic()

    def seconds_of(self, phase: MovePhase) -> float:
        after = (*PHASES, MovePhase.ENDED)[PHASES.index(phase) + 1]
        return self.began[after] - self.began[phase]


def measured(crossing: Crossing, folder: Path) -> Times:
    case, times = crossing.prepared(folder), Times()
    crossing.hop.watch = times.watch
    job = crossing.ground.start(case.plot)
    wait_for(lambda: crossing.phase(case) is MovePhase.ENDED or None, "the end", seconds=60, pause=0.005)
    times.began[MovePhase.ENDED] = time.monotonic()
    crossing.hop.reset()
    assert crossing.ground.job(job.id).state == "Success"
    return times


@dataclass(kw_only=True)
class Killer:
    """Kills `side` so many seconds after a phase began, and notes where the move stood."""

    crossing: Crossing
    case: Case
    side: str
    phase: MovePhase
    delay: float
    pid: int
    seen: list[tuple[MoveState, MovePhase] | None] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    _begun: bool = False

    def watch(self, call: Call, answer: bytes) -> None:
        if not self._begun and begins(self.phase, call, answer):
            self._begun = True
            threading.Thread(target=self._strike, name="killer").start()

    def _strike(self) -> None:
        try:
            time.sleep(self.delay)
            self.seen.append(self.crossing.stored(self.case))
            os.kill(self.pid, signal.SIGKILL)
            if self.side == SOURCE:
                self.crossing.until_dead(self.side)
                self.seen.clear()  # nobody writes the row any more: what it says now is where the strike fell
            self.seen.append(self.crossing.stored(self.case))
        finally:
            self.done.set()

    def struck_in(self) -> MovePhase | None:
        """The phase, if the move was inside it before and after the strike."""
        stood = {None if at is None or at[0].is_terminal else at[1] for at in self.seen}
        return stood.pop() if len(stood) == 1 else None


def struck_once(crossing: Crossing, folder: Path, side: str, phase: MovePhase, delay: float) -> MovePhase | None:
    """One case from planting to judgement; the phase the strike fell into."""
    ground = crossing.ground
    case = crossing.prepared(folder)
    killer = Killer(crossing=crossing, case=case, side=side, phase=phase, delay=delay, pid=ground.state(side)["pid"])
    crossing.hop.watch = killer.watch
    with crossing.observed(case) as observer:
        job = started(crossing, case)
        assert killer.done.wait(60), f"{phase.name} never began"
        wait_for(lambda: ground.state(side)["state"] == "failed" or None, "death", seconds=20)
        ground.lab("start", name=side)
        crossing.hop.reset()
        crossing.succeeds(case, observer, job())
    judged(case, observer)
    return killer.struck_in()


def started(crossing: Crossing, case: Case) -> Callable[[], MoveJob]:
    """Start the move. Its answer may be lost when the source dies at once: the job is looked up once the source is back."""
    try:
        job = crossing.ground.start(case.plot)
    except errors.XTenantError:
        assert crossing.stored(case) is not None, "the start was refused"
        return lambda: crossing.job_of(case)
    return lambda: job


def strikes(crossing: Crossing, phase: MovePhase, count: int, folder: Path, seed: int) -> Counter[MovePhase | None]:
    """Strike until so many fell into the phase; how many fell where."""
    lots = random.Random(seed)
    tally: Counter[MovePhase | None] = Counter()
    (folder / "measured").mkdir()
    seconds = measured(crossing, folder / "measured").seconds_of(phase)
    for number in range(count * DRAWS):
        if tally[phase] >= count:
            break
        side, delay = lots.choice(SIDES), lots.uniform(0.0, seconds)
        place = folder / f"{number:03d}"
        place.mkdir()
        try:
            tally[struck_once(crossing, place, side, phase, delay)] += 1
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}, strike {number}: {side} {delay:.4f} s into {phase.name}") from failure
        if number % 10 == 9:
            left_clean(crossing.ground)
    left_clean(crossing.ground)
    return tally


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)
def test_killed_at_fifty_random_instants_of_a_phase_every_move_succeeds(
    crossing: Crossing, phase: MovePhase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().getrandbits(32)
    began = time.monotonic()
    tally = strikes(crossing, phase, STRIKES, tmp_path, seed)
    with capsys.disabled():
        found = ", ".join(f"{'between' if at is None else at.name} {hits}" for at, hits in tally.items())
        print(f"\nrandom instants of {phase.name}, seed {seed}: {found}; {time.monotonic() - began:.0f} s")
    assert tally[phase] >= STRIKES
