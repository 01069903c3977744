"""What may befall the way between two tenants: calls lost, answers lost, damaged, cut, refused, the line down for a while.

The move ends in Success all the same, with an identical target, and leaves nothing behind.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.crossing import Crossing
from faults.hop import Call, Cut, Damage, Lose, Pass, Refuse, Treat, Treatment
from faults.orphans import left_clean
from faults.strikes import judged
from ground import wait_for
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.domain.move import MovePhase

PHASE_OF = {
    "can_start": MovePhase.VALIDATION,
    "offer": MovePhase.VALIDATION,
    "offer_state": MovePhase.VALIDATION,
    "restore_state": MovePhase.RESTORE,
    "restore": MovePhase.RESTORE,
    "manifest": MovePhase.RESTORE,
    "blobs": MovePhase.RESTORE,
    "publish": MovePhase.RESTORE,
    "finish": MovePhase.CLEANUP,
}
"""In which phase of the source's row each call is made. Backup makes none."""

OPERATIONS = tuple(PHASE_OF)


def once_each(treatment: Treatment) -> Treat:
    """The first call of each kind; of `can_start` the second: the first is the administrator's, who is told at once."""

    def treat(call: Call) -> Treatment:
        first = 2 if call.operation == "can_start" else 1
        return treatment if call.operation in PHASE_OF and call.number == first else Pass()

    return treat


def everywhere_struck(crossing: Crossing) -> None:
    assert {call.operation for call, _ in crossing.hop.treated} == set(OPERATIONS)


@pytest.mark.slow
def test_every_call_is_lost_once_and_the_move_succeeds(crossing: Crossing, tmp_path: Path) -> None:
    case = crossing.prepared(tmp_path)
    crossing.hop.treat = once_each(Lose())
    crossing.moves(case)
    everywhere_struck(crossing)
    left_clean(crossing.ground)


@pytest.mark.slow
def test_every_answer_is_lost_once_and_the_move_succeeds(crossing: Crossing, tmp_path: Path) -> None:
    case = crossing.prepared(tmp_path)
    crossing.hop.treat = once_each(Lose(answer=True))
    crossing.moves(case)
    everywhere_struck(crossing)
    left_clean(crossing.ground)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "treatment", "times"),
    [
        pytest.param("blobs", Damage(), 1, id="content damaged once"),
        pytest.param("blobs", Damage(), 3, id="content damaged three times in a row", marks=pytest.mark.faults),
        pytest.param("blobs", Damage(at=10_000), 2, id="content damaged in its middle", marks=pytest.mark.faults),
        pytest.param("blobs", Cut(), 2, id="content cut off", marks=pytest.mark.faults),
        pytest.param("manifest", Damage(), 2, id="a manifest part damaged", marks=pytest.mark.faults),
        pytest.param("manifest", Damage(), 3, id="a manifest part damaged three times", marks=pytest.mark.faults),
        pytest.param("manifest", Cut(), 2, id="a manifest part cut off", marks=pytest.mark.faults),
        pytest.param("publish", Cut(), 1, id="the target's decision cut off", marks=pytest.mark.faults),
    ],
)
def test_what_is_damaged_on_the_way_is_noticed_and_fetched_again(
    crossing: Crossing, operation: str, treatment: Treatment, times: int, tmp_path: Path
) -> None:
    case = crossing.prepared(tmp_path)
    struck_in = set[MovePhase | None]()

    def treat(call: Call) -> Treatment:
        if call.operation != operation or call.number > times:
            return Pass()
        struck_in.add(crossing.phase(case))
        return treatment

    crossing.hop.treat = treat
    crossing.moves(case)
    assert len(crossing.hop.treated) == times
    assert struck_in == {PHASE_OF[operation]}
    left_clean(crossing.ground)


@pytest.mark.faults
@pytest.mark.parametrize("status", [429, 503])
def test_a_partner_that_is_busy_is_asked_again(crossing: Crossing, status: int, tmp_path: Path) -> None:
    case = crossing.prepared(tmp_path)
    crossing.hop.treat = once_each(Refuse(status))
    crossing.moves(case)
    everywhere_struck(crossing)
    left_clean(crossing.ground)


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [3.0, 75.0], ids=["seconds", "minutes"])
@pytest.mark.parametrize("operation", ["offer", "manifest", "blobs", "publish", "finish"])
def test_the_line_is_down_for_a_while(crossing: Crossing, operation: str, seconds: float, tmp_path: Path) -> None:
    case = crossing.prepared(tmp_path)
    phases = down_at(crossing, lambda call: call.operation == operation, lambda: crossing.phase(case), seconds)
    crossing.moves(case, seconds=seconds * 2 + 120)
    assert phases == [PHASE_OF[operation]]
    left_clean(crossing.ground)


@pytest.mark.faults
def test_the_line_goes_down_while_the_source_makes_its_backup(crossing: Crossing, tmp_path: Path) -> None:
    """Backup asks nobody, so that the line may be down for all of it; it is noticed at the first call of Restore."""
    case = crossing.prepared(tmp_path)
    phases: list[MovePhase | None] = []
    crossing.ground.tell(SOURCE, "stop-at", name="backup.frozen", count=1)
    with crossing.observed(case) as observer:
        job = crossing.ground.start(case.plot)
        wait_for(lambda: crossing.ground.state(SOURCE)["state"] == "failed" or None, "the freeze", seconds=60)
        phases.append(crossing.phase(case))
        crossing.hop.hang_up()
        crossing.ground.lab("start", name=SOURCE)
        wait_for(lambda: crossing.phase(case) is MovePhase.RESTORE or None, "Restore", seconds=60)
        threading.Event().wait(3.0)
        assert crossing.phase(case) is MovePhase.RESTORE
        crossing.hop.reopen()
        crossing.succeeds(case, observer, job)
    judged(case, observer)
    assert phases == [MovePhase.BACKUP]
    left_clean(crossing.ground)


def down_at(
    crossing: Crossing, here: Callable[[Call], bool], look: Callable[[], MovePhase | None], seconds: float
) -> list[MovePhase | None]:
    """Hang up at the first call of its kind, for so many seconds; where the move stood then comes into the list."""
    phases: list[MovePhase | None] = []
    lock = threading.Lock()

    def treat(call: Call) -> Treatment:
        with lock:
            if phases or not here(call):
                return Pass()
            phases.append(look())
        crossing.hop.hang_up()
        threading.Timer(seconds, crossing.hop.reopen).start()
        return Lose()

    crossing.hop.treat = treat
    return phases


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [4.0, 70.0], ids=["seconds", "minutes"])
@pytest.mark.parametrize(("operation", "side"), [("blobs", SOURCE), ("publish", TARGET), ("finish", TARGET)])
def test_a_service_that_hangs_and_comes_back_goes_on(
    crossing: Crossing, operation: str, side: str, seconds: float, tmp_path: Path
) -> None:
    """SIGSTOP: nothing is closed, nothing is answered, and leases run out meanwhile."""
    case = crossing.prepared(tmp_path)
    phases: list[MovePhase | None] = []
    pid = crossing.ground.state(side)["pid"]

    def treat(call: Call) -> Treatment:
        if call.operation == operation and not phases:
            phases.append(crossing.phase(case))
            hang(pid, seconds)
        return Pass()

    crossing.hop.treat = treat
    crossing.moves(case, seconds=seconds * 2 + 120)
    assert phases == [PHASE_OF[operation]]
    left_clean(crossing.ground)


def hang(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(seconds, os.kill, (pid, signal.SIGCONT)).start()
    time.sleep(0.05)
