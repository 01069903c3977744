"""The HTTP edge of a tenant service: an ASGI application over the route table.

It finds the geo by host name, the caller by bearer or partner token, refuses who may not, bounds the body, runs the
handler, and turns every error into the envelope of the protocol asked. Nothing a caller sends becomes a 500 by itself:
only faults of ours do, with a request id that the log repeats.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import ParamSpec, Protocol, TypeVar

import anyio
import anyio.to_thread
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from xtenant.domain import errors
from xtenant.domain.caller import ANONYMOUS, Caller, Who
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import Geo, HostRole, Tenant, host_role
from xtenant.wire.bearer import SHAREPOINT_ROLES, challenge
from xtenant.wire.permissions import admits_call
from xtenant.wire.routes import Match, Route, Router
from xtenant.wire.throttling import Blocked, Meter, headers_of

log = structlog.get_logger("xtenant.wire.edge")

P = ParamSpec("P")
R = TypeVar("R")

STATUS_OF: tuple[tuple[type[errors.XTenantError], int], ...] = (
    (errors.TooLarge, 413),
    (errors.WrongRange, 416),
    (errors.UsageError, 400),
    (errors.NotSignedIn, 401),
    (errors.AccessDenied, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Expired, 410),
    (errors.PreconditionFailed, 412),
    (errors.Locked, 423),
    (Blocked, 503),
    (errors.Throttled, 429),
    (errors.PartnerUnreachable, 503),
    (errors.StorageFull, 507),
    (errors.Refused, 400),
)


def status_of(error: errors.XTenantError) -> int:
    """The HTTP status of an error class; 500 for a fault of ours."""
    return next((status for kind, status in STATUS_OF if isinstance(error, kind)), 500)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request on its way through a handler."""

    request: Request
    route: Route
    values: Mapping[str, str]
    caller: Caller
    geo: Geo
    request_id: str
    limits: Limits
    limiter: anyio.CapacityLimiter
    meter: Meter | None = None

    def charged(self) -> Mapping[str, str]:
        """Count this request where callers are throttled; what its answer is to say. Raises OverBudget, Blocked."""
        if self.meter is None:
            return {}
        request = self.request
        host = (request.headers.get("host") or "").split(":")[0]
        return self.meter.charge(self.caller, request.method, host, raw_path_of(request), request.url.query)

    async def run(self, operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a plain operation whole in one worker thread."""
        work = functools.partial(operation, *args, **kwargs)
        return await anyio.to_thread.run_sync(work, limiter=self.limiter)

    async def body(self, limit_bytes: int) -> bytes:
        """The whole body, refused with TooLarge as soon as it passes the limit."""
        size = 0
        pieces: list[bytes] = []
        async for piece in self.stream():
            size += len(piece)
            if size > limit_bytes:
                raise errors.TooLarge(f"The body is larger than {limit_bytes} bytes.")
            pieces.append(piece)
        return b"".join(pieces)

    async def stream(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        async for piece in self.request.stream():
            if piece:
                yield piece

    def query(self, name: str) -> str | None:
        """A query option, with or without `$`, in any letter case (content-api.md 1.14)."""
        wanted = name.lower().lstrip("$")
        for key, value in self.request.query_params.multi_items():
            if key.lower().lstrip("$") == wanted:
                return value
        return None


class Authenticator(Protocol):
    """Turns the credentials of a request into a caller, or raises NotSignedIn."""

    async def caller_of(self, request: Request, match: Match, geo: Geo) -> Caller: ...


ErrorRenderer = Callable[[errors.XTenantError, int, str, Request], Response]
"""(error, status, request id, request) → the protocol's own envelope."""


class Edge:
    """The ASGI application. `renderers` maps a route's protocol (or a host role) to its error envelope."""

    def __init__(
        self,
        *,
        tenant: Tenant,
        router: Router,
        authenticator: Authenticator,
        renderers: Mapping[str, ErrorRenderer],
        ids: IdSource,
        limits: Limits,
        clock: Clock | None = None,
        meter: Meter | None = None,
        on_start: Callable[[], Awaitable[None]] | None = None,
        on_stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.tenant = tenant
        self.router = router
        self._authenticator = authenticator
        self._renderers = renderers
        self._ids = ids
        self._limits = limits
        self._clock = clock
        self.meter = meter
        self._limiter = anyio.CapacityLimiter(limits.worker_threads)
        self._on_start = on_start
        self._on_stop = on_stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            request = Request(scope, receive)
            try:
                response = await self._answer(request)
            except ClientDisconnect:
                return
            await response(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._on_start:
                    await self._on_start()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._on_stop:
                    await self._on_stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, request: Request) -> Response:
        request_id = str(self._ids.new_id())
        host = (request.headers.get("host") or "").split(":")[0].lower()
        role = host_role(host)
        geo = self.tenant.geo_of_host(host)
        if geo is None:
            if role not in (HostRole.LOGIN, HostRole.GRAPH):
                return PlainTextResponse("No such host here.", status_code=421)
            geo = self.tenant.default_geo
        match = self.router.match(role, request.method, raw_path_of(request))
        with structlog.contextvars.bound_contextvars(request_id=request_id, tenant=self.tenant.name):
            response = await self._guarded(request, match, geo, role, request_id)
        response.headers["request-id"] = request_id
        if self._clock is not None:  # else the server's own: a lab with a shifted security clock is to show it
            response.headers["Date"] = format_datetime(self._clock.security_now(), usegmt=True)
        response.headers.setdefault("SPRequestGuid", request_id)
        if response.status_code == 401 and role in SHAREPOINT_ROLES:
            response.headers.setdefault("WWW-Authenticate", challenge(self.tenant, role))
        return response

    async def _guarded(
        self, request: Request, match: Match | None, geo: Geo, role: HostRole, request_id: str
    ) -> Response:
        try:
            return await self._handled(request, match, geo, request_id)
        except errors.XTenantError as error:
            status = status_of(error)
            if status >= 500:
                log.error("edge.failed", code=error.code, status=status)
            return self._render(error, status, match, role, request_id, request)
        except ClientDisconnect:
            raise
        except Exception as error:  # the HTTP edge is one of the three places that catch everything
            log.exception("edge.fault", path=request.url.path)
            fault = errors.Unexpected("The service failed; its log has the request id.")
            fault.__cause__ = error
            return self._render(fault, 500, match, role, request_id, request)

    async def _handled(self, request: Request, match: Match | None, geo: Geo, request_id: str) -> Response:
        if match is None:
            raise errors.NotFound(f"Nothing answers {request.method} {request.url.path} here.")
        caller = await self._caller(request, match, geo)
        call = Call(
            request=request,
            route=match.route,
            values=match.values,
            caller=caller,
            geo=geo,
            request_id=request_id,
            limits=self._limits,
            limiter=self._limiter,
            meter=self.meter,
        )
        told = call.charged()
        response = await match.route.handler(call)
        response.headers.update(told)
        return response

    async def _caller(self, request: Request, match: Match, geo: Geo) -> Caller:
        who = match.route.who
        if who in (Who.ANYONE, Who.SIGNED_URL):
            return ANONYMOUS
        caller = await self._authenticator.caller_of(request, match, geo)
        host = (request.headers.get("host") or "").split(":")[0]
        if not admits_call(who, caller, request.method, host, raw_path_of(request)):
            raise errors.AccessDenied("Access denied. The caller lacks the role this call asks for.")
        return caller

    def _render(
        self,
        error: errors.XTenantError,
        status: int,
        match: Match | None,
        role: HostRole,
        request_id: str,
        request: Request,
    ) -> Response:
        protocol = match.route.protocol if match else role.value
        response = self._renderers[protocol](error, status, request_id, request)
        response.headers.update(headers_of(error))
        return response


def raw_path_of(request: Request) -> str:
    """The path as sent, percent-encoding intact, doubled slashes folded."""
    raw: bytes | None = request.scope.get("raw_path")
    text = raw.decode("ascii", "replace") if raw else request.url.path
    text = text.split("?")[0]
    while "//" in text:
        text = text.replace("//", "/")
    return text
