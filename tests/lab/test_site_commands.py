"""Facts of sites over the control socket, and the command that states them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clock import FakeClock
from neighbours import Neighbours, neighbours
from xtenant.domain import errors
from xtenant.lab.clock import CLOCK_FILE, LabClock
from xtenant.lab.control import ControlServer, ask
from xtenant.lab.estate import tenant_home
from xtenant.lab.site_commands import SiteCommands
from xtenant.lab.stop_switch import StopSwitch
from xtenant.lab.tenant_commands import TenantCommands
from xtenant.operations import sites

URL = "https://contoso.sharepoint.com/sites/plans"


@pytest.fixture
def block(tmp_path: Path, clock: FakeClock) -> Iterator[Neighbours]:
    with neighbours(tmp_path, clock, "contoso") as block:
        service = block["contoso"]
        geo = service.tenant.default_geo
        sites.create_site(
            service.units, geo=geo, url=URL, title="Plans", owner=None, clock=service.clock, ids=service.ids
        )
        yield block


def test_facts_of_a_site_travel_over_the_socket(block: Neighbours, tmp_path: Path) -> None:
    home = tenant_home(tmp_path, "contoso")
    home.mkdir(parents=True)
    commands = TenantCommands(block["contoso"], LabClock(tmp_path / CLOCK_FILE), StopSwitch())

    def asking() -> dict[str, Any]:
        with pytest.raises(errors.UsageError, match="no fact 'colour'"):
            ask(home, "set-site", url=URL, pairs=[["holds", "on"], ["colour", "red"]])
        with pytest.raises(errors.XTenantError, match="Cannot get site"):
            ask(home, "set-site", url=f"{URL}-not", pairs=[["holds", "on"]])
        return ask(home, "set-site", url=URL, pairs=[["holds", "on"], ["storage", "3T"], ["status", "creating"]])

    async def scenario() -> dict[str, Any]:
        server = ControlServer(home, commands.table())
        await server.start()
        try:
            return await asyncio.to_thread(asking)
        finally:
            await server.stop()

    shown = asyncio.run(scenario())
    assert (shown["HasHolds"], shown["StorageUsage"], shown["Status"]) == (True, 3 * 1024**2, "Creating")


@pytest.mark.parametrize("facts", [{}, {"url": URL}, {"url": 7, "pairs": []}, {"url": URL, "pairs": [["holds"]]}])
def test_what_cannot_be_read_is_refused(block: Neighbours, facts: dict[str, object]) -> None:
    with pytest.raises(errors.UsageError):
        SiteCommands(block["contoso"].backend).set_site(facts)


def test_a_service_that_is_no_labs_states_nothing(block: Neighbours) -> None:
    outside = SiteCommands(dataclasses.replace(block["contoso"].backend, lab=False))
    with pytest.raises(errors.Refused, match="Only a lab"):
        outside.set_site({"url": URL, "pairs": [["holds", "on"]]})
