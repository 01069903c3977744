"""Deleted users and groups (graph-migrations.md 4.2: soft, 30 days).

GET /directory/deletedItems/microsoft.graph.user, …group · GET, DELETE /directory/deletedItems/{id} · POST …/{id}/restore
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain.directory import Group, User
from xtenant.domain.query import GROUPS, USERS
from xtenant.operations import deleted as operations
from xtenant.protocols.graph.codec import listing as codec
from xtenant.protocols.graph.codec.directory import group_json, typed
from xtenant.protocols.graph.codec.query import NotSupported
from xtenant.protocols.graph.codec.users import user_json
from xtenant.protocols.graph.serve import listing
from xtenant.protocols.graph.serve.answers import context, json_answer, no_content, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.2"


def routes(backend: Backend) -> list[Route]:
    deleted = Deleted(backend)
    table = [
        ("GET", "/directory/deletedItems/microsoft.graph.{kind}", deleted.page, "deleted.list"),
        ("GET", "/directory/deletedItems/{object}", deleted.get, "deleted.list"),
        ("DELETE", "/directory/deletedItems/{object}", deleted.delete, "deleted.restore"),
        ("POST", "/directory/deletedItems/{object}/restore", deleted.restore, "deleted.restore"),
    ]
    return [
        row
        for method, path, handler, verb in table
        for row in rows(method, path, handler, verb=verb, source=_SOURCE, evidence=Evidence.INFERRED)
    ]


class Deleted:
    """Handlers of what was deleted and can be had back."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def page(self, call: Call) -> Response:
        kind, options = call.values["kind"].lower(), listing.options_of(call)
        if kind not in (USERS.name, GROUPS.name):
            raise NotSupported(f"Deleted objects of type '{kind[:50]}' are not listed.")
        noun = USERS if kind == USERS.name else GROUPS
        select = codec.selection(options, listing.PROPERTIES[kind], noun)
        question, counted = listing.question_of(call, noun, options, scoped=True), listing.counted(options)
        units, clock = self._backend.units, self._backend.clock
        if noun is USERS:
            users = await call.run(
                operations.list_deleted_users, units, call.caller, question, clock=clock, counted=counted
            )
            shown = await listing.users_json(call, self._backend, users.page.rows, select)
            return listing.answered(call, "users", shown, users, question)
        groups = await call.run(
            operations.list_deleted_groups, units, call.caller, question, clock=clock, counted=counted
        )
        shown = listing.groups_json(groups.page.rows, select)
        return listing.answered(call, "groups", shown, groups, question)

    async def get(self, call: Call) -> Response:
        backend = self._backend
        found = await call.run(
            operations.get_deleted, backend.units, call.caller, call.values["object"], clock=backend.clock
        )
        return _entity(call, found)

    async def delete(self, call: Call) -> Response:
        backend = self._backend
        name = call.values["object"]
        await call.run(operations.delete_for_good, backend.units, call.caller, name, clock=backend.clock)
        return no_content()

    async def restore(self, call: Call) -> Response:
        backend = self._backend
        found = await call.run(
            operations.restore, backend.units, call.caller, call.values["object"], clock=backend.clock
        )
        return _entity(call, found)


def _entity(call: Call, found: User | Group) -> Response:
    kind = USERS.name if isinstance(found, User) else GROUPS.name
    shown = typed(_json(found), kind)
    return json_answer({"@odata.context": context(call, "directoryObjects/$entity"), **shown})


def _json(found: User | Group) -> dict[str, object]:
    return user_json(found) if isinstance(found, User) else group_json(found)
