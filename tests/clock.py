"""A clock that tests move by hand: nothing sleeps, waiting advances it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID


class FakeClock:
    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self._business = start
        self._security = start
        self.waited: list[float] = []

    def business_now(self) -> datetime:
        return self._business

    def security_now(self) -> datetime:
        return self._security

    def monotonic(self) -> float:
        return self._security.timestamp()

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Move both clocks forward."""
        step = timedelta(seconds=seconds, days=days)
        self._business += step
        self._security += step

    def advance_business(self, *, days: float) -> None:
        self._business += timedelta(days=days)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.advance(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.wait(seconds)

    def wait_until(self, business_time: datetime, at_most_seconds: float) -> bool:
        left = (business_time - self._business).total_seconds()
        if left > at_most_seconds:
            self.wait(at_most_seconds)
            return False
        self.wait(max(0.0, left))
        return True


class CountingIds:
    """Ids that rise by one, so that tests print the same thing twice."""

    def __init__(self, start: int = 1) -> None:
        self._numbers = itertools.count(start)

    def new_id(self) -> UUID:
        return UUID(int=0x018F_0000_0000_7000_8000_0000_0000_0000 + next(self._numbers))

    def secret(self, size_bytes: int = 32) -> str:
        return f"secret-{next(self._numbers):08d}".ljust(size_bytes, "x")
