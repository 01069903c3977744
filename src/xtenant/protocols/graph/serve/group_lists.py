"""Lists of groups (graph-migrations.md 4.4). A change of members or owners is a change of the group.

GET /groups · GET /groups/$count · GET /groups/delta
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain.query import GROUPS
from xtenant.operations import directory_lists as operations
from xtenant.protocols.graph.codec import listing as codec
from xtenant.protocols.graph.serve import listing
from xtenant.protocols.graph.serve.answers import rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.4"


def routes(backend: Backend) -> list[Route]:
    lists = GroupLists(backend)
    table = [
        ("/groups", lists.page, "groups.list"),
        ("/groups/$count", lists.count, "groups.list"),
        ("/groups/delta", lists.delta, "groups.list"),
        ("/groups/delta()", lists.delta, "groups.list"),
    ]
    return [
        row
        for path, handler, verb in table
        for row in rows("GET", path, handler, verb=verb, source=_SOURCE, evidence=Evidence.INFERRED)
    ]


class GroupLists:
    """Handlers of questions for many groups."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def page(self, call: Call) -> Response:
        options = listing.options_of(call)
        select = codec.selection(options, listing.PROPERTIES[GROUPS.name], GROUPS)
        question, counted = listing.question_of(call, GROUPS, options), listing.counted(options)
        found = await call.run(operations.list_groups, self._backend.units, call.caller, question, counted=counted)
        return listing.answered(call, "groups", listing.groups_json(found.page.rows, select), found, question)

    async def count(self, call: Call) -> Response:
        options = listing.options_of(call)
        listing.check_count(options)
        question = listing.question_of(call, GROUPS, options)
        return listing.number(await call.run(operations.count_groups, self._backend.units, call.caller, question))

    async def delta(self, call: Call) -> Response:
        options, units = listing.options_of(call), self._backend.units
        select = listing.with_id(codec.selection(options, listing.PROPERTIES[GROUPS.name], GROUPS))
        if codec.from_now(options):
            since = await call.run(operations.up_to_now, units, call.caller)
            return listing.nothing_yet(call, GROUPS, "groups", since)
        since = listing.since_of(GROUPS, options)
        found = await call.run(operations.changed_groups, units, call.caller, since, limit=options.top)
        live = [change.value for change in found.rows if change.value is not None]
        return listing.changes_answered(call, GROUPS, "groups", found, listing.groups_json(live, select))
