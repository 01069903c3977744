"""Messages about moves, as JSON of the values in `domain/ports/partner_moves.py`, and blobs as frames (all our choice).

A call is `POST /_api/xtenant/partner/OP` with a partner token bound to the body's SHA-256, the job and the claim's fence. A
frame is the blob's SHA-256 (32 bytes), its size (8 bytes, big-endian) and its content.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

import msgspec

from xtenant.domain import errors, obstacles, trust
from xtenant.domain.content import BlobKey, LockState
from xtenant.domain.ports.partner_moves import Frame

ROOT = "/_api/xtenant/partner/"
OPERATIONS = (
    "can_start",
    "offer",
    "offer_state",
    "restore",
    "restore_state",
    "publish",
    "abort",
    "finish",
    "restart",
    "known_jobs",
    "reopen",
    "manifest",
    "blobs",
    "job_state",
    "rehash",
)
WITHOUT_JOB = frozenset({"can_start", "known_jobs"})
HEADER_BYTES = 40
BLOBS_A_CALL = 2_000
PIECE_BYTES = 1024 * 1024

T = TypeVar("T")


class PublishMessage(msgspec.Struct, forbid_unknown_fields=True):
    root: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    deadline_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)]
    lock: LockState = LockState.UNLOCK


class FinishMessage(msgspec.Struct, forbid_unknown_fields=True):
    lock: LockState = LockState.UNLOCK


class RestartMessage(msgspec.Struct, forbid_unknown_fields=True):
    root: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class KnownMessage(msgspec.Struct, forbid_unknown_fields=True):
    after: UUID


class PartMessage(msgspec.Struct, forbid_unknown_fields=True):
    ordinal: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class BlobsMessage(msgspec.Struct, forbid_unknown_fields=True):
    keys: Annotated[
        list[Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]], msgspec.Meta(max_length=BLOBS_A_CALL)
    ]


class RehashAnswer(msgspec.Struct):
    sound: bool


class _Fault(msgspec.Struct):
    code: str
    message: str


class _Envelope(msgspec.Struct):
    error: _Fault


def encode(message: object) -> bytes:
    return msgspec.json.encode(message)


def decode(body: bytes, kind: type[T]) -> T:
    """A partner's message. Raises UsageError for one of another shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise errors.UsageError(f"The partner's message cannot be read: {error}") from error


def error_in(status: int, body: bytes, host: str) -> errors.XTenantError:
    """What a refused call means to the engine."""
    try:
        fault = msgspec.json.decode(body, type=_Envelope).error
    except (msgspec.MsgspecError, ValueError):
        fault = _Fault("", "")
    match fault.code:
        case obstacles.UnknownJob.code:
            return obstacles.UnknownJob()
        case obstacles.StalePeer.code:
            return obstacles.StalePeer(fault.message)
        case obstacles.SnapshotDamaged.code:
            return obstacles.SnapshotDamaged(fault.message)
        case _ if status >= 500 or status in (408, 409, 423, 425, 429):
            return errors.PartnerUnreachable(f"{host} cannot answer now ({status}).")
        case _:
            return trust.UnknownPartner(f"{host} refused the call ({status} {fault.code}).")


def frames(blobs: Iterable[tuple[BlobKey, int, Iterator[bytes]]]) -> Iterator[bytes]:
    """Blobs as one body."""
    for key, size, pieces in blobs:
        yield key + size.to_bytes(8, "big")
        yield from pieces


class Body(Protocol):
    """What a call's answer is read from: at most `most` bytes, none at its end."""

    def read(self, most: int) -> bytes: ...


class Pieces:
    """A `Body` out of pieces as they come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = memoryview(b"")

    def read(self, most: int) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = memoryview(piece)
        taken, self._held = self._held[:most], self._held[most:]
        return bytes(taken)


def read_frames(body: Body) -> Generator[Frame]:
    """Blobs out of one body; each frame's content is read before the next. Raises PartnerUnreachable when it is cut off."""
    while header := b"".join(_exactly(body, HEADER_BYTES, may_end=True)):
        size = int.from_bytes(header[32:], "big")
        content = _exactly(body, size)
        yield BlobKey(header[:32]), size, content
        for _ in content:
            continue


def _exactly(body: Body, size: int, *, may_end: bool = False) -> Iterator[bytes]:
    left = size
    while left:
        piece = body.read(min(left, PIECE_BYTES))
        if not piece and may_end and left == size:
            return
        if not piece:
            raise errors.PartnerUnreachable("The partner's answer was cut off.")
        left -= len(piece)
        yield piece
