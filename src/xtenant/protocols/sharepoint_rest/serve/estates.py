"""Route of ours for made-up estates (settled B 13); a service that is no lab does not have it.

POST `/_api/xtenant/estates` with the lines of `wire/estates.py`: people and groups, then sites with all they hold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from xtenant.domain.caller import Who
from xtenant.domain.estates import EstateTally
from xtenant.domain.tenant import Geo, HostRole
from xtenant.operations import estates
from xtenant.operations.link_tokens import link_tokens
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.estates import read_records
from xtenant.wire.routes import Evidence, Route
from xtenant.wire.streams import receive_in_thread

LARGEST_ESTATE = 64 * 1024**3


def routes(backend: Backend) -> list[Route]:
    if not backend.lab:
        return []
    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method="POST",
            path="/_api/xtenant/estates",
            who=Who.OWN_SHAREPOINT_ADMIN,
            handler=Estates(backend).plant,
            protocol="sharepoint_rest",
            evidence=Evidence.OUR_CHOICE,
            verb="content.write",
            source="settled B 13",
        )
    ]


class Estates:
    """The handler of made-up estates."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def plant(self, call: Call) -> Response:
        tally = await receive_in_thread(call, lambda pieces: self._plant(call.geo, pieces), limit_bytes=LARGEST_ESTATE)
        return JSONResponse(dataclasses.asdict(tally))

    def _plant(self, geo: Geo, pieces: Iterator[bytes]) -> EstateTally:
        backend = self._backend
        ground = estates.Ground(
            units=backend.units,
            store=backend.blobs,
            tenant=backend.tenant,
            geo=geo,
            clock=backend.clock,
            ids=backend.ids,
            link_hash=link_tokens(backend.units, backend.ids).hash_of,
        )
        return estates.plant(ground, read_records(pieces))
