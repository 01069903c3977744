"""One REST exchange: send, and turn an error envelope of any flavour into our errors (spo-admin.md 5.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from xtenant.domain import errors, trust
from xtenant.wire.transport import Session

ACCEPT = "application/json;odata=nometadata"

_BY_CODE: dict[str, type[errors.XTenantError]] = {
    kind.code: kind
    for kind in (
        trust.UnknownPartner,
        trust.FeatureOff,
        trust.OwnHostUrl,
        errors.PartnerUnreachable,
        errors.Conflict,
        errors.UsageError,
    )
}

_BY_STATUS: dict[int, type[errors.XTenantError]] = {
    400: errors.Refused,
    401: errors.NotSignedIn,
    403: errors.AccessDenied,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    423: errors.Locked,
    429: errors.Throttled,
    503: errors.Throttled,
}


async def send(
    session: Session,
    method: str,
    url: str,
    *,
    json: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    idempotent: bool | None = None,
) -> httpx.Response:
    """A request whose answer is a success. Raises the error its envelope or status speaks of."""
    content = None if json is None else msgspec.json.encode(json)
    sent = {"Accept": ACCEPT, **({} if content is None else {"Content-Type": "application/json"}), **(headers or {})}
    answer = await session.request(method, url, content=content, headers=sent, idempotent=idempotent)
    if answer.status_code >= 400:
        raise error_in(answer)
    return answer


def error_in(answer: httpx.Response) -> errors.XTenantError:
    """The error behind an answer: by our code where our service gives one, else by status."""
    text, ours = _told(answer.content)
    text = text or f"{answer.request.url.host} answered with status {answer.status_code}."
    kind = _BY_CODE.get(ours.get("code", "")) or _BY_STATUS.get(answer.status_code, errors.Unexpected)
    return kind(
        text,
        remedy=ours.get("remedy"),
        microsoft_code=ours.get("microsoftCode"),
        retry_after=answer.headers.get("retry-after"),
    )


def _told(content: bytes) -> tuple[str, dict[str, str]]:
    """Message and our own members of an error body; empty for HTML and other shapes."""
    try:
        body = msgspec.json.decode(content, type=dict[str, Any])
        told = msgspec.convert(body.get("odata.error") or body.get("error") or {}, _Told)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "", {}
    message = told.message if isinstance(told.message, str) else told.message.get("value", "")
    return message or told.code or "", told.innererror


class _Told(msgspec.Struct):
    code: str | None = None
    message: str | dict[str, str] = ""
    innererror: dict[str, str] = {}
