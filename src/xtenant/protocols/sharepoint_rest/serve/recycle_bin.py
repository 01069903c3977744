"""The recycle bin of a site (content-api.md 4.5).

Below `/_api/site/RecycleBin` and `/_api/web/RecycleBin`, which are one bin here: GET of all and of one `('id')`, POST
`/RestoreByIds`, `/DeleteByIds`, `('id')/Restore()`, `('id')/DeleteObject()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import ItemKey
from xtenant.operations import recycle_bin
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import recycle_bin as shapes
from xtenant.protocols.sharepoint_rest.codec.selection import DEFAULT_TOP, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.webs import answer, following, options_of, ref_of, route
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

Change = Callable[..., Any]
"""`restore` or `purge` of the operations."""


class RecycleBin:
    """Handlers."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    async def list(self, call: Call) -> Response:
        selection = read_selection(options_of(call), paged=True)
        if selection.filter_text:
            raise errors.UsageError("The recycle bin is not filtered here.", remedy="Leave $filter out; page by $top.")
        page = await call.run(
            recycle_bin.entries,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            after=ItemKey(selection.after),
            limit=selection.top or DEFAULT_TOP,
        )
        rows = [shaped(shapes.entry_json(view), selection) for view in page.entries]
        return odata.feed(call.request, rows, next_link=following(call, page.after))

    async def one(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        view = await call.run(
            recycle_bin.entry,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            item_id=shapes.guid_of(call.values["id"]),
        )
        return answer(call, shapes.entry_json(view), selection, shapes.KIND)

    async def restore_many(self, call: Call) -> Response:
        return await self._change(call, recycle_bin.restore, "RestoreByIds", await self._ids(call))

    async def purge_many(self, call: Call) -> Response:
        return await self._change(call, recycle_bin.purge, "DeleteByIds", await self._ids(call))

    async def restore(self, call: Call) -> Response:
        return await self._change(call, recycle_bin.restore, "Restore", [shapes.guid_of(call.values["id"])])

    async def purge(self, call: Call) -> Response:
        return await self._change(call, recycle_bin.purge, "DeleteObject", [shapes.guid_of(call.values["id"])])

    async def _ids(self, call: Call) -> list[UUID]:
        return codec.read_body(await call.body(call.limits.json_body), shapes.IdsBody).guids()

    async def _change(self, call: Call, change: Change, name: str, ids: list[UUID]) -> Response:
        check_digest(self._digests, call)
        await call.run(change, self._backend.units, call.caller, ref=ref_of(call), ids=ids, clock=self._backend.clock)
        return odata.nothing(call.request, name)


def routes(backend: Backend) -> list[Route]:
    handlers = RecycleBin(backend)
    told: list[Route] = []
    for place in ("site/recyclebin", "web/recyclebin"):
        one = f"{place}({{id}})"
        told += [
            route("GET", place, handlers.list, verb="recycle_bin.read"),
            route("GET", one, handlers.one, verb="recycle_bin.read"),
            *(
                route("POST", path, handler, verb="recycle_bin.write", evidence=Evidence.INFERRED)
                for path, handler in (
                    (f"{place}/restorebyids", handlers.restore_many),
                    (f"{place}/deletebyids", handlers.purge_many),
                    (f"{one}/restore()", handlers.restore),
                    (f"{one}/restore", handlers.restore),
                    (f"{one}/deleteobject()", handlers.purge),
                    (f"{one}/deleteobject", handlers.purge),
                )
            ),
        ]
    return told
