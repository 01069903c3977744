"""A running lab: one process with proxy, front and mail server in it, and a child process for each tenant.

`python -m xtenant.lab.supervisor HOME --ready-fd N` is the detached form of `xtenant lab up`. It holds the home's lock,
answers the home's control socket, and leaves nothing behind: its children end with it even when it is killed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import structlog

from xtenant.client.lab import LAB_FILE
from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST
from xtenant.lab.certificates import CertificateFolder
from xtenant.lab.clock import CLOCK_FILE, LabClock, advance_offset
from xtenant.lab.control import Command, ControlServer, ask
from xtenant.lab.description import describe, known_tenants, service_settings
from xtenant.lab.drill import Drills
from xtenant.lab.estate import Estate, read_estate, tenant_home
from xtenant.lab.front import Front
from xtenant.lab.listener import Listener
from xtenant.lab.lock import HomeLock
from xtenant.lab.logs import log_to
from xtenant.lab.mailbox import Mailbox
from xtenant.lab.mails import MAIL_FOLDER
from xtenant.lab.ports import PortLease, PortTaken, lease_port
from xtenant.lab.private_files import make_private_folder, write_private
from xtenant.lab.proxy import ConnectProxy
from xtenant.lab.readiness import LOG_NAME, Readiness
from xtenant.lab.reset import wipe
from xtenant.lab.tenant_handle import SETTINGS_FILE, TenantHandle
from xtenant.lab.tenant_hints import Signposts
from xtenant.outside.ids import SystemIds
from xtenant.settings import write_service_settings

log = structlog.get_logger("xtenant.lab.supervisor")

SMTP = "smtp"
CERTIFICATES_FOLDER = "certificates"


class Supervisor:
    """One lab from `start` to `stop`. The caller holds the home's lock."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.estate: Estate = read_estate(home)
        self.stopping = asyncio.Event()
        self._clock = LabClock(home / CLOCK_FILE)
        self._certificates = CertificateFolder(folder=home / CERTIFICATES_FOLDER)
        self._leases: list[PortLease] = []
        self._tenants: dict[str, TenantHandle] = {}
        self._proxy = ConnectProxy(self._port_of_host)
        self._front: Listener | None = None
        self._mailbox: Mailbox | None = None
        drills = Drills(str(self.estate.lab_id), SystemIds())
        self._control = ControlServer(home, self._commands(), {"drill": drills.begin, "join-drill": drills.join})

    async def start(self) -> None:
        """Start everything; returns when every tenant answers. Raises PortTaken, TenantDidNotStart."""
        make_private_folder(self._certificates.folder)
        self._certificates.renew(str(self.estate.lab_id), self.estate.server_hosts(), now=self._clock.security_now())
        await self._start_proxy()
        self._mailbox = Mailbox(self.home / MAIL_FOLDER, port=self._lease(0), clock=self._clock)
        await self._mailbox.start()
        for at, tenant in enumerate(self.estate.tenants):
            port = self._lease(self.estate.port + at if self.estate.port else 0)
            self._tenants[tenant.name] = self._handle(tenant.name, port)
        self._write_settings()
        self._front = self._make_front()
        await self._front.start()
        await asyncio.gather(*(handle.start() for handle in self._tenants.values()))
        await self._control.start()
        lab = describe(self.estate, self.home, proxy_port=self._proxy.port, ca_file=self._certificates.ca_file)
        write_private(self.home / LAB_FILE, msgspec.json.format(msgspec.json.encode(lab), indent=1))
        log.info("lab.ready", tenants=list(self._tenants), proxy_port=self._proxy.port)

    async def stop(self) -> None:
        """Stop everything, the description first, so that no client begins anew."""
        (self.home / LAB_FILE).unlink(missing_ok=True)
        await asyncio.gather(*(handle.stop() for handle in self._tenants.values()))
        if self._front:
            await self._front.stop()
        if self._mailbox:
            await self._mailbox.stop()
        await self._proxy.stop()
        await self._control.stop()
        for lease in self._leases:
            lease.release()
        log.info("lab.stopped")

    def status(self) -> dict[str, object]:
        """What `xtenant lab status` shows."""
        return {
            "id": str(self.estate.lab_id),
            "home": str(self.home),
            "pid": os.getpid(),
            "proxy": f"http://127.0.0.1:{self._proxy.port}",
            "smtp": {"port": self._mailbox.port, "state": self._mailbox_state()} if self._mailbox else None,
            "clock": self._time(),
            "tenants": [
                {
                    "tenant": handle.name,
                    "state": handle.state.value,
                    "pid": handle.pid,
                    "port": handle.port,
                    "geos": [geo.code for geo in self.estate.tenant(handle.name).geos],
                    "admin_url": f"https://{self.estate.tenant(handle.name).hosts[0]}",
                }
                for handle in self._tenants.values()
            ],
            "refused_hosts": dict(self._proxy.refused.most_common(20)),
        }

    # ------------------------------------------------------------------------------------------------ starting

    async def _start_proxy(self) -> None:
        wanted = self.estate.proxy_port
        try:
            await self._proxy.start(wanted)
        except OSError as error:
            raise PortTaken(f"Port {wanted} for the proxy is in use.", port=wanted) from error

    def _lease(self, wanted: int) -> int:
        self._leases.append(lease_port(wanted))
        return self._leases[-1].port

    def _handle(self, name: str, port: int) -> TenantHandle:
        return TenantHandle(
            tenant_home(self.home, name),
            name,
            port=port,
            certificate=self._certificates.certificate_file(name),
            key=self._certificates.key_file(name),
            clock=self._clock,
        )

    def _write_settings(self) -> None:
        assert self._mailbox is not None
        for tenant in self.estate.tenants:
            folder = tenant_home(self.home, tenant.name)
            make_private_folder(folder)
            settings = service_settings(
                self.estate,
                tenant,
                self.home,
                proxy_port=self._proxy.port,
                smtp_port=self._mailbox.port,
                ca_file=self._certificates.ca_file,
            )
            write_service_settings(folder / SETTINGS_FILE, settings)

    def _make_front(self) -> Listener:
        front = Front(
            Signposts(known_tenants(self.estate)),
            self._port_of_tenant,
            tls=ssl.create_default_context(cafile=str(self._certificates.ca_file)),
            clock=self._clock,
            ids=SystemIds(),
        )
        return Listener(
            front,
            port=self._lease(0),
            certificate=self._certificates.certificate_file("front"),
            key=self._certificates.key_file("front"),
            clock=self._clock,
        )

    # ------------------------------------------------------------------------------------------------ while running

    def _port_of_tenant(self, name: str) -> int | None:
        handle = self._tenants[name]
        return handle.port if handle.is_running else None

    def _port_of_host(self, host: str) -> int | None:
        if host in (LOGIN_HOST, GRAPH_HOST):
            return self._front.port if self._front else None
        owner = next((tenant.name for tenant in self.estate.tenants if host in tenant.hosts), None)
        if owner is None:
            raise KeyError(host)
        return self._port_of_tenant(owner) if owner in self._tenants else None

    def _mailbox_state(self) -> str:
        return "running" if self._mailbox and self._mailbox.is_running else "stopped"

    def _time(self) -> dict[str, object]:
        now = self._clock.business_now()
        return {"offset_seconds": self._clock.offset_seconds, "business_time": now.isoformat(timespec="seconds")}

    def _commands(self) -> dict[str, Command]:
        return {
            "status": self._status,
            "down": self._down,
            "start": self._start,
            "stop": self._named(lambda handle: handle.stop(), lambda mailbox: mailbox.stop()),
            "kill": self._named(lambda handle: handle.kill(), lambda mailbox: mailbox.stop()),
            "clock": self._advance,
            "reset": self._reset,
        }

    async def _status(self, facts: Mapping[str, Any]) -> object:
        return self.status()

    async def _down(self, facts: Mapping[str, Any]) -> object:
        self.stopping.set()
        return self.status()

    def _named(
        self, on_tenant: Callable[[TenantHandle], Awaitable[None]], on_mailbox: Callable[[Mailbox], Awaitable[None]]
    ) -> Command:
        async def run(facts: Mapping[str, Any]) -> object:
            name = str(facts.get("name", "")).lower()
            if name == SMTP and self._mailbox:
                await on_mailbox(self._mailbox)
                return {"name": SMTP, "state": self._mailbox_state()}
            handle = self._tenants[self.estate.tenant(name).name]
            await on_tenant(handle)
            return {"name": name, "state": handle.state.value, "pid": handle.pid}

        return run

    async def _start(self, facts: Mapping[str, Any]) -> object:
        put_back = bool(facts.get("after_restore"))
        named = self._named(lambda handle: handle.start(after_restore=put_back), lambda mailbox: mailbox.start())
        return await named(facts)

    async def _advance(self, facts: Mapping[str, Any]) -> object:
        """Advance the clock, then tell each running tenant; a stopped one reads the file when it starts."""
        if seconds := float(facts.get("seconds", 0)):
            advance_offset(self.home / CLOCK_FILE, seconds)
            self._clock.reload()
            running = [handle for handle in self._tenants.values() if handle.is_running]
            await asyncio.gather(*(asyncio.to_thread(ask, handle.home, "clock") for handle in running))
        return self._time()

    async def _reset(self, facts: Mapping[str, Any]) -> object:
        """All data away, ids kept; what ran runs again, empty."""
        running = [handle for handle in self._tenants.values() if handle.is_running]
        await asyncio.gather(*(handle.stop() for handle in running))
        await asyncio.to_thread(wipe, self.home, self.estate)
        self._clock.offset_seconds = 0.0
        self._write_settings()
        await asyncio.gather(*(handle.start() for handle in running))
        return self.status()


