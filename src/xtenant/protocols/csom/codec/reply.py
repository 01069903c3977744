"""Writes a ProcessQuery reply: one JSON array of a header and pairs `action id, value` (spo-admin.md 3).

The text is SharePoint's: `/` within strings is `\\u002f`, and the marks of GUIDs, dates and bytes are `\\/Guid(…)\\/`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from xtenant.protocols.csom.codec.values import LIBRARY_VERSION

Json: TypeAlias = bool | int | float | str | UUID | datetime | bytes | Sequence["Json"] | Mapping[str, "Json"] | None
"""What a reply may hold; enums travel as their numbers."""

_MARK = "\ufdd0"
"""Stands for `\\/` until the text is made: a code point that Unicode keeps out of interchange, taken out of strings."""

_ESCAPED_MARK = _MARK.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorInfo:
    """Why the reply holds no values (spo-admin.md 3.1). `details` is ours: our code and remedy, absent at Microsoft."""

    code: int
    type_name: str
    message: str
    value: str | None = None
    details: Mapping[str, str] | None = None


def write_reply(values: Sequence[tuple[int, Json]], *, correlation_id: UUID, schema_version: str = "15.0.0.0") -> bytes:
    """The reply of a query whose actions all succeeded."""
    reply: list[Json] = [_header(None, correlation_id, schema_version)]
    for action_id, value in values:
        reply += (action_id, value)
    return _text(reply)


def write_error(error: ErrorInfo, *, correlation_id: UUID, schema_version: str = "15.0.0.0") -> bytes:
    """The reply of a query with a failing action: the header alone."""
    return _text([_header(error, correlation_id, schema_version)])


def _header(error: ErrorInfo | None, correlation_id: UUID, schema_version: str) -> dict[str, Json]:
    return {
        "SchemaVersion": schema_version,
        "LibraryVersion": LIBRARY_VERSION,
        "ErrorInfo": None if error is None else _error_info(error, correlation_id),
        "TraceCorrelationId": str(correlation_id),
    }


def _error_info(error: ErrorInfo, correlation_id: UUID) -> dict[str, Json]:
    info: dict[str, Json] = {
        "ErrorMessage": error.message,
        "ErrorValue": error.value,
        "TraceCorrelationId": str(correlation_id),
        "ErrorCode": error.code,
        "ErrorTypeName": error.type_name,
    }
    if error.details:
        info["ErrorDetails"] = dict(error.details)
    return info


def _text(reply: Sequence[Json]) -> bytes:
    # In JSON a slash stands only within strings, and msgspec writes it bare; so both replacements are safe.
    plain = msgspec.json.encode(_plain(reply))
    return plain.replace(b"/", rb"\u002f").replace(_ESCAPED_MARK, rb"\/")


def _plain(value: Json) -> object:
    match value:
        case str():
            return value.replace(_MARK, "\ufffd") if _MARK in value else value
        case UUID():
            return f"{_MARK}Guid({value}){_MARK}"
        case datetime():
            return f"{_MARK}Date({_date_parts(value)}){_MARK}"
        case bytes():
            return f"{_MARK}Base64Binary({base64.b64encode(value).decode('ascii')}){_MARK}"
        case Mapping():
            return {name: _plain(member) for name, member in value.items()}
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            return value


def _date_parts(moment: datetime) -> str:
    """Year, month counted from 0, day, hour, minute, second, millisecond in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.year},{utc.month - 1},{utc.day},{utc.hour},{utc.minute},{utc.second},{utc.microsecond // 1000}"
