"""The disk of either side's content is full in the middle of a move, and has room again later.

The lab runs in a mount namespace of its own, where both tenants' content lies on small file systems in memory; a filler takes
their room away and gives it back.
"""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faults.crossing import SIDES, Crossing, crossing_in
from faults.hop import Call, Pass, Treatment
from faults.orphans import left_clean
from faults.strikes import judged
from ground import Ground, ground_in, wait_for
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.domain.move import MovePhase, MoveState
from xtenant.lab import launch
from xtenant.lab.estate import tenant_home

ROOM_MIB = 24


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A lab whose own process, and so its tenants', see small disks where their content lies."""
    home = tmp_path_factory.mktemp("full") / "lab"
    spawn = launch._spawn  # pyright: ignore[reportPrivateUsage]

    def in_namespace(command: list[str], log_file: Path) -> int:
        folders = [shlex.quote(str(tenant_home(home, side) / "blobs")) for side in SIDES]
        mounts = " && ".join(
            f"mkdir -p {folder} && mount -t tmpfs -o size={ROOM_MIB}m tmpfs {folder}" for folder in folders
        )
        inside = [
            str(shutil.which("unshare")),
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            f'{mounts} && exec "$@"',
            "sh",
        ]
        return spawn([*inside, sys.executable, *command[1:]], log_file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_spawn", in_namespace)
        with ground_in(home) as made:
            yield made


@pytest.fixture(scope="module")
def crossing_of_module(ground: Ground) -> Iterator[Crossing]:
    with crossing_in(ground) as made:
        yield made


def blobs_of(ground: Ground, side: str) -> Path:
    """The folder as the lab sees it."""
    inside = Path(f"/proc/{ground.lab('status')['pid']}/root")
    return inside / (tenant_home(ground.home, side) / "blobs").relative_to("/")


@pytest.mark.faults
@pytest.mark.parametrize(
    ("side", "operation", "phase"),
    [
        pytest.param(SOURCE, "can_start", MovePhase.BACKUP, id="source"),
        pytest.param(TARGET, "restore", MovePhase.RESTORE, id="target"),
    ],
)
def test_a_disk_that_is_full_for_a_while(
    crossing: Crossing, side: str, operation: str, phase: MovePhase, tmp_path: Path
) -> None:
    ground = crossing.ground
    case = crossing.prepared(tmp_path)
    filler = blobs_of(ground, side) / "filler"
    full = threading.Event()

    def treat(call: Call) -> Treatment:
        first = 2 if operation == "can_start" else 1
        if (call.operation, call.number) == (operation, first):
            fill(filler)
            full.set()
        return Pass()

    with crossing.observed(case) as observer:
        crossing.hop.treat = treat
        job = ground.start(case.plot)
        assert full.wait(60)
        waiting = (MoveState.RESCHEDULED, phase)
        met = f"{side} to meet its full disk in {phase.name}"
        wait_for(
            lambda: (crossing.stored(case) == waiting or None) if side == SOURCE else failed_pass(ground),
            met,
            seconds=60,
        )
        filler.unlink()
        crossing.succeeds(case, observer, job)
    judged(case, observer)
    left_clean(ground, content={each: blobs_of(ground, each) for each in SIDES})


def fill(filler: Path) -> None:
    """Take every byte there is."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def failed_pass(ground: Ground) -> bool | None:
    """Whether a job of the target waits for another pass in Restore."""
    database = tenant_home(ground.home, TARGET) / "tenant.db"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as rows:
        query = "SELECT count(*) FROM move_jobs WHERE direction = 1 AND state = ? AND phase = ?"
        wanted = (int(MoveState.RESCHEDULED), int(MovePhase.RESTORE))
        return rows.execute(query, wanted).fetchone()[0] == 1 or None
