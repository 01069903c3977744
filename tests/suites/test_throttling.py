"""A service that holds its callers to the published limits: windows, headers, blocks, parts of a batch, and what is not counted."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest

from clock import FakeClock
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.tenant import TenantSettings, Throttling
from xtenant.wire.edge import status_of
from xtenant.wire.throttling import Blocked, Meter, OverBudget

APP, OTHER = (UUID(int=number) for number in (1, 2))
GRAPH = "graph.microsoft.com"


def settings(**more: object) -> TenantSettings:
    return dataclasses.replace(TenantSettings(), throttle=Throttling.PUBLISHED, **more)  # type: ignore[arg-type]


@pytest.fixture
def meter(clock: FakeClock) -> Meter:
    made = Meter(clock)
    made.adopt(settings())
    return made


def ask(
    meter: Meter, times: int = 1, *, app: UUID = APP, user: UUID | None = None, path: str = "/v1.0/drives/1/items/2"
):
    kind = CallerKind.USER if user else CallerKind.APP
    told = {}
    for _ in range(times):
        told = meter.charge(Caller(kind=kind, app_id=app, user_id=user), "GET", GRAPH, path, "")
    return told


def refused(meter: Meter, kind: type[OverBudget] = OverBudget, **more: object) -> dict[str, str]:
    with pytest.raises(kind) as caught:
        ask(meter, **more)  # type: ignore[arg-type]
    return dict(caught.value.headers)


def test_answers_tell_of_the_limit_from_four_fifths_on(meter: Meter, clock: FakeClock) -> None:
    assert ask(meter, 999) == {}
    clock.advance(seconds=20)
    assert ask(meter) == {"RateLimit-Limit": "1250", "RateLimit-Remaining": "250", "RateLimit-Reset": "40"}
    assert ask(meter, path="/v1.0/drives/1/items/2/permissions")["RateLimit-Remaining"] == "245"


def test_beyond_the_minute_an_app_is_refused_until_the_next_window_and_others_are_not(
    meter: Meter, clock: FakeClock
) -> None:
    ask(meter, 1_250)
    clock.advance(seconds=29.5)
    assert refused(meter) == {
        "Retry-After": "31",
        "RateLimit-Limit": "1250",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "31",
    }
    assert ask(meter, app=OTHER) == {}
    clock.advance(seconds=30.5)
    assert ask(meter) == {}


def test_an_app_that_goes_on_while_it_is_refused_is_blocked_for_five_windows(meter: Meter, clock: FakeClock) -> None:
    ask(meter, 1_250)
    for _ in range(1_250):
        refused(meter)
    assert refused(meter, Blocked) == {"Retry-After": "300"}
    clock.advance(seconds=299)
    assert refused(meter, Blocked) == {"Retry-After": "1"}
    clock.advance(seconds=1)
    assert ask(meter) == {}
    assert (status_of(Blocked("x", {"Retry-After": "1"})), status_of(OverBudget("x", {"Retry-After": "1"}))) == (
        503,
        429,
    )


def test_what_is_refused_counts_for_the_day_whose_end_is_told_without_the_minutes_headers(clock: FakeClock) -> None:
    meter = Meter(clock)
    meter.adopt(settings())
    assert meter._books is not None
    meter._books.day.add(APP, 1_200_000 - 1_255, clock.monotonic())  # as 960 full minutes would
    ask(meter, 250, path="/v1.0/drives/1/items/2/permissions")
    refused(meter, path="/v1.0/drives/1/items/2/permissions")
    clock.advance(seconds=60)
    assert list(refused(meter)) == ["Retry-After"]


def test_a_person_has_three_thousand_requests_in_five_minutes_by_whatever_app(meter: Meter, clock: FakeClock) -> None:
    for number in range(3):
        ask(meter, 1_000, user=APP, app=UUID(int=10 + number))
    assert list(refused(meter, user=APP, app=OTHER)) == ["Retry-After"]
    assert ask(meter, user=OTHER, app=OTHER) == {}


def test_the_whole_tenant_has_a_row_of_its_own(meter: Meter) -> None:
    for number in range(15):
        ask(meter, 1_250, app=UUID(int=10 + number))
    assert list(refused(meter, app=OTHER)) == ["Retry-After"]


def test_a_faster_lab_says_how_long_its_windows_are(clock: FakeClock) -> None:
    meter = Meter(clock)
    meter.adopt(settings(throttle_speed=10, throttle_licences=2_000))
    told = ask(meter, 2_000)
    assert (told["RateLimit-Limit"], told["RateLimit-Reset"]) == ("2500, 2500;w=6", "6")


def test_switched_off_nothing_is_counted_and_switching_on_begins_anew(meter: Meter) -> None:
    ask(meter, 1_250)
    meter.adopt(TenantSettings())
    assert ask(meter, 1_250) == {}
    meter.adopt(settings())
    assert ask(meter) == {}
    assert [(minute.units, minute.refused) for minute in meter.minutes] == [(1_251, 0)]


@pytest.mark.parametrize("kind", [CallerKind.ANONYMOUS, CallerKind.PARTNER])
def test_partners_and_strangers_have_another_budget(meter: Meter, kind: CallerKind) -> None:
    for _ in range(2_000):
        meter.charge(Caller(kind=kind), "GET", GRAPH, "/v1.0/drives/1/items/2/permissions", "")
    assert not meter.minutes
