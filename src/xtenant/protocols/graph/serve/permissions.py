"""Who has access to a site, through its root item (content-api.md 1.12): list, invite, change, remove."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import SiteId
from xtenant.domain.drive import Where
from xtenant.operations import permissions
from xtenant.protocols.graph.codec import bodies, items, query, writing
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, no_content, options_of
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call


class Permissions:
    """Rights hold for the whole site, so they are read and written at the root item only."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def list(self, call: Call, address: Address) -> Response:
        options_of(call)
        if len(address.rest) > 1:
            return await self._one(call, address)
        site_id = await self._site(call, address)
        found = await call.run(permissions.list_permissions, self._backend.units, call.caller, site_id=site_id)
        rows = [items.permission_json(permission) for permission in found]
        return json_answer(bodies.page(rows, context=context(call, "permissions")))

    async def _one(self, call: Call, address: Address) -> Response:
        site_id, wanted = await self._site(call, address), _principal_of(address)
        found = await call.run(permissions.list_permissions, self._backend.units, call.caller, site_id=site_id)
        for permission in found:
            if permission.principal.directory_id == wanted:
                return json_answer(items.permission_json(permission))
        raise errors.NotFound("There is no such permission.")

    async def invite(self, call: Call, address: Address) -> Response:
        body = await body_of(call, writing.InviteBody)
        if body.send_invitation:
            raise query.NotSupported("Invitations are made without a mail.")
        given = await call.run(
            permissions.give,
            self._backend.units,
            call.caller,
            site_id=await self._site(call, address),
            names=[recipient.name for recipient in body.recipients],
            role=writing.role_of(body.roles),
            clock=self._backend.clock,
        )
        return json_answer({"value": [items.permission_json(permission) for permission in given]})

    async def change(self, call: Call, address: Address) -> Response:
        body = await body_of(call, writing.PermissionPatch)
        changed = await call.run(
            permissions.change_role,
            self._backend.units,
            call.caller,
            site_id=await self._site(call, address),
            directory_id=_principal_of(address),
            role=writing.role_of(body.roles),
            clock=self._backend.clock,
        )
        return json_answer(items.permission_json(changed))

    async def remove(self, call: Call, address: Address) -> Response:
        await call.run(
            permissions.take_away,
            self._backend.units,
            call.caller,
            site_id=await self._site(call, address),
            directory_id=_principal_of(address),
            clock=self._backend.clock,
        )
        return no_content()

    async def _site(self, call: Call, address: Address) -> SiteId:
        if where_of(address.item) != Where():
            raise query.NotSupported("Rights are kept for whole sites; ask at the root item.")
        return (await drive_of(self._backend, call, address)).site_id


def _principal_of(address: Address) -> UUID:
    """The object id behind a permission's id. Raises NotFound."""
    text = address.rest[1].name if len(address.rest) > 1 else ""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 16:
        raise errors.NotFound("There is no such permission.")
    return UUID(bytes=raw)
