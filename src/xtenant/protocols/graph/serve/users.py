"""Users (graph-migrations.md 4.2).

POST /users · GET, PATCH, DELETE /users/{id or UPN} · GET /me
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from starlette.responses import Response

from xtenant.domain.directory import User, UserType
from xtenant.domain.query import USERS
from xtenant.operations import directory
from xtenant.operations import users as operations
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import users as codec
from xtenant.protocols.graph.codec.listing import checked_selection
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, no_content, options_of, rows
from xtenant.protocols.graph.serve.licences import holdings_for
from xtenant.protocols.graph.serve.listing import PROPERTIES
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.2"


def routes(backend: Backend) -> list[Route]:
    users = Users(backend)
    return [
        *rows("POST", "/users", users.create, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("GET", "/me", users.me, verb="users.get", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("GET", "/users/{user}", users.get, verb="users.get", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("PATCH", "/users/{user}", users.update, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("DELETE", "/users/{user}", users.delete, verb="users.create", source=_SOURCE, evidence=Evidence.INFERRED),
    ]


class Users:
    """Handlers of the directory's people."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.UserBody)
        if body.user_type is not UserType.MEMBER or isinstance(body.password_profile.password, UnsetType):
            raise bodies.InvalidBody("A user is created as a member with a password; guests are invited.")
        new = operations.NewUser(
            upn=body.user_principal_name,
            display_name=body.display_name,
            mail_nickname=body.mail_nickname,
            account_enabled=body.account_enabled,
            password=body.password_profile.password,
            details=_changes(body, body.password_profile),
        )
        user = await call.run(
            operations.create_user,
            backend.units,
            backend.tenant,
            call.caller,
            new,
            clock=backend.clock,
            ids=backend.ids,
        )
        return json_answer({"@odata.context": context(call, "users/$entity"), **codec.user_json(user, ())}, 201)

    async def me(self, call: Call) -> Response:
        user = await call.run(directory.me, self._backend.units, call.caller)
        return await self._shown(call, user)

    async def get(self, call: Call) -> Response:
        user = await call.run(directory.get_user, self._backend.units, call.caller, call.values["user"])
        return await self._shown(call, user)

    async def _shown(self, call: Call, user: User) -> Response:
        select = checked_selection(options_of(call).select, PROPERTIES[USERS.name], USERS)
        held = await holdings_for(call, self._backend, [user], select)
        shown = bodies.selected(codec.user_json(user, held.get(user.user_id)), select)
        return json_answer({"@odata.context": context(call, "users/$entity"), **shown})

    async def update(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.UserPatch)
        profile = body.password_profile or None
        await call.run(
            operations.update_user,
            backend.units,
            backend.tenant,
            call.caller,
            call.values["user"],
            _changes(body, profile if isinstance(profile, codec.PasswordProfile) else None),
            ids=backend.ids,
        )
        return no_content()

    async def delete(self, call: Call) -> Response:
        backend = self._backend
        await call.run(operations.delete_user, backend.units, call.caller, call.values["user"], clock=backend.clock)
        return no_content()


def _changes(body: codec.UserDetails, profile: codec.PasswordProfile | None) -> operations.UserChanges:
    """What a body changes; of a new user everything beside the five properties that are required."""
    values = codec.present(body, codec.DETAILS)
    if not isinstance(body.extension_attributes, UnsetType):
        values["extension_attributes"] = tuple((body.extension_attributes or {}).items())
    if isinstance(body, codec.UserPatch):
        named = {"display_name": body.display_name, "upn": body.user_principal_name}
        named |= {
            "mail_nickname": body.mail_nickname,
            "account_enabled": body.account_enabled,
            "user_type": body.user_type,
        }
        values |= {name: value for name, value in named.items() if value is not UNSET}
    if profile is not None and not isinstance(profile.password, UnsetType):
        values["password"] = profile.password
    if profile is not None and isinstance(profile.force_change_password_next_sign_in, bool):
        values["force_password_change"] = profile.force_change_password_next_sign_in
    return operations.UserChanges(**values)
