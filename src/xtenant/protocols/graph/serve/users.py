"""Users and guests (graph-migrations.md 4.2).

GET /users · POST /users · GET, PATCH, DELETE /users/{id or UPN} · GET /me · POST /invitations
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.operations import directory
from xtenant.protocols.graph.codec import bodies, query
from xtenant.protocols.graph.codec import directory as codec
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, link, no_content, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

PAGE, PAGE_MAX = 100, 999
_SOURCE = "graph-migrations.md 4.2"
_FILTERS = {"userprincipalname": "upn", "mail": "mail"}


def routes(backend: Backend) -> list[Route]:
    users = Users(backend)
    return [
        *rows("GET", "/users", users.list, verb="users.list", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("POST", "/users", users.create, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("POST", "/invitations", users.invite, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("GET", "/me", users.me, verb="users.get", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("GET", "/users/{user}", users.get, verb="users.get", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("PATCH", "/users/{user}", users.update, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("DELETE", "/users/{user}", users.delete, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
    ]


class Users:
    """Handlers of the directory's people."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def list(self, call: Call) -> Response:
        backend, options = self._backend, options_of(call)
        if options.filter is not None:
            field, value = query.equality(options.filter, frozenset(_FILTERS))
            found = await call.run(directory.find_users, backend.units, call.caller, _FILTERS[field], value)
            more = None
        else:
            limit = options.limit(PAGE, PAGE_MAX)
            after = query.unpack_token(options.skip_token) if options.skip_token else ""
            found = await call.run(directory.list_users, backend.units, call.caller, after_upn=after, limit=limit)
            more = query.pack_token(found[-1].upn) if len(found) == limit else None
        shown = [bodies.selected(codec.user_json(user), options.select) for user in found]
        next_link = link(call, "$skiptoken", more) if more else None
        return json_answer(bodies.page(shown, context=context(call, "users"), next_link=next_link))

    async def create(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.UserBody)
        new = directory.NewUser(
            upn=body.user_principal_name,
            display_name=body.display_name,
            mail_nickname=body.mail_nickname,
            account_enabled=body.account_enabled,
            password=body.password_profile.password,
            mail=body.mail,
            usage_location=body.usage_location,
        )
        user = await call.run(
            directory.create_user,
            backend.units,
            backend.tenant,
            call.caller,
            new,
            clock=backend.clock,
            ids=backend.ids,
        )
        return json_answer({"@odata.context": context(call, "users/$entity"), **codec.user_json(user)}, 201)

    async def invite(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.InvitationBody)
        if body.send_invitation_message or (body.invited_user_type or "Guest") != "Guest":
            raise query.NotSupported("Invitations are made without a mail and for guests only.")
        guest = await call.run(
            directory.invite_guest,
            backend.units,
            backend.tenant,
            call.caller,
            body.invited_user_email_address,
            body.invited_user_display_name,
            clock=backend.clock,
            ids=backend.ids,
        )
        shown = codec.invitation_json(guest, body.invite_redirect_url)
        return json_answer({"@odata.context": context(call, "invitations/$entity"), **shown}, 201)

    async def me(self, call: Call) -> Response:
        user = await call.run(directory.me, self._backend.units, call.caller)
        shown = bodies.selected(codec.user_json(user), options_of(call).select)
        return json_answer({"@odata.context": context(call, "users/$entity"), **shown})

    async def get(self, call: Call) -> Response:
        user = await call.run(directory.get_user, self._backend.units, call.caller, call.values["user"])
        shown = bodies.selected(codec.user_json(user), options_of(call).select)
        return json_answer({"@odata.context": context(call, "users/$entity"), **shown})

    async def update(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.UserPatch)
        changes = directory.UserChanges(
            display_name=body.display_name,
            upn=body.user_principal_name,
            mail=body.mail,
            mail_nickname=body.mail_nickname,
            account_enabled=body.account_enabled,
            usage_location=body.usage_location,
            password=body.password_profile.password if body.password_profile else None,
        )
        await call.run(
            directory.update_user,
            backend.units,
            backend.tenant,
            call.caller,
            call.values["user"],
            changes,
            ids=backend.ids,
        )
        return no_content()

    async def delete(self, call: Call) -> Response:
        backend = self._backend
        await call.run(directory.delete_user, backend.units, call.caller, call.values["user"], clock=backend.clock)
        return no_content()
