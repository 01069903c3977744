"""`$batch`: many calls in requests of twenty (graph-migrations.md 4.7). Answers come back in the order asked, whatever Graph's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.protocols.graph.call.answers import Row, ask, failure_told
from xtenant.wire.transport import Session

SIZE = DEFAULT.batch_requests
V1, BETA = "v1.0", "beta"
_BUSY = frozenset({429, 503, 504})
_LONGEST_WAIT_SECONDS = DEFAULT.request_total_seconds
"""Who is told to wait longer is not asked again here; the answers stay the refusals they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One call; `url` is relative to the version and begins with a slash."""

    url: str
    method: str = "GET"
    body: object | None = None


class _Told(msgspec.Struct):
    """An answer inside a batch; bodies may be anything."""

    id: str
    status: int
    headers: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    body: Any = None

    def lower_headers(self) -> dict[str, str]:
        return {key.lower(): str(value) for key, value in self.headers.items()}

    def header(self, name: str) -> str:
        return self.lower_headers().get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one call: a row, or the error it ended with."""

    status: int
    row: Row
    failure: errors.XTenantError | None = None


async def send(
    session: Session, parts: Sequence[Part], *, clock: Clock, version: str = V1, idempotent: bool = True
) -> list[Answer]:
    """Send calls in batches, one batch after the other; throttled ones are sent again.

    `idempotent` says that a call may reach the tenant twice, so a batch whose answer was lost is sent again. Raises
    NetworkError when a batch as a whole brought no answer; failures of single calls stand in their answers.
    """
    answers: list[Answer] = []
    for start in range(0, len(parts), SIZE):
        answers += await _send_one(session, parts[start : start + SIZE], clock, version, idempotent)
    return answers


async def _send_one(
    session: Session, parts: Sequence[Part], clock: Clock, version: str, idempotent: bool
) -> list[Answer]:
    found: dict[int, _Told] = {}
    wait = 0.0
    for attempt in range(DEFAULT.request_tries):
        waiting = [number for number in range(len(parts)) if number not in found or found[number].status in _BUSY]
        if not waiting:
            break
        if wait > _LONGEST_WAIT_SECONDS:
            break
        if attempt:
            await clock.sleep(wait)
        found |= await _ask_once(session, {number: parts[number] for number in waiting}, version, idempotent)
        wait = _asked(session, [found[number] for number in waiting], default=2.0 ** (attempt + 1))
    return [_answer(found[number]) for number in range(len(parts))]


async def _ask_once(session: Session, parts: dict[int, Part], version: str, idempotent: bool) -> dict[int, _Told]:
    body = {"requests": [_request(number, part) for number, part in parts.items()]}
    url = f"https://{GRAPH_HOST}/{version}/$batch"
    row = await ask(session, "POST", url, json=body, idempotent=True if idempotent else None)
    try:
        told = {each.id: each for each in msgspec.convert(row.get("responses"), list[_Told])}
    except msgspec.ValidationError as error:
        raise errors.NetworkError(f"{GRAPH_HOST} did not answer the batch as a batch.") from error
    if any(str(number) not in told for number in parts):
        raise errors.NetworkError(f"{GRAPH_HOST} left calls of a batch unanswered.")
    return {number: told[str(number)] for number in parts}


def _request(number: int, part: Part) -> dict[str, object]:
    request: dict[str, object] = {"id": str(number), "method": part.method, "url": part.url}
    if part.body is not None:
        request |= {"headers": {"Content-Type": "application/json"}, "body": part.body}
    return request


def _answer(told: _Told) -> Answer:
    if told.status >= 300:
        envelope = msgspec.json.encode(told.body)
        failure = failure_told(told.status, envelope, host=GRAPH_HOST, request_id=told.header("request-id") or None)
        return Answer(status=told.status, row={}, failure=failure)
    if told.body is not None and not isinstance(told.body, dict):
        raise errors.NetworkError(f"{GRAPH_HOST} answered a call of a batch with no JSON object.")
    return Answer(status=told.status, row=cast(Row, told.body or {}))


def _asked(session: Session, answers: Sequence[_Told], default: float) -> float:
    """How long the most patient of the refusals asks to wait; the session's other callers wait as well."""
    busy = [told for told in answers if told.status in _BUSY]
    asked = [session.told(told.status, told.lower_headers()) for told in busy]
    return max((seconds for seconds in asked if seconds is not None), default=default)
