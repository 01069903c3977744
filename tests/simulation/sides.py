"""One tenant service of the simulation: its real engine on its own stores, and what a crash takes away."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from blob_stores import ForgetfulBlobStore
from simulation.channel import SimulatedTrust, UnreliableChannel
from simulation.template import SOURCE, TARGET, TENANTS, open_fast
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.move import Claim
from xtenant.domain.ports.units import unit_is_open
from xtenant.engine.dispatcher import Dispatcher
from xtenant.engine.workbench import Workbench, checked
from xtenant.storage.database import SqlUnits

if TYPE_CHECKING:
    from simulation.world import World


class Crash(BaseException):
    """A service stops at a stop point; only what its stores hold is left."""

    def __init__(self, side: str, at: str) -> None:
        super().__init__(f"{side} stopped at {at}")
        self.side = side


class NoRunner:
    """The world itself is the runner: it steps the claims it was given."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)

    def cancel(self, claim: Claim) -> None:
        """A cancelled claim may still be in the middle of a step: it is kept, as a worker that comes back late."""

    def running(self) -> frozenset[Claim]:
        return frozenset()

    def stop(self) -> None:
        self.claims.clear()


ENGINES: dict[Path, Engine] = {}
"""Opened anew for each example and kept for the statements they have compiled."""


class Side:
    """One tenant service: durable stores, and what a crash takes away."""

    def __init__(self, world: World, name: str, folder: Path) -> None:
        self.world = world
        self.name = name
        self.tenant = TENANTS[name]
        self.clock = world.clock
        self.file = folder / f"{name}.db"
        self.engine = ENGINES.setdefault(self.file, open_fast(self.file))
        self.units = SqlUnits(self.engine, self.tenant.tenant_id)
        self._reader = sqlite3.connect(self.file)
        self.blobs = ForgetfulBlobStore()
        self.stops = 0
        self.start()

    def start(self) -> None:
        other = TARGET if self.name == SOURCE else SOURCE
        self.runner = NoRunner()
        self.bench = Workbench(
            tenant=self.tenant,
            units=self.units,
            blobs=self.blobs,
            clock=self.clock,
            ids=self.world.ids,
            channel=UnreliableChannel(self.world, self.name, other),
            trust=SimulatedTrust(self.world),
            limits=dataclasses.replace(DEFAULT, pull_lanes=1),
            stop=checked(self.stop),
        )
        self.dispatcher = Dispatcher(self.bench, self.runner, worker=self.name)

    def stop(self, at: str) -> None:
        self.stops += 1
        self.world.visited[at] = self.world.visited.get(at, 0) + 1
        if self.world.crash_here(self.name, self.stops) or self.world.crash_at == at:
            self.world.crash_at = None
            raise Crash(self.name, at)
        hangs = self.world.pause_here(self.name, self.stops) or self.world.hang_at == at
        if hangs and not unit_is_open():
            self.world.hang_at = None
            self.world.overtake(self.name)

    def look(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Read the store beside our own code."""
        return self._reader.execute(query, values).fetchall()

    def close(self) -> None:
        self._reader.close()
        self.engine.dispose()

    def crash(self) -> None:
        """All that was in memory is gone, and what was not synced."""
        self.world.crashes += 1
        self.blobs.crash()
        self.start()
        self.dispatcher.begin()
