"""A move of 50,000 items under a fixed limit of memory: both services, the lab's front and the client together."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from ground import Ground, Planted
from memory_watch import MemoryWatch
from xtenant.cli.demo.stage import SOURCE, TARGET

MIB = 1024 * 1024
LIMIT_BYTES = 1024 * MIB
FOLDERS = 2_000
FILES = 48_000


def fifty_thousand() -> Iterator[Planted]:
    """48,000 small files in 2,000 folders, five deep."""
    for number in range(FILES):
        folder = number % (FOLDERS - 240)  # 1,760 leaves below 240 folders: 8 of departments, 40 of years, 192 of teams
        names = (f"department {folder % 8}", f"year {folder % 40}", f"team {folder % 192}", f"folder {folder}")
        yield Planted(names=(*names, f"file-{number:05d}.txt"), versions=[f"content of file {number}\n".encode() * 8])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_thousand_items_move_within_one_gibibyte(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    plot = ground.plant("fifty-thousand", fifty_thousand())
    planted = time.monotonic()
    status = ground.lab("status")
    pids = {row["tenant"]: row["pid"] for row in status["tenants"]} | {"front": status["pid"], "client": os.getpid()}
    with MemoryWatch(pids) as watch:
        job = ground.until_ended(ground.start(plot), seconds=800, pause=0.25)
    moved = time.monotonic()
    assert (job.state, job.error) == ("Success", None)
    assert job.items_total is not None and job.items_total >= FILES + FOLDERS
    with capsys.disabled():
        shares = ", ".join(f"{name} {size / MIB:.0f}" for name, size in watch.peaks.items())
        print(
            f"\n{job.items_total:,} items: peak PSS {watch.peak_bytes / MIB:.0f} MiB ({shares}); planted in "
            f"{planted - began:.0f} s, moved in {moved - planted:.0f} s"
        )
    assert set(pids) >= {SOURCE, TARGET}
    assert watch.peak_bytes < LIMIT_BYTES
