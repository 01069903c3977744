"""Columns and content types of lists, and of sites and subwebs (content-api.md 1.13).

Below a list or a site: `/columns`, `/columns/{id or name}`, `/contentTypes`, `/contentTypes/{id}`; below a list also
`/contentTypes/addCopy`. Only columns and content types of their own are shown, not what every list has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from xtenant.domain.list_views import ListView, WebView
from xtenant.domain.permissions import Securable
from xtenant.operations import list_design
from xtenant.operations.list_design import Design
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import columns as shapes
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.codec.lists import ListOptions
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, no_content, options_of
from xtenant.protocols.graph.serve.places import list_of, ref_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call

Answer = Callable[[Call, WebView, Address], Awaitable[Response]]


class Columns:
    """Handlers; the last words of the address are `columns` or `contentTypes`, with an id or without."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.answers: dict[tuple[str, str], Answer] = {}
        for above in ("", "lists/*/"):
            self.answers |= {
                ("GET", f"{above}columns"): self.columns,
                ("POST", f"{above}columns"): self.add_column,
                ("GET", f"{above}columns/*"): self.column,
                ("PATCH", f"{above}columns/*"): self.change_column,
                ("DELETE", f"{above}columns/*"): self.remove_column,
                ("GET", f"{above}contenttypes"): self.types,
                ("POST", f"{above}contenttypes"): self.add_type,
                ("GET", f"{above}contenttypes/*"): self.type,
                ("DELETE", f"{above}contenttypes/*"): self.remove_type,
            }
        self.answers["POST", "lists/*/contenttypes/*"] = self.add_copy

    @staticmethod
    def expanded(view: ListView, options: ListOptions) -> dict[str, object]:
        """A list's columns, where `$expand=columns` asks for them."""
        if not options.with_columns:
            return {}
        return {"columns": [shapes.column_json(column) for column in view.definition.columns]}

    async def columns(self, call: Call, web: WebView, address: Address) -> Response:
        design, select = await self._design(call, web, address), options_of(call).select
        rows = [bodies.selected(shapes.column_json(column), select) for column in design.columns]
        return json_answer(bodies.page(rows, context=context(call, "columns")))

    async def column(self, call: Call, web: WebView, address: Address) -> Response:
        design = await self._design(call, web, address)
        row = shapes.column_json(list_design.column_named(design.columns, _last(address)))
        return self._entity(call, row, "columns")

    async def add_column(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, shapes.ColumnBody)
        made = await call.run(
            list_design.add_column,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            column=body.new(self._backend.ids.new_id()),
            clock=self._backend.clock,
        )
        return self._entity(call, shapes.column_json(made), "columns", 201)

    async def change_column(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, shapes.ColumnBody)
        changed = await call.run(
            list_design.change_column,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            name=_last(address),
            change=body.over,
            clock=self._backend.clock,
        )
        return self._entity(call, shapes.column_json(changed), "columns")

    async def remove_column(self, call: Call, web: WebView, address: Address) -> Response:
        await call.run(
            list_design.remove_column,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            name=_last(address),
            clock=self._backend.clock,
        )
        return no_content()

    async def types(self, call: Call, web: WebView, address: Address) -> Response:
        design, select = await self._design(call, web, address), options_of(call).select
        rows = [bodies.selected(shapes.type_json(one), select) for one in design.content_types]
        return json_answer(bodies.page(rows, context=context(call, "contentTypes")))

    async def type(self, call: Call, web: WebView, address: Address) -> Response:
        design = await self._design(call, web, address)
        row = shapes.type_json(list_design.type_named(design.content_types, _last(address)))
        return self._entity(call, row, "contentTypes")

    async def add_type(self, call: Call, web: WebView, address: Address) -> Response:
        body = await body_of(call, shapes.ContentTypeBody)
        made = await call.run(
            list_design.add_content_type,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            new=body.new(self._backend.ids.new_id()),
            clock=self._backend.clock,
        )
        return self._entity(call, shapes.type_json(made), "contentTypes", 201)

    async def add_copy(self, call: Call, web: WebView, address: Address) -> Response:
        """`contentTypes/addCopy`: a content type of the site taken up by a list."""
        if _last(address).lower() != "addcopy":
            raise shapes.WrongDefinition("A content type is added with addCopy, or changed with PATCH.")
        body = await body_of(call, shapes.AddCopyBody)
        made = await call.run(
            list_design.attach_content_type,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            type_id=body.type_id,
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        return self._entity(call, shapes.type_json(made), "contentTypes", 201)

    async def remove_type(self, call: Call, web: WebView, address: Address) -> Response:
        await call.run(
            list_design.remove_content_type,
            self._backend.units,
            call.caller,
            ref=ref_of(web),
            what=list_of(address),
            type_id=_last(address),
            clock=self._backend.clock,
        )
        return no_content()

    async def _design(self, call: Call, web: WebView, address: Address) -> Design:
        what: Securable = list_of(address)
        return await call.run(list_design.design_of, self._backend.units, call.caller, ref=ref_of(web), what=what)

    def _entity(self, call: Call, row: bodies.Json, what: str, status: int = 200) -> Response:
        shown = bodies.selected(row, options_of(call).select)
        return json_answer({"@odata.context": context(call, f"{what}/$entity"), **shown}, status)


def _last(address: Address) -> str:
    return address.rest[-1].name
