"""How a request leaves the house: one way to open HTTP with every guard on it, and sessions that carry tokens.

Own trust in certificates, nothing read from the environment, no redirects, bounded answers, no address that is not public
unless the connection says so, and no request at all while a unit of work is open (design sections 3 and 5). A token goes
to Microsoft's host names only; calls that may be repeated are repeated within bounds, waiting through the Clock port.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import tenacity

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT, MIB, Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, SHAREPOINT_SUFFIX
from xtenant.wire.addresses import POOL, PinnedAsyncTransport, PinnedTransport
from xtenant.wire.guards import GuardedAsyncTransport, GuardedTransport
from xtenant.wire.pacing import Bucket, asked_seconds
from xtenant.wire.prices import units_of, units_of_batch
from xtenant.wire.readonly import ReadOnlyAsyncTransport, ReadOnlyTransport
from xtenant.wire.watching import Watch, WatchedAsyncTransport, WatchedTransport

USER_AGENT = "NONISV|xtenant|xtenant/0.1"
RETRIED_STATUSES = frozenset({429, 503, 504})
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where requests lead and what they trust.

    `proxy_url` is the lab's or company's CONNECT proxy (`http://127.0.0.1:3128`); `ca_file` a PEM bundle that replaces the
    public certificate authorities. Without a proxy, hosts at private addresses are refused unless
    `allow_private_addresses`. `max_response_bytes` counts the decoded body.
    """

    proxy_url: str | None = None
    ca_file: Path | None = None
    allow_private_addresses: bool = False
    read_only: bool = False
    """Send nothing but the calls that `wire/readonly.py` lists."""
    watch: Watch | None = None
    """Asked before every other call, and told how it ended."""
    timeout_seconds: float = 60.0
    max_response_bytes: int = 64 * MIB


