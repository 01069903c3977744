"""Two services five minutes apart in time. A lab of its own: what a clock ahead has put is spared by a collector that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.crossing import SIDES, Crossing
from faults.orphans import left_clean
from xtenant.cli.demo.stage import SOURCE, TARGET


@pytest.mark.faults
@pytest.mark.parametrize("ahead", [SOURCE, TARGET])
def test_services_five_minutes_apart_in_time_move_all_the_same(crossing: Crossing, ahead: str, tmp_path: Path) -> None:
    for side in SIDES:
        offset = 150 if side == ahead else -150
        told = crossing.ground.tell(side, "set", pairs=[["security_clock_offset", str(offset)]])
        assert told["security_clock_offset"] == offset
    case = crossing.prepared(tmp_path)
    crossing.moves(case)
    left_clean(crossing.ground)
