"""Cross-tenant moves by `SiteMoveJobs`, below both MultiGeo roots (spo-admin.md 5.2 to 5.8, 8.10; form verified, choice of
fields inferred).

Paths: POST `SiteMoveJobs`, GET `SiteMoveJobs(url='…')`, `SiteMoveJobs/GetByUrl(url='…')`,
`SiteMoveJobs/GetByMoveId(SiteMoveId='…')`, `SiteMoveJobs/GetMoveReport(…)`, POST `SiteMoveJobs(url='…')/Cancel`; POST `/_api/xtenant/moves/ID/refuse` on the target,
`/_api/xtenant/moves/ID/settle` on the source.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import structlog
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.move import LONGEST_UPN, Direction, MoveJob, MoveJobId, MoveState
from xtenant.domain.ports.move import ReportFilter
from xtenant.domain.ports.partner_moves import MoveChannel, Peer, StartAnswer, StartQuestion
from xtenant.domain.tenant import HostRole, parse_host_url
from xtenant.operations import grants, moves, settling
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.multi_geo import check_api_version, member_routes
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Handler, Route

log = structlog.get_logger("xtenant.engine")

MOST_ROWS = 10_000
LONGEST_KEY = 255
ALL_STATES, ALL_DIRECTIONS = -1, 2


def routes(backend: Backend) -> list[Route]:
    answers = _Answers(backend)
    return [
        _own("refuse", answers.refuse, "settled B 6: the target's administrator stops a move before it is published"),
        _own("settle", answers.settle, "settled B 7: the source's administrator ends a doubt with a dead partner"),
        *_member("GET", "SiteMoveJobs/GetByMoveId({arguments:path})", answers.by_id, "move.show"),
        *_member("GET", "SiteMoveJobs/GetByUrl({arguments:path})", answers.by_url, "move.show"),
        *_member("GET", "SiteMoveJobs/GetMoveReport({arguments:path})", answers.report, "move.list"),
        *_member("POST", "SiteMoveJobs({arguments:path})/Cancel", answers.cancel, "move.cancel"),
        *_member("GET", "SiteMoveJobs({arguments:path})", answers.by_url, "move.show"),
        *_member("POST", "SiteMoveJobs", answers.start, "move.start"),
    ]


class _Answers:
    """One method for each call about a source's move jobs."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    def _shown(self, call: Call, job: MoveJob, status: int = 200) -> Response:
        body = codec.move_job(job, call.geo.host_url, self._backend.tenant.tenant_id)
        return odata.single(call.request, body, kind=codec.SITE_MOVE_JOB, status=status)

    async def start(self, call: Call) -> Response:
        check_digest(self._digests, call)
        check_api_version(call)
        body = await call.body(call.limits.json_body)
        wish = _wish(call, body)

        async def ask_target(question: StartQuestion) -> StartAnswer:
            peer = Peer(own=call.geo, partner=wish.partner)
            return await call.run(_channel(self._backend).can_start, peer, question)

        job = await moves.start_move(
            self._backend.units,
            self._backend.partner,
            ask_target,
            tenant=self._backend.tenant,
            geo=call.geo,
            caller=call.caller,
            wish=wish,
            clock=self._backend.clock,
            ids=self._backend.ids,
            limits=self._backend.limits,
        )
        if not job.validation_only:
            log.info("move.scheduled", job=str(job.job_id), kind=job.kind.value, items=job.items_total)
        return self._shown(call, job, 200 if job.validation_only else 201)

    async def by_url(self, call: Call) -> Response:
        check_api_version(call)
        return self._shown(call, await call.run(moves.move_of_source, self._backend.units, _url(call)))

    async def by_id(self, call: Call) -> Response:
        check_api_version(call)
        given = odata.arguments(call.values["arguments"], "SiteMoveId", aliases=_aliases(call))
        try:
            job_id = UUID(given["SiteMoveId"])
        except ValueError as error:
            raise errors.UsageError("SiteMoveId is no GUID.") from error
        return self._shown(call, await call.run(moves.show_move, self._backend.units, job_id))

    async def report(self, call: Call) -> Response:
        check_api_version(call)
        asked, limit = _asked(call)
        found = await call.run(moves.list_moves, self._backend.units, asked, geo=call.geo, limit=limit)
        rows = [codec.move_job(job, call.geo.host_url, self._backend.tenant.tenant_id) for job in found]
        return odata.feed(call.request, rows)

    async def cancel(self, call: Call) -> Response:
        check_digest(self._digests, call)
        check_api_version(call)
        await call.run(
            moves.cancel_move, self._backend.units, _url(call), caller=call.caller, clock=self._backend.clock
        )
        return Response(status_code=204)

    async def refuse(self, call: Call) -> Response:
        job_id = MoveJobId(UUID(call.values["job"]))
        await call.run(grants.refuse_move, self._backend.units, job_id, clock=self._backend.clock)
        return self._shown(call, await call.run(moves.show_move, self._backend.units, job_id))

    async def settle(self, call: Call) -> Response:
        given = codec.read_body(await call.body(call.limits.json_body), codec.SettlementBody)
        job = await call.run(
            settling.settle_move,
            self._backend.units,
            UUID(call.values["job"]),
            settling.Settlement(given.Outcome),
            given.SiteUrl,
            caller=call.caller,
            clock=self._backend.clock,
        )
        log.warning("move.settled", job=str(job.job_id), outcome=given.Outcome)
        return self._shown(call, job)


