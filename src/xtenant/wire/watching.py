"""Every request that may change something passes a watch: it may refuse it unsent, and hears what became of it.

What may change something is what the list of reading calls does not name (`wire/readonly.py`). The watch is asked before a
connection is opened, and told before the caller sees the answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol, cast

import httpx

from xtenant.wire import readonly


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a request ended: answered with a status, or `error` names what came in place of an answer.

    `failed` counts what an answer says inside too: an error of a query, a refused call of a batch. `answer_id` is the
    server's name for the exchange.
    """

    failed: bool
    status: int | None = None
    error: str = ""
    answer_id: str = ""


class Watched(Protocol):
    """One request under watch."""

    def ended(self, ending: Ending) -> None: ...


class Watch(Protocol):
    """Raises to refuse a request; nothing is sent then."""

    def begin(self, request: httpx.Request) -> Watched: ...


class WatchedAsyncTransport(httpx.AsyncBaseTransport):
    """Shows a watch every request that may change something."""

    def __init__(self, inner: httpx.AsyncBaseTransport, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if readonly.only_reads(request):
            return await self._inner.handle_async_request(request)
        watched = self._watch.begin(request)
        try:
            answer = await self._inner.handle_async_request(request)
            if _tells_inside(request):
                answer = await _read(answer)
        except BaseException as error:
            watched.ended(Ending(failed=True, error=type(error).__name__))
            raise
        watched.ended(_ending(request, answer))
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class WatchedTransport(httpx.BaseTransport):
    """The same for clients that are not async; they sign in and nothing else, so that no answer is looked into."""

    def __init__(self, inner: httpx.BaseTransport, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if readonly.only_reads(request):
            return self._inner.handle_request(request)
        watched = self._watch.begin(request)
        try:
            answer = self._inner.handle_request(request)
        except BaseException as error:
            watched.ended(Ending(failed=True, error=type(error).__name__))
            raise
        watched.ended(Ending(failed=answer.status_code >= 400, status=answer.status_code))
        return answer

    def close(self) -> None:
        self._inner.close()


def _tells_inside(request: httpx.Request) -> bool:
    path = request.url.path.lower()
    return path.endswith(("/client.svc/processquery", "/$batch"))


async def _read(answer: httpx.Response) -> httpx.Response:
    """The answer with its body at hand; its stream begins anew for the caller."""
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    try:
        content = b"".join([piece async for piece in answer.stream])
    finally:
        await answer.aclose()
    return httpx.Response(
        answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content), extensions=answer.extensions
    )


def _ending(request: httpx.Request, answer: httpx.Response) -> Ending:
    error = _error_inside(answer) if _tells_inside(request) else ""
    names = ("sprequestguid", "request-id", "client-request-id")
    return Ending(
        failed=answer.status_code >= 400 or bool(error),
        status=answer.status_code,
        error=error,
        answer_id=next((answer.headers[name] for name in names if name in answer.headers), "")[:100],
    )


def _error_inside(answer: httpx.Response) -> str:
    """The class of a query's error, or the statuses of a batch's refused calls; empty when there are none."""
    assert isinstance(answer.stream, httpx.ByteStream)
    try:
        body: Any = json.loads(b"".join(answer.stream))
    except (ValueError, RecursionError):
        return "unreadable answer"
    if isinstance(body, list) and body:
        return _error_of_query(cast("list[Any]", body)[0])
    calls: Any = cast("dict[str, Any]", body).get("responses") if isinstance(body, dict) else None
    statuses = [_status(call) for call in cast("list[Any]", calls)] if isinstance(calls, list) else []
    refused = sorted({status for status in statuses if status >= 400})
    count = sum(1 for status in statuses if status >= 400)
    return f"{count} of {len(statuses)} calls refused: {', '.join(map(str, refused))}" if refused else ""


def _error_of_query(head: Any) -> str:
    info: Any = cast("dict[str, Any]", head).get("ErrorInfo") if isinstance(head, dict) else None
    if not isinstance(info, dict):
        return ""
    facts = cast("dict[str, Any]", info)
    return str(facts.get("ErrorTypeName") or facts.get("ErrorCode") or "error")[:200]


def _status(call: Any) -> int:
    status: Any = cast("dict[str, Any]", call).get("status") if isinstance(call, dict) else None
    return status if isinstance(status, int) else 500
