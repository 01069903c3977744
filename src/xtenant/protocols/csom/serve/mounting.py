"""The one route of CSOM and its two kinds of failure.

A failing action is an answer with ErrorInfo and status 200; what is no query at all, or comes without a good token or with a
bad form digest, is refused before (spo-admin.md 1 and 3, settled A 17).
"""

from __future__ import annotations

from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.protocols.csom.codec.faults import error_info_of
from xtenant.protocols.csom.codec.reply import write_error, write_reply
from xtenant.protocols.csom.codec.request import read_request
from xtenant.protocols.csom.serve.interpreter import Interpreter
from xtenant.protocols.csom.serve.objects import Context
from xtenant.protocols.csom.serve.tenant import catalogue
from xtenant.wire.backend import Backend
from xtenant.wire.digest import FormDigests
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

log = structlog.get_logger("xtenant.csom")

JSON = "application/json; charset=utf-8"


def mount(backend: Backend) -> list[Route]:
    """The route of ProcessQuery; any own user may call it, each method asks for its own role."""
    known = catalogue(backend)
    digests = FormDigests(secret=backend.tokens.digest_secret, clock=backend.clock, limits=backend.limits)

    async def process_query(call: Call) -> Response:
        digest = call.request.headers.get("x-requestdigest")
        if digest:  # with a bearer token it may be left out, but a bad one is refused (spo-admin.md 1)
            digests.check(digest, call.geo.admin_host)
        body = await call.body(call.limits.xml_body)
        request = await call.run(read_request, body, call.limits)
        trace_id = UUID(call.request_id)
        run = Interpreter(known, Context(backend=backend, call=call), request, trace_id)
        try:
            entries = await run.run()
        except errors.XTenantError as error:
            log.info("csom.refused", code=error.code)
            content = write_error(error_info_of(error), correlation_id=trace_id, schema_version=request.schema_version)
            return Response(content, media_type=JSON)
        content = await call.run(write_reply, entries, correlation_id=trace_id, schema_version=request.schema_version)
        return Response(content, media_type=JSON)

    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method="POST",
            path="/_vti_bin/client.svc/ProcessQuery",
            who=Who.OWN_USER,
            handler=process_query,
            protocol="csom",
            evidence=Evidence.VERIFIED,
            verb="csom",
            source="recordings/cli-microsoft365.txt; spo-admin.md 2 and 3",
        )
    ]


def render_error(error: errors.XTenantError, status: int, request_id: str, request: Request) -> Response:
    """A header with ErrorInfo; the edge adds the 401's challenge."""
    content = write_error(error_info_of(error), correlation_id=UUID(request_id))
    return Response(content, status, media_type=JSON)
