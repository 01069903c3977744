"""The engine of one tenant service: a dispatcher's thread, a runner, and a collector of leftovers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from xtenant.domain import errors
from xtenant.engine import leftovers, recovery
from xtenant.engine.dispatcher import Dispatcher, Runner
from xtenant.engine.workbench import Workbench
from xtenant.operations.recovery import stands

log = structlog.get_logger("xtenant.engine")

TICK_SECONDS = 0.1
COLLECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """How many moves go on at once in each direction."""

    out: int = 8
    into: int = 8


class Engine:
    """`start` returns at once; `stop` lets present steps end, and what was in progress goes on at the next start."""

    def __init__(
        self,
        bench: Workbench,
        make_runner: Callable[[Workbench], Runner],
        *,
        worker: str,
        slots: Slots | None = None,
    ) -> None:
        self.bench = bench
        self._make_runner = make_runner
        self._worker = worker
        self._slots = slots or Slots()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._runner: Runner | None = None
        self._recovering: threading.Thread | None = None

    def start(self) -> None:
        """Take up what the last run left, then claim what is due; first of all, end a recovery that stands."""
        self._ending.clear()
        self._recovering = None
        if stands(self.bench.units):
            self._recovering = threading.Thread(target=self._recover, name="recovery")
            self._recovering.start()
        else:
            self._begin()

    def _recover(self) -> None:
        """Nothing of a database that was put back is carried on before every partner was asked (settled B 5)."""
        while not self._ending.is_set():
            try:
                if recovery.carry_out(self.bench):
                    self._begin()
                    return
            except errors.XTenantError as error:
                log.error("recovery.failed", code=error.code, text=error.text)
            self._ending.wait(recovery.RETRY_SECONDS)

    def _begin(self) -> None:
        self._runner = self._make_runner(self.bench)
        slots = self._slots
        dispatcher = Dispatcher(self.bench, self._runner, worker=self._worker, most_out=slots.out, most_in=slots.into)
        dispatcher.begin()
        self._threads = [
            threading.Thread(target=self._loop, args=(dispatcher.tick, TICK_SECONDS), name="dispatcher"),
            threading.Thread(target=self._loop, args=(self._collect, COLLECT_SECONDS), name="collector"),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads, then the runner's claims after their present steps."""
        self._ending.set()
        if self._recovering is not None:
            self._recovering.join()
        for thread in self._threads:
            thread.join()
        self._threads = []
        if self._runner is not None:
            self._runner.stop()

    def _loop(self, work: Callable[[], object], pause: float) -> None:
        while not self._ending.wait(pause):
            try:
                work()
            except errors.XTenantError as error:
                log.error("engine.round_failed", code=error.code, text=error.text)
            except Exception as error:  # a dispatcher that dies would stop all moves; it tries again and says so
                log.exception("engine.round_died", error=repr(error))

    def _collect(self) -> None:
        while leftovers.collect(self.bench) and not self._ending.is_set():
            continue
