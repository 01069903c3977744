"""The real clock, with the lab's offset on business time. The one home of `datetime.now` and of sleeping."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time; `offset_seconds` shifts business time and is asked at each reading, so that a lab can advance it."""

    def __init__(self, offset_seconds: Callable[[], float] = lambda: 0.0, security_offset_seconds: float = 0.0) -> None:
        self._offset_seconds = offset_seconds
        self._security_offset = timedelta(seconds=security_offset_seconds)
        self._advanced = threading.Condition()

    def business_now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset_seconds())

    def security_now(self) -> datetime:
        return datetime.now(UTC) + self._security_offset

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def advanced(self) -> None:
        """Wake everybody who waits for business time."""
        with self._advanced:
            self._advanced.notify_all()

    def wait_until(self, business_time: datetime, at_most_seconds: float) -> bool:
        deadline = self.monotonic() + at_most_seconds
        with self._advanced:
            while (left := (business_time - self.business_now()).total_seconds()) > 0:
                patience = deadline - self.monotonic()
                if patience <= 0:
                    return False
                self._advanced.wait(min(left, patience))
        return True
