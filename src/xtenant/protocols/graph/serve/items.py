"""Reading drives and items (content-api.md 1.3 to 1.7, 1.11): one method per sub-resource, called by `serve/addressed.py`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import ItemKind
from xtenant.domain.drive import DriveRef, ItemView, Where
from xtenant.operations import content
from xtenant.protocols.graph.codec import bodies, drives, items, query
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import context, json_answer, link, options_of
from xtenant.protocols.graph.serve.downloads import Downloads
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call


class Items:
    """What can be read of a drive."""

    def __init__(self, backend: Backend, downloads: Downloads) -> None:
        self._backend = backend
        self._downloads = downloads

    async def drive(self, call: Call, address: Address) -> Response:
        backend, options = self._backend, options_of(call)
        ref = await drive_of(backend, call, address)
        found = await call.run(content.find_drive, backend.units, call.caller, ref=ref)
        with_ids = _wants_ids(options)
        shown = bodies.selected(drives.drive_json(found, backend.tenant.tenant_id, with_ids=with_ids), options.select)
        return json_answer({"@odata.context": context(call, "drives/$entity"), **shown})

    async def drives_of_person(self, call: Call, address: Address) -> Response:
        """/me/drives: the one OneDrive a person has, or none."""
        backend = self._backend
        try:
            ref = await drive_of(backend, call, address)
            found = [await call.run(content.find_drive, backend.units, call.caller, ref=ref)]
        except errors.NotFound:
            found = []
        shown = [drives.drive_json(drive, backend.tenant.tenant_id) for drive in found]
        return json_answer(bodies.page(shown, context=context(call, "drives")))

    async def item(self, call: Call, address: Address) -> Response:
        view = await self._view(call, address)
        row = self.row(view, options_of(call))
        return json_answer({"@odata.context": context(call, "driveItems/$entity"), **row})

    async def children(self, call: Call, address: Address) -> Response:
        options = options_of(call)
        page = await call.run(
            content.children,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            after_name=query.unpack_token(options.skip_token) if options.skip_token else "",
            limit=options.limit(call.limits.page_size, call.limits.page_size_max),
        )
        following = None if page.next_name is None else link(call, "$skiptoken", query.pack_token(page.next_name))
        rows = self._rows(page.views, options)
        return json_answer(bodies.page(rows, context=context(call, "driveItems"), next_link=following))

    async def delta(self, call: Call, address: Address) -> Response:
        """Of a whole drive only, as at SharePoint; the token stands in the query under `token` (1.7)."""
        options = options_of(call)
        token = options.token or query.function_argument(address.rest[0].arguments, "token")
        where = where_of(address.item)
        if where.item_id is not None or where.names:
            raise query.NotSupported("Delta is answered for a drive's root only.")
        page = await call.run(
            content.delta,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            token=token,
            limit=options.limit(call.limits.page_size, call.limits.page_size_max),
        )
        following = None if page.next_token is None else link(call, "token", page.next_token)
        ending = None if page.delta_token is None else link(call, "token", page.delta_token)
        rows = self._rows(page.views, options)
        shown = bodies.page(rows, context=context(call, "driveItems"), next_link=following, delta_link=ending)
        return json_answer(shown)

    async def content(self, call: Call, address: Address) -> Response:
        """302 to the pre-authenticated address; a range belongs there, not here (1.6)."""
        options = options_of(call)
        if options.format is not None:
            raise query.NotSupported("Files are not converted.")
        view = await self._view(call, address)
        self._require_file(view)
        if call.request.headers.get("if-none-match") in (items.etag_of(view.item), items.ctag_of(view.item)):
            return Response(status_code=304)
        return _found(self._downloads.address_of(view.drive.site, view.item))

    async def versions(self, call: Call, address: Address) -> Response:
        """…/versions, …/versions/{id} and …/versions/{id}/content."""
        ref, where = await drive_of(self._backend, call, address), where_of(address.item)
        found = await call.run(content.versions, self._backend.units, call.caller, ref=ref, where=where)
        if len(address.rest) == 1:
            rows = [items.version_json(view) for view in found]
            return json_answer(bodies.page(rows, context=context(call, "driveItemVersions")))
        number = items.parse_version_id(address.rest[1].name)
        one = next((view for view in found if (view.version.major, view.version.minor) == number), None)
        if one is None or number is None:
            raise errors.NotFound("The file has no such version.")
        if len(address.rest) == 2:
            return json_answer(items.version_json(one))
        if address.rest[2].name.lower() != "content" or len(address.rest) > 3:
            raise query.NotSupported("Of a version only its content is served.")
        return await self._version_content(call, ref, where, number)

    async def _version_content(self, call: Call, ref: DriveRef, where: Where, number: tuple[int, int]) -> Response:
        view = await call.run(content.find_item, self._backend.units, call.caller, ref=ref, where=where)
        if number == view.item.version:
            raise errors.UsageError(
                "You cannot get the content of the current version.", remedy="Ask for the content of the item."
            )
        return _found(self._downloads.address_of(view.drive.site, view.item, number))

    async def _view(self, call: Call, address: Address) -> ItemView:
        ref = await drive_of(self._backend, call, address)
        where = where_of(address.item)
        return await call.run(content.find_item, self._backend.units, call.caller, ref=ref, where=where)

    def row(self, view: ItemView, options: query.Options) -> bodies.Json:
        """An item's JSON, cut to `$select`; a download address for every file, as at Microsoft."""
        if view.item.deleted_at is not None:
            return items.deleted_json(view)
        address = None
        if view.item.kind is ItemKind.FILE and _wants_address(options):
            address = self._downloads.address_of(view.drive.site, view.item)
        tenant_id = self._backend.tenant.tenant_id
        row = items.item_json(
            view,
            tenant_id,
            download_url=address,
            with_ids=_wants_ids(options),
            with_publication="publication" in {name.lower() for name in options.select},
        )
        return bodies.selected(row, options.select)

    def _rows(self, views: Sequence[ItemView], options: query.Options) -> Sequence[bodies.Json]:
        return [self.row(view, options) for view in views]

    def _require_file(self, view: ItemView) -> None:
        if view.item.kind is not ItemKind.FILE:
            raise errors.UsageError("You cannot get content for a folder.")


def _found(address: str) -> Response:
    return Response(status_code=302, headers={"Location": address})


def _wants_ids(options: query.Options) -> bool:
    return "sharepointids" in {name.lower() for name in options.select}


def _wants_address(options: query.Options) -> bool:
    """In default answers, and when it is selected (content-api.md 1.4)."""
    names = {name.lower() for name in options.select}
    return not names or bool(names & {items.DOWNLOAD_URL.lower(), "content.downloadurl", "*"})
