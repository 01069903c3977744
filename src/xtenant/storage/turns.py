"""Taking turns: whoever asks first to write goes first.

SQLite lets a writer that comes back at once overtake those that sleep and try again, so one busy loop starves all others.
A service has its database for itself (its home is locked), therefore a queue inside the process is enough.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager


class Turns:
    """One holder at a time, in the order of asking; safe between threads, not within one."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, *, seconds: float) -> Generator[bool]:
        """Wait for one's turn; False when it did not come in that time (then nothing is held)."""
        held = self._take(seconds)
        try:
            yield held
        finally:
            if held:
                self._pass_on()

    def _take(self, seconds: float) -> bool:
        with self._state:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            came = mine.wait(seconds)
        except BaseException:  # Ctrl-C while waiting: the turn that may have come meanwhile goes on to the next
            self._give_up(mine)
            raise
        return came or self._came_after_all(mine)

    def _came_after_all(self, mine: threading.Event) -> bool:
        with self._state:
            if mine.is_set():
                return True
            self._waiting.remove(mine)
            return False

    def _give_up(self, mine: threading.Event) -> None:
        if self._came_after_all(mine):
            self._pass_on()

    def _pass_on(self) -> None:
        with self._state:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
