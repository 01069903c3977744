"""The one place where the command line picks its real parts: clock, ids, environment, network."""

from __future__ import annotations

import sys

import structlog

from xtenant.cli.output import note
from xtenant.cli.tools import Tools
from xtenant.client.opening import ProfileNetwork, TenantOpener
from xtenant.client.profiles import ProfileStore
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds
from xtenant.settings import read_tool_settings


def build_tools() -> Tools:
    """Tools of this environment. Logs go beside the output, never into it."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    settings = read_tool_settings()
    clock = SystemClock()
    store = ProfileStore(settings.profile_home, settings.lab_home)
    network = ProfileNetwork(settings.lab_home)
    opener = TenantOpener(store, network, clock=clock, ids=SystemIds(), show=note)
    return Tools(settings=settings, store=store, opener=opener, clock=clock)
