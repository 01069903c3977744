"""Older versions of a file brought back or deleted (content-api.md 1.11).

POST `…/versions/{id}/restoreVersion`, DELETE `…/versions/{id}` of an item.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.operations import versions
from xtenant.protocols.graph.codec import items, query
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import no_content
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call

RESTORE = "restoreversion"


class Keeping:
    """Handlers that change which versions a file has."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def restore(self, call: Call, address: Address) -> Response:
        if len(address.rest) != 3 or address.rest[2].name.rpartition(".")[2].lower() != RESTORE:
            raise query.NotSupported("Of a version only restoreVersion is served.")
        await call.run(
            versions.restore,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            number=_number_of(address),
            clock=self._backend.clock,
        )
        return no_content()

    async def delete(self, call: Call, address: Address) -> Response:
        if len(address.rest) != 2:
            raise query.NotSupported("Versions are deleted one by one.")
        await call.run(
            versions.delete,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            numbers=[_number_of(address)],
            clock=self._backend.clock,
        )
        return no_content()


def _number_of(address: Address) -> tuple[int, int]:
    number = items.parse_version_id(address.rest[1].name) if len(address.rest) > 1 else None
    if number is None:
        raise errors.NotFound("The file has no such version.")
    return number
