"""The durable runner: each claim is a DBOS workflow of its own, with id JOB-DIRECTION-FENCE (settled B 2).

The job's row is the truth. What this library remembers only ever concerns one claim: its own recovery meets an older fence
and ends quietly, and deleting its database loses nothing. The only importer of dbos; one instance a process.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_error

from xtenant.domain.move import Direction, MoveJobId
from xtenant.domain.ports.move import Claim
from xtenant.engine.move import step
from xtenant.engine.runner import FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, POLL_GROWTH
from xtenant.engine.workbench import Step, Workbench

log = structlog.get_logger("xtenant.engine")

T = TypeVar("T")

APPLICATION_VERSION = "1"
"""Fixed: the library would otherwise take a hash of the sources, and strand what runs across an upgrade (parts.md 1)."""
QUEUE = "moves"
POLL_SECONDS = 0.1
STEP_SECONDS = 10.0
"""A step that only waits for the partner is recorded at most this often."""


class WorkflowRunner:
    """`Runner` on DBOS: SQLite embedded (`sqlite:///…/workflows.db`), PostgreSQL with several workers."""

    def __init__(self, bench: Workbench, database_url: str, *, worker: str, threads: int = 16) -> None:
        self._bench = bench
        self._claims: dict[str, Claim] = {}
        self._ending = threading.Event()
        self._lock = threading.Lock()
        _prepare(database_url)
        config: DBOSConfig = {
            "name": "xtenant",
            "system_database_url": database_url,
            "application_version": APPLICATION_VERSION,
            "executor_id": worker,
            "log_level": "CRITICAL",
        }
        DBOS.destroy(destroy_registry=True)
        DBOS(config=config)
        self._workflow = DBOS.workflow(name="move-claim")(_plain(self._carry))
        self._batch = DBOS.step(name="move-batch")(_plain(self._one_batch))
        DBOS.launch()
        self._queue = DBOS.register_queue(QUEUE, worker_concurrency=threads, polling_interval_sec=POLL_SECONDS)

    def submit(self, claim: Claim) -> None:
        with self._lock:
            if claim.name in self._claims:
                return
            self._claims[claim.name] = claim
        with SetWorkflowID(claim.name):
            self._queue.enqueue(self._workflow, str(claim.job_id), int(claim.direction), claim.fence)

    def cancel(self, claim: Claim) -> None:
        with self._lock:
            known = self._claims.pop(claim.name, None)
        if known is not None:
            DBOS.cancel_workflow(claim.name)

    def running(self) -> frozenset[Claim]:
        with self._lock:
            return frozenset(self._claims.values())

    def stop(self) -> None:
        self._ending.set()
        DBOS.destroy(workflow_completion_timeout_sec=60, destroy_registry=True)
        with self._lock:
            self._claims.clear()

    def _carry(self, job_id: str, direction: int, fence: int) -> None:
        """The workflow. One that this process did not submit is a recovered older claim: it ends."""
        claim = Claim(job_id=MoveJobId(UUID(job_id)), direction=Direction(direction), fence=fence)
        try:
            while not self._ending.is_set() and claim.name in self._claims:
                if self._batch(job_id, direction, fence) == Step.OVER.value:
                    return
        except dbos_error.DBOSWorkflowCancelledError:
            raise
        except Exception as error:
            # one of the three places that catch everything: the lease runs out and another claim takes the job up
            log.exception("move.claim_died", claim=claim.name, error=repr(error))
        finally:
            with self._lock:
                self._claims.pop(claim.name, None)

    def _one_batch(self, job_id: str, direction: int, fence: int) -> str:
        """A step of the library: one batch done, or some seconds of waiting for the partner."""
        claim = Claim(job_id=MoveJobId(UUID(job_id)), direction=Direction(direction), fence=fence)
        clock = self._bench.clock
        began, pause = clock.monotonic(), FIRST_POLL_SECONDS
        while (outcome := step(self._bench, claim)) is Step.WAIT:
            if self._ending.is_set() or claim.name not in self._claims or clock.monotonic() - began > STEP_SECONDS:
                break
            clock.wait(pause)
            pause = min(LONGEST_POLL_SECONDS, POLL_GROWTH * pause)
        return outcome.value


def _plain(method: Callable[[str, int, int], T]) -> Callable[[str, int, int], T]:
    """The library keeps notes on a function's attributes; a bound method has none of its own."""

    def call(job_id: str, direction: int, fence: int) -> T:
        return method(job_id, direction, fence)

    return call


def _prepare(database_url: str) -> None:
    """The library would use SQLite's slow journal; a file that is in WAL mode already stays so (parts.md 1)."""
    prefix = "sqlite:///"
    if database_url.startswith(prefix):
        path = Path(database_url.removeprefix(prefix))
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
