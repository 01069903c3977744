"""The front of the two shared hosts: an ASGI application that finds each request's tenant and passes it on.

`login.microsoftonline.com` and `graph.microsoft.com` are one host for all tenants at Microsoft; here each tenant's
service answers them for itself, and this application leads there. What it cannot place it refuses in the error form of
the host asked. Bulk bytes do not come by here: download and upload addresses lie on the tenants' own hosts.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST
from xtenant.lab.tenant_hints import ANY_TENANT, FORM_BYTES, Doubt, KnownTenant, Signposts
from xtenant.lab.upstream import Headers, Upstream, UpstreamAnswer, UpstreamGone, UpstreamRequest, value_of

log = structlog.get_logger("xtenant.lab.front")

HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    b"expect content-length".split()
)
ANSWER_HOP_BY_HOP = HOP_BY_HOP - {b"content-length"}

PortOfTenant = Callable[[str], int | None]
"""Tenant name → the port its service listens on, None while it is stopped."""


class _ClientGone(Exception):
    """The client broke off while it was sending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """An answer of the front's own. `number` is Entra's AADSTS code, used on the login host only."""

    status: int
    number: int
    word: str
    graph_code: str
    text: str


_PROBLEMS = {
    Doubt.NO_SUCH_TENANT: _Problem(
        status=400,
        number=90002,
        word="invalid_request",
        graph_code="itemNotFound",
        text="Tenant not found: the lab has no tenant of that id or domain.",
    ),
    Doubt.NO_HINT: _Problem(
        status=400,
        number=700016,
        word="unauthorized_client",
        graph_code="BadRequest",
        text="Nothing in the request tells its tenant: name it in the path, or use a client id of one tenant.",
    ),
    Doubt.NO_TOKEN: _Problem(
        status=401,
        number=50001,
        word="invalid_request",
        graph_code="InvalidAuthenticationToken",
        text="Access token is missing, or of no tenant of this lab.",
    ),
}
_STOPPED = _Problem(
    status=503,
    number=90033,
    word="temporarily_unavailable",
    graph_code="serviceNotAvailable",
    text="The tenant's service is stopped.",
)
_TOO_LARGE = _Problem(
    status=413,
    number=90014,
    word="invalid_request",
    graph_code="invalidRequest",
    text=f"The form is larger than {FORM_BYTES} bytes.",
)
_BROKEN = _Problem(
    status=502,
    number=90033,
    word="temporarily_unavailable",
    graph_code="serviceNotAvailable",
    text="The tenant's service ended the connection without an answer.",
)


