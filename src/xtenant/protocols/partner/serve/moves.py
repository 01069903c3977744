"""A partner's calls about moves: `POST /_api/xtenant/partner/OP` on the personal-site host (our choice).

The token is bound to operation, job, claim and body; the operations check that the job is this partner's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.content import BlobKey
from xtenant.domain.move import MoveJobId
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.ports.partner_moves import Offer, StartQuestion
from xtenant.domain.snapshot import Snapshot
from xtenant.domain.tenant import HostRole, HostUrl, TenantId
from xtenant.operations import grants, preconditions, snapshots
from xtenant.operations.grants import PartnerCall
from xtenant.protocols.partner.codec import moves as codec
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.partner_caller import claims_of
from xtenant.wire.routes import Evidence, Route

Answering = Callable[[Call, PartnerCall, bytes], Awaitable[Response]]
_JSON = "application/json"
_BYTES = "application/octet-stream"
_NO_JOB = MoveJobId(UUID(int=0))


def routes(backend: Backend) -> list[Route]:
    """One route for each operation of `codec.OPERATIONS`."""
    answers = {**_target_answers(backend), **_source_answers(backend)}
    return [_route(backend, op, answers[op]) for op in codec.OPERATIONS]


def _target_answers(backend: Backend) -> dict[str, Answering]:
    units, clock, stop = backend.units, backend.clock, backend.stop

    async def can_start(call: Call, asked: PartnerCall, body: bytes) -> Response:
        question = codec.decode(body, StartQuestion)
        partner, tenant_id = asked.partner, asked.partner_tenant_id
        return _json(
            await call.run(preconditions.answer_start, units, call.geo, partner, tenant_id, question, clock=clock)
        )

    async def offer(call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(
            await call.run(grants.receive_offer, units, asked, codec.decode(body, Offer), clock=clock, stop=stop)
        )

    async def state(call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(await call.run(grants.answer_state, units, asked))

    async def restore(call: Call, asked: PartnerCall, body: bytes) -> Response:
        snapshot = codec.decode(body, Snapshot)
        return _json(await call.run(grants.receive_restore, units, asked, snapshot, clock=clock, stop=stop))

    async def publish(call: Call, asked: PartnerCall, body: bytes) -> Response:
        received = clock.monotonic()
        wish = codec.decode(body, codec.PublishMessage)
        return _json(
            await call.run(
                grants.receive_publish,
                units,
                asked,
                wish.root,
                deadline_seconds=wish.deadline_seconds,
                received=received,
                clock=clock,
                stop=stop,
            )
        )

    async def abort(call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(await call.run(grants.receive_abort, units, asked, clock=clock, stop=stop))

    async def finish(call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(await call.run(grants.receive_finish, units, asked, clock=clock, stop=stop))

    return {
        "can_start": can_start,
        "offer": offer,
        "offer_state": state,
        "restore": restore,
        "restore_state": state,
        "publish": publish,
        "abort": abort,
        "finish": finish,
    }


def _source_answers(backend: Backend) -> dict[str, Answering]:
    units, blobs = backend.units, backend.blobs

    async def manifest(call: Call, asked: PartnerCall, body: bytes) -> Response:
        wish = codec.decode(body, codec.PartMessage)
        part = await call.run(snapshots.part_of, units, *_who(asked), asked.job_id, wish.ordinal)
        content = await call.run(_whole, blobs, BlobKey(part.sha256))
        return Response(content, media_type=_BYTES)

    async def pack(call: Call, asked: PartnerCall, body: bytes) -> Response:
        keys = [BlobKey(key) for key in codec.decode(body, codec.BlobsMessage).keys]
        allowed = await call.run(snapshots.allowed_blobs, units, *_who(asked), asked.job_id, keys)
        pieces = _gathered(codec.frames(_opened(blobs, allowed)))
        return StreamingResponse(_leaving(call, pieces), media_type=_BYTES)

    async def job_state(call: Call, asked: PartnerCall, body: bytes) -> Response:
        return _json(await call.run(snapshots.state_of, units, *_who(asked), asked.job_id))

    async def rehash(call: Call, asked: PartnerCall, body: bytes) -> Response:
        keys = codec.decode(body, codec.BlobsMessage).keys
        if len(keys) != 1:
            raise errors.UsageError("One blob at a time is hashed again.")
        key = BlobKey(keys[0])
        sound = await call.run(snapshots.rehash, units, blobs, *_who(asked), asked.job_id, key)
        return _json(codec.RehashAnswer(sound))

    return {"manifest": manifest, "blobs": pack, "job_state": job_state, "rehash": rehash}


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
    if claims.job is None and op != "can_start":
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
        yield key, blobs.size(key), blobs.open(key)


async def _leaving(call: Call, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await call.run(next, pieces, None)) is not None:
        yield piece


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces put together, so that each hop between thread and loop carries about 1 MiB."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= codec.PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
