"""4,000 moves of empty sites accepted by a source, one call each, and the report of states over all of them.

They are to begin in an hour, so that nothing is measured but their acceptance: every precondition that Start checks, a call to
the partner among them. Sites are made in the store, past the service.
"""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import anyio

from bench.figures import Figure
from ground import Ground
from xtenant.cli.demo.stage import SOURCE
from xtenant.client.moves import Report, StartWish, Unit
from xtenant.domain.content import TEAM_SITE_TEMPLATE
from xtenant.domain.tenant import HostUrl, TenantId
from xtenant.lab.estate import geo_of, tenant_home
from xtenant.operations import sites
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds
from xtenant.storage.database import SqlUnits, open_engine

MOVES = 4_000
AT_ONCE = 8
REPORTS = 20
A_UNIT = 500
SITE = "https://{tenant}.sharepoint.com/sites/empty-{number:04d}"


def measure(ground: Ground, folder: Path) -> list[Figure]:
    make_sites(ground)
    began = time.perf_counter()
    each = ground.portal.call(_accepted, ground)
    total = time.perf_counter() - began
    reports = [ground.portal.call(_reported, ground) for _ in range(REPORTS)]
    return [
        Figure(name=f"{MOVES:,} moves accepted, {AT_ONCE} callers (under 20)", unit="s", values=[total]),
        Figure(name="a move accepted (under 100)", unit="ms", values=each),
        Figure(name=f"report over {MOVES:,} moves (under 300)", unit="ms", values=reports),
    ]


def make_sites(ground: Ground) -> None:
    tenant = ground.stage.estate.tenant(SOURCE)
    engine = open_engine(f"sqlite:///{tenant_home(ground.home, SOURCE) / 'tenant.db'}")
    units, clock, ids = SqlUnits(engine, TenantId(tenant.tenant_id)), SystemClock(), SystemIds()
    for start in range(0, MOVES, A_UNIT):
        with units.write() as uow:
            for number in range(start, start + A_UNIT):
                sites.add_site(
                    uow,
                    geo=geo_of(tenant.geos[0]),
                    url=SITE.format(tenant=SOURCE, number=number),
                    title=f"Empty {number}",
                    template=TEAM_SITE_TEMPLATE,
                    owner=None,
                    clock=clock,
                    ids=ids,
                )
    engine.dispose()


async def _accepted(ground: Ground) -> list[float]:
    """The milliseconds of each call, made by a few callers side by side."""
    partner = await ground.migration.target.host_url()
    begin = SystemClock().security_now() + timedelta(hours=1)
    numbers = iter(range(MOVES))
    spent: list[float] = []

    async def caller() -> None:
        for number in numbers:
            wish = StartWish(
                unit=Unit.SITE,
                source=SITE.format(tenant="contoso", number=number),
                target=SITE.format(tenant="fabrikam", number=number),
                partner=HostUrl(str(partner)),
                begin=begin,
            )
            began = time.perf_counter()
            await ground.migration.move(wish)
            spent.append(1_000 * (time.perf_counter() - began))

    async with anyio.create_task_group() as callers:
        for _ in range(AT_ONCE):
            callers.start_soon(caller)
    return spent


async def _reported(ground: Ground) -> float:
    began = time.perf_counter()
    found = await ground.migration.source.moves.report(Report(limit=MOVES))
    spent = 1_000 * (time.perf_counter() - began)
    assert len(found) == MOVES, len(found)
    return spent
