"""What leaves the house and what may come back: the guards of the transport, and sessions."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx
import pytest

from clock import CountingIds, FakeClock
from xtenant.domain import errors
from xtenant.domain.ports.units import count_open_units
from xtenant.wire.addresses import CheckedAsyncBackend, is_public
from xtenant.wire.guards import ResponseTooLarge, SentInsideUnit
from xtenant.wire.transport import Connection, Session, open_http, open_http_sync

pytestmark = pytest.mark.anyio

CONTOSO = "https://contoso-admin.sharepoint.com"


class Endless(httpx.AsyncByteStream):
    """A body without an end; counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += 1000
            yield b"x" * 1000


class Answers:
    """Answers in turn, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(answers: Any, **connection: Any) -> httpx.AsyncClient:
    return open_http(Connection(**connection), transport=httpx.MockTransport(answers))


def session(answers: Answers, clock: FakeClock) -> Session:
    async def token_for(resource: str) -> str:
        return f"token-for-{resource}"

    return Session(client(answers), token_for, clock=clock, ids=CountingIds())


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port on loopback that records what arrives; it must stay empty."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    seen: list[bytes] = []
    done = threading.Event()

    def accept() -> None:
        while not done.is_set():
            try:
                with server.accept()[0] as connection:
                    seen.append(connection.recv(1))
            except TimeoutError:
                continue

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield server.getsockname()[1], seen
    finally:
        done.set()
        thread.join()
        server.close()


@contextmanager
def proxy_that_says(status: bytes) -> Iterator[str]:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    thread.join()
    server.close()


async def test_nothing_is_sent_while_a_unit_of_work_is_open() -> None:
    answers = Answers(httpx.Response(200))
    count_open_units(+1)
    try:
        with pytest.raises(SentInsideUnit):
            await client(answers).get(CONTOSO)
        with pytest.raises(SentInsideUnit):
            open_http_sync(Connection(), transport=httpx.MockTransport(answers)).get(CONTOSO)
    finally:
        count_open_units(-1)
    assert answers.requests == []


async def test_a_host_at_a_private_address_is_refused_before_any_connection() -> None:
    with listening() as (port, seen):
        async with open_http(Connection()) as http:
            with pytest.raises(errors.PrivateAddress):
                await http.get(f"https://localhost:{port}/")
        with open_http_sync(Connection()) as http_sync, pytest.raises(errors.PrivateAddress):
            http_sync.get(f"https://127.0.0.1:{port}/")
    assert seen == []


async def test_a_connection_that_allows_private_addresses_makes_one() -> None:
    with listening() as (port, seen):
        async with open_http(Connection(allow_private_addresses=True)) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"https://localhost:{port}/")
    assert len(seen) == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_an_address_that_is_not_public_is_known_in_every_spelling(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["13.107.136.9", "2620:1ec:8f8::9", "::ffff:13.107.136.9"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


class Network(httpcore.AsyncMockBackend):
    """Notes the addresses connected to."""

    def __init__(self, failing: frozenset[str] = frozenset()) -> None:
        super().__init__([])
        self.connected: list[str] = []
        self._failing = failing

    async def connect_tcp(self, host: str, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        if host in self._failing:
            raise httpcore.ConnectError("refused")
        return await super().connect_tcp(host, *args, **options)


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing() -> None:
    looked_up: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["13.107.136.9"] if len(looked_up) == 1 else ["127.0.0.1"]

    network = Network()
    await CheckedAsyncBackend(rebinding, network).connect_tcp("evil-my.sharepoint.com", 443)
    assert (looked_up, network.connected) == (["evil-my.sharepoint.com"], ["13.107.136.9"])


async def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    async def mixed(host: str, port: int) -> list[str]:
        return ["13.107.136.9", "10.0.0.1"]

    network = Network()
    with pytest.raises(errors.PrivateAddress):
        await CheckedAsyncBackend(mixed, network).connect_tcp("evil-my.sharepoint.com", 443)
    assert network.connected == []


async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["13.107.136.9", "13.107.138.9"]

    network = Network(failing=frozenset({"13.107.136.9"}))
    await CheckedAsyncBackend(two, network).connect_tcp("contoso-my.sharepoint.com", 443)
    assert network.connected == ["13.107.136.9", "13.107.138.9"]


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    answers = Answers(httpx.Response(302, headers={"location": "https://evil.example/"}))
    assert (await client(answers).get(CONTOSO)).status_code == 302
    assert len(answers.requests) == 1


async def test_a_huge_body_is_read_no_further_than_the_limit() -> None:
    body = Endless()
    with pytest.raises(ResponseTooLarge):
        await client(Answers(httpx.Response(200, stream=body)), max_response_bytes=5000).get(CONTOSO)
    assert body.taken <= 6000


async def test_an_announced_length_beyond_the_limit_is_refused_unread() -> None:
    body = Endless()
    answer = httpx.Response(200, stream=body, headers={"content-length": "6000"})
    with pytest.raises(ResponseTooLarge):
        await client(Answers(answer), max_response_bytes=5000).get(CONTOSO)
    assert body.taken == 0


def packed(data: bytes) -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(data), headers={"content-encoding": "gzip"})


async def test_a_small_packed_answer_cannot_swell_beyond_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with pytest.raises(ResponseTooLarge):
        await client(Answers(packed(bomb)), max_response_bytes=50_000).get(CONTOSO)


async def test_a_packed_answer_is_unpacked() -> None:
    answer = await client(Answers(packed(gzip.compress(b"hello")))).get(CONTOSO)
    assert answer.content == b"hello"


async def test_a_packed_answer_that_ends_in_the_middle_is_no_answer() -> None:
    with pytest.raises(errors.NetworkError):
        await client(Answers(packed(gzip.compress(b"hello" * 100)[:-9]))).get(CONTOSO)


async def test_an_unknown_packing_is_refused() -> None:
    answer = httpx.Response(200, stream=httpx.ByteStream(b""), headers={"content-encoding": "br"})
    with pytest.raises(errors.NetworkError):
        await client(Answers(answer)).get(CONTOSO)


@pytest.mark.parametrize(
    ("status", "words"), [(b"403 Forbidden", "unknown host"), (b"503 Service Unavailable", "is stopped")]
)
async def test_the_lab_proxy_says_why_it_does_not_lead_there(status: bytes, words: str, clock: FakeClock) -> None:
    async def token_for(resource: str) -> str:
        return "token"

    with proxy_that_says(status) as proxy_url:
        async with open_http(Connection(proxy_url=proxy_url)) as http:
            with pytest.raises(errors.NetworkError, match=words):
                await Session(http, token_for, clock=clock, ids=CountingIds()).request("GET", CONTOSO)


async def test_a_session_sends_the_hosts_own_token_and_says_who_it_is(clock: FakeClock) -> None:
    answers = Answers(httpx.Response(200))
    await session(answers, clock).request("POST", f"{CONTOSO}/_api/x", json={"a": 1})
    headers = answers.requests[0].headers
    assert headers["authorization"] == f"Bearer token-for-{CONTOSO}"
    assert headers["user-agent"] == "NONISV|xtenant|xtenant/0.1"
    assert len(headers["client-request-id"]) == 36


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://contoso-admin.sharepoint.com/",
        "https://contoso-admin.sharepoint.com:8443/",
        "https://sharepoint.com.evil.example/",
        "https://graph.microsoft.com@evil.example/",
        "https://evilsharepoint.com/",
    ],
)
async def test_no_token_goes_to_another_host(url: str, clock: FakeClock) -> None:
    answers = Answers(httpx.Response(200))
    with pytest.raises(errors.UsageError):
        await session(answers, clock).request("GET", url)
    assert answers.requests == []


async def test_a_busy_service_is_asked_again_when_it_says(clock: FakeClock) -> None:
    answers = Answers(
        httpx.Response(429, headers={"retry-after": "7"}),
        httpx.Response(503, headers={"retry-after": "Mon, 23 Nov 2026 12:01:07 GMT"}),
        httpx.Response(200),
    )
    assert (await session(answers, clock).request("GET", CONTOSO)).status_code == 200
    assert clock.waited == [7.0, 60.0]


async def test_the_last_answer_counts_when_patience_ends(clock: FakeClock) -> None:
    answers = Answers(httpx.Response(503))
    assert (await session(answers, clock).request("GET", CONTOSO)).status_code == 503
    assert len(answers.requests) == 5
    assert clock.waited == [0.5, 1.0, 2.0, 4.0]


async def test_a_wait_beyond_the_total_time_is_not_begun(clock: FakeClock) -> None:
    answers = Answers(httpx.Response(429, headers={"retry-after": "3600"}))
    assert (await session(answers, clock).request("GET", CONTOSO)).status_code == 429
    assert clock.waited == []


async def test_a_post_is_sent_once_unless_it_may_be_repeated(clock: FakeClock) -> None:
    busy, fine = httpx.Response(503), httpx.Response(200)
    once = Answers(busy, fine)
    assert (await session(once, clock).request("POST", CONTOSO)).status_code == 503
    again = Answers(busy, fine)
    assert (await session(again, clock).request("POST", CONTOSO, idempotent=True)).status_code == 200


async def test_a_lost_connection_is_tried_again_and_then_told(clock: FakeClock) -> None:
    recovering = Answers(httpx.ConnectError("refused"), httpx.Response(200))
    assert (await session(recovering, clock).request("GET", CONTOSO)).status_code == 200
    with pytest.raises(errors.NetworkError, match=r"contoso-admin\.sharepoint\.com"):
        await session(Answers(httpx.ConnectError("refused")), clock).request("GET", CONTOSO)
