"""Lists of users (graph-migrations.md 4.2).

GET /users · GET /users/$count · GET /users/delta
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain.query import USERS
from xtenant.operations import directory_lists as operations
from xtenant.protocols.graph.codec import listing as codec
from xtenant.protocols.graph.serve import listing
from xtenant.protocols.graph.serve.answers import rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.2"


def routes(backend: Backend) -> list[Route]:
    lists = UserLists(backend)
    table = [
        ("/users", lists.page, "users.list"),
        ("/users/$count", lists.count, "users.list"),
        ("/users/delta", lists.delta, "users.list"),
        ("/users/delta()", lists.delta, "users.list"),
    ]
    return [
        row
        for path, handler, verb in table
        for row in rows("GET", path, handler, verb=verb, source=_SOURCE, evidence=Evidence.INFERRED)
    ]


class UserLists:
    """Handlers of questions for many users."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def page(self, call: Call) -> Response:
        options = listing.options_of(call)
        select = codec.selection(options, listing.PROPERTIES[USERS.name], USERS)
        question, counted = listing.question_of(call, USERS, options), listing.counted(options)
        found = await call.run(operations.list_users, self._backend.units, call.caller, question, counted=counted)
        shown = await listing.users_json(call, self._backend, found.page.rows, select)
        return listing.answered(call, "users", shown, found, question)

    async def count(self, call: Call) -> Response:
        options = listing.options_of(call)
        listing.check_count(options)
        question = listing.question_of(call, USERS, options)
        return listing.number(await call.run(operations.count_users, self._backend.units, call.caller, question))

    async def delta(self, call: Call) -> Response:
        options, units = listing.options_of(call), self._backend.units
        select = listing.with_id(codec.selection(options, listing.PROPERTIES[USERS.name], USERS))
        if codec.from_now(options):
            since = await call.run(operations.up_to_now, units, call.caller)
            return listing.nothing_yet(call, USERS, "users", since)
        since = listing.since_of(USERS, options)
        found = await call.run(operations.changed_users, units, call.caller, since, limit=options.top)
        live = [change.value for change in found.rows if change.value is not None]
        shown = await listing.users_json(call, self._backend, live, select)
        return listing.changes_answered(call, USERS, "users", found, shown)
