"""Changing items: folders, names, places, dates, deletion (content-api.md 1.8)."""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import ItemId
from xtenant.domain.drive import DriveRef
from xtenant.domain.upload import ConflictBehavior, FileDates
from xtenant.operations import content, files
from xtenant.protocols.graph.codec import ids, items, query
from xtenant.protocols.graph.codec import writing as codec
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, no_content, options_of
from xtenant.protocols.graph.serve.items import Items
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.wire.backend import Backend
from xtenant.wire.conditions import if_match
from xtenant.wire.edge import Call


class Writing:
    """Handlers of changes to single items."""

    def __init__(self, backend: Backend, items: Items) -> None:
        self._backend = backend
        self._items = items

    async def create_folder(self, call: Call, address: Address) -> Response:
        backend, options = self._backend, options_of(call)
        body = await body_of(call, codec.FolderBody)
        view = await call.run(
            files.create_folder,
            backend.units,
            call.caller,
            ref=await drive_of(backend, call, address),
            parent=where_of(address.item),
            name=body.name,
            conflict=body.conflict or options.conflict or ConflictBehavior.FAIL,
            dates=dates_of(body.file_system_info),
            clock=backend.clock,
            ids=backend.ids,
        )
        row = self._items.row(view, options)
        return json_answer({"@odata.context": context(call, "driveItems/$entity"), **row}, 201)

    async def change(self, call: Call, address: Address) -> Response:
        backend, options = self._backend, options_of(call)
        body = await body_of(call, codec.ItemPatch)
        ref = await drive_of(backend, call, address)
        view = await call.run(
            files.change_item,
            backend.units,
            call.caller,
            ref=ref,
            where=where_of(address.item),
            name=body.name,
            parent=await self._parent(call, ref, body.parent_reference),
            conflict=body.conflict or options.conflict or ConflictBehavior.FAIL,
            dates=dates_of(body.file_system_info),
            matches=if_match(call, items.etag_of, items.ctag_of),
            clock=backend.clock,
        )
        row = self._items.row(view, options)
        return json_answer({"@odata.context": context(call, "driveItems/$entity"), **row})

    async def _parent(self, call: Call, ref: DriveRef, wanted: codec.ParentReference | None) -> ItemId | None:
        """The folder an item is to go to; None where it stays. Only inside its drive, as at Microsoft."""
        if wanted is None or (wanted.id is None and wanted.path is None):
            return None
        if wanted.id is None:
            raise query.NotSupported("Name the new parent by its id.")
        drive = await call.run(content.find_drive, self._backend.units, call.caller, ref=ref)
        if wanted.drive_id and ids.parse_drive_id(wanted.drive_id) != ids.drive_id_of(drive.site, drive.library):
            raise errors.UsageError("An item moves inside its drive only.", remedy="Copy it to the other drive.")
        return ids.parse_item_id(wanted.id) or drive.library.item_id

    async def delete(self, call: Call, address: Address) -> Response:
        backend = self._backend
        await call.run(
            files.delete_item,
            backend.units,
            call.caller,
            ref=await drive_of(backend, call, address),
            where=where_of(address.item),
            matches=if_match(call, items.etag_of, items.ctag_of),
            clock=backend.clock,
        )
        return no_content()


def dates_of(info: codec.FileSystemInfo | None) -> FileDates:
    return FileDates() if info is None else FileDates(created_at=info.created_at, modified_at=info.modified_at)
