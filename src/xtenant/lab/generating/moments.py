"""Days on which made-up things happened: fixed, so that an estate is the same whenever it is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from xtenant.outside.chance import Chance

BEGAN = datetime(2013, 3, 1, 8, 0, 0, tzinfo=UTC)
ENDED = datetime(2026, 10, 30, 18, 0, 0, tzinfo=UTC)
DELETED = datetime(2026, 10, 31, 9, 0, 0, tzinfo=UTC)
FAR = datetime(2035, 1, 1, tzinfo=UTC)


def between(chance: Chance, first: datetime, last: datetime) -> datetime:
    """A whole second of that time."""
    return first + timedelta(seconds=int(chance.random() * (last - first).total_seconds()))


def in_order(chance: Chance, first: datetime, count: int) -> list[datetime]:
    """So many moments from the first on, never going back."""
    last = between(chance, first, ENDED)
    step = (last - first).total_seconds() / max(1, count - 1)
    return [first + timedelta(seconds=int(step * number)) for number in range(count)]
