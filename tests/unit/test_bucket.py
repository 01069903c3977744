"""The bucket: what answers teach it, the day's row, what outlives a kill, and what another process spends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from clock import CountingIds, FakeClock
from xtenant.client.budget import FileLedger
from xtenant.domain import errors
from xtenant.domain.budget import Allowance
from xtenant.protocols.graph.call import batch
from xtenant.wire.pacing import Bucket, BudgetSpent, asked_seconds
from xtenant.wire.transport import Connection, Session, open_http

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALLOWED = Allowance(minute_units=100, day_units=250)
DRIVE = "https://graph.microsoft.com/v1.0/drives/1/items/2"


def bucket_on(path: Path, clock: FakeClock, allowed: Allowance = ALLOWED, **more: bool) -> Bucket:
    return Bucket(allowed, clock=clock, ledger=FileLedger(path / "a.json"), key=f"process-{id(path)}", **more)


async def spend(bucket: Bucket, units: int, times: int = 1) -> float:
    waited = 0.0
    for _ in range(times):
        async with bucket.turn(units) as each:
            waited += each
    return waited


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "7", "ratelimit-reset": "31"}, 31.0),
        ({"retry-after": "70", "ratelimit-reset": "31"}, 70.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:07 GMT"}, 67.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", "ratelimit-reset": "3"}, 3.0),
        ({"ratelimit-reset": "31"}, 31.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "999999999999"}, 86_400.0),
        ({}, None),
    ],
)
def test_an_answer_asks_for_the_longer_of_both_waits(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_seconds(headers, NOW) == seconds


async def test_a_refusal_holds_every_session_of_the_tenant(tmp_path: Path, clock: FakeClock) -> None:
    bucket = bucket_on(tmp_path, clock)
    assert bucket.learn(429, {"retry-after": "20", "ratelimit-reset": "45"}) == 45.0
    assert await spend(bucket, 1) == pytest.approx(45.0)
    bucket.learn(429, {})
    assert await spend(bucket, 1) >= 10.0


async def test_a_wait_beyond_patience_is_told_with_its_time(tmp_path: Path, clock: FakeClock) -> None:
    bucket = bucket_on(tmp_path, clock)
    bucket.learn(503, {"retry-after": "7200"})
    with pytest.raises(BudgetSpent, match="2026-11-23T14:00Z"):
        await spend(bucket, 1)
    assert clock.waited == []


async def test_a_503_without_a_time_is_no_limit(tmp_path: Path, clock: FakeClock) -> None:
    bucket = bucket_on(tmp_path, clock)
    bucket.learn(503, {})
    assert await spend(bucket, 1) == 0.0


async def test_when_others_use_up_the_window_ours_waits_for_the_next(tmp_path: Path, clock: FakeClock) -> None:
    bucket = bucket_on(tmp_path, clock)
    bucket.learn(200, {"ratelimit-limit": "105", "ratelimit-remaining": "10", "ratelimit-reset": "30"})
    assert await spend(bucket, 1) == 0.0
    bucket.learn(200, {"ratelimit-limit": "105", "ratelimit-remaining": "1", "ratelimit-reset": "30"})
    assert await spend(bucket, 1) == pytest.approx(30.0)


async def test_a_lab_profile_is_paced_once_its_tenant_shows_limits(tmp_path: Path, clock: FakeClock) -> None:
    bucket = bucket_on(tmp_path, clock, enforced=False, row_known=False, learns_window=True)
    assert await spend(bucket, 50, 4) == 0.0
    assert not (tmp_path / "a.json").exists()
    bucket.learn(200, {"ratelimit-limit": "2500, 2500;w=6", "ratelimit-remaining": "400", "ratelimit-reset": "3"})
    assert (bucket.allowance.minute_units, bucket.allowance.minute_seconds) == (2_375, 6.0)
    assert await spend(bucket, 50, 100) > 0.0
    assert bucket.allowance.day_seconds == 8_640.0


async def test_a_tenant_of_microsoft_365_teaches_no_shorter_window_and_no_larger_row(
    tmp_path: Path, clock: FakeClock
) -> None:
    bucket = bucket_on(tmp_path, clock)
    bucket.learn(200, {"ratelimit-limit": "2500, 2500;w=6"})
    assert bucket.allowance == ALLOWED
    bucket.learn(200, {"ratelimit-limit": "80"})
    assert bucket.allowance.minute_units == 76


async def test_what_a_killed_process_spent_counts_in_the_next(tmp_path: Path, clock: FakeClock) -> None:
    await spend(bucket_on(tmp_path, clock), 5, 20)
    clock.advance(seconds=1)
    before = clock.monotonic()
    await spend(Bucket(ALLOWED, clock=clock, ledger=FileLedger(tmp_path / "a.json"), key="after"), 5)
    assert clock.monotonic() - before > 1.0


async def test_the_days_row_holds_across_runs_and_says_when_to_come_again(tmp_path: Path, clock: FakeClock) -> None:
    await spend(bucket_on(tmp_path, clock), 5, 40)
    clock.advance(seconds=3_600)
    with pytest.raises(BudgetSpent, match="2026-11-24T12:"):
        await spend(bucket_on(tmp_path, clock), 5, 20)
    clock.advance(days=1.05)
    assert await spend(bucket_on(tmp_path, clock), 5) == 0.0


async def test_a_file_cut_in_two_counts_as_nothing_known(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "a.json").write_text('{"recent": {"x')
    assert await spend(bucket_on(tmp_path, clock), 5) == 0.0


def session_of(answers: list[httpx.Response], bucket: Bucket, clock: FakeClock) -> Session:
    async def token_for(resource: str) -> str:
        return "token"

    http = open_http(Connection(), transport=httpx.MockTransport(lambda request: answers.pop(0)))
    return Session(http, token_for, clock=clock, ids=CountingIds(), budget=bucket)


async def test_a_refused_request_is_sent_again_after_the_wait_and_spends_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    bucket = bucket_on(tmp_path, clock)
    refusal = httpx.Response(429, headers={"Retry-After": "5", "RateLimit-Reset": "8"})
    answer = await session_of([refusal, httpx.Response(200)], bucket, clock).request("GET", DRIVE)
    assert (answer.status_code, bucket.spent_units) == (200, 2)
    assert sum(clock.waited) == pytest.approx(8.0, abs=0.1)


def batch_answer(*answers: dict[str, object]) -> httpx.Response:
    return httpx.Response(200, json={"responses": [{"id": str(n), **each} for n, each in enumerate(answers)]})


async def test_a_part_of_a_batch_that_is_refused_holds_everybody_and_is_asked_again_alone(
    tmp_path: Path, clock: FakeClock
) -> None:
    bucket = bucket_on(tmp_path, clock)
    refused = {"status": 429, "headers": {"Retry-After": "4", "RateLimit-Reset": "12"}, "body": {}}
    fine: dict[str, object] = {"status": 200, "body": {"id": "x"}}
    again = httpx.Response(200, json={"responses": [{"id": "1", **fine}]})
    session = session_of([batch_answer(fine, refused), again], bucket, clock)
    parts = [batch.Part(url="/drives/1/items/1"), batch.Part(url="/drives/1/items/2")]
    found = await batch.send(session, parts, clock=clock)
    assert [each.status for each in found] == [200, 200]
    assert sum(clock.waited) == pytest.approx(12.0, abs=0.1)
    assert bucket.spent_units == 3


async def test_a_part_that_asks_for_hours_is_not_asked_again(tmp_path: Path, clock: FakeClock) -> None:
    refused: dict[str, object] = {"status": 429, "headers": {"Retry-After": "7200"}, "body": {}}
    session = session_of([batch_answer(refused)], bucket_on(tmp_path, clock), clock)
    found = await batch.send(session, [batch.Part(url="/drives/1/items/1")], clock=clock)
    assert isinstance(found[0].failure, errors.Throttled)
