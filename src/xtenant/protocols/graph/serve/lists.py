"""Lists of a site or subweb (content-api.md 1.13).

Below `/sites/{id}`: `/lists`, `/lists/{id or title}`, `…/items`, `…/items/{n}` with `/fields`, `/versions`, `/driveItem`,
`…/columns`, `…/contentTypes`, `…/drive`; and `/columns`, `/contentTypes` of the site itself. `$expand=fields` shows values.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import ItemKind
from xtenant.domain.drive import DriveRef, Where
from xtenant.domain.list_views import ListPage, ListView, WebView
from xtenant.domain.permissions import Securable
from xtenant.operations import content, list_design, list_items, lists
from xtenant.protocols.graph.codec import bodies, drives, query
from xtenant.protocols.graph.codec import list_items as rows
from xtenant.protocols.graph.codec import lists as shapes
from xtenant.protocols.graph.codec.address import Address, InvalidAddress
from xtenant.protocols.graph.codec.drives import web_id_of
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, link, no_content, options_of
from xtenant.protocols.graph.serve.columns import Columns
from xtenant.protocols.graph.serve.items import Items
from xtenant.protocols.graph.serve.places import list_of, ref_of, web_of
from xtenant.wire.backend import Backend
from xtenant.wire.conditions import if_match
from xtenant.wire.edge import Call

WORDS = frozenset({"lists", "columns", "contenttypes"})
"""What begins an address that is answered here."""

Answer = Callable[[Call, WebView, Address], Awaitable[Response]]


class Lists:
    """Reads what follows the site and finds who answers: a table from method and words, ids written as `*`."""

    def __init__(self, backend: Backend, items: Items) -> None:
        self._backend = backend
        self._items = items
        one, item = "lists/*", "lists/*/items/*"
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", "lists"): self.page,
            ("POST", "lists"): self.add,
            ("GET", one): self.one,
            ("PATCH", one): self.change,
            ("DELETE", one): self.delete,
            ("GET", f"{one}/drive"): self.drive,
            ("GET", f"{one}/items"): self.items,
            ("POST", f"{one}/items"): self.add_item,
            ("GET", item): self.item,
            ("PATCH", item): self.change_item,
            ("DELETE", item): self.delete_item,
            ("GET", f"{item}/fields"): self.fields,
            ("PATCH", f"{item}/fields"): self.change_fields,
            ("GET", f"{item}/versions"): self.versions,
            ("GET", f"{item}/versions/*"): self.versions,
            ("GET", f"{item}/driveitem"): self.drive_item,
            **Columns(backend).answers,
        }

    async def answer(self, call: Call, address: Address) -> Response:
        words = [word.name.lower() if at % 2 == 0 else "*" for at, word in enumerate(address.rest)]
        known = self.answers.get((call.route.method, "/".join(words)))
        if known is None:
            raise InvalidAddress(f"Resource not found for the segment '{address.rest[-1].name[:60]}'.")
        return await known(call, await web_of(self._backend, call, address), address)

    async def page(self, call: Call, web: WebView, address: Address) -> Response:
        options = shapes.parse_list_options(call.request.query_params.multi_items())
        found = await call.run(lists.lists_of, self._backend.units, call.caller, ref=ref_of(web))
        hidden = "system" in {name.lower() for name in options.plain.select}
        shown = [
            bodies.selected(self._row(view, web), options.plain.select)
            for view in found
            if hidden or not view.definition.hidden
        ]
        return json_answer(bodies.page(shown, context=context(call, "lists")))

    async def one(self, call: Call, web: WebView, address: Address) -> Response:
        options = shapes.parse_list_options(call.request.query_params.multi_items())
        view = await call.run(lists.find_list, self._backend.units, call.caller, ref=ref_of(web), what=list_of(address))
        row = {**self._row(view, web), **Columns.expanded(view, options)}
        return json_answer({"@odata.context": context(call, "lists/$entity"), **bodies.selected(row, _wanted(options))})

    async def add(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, shapes.ListBody)
        new_ids = (self._backend.ids.new_id() for _ in itertools.count())
        view = await call.run(
            list_design.add_list,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            definition=body.new(new_ids),
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        return json_answer({"@odata.context": context(call, "lists/$entity"), **self._row(view, web)}, 201)

    async def change(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, shapes.ListPatch)
        said = {"title": body.display_name, "description": body.description}
        changes = {name: value for name, value in said.items() if value is not None}
        view = await call.run(
            list_design.change_list,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            change=lambda definition: dataclasses.replace(definition, **changes),
            clock=self._backend.clock,
        )
        return json_answer({"@odata.context": context(call, "lists/$entity"), **self._row(view, web)})

    async def delete(self, call: Call, web: WebView, address: Address) -> Response:
        await call.run(
            list_design.delete_list,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            clock=self._backend.clock,
        )
        return no_content()

    async def drive(self, call: Call, web: WebView, address: Address) -> Response:
        options = options_of(call)
        view = await call.run(lists.find_list, self._backend.units, call.caller, ref=ref_of(web), what=list_of(address))
        found = await call.run(content.find_drive, self._backend.units, call.caller, ref=_drive_ref(view))
        row = drives.drive_json(found, self._backend.tenant.tenant_id)
        return json_answer({"@odata.context": context(call, "drives/$entity"), **bodies.selected(row, options.select)})

    async def items(self, call: Call, web: WebView, address: Address) -> Response:
        options = shapes.parse_list_options(call.request.query_params.multi_items())
        page = await call.run(
            lists.list_items,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            after=_after(options.plain.skip_token),
            limit=options.plain.limit(call.limits.page_size, call.limits.page_size_max),
            with_people=True,
        )
        shown = [rows.item_json(page, one, web_id_of(web), options) for one in page.items]
        following = None
        if page.next_number is not None:
            following = link(call, "$skiptoken", query.pack_token(str(page.next_number)))
        return json_answer(bodies.page(shown, context=context(call, "items"), next_link=following))

    async def item(self, call: Call, web: WebView, address: Address) -> Response:
        options = shapes.parse_list_options(call.request.query_params.multi_items())
        page = await self._item(call, web, address)
        if not call.request.query_params:
            options = dataclasses.replace(options, fields=frozenset[str]())  # one item shows its fields by itself
        row = rows.item_json(page, page.items[0], web_id_of(web), options)
        return json_answer({"@odata.context": context(call, "items/$entity"), **row})

    async def fields(self, call: Call, web: WebView, address: Address) -> Response:
        page = await self._item(call, web, address)
        row = bodies.selected(rows.fields_json(page, page.items[0]), options_of(call).select)
        return json_answer({"@odata.context": context(call, "fields/$entity"), **row})

    async def add_item(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, rows.ItemBody)
        page = await call.run(
            list_items.add_item,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            read=rows.FieldReader(body.said),
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        return self._made(call, web, page, 201)

    async def change_item(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, rows.ItemPatch)
        page = await self._change(call, web, address, body.said)
        return self._made(call, web, page, 200)

    async def change_fields(self, call: Call, web: WebView, address: Address) -> Response:
        page = await self._change(call, web, address, await body_of(call, dict[str, object]))
        row = rows.fields_json(page, page.items[0])
        return json_answer({"@odata.context": context(call, "fields/$entity"), **row})

    async def _change(self, call: Call, web: WebView, address: Address, said: dict[str, object]) -> ListPage:
        return await call.run(
            list_items.change_item,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=_item_of(address),
            read=rows.FieldReader(said),
            matches=if_match(call, shapes.etag_of),
            clock=self._backend.clock,
        )

    async def delete_item(self, call: Call, web: WebView, address: Address) -> Response:
        await call.run(
            list_items.delete_item,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=_item_of(address),
            matches=if_match(call, shapes.etag_of),
            clock=self._backend.clock,
        )
        return no_content()

    async def versions(self, call: Call, web: WebView, address: Address) -> Response:
        """…/versions and …/versions/{id}, each with its fields."""
        shapes.parse_list_options(call.request.query_params.multi_items())
        history = await call.run(
            lists.history, self._backend.units, call.caller, ref=ref_of(web), what=_item_of(address)
        )
        shown = [rows.version_json(history.page, one, history.people) for one in history.versions]
        if len(address.rest) == 5:
            return json_answer(bodies.page(shown, context=context(call, "versions")))
        wanted = address.rest[5].name
        one = next((row for row in shown if row["id"] == wanted), None)
        if one is None:
            raise errors.NotFound("The item has no such version.")
        return json_answer({"@odata.context": context(call, "versions/$entity"), **one})

    async def drive_item(self, call: Call, web: WebView, address: Address) -> Response:
        page = await self._item(call, web, address)
        item = page.items[0].item
        if item.kind is ItemKind.LIST_ITEM:
            raise errors.NotFound("The item is no file.")
        where = Where(item_id=item.item_id)
        ref = _drive_ref(page.view)
        view = await call.run(content.find_item, self._backend.units, call.caller, ref=ref, where=where)
        row = self._items.row(view, options_of(call))
        return json_answer({"@odata.context": context(call, "driveItems/$entity"), **row})

    async def _item(self, call: Call, web: WebView, address: Address) -> ListPage:
        return await call.run(
            lists.find_list_item, self._backend.units, call.caller, ref=ref_of(web), what=_item_of(address)
        )

    def _made(self, call: Call, web: WebView, page: ListPage, status: int) -> Response:
        options = shapes.ListOptions(plain=query.Options(), fields=frozenset())
        row = rows.item_json(page, page.items[0], web_id_of(web), options)
        return json_answer({"@odata.context": context(call, "items/$entity"), **row}, status)

    def _row(self, view: ListView, web: WebView) -> bodies.Json:
        return shapes.list_json(view, web_id_of(web))


def _item_of(address: Address) -> Securable:
    number = address.rest[3].name
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise errors.NotFound("The item does not exist.", remedy="Name a list item by its number.")
    return dataclasses.replace(list_of(address), item_number=int(number))


def _drive_ref(view: ListView) -> DriveRef:
    return DriveRef(site_id=view.site.site_id, library_id=view.library.item_id)


def _after(token: str | None) -> int:
    text = query.unpack_token(token) if token else "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 11):
        raise query.InvalidOption("The paging token is not one of this service.", remedy="Start the list again.")
    return int(text)


def _wanted(options: shapes.ListOptions) -> frozenset[str]:
    """`$select`, with what is expanded."""
    select = options.plain.select
    return select | {"columns"} if select and options.with_columns else select
