"""A tenant's process as its supervisor sees it: start, stop, kill, and what became of it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import structlog

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.lab.ports import is_listening
from xtenant.lab.private_files import make_private_folder

log = structlog.get_logger("xtenant.lab.supervisor")

READY = "ready\n"
"""What a tenant's process says on standard output once its port answers."""

SETTINGS_FILE = "service.json"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
GONE_SECONDS = 10.0
LOOK_SECONDS = 0.02
LOG_NAME = "service.log"
LOG_TAIL_BYTES = 2_000


class ProcessState(Enum):
    RUNNING = "running"
    STOPPED = "stopped"
    KILLED = "killed"
    FAILED = "failed"


class TenantDidNotStart(errors.LabMissing):
    """A tenant's process ended, or did not answer in time, while it was starting."""

    code = "tenantDidNotStart"


class TenantHandle:
    """One tenant's process; commands wait for one another."""

    def __init__(self, home: Path, name: str, *, port: int, certificate: Path, key: Path, clock: Clock) -> None:
        self.home = home
        self.name = name
        self.port = port
        self.state = ProcessState.STOPPED
        self._certificate = certificate
        self._key = key
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def is_running(self) -> bool:
        return self.state is ProcessState.RUNNING

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.is_running else None

    async def start(self, *, after_restore: bool = False) -> None:
        """Start and wait until the port answers; `after_restore`: its database was put back. Raises TenantDidNotStart with the end of its log."""
        async with self._turn:
            if self.is_running:
                return
            make_private_folder(self.home)
            with (self.home / LOG_NAME).open("ab") as log_file:
                process = await asyncio.create_subprocess_exec(
                    *self._command(after_restore=after_restore),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log_file,
                )
            self._process = process
            try:
                await self._until_ready(process)
            except BaseException:
                self.state = ProcessState.FAILED
                await _end(process, signal.SIGKILL)
                raise
            self.state = ProcessState.RUNNING
            self._watching = asyncio.create_task(self._watch(process))

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when it takes too long."""
        await self._finish(ProcessState.STOPPED, signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL; returns when nothing of it listens any more."""
        await self._finish(ProcessState.KILLED, signal.SIGKILL)

    async def _finish(self, state: ProcessState, how: signal.Signals) -> None:
        async with self._turn:
            if self._process is None or not self.is_running:
                return
            self.state = state
            await _end(self._process, how)
            deadline = self._clock.monotonic() + GONE_SECONDS
            while is_listening(self.port) and self._clock.monotonic() < deadline:
                await self._clock.sleep(LOOK_SECONDS)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline()
        except TimeoutError:
            line = b""
        if line != READY.encode():
            raise TenantDidNotStart(
                f"The service of {self.name} did not start. The end of its log:\n{self._log_tail()}",
                remedy=f"Read {self.home / LOG_NAME}.",
            )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if process is self._process and self.is_running:
            self.state = ProcessState.FAILED
            log.error("tenant.ended", tenant=self.name, code=code)

    def _command(self, *, after_restore: bool) -> Sequence[str | Path]:
        module = "xtenant.lab.tenant_process"
        files = ("--certificate", self._certificate, "--key", self._key)
        return (
            sys.executable,
            "-m",
            module,
            self.home,
            "--port",
            str(self.port),
            *files,
            *(["--after-restore"] if after_restore else []),
        )

    def _log_tail(self) -> str:
        return (self.home / LOG_NAME).read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", "replace")


async def _end(process: asyncio.subprocess.Process, how: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(how)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    if process.stdin:
        process.stdin.close()
