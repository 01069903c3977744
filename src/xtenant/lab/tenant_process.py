"""One tenant's service as a process of the lab: `python -m xtenant.lab.tenant_process TENANT_HOME …`.

It holds the home's lock, serves until SIGTERM, and ends at once when its supervisor does: standard input is a pipe whose
other end only the supervisor holds, so that however the supervisor ends, nothing of the lab keeps listening. It says
`ready` on standard output once its port answers; events go to standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

import structlog

from xtenant.lab.clock import CLOCK_FILE, LabClock
from xtenant.lab.control import ControlServer
from xtenant.lab.lock import HomeLock
from xtenant.lab.logs import log_to
from xtenant.lab.ports import LOOPBACK, is_listening
from xtenant.lab.stop_switch import StopSwitch
from xtenant.lab.tenant_commands import TenantCommands
from xtenant.lab.tenant_handle import READY, SETTINGS_FILE
from xtenant.service import TenantService, build_service, serve
from xtenant.settings import read_service_settings

log = structlog.get_logger("xtenant.lab.tenant_process")

LOOK_SECONDS = 0.01


def main() -> None:
    arguments = _arguments()
    log_to(sys.stderr)
    threading.Thread(target=_end_with_the_supervisor, name="lifeline", daemon=True).start()
    home: Path = arguments.home
    lock = HomeLock(home)
    settings = read_service_settings(home / SETTINGS_FILE)
    clock = LabClock(settings.clock_file or home / CLOCK_FILE)
    switch = StopSwitch()
    service = build_service(settings, clock=clock, stop=switch, after_restore=arguments.after_restore)
    asyncio.run(_run(service, clock, switch, arguments))
    lock.release()


async def _run(service: TenantService, clock: LabClock, switch: StopSwitch, arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGINT, lambda: None
    )  # the terminal's Ctrl-C is the supervisor's
    commands = TenantCommands(service, clock, switch)
    commands.adopt_settings()
    control = ControlServer(arguments.home, commands.table())
    await control.start()
    serving = asyncio.create_task(
        serve(
            service,
            address=LOOPBACK,
            port=arguments.port,
            certificate=arguments.certificate,
            key=arguments.key,
            stopped=stopped,
        )
    )
    while not (serving.done() or stopped.is_set() or is_listening(arguments.port)):
        await clock.sleep(LOOK_SECONDS)
    log.info("tenant.ready", tenant=service.tenant.name, port=arguments.port)
    sys.stdout.write(READY)
    sys.stdout.flush()
    await serving
    await control.stop()
    log.info("tenant.stopped", tenant=service.tenant.name)


def _end_with_the_supervisor() -> None:
    """Wait for the end of standard input. SIGKILL, because the store is safe against it and nothing else is as sure."""
    while os.read(sys.stdin.fileno(), 1024):
        continue
    os.kill(os.getpid(), signal.SIGKILL)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="xtenant.lab.tenant_process", description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--after-restore", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
