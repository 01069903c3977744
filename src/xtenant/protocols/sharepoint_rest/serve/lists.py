"""Lists of a web and their items (content-api.md 4.4; settled C 17).

Paths, below the address of a site: GET `/_api/web/lists`, `/_api/web/LIST`, `/_api/web/LIST/items`, `/_api/web/LIST/items(N)`,
where LIST is `lists(guid'…')`, `lists/getbyid('…')` or `lists/getbytitle('…')`. Items are paged by number.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.operations import lists
from xtenant.protocols.sharepoint_rest.codec import lists as shapes
from xtenant.protocols.sharepoint_rest.codec.securables import parse_securable
from xtenant.protocols.sharepoint_rest.codec.selection import DEFAULT_TOP, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.webs import answer, following, options_of, route, url_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

FOLDER = "RootFolder"


def routes(backend: Backend) -> list[Route]:
    async def lists_of(call: Call) -> Response:
        selection = read_selection(options_of(call), FOLDER)
        found = await call.run(lists.lists_of, backend.units, call.caller, url=url_of(call))
        return odata.feed(call.request, [shaped(shapes.list_json(view), selection, FOLDER) for view in found])

    async def items(call: Call) -> Response:
        selection = read_selection(options_of(call), paged=True)
        _unfiltered(selection.filter_text)
        page = await call.run(
            lists.list_items,
            backend.units,
            call.caller,
            url=url_of(call),
            what=parse_securable(call.values["list"]),
            after=selection.after,
            limit=selection.top or DEFAULT_TOP,
        )
        rows = [shaped(shapes.list_item_json(page.view, item), selection) for item in page.items]
        return odata.feed(call.request, rows, next_link=following(call, page.next_number))

    async def member(call: Call) -> Response:
        what = parse_securable(f"lists{call.values['list']}")
        if what.item_number is None:
            selection = read_selection(options_of(call), FOLDER)
            view = await call.run(lists.find_list, backend.units, call.caller, url=url_of(call), what=what)
            return answer(call, shapes.list_json(view), selection, "SP.List", FOLDER)
        selection = read_selection(options_of(call))
        page = await call.run(lists.find_list_item, backend.units, call.caller, url=url_of(call), what=what)
        return answer(call, shapes.list_item_json(page.view, page.items[0]), selection, "SP.ListItem")

    return [
        route("GET", "web/lists", lists_of, verb="lists.read"),
        route("GET", "web/{list:path}/items", items, verb="lists.read", evidence=Evidence.INFERRED),
        route("GET", "web/lists{list:path}", member, verb="lists.read"),
    ]


def _unfiltered(text: str) -> None:
    if text:
        raise errors.UsageError("Items of a list are not filtered here.", remedy="Leave $filter out; page by $top.")
