"""A tenant service at work: requests on a port, and what goes on beside them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.embed import Server

from xtenant.engine.engine import Engine
from xtenant.engine.trust_check import TrustFromThreads
from xtenant.storage.database import SqlUnits
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Edge
from xtenant.wire.throttling import Meter

NEW_OBJECTS = 20_000
"""So many before garbage is looked for among the youngest."""


class TenantService:
    """A tenant service: `app` answers requests; `start` and `stop` run what goes on beside them."""

    def __init__(
        self,
        *,
        backend: Backend,
        units: SqlUnits,
        app: Edge,
        loops: list[Callable[[], Awaitable[None]]],
        closers: list[Callable[[], Awaitable[None]]],
        engine: Engine,
        trust: TrustFromThreads,
    ) -> None:
        self.backend = backend
        self.tenant = backend.tenant
        self.units = units
        self.clock = backend.clock
        self.ids = backend.ids
        self.app = app
        self.engine = engine
        self._trust = trust
        self._loops = loops
        self._closers = closers
        self._running: list[asyncio.Task[None]] = []

    @property
    def meter(self) -> Meter:
        """What holds callers to the limits of the tenant."""
        assert self.app.meter is not None
        return self.app.meter

    async def start(self) -> None:
        """Begin to send mails and to move."""
        self._trust.bind(asyncio.get_running_loop())
        await asyncio.to_thread(self.engine.start)
        self._running = [asyncio.ensure_future(loop()) for loop in self._loops]

    async def stop(self) -> None:
        """End both; what was in progress goes on at the next start."""
        for task in self._running:
            task.cancel()
        for task in self._running:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._running = []
        await asyncio.to_thread(self.engine.stop)
        for close in self._closers:
            await close()


async def serve(
    service: TenantService, *, address: str, port: int, certificate: Path, key: Path, stopped: asyncio.Event
) -> None:
    """Answer on a port over TLS 1.2 or newer until `stopped` is set."""
    _leave_alone_what_stays()
    server = Server(
        service.app,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    await service.start()
    running = asyncio.ensure_future(server.serve())
    waiting = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        server.stop()
        await running
        await service.stop()


def _leave_alone_what_stays() -> None:
    """What was loaded by now stays for the life of the process; the search for garbage would go through all of it again and
    again while a move makes its many small objects, which took up to a third of the time of building a site."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
