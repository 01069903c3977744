"""Connections from the front to the tenants' services: pooled, streamed both ways, bounded memory.

The far end is a service of the same lab over TLS on loopback. Bodies pass through in pieces as they arrive; while a
request is still being sent its answer may already begin.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from xtenant.lab.ports import LOOPBACK

PIECE_BYTES = 256 * 1024
HEAD_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0
IDLE_CONNECTIONS = 64

Headers = list[tuple[bytes, bytes]]


class UpstreamGone(Exception):
    """The service could not be reached or broke off before its answer began; `sent` says whether it may have acted."""

    def __init__(self, text: str, *, sent: bool) -> None:
        super().__init__(text)
        self.sent = sent


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """`body` is None where the request has none; `length` is None where it is sent in chunks."""

    method: bytes
    target: bytes
    headers: Headers
    body: AsyncIterator[bytes] | None
    length: int | None


@dataclass(slots=True, kw_only=True)
class UpstreamAnswer:
    status: int
    headers: Headers
    pieces: AsyncGenerator[bytes, None]


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.reusable = True

    @property
    def is_stale(self) -> bool:
        return self.reader.at_eof() or self.writer.is_closing()


class Upstream:
    """The connections to one service."""

    def __init__(self, port: int, *, tls: ssl.SSLContext, server_name: str) -> None:
        self._port = port
        self._tls = tls
        self._server_name = server_name
        self._idle: deque[_Connection] = deque()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().writer.close()

    @asynccontextmanager
    async def ask(self, request: UpstreamRequest) -> AsyncGenerator[UpstreamAnswer, None]:
        """Send a request; the answer's pieces must be read inside the block. Raises UpstreamGone."""
        connection = await self._connection()
        sending = asyncio.create_task(_send(connection.writer, request))
        sending.add_done_callback(lambda done: _cut_if_the_client_broke_off(done, connection))
        try:
            status, headers = await _read_head(connection)
            async with aclosing(_pieces(connection, request.method, status, headers)) as pieces:
                yield UpstreamAnswer(status=status, headers=headers, pieces=pieces)
        except BaseException:
            connection.reusable = False
            raise
        finally:
            finished = sending.done() and not sending.cancelled() and sending.exception() is None
            if not sending.done():
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            self._give_back(connection, reusable=finished and connection.reusable)

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_stale:
                return connection
            connection.writer.close()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    LOOPBACK, self._port, ssl=self._tls, server_hostname=self._server_name, limit=HEAD_BYTES
                )
        except (OSError, TimeoutError) as error:
            raise UpstreamGone(str(error), sent=False) from error
        return _Connection(reader, writer)

    def _give_back(self, connection: _Connection, *, reusable: bool) -> None:
        if reusable and not connection.is_stale and len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.writer.close()


async def _send(writer: asyncio.StreamWriter, request: UpstreamRequest) -> None:
    lines = [request.method + b" " + request.target + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in request.headers]
    if request.body is not None and request.length is None:
        lines.append(b"transfer-encoding: chunked")
    elif request.length is not None:
        lines.append(b"content-length: %d" % request.length)
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
    if request.body is not None:
        async for piece in request.body:
            writer.write(piece if request.length is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        if request.length is None:
            writer.write(b"0\r\n\r\n")
    await writer.drain()


def _cut_if_the_client_broke_off(sending: asyncio.Task[None], connection: _Connection) -> None:
    """A half-sent request would leave the service waiting for ever. Its own early answer is worth reading, though."""
    if not sending.cancelled() and (broke := sending.exception()) is not None and not isinstance(broke, OSError):
        connection.writer.transport.abort()


async def _read_head(connection: _Connection) -> tuple[int, Headers]:
    """Status and headers; interim answers (1xx) are skipped."""
    while True:
        try:
            head = await connection.reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise UpstreamGone("The service ended the connection without an answer.", sent=True) from error
        status, headers = _parse_head(head)
        if status >= 200:
            return status, headers


def _parse_head(head: bytes) -> tuple[int, Headers]:
    first, *lines = head[:-4].split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    return int(first.split(b" ", 2)[1]), [(name.lower(), value.strip()) for name, _, value in pairs]


async def _pieces(connection: _Connection, method: bytes, status: int, headers: Headers) -> AsyncGenerator[bytes, None]:
    reader = connection.reader
    if b"close" in value_of(headers, b"connection").lower():
        connection.reusable = False
    if method == b"HEAD" or status in (204, 304):
        return
    length = value_of(headers, b"content-length")
    if length:
        left = int(length)
        while left:
            piece = await reader.read(min(left, PIECE_BYTES))
            if not piece:
                raise UpstreamGone("The service broke off its answer.", sent=True)
            left -= len(piece)
            yield piece
    elif b"chunked" in value_of(headers, b"transfer-encoding").lower():
        async for piece in _chunks(reader):
            yield piece
    else:
        connection.reusable = False
        while piece := await reader.read(PIECE_BYTES):
            yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    try:
        while left := int((await reader.readline()).split(b";")[0], 16):
            while left:
                piece = await reader.read(min(left, PIECE_BYTES))
                if not piece:
                    raise UpstreamGone("The service broke off its answer.", sent=True)
                left -= len(piece)
                yield piece
            await reader.readexactly(2)
        while (await reader.readline()).strip():
            continue
    except (ValueError, asyncio.IncompleteReadError) as error:
        raise UpstreamGone("The service broke off its answer.", sent=True) from error


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The first value of a header, or empty. Header names are lower case here."""
    return next((value for key, value in headers if key == name), b"")