async def run(home: Path, on_ready: Callable[[dict[str, object]], None]) -> None:
    """Run the lab of a home until it is told to stop, by its control socket or a signal. Raises what `start` raises."""
    lock = HomeLock(home)
    supervisor = Supervisor(home)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, supervisor.stopping.set)
    try:
        try:
            starting = asyncio.create_task(supervisor.start())
            stopping = asyncio.create_task(supervisor.stopping.wait())
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            if not supervisor.stopping.is_set():
                on_ready(supervisor.status())
            await stopping
        finally:
            await supervisor.stop()
    finally:
        lock.release()


def main() -> None:
    parser = argparse.ArgumentParser(prog="xtenant.lab.supervisor", description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--ready-fd", type=int, required=True)
    arguments = parser.parse_args()
    told = os.fdopen(arguments.ready_fd, "wb")

    def tell(message: Readiness) -> None:
        with told:
            told.write(msgspec.json.encode(message))

    with (arguments.home / LOG_NAME).open("a") as log_file:
        log_to(log_file)
        try:
            asyncio.run(run(arguments.home, lambda status: tell(Readiness(status=status))))
        except errors.XTenantError as error:
            tell(Readiness(text=error.text, remedy=error.remedy))
            raise SystemExit(error.exit_code) from error


if __name__ == "__main__":
    main()