def _own(what: str, handler: Handler, source: str) -> Route:
    """A call of ours about one move, for the tenant's own administrators."""
    return Route(
        hosts=frozenset({HostRole.ADMIN}),
        method="POST",
        path=f"/_api/xtenant/moves/{{job:guid}}/{what}",
        who=Who.OWN_SHAREPOINT_ADMIN,
        handler=handler,
        protocol="sharepoint_rest",
        evidence=Evidence.OUR_CHOICE,
        verb=f"move.{what}",
        source=source,
    )


def _channel(backend: Backend) -> MoveChannel:
    if backend.moves is None:
        raise errors.Unexpected("This service was put together without a channel for moves.")
    return backend.moves


def _wish(call: Call, body: bytes) -> moves.StartWish:
    given = codec.read_body(body, codec.SiteMoveJobBody)
    if given.Type != 2 or given.DestinationDataLocation:
        raise errors.UsageError("A cross-tenant move is of Type 2 and names no DestinationDataLocation.")
    if given.Option & ~(codec.VALIDATION_ONLY | codec.FORCE):
        raise errors.UsageError(f"Option {given.Option} is not supported; 0, ValidationOnly (2) and Force are.")
    own = given.TenantMergeSourceMySiteHostUrl
    if own and parse_host_url(own) != call.geo.host_url:
        raise errors.UsageError(f"Moves start on the source; this geo's host URL is {call.geo.host_url}.")
    key = call.request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise errors.UsageError(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    return moves.StartWish(
        source_url=given.SourceSiteUrl,
        target_url=given.TargetSiteUrl,
        partner=parse_host_url(given.TenantMergeTargetMySiteHostUrl),
        begin_at=_moment(given.PreferredMoveBeginDateInUtc),
        end_at=_moment(given.PreferredMoveEndDateInUtc),
        validate_only=bool(given.Option & codec.VALIDATION_ONLY),
        unmapped=_unmapped(given.UnmappedTargetUpn or ""),
        idempotency_key=key,
        body_hash=hashlib.sha256(body).digest(),
    )


def _unmapped(upn: str) -> str:
    """Whether the target knows the person is the target's to say; here only the form is looked at."""
    if upn and (upn.count("@") != 1 or len(upn) > LONGEST_UPN or not upn.isprintable()):
        raise errors.UsageError(f"UnmappedTargetUpn '{upn[:LONGEST_UPN]}' is no user principal name.")
    return upn


def _moment(value: datetime | None) -> datetime | None:
    """Dates are UTC (R-6.11); one outside 1900 to 9000 means unset (spo-admin.md 5.3)."""
    if value is None or not 1900 <= value.year < 9000:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _url(call: Call) -> str:
    given = odata.arguments(call.values["arguments"], "url", aliases=_aliases(call))
    return odata.unescape_key(given["url"])


def _aliases(call: Call) -> dict[str, str]:
    return dict(call.request.query_params)


def _asked(call: Call) -> tuple[ReportFilter, int]:
    names = ("moveState", "moveDirection", "startTime", "endTime", "limit")
    given = odata.arguments(call.values["arguments"], *names, aliases=_aliases(call))
    try:
        state, direction, limit = (int(given[name]) for name in ("moveState", "moveDirection", "limit"))
        asked = ReportFilter(
            state=None if state == ALL_STATES else MoveState(state),
            direction=None if direction == ALL_DIRECTIONS else Direction(direction),
            since=_moment(datetime.fromisoformat(given["startTime"].strip())),
            until=_moment(datetime.fromisoformat(given["endTime"].strip())),
        )
    except ValueError as error:
        raise errors.UsageError(f"The report's arguments cannot be read: {error}") from error
    return asked, max(1, min(limit, MOST_ROWS))


def _member(method: str, path: str, handler: Handler, verb: str) -> list[Route]:
    return member_routes(
        method, path, handler, verb=verb, evidence=Evidence.INFERRED, source="spo-admin.md 5.2, 5.8, 8.10"
    )
