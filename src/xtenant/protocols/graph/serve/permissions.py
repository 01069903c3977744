"""Who has access to an item (content-api.md 1.12): list, invite, change, remove. The root item stands for its library."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.operations import content, permissions
from xtenant.protocols.graph.codec import bodies, drives, items, query, sharing, writing
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, no_content, options_of
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.protocols.graph.serve.sharing import Links
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call


class Permissions:
    """Handlers below `…/permissions` and `…/invite` of an item."""

    def __init__(self, backend: Backend, links: Links) -> None:
        self._backend = backend
        self._links = links

    async def list(self, call: Call, address: Address) -> Response:
        options = options_of(call)
        rows = await self._rows(call, address)
        if options.filter is not None and options.filter.lower().split() != ["link", "ne", "null"]:
            raise query.NotSupported("Permissions are filtered by 'Link ne null' only.")
        if options.filter is not None:
            rows = [(guid, row) for guid, row in rows if "link" in row]
        if len(address.rest) > 1:
            wanted = _principal_of(address)
            found = next((row for guid, row in rows if guid == wanted), None)
            if found is None:
                raise errors.NotFound("There is no such permission.")
            return json_answer(found)
        return json_answer(bodies.page([row for _, row in rows], context=context(call, "permissions")))

    async def _rows(self, call: Call, address: Address) -> list[tuple[UUID, dict[str, object]]]:
        """Each permission with the object id it is for."""
        units, ref = self._backend.units, await drive_of(self._backend, call, address)
        drive = await call.run(content.find_drive, units, call.caller, ref=ref)
        found = await call.run(permissions.list_permissions, units, call.caller, ref=ref, where=where_of(address.item))
        drive_id = str(drives.drive_id(drive))
        links = await self._links.of_item(call, address)
        return [
            *((one.principal.directory_id, items.permission_json(one, drive_id)) for one in found),
            *((view.link.link_id, sharing.link_json(view)) for view in links),
        ]

    async def invite(self, call: Call, address: Address) -> Response:
        body = await body_of(call, writing.InviteBody)
        if body.send_invitation:
            raise query.NotSupported("Invitations are made without a mail.")
        given = await call.run(
            permissions.give,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            names=[recipient.name for recipient in body.recipients],
            role=writing.role_of(body.roles),
            retain_inherited=body.retain_inherited_permissions is not False,
            clock=self._backend.clock,
        )
        return json_answer({"value": [items.permission_json(permission) for permission in given]})

    async def change(self, call: Call, address: Address) -> Response:
        body = await body_of(call, writing.PermissionPatch)
        link = await self._links.named(call, address, _principal_of(address))
        if link is not None:
            return await self._links.change(call, address, link, body)
        if body.roles is None:
            raise errors.UsageError("No role was given.", remedy="Use read, write or owner.")
        changed = await call.run(
            permissions.change_role,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            directory_id=_principal_of(address),
            role=writing.role_of(body.roles),
            clock=self._backend.clock,
        )
        return json_answer(items.permission_json(changed))

    async def remove(self, call: Call, address: Address) -> Response:
        link = await self._links.named(call, address, _principal_of(address))
        if link is not None:
            await self._links.remove(call, address, link)
            return no_content()
        await call.run(
            permissions.take_away,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            directory_id=_principal_of(address),
            clock=self._backend.clock,
        )
        return no_content()


def _principal_of(address: Address) -> UUID | None:
    """The object id behind a permission's id; None for an id that was never given out: the caller's right is looked at
    before that is told."""
    text = address.rest[1].name if len(address.rest) > 1 else ""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw) if len(raw) == 16 else None
