"""A partner's calls about moves: `POST /_api/xtenant/partner/OP` on the personal-site host (our choice).

The token is bound to operation, job, claim and body; the operations check that the job is this partner's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from uuid import UUID

import structlog
from starlette.responses import Response, StreamingResponse

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.content import BlobKey
from xtenant.domain.move import Decision, Direction, MoveJobId
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.partner_moves import Offer, StartQuestion
from xtenant.domain.snapshot import Snapshot
from xtenant.domain.tenant import HostRole, HostUrl, TenantId
from xtenant.operations import grants, preconditions, recovery, snapshots
from xtenant.operations.grants import PartnerCall
from xtenant.protocols.partner.codec import moves as codec
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.partner_caller import claims_of
from xtenant.wire.routes import Evidence, Route

log = structlog.get_logger("xtenant.engine")

Answering = Callable[[Call, PartnerCall, bytes], Awaitable[Response]]
_JSON = "application/json"
_BYTES = "application/octet-stream"
_NO_JOB = MoveJobId(UUID(int=0))


def routes(backend: Backend) -> list[Route]:
    """One route for each operation of `codec.OPERATIONS`."""
    answers = {**_TargetAnswers(backend).table, **_SourceAnswers(backend).table}
    return [_route(backend, op, answers[op]) for op in codec.OPERATIONS]


def _tell(event: str, asked: PartnerCall, **facts: object) -> None:
    """The target's log of what it has committed at a source's word; the rest of the story is its engine's."""
    log.info(event, job=str(asked.job_id), direction=Direction.IN.name, **facts)


