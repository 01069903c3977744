"""A discovery that is killed three times ends with the inventory of one that was not, and reads no site twice to the end."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.labs import XTENANT, outside_environment
from ground import Ground, Planted
from xtenant.cli.demo.stage import SOURCE
from xtenant.client.lab import read_lab
from xtenant.inventory.store import Inventory
from xtenant.lab.environment import child_variables

SITES = 40
FILES = 25
PATIENCE_SECONDS = 120.0


def files() -> Iterator[Planted]:
    for number in range(FILES):
        yield Planted(names=(f"folder {number % 5}", f"file {number}.txt"), versions=[b"a", b"ab"])


def discovery(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [*XTENANT, "plan", "discover", "-t", SOURCE]
    return subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def parts_done(path: Path) -> int:
    """Parts that the running crawl has written down."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM run_parts WHERE part LIKE 'site %'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def killed_at(environment: Mapping[str, str], path: Path, sites: int) -> int:
    """Kill a discovery as soon as so many sites are read; how many were by then."""
    running = discovery(environment)
    until = time.monotonic() + PATIENCE_SECONDS
    while parts_done(path) < sites:
        assert running.poll() is None and time.monotonic() < until, running.communicate()
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    assert running.returncode == -signal.SIGKILL
    return parts_done(path)


def told(path: Path) -> dict[str, object]:
    with Inventory(path) as inventory:
        sites = [replace(site, read_at=None) for site in inventory.sites()]
        return {
            "counts": inventory.counts(),
            "sites": sites,
            "principals": list(inventory.principals()),
            "members": list(inventory.all_members()),
            "items": list(inventory.all_items()),
            "users": list(inventory.all_site_users()),
            "assignments": [inventory.assignments(site.site_id) for site in sites],
            "unread": [site.url for site in inventory.sites() if site.read_at is None and not site.is_redirect],
        }


def finished(environment: Mapping[str, str]) -> str:
    running = discovery(environment)
    out, err = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 0, err
    return out


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_three_kills_leave_no_gap_in_an_inventory(ground: Ground) -> None:
    for number in range(SITES):
        ground.plant(f"discovered{number}", files())
    environment = outside_environment() | child_variables(read_lab(ground.home))
    tenant_id = ground.stage.estate.tenant(SOURCE).tenant_id
    path = Path(environment["XTENANT_HOME"]) / "inventory" / f"{tenant_id}.db"
    seen = [killed_at(environment, path, sites) for sites in (4, 14, 26)]
    assert seen == sorted(seen) and seen[-1] < SITES, "each kill struck before the end"
    assert '"went_on": true' in finished(environment).replace('":true', '": true')
    after_kills = told(path)
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    finished(environment)
    assert told(path) == after_kills
    assert after_kills["unread"] == []
