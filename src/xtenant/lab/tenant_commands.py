"""What a running tenant answers on its control socket: settings, the clock's advance, device codes, mails kept back.

These act on the tenant's store through its operations, as nobody's routes could: whoever may open the socket owns the lab.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from xtenant.domain import errors
from xtenant.domain.tenant import TenantSettings
from xtenant.lab.clock import LabClock
from xtenant.lab.control import Command
from xtenant.lab.people_commands import PeopleCommands
from xtenant.lab.site_commands import SiteCommands
from xtenant.lab.stop_switch import StopSwitch
from xtenant.lab.switches import LICENCES, switch, switches_of, units_of
from xtenant.operations.collect import collect_as_set
from xtenant.operations.device_codes import approve_device_code
from xtenant.operations.licences import subscribe
from xtenant.operations.measures import exposition
from xtenant.service import TenantService


class TenantCommands:
    """The commands of one tenant's process."""

    def __init__(self, service: TenantService, clock: LabClock, switch: StopSwitch) -> None:
        self._service = service
        self._clock = clock
        self._switch = switch
        self._people = PeopleCommands(service.backend)
        self._sites = SiteCommands(service.backend)

    def table(self) -> dict[str, Command]:
        return {
            "settings": self._in_thread(self._settings),
            "set": self._in_thread(self._set),
            "set-site": self._in_thread(self._sites.set_site),
            "clock": self._in_thread(self._advanced),
            "approve": self._in_thread(self._approve),
            "collect": self._in_thread(self._collect),
            "stop-at": self._in_thread(self._stop_at),
            "metrics": self._in_thread(self._metrics),
            "throttled": self._in_thread(self._throttled),
            "tokens": self._in_thread(self._people.tokens),
            "synced": self._in_thread(self._people.synced),
        }

    def adopt_settings(self) -> None:
        """Take what lives in memory from the store, at the start and after each change: security clock, throttling."""
        with self._service.backend.units.read() as uow:
            settings = uow.settings.get()
        self._clock.security_offset_seconds = settings.security_clock_offset
        self._service.meter.adopt(settings)

    def _in_thread(self, command: Callable[[Mapping[str, Any]], object]) -> Command:
        async def run(facts: Mapping[str, Any]) -> object:
            return await asyncio.to_thread(command, facts)

        return run

    def _settings(self, facts: Mapping[str, Any]) -> dict[str, object]:
        with self._service.backend.units.read() as uow:
            return switches_of(uow.settings.get())

    def _set(self, facts: Mapping[str, Any]) -> dict[str, object]:
        """All pairs or none: an unknown key or bad value changes nothing. `licences.PART_NUMBER` is how many are bought."""
        pairs = [(str(key), str(value)) for key, value in facts["pairs"]]
        with self._service.backend.units.write() as uow:
            settings: TenantSettings = uow.settings.get()
            for key, value in pairs:
                if key.lower().startswith(LICENCES):
                    subscribe(uow, key[len(LICENCES) :], units_of(value))
                else:
                    settings = switch(settings, key, value)
            uow.settings.put(settings)
        self.adopt_settings()
        return switches_of(settings)

    def _throttled(self, facts: Mapping[str, Any]) -> list[dict[str, int]]:
        """What was asked in each window of a minute, for measurements."""
        return [dataclasses.asdict(minute) for minute in list(self._service.meter.minutes)]

    def _metrics(self, facts: Mapping[str, Any]) -> dict[str, object]:
        """What `serve --metrics-port` shows an operator, here for whoever may open the socket."""
        backend = self._service.backend
        return {"text": exposition(backend.units, clock=backend.clock)}

    def _advanced(self, facts: Mapping[str, Any]) -> dict[str, object]:
        self._clock.reload()
        return {"business_time": self._clock.business_now().isoformat()}

    def _approve(self, facts: Mapping[str, Any]) -> dict[str, object]:
        upn = str(facts.get("upn", ""))
        if "@" not in upn:
            raise errors.UsageError(
                "A device code is approved in a user's name.", remedy="Name the user with --as UPN."
            )
        app = approve_device_code(
            self._service.backend.units, str(facts.get("code", "")), upn, clock=self._service.backend.clock
        )
        return {"app": app.display_name, "upn": upn}

    def _collect(self, facts: Mapping[str, Any]) -> dict[str, object]:
        """One run of the collector, with the tenant's own grace time (`lab set blob_grace=0` takes all)."""
        backend = self._service.backend
        removed = collect_as_set(backend.units, backend.blobs, clock=backend.clock, ids=backend.ids)
        return {"tenant": backend.tenant.name, "removed": removed}

    def _stop_at(self, facts: Mapping[str, Any]) -> dict[str, object]:
        """Fault tests: the process kills itself at the named place. Raises Refused outside a lab."""
        if not self._service.backend.lab:
            raise errors.Refused("Only a lab's tenant can be told to stop at a place.")
        name, count = str(facts.get("name", "")), int(facts.get("count", 1))
        self._switch.set(name, count)
        return {"name": name, "count": count}
