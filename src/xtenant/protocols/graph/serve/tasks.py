"""Migration tasks of this tenant as a source, on Graph beta (graph-migrations.md 2.2): the other view of the move jobs.

Below `/solutions/sharePoint/migrations/crossOrganizationMigrationTasks`: POST · GET …/{id} · POST …/{id}/cancel ·
GET …/getBySourceUserPrincipalName(…), …/getBySourceSiteUrl(…), …/getBySourceGroupMailNickname(…)
"""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.move import JobKind, MoveJob
from xtenant.domain.ports.partner_moves import Peer, StartAnswer, StartQuestion
from xtenant.domain.tenant import TenantId
from xtenant.operations import migration_tasks, moves
from xtenant.protocols.graph.codec import bodies, query
from xtenant.protocols.graph.codec import tasks as codec
from xtenant.protocols.graph.codec.dates import parse_date
from xtenant.protocols.graph.serve.answers import context, json_answer, no_content, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Handler, Route

PLACE = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
BY_SOURCE = {
    "getBySourceUserPrincipalName": (JobKind.USER, "sourcePrincipalName"),
    "getBySourceSiteUrl": (JobKind.SITE, "sourceSiteUrl"),
    "getBySourceGroupMailNickname": (JobKind.GROUP, "sourceGroupMailNickname"),
}
"""Function → what it finds, and the name of its argument, which for people is not the function's own (2.2)."""


def routes(backend: Backend) -> list[Route]:
    tasks = Tasks(backend)
    found = [_row("GET", f"{PLACE}/{name}({{argument:path}})", tasks.finder(name), "move.show") for name in BY_SOURCE]
    return [
        route
        for table in [
            *found,
            _row("POST", PLACE, tasks.create, "move.start"),
            _row("POST", f"{PLACE}/{{task:guid}}/cancel", tasks.cancel, "move.cancel"),
            _row("GET", f"{PLACE}/{{task:guid}}", tasks.by_id, "move.show"),
        ]
        for route in table
    ]


def _row(method: str, path: str, handler: Handler, verb: str) -> list[Route]:
    return rows(
        method,
        path,
        handler,
        verb=verb,
        source="graph-migrations.md 2.2",
        evidence=Evidence.VERIFIED,
        versions=("beta",),
    )


class Tasks:
    """One method for each call about tasks."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, call: Call) -> Response:
        backend = self._backend
        body = await call.body(call.limits.json_body)
        parameters = bodies.decode(body, codec.TaskBody).parameters
        wish = _wish(parameters, body)
        geo, start = await call.run(migration_tasks.start_wish_of, backend.units, backend.tenant, call.caller, wish)

        async def ask_target(question: StartQuestion) -> StartAnswer:
            if backend.moves is None:
                raise errors.Unexpected("This service was put together without a channel for moves.")
            return await call.run(backend.moves.can_start, Peer(own=geo, partner=start.partner), question)

        job = await moves.start_move(
            backend.units,
            backend.partner,
            ask_target,
            tenant=backend.tenant,
            geo=geo,
            caller=call.caller,
            wish=start,
            clock=backend.clock,
            ids=backend.ids,
            limits=backend.limits,
        )
        return self._shown(call, codec.validated_json(parameters) if wish.validate_only else codec.task_json(job))

    def finder(self, name: str) -> Handler:
        """The handler of one of the functions that find a task by its source."""
        kind, argument = BY_SOURCE[name]

        async def find(call: Call) -> Response:
            source = query.function_argument(call.values["argument"], argument)
            if source is None:
                raise codec.BadTask(f"{name} takes {argument}='…'.")
            if kind is JobKind.SITE:  # written plainly into a path, the address loses one of its slashes on the way
                source = re.sub(r"^(https?):/(?=[^/])", r"\1://", source)
            backend = self._backend
            found = await call.run(
                migration_tasks.task_of_source, backend.units, backend.tenant, call.caller, kind, source
            )
            return self._task(call, found)

        return find

    async def by_id(self, call: Call) -> Response:
        task = UUID(call.values["task"])
        return self._task(call, await call.run(migration_tasks.task_of_id, self._backend.units, call.caller, task))

    async def cancel(self, call: Call) -> Response:
        backend, task = self._backend, UUID(call.values["task"])
        found = await call.run(migration_tasks.task_of_id, backend.units, call.caller, task)
        await call.run(moves.cancel_move, backend.units, found.source_url, caller=call.caller, clock=backend.clock)
        return no_content()

    def _task(self, call: Call, job: MoveJob) -> Response:
        return self._shown(call, bodies.selected(codec.task_json(job), options_of(call).select))

    def _shown(self, call: Call, shown: bodies.Json) -> Response:
        return json_answer({"@odata.context": context(call, f"{PLACE.removeprefix('/')}/$entity"), **shown})


def _wish(parameters: codec.Parameters, body: bytes) -> migration_tasks.TaskWish:
    kind = codec.kind_of(parameters)
    source, target, source_id = codec.source_and_target(parameters, kind)
    begin = parse_date(parameters.preferred_start_date_time) if parameters.preferred_start_date_time else None
    given = parameters.preferred_latest_start_date_time
    latest = parse_date(given) if given else None
    if latest and begin and latest <= begin:
        raise codec.BadTask("preferredLatestStartDateTime must be later than preferredStartDateTime.")
    return migration_tasks.TaskWish(
        kind=kind,
        source=source,
        target=target,
        source_id=source_id,
        partner=codec.partner_of(parameters),
        partner_tenant_id=TenantId(parameters.target_organization_id) if parameters.target_organization_id else None,
        begin_at=begin,
        latest_start_at=latest,
        validate_only=parameters.validate_only,
        body_hash=hashlib.sha256(body).digest(),
    )
