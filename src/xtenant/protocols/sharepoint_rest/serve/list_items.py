"""Items of lists: read, made, changed, deleted, their versions and attachments (content-api.md 4.4, 4.6).

Below a list: `/items`, `/items(N)`, `/items(N)/versions`, `/items(N)/validateupdatelistitem()`, `/items(N)/recycle()`,
`/items(N)/attachmentfiles…`; and of files and folders `/_api/web/GetFileByServerRelativePath(…)/ListItemAllFields`. Items are
paged by number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.permissions import Securable
from xtenant.operations import attachments, list_items, lists
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import list_items as shapes
from xtenant.protocols.sharepoint_rest.codec.list_address import ListAddress, words
from xtenant.protocols.sharepoint_rest.codec.securables import parse_number
from xtenant.protocols.sharepoint_rest.codec.selection import DEFAULT_TOP, Selection, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.webs import answer, following, method_of, options_of, ref_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.conditions import if_match
from xtenant.wire.edge import Call
from xtenant.wire.streams import receive_in_thread, send_from_thread

Answer = Callable[[Call, ListAddress], Awaitable[Response]]
ANY = "application/octet-stream"
PEOPLE = ("Author", "Editor")


class ListItems:
    """Handlers; `address.rest` begins with `items`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)
        item, attached = "items()", "items()/attachmentfiles"
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", "items"): self.page,
            ("GET", item): self.one,
            ("GET", f"{item}/versions"): self.versions,
            ("GET", attached): self.attached,
            ("GET", f"{attached}()"): self.attachment,
            ("GET", f"{attached}()/$value"): self.content,
            ("POST", "items"): self.add,
            ("PATCH", item): self.change,
            ("DELETE", item): self.delete,
            ("POST", f"{item}/deleteobject()"): self.delete,
            ("POST", f"{item}/recycle()"): self.recycle,
            ("POST", f"{item}/recycle"): self.recycle,
            ("POST", f"{item}/validateupdatelistitem()"): self.validate_update,
            ("POST", f"{item}/validateupdatelistitem"): self.validate_update,
            ("POST", f"{attached}/add()"): self.attach,
            ("DELETE", f"{attached}()"): self.detach,
            ("POST", f"{attached}()/deleteobject()"): self.detach,
        }

    async def page(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call), *shapes.NAVIGATIONS, paged=True)
        if selection.filter_text:
            raise errors.UsageError("Items of a list are not filtered here.", remedy="Leave $filter out; page by $top.")
        if selection.expands("AttachmentFiles"):
            raise errors.UsageError("AttachmentFiles of many items are not expanded.", remedy="Ask each item for them.")
        page = await call.run(
            lists.list_items,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            after=selection.after,
            limit=selection.top or DEFAULT_TOP,
            with_people=any(selection.expands(name) for name in PEOPLE),
        )
        rows = [shaped(shapes.list_item_json(page, item), selection, *shapes.NAVIGATIONS) for item in page.items]
        return odata.feed(call.request, rows, next_link=following(call, page.next_number))

    async def one(self, call: Call, address: ListAddress) -> Response:
        return await self._one(call, _item_of(address))

    async def of_file(self, call: Call) -> Response:
        """`ListItemAllFields` of a file or folder by its path."""
        method = method_of(call)
        aliases = {name: value for name, value in options_of(call) if name.startswith("@")}
        what = Securable(item_path=words(call.values["item"])[0].argument("DecodedUrl", aliases))
        if method == "GET":
            return await self._one(call, what)
        check_digest(self._digests, call)
        if method == "PATCH":
            return await self._change(call, what)
        raise errors.UsageError("The fields of a file are changed by X-HTTP-Method: MERGE.")

    async def _one(self, call: Call, what: Securable) -> Response:
        selection = read_selection(options_of(call), *shapes.NAVIGATIONS)
        units, ref = self._backend.units, ref_of(call)
        page = await call.run(lists.find_list_item, units, call.caller, ref=ref, what=what)
        row = shapes.list_item_json(page, page.items[0])
        if selection.expands("AttachmentFiles"):
            view, item, found = await call.run(lists.attachments, units, call.caller, ref=ref, what=what)
            row["AttachmentFiles"] = [shapes.attachment_json(view, item, one) for one in found]
        return answer(call, row, selection, shapes.ITEM_KIND, *shapes.NAVIGATIONS)

    async def versions(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call), "Editor")
        selection = dataclasses.replace(selection, expand=frozenset({"editor"}))
        history = await call.run(
            lists.history, self._backend.units, call.caller, ref=ref_of(call), what=_item_of(address)
        )
        return odata.feed(call.request, [shaped(row, selection) for row in shapes.history_json(history)])

    async def add(self, call: Call, address: ListAddress) -> Response:
        body = shapes.body_of(await call.body(call.limits.json_body))
        page = await call.run(
            list_items.add_item,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=address.what,
            read=shapes.read_fields(body),
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        row = shapes.list_item_json(page, page.items[0])
        return answer(call, row, Selection(), shapes.ITEM_KIND, *shapes.NAVIGATIONS, status=201)

    async def change(self, call: Call, address: ListAddress) -> Response:
        return await self._change(call, _item_of(address))

    async def _change(self, call: Call, what: Securable) -> Response:
        body = shapes.body_of(await call.body(call.limits.json_body))
        page = await call.run(
            list_items.change_item,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=what,
            read=shapes.read_fields(body),
            matches=if_match(call, shapes.etag_of),
            clock=self._backend.clock,
        )
        return Response(status_code=204, headers={"ETag": shapes.etag_of(page.items[0].item)})

    async def delete(self, call: Call, address: ListAddress) -> Response:
        await self._gone(call, address)
        return Response(status_code=200)

    async def recycle(self, call: Call, address: ListAddress) -> Response:
        return odata.method_result(call.request, "Recycle", await self._gone(call, address))

    async def _gone(self, call: Call, address: ListAddress) -> list_items.ItemId:
        return await call.run(
            list_items.delete_item,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=_item_of(address),
            matches=if_match(call, shapes.etag_of),
            clock=self._backend.clock,
        )

    async def validate_update(self, call: Call, address: ListAddress) -> Response:
        body = codec.read_body(await call.body(call.limits.json_body), shapes.ValidateBody)
        what = _item_of(address)
        answers = await call.run(
            list_items.validate_update,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=what,
            values=body.values,
            new_document=bool(body.bNewDocumentUpdate),
            in_utc=bool(body.datesInUTC or body.bDatesInUTC),
            clock=self._backend.clock,
        )
        rows = [shapes.form_answer_json(one, what.item_number or 0) for one in answers]
        return odata.method_result(call.request, "ValidateUpdateListItem", rows)

    async def attached(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call))
        view, item, found = await call.run(
            lists.attachments, self._backend.units, call.caller, ref=ref_of(call), what=_item_of(address)
        )
        return odata.feed(call.request, [shaped(shapes.attachment_json(view, item, one), selection) for one in found])

    async def attachment(self, call: Call, address: ListAddress) -> Response:
        selection = read_selection(options_of(call))
        view, item, found = await call.run(
            attachments.find_attachment,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=_item_of(address),
            name=_file_name(address),
        )
        return answer(call, shapes.attachment_json(view, item, found), selection, shapes.ATTACHMENT_KIND)

    async def content(self, call: Call, address: ListAddress) -> Response:
        """The bytes at once, no redirect (content-api.md 4.3)."""
        name = _file_name(address)
        _, _, found = await call.run(
            attachments.find_attachment,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=_item_of(address),
            name=name,
        )
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"}
        if call.request.method == "HEAD":
            return Response(None, 200, {**headers, "Content-Length": str(found.size_bytes)}, ANY)
        pieces = await call.run(attachments.content_of, self._backend.blobs, found)
        return send_from_thread(call, pieces, size=found.size_bytes, status=200, headers=headers, media_type=ANY)

    async def attach(self, call: Call, address: ListAddress) -> Response:
        backend, ref, what = self._backend, ref_of(call), _item_of(address)
        name = address.rest[2].argument("FileName")
        view, item, made = await receive_in_thread(
            call,
            lambda pieces: attachments.attach(
                backend.units,
                backend.blobs,
                call.caller,
                ref=ref,
                what=what,
                name=name,
                pieces=pieces,
                clock=backend.clock,
            ),
            limit_bytes=call.limits.small_upload,
        )
        return odata.single(call.request, shapes.attachment_json(view, item, made), kind=shapes.ATTACHMENT_KIND)

    async def detach(self, call: Call, address: ListAddress) -> Response:
        await call.run(
            attachments.detach,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=_item_of(address),
            name=_file_name(address),
            clock=self._backend.clock,
        )
        return Response(status_code=200)


def _item_of(address: ListAddress) -> Securable:
    return dataclasses.replace(address.what, item_number=parse_number(address.rest[0].argument("id")))


def _file_name(address: ListAddress) -> str:
    return address.rest[1].argument("fileName")
