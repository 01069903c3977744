"""GET `/_api/xtenant/inbox`: which partners asked for trust. One of our two own routes (settled A 6)."""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.operations import trust
from xtenant.protocols.sharepoint_rest import codec
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route


def routes(backend: Backend) -> list[Route]:
    async def list_inbox(call: Call) -> Response:
        received = await call.run(trust.list_inbox, backend.units, geo=call.geo)
        return odata.feed(call.request, [codec.inbox_row(backend.tenant, request) for request in received])

    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method="GET",
            path="/_api/xtenant/inbox",
            who=Who.OWN_SHAREPOINT_ADMIN,
            handler=list_inbox,
            protocol="sharepoint_rest",
            evidence=Evidence.OUR_CHOICE,
            verb="trust.inbox",
            source="settled A 6, A 22",
        )
    ]
