"""Our own bucket: how much of a tenant's published limits one app of ours spends, and waiting when it has to.

A request counts from the moment it is let out until one window after its answer. The service counts it somewhere between, so that
whatever window the service has, wherever that begins and however long answers take, what falls into it was once together in our own
sum, which never exceeds the allowance. Within that the bucket spends evenly, no faster than the window's average but for a small
credit. What is spent is told to a ledger beforehand, so that a killed process leaves no more behind than it had announced.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from xtenant.domain import errors
from xtenant.domain.budget import PRICES, SHARE, Allowance, Prices
from xtenant.domain.ports.clock import Clock

SLICES = 20
"""Into how many slices a window is cut for the ledger, and how much of a window may be spent ahead of the even pace."""

PATIENCE_SECONDS = 900.0
"""How long one request waits at most; who is told to wait longer hears when to come again."""

BUSY = frozenset({429, 503})
_LONGEST_ASKED_SECONDS = 86_400.0
_NEARLY_NOTHING = 0.02
_POLL = 0.005
_SHORTEST_WAIT_SECONDS = 0.001  # less than a clock can tell would be waited for again and again
_DEFAULT_HOLD_SECONDS = 10.0


class BudgetSpent(errors.Throttled):
    """What the tenant allows is spent for longer than a request waits."""

    code = "budgetSpent"
    remedy = "Run the command again after the time named; a discovery goes on where it stood."


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What one process announced to spend from `began` to `ended` (seconds since 1970)."""

    key: str
    began: float
    ended: float
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows besides our own recent slices: those of others, and the day's whole use.

    `day_frees` are (time, units): when units of the day become free again, the earliest first.
    """

    others: Sequence[Slice] = ()
    day_units: int = 0
    day_frees: Sequence[tuple[float, int]] = ()


class Ledger(Protocol):
    """What was spent, beyond this process."""

    def exchange(self, mine: Sequence[Slice], now: float, allowance: Allowance) -> Known:
        """Note our slices, which replace those of the same key; what there is besides."""
        ...


def asked_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """What an answer asks to wait: the longer of `Retry-After` (seconds or a date) and `RateLimit-Reset`; None for neither."""
    told = [_retry_after(headers.get("retry-after", ""), now), _seconds(headers.get("ratelimit-reset", ""))]
    known = [seconds for seconds in told if seconds is not None]
    return min(_LONGEST_ASKED_SECONDS, max(known)) if known else None


def _retry_after(text: str, now: datetime) -> float | None:
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    try:
        then = parsedate_to_datetime(text.strip())
    except ValueError:
        return None
    then = then if then.tzinfo is not None else then.replace(tzinfo=now.tzinfo)
    return max(0.0, (then - now).total_seconds())


def _seconds(text: str) -> float | None:
    bare = text.strip()
    return float(bare) if bare.isascii() and bare.replace(".", "", 1).isdigit() else None


class Bucket:
    """One tenant's budget for all sessions of a process, whatever threads they run in.

    `enforced` makes it wait; else it only counts until an answer shows that the tenant holds to limits. `row_known` says that
    the allowance is the tenant's own row and not a cautious guess, so that a larger limit told by the tenant changes nothing;
    `learns_window` is for labs, whose windows may be shorter.
    """

    def __init__(
        self,
        allowance: Allowance,
        *,
        clock: Clock,
        ledger: Ledger,
        key: str,
        prices: Prices = PRICES,
        enforced: bool = True,
        row_known: bool = True,
        learns_window: bool = False,
    ) -> None:
        self.allowance = allowance
        self.prices = prices
        self.enforced = enforced
        self.waited_seconds = 0.0
        self.spent_units = 0
        self._clock = clock
        self._ledger = ledger
        self._key = key
        self._row_known = row_known
        self._learns_window = learns_window
        self._zero = clock.security_now().timestamp() - clock.monotonic()
        self._lock = threading.Lock()
        self._flying = 0
        self._answered: deque[tuple[float, int]] = deque()
        self._answered_units = 0
        self._due = 0.0
        self._held_until = 0.0
        self._slice: _OwnSlice | None = None
        self._number = 0
        self._known = Known()

    def enforce(self) -> None:
        """Wait from now on."""
        self.enforced = True

    @asynccontextmanager
    async def turn(self, units: int) -> AsyncGenerator[float]:
        """Let a request of so many units out when its turn comes; how long it waited. Raises BudgetSpent."""
        waited = 0.0
        while (wait := self._wait(units)) > 0:
            if wait > PATIENCE_SECONDS:
                raise self._spent(wait)
            await self._clock.sleep(wait)
            waited += wait
            self.waited_seconds += wait
        try:
            yield waited
        finally:
            self._count_answer(units)

    def learn(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Take what an answer says of the limits; how long it asks to wait where it refuses."""
        asked = asked_seconds(headers, self._clock.security_now())
        limit = _first_number(headers.get("ratelimit-limit", ""))
        with self._lock:
            if limit is not None or status == 429:
                self.enforced = True
            if limit:
                self._adopt_limit(limit, headers.get("ratelimit-limit", ""))
            if status == 429 or (status in BUSY and asked is not None):
                self._hold(asked if asked is not None else _DEFAULT_HOLD_SECONDS)
                return asked
            rest = _seconds(headers.get("ratelimit-remaining", ""))
            if (
                limit and rest is not None and rest < _NEARLY_NOTHING * limit
            ):  # others spend too: we alone stay above this
                self._hold(_seconds(headers.get("ratelimit-reset", "")) or 0.0)
        return None

    def _hold(self, seconds: float) -> None:
        self._held_until = max(self._held_until, self._now() + seconds)

    def _adopt_limit(self, limit: int, text: str) -> None:
        """What the tenant calls its limit: never more than the row an administrator named."""
        units = max(1, int(limit * SHARE))
        mine = self.allowance
        if self._row_known:
            units = min(units, mine.minute_units)
        window = _window_in(text) if self._learns_window else None
        shorter = min(1.0, window / mine.minute_seconds) if window else 1.0
        self.allowance = replace(
            mine,
            minute_units=units,
            day_units=mine.day_units * units // mine.minute_units,  # the rows keep one ratio between minute and day
            minute_seconds=mine.minute_seconds * shorter,
            day_seconds=mine.day_seconds * shorter,
        )

    def _now(self) -> float:
        """Seconds since 1970 on a clock that does not jump."""
        return self._clock.monotonic() + self._zero

    def _wait(self, units: int) -> float:
        """Seconds until a request may be let out; with 0 it is let out and counted."""
        with self._lock:
            now = self._now()
            if self.enforced and self._slice is None:  # what others spent, and what we did before we were killed
                self._known = self._ledger.exchange((), now, self.allowance)
            if self.enforced:
                wait = max(self._held_until - now, 0.0)
                if units and not wait:
                    wait = self._short_of(units, now)
                if wait > 0:
                    return max(wait, _SHORTEST_WAIT_SECONDS)
            if units:
                self._let_out(units, now)
            return 0.0

    def _short_of(self, units: int, now: float) -> float:
        """How long until the even pace, the minute and the day all have room."""
        allowed = self.allowance
        self._forget(now)
        if self._due > now:
            return self._due - now
        window = allowed.minute_seconds
        others = [(each.ended + window / SLICES, each.units) for each in self._known.others]
        room = allowed.minute_units - self._flying - self._answered_units
        room -= sum(spent for end, spent in others if end + window > now)
        wanted = min(units, allowed.minute_units)
        if room < wanted:
            frees = sorted([*self._answered, *((end, spent) for end, spent in others if end + window > now)])
            return _until_free([(at + window, spent) for at, spent in frees], wanted - room, now) or window * _POLL
        self._announce(units, now)
        short = self._known.day_units - allowed.day_units
        return (_until_free(self._known.day_frees, short, now) or PATIENCE_SECONDS + 1) if short > 0 else 0.0

    def _let_out(self, units: int, now: float) -> None:
        allowed = self.allowance
        if self.enforced:
            credit = allowed.minute_seconds / SLICES
            self._due = max(self._due, now - credit) + units / allowed.units_a_second
            self._announce(units, now)
            if self._slice is not None:
                self._slice.used += units
        self._flying += units
        self.spent_units += units

    def _announce(self, units: int, now: float) -> None:
        """Tell the ledger of a new slice where the present one is over or used up."""
        mine, allowed = self._slice, self.allowance
        if mine is not None and now < mine.ended and mine.used + units <= mine.units:
            return
        before = [] if mine is None else [mine.told(self._key, mine.used)]
        self._number += 1
        self._slice = _OwnSlice(
            number=self._number,
            began=now,
            ended=now + allowed.minute_seconds / SLICES,
            units=max(units, allowed.minute_units // SLICES),
        )
        told = [*before, self._slice.told(self._key, self._slice.units)]
        self._known = self._ledger.exchange(told, now, allowed)

    def _count_answer(self, units: int) -> None:
        if not units:
            return
        with self._lock:
            self._flying -= units
            self._answered.append((self._now(), units))
            self._answered_units += units
            self._forget(self._now())

    def _forget(self, now: float) -> None:
        window = self.allowance.minute_seconds
        while self._answered and self._answered[0][0] + window <= now:
            self._answered_units -= self._answered.popleft()[1]

    def _spent(self, wait: float) -> BudgetSpent:
        then = datetime.fromtimestamp(self._now() + wait, tz=self._clock.security_now().tzinfo)
        when = then.isoformat(timespec="minutes").replace("+00:00", "Z")
        return BudgetSpent(f"The tenant allows no more until {when}.", retry_after_seconds=round(wait))


@dataclass(slots=True, kw_only=True)
class _OwnSlice:
    number: int
    began: float
    ended: float
    units: int
    used: int = field(default=0)

    def told(self, key: str, units: int) -> Slice:
        return Slice(key=f"{key}/{self.number}@{self.began:.3f}", began=self.began, ended=self.ended, units=units)


def _until_free(frees: Sequence[tuple[float, int]], wanted: int, now: float) -> float:
    """Seconds until so many units are free again; 0 when what is known does not suffice."""
    for at, units in frees:
        wanted -= units
        if wanted <= 0:
            return max(at - now, 1e-6)
    return 0.0


def _first_number(text: str) -> int | None:
    first = text.split(",")[0].split(";")[0].strip()
    return int(first) if first.isascii() and first.isdigit() else None


def _window_in(text: str) -> float | None:
    """The length of the window where the answer tells its policy (`2500, 2500;w=6`)."""
    for part in text.split(";")[1:]:
        name, _, value = part.partition("=")
        seconds = _seconds(value.split(",")[0])
        if name.strip() == "w" and seconds:
            return seconds
    return None
