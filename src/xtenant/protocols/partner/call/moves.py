"""`MoveChannel` over HTTP, blocking: the engine's worker threads call it between units of work."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import httpx

from xtenant.domain import errors
from xtenant.domain.content import BlobKey, LockState
from xtenant.domain.move import MoveJobId
from xtenant.domain.ports.partner_moves import (
    Frame,
    JobState,
    KnownJobs,
    Offer,
    Peer,
    StartAnswer,
    StartQuestion,
    TargetView,
)
from xtenant.domain.snapshot import PART_BYTES, Snapshot
from xtenant.protocols.partner.codec import moves as codec
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.partner_tokens import PartnerTokens
from xtenant.wire.transport import network_error

T = TypeVar("T")
NOTHING = b"{}"
LONGEST_ANSWER = 1024 * 1024


class MoveCalls:
    """Asks a partner about moves over a client of `open_http_sync`, each call with a token of its own.

    Content comes by `bulk` where there is one: a client for small answers reads a stream at a third of its speed.
    """

    def __init__(self, http: httpx.Client, tokens: PartnerTokens, bulk: BulkTransfer | None = None) -> None:
        self._http = http
        self._tokens = tokens
        self._bulk = bulk

    def close(self) -> None:
        """Close the connections of both kinds."""
        self._http.close()
        if self._bulk is not None:
            self._bulk.close()

    def can_start(self, peer: Peer, question: StartQuestion) -> StartAnswer:
        return self._ask(peer, "can_start", codec.encode(question), StartAnswer)

    def offer(self, peer: Peer, offer: Offer) -> TargetView:
        return self._ask(peer, "offer", codec.encode(offer), TargetView, offer.job_id, offer.fence)

    def offer_state(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView:
        return self._ask(peer, "offer_state", NOTHING, TargetView, job_id, fence)

    def restore(self, peer: Peer, job_id: MoveJobId, fence: int, snapshot: Snapshot) -> TargetView:
        return self._ask(peer, "restore", codec.encode(snapshot), TargetView, job_id, fence)

    def restore_state(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView:
        return self._ask(peer, "restore_state", NOTHING, TargetView, job_id, fence)

    def publish(
        self, peer: Peer, job_id: MoveJobId, fence: int, root: bytes, deadline_seconds: float, *, lock: LockState
    ) -> TargetView:
        message = codec.encode(codec.PublishMessage(root, deadline_seconds, lock))
        return self._ask(peer, "publish", message, TargetView, job_id, fence)

    def abort(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView:
        return self._ask(peer, "abort", NOTHING, TargetView, job_id, fence)

    def finish(self, peer: Peer, job_id: MoveJobId, fence: int, *, lock: LockState) -> TargetView:
        return self._ask(peer, "finish", codec.encode(codec.FinishMessage(lock)), TargetView, job_id, fence)

    def restart(self, peer: Peer, job_id: MoveJobId, fence: int, root: bytes) -> TargetView:
        return self._ask(peer, "restart", codec.encode(codec.RestartMessage(root)), TargetView, job_id, fence)

    def known_jobs(self, peer: Peer, after: UUID) -> KnownJobs:
        return self._ask(peer, "known_jobs", codec.encode(codec.KnownMessage(after)), KnownJobs)

    def reopen(self, peer: Peer, job_id: MoveJobId) -> JobState:
        return self._ask(peer, "reopen", NOTHING, JobState, job_id)

    def manifest(self, peer: Peer, job_id: MoveJobId, ordinal: int) -> bytes:
        with self._sent(peer, "manifest", codec.encode(codec.PartMessage(ordinal)), job_id) as answer:
            return _whole(answer, 4 * PART_BYTES)

    def blobs(self, peer: Peer, job_id: MoveJobId, keys: Sequence[BlobKey]) -> Iterator[Frame]:
        message = codec.encode(codec.BlobsMessage([bytes(key) for key in keys]))
        if self._bulk is not None:
            yield from self._in_bulk(self._bulk, peer, job_id, message)
            return
        with self._sent(peer, "blobs", message, job_id) as answer:
            pieces = codec.Pieces(answer.iter_bytes(codec.PIECE_BYTES))
            yield from codec.read_frames(_Heard(pieces, peer.partner.host))

    def _in_bulk(self, bulk: BulkTransfer, peer: Peer, job_id: MoveJobId, message: bytes) -> Iterator[Frame]:
        headers = self._headers(peer, "blobs", message, job_id, 0)
        try:
            with bulk.asked(_url(peer, "blobs"), message, headers) as answer:
                if answer.status != 200:
                    raise codec.error_in(answer.status, answer.read(LONGEST_ANSWER), peer.partner.host)
                yield from codec.read_frames(_Heard(answer, peer.partner.host))
        except errors.NetworkError as error:
            raise errors.PartnerUnreachable(f"{peer.partner.host}: {error.text}") from error

    def job_state(self, peer: Peer, job_id: MoveJobId) -> JobState:
        return self._ask(peer, "job_state", NOTHING, JobState, job_id)

    def rehash(self, peer: Peer, job_id: MoveJobId, key: BlobKey) -> bool:
        message = codec.encode(codec.BlobsMessage([bytes(key)]))
        return self._ask(peer, "rehash", message, codec.RehashAnswer, job_id).sound

    def _ask(
        self, peer: Peer, op: str, body: bytes, kind: type[T], job_id: MoveJobId | None = None, fence: int = 0
    ) -> T:
        with self._sent(peer, op, body, job_id, fence) as answer:
            return codec.decode(_whole(answer, LONGEST_ANSWER), kind)

    @contextmanager
    def _sent(
        self, peer: Peer, op: str, body: bytes, job_id: MoveJobId | None = None, fence: int = 0
    ) -> Generator[httpx.Response]:
        """An answer of 200, its body still to be read. Raises PartnerUnreachable and what `codec.error_in` knows."""
        headers = self._headers(peer, op, body, job_id, fence)
        try:
            with self._http.stream("POST", _url(peer, op), headers=headers, content=body) as answer:
                if answer.status_code != 200:
                    raise codec.error_in(answer.status_code, _whole(answer, LONGEST_ANSWER), peer.partner.host)
                yield answer
        except httpx.HTTPError as error:
            raise errors.PartnerUnreachable(network_error(error, peer.partner.host).text) from error
        except errors.NetworkError as error:
            raise errors.PartnerUnreachable(f"{peer.partner.host}: {error.text}") from error

    def _headers(self, peer: Peer, op: str, body: bytes, job_id: MoveJobId | None, fence: int) -> dict[str, str]:
        token = self._tokens.issue(peer.own, peer.partner, op, job=job_id, fence=fence, body=body)
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


class _Heard:
    """A body whose reader is told in our words that the partner is gone: it is read outside the call that opened it."""

    def __init__(self, body: codec.Body, host: str) -> None:
        self._body = body
        self._host = host

    def read(self, most: int) -> bytes:
        try:
            return self._body.read(most)
        except httpx.HTTPError as error:
            raise errors.PartnerUnreachable(network_error(error, self._host).text) from error
        except errors.NetworkError as error:
            raise errors.PartnerUnreachable(f"{self._host}: {error.text}") from error


def _url(peer: Peer, op: str) -> str:
    return f"https://{peer.partner.host}{codec.ROOT}{op}"


def _whole(answer: httpx.Response, limit_bytes: int) -> bytes:
    """A bounded body; the client itself has no bound, since content streams through it."""
    body = bytearray()
    for piece in answer.iter_bytes(codec.PIECE_BYTES):
        body += piece
        if len(body) > limit_bytes:
            raise errors.PartnerUnreachable(f"The partner's answer is larger than {limit_bytes} bytes.")
    return bytes(body)
