"""Port of the queue of moves as a whole: what waits too long, how many are carried on, and how many there are of each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from xtenant.domain.move import Direction, MoveJob, MovePhase, MoveState


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Sums over jobs, by direction: items and bytes done, seconds from start to end of those that ended, passes of open ones."""

    items: Mapping[Direction, int]
    bytes: Mapping[Direction, int]
    seconds: Mapping[Direction, float]
    passes: Mapping[Direction, int]


class QueueRepository(Protocol):
    def expired(self, now: datetime, *, limit: int) -> Sequence[MoveJob]:
        """Jobs that have not begun although their latest start is over, oldest first."""
        ...

    def busy(self, security_now: datetime) -> Mapping[Direction, int]:
        """How many jobs living claims hold, by direction."""
        ...

    def counts(self) -> Mapping[tuple[Direction, MoveState, MovePhase], int]:
        """How many jobs there are of each kind."""
        ...

    def work(self) -> Work: ...
