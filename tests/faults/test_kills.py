"""Real SIGKILL of either service in each phase: the move ends in Success, identical, and nobody outside sees anything wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from faults.observer import Observer
from faults.strikes import END_SECONDS, Blow, Case, judged, moved_through, prepared
from ground import Ground, wait_for
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.domain.move import STOP_POINTS
from xtenant.lab.estate import tenant_home

TINY_FILES = 2_300
"""So many that there is a second part, and a second batch of rows."""

BLOWS = [
    Blow(side=TARGET, point="grant.given"),
    Blow(side=SOURCE, point="backup.part_settled", count=2),
    Blow(side=TARGET, point="target.rows_written", count=2),
    Blow(side=SOURCE, point="restore.intended"),
    Blow(side=TARGET, point="publish.before_commit"),
    Blow(side=TARGET, point="publish.committed"),
]
"""With the three tests behind them and three of the channel a dozen for every run; `make faults` strikes at every point."""

SIDE_OF = {"grant": TARGET, "target": TARGET, "publish": TARGET, "finish": TARGET}
NOT_IN_A_SUCCESS = frozenset({"grant.refused", "collect.batch", "collect.done"})
"""Of moves that are refused or given up; simulation stops at these."""

EVERY_POINT = [
    Blow(side=SIDE_OF.get(point.split(".")[0], SOURCE), point=point)
    for point in sorted(STOP_POINTS - NOT_IN_A_SUCCESS)
    if not point.startswith("abort.")
]
REPEATED = {
    "backup.part_settled",
    "backup.pinned",
    "backup.part_recorded",
    "target.part_recorded",
    "target.blobs_settled",
    "target.blobs_recorded",
    "target.rows_written",
}
EVERY_TIME = [
    *EVERY_POINT,
    Blow(side=TARGET, point="claim.taken"),
    *(Blow(side=blow.side, point=blow.point, count=2) for blow in EVERY_POINT if blow.point in REPEATED),
]


@pytest.mark.slow
@pytest.mark.parametrize("blow", BLOWS, ids=str)
def test_a_service_killed_in_the_middle_of_a_move_goes_on_to_success(
    ground: Ground, blow: Blow, tmp_path: Path
) -> None:
    moved_through(prepared(ground, tmp_path, more=TINY_FILES if blow.needs_parts else 0), blow)


@pytest.mark.slow
@pytest.mark.parametrize(
    "blow", [Blow(side=SOURCE, point="backup.part_recorded"), Blow(side=TARGET, point="target.rows_written")], ids=str
)
def test_the_library_of_workflows_may_lose_its_whole_database(ground: Ground, blow: Blow, tmp_path: Path) -> None:
    moved_through(prepared(ground, tmp_path), blow, while_down=_lose_workflows)


def _lose_workflows(case: Case, side: str) -> None:
    files = list(tenant_home(case.ground.home, side).glob("workflows.db*"))
    assert files, "there was nothing to lose"
    for file in files:
        file.unlink()


@pytest.mark.slow
def test_both_services_killed_from_outside_in_the_middle_of_restore(ground: Ground, tmp_path: Path) -> None:
    case = prepared(ground, tmp_path, more=TINY_FILES)
    with Observer(ground, case.plot) as observer:
        wait_for(lambda: any(write.good for write in observer.seen.writes) or None, "a first write", seconds=20)
        job = ground.start(case.plot)
        wait_for(lambda: ground.job(job.id).phase == "Restore" or None, "Restore", seconds=60, pause=0.02)
        for side in (SOURCE, TARGET):
            assert ground.lab("kill", name=side)["state"] == "killed"
        time.sleep(0.2)
        for side in (TARGET, SOURCE):
            ground.lab("start", name=side)
        assert ground.until_ended(job, seconds=END_SECONDS).state == "Success"
        wait_for(lambda: observer.seen.reads[-1].good or None, "a read of the published site", seconds=20)
    judged(case, observer)


@pytest.mark.faults
@pytest.mark.parametrize("blow", EVERY_TIME, ids=str)
def test_every_stop_point_of_a_successful_move(ground: Ground, blow: Blow, tmp_path: Path) -> None:
    moved_through(prepared(ground, tmp_path, more=TINY_FILES if blow.needs_parts else 0), blow)