class _TargetAnswers:
    """What a target says to a source."""

    def __init__(self, backend: Backend) -> None:
        self._units = backend.units
        self._clock = backend.clock
        self._stop = backend.stop
        self._domains = backend.tenant.verified_domains

    @property
    def table(self) -> dict[str, Answering]:
        return {
            "can_start": self.can_start,
            "offer": self.offer,
            "offer_state": self.state,
            "restore": self.restore,
            "restore_state": self.state,
            "publish": self.publish,
            "abort": self.abort,
            "finish": self.finish,
            "restart": self.restart,
        }

    async def can_start(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        question = codec.decode(body, StartQuestion)
        partner, tenant_id = asked.partner, asked.partner_tenant_id
        return _json(
            await call.run(
                preconditions.answer_start,
                self._units,
                call.geo,
                partner,
                tenant_id,
                question,
                clock=self._clock,
                domains=self._domains,
            )
        )

    async def offer(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(
            await call.run(
                grants.receive_offer, self._units, asked, codec.decode(body, Offer), clock=self._clock, stop=self._stop
            )
        )

    async def state(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(await call.run(grants.answer_state, self._units, asked))

    async def restore(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        snapshot = codec.decode(body, Snapshot)
        return _json(
            await call.run(grants.receive_restore, self._units, asked, snapshot, clock=self._clock, stop=self._stop)
        )

    async def publish(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        received = self._clock.monotonic()
        wish = codec.decode(body, codec.PublishMessage)
        view = await call.run(
            grants.receive_publish,
            self._units,
            asked,
            wish.root,
            deadline_seconds=wish.deadline_seconds,
            lock=wish.lock,
            received=received,
            clock=self._clock,
            stop=self._stop,
        )
        if view.late or view.decision is not Decision.NONE:
            _tell(
                "move.published" if view.decision is Decision.PUBLISHED else "move.not_published", asked, late=view.late
            )
        return _json(view)

    async def abort(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        view = await call.run(grants.receive_abort, self._units, asked, clock=self._clock, stop=self._stop)
        if view.decision is Decision.REFUSED:
            _tell("move.failed", asked, code=view.reason_code)
        return _json(view)

    async def finish(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        lock = codec.decode(body, codec.FinishMessage).lock
        view = await call.run(grants.receive_finish, self._units, asked, lock=lock, clock=self._clock, stop=self._stop)
        if view.decision is Decision.PUBLISHED:
            _tell("move.success", asked, items=view.items_done, size_bytes=view.bytes_done)
        return _json(view)

    async def restart(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        root = codec.decode(body, codec.RestartMessage).root
        return _json(await call.run(recovery.receive_restart, self._units, asked, root, clock=self._clock))


class _SourceAnswers:
    """What a source says to a target."""

    def __init__(self, backend: Backend) -> None:
        self._units = backend.units
        self._blobs = backend.blobs
        self._clock = backend.clock
        self._own = backend.tenant.tenant_id

    @property
    def table(self) -> dict[str, Answering]:
        return {
            "manifest": self.manifest,
            "blobs": self.pack,
            "job_state": self.job_state,
            "rehash": self.rehash,
            "reopen": self.reopen,
            "known_jobs": self.known_jobs,
        }

    async def manifest(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        wish = codec.decode(body, codec.PartMessage)
        part = await call.run(snapshots.part_of, self._units, *_who(asked), asked.job_id, wish.ordinal)
        content = await call.run(_whole, self._blobs, BlobKey(part.sha256))
        return Response(content, media_type=_BYTES)

    async def pack(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        keys = [BlobKey(key) for key in codec.decode(body, codec.BlobsMessage).keys]
        allowed = await call.run(snapshots.allowed_blobs, self._units, *_who(asked), asked.job_id, keys)
        pieces = _gathered(codec.frames(_opened(self._blobs, allowed)))
        return StreamingResponse(_leaving(call, pieces), media_type=_BYTES)

    async def job_state(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(await call.run(snapshots.state_of, self._units, *_who(asked), asked.job_id))

    async def rehash(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        keys = codec.decode(body, codec.BlobsMessage).keys
        if len(keys) != 1:
            raise errors.UsageError("One blob at a time is hashed again.")
        key = BlobKey(keys[0])
        sound = await call.run(snapshots.rehash, self._units, self._blobs, *_who(asked), asked.job_id, key)
        return _json(codec.RehashAnswer(sound))

    async def reopen(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        state = await call.run(recovery.receive_reopen, self._units, *_who(asked), asked.job_id, clock=self._clock)
        log.info("move.reopened", job=str(asked.job_id), direction=Direction.OUT.name)
        return _json(state)

    async def known_jobs(self, call: Call, asked: PartnerCall, body: bytes) -> Response:
        """Either side asks this of the other, of its moves in and out alike."""
        after = codec.decode(body, codec.KnownMessage).after
        return _json(await call.run(recovery.known_jobs, self._units, self._own, *_who(asked), after))


def _route(backend: Backend, op: str, answer: Answering) -> Route:
    async def handler(call: Call) -> Response:
        body = await call.body(backend.limits.partner_body)
        return await answer(call, _asked(call, op, body), body)

    return Route(
        hosts=frozenset({HostRole.MY}),
        method="POST",
        path=f"{codec.ROOT}{op}",
        who=Who.PARTNER,
        handler=handler,
        protocol="partner",
        evidence=Evidence.OUR_CHOICE,
        verb="partner.move",
        source="settled B 1; the contents are our choice",
    )


def _asked(call: Call, op: str, body: bytes) -> PartnerCall:
    """The call behind a token. Raises UsageError for another operation or body than was signed."""
    claims = claims_of(call.request)
    if claims.op != op:
        raise errors.UsageError(f"The token is for '{claims.op}', the address for '{op}'.")
    if not claims.covers(body):
        raise errors.NotSignedIn("The partner's token was signed for another body.")
    if claims.job is None and op not in codec.WITHOUT_JOB:
        raise errors.UsageError("A call about a job names the job in its token.")
    return PartnerCall(
        geo=call.geo,
        partner=claims.issuer,
        partner_tenant_id=claims.tenant_id,
        job_id=_NO_JOB if claims.job is None else MoveJobId(claims.job),
        fence=claims.fence or 0,
    )


def _who(asked: PartnerCall) -> tuple[HostUrl, TenantId]:
    return asked.partner, asked.partner_tenant_id


def _json(message: object) -> Response:
    return Response(codec.encode(message), media_type=_JSON)


def _whole(blobs: BlobStore, key: BlobKey) -> bytes:
    return b"".join(blobs.open(key))


def _opened(blobs: BlobStore, keys: Sequence[BlobKey]) -> Iterator[tuple[BlobKey, int, Iterator[bytes]]]:
    for key in keys:
        size, content = blobs.opened(key)
        yield key, size, content


async def _leaving(call: Call, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await call.run(next, pieces, None)) is not None:
        yield piece


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces put together, so that each hop between thread and loop carries about 1 MiB."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= codec.PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
