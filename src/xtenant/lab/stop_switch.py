"""The lab's stop point: a tenant's process can be told to end itself by SIGKILL at a named place (settled B 13).

For fault tests only. It is told over the control socket of a lab's tenant, and it notes in the log when a publication is
committed, so that an observer from outside can tell what was answered before and what after.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import structlog

from xtenant.domain import errors
from xtenant.domain.move import STOP_POINTS

log = structlog.get_logger("xtenant.lab.stop_switch")

NOTED = frozenset({"publish.before_commit", "publish.committed"})
"""Passing these is logged as `stop_point.passed`; the first stands inside the transaction, right before its commit."""


class StopSwitch:
    """A `StopPoint` that goes on unless it was set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name = ""
        self._left = 0

    def set(self, name: str, count: int = 1) -> None:
        """End the process when `name` is reached for the `count`-th time. Raises UsageError for a place that is not listed."""
        if name not in STOP_POINTS or count < 1:
            raise errors.UsageError(f"There is no stop point '{name}', or no {count}-th time.")
        with self._lock:
            self._name, self._left = name, count

    def __call__(self, name: str) -> None:
        if name in NOTED:
            log.info("stop_point.passed", name=name)
        with self._lock:
            if name != self._name:
                return
            self._left -= 1
            if self._left > 0:
                return
            log.warning("stop_point.struck", name=name)
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()
