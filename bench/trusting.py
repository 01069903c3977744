"""100 trust tests one after the other, as `Test-SPOCrossTenantRelationship` asks: over HTTPS, each asking the partner afresh.

That each did is counted at the partner, which remembers the token of every call it answered so that none is taken twice.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from bench.figures import Figure
from ground import Ground
from xtenant.cli.demo.stage import TARGET
from xtenant.domain.trust import PartnerRole, TrustStatus
from xtenant.lab.estate import tenant_home

TESTS = 100
WARM_UP = 10


def measure(ground: Ground, folder: Path) -> list[Figure]:
    spent, answered = ground.portal.call(_tested, ground)
    assert answered == TESTS, f"the partner answered {answered} calls to {TESTS} tests"
    return [Figure(name="trust test, a call to the partner in each", unit="ms", values=spent)]


async def _tested(ground: Ground) -> tuple[list[float], int]:
    source = ground.migration.source
    partner = await ground.migration.target.host_url()
    for _ in range(WARM_UP):
        await source.trust.status(partner, PartnerRole.TARGET)
    before = calls_answered(ground)
    spent: list[float] = []
    for _ in range(TESTS):
        began = time.perf_counter()
        status = await source.trust.status(partner, PartnerRole.TARGET)
        spent.append(1_000 * (time.perf_counter() - began))
        assert status is TrustStatus.GOOD_TO_PROCEED
    return spent, calls_answered(ground) - before


def calls_answered(ground: Ground) -> int:
    """How many calls of partners the target has answered in the last minutes, from its own store."""
    store = sqlite3.connect(f"file:{tenant_home(ground.home, TARGET) / 'tenant.db'}?mode=ro", uri=True)
    try:
        return int(store.execute("SELECT count(*) FROM partner_jtis").fetchone()[0])
    finally:
        store.close()
