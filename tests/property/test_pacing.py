"""The bucket against services whose windows begin anywhere: whatever the requests and answers, no window exceeds the row."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clock import FakeClock
from xtenant.client.budget import MemoryLedger
from xtenant.domain.budget import Allowance
from xtenant.wire.pacing import Bucket

WINDOW = 60.0


@dataclass(frozen=True)
class Asked:
    """A request: how long after the one before it is wanted, its price, when the service counts it, when it answers."""

    after: float
    units: int
    counted_after: float
    answered_after: float


requests = st.builds(
    lambda after, units, delay, share: Asked(after, units, delay * share, delay),
    st.sampled_from([0.0, 0.0, 0.0, 0.1, 2.0, 30.0]),
    st.sampled_from([1, 2, 5, 40, 100]),
    st.floats(0.0, 90.0),
    st.floats(0.0, 1.0),
)


def counted(asked: Sequence[Asked], allowance: Allowance) -> list[tuple[float, int]]:
    """Everything let out in turn, answers arriving meanwhile: when the service counts each, and its units."""
    clock = FakeClock()
    bucket = Bucket(allowance, clock=clock, ledger=MemoryLedger(), key="one")
    found: list[tuple[float, int]] = []
    flying: list[tuple[float, int, object]] = []

    async def go_to(moment: float) -> None:
        while flying and flying[0][0] <= moment:
            at, _, turn = heapq.heappop(flying)
            clock.advance(seconds=max(0.0, at - clock.monotonic()))
            await turn.__aexit__(None, None, None)  # type: ignore[attr-defined]
        clock.advance(seconds=max(0.0, moment - clock.monotonic()))

    async def sleep(seconds: float) -> None:
        await go_to(clock.monotonic() + seconds)

    clock.sleep = sleep  # type: ignore[method-assign]

    async def run() -> None:
        for number, each in enumerate(asked):
            await go_to(clock.monotonic() + each.after)
            turn = bucket.turn(each.units)
            await turn.__aenter__()
            now = clock.monotonic()
            found.append((now + each.counted_after, each.units))
            heapq.heappush(flying, (now + each.answered_after, number, turn))
        await go_to(clock.monotonic() + 1_000.0)

    anyio.run(run)
    return found


LATE = [Asked(0.0, 10, 60.0 - 6 * number, 60.0 - 6 * number) for number in range(10)]
"""All counted at the same time, a minute after the first was let out."""


@example([*LATE, *[Asked(0.0, 10, 0.0, 0.0)] * 20], 100)
@given(st.lists(requests, min_size=1, max_size=40), st.integers(100, 400))
@settings(max_examples=25, deadline=None)
def test_no_window_wherever_it_begins_exceeds_the_allowance(asked: list[Asked], units: int) -> None:
    allowance = Allowance(minute_units=units, day_units=10**9)
    found = counted(asked, allowance)
    assert len(found) == len(asked)
    for start, _ in found:
        assert sum(spent for at, spent in found if start <= at < start + WINDOW) <= units


def test_requests_that_wait_use_what_is_allowed() -> None:
    prices = [1, 2, 5, 2, 2] * 60
    found = counted([Asked(0.0, units, 0.05, 0.1) for units in prices], Allowance(minute_units=200, day_units=10**9))
    took = found[-1][0] - found[0][0]
    assert took > 3 * WINDOW
    assert sum(prices) >= 0.97 * 200 * took / WINDOW
