"""Work in lanes: order, how far it runs ahead, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from xtenant.engine.lanes import in_lanes

LANES = 3


@pytest.mark.parametrize("lanes", [1, LANES])
def test_results_come_in_the_order_of_the_things(lanes: int) -> None:
    assert list(in_lanes(lambda number: number * number, range(50), lanes)) == [number * number for number in range(50)]


def test_one_lane_works_in_the_callers_thread_and_never_ahead() -> None:
    done: list[tuple[int, int]] = []
    with closing(in_lanes(lambda number: done.append((number, threading.get_ident())), range(9), 1)) as results:
        next(results)
    assert done == [(0, threading.get_ident())]


def test_lanes_work_side_by_side() -> None:
    meeting = threading.Barrier(LANES, timeout=10)
    assert list(in_lanes(lambda _: meeting.wait() >= 0, range(LANES * 2), LANES)) == [True] * LANES * 2


def test_no_more_is_begun_than_there_are_lanes_and_one() -> None:
    asked: list[int] = []

    def things() -> Iterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    with closing(in_lanes(lambda number: number, things(), LANES)) as results:
        assert next(results) == 0
        assert len(asked) == LANES + 1


def test_the_first_error_ends_it_and_nothing_more_is_begun() -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            go_on.set()
            raise KeyError(number)
        assert go_on.wait(10)
        return number

    results = in_lanes(work, range(100), 2)
    with pytest.raises(KeyError):
        list(results)
    assert max(begun) <= 3
