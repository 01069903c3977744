"""Port of the queue of moves as a whole: what waits too long, how many are carried on, and how many there are of each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from xtenant.domain.move import Direction, MoveJob, MovePhase, MoveState


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
