"""The lab's stop point: which places it takes, and that a process it was set in really dies there and nowhere else."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from xtenant.domain import errors
from xtenant.lab.stop_switch import StopSwitch

PASSING_TWICE = """
from xtenant.lab.stop_switch import StopSwitch
switch = StopSwitch()
switch.set("backup.sealed", 2)
for place in ("backup.frozen", "backup.sealed", "restore.asked"):
    switch(place)
    print(place, flush=True)
switch("backup.sealed")
print("survived")
"""


def test_a_place_that_is_not_listed_is_refused() -> None:
    for name, count in (("somewhere.else", 1), ("backup.sealed", 0)):
        with pytest.raises(errors.UsageError):
            StopSwitch().set(name, count)


def test_a_process_dies_at_its_place_the_second_time_and_says_so() -> None:
    done = subprocess.run([sys.executable, "-c", PASSING_TWICE], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [line for line in done.stdout.splitlines() if " " not in line] == [
        "backup.frozen",
        "backup.sealed",
        "restore.asked",
    ]
    assert "survived" not in done.stdout
    assert "stop_point.struck" in done.stdout + done.stderr


def test_a_switch_that_was_not_set_stops_nothing() -> None:
    StopSwitch()("backup.sealed")
