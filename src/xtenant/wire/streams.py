"""Content between the event loop and worker threads: bodies handed to plain code as they arrive, blobs sent as they are read.

Each hop carries about 1 MiB; at most a few such pieces wait, so a slow disk holds the sender back and memory stays bounded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TypeVar

import anyio
import anyio.from_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from xtenant.domain import errors
from xtenant.domain.limits import MIB
from xtenant.wire.edge import Call

PIECE = MIB
WAITING_PIECES = 4

T = TypeVar("T")


async def receive_in_thread(call: Call, consume: Callable[[Iterator[bytes]], T], *, limit_bytes: int) -> T:
    """Run plain code in a worker thread with an iterator over the request's body.

    Raises TooLarge from inside the iterator as soon as the body passes the limit, and whatever `consume` raises.
    """
    send, receive = anyio.create_memory_object_stream[bytes](WAITING_PIECES)
    failure: list[Exception] = []
    outcome: list[T] = []

    async def work() -> None:
        try:
            outcome.append(await call.run(consume, _arriving(receive, failure)))
        except Exception as error:
            failure.append(error)
        finally:
            receive.close()

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await _feed(call, send, failure, limit_bytes)
    if outcome:
        return outcome[0]
    raise failure[0]


async def _feed(call: Call, send: MemoryObjectSendStream[bytes], failure: list[Exception], limit_bytes: int) -> None:
    """Pass the body on in large pieces; what goes wrong here is raised where the pieces are used."""
    size, waiting = 0, bytearray()
    async with send:
        try:
            async for piece in call.stream():
                size += len(piece)
                if size > limit_bytes:
                    raise errors.TooLarge(f"The body is larger than {limit_bytes} bytes.")
                waiting += piece
                if len(waiting) >= PIECE:
                    await send.send(bytes(waiting))
                    waiting.clear()
            if waiting:
                await send.send(bytes(waiting))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return  # the consumer wants no more
        except Exception as error:
            failure.append(error)
        except BaseException:
            failure.append(ClientDisconnect())  # a cut-off body must never look complete
            raise


def _arriving(receive: MemoryObjectReceiveStream[bytes], failure: list[Exception]) -> Iterator[bytes]:
    while True:
        try:
            yield anyio.from_thread.run(receive.receive)
        except anyio.EndOfStream:
            if failure:
                raise failure[0] from None
            return


def send_from_thread(
    call: Call, pieces: Iterator[bytes], *, size: int, status: int, headers: dict[str, str], media_type: str
) -> Response:
    """An answer of exactly `size` bytes, each piece read in a worker thread; without a body for HEAD."""
    headers = {**headers, "Content-Length": str(size)}
    if call.request.method == "HEAD":
        return Response(None, status, headers, media_type)
    return StreamingResponse(_leaving(call, pieces), status, headers, media_type)


def stream_from_thread(call: Call, pieces: Iterator[bytes], *, media_type: str) -> Response:
    """An answer whose size nobody knows beforehand; its end must be told by what is in it."""
    if call.request.method == "HEAD":
        return Response(None, media_type=media_type)
    return StreamingResponse(_leaving(call, pieces), media_type=media_type)


async def _leaving(call: Call, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while (piece := await call.run(next, pieces, None)) is not None:
            yield piece
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
