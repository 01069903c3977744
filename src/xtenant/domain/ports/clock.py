"""The two clocks and the source of ids (design section 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """Business time is virtual in a lab and only goes forward; security time is always real."""

    def business_now(self) -> datetime:
        """Aware UTC time for trust age, schedules, retention and dates of items."""
        ...

    def security_now(self) -> datetime:
        """Aware UTC time for tokens, replay, upload sessions, leases and heartbeats."""
        ...

    def monotonic(self) -> float:
        """Seconds for time-outs; only differences mean something."""
        ...

    def wait(self, seconds: float) -> None:
        """Block this thread for real seconds (back-off, polling)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """The same for async code."""
        ...

    def wait_until(self, business_time: datetime, at_most_seconds: float) -> bool:
        """Block until business time is reached, at most so many real seconds; True when reached."""
        ...


class IdSource(Protocol):
    """Makes the ids and secrets of ours."""

    def new_id(self) -> UUID:
        """A time-ordered GUID (UUID version 7)."""
        ...

    def secret(self, size_bytes: int = 32) -> str:
        """URL-safe text of so many random bytes."""
        ...
