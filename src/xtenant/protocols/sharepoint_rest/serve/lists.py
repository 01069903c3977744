"""Lists of a web, their items, columns and content types (content-api.md 4.4, 4.6).

Paths, below the address of a web: GET, POST, PATCH, DELETE `/_api/web/LIST…`, where LIST is `lists(guid'…')`,
`lists/getbyid('…')`, `lists/getbytitle('…')` or `getlist('/sites/…')`, and `/_api/web/lists` itself; what may follow stands in
`Lists.answers` and in the tables of `serve/list_items.py` and `serve/columns.py`. A POST with `X-HTTP-Method` is what it names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.operations import list_design, lists
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import lists as shapes
from xtenant.protocols.sharepoint_rest.codec.list_address import ListAddress, parse_list_address
from xtenant.protocols.sharepoint_rest.codec.selection import read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.columns import Columns
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.list_items import ListItems
from xtenant.protocols.sharepoint_rest.serve.webs import answer, method_of, options_of, ref_of, route
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

FOLDER = "RootFolder"
Answer = Callable[[Call, ListAddress], Awaitable[Response]]


class Lists:
    """Reads the address and finds who answers: a table from method and what follows the list to a method of a noun."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", ""): self.read,
            ("GET", "rootfolder"): self.root_folder,
            ("POST", ""): self.add,
            ("PATCH", ""): self.change,
            ("DELETE", ""): self.delete,
            ("POST", "deleteobject()"): self.delete,
            ("POST", "recycle()"): self.recycle,
            **ListItems(backend).answers,
            **Columns(backend).answers,
        }

    async def answer(self, call: Call) -> Response:
        method = method_of(call)
        if method != "GET":
            check_digest(self._digests, call)
        address = parse_list_address(call.values["list"], aliases_of(call))
        known = self.answers.get((method, address.shape))
        if known is None:
            raise errors.NotFound(f"{method} '{address.shape[:80]}' of a list is not served.")
        return await known(call, address)

    async def read(self, call: Call, address: ListAddress) -> Response:
        units, ref = self._backend.units, ref_of(call)
        selection = read_selection(options_of(call), FOLDER)
        if not address.what.is_web:
            view = await call.run(lists.find_list, units, call.caller, ref=ref, what=address.what)
            return answer(call, shapes.list_json(view), selection, shapes.LIST_KIND, FOLDER)
        found = await call.run(lists.lists_of, units, call.caller, ref=ref)
        return odata.feed(call.request, [shaped(shapes.list_json(view), selection, FOLDER) for view in found])

    async def root_folder(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call))
        view = await call.run(lists.find_list, self._backend.units, call.caller, ref=ref_of(call), what=address.what)
        return answer(call, shapes.root_folder_json(view), selection, "SP.Folder")

    async def add(self, call: Call, address: ListAddress) -> Response:
        if not address.what.is_web:
            raise errors.UsageError("A list is changed by X-HTTP-Method: MERGE or DELETE.")
        body = codec.read_body(await call.body(call.limits.json_body), shapes.ListBody)
        view = await call.run(
            list_design.add_list,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            definition=body.new(),
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        selection = read_selection(options_of(call), FOLDER)
        return answer(call, shapes.list_json(view), selection, shapes.LIST_KIND, FOLDER, status=201)

    async def change(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.ListBody)
        await call.run(
            list_design.change_list,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            change=body.over,
            clock=self._backend.clock,
        )
        return Response(status_code=204)

    async def delete(self, call: Call, address: ListAddress) -> Response:
        await self._gone(call, address)
        return Response(status_code=200)

    async def recycle(self, call: Call, address: ListAddress) -> Response:
        return odata.method_result(call.request, "Recycle", await self._gone(call, address))

    async def _gone(self, call: Call, address: ListAddress) -> list_design.ItemId:
        return await call.run(
            list_design.delete_list,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            clock=self._backend.clock,
        )


def aliases_of(call: Call) -> dict[str, str]:
    """Values of `@name` in arguments."""
    return {name: value for name, value in options_of(call) if name.startswith("@")}


def routes(backend: Backend) -> list[Route]:
    handler = Lists(backend).answer
    fields = ListItems(backend).of_file
    place = "web/{item:item}/listitemallfields"
    return [
        route("GET", "web/{list:lists}", handler, verb="lists.read"),
        *(route(method, "web/{list:lists}", handler, verb="lists.write") for method in ("POST", "PATCH", "DELETE")),
        route("GET", place, fields, verb="lists.read", evidence=Evidence.INFERRED),
        route("POST", place, fields, verb="lists.write", evidence=Evidence.INFERRED),
    ]
