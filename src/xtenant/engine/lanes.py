"""The same work on many things, a few at a time: threads that wait for a partner and for the disk beside each other.

With one lane everything runs in the caller's thread, in order: simulations depend on it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_lanes(work: Callable[[T], R], things: Iterable[T], lanes: int) -> Generator[R]:
    """The results in the order of the things; at most `lanes` are worked on, and one more is done and waits.

    The first error ends it; what is being worked on is waited for, what was not begun is not.
    """
    if lanes < 2:
        yield from map(work, things)
        return
    coming = iter(things)
    with ThreadPoolExecutor(lanes, thread_name_prefix="lane") as pool:
        begun: deque[Future[R]] = deque()
        try:
            for thing in coming:
                begun.append(pool.submit(work, thing))
                if len(begun) > lanes:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
