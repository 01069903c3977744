"""Sending to Graph and reading what comes back: one request, one page after the other, errors as our own classes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import msgspec

from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.wire.transport import Session

BASE = f"https://{GRAPH_HOST}/v1.0"
MAX_PAGES = 1_000_000

_BY_CODE: dict[str, type[errors.XTenantError]] = {
    "accessDenied": errors.AccessDenied,
    "Authorization_RequestDenied": errors.AccessDenied,
    "itemNotFound": errors.NotFound,
    "Request_ResourceNotFound": errors.NotFound,
    "ResourceNotFound": errors.NotFound,
    "nameAlreadyExists": errors.Conflict,
    "conflict": errors.Conflict,
    "resourceModified": errors.PreconditionFailed,
    "resourceLocked": errors.Locked,
    "resyncRequired": errors.Expired,
    "invalidRange": errors.WrongRange,
}
_BY_STATUS: dict[int, type[errors.XTenantError]] = {
    400: errors.UsageError,
    401: errors.NotSignedIn,
    403: errors.AccessDenied,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Expired,
    412: errors.PreconditionFailed,
    413: errors.TooLarge,
    423: errors.Locked,
    429: errors.Throttled,
}

Row = Mapping[str, Any]


class _Detail(msgspec.Struct):
    code: str = ""


class _Told(msgspec.Struct):
    code: str = ""
    message: str = ""
    details: list[_Detail] = msgspec.field(default_factory=list[_Detail])


class _Envelope(msgspec.Struct):
    error: _Told


async def ask(
    session: Session,
    method: str,
    url: str,
    *,
    json: object | None = None,
    headers: Mapping[str, str] | None = None,
    idempotent: bool | None = None,
) -> Row:
    """Send one request and read its JSON object; empty for an answer without body. Raises our own errors."""
    answer = await session.request(method, url, json=json, headers=headers, idempotent=idempotent)
    if answer.status_code >= 300:
        raise failure_of(answer)
    return object_of(answer) if answer.content else {}


async def pages(session: Session, url: str) -> AsyncIterator[Row]:
    """Every page of a list; next links are asked for as they are. Raises NetworkError for links without end."""
    following: str | None = url
    for _ in range(MAX_PAGES):
        page = await ask(session, "GET", following)
        yield page
        following = page.get("@odata.nextLink")
        if following is None:
            return
    raise errors.NetworkError("The list does not end.")


async def rows(session: Session, url: str) -> AsyncIterator[Row]:
    """Every row of a list, page by page."""
    async for page in pages(session, url):
        for row in page.get("value") or ():
            yield row


def object_of(answer: httpx.Response) -> Row:
    """The JSON object of an answer. Raises NetworkError for anything else."""
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise errors.NetworkError(f"{answer.request.url.host} did not answer with JSON.") from error


def failure_of(answer: httpx.Response) -> errors.XTenantError:
    """An answer's error envelope as one of our errors; Graph's own code travels along."""
    return failure_told(
        answer.status_code, answer.content, host=answer.request.url.host, request_id=answer.headers.get("request-id")
    )


def failure_told(status: int, envelope: bytes, *, host: str, request_id: str | None = None) -> errors.XTenantError:
    """An error envelope as one of our errors; the answers inside a batch have no response of their own."""
    try:
        told = msgspec.json.decode(envelope, type=_Envelope).error
    except (msgspec.DecodeError, RecursionError):
        told = _Told()
    code = told.code or str(status)
    details = [detail.code for detail in told.details]
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if "ObjectConflict" in details:
        kind = errors.Conflict
    if kind is None:
        kind = errors.NetworkError if status >= 500 else errors.Refused
    return kind(told.message or f"{host} answered {status}.", microsoft_code=code, request_id=request_id)
