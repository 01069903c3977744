"""The in-process runner: a thread for each claim, gone with the process. For tests, simulation, rehearsal and small tenants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from xtenant.domain.ports.move import Claim
from xtenant.engine.move import step
from xtenant.engine.workbench import Step, Workbench

log = structlog.get_logger("xtenant.engine")

FIRST_POLL_SECONDS = 0.05
LONGEST_POLL_SECONDS = 2.0
POLL_GROWTH = 1.1
"""Grows slowly: what a move waits too long for its partner stays below a tenth of what it has waited already."""

StopAsked = Callable[[], bool]


class InProcessRunner:
    """`Runner` on a pool of threads."""

    def __init__(self, bench: Workbench, *, threads: int = 16) -> None:
        self._bench = bench
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="move")
        self._claims: dict[Claim, threading.Event] = {}
        self._lock = threading.Lock()

    def submit(self, claim: Claim) -> None:
        with self._lock:
            if claim in self._claims:
                return
            ending = self._claims[claim] = threading.Event()
        self._pool.submit(self._carry, claim, ending).add_done_callback(lambda done: self._ended(claim, done))

    def cancel(self, claim: Claim) -> None:
        with self._lock:
            ending = self._claims.get(claim)
        if ending is not None:
            ending.set()

    def running(self) -> frozenset[Claim]:
        with self._lock:
            return frozenset(self._claims)

    def stop(self) -> None:
        with self._lock:
            for ending in self._claims.values():
                ending.set()
        self._pool.shutdown(wait=True)

    def _carry(self, claim: Claim, ending: threading.Event) -> None:
        carry_on(self._bench, claim, ending.is_set)

    def _ended(self, claim: Claim, done: Future[None]) -> None:
        with self._lock:
            self._claims.pop(claim, None)
        error = done.exception()
        if error is not None:
            # the lease runs out and another claim takes the job up where its row stands
            log.error("move.claim_died", claim=claim.name, error=repr(error), exc_info=error)


def carry_on(bench: Workbench, claim: Claim, told_to_end: StopAsked) -> None:
    """Step by step until the claim is over, with a growing pause while the partner is waited for."""
    pause = FIRST_POLL_SECONDS
    while not told_to_end():
        outcome = step(bench, claim)
        if outcome is Step.OVER:
            return
        if outcome is Step.AGAIN:
            pause = FIRST_POLL_SECONDS
            continue
        bench.clock.wait(pause)
        pause = min(LONGEST_POLL_SECONDS, POLL_GROWTH * pause)