def open_http(connection: Connection, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """An HTTP client with every guard on; `transport` stands in for the network in tests of one process.

    Its requests raise httpx's own errors for the network (`network_error` words them), PrivateAddress, ResponseTooLarge,
    SentInsideUnit, ReadOnlyRefused on a connection that may only read, and what its watch raises.
    """
    guarded = GuardedAsyncTransport(transport or _async_transport(connection), connection.max_response_bytes)
    watched = WatchedAsyncTransport(guarded, connection.watch) if connection.watch else guarded
    return httpx.AsyncClient(
        transport=ReadOnlyAsyncTransport(guarded) if connection.read_only else watched,
        timeout=connection.timeout_seconds,
        follow_redirects=False,
        trust_env=False,
        headers=_default_headers(),
    )


def open_http_sync(connection: Connection, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """The same for libraries that are not async (msal)."""
    guarded = GuardedTransport(transport or _sync_transport(connection), connection.max_response_bytes)
    watched = WatchedTransport(guarded, connection.watch) if connection.watch else guarded
    return httpx.Client(
        transport=ReadOnlyTransport(guarded) if connection.read_only else watched,
        timeout=connection.timeout_seconds,
        follow_redirects=False,
        trust_env=False,
        headers=_default_headers(),
    )


def network_error(error: httpx.HTTPError, host: str) -> errors.NetworkError:
    """Say in plain words why a request did not get through; a lab's proxy says 403 or 503 (settled A 4)."""
    text = str(error)
    if isinstance(error, httpx.ProxyError) and text.startswith("403"):
        return errors.UnknownHost(f"The proxy does not lead to {host}: unknown host.")
    if isinstance(error, httpx.ProxyError) and text.startswith("503"):
        return errors.NetworkError(
            f"The service of {host} is stopped.", remedy="Start it with `xtenant lab start TENANT`."
        )
    if isinstance(error, httpx.TimeoutException):
        return errors.NetworkError(f"{host} did not answer in time.")
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in text:
        return errors.NetworkError(f"The certificate of {host} is not trusted.")
    return errors.NetworkError(f"{host} could not be reached: {text.rstrip('.') or type(error).__name__}.")


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; the given authorities only, else the public ones."""
    if ca_file is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _default_headers() -> dict[str, str]:
    return {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}


def _async_transport(connection: Connection) -> httpx.AsyncBaseTransport:
    context = tls_context(connection.ca_file)
    if connection.proxy_url is not None or connection.allow_private_addresses:
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=POOL, proxy=connection.proxy_url)
    return PinnedAsyncTransport(context)


def _sync_transport(connection: Connection) -> httpx.BaseTransport:
    context = tls_context(connection.ca_file)
    if connection.proxy_url is not None or connection.allow_private_addresses:
        return httpx.HTTPTransport(verify=context, trust_env=False, limits=POOL, proxy=connection.proxy_url)
    return PinnedTransport(context)


TokenFor = Callable[[str], Awaitable[str]]
"""Resource (`https://HOST`) → access token."""


class Session:
    """Sends requests with tokens and retries over a client of `open_http`."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        token_for: TokenFor,
        *,
        clock: Clock,
        ids: IdSource,
        limits: Limits = DEFAULT,
        budget: Bucket | None = None,
    ) -> None:
        self._http = http
        self._budget = budget
        self._token_for = token_for
        self._clock = clock
        self._ids = ids
        self._limits = limits

    async def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        json: object | None = None,
        idempotent: bool | None = None,
        bearer: bool = True,
        answer_seconds: float | None = None,
    ) -> httpx.Response:
        """Send and read the whole answer, whatever its status; redirects are answers too.

        GET and HEAD (or `idempotent=True`) are sent again after 429, 503, 504 and lost connections, at most
        `Limits.request_tries` times within `request_total_seconds`. With `bearer=False` no token goes along (pre-authenticated
        addresses); `answer_seconds` is the patience with a call known to be slow. Raises UsageError for a host that must not see a token, NetworkError when no answer came.
        """
        target = httpx.URL(url)
        if bearer:
            require_token_host(target)
        repeatable = method.upper() in ("GET", "HEAD") if idempotent is None else idempotent
        request_id = str(self._ids.new_id())
        units = self._units_of(method, target, content if json is None else json) if bearer else 0
        paced: list[float] = []

        async def once() -> httpx.Response:
            sent = dict(headers or {})
            sent.setdefault("client-request-id", request_id)
            async with self._turn(units, paced):
                if bearer:
                    sent["Authorization"] = f"Bearer {await self._token_for(f'https://{target.host}')}"
                try:
                    answer = await self._send(method, target, content, json, sent, answer_seconds)
                except httpx.HTTPError as error:
                    raise network_error(error, target.host) from error
            self.told(answer.status_code, answer.headers)
            return answer

        return await self._patiently(once, paced) if repeatable else await once()

    @asynccontextmanager
    async def stream(self, url: str) -> AsyncGenerator[httpx.Response]:
        """GET an answer that is read as it comes, once: nothing is sent again. Raises as `request` does."""
        target = httpx.URL(url)
        require_token_host(target)
        async with self._turn(self._units_of("GET", target, None), []):
            sent = {
                "client-request-id": str(self._ids.new_id()),
                "Authorization": f"Bearer {await self._token_for(f'https://{target.host}')}",
            }
            try:
                async with self._http.stream("GET", target, headers=sent) as answer:
                    self.told(answer.status_code, answer.headers)
                    yield answer
            except httpx.HTTPError as error:
                raise network_error(error, target.host) from error

    def told(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Take what an answer says of the tenant's limits, an answer inside a batch too: seconds it asks to wait.

        With a budget nobody asks this tenant before; header names are in lower case.
        """
        if self._budget is not None:
            return self._budget.learn(status, headers)
        return asked_seconds(headers, self._clock.security_now()) if status in RETRIED_STATUSES else None

    @asynccontextmanager
    async def _turn(self, units: int, paced: list[float]) -> AsyncGenerator[None]:
        """Wait for the budget; `paced` takes how long that was."""
        if self._budget is None:
            yield
            return
        async with self._budget.turn(units) as waited:
            paced.append(waited)
            yield

    def _units_of(self, method: str, url: httpx.URL, body: object) -> int:
        if self._budget is None:
            return 0
        path = url.raw_path.decode("ascii").partition("?")[0]
        if url.host == GRAPH_HOST and path.lower().endswith("/$batch"):
            return units_of_batch(body, path[: -len("/$batch")], self._budget.prices)
        return units_of(method, url.host, path, url.query.decode("ascii", "replace"), self._budget.prices)

    async def _send(
        self,
        method: str,
        url: httpx.URL,
        content: bytes | None,
        json: object | None,
        headers: dict[str, str],
        answer_seconds: float | None,
    ) -> httpx.Response:
        patience = httpx.USE_CLIENT_DEFAULT if answer_seconds is None else httpx.Timeout(answer_seconds)
        try:
            with anyio.fail_after(max(self._limits.request_total_seconds, answer_seconds or 0.0)):
                return await self._http.request(
                    method, url, content=content, json=json, headers=headers, timeout=patience
                )
        except TimeoutError as error:
            raise errors.NetworkError(f"{url.host} did not answer in time.") from error

    async def _patiently(self, once: Callable[[], Awaitable[httpx.Response]], paced: Sequence[float]) -> httpx.Response:
        """What was waited for the budget is no failure to answer, and does not count."""
        started = self._clock.monotonic()

        def enough(state: tenacity.RetryCallState) -> bool:
            spent = self._clock.monotonic() - started - sum(paced) + state.upcoming_sleep
            return state.attempt_number >= self._limits.request_tries or spent > self._limits.request_total_seconds

        attempts = tenacity.AsyncRetrying(
            sleep=self._clock.sleep,
            stop=enough,
            wait=self._wait_seconds,
            retry=tenacity.retry_if_result(_is_busy) | tenacity.retry_if_exception(_is_lost_connection),
            retry_error_callback=_last_outcome,
        )
        return await attempts(once)

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        asked = None
        if state.outcome is not None and not state.outcome.failed:
            asked = asked_seconds(state.outcome.result().headers, self._clock.security_now())
        if asked is not None:
            return asked
        return min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1))


def require_token_host(url: httpx.URL) -> None:
    """Raises UsageError unless a bearer may go there: https, the usual port, a host of SharePoint, Graph or sign-in."""
    host = url.host.lower()
    known = host in (GRAPH_HOST, LOGIN_HOST) or host.endswith(SHAREPOINT_SUFFIX)
    if url.scheme != "https" or url.port is not None or url.userinfo or not known:
        raise errors.UsageError(
            f"No token is sent to '{url.scheme}://{url.host}'.",
            remedy="Tokens go to https://*.sharepoint.com, graph.microsoft.com and login.microsoftonline.com only.",
        )


def _is_busy(answer: httpx.Response) -> bool:
    return answer.status_code in RETRIED_STATUSES


def _is_lost_connection(error: BaseException) -> bool:
    """A connection that failed may come back; a proxy that says no, an untrusted certificate or too long an answer will not."""
    cause = error.__cause__
    lost = isinstance(cause, httpx.TransportError | TimeoutError)
    return lost and not isinstance(cause, httpx.ProxyError) and "CERTIFICATE_VERIFY_FAILED" not in str(cause)


def _last_outcome(state: tenacity.RetryCallState) -> httpx.Response:
    assert state.outcome is not None
    return state.outcome.result()
