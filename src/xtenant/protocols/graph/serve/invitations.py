"""Invitations of guests (graph-migrations.md 4.2, R-4.5).

POST /invitations
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain.directory import UserType
from xtenant.operations import invitations as operations
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import users as codec
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route


def routes(backend: Backend) -> list[Route]:
    invite = Invitations(backend).invite
    source, inferred = "graph-migrations.md 4.2", Evidence.INFERRED
    return rows("POST", "/invitations", invite, verb="users.invite", source=source, evidence=inferred)


class Invitations:
    """The handler of invitations. No mail is sent: whoever invites hands the redeem address on."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def invite(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.InvitationBody)
        named = body.invited_user.id if body.invited_user else None
        if body.reset_redemption and named is None:
            raise bodies.InvalidBody("resetRedemption needs invitedUser with the id of the guest.")
        wish = operations.InvitationWish(
            mail=body.invited_user_email_address,
            redirect_url=body.invite_redirect_url,
            display_name=body.invited_user_display_name,
            user_type=body.invited_user_type or UserType.GUEST,
            reset=named if body.reset_redemption else None,
        )
        guest = await call.run(
            operations.invite,
            backend.units,
            backend.tenant,
            call.caller,
            wish,
            clock=backend.clock,
            ids=backend.ids,
        )
        shown = codec.invitation_json(guest, backend.tenant.tenant_id, body)
        return json_answer({"@odata.context": context(call, "invitations/$entity"), **shown}, 201)
