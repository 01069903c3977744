"""Writers of one database take turns in the order they ask; nobody overtakes, nobody is forgotten."""

from __future__ import annotations

import threading

import pytest

from xtenant.storage.turns import Turns


def until_waiting(turns: Turns, count: int) -> None:
    while len(turns._waiting) < count:  # pyright: ignore[reportPrivateUsage]
        threading.Event().wait(0.001)


def test_turns_come_in_the_order_of_asking() -> None:
    turns, came = Turns(), list[int]()

    def ask(number: int) -> None:
        with turns.turn(seconds=30) as held:
            assert held
            came.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    with turns.turn(seconds=1):
        for number, thread in enumerate(threads):
            thread.start()
            until_waiting(turns, number + 1)
    for thread in threads:
        thread.join()
    assert came == list(range(8))


def test_a_writer_that_comes_back_at_once_stands_behind_those_who_wait() -> None:
    turns, came = Turns(), list[str]()

    def ask() -> None:
        with turns.turn(seconds=30):
            came.append("patient")

    patient = threading.Thread(target=ask)
    with turns.turn(seconds=1):
        patient.start()
        until_waiting(turns, 1)
    with turns.turn(seconds=30):
        came.append("hasty")
    patient.join()
    assert came == ["patient", "hasty"]


def test_who_waits_too_long_is_told_and_takes_no_turn_away() -> None:
    turns = Turns()
    with turns.turn(seconds=1), turns.turn(seconds=0.01) as held:
        assert not held
    with turns.turn(seconds=0.01) as held:
        assert held


def test_a_turn_is_passed_on_when_its_holder_fails() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="broken"), turns.turn(seconds=1):
        raise ValueError("broken")
    with turns.turn(seconds=0) as held:
        assert held
