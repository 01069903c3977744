"""An older backup of one side's database is put back in the middle of a move, and its service started with `--after-restore`.

The backup was taken in the same move, after the grant; what is put back has forgotten the seal, the intent, the publication
or the redirect. The partner remembers, and the move ends in Success.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from faults.crossing import Crossing
from faults.hop import Call, Lose, Pass, Treatment
from faults.orphans import left_clean
from faults.strikes import judged
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.domain.move import MovePhase
from xtenant.lab.estate import tenant_home

PHASES = {"publish": MovePhase.RESTORE, "finish": MovePhase.CLEANUP}


@pytest.mark.faults
@pytest.mark.parametrize("late", ["publish", "finish"])
@pytest.mark.parametrize("side", [SOURCE, TARGET])
def test_an_older_database_put_back_after_the_grant(crossing: Crossing, side: str, late: str, tmp_path: Path) -> None:
    ground = crossing.ground
    case = crossing.prepared(tmp_path)
    home, backup = tenant_home(ground.home, side), tmp_path / "backup.db"
    pid = ground.state(side)["pid"]
    killed = threading.Event()
    struck: list[MovePhase | None] = []

    def treat(call: Call) -> Treatment:
        if call.operation == "manifest" and not backup.exists():
            copied(home / "tenant.db", backup)
        if call.operation != late or killed.is_set():
            return Pass()
        struck.append(crossing.phase(case))
        os.kill(pid, signal.SIGKILL)
        killed.set()
        return Lose()

    crossing.hop.treat = treat
    with crossing.observed(case) as observer:
        job = ground.start(case.plot)
        assert killed.wait(60), f"{late} was never asked"
        crossing.until_dead(side)
        put_back(backup, home / "tenant.db")
        ground.lab("start", name=side, after_restore=True)
        crossing.succeeds(case, observer, job)
    judged(case, observer)
    assert struck == [PHASES[late]]
    left_clean(ground, strays_at=side)


def copied(database: Path, into: Path) -> None:
    """A backup of a database in use, as its own tool makes it."""
    with closing(sqlite3.connect(database, timeout=30)) as running, closing(sqlite3.connect(into)) as copy:
        running.backup(copy)


def put_back(backup: Path, database: Path) -> None:
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()
    shutil.copy(backup, database)
