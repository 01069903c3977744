"""One ASGI application on one loopback port over TLS, by Granian's embedded server.

The embedded form ends with its process (Granian's command line leaves a worker behind when its parent is killed). HTTP/1.1
only: it is enough for every client, and one protocol is easier to bound.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.server.embed import Server
from starlette.types import ASGIApp

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.lab.ports import LOOPBACK, is_listening

START_SECONDS = 15.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.01


class Listener:
    """Serves an application until `stop`. The caller holds the lease of the port."""

    def __init__(self, app: ASGIApp, *, port: int, certificate: Path, key: Path, clock: Clock) -> None:
        self.port = port
        self._clock = clock
        self._server: Any = Server(
            app,
            address=LOOPBACK,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            backlog=1024,
            log_enabled=False,
            ssl_cert=certificate,
            ssl_key=key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the port accepts connections; raises Unexpected when it does not in time."""
        self._task = asyncio.create_task(self._server.serve())
        deadline = self._clock.monotonic() + START_SECONDS
        while not is_listening(self.port):
            if self._task.done() or self._clock.monotonic() > deadline:
                raise errors.Unexpected(f"The server on port {self.port} did not start.")
            await self._clock.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Stop accepting, let running answers end for a while, then cut."""
        if self._task is None:
            return
        self._server.stop()
        await asyncio.wait([self._task], timeout=STOP_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
