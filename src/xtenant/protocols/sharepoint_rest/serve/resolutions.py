"""GET `/_api/xtenant/moves/JOB/people`: who became whom in a move, by which rule; a route of ours on the target."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.operations import resolutions
from xtenant.protocols.sharepoint_rest import codec
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

PAGE = 1_000


def routes(backend: Backend) -> list[Route]:
    async def list_people(call: Call) -> Response:
        job_id, after = UUID(call.values["job"]), _after(call)
        found = await call.run(resolutions.list_resolutions, backend.units, job_id, after=after, limit=PAGE)
        following = f"{call.request.url.path}?after={found[-1].source_ref}" if len(found) == PAGE else None
        link = None if following is None else f"https://{call.request.url.netloc}{following}"
        return odata.feed(call.request, [codec.resolution(row) for row in found], next_link=link)

    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method="GET",
            path="/_api/xtenant/moves/{job:guid}/people",
            who=Who.OWN_SHAREPOINT_ADMIN,
            handler=list_people,
            protocol="sharepoint_rest",
            evidence=Evidence.OUR_CHOICE,
            verb="move.people",
            source="settled B 6: whoever falls under the unmapped policy is reported",
        )
    ]


def _after(call: Call) -> int:
    text = call.request.query_params.get("after", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise errors.UsageError("`after` is the number of the last row that was read.")
    return int(text)
