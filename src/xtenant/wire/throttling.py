"""A tenant service that holds its callers to Microsoft's published limits (content-api.md 1.17), when the operator says so.

Windows are fixed, not sliding: `RateLimit-Reset` tells when 'the current window' is refilled, which only a fixed one has. They run
on the service's own steady clock, so that no client can know where one begins. What is refused still counts. Everything is kept in
memory: a service that restarts has forgotten it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.budget import DAY_SECONDS, MINUTE_SECONDS, TENANT_WINDOW_SECONDS, USER_REQUESTS, Row, row_for
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import TenantSettings, Throttling
from xtenant.wire.prices import units_of

TOLD_FROM = 0.8
"""From what part of the minute's units on answers say how much is left."""

BLOCK_WINDOWS = 5
"""How many minute windows a block lasts (our choice: Microsoft says only that it is lasting)."""


KEPT_MINUTES = 5_000


class OverBudget(errors.Throttled):
    """The app has used up what a window allows; `headers` say when to come again."""

    def __init__(self, text: str, headers: Mapping[str, str]) -> None:
        super().__init__(text, retry_after_seconds=int(headers["Retry-After"]))
        self.headers = headers


class Blocked(OverBudget):
    """The app went on sending a whole window's worth while it was refused: 503 for a good while."""

    code = "serviceNotAvailable"


def headers_of(error: errors.XTenantError) -> Mapping[str, str]:
    """What an answer to a throttled request says in its headers."""
    if isinstance(error, OverBudget):
        return error.headers
    if isinstance(error, errors.Throttled):
        return {"Retry-After": str(error.facts.get("retry_after_seconds", 10))}
    return {}


class Window:
    """How much each key has used in the present stretch of so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._number = -1
        self._used: dict[UUID | None, int] = {}

    def add(self, key: UUID | None, amount: int, now: float) -> int:
        """Count; what the key has used of this window, this included."""
        number = math.floor(now / self.seconds)
        if number != self._number:
            self._number, self._used = number, {}
        self._used[key] = self._used.get(key, 0) + amount
        return self._used[key]

    def seconds_left(self, now: float) -> int:
        """Until the next window begins, rounded up: whoever comes then is never too early."""
        return max(1, math.ceil((math.floor(now / self.seconds) + 1) * self.seconds - now))


@dataclass(slots=True, kw_only=True)
class Minute:
    """What was asked in one window of a minute: units and requests with those refused, and how many were refused."""

    number: int
    units: int = 0
    requests: int = 0
    refused: int = 0


@dataclass(slots=True, kw_only=True)
class _Books:
    """The windows in force."""

    row: Row
    speed: int
    minute: Window
    day: Window
    tenant: Window
    person: Window
    insisted: Window
    blocked_until: dict[UUID | None, float]


class Meter:
    """Counts what each caller asks for. One thread charges; another may switch it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._books: _Books | None = None
        self._adopted: tuple[Throttling, int, int] | None = None
        self.minutes: deque[Minute] = deque(maxlen=KEPT_MINUTES)
        """What was asked in the last windows of a minute, all apps together, windows without a request left out."""

    def adopt(self, settings: TenantSettings) -> None:
        """Take the settings in force; counts begin anew where they changed."""
        wanted = (settings.throttle, settings.throttle_licences, settings.throttle_speed)
        if wanted == self._adopted:
            return
        self._adopted = wanted
        self._books = _books(*wanted[1:]) if settings.throttle is Throttling.PUBLISHED else None

    def charge(self, caller: Caller, method: str, host: str, raw_path: str, query: str) -> Mapping[str, str]:
        """Count a request of a signed-in caller before it is answered; what its answer is to say of the limit.

        Partners and calls without a token are not counted: a move has a budget of its own. Raises OverBudget, Blocked.
        """
        books = self._books
        if books is None or caller.kind not in (CallerKind.USER, CallerKind.APP):
            return {}
        units = units_of(method, host, raw_path, query)
        if units == 0:
            return {}
        now = self._clock.monotonic()
        try:
            told = self._counted(books, caller, units, now)
        except OverBudget:
            self._note(books, now, units, True)
            raise
        self._note(books, now, units, False)
        return told

    def _counted(self, books: _Books, caller: Caller, units: int, now: float) -> Mapping[str, str]:
        app = caller.app_id
        minute = books.minute.add(app, units, now)
        over = [
            window
            for window, limit, used in (
                (books.minute, books.row.minute_units, minute),
                (books.day, books.row.day_units, books.day.add(app, units, now)),
                (books.tenant, books.row.tenant_units, books.tenant.add(None, units, now)),
                (books.person, USER_REQUESTS, books.person.add(caller.user_id, 1, now) if caller.user_id else 0),
            )
            if used > limit
        ]
        blocked_until = books.blocked_until.get(app, 0.0)
        if now < blocked_until:
            raise Blocked("This app goes on sending while it is refused.", _retry(math.ceil(blocked_until - now)))
        if over:
            self._refuse(books, app, units, now, over, minute)
        return _told(books, minute, now) if minute >= TOLD_FROM * books.row.minute_units else {}

    def _refuse(self, books: _Books, app: UUID | None, units: int, now: float, over: list[Window], minute: int) -> None:
        if books.insisted.add(app, units, now) > books.row.minute_units:
            books.blocked_until[app] = now + BLOCK_WINDOWS * books.minute.seconds
            raise Blocked(
                "This app goes on sending while it is refused.", _retry(math.ceil(BLOCK_WINDOWS * books.minute.seconds))
            )
        wait = max(window.seconds_left(now) for window in over)
        told = _told(books, minute, now) if over == [books.minute] else {}
        raise OverBudget("Too many requests: the app has used up its resource units.", {**_retry(wait), **told})

    def _note(self, books: _Books, now: float, units: int, refused: bool) -> None:
        number = math.floor(now / books.minute.seconds)
        if not self.minutes or self.minutes[-1].number != number:
            self.minutes.append(Minute(number=number))
        minute = self.minutes[-1]
        minute.units += units
        minute.requests += 1
        minute.refused += refused


def _books(licences: int, speed: int) -> _Books:
    minute = MINUTE_SECONDS / speed
    return _Books(
        row=row_for(licences),
        speed=speed,
        minute=Window(minute),
        day=Window(DAY_SECONDS / speed),
        tenant=Window(TENANT_WINDOW_SECONDS / speed),
        person=Window(TENANT_WINDOW_SECONDS / speed),
        insisted=Window(minute),
        blocked_until={},
    )


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(max(1, seconds))}


def _told(books: _Books, used: int, now: float) -> dict[str, str]:
    """The three headers of draft-03; a lab whose windows are shorter says how long they are, as the draft has it."""
    limit = books.row.minute_units
    length = "" if books.speed == 1 else f", {limit};w={math.ceil(books.minute.seconds)}"
    return {
        "RateLimit-Limit": f"{limit}{length}",
        "RateLimit-Remaining": str(max(0, limit - used)),
        "RateLimit-Reset": str(books.minute.seconds_left(now)),
    }
