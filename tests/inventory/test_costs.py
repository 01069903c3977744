"""What a run is said to cost beforehand is what it costs."""

from __future__ import annotations

import re

import pytest

from inventory.asked import Asked, crawl
from inventory.estate import DOMAIN, Estate, Planting
from neighbours import Neighbours
from xtenant.inventory.costs import Estimate, Estimator
from xtenant.inventory.store import Inventory

pytestmark = pytest.mark.anyio


DIRECTORY = re.compile(r"/v1.0/(organization|subscribedSkus|users|groups|admin|\$batch)|oauth2|openid|/discovery/")


def units_of(asked: Asked) -> int:
    """The units of what was sent, reckoned here apart."""
    units = 0
    for path in asked.paths():
        if re.search("/roleassignments", path, re.IGNORECASE):
            units += 5
        elif "token=s." in path:
            units += 1
        elif not DIRECTORY.search(path):
            units += 2
    return units


async def estimate(planting: Planting, inventory: Inventory, names: list[str] | None = None) -> Estimate:
    return await Estimator(planting.client, inventory, names).estimate()


async def test_an_estimate_is_close_to_what_the_run_then_costs(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    for number in range(4):
        planting.fill(planting.site(f"place{number}"), "a.txt")
    asked = Asked(block)
    with Inventory.memory() as inventory:
        for _run in range(2):
            told = await estimate(planting, inventory)
            asked.forget()
            await crawl(planting, inventory)
            spent = units_of(asked)
            assert told.units <= spent <= 1.2 * told.units
        again = await estimate(planting, inventory)
        assert again.sites_known == again.sites == 6
        assert {"changes of drives", "permissions of sites"} <= {step.what for step in again.steps}


async def test_an_estimate_asks_little_and_writes_nothing(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    for number in range(26):
        planting.site(f"place{number}")
    asked = Asked(block)
    with Inventory.memory() as inventory:
        asked.forget()
        told = await estimate(planting, inventory)
        assert asked.count() < 30 and told.sites == 28
        assert not any(inventory.counts().values())


async def test_names_that_nobody_read_yet_are_reckoned_with(planting: Planting, estate: Estate) -> None:
    with Inventory.memory() as inventory:
        told = await estimate(planting, inventory, [estate.site.url, f"ann@{DOMAIN}", "https://nowhere.example/x"])
        assert (told.sites, told.sites_known) == (2, 0)
        assert next(step.requests for step in told.steps if step.what == "permissions of sites") == 2
