"""The one place where the command line picks its real parts: clock, ids, environment, network."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import structlog

from xtenant.cli.output import note
from xtenant.cli.tools import Tools
from xtenant.client.opening import ProfileNetwork, TenantOpener
from xtenant.client.profiles import Drill, LabTie, ProfileStore
from xtenant.lab.control import ask
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds
from xtenant.settings import ToolSettings, read_tool_settings


def build_tools() -> Tools:
    """Tools of this environment. Logs go beside the output, never into it."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    return tools_of(read_tool_settings())


def tools_in_lab(home: Path) -> Tools:
    """Tools of a lab's own home, whatever the environment says: its tenants are the profiles."""
    return tools_of(
        ToolSettings(profile_home=home / "profile-home", lab_home=home, default_lab_home=home, proxy_in_effect=None)
    )


def tools_of(settings: ToolSettings) -> Tools:
    """Tools with the real clock and the network the settings name."""
    clock = SystemClock()
    drill = _drill(settings)
    store = ProfileStore(settings.profile_home, settings.lab_home, drill=drill)
    network = ProfileNetwork(
        settings.lab_home, company_proxy=settings.proxy_in_effect, company_ca=settings.company_ca, drill=drill
    )
    opener = TenantOpener(store, network, clock=clock, ids=SystemIds(), show=note)
    return Tools(settings=settings, store=store, opener=opener, clock=clock)


def _drill(settings: ToolSettings) -> Drill | None:
    """The drill that this process is part of, asked from its lab when the first profile is wanted."""
    home, token = settings.lab_home, settings.drill_token
    if home is None or token is None:
        return None

    @cache
    def join() -> LabTie:
        return LabTie(lab_id=str(ask(home, "join-drill", token=token)["lab_id"]), home=str(home))

    return join
