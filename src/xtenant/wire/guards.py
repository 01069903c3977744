"""The guard around every transport: nothing is sent inside a unit of work, and no answer grows beyond its limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from xtenant.domain import errors
from xtenant.domain.ports.units import unit_is_open


class SentInsideUnit(RuntimeError):
    """A mistake in our own code: somebody outside was asked while a unit of work was open (design section 3)."""


class ResponseTooLarge(errors.NetworkError):
    """An answer was longer than this side is willing to read."""

    code = "responseTooLarge"
    retry = errors.Retry.NEVER
    remedy = "Ask for less at once; an answer of this size is not expected here."


class GuardedAsyncTransport(httpx.AsyncBaseTransport):
    """Refuses to send inside a unit of work and bounds what comes back."""

    def __init__(self, inner: httpx.AsyncBaseTransport, max_response_bytes: int) -> None:
        self._inner = inner
        self._max = max_response_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _refuse_inside_unit(request)
        answer = await self._inner.handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        try:
            body = _Body(answer, self._max)
        except errors.NetworkError:
            await answer.aclose()
            raise
        stream = _BoundedAsyncStream(answer.stream, body)
        return httpx.Response(
            answer.status_code, headers=body.headers, stream=stream, extensions=answer.extensions, request=request
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class GuardedTransport(httpx.BaseTransport):
    """The same for clients that are not async."""

    def __init__(self, inner: httpx.BaseTransport, max_response_bytes: int) -> None:
        self._inner = inner
        self._max = max_response_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _refuse_inside_unit(request)
        answer = self._inner.handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        try:
            body = _Body(answer, self._max)
        except errors.NetworkError:
            answer.close()
            raise
        stream = _BoundedStream(answer.stream, body)
        return httpx.Response(
            answer.status_code, headers=body.headers, stream=stream, extensions=answer.extensions, request=request
        )

    def close(self) -> None:
        self._inner.close()


def _refuse_inside_unit(request: httpx.Request) -> None:
    if unit_is_open():
        raise SentInsideUnit(f"{request.method} {request.url.host} was asked inside a unit of work")


class _Body:
    """Counts a body as it arrives, unpacking gzip ourselves so that a small answer cannot swell beyond the limit."""

    def __init__(self, answer: httpx.Response, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", ""):
            raise errors.NetworkError(f"The answer is packed as '{encoding}', which was not asked for.")
        self._unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        self._started = False
        dropped = ("content-encoding", "content-length") if self._unpack else ()
        self.headers = [(name, value) for name, value in answer.headers.multi_items() if name not in dropped]
        length = answer.headers.get("content-length", "")
        if self._unpack is None and length.isdigit() and int(length) > limit_bytes:
            raise self._too_large()

    def take(self, piece: bytes) -> bytes:
        """What a piece holds. Raises ResponseTooLarge as soon as the limit is passed."""
        if self._unpack is not None and piece:
            self._started = True
            try:
                piece = self._unpack.decompress(piece, self._limit - self._size + 1)
            except zlib.error as error:
                raise errors.NetworkError("The answer is damaged: its packing cannot be read.") from error
        self._size += len(piece)
        if self._size > self._limit:
            raise self._too_large()
        return piece

    def end(self) -> None:
        """Raises NetworkError when the packing stopped in the middle."""
        if self._unpack is not None and self._started and not self._unpack.eof:
            raise errors.NetworkError("The answer ended in the middle.")

    def _too_large(self) -> ResponseTooLarge:
        return ResponseTooLarge(f"The answer is longer than {self._limit} bytes.", limit=self._limit)


class _BoundedAsyncStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, body: _Body) -> None:
        self._inner = inner
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            yield self._body.take(piece)
        self._body.end()

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, body: _Body) -> None:
        self._inner = inner
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            yield self._body.take(piece)
        self._body.end()

    def close(self) -> None:
        self._inner.close()
