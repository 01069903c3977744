"""Columns and content types of lists and webs (content-api.md 4.4).

Below a list or a web: `/fields`, `/fields(…)`, `/fields/addfield`, `/fields/createfieldasxml`, `/contenttypes`,
`/contenttypes('0x…')`, `/contenttypes/add`, `/contenttypes/addavailablecontenttype`, `/contenttypes('0x…')/fieldlinks`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from xtenant.domain.columns import TITLE_COLUMN
from xtenant.domain.lists import Column
from xtenant.operations import list_design
from xtenant.operations.list_design import Design
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import columns as shapes
from xtenant.protocols.sharepoint_rest.codec.list_address import ListAddress
from xtenant.protocols.sharepoint_rest.codec.selection import Selection, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.webs import answer, options_of, ref_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call

Answer = Callable[[Call, ListAddress], Awaitable[Response]]
LINKS = "FieldLinks"


class Columns:
    """Handlers; `address.rest` begins with `fields` or `contenttypes`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        types = "contenttypes"
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", "fields"): self.fields,
            ("GET", "fields()"): self.field,
            ("POST", "fields"): self.add,
            ("POST", "fields/add"): self.add,
            ("POST", "fields/addfield"): self.add_field,
            ("POST", "fields/addfield()"): self.add_field,
            ("POST", "fields/createfieldasxml"): self.add_schema,
            ("POST", "fields/createfieldasxml()"): self.add_schema,
            ("PATCH", "fields()"): self.change,
            ("DELETE", "fields()"): self.remove,
            ("POST", "fields()/deleteobject()"): self.remove,
            ("GET", types): self.types,
            ("GET", f"{types}()"): self.type,
            ("POST", types): self.add_type,
            ("POST", f"{types}/add"): self.add_type,
            ("POST", f"{types}/addavailablecontenttype"): self.attach_type,
            ("GET", f"{types}()/fieldlinks"): self.links,
            ("POST", f"{types}()/fieldlinks"): self.link,
            ("DELETE", f"{types}()"): self.remove_type,
            ("POST", f"{types}()/deleteobject()"): self.remove_type,
        }

    async def fields(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call))
        design = await self._design(call, address)
        return odata.feed(call.request, [shaped(row, selection) for row in shapes.fields_json(design.columns)])

    async def field(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call))
        design, name = await self._design(call, address), _named(address)
        is_title = name.lower() in (str(TITLE_COLUMN.column_id), "title") and not _has_title(design)
        column = TITLE_COLUMN if is_title else list_design.column_named(design.columns, name)
        return answer(call, shapes.field_json(column, own=not is_title), selection, shapes.FIELD_KIND)

    async def add(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.FieldBody)
        return await self._add(call, address, body.new(self._backend.ids.new_id()))

    async def add_field(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.FieldInformation)
        return await self._add(call, address, body.parameters.new(self._backend.ids.new_id()))

    async def add_schema(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.SchemaBody)
        column = shapes.column_of_schema(body.parameters.SchemaXml, self._backend.ids.new_id())
        return await self._add(call, address, column)

    async def _add(self, call: Call, address: ListAddress, column: Column) -> Response:
        made = await call.run(
            list_design.add_column,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            column=column,
            clock=self._backend.clock,
        )
        return answer(call, shapes.field_json(made), Selection(), shapes.FIELD_KIND, status=201)

    async def change(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.FieldBody)
        await call.run(
            list_design.change_column,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            name=_named(address),
            change=body.over,
            clock=self._backend.clock,
        )
        return Response(status_code=204)

    async def remove(self, call: Call, address: ListAddress) -> Response:
        await call.run(
            list_design.remove_column,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            name=_named(address),
            clock=self._backend.clock,
        )
        return Response(status_code=200)

    async def types(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call), LINKS)
        rows = _types(await self._design(call, address))
        return odata.feed(call.request, [shaped(row, selection, LINKS) for row in rows])

    async def type(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call), LINKS)
        design = await self._design(call, address)
        found = list_design.type_named(design.content_types, _named(address))
        return answer(call, shapes.type_json(found, design.columns), selection, shapes.TYPE_KIND, LINKS)

    async def links(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call))
        design = await self._design(call, address)
        found = list_design.type_named(design.content_types, _named(address))
        shown = [column for column in design.columns if column.column_id in found.columns]
        return odata.feed(call.request, [shaped(shapes.link_json(column), selection) for column in shown])

    async def add_type(self, call: Call, address: ListAddress) -> Response:
        body = shapes.read_new_type(await call.body(call.limits.json_body))
        made = await call.run(
            list_design.add_content_type,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            new=body.new(self._backend.ids.new_id()),
            clock=self._backend.clock,
        )
        return answer(call, shapes.type_json(made, ()), Selection(), shapes.TYPE_KIND, LINKS, status=201)

    async def attach_type(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.AttachTypeBody)
        made = await call.run(
            list_design.attach_content_type,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            type_id=body.contentTypeId,
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        return answer(call, shapes.type_json(made, ()), Selection(), shapes.TYPE_KIND, LINKS)

    async def link(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.FieldLinkBody)
        column = await call.run(
            list_design.link_column,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            type_id=_named(address),
            name=body.FieldInternalName,
            clock=self._backend.clock,
        )
        return answer(call, shapes.link_json(column), Selection(), "SP.FieldLink", status=201)

    async def remove_type(self, call: Call, address: ListAddress) -> Response:
        await call.run(
            list_design.remove_content_type,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            type_id=_named(address),
            clock=self._backend.clock,
        )
        return Response(status_code=200)

    async def _design(self, call: Call, address: ListAddress) -> Design:
        return await call.run(
            list_design.design_of, self._backend.units, call.caller, ref=ref_of(call), what=address.what
        )


def _types(design: Design) -> list[dict[str, shapes.Json]]:
    library = design.view is None or design.view.is_library
    return shapes.types_json(design.content_types, design.columns, library=library)


def _named(address: ListAddress) -> str:
    return address.rest[0].argument("id").strip("{}")


def _has_title(design: Design) -> bool:
    return any(one.title.lower() == "title" for one in design.columns)
