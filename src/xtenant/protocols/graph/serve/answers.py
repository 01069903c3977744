"""What every noun's handlers share: rows of the route table for both versions, JSON answers, options of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.tenant import GRAPH_HOST, HostRole
from xtenant.protocols.graph.codec import bodies, query
from xtenant.protocols.graph.codec.failures import JSON_TYPE
from xtenant.wire.edge import Call, raw_path_of
from xtenant.wire.routes import Evidence, Handler, Route

VERSIONS = ("v1.0", "beta")
PROTOCOL = "graph"
Body = TypeVar("Body")
_GRAPH = frozenset({HostRole.GRAPH})


def rows(
    method: str,
    path: str,
    handler: Handler,
    *,
    verb: str,
    source: str,
    evidence: Evidence = Evidence.VERIFIED,
    who: Who = Who.OWN_USER,
    versions: Sequence[str] = VERSIONS,
) -> list[Route]:
    """A route on the Graph host under `/v1.0` and `/beta`, or under one of them."""
    return [
        Route(
            hosts=_GRAPH,
            method=method,
            path=f"/{version}{path}",
            who=who,
            handler=handler,
            protocol=PROTOCOL,
            evidence=evidence,
            verb=verb,
            source=source,
        )
        for version in versions
    ]


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(bodies.encode(value), status, dict(headers or {}), media_type=JSON_TYPE)


def no_content() -> Response:
    return Response(status_code=204)


def options_of(call: Call) -> query.Options:
    return query.parse_options(call.request.query_params.multi_items())


async def body_of(call: Call, kind: type[Body]) -> Body:
    """The JSON body as a structure. Raises TooLarge or UsageError."""
    return bodies.decode(await call.body(call.limits.json_body), kind)


def version_of(call: Call) -> str:
    """`v1.0` or `beta`; below a SharePoint host's `/_api/v2.0` the shapes of v1.0 count."""
    return "beta" if raw_path_of(call.request).lower().startswith("/beta") else "v1.0"


def context(call: Call, what: str) -> str:
    return bodies.context_of(version_of(call), what)


def link(call: Call, token_name: str, token: str, raw_path: str | None = None) -> str:
    """An absolute address for the next page or the next delta: the request's own options with the token replaced."""
    host = call.request.headers.get("host") or GRAPH_HOST
    kept = [
        f"{quote(name, safe='$@.')}={quote(value, safe=',')}"
        for name, value in call.request.query_params.multi_items()
        if name.lower().removeprefix("$") not in ("skiptoken", "deltatoken", "token")
    ]
    options = "&".join([*kept, f"{token_name}={quote(token, safe='')}"])
    return f"https://{host}{raw_path or raw_path_of(call.request)}?{options}"