class Front:
    """The ASGI application."""

    def __init__(
        self, signposts: Signposts, port_of: PortOfTenant, *, tls: ssl.SSLContext, clock: Clock, ids: IdSource
    ) -> None:
        self._signposts = signposts
        self._port_of = port_of
        self._tls = tls
        self._clock = clock
        self._ids = ids
        self._upstreams: dict[str, tuple[int, Upstream]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        exchange = _Exchange(scope, receive, send)
        try:
            await self._answer(exchange)
        except _ClientGone:
            return

    async def _answer(self, exchange: _Exchange) -> None:
        host = exchange.header(b"host").split(":")[0].lower()
        if host == LOGIN_HOST and exchange.path == "/" and exchange.method in ("GET", "HEAD"):
            await exchange.answer(200, "text/plain", b"" if exchange.method == "HEAD" else b"Sign-in of the lab.\n")
        elif host == LOGIN_HOST:
            await self._login(exchange)
        elif host == GRAPH_HOST:
            found = self._signposts.for_graph(exchange.header(b"authorization"))
            await self._lead(exchange, found, self._graph_problem, exchange.body())
        else:
            await exchange.answer(421, "text/plain", b"No such host here.\n")

    async def _login(self, exchange: _Exchange) -> None:
        form = b""
        word = exchange.path.lstrip("/").split("/", 1)[0].lower()
        if word in ANY_TENANT and exchange.has_body:
            async for piece in exchange.body():
                form += piece
                if len(form) > FORM_BYTES:
                    await self._login_problem(exchange, _TOO_LARGE)
                    return
        found = self._signposts.for_login(exchange.path, exchange.query, exchange.header(b"authorization"), form)
        await self._lead(exchange, found, self._login_problem, exchange.body(before=form))

    async def _lead(
        self, exchange: _Exchange, found: KnownTenant | Doubt, refuse: _Refuse, body: AsyncIterator[bytes]
    ) -> None:
        if isinstance(found, Doubt):
            await refuse(exchange, _PROBLEMS[found])
            return
        upstream = self._upstream_of(found)
        if upstream is None:
            await refuse(exchange, _STOPPED)
            return
        try:
            async with upstream.ask(exchange.request(body)) as answer:
                await exchange.pass_on(answer)
        except UpstreamGone as gone:
            log.warning("front.upstream_gone", tenant=found.name, sent=gone.sent)
            if exchange.answering:
                raise  # the answer has begun: breaking off is the only honest sign left
            await refuse(exchange, _BROKEN if gone.sent else _STOPPED)

    def _upstream_of(self, tenant: KnownTenant) -> Upstream | None:
        port = self._port_of(tenant.name)
        known = self._upstreams.get(tenant.name)
        if known and known[0] != port:
            known[1].close()
            del self._upstreams[tenant.name]
            known = None
        if port is None:
            return None
        if known is None:
            server_name = f"{tenant.name}-admin.sharepoint.com"
            known = (port, Upstream(port, tls=self._tls, server_name=server_name))
            self._upstreams[tenant.name] = known
        return known[1]

    async def _login_problem(self, exchange: _Exchange, problem: _Problem) -> None:
        """Entra's error body (`content-api.md` 3.3)."""
        trace, now = str(self._ids.new_id()), self._clock.security_now()
        body = {
            "error": problem.word,
            "error_description": f"AADSTS{problem.number}: {problem.text} Trace ID: {trace}",
            "error_codes": [problem.number],
            "timestamp": now.strftime("%Y-%m-%d %H:%M:%SZ"),
            "trace_id": trace,
            "correlation_id": str(self._ids.new_id()),
        }
        await exchange.answer(problem.status, "application/json; charset=utf-8", msgspec.json.encode(body))

    async def _graph_problem(self, exchange: _Exchange, problem: _Problem) -> None:
        """Graph's error body (`content-api.md` 1.16)."""
        request_id, now = str(self._ids.new_id()), self._clock.security_now()
        inner = {"date": _graph_date(now), "request-id": request_id, "client-request-id": request_id}
        body = {"error": {"code": problem.graph_code, "message": problem.text, "innerError": inner}}
        extra: Headers = [(b"request-id", request_id.encode())]
        if problem.status == 401:
            authorize = f"https://{LOGIN_HOST}/common/oauth2/authorize"
            challenge = (
                f'Bearer realm="", authorization_uri="{authorize}", client_id="00000003-0000-0000-c000-000000000000"'
            )
            extra.append((b"www-authenticate", challenge.encode()))
        await exchange.answer(problem.status, "application/json", msgspec.json.encode(body), extra)


_Refuse = Callable[["_Exchange", _Problem], Awaitable[None]]


class _Exchange:
    """One request of a client and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        self.path = raw.split(b"?")[0].decode("latin-1")
        self.query = scope["query_string"].decode("latin-1")
        self.answering = False
        self._headers: Headers = [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"]]
        self._receive = receive
        self._send = send
        self._ended = False

    def header(self, name: bytes) -> str:
        return value_of(self._headers, name).decode("latin-1")

    @property
    def length(self) -> int | None:
        text = self.header(b"content-length")
        return int(text) if text.isdigit() else None

    @property
    def has_body(self) -> bool:
        return bool(self.length) or b"chunked" in value_of(self._headers, b"transfer-encoding").lower()

    async def body(self, before: bytes = b"") -> AsyncIterator[bytes]:
        """The body's pieces, `before` being what was read of it already."""
        if before:
            yield before
        while not self._ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            self._ended = not message.get("more_body", False)
            if piece := message.get("body", b""):
                yield piece

    def request(self, body: AsyncIterator[bytes]) -> UpstreamRequest:
        target = self.path + (f"?{self.query}" if self.query else "")
        return UpstreamRequest(
            method=self.method.encode(),
            target=target.encode("latin-1"),
            headers=[(name, value) for name, value in self._headers if name not in HOP_BY_HOP],
            body=body if self.has_body else None,
            length=self.length,
        )

    async def pass_on(self, answer: UpstreamAnswer) -> None:
        headers = [(name, value) for name, value in answer.headers if name not in ANSWER_HOP_BY_HOP]
        await self._start(answer.status, headers)
        async for piece in answer.pieces:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def answer(self, status: int, content_type: str, body: bytes, extra: Headers | None = None) -> None:
        length = str(len(body)).encode()
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", length),
            (b"cache-control", b"no-store"),
        ]
        await self._start(status, headers + (extra or []))
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _start(self, status: int, headers: Headers) -> None:
        self.answering = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


def _graph_date(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%S")
