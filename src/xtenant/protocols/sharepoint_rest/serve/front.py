"""What a SharePoint host says to somebody without a token: which tenant it belongs to (settled A 10, A 24).

Paths: GET `/`, GET and POST `/_vti_bin/client.svc/`. The edge adds `WWW-Authenticate` with the tenant's id to each 401.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response

from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Handler, Route

SHAREPOINT_HOSTS = frozenset({HostRole.ADMIN, HostRole.MY, HostRole.ROOT})


def routes(backend: Backend) -> list[Route]:
    tenant = backend.tenant

    async def front_page(call: Call) -> Response:
        text = f"{tenant.display_name} ({tenant.name}), data location {call.geo.code}. Sign in to go on.\n"
        return PlainTextResponse(text, status_code=401)

    async def challenge(call: Call) -> Response:
        return PlainTextResponse("401 UNAUTHORIZED\n", status_code=401)

    page = Route(
        hosts=SHAREPOINT_HOSTS,
        method="GET",
        path="/",
        who=Who.ANYONE,
        handler=front_page,
        protocol="sharepoint_rest",
        evidence=Evidence.OUR_CHOICE,
        verb="front_page",
        source="settled A 24",
    )
    return [page, *(_client_service(method, challenge) for method in ("GET", "POST"))]


def _client_service(method: str, handler: Handler) -> Route:
    return Route(
        hosts=SHAREPOINT_HOSTS,
        method=method,
        path="/_vti_bin/client.svc",
        who=Who.ANYONE,
        handler=handler,
        protocol="sharepoint_rest",
        evidence=Evidence.VERIFIED,
        verb="tenant.challenge",
        source="settled A 10",
    )
