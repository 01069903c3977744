"""Port of leases: a row that says who does a job of which there must be one at a time (the blob collector)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class LeaseRepository(Protocol):
    """Times are security time: leases run on the real clock (design section 8)."""

    def take(self, name: str, holder: UUID, *, now: datetime, seconds: float) -> bool:
        """Take or prolong a lease; False while somebody else holds it."""
        ...

    def release(self, name: str, holder: UUID) -> None:
        """Give it up; another holder's lease stays."""
        ...
