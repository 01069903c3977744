"""Reads a ProcessQuery reply as a client does: header first, then values by action id (spo-admin.md 3 and 9, client 2)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.protocols.csom.codec.reply import ErrorInfo

Answer: TypeAlias = Any
"""A decoded value: JSON's kinds, and UUID, datetime and bytes where they were marked."""


class MalformedReply(errors.Unexpected):
    """What came back is no ProcessQuery reply."""

    code = "malformedReply"
    remedy = "Check that the address is a SharePoint administration host; a proxy may have answered in its place."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`error` is set when an action failed; `values` then is empty."""

    correlation_id: str
    library_version: str
    error: ErrorInfo | None
    values: dict[int, Answer]


def read_reply(body: bytes) -> Reply:
    """Read a reply. Raises MalformedReply, also when the header lacks SchemaVersion or LibraryVersion."""
    try:
        parts = msgspec.json.decode(body, type=list[Any])
        header = msgspec.convert(parts[0] if parts else None, dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedReply("The reply is not a JSON array with a header.") from error
    if not isinstance(header.get("SchemaVersion"), str) or not isinstance(header.get("LibraryVersion"), str):
        raise MalformedReply("The reply's header lacks its versions.")
    return Reply(
        correlation_id=str(header.get("TraceCorrelationId", "")),
        library_version=header["LibraryVersion"],
        error=_error(header.get("ErrorInfo")),
        values=_pairs(parts[1:]),
    )


def _pairs(parts: list[Any]) -> dict[int, Answer]:
    if len(parts) % 2 or not all(isinstance(action_id, int) for action_id in parts[::2]):
        raise MalformedReply("The reply's values do not come in pairs.")
    return {action_id: decoded(value) for action_id, value in zip(parts[::2], parts[1::2], strict=True)}


def _error(info: object) -> ErrorInfo | None:
    if info is None:
        return None
    try:
        members = msgspec.convert(info, _ErrorMembers)
    except msgspec.ValidationError as error:
        raise MalformedReply("The reply's ErrorInfo has another shape.") from error
    return ErrorInfo(
        code=members.ErrorCode,
        type_name=members.ErrorTypeName or "",
        message=members.ErrorMessage or "",
        value=members.ErrorValue,
        details=members.ErrorDetails if isinstance(members.ErrorDetails, dict) else None,
    )


class _ErrorMembers(msgspec.Struct):
    """The members of ErrorInfo, in Microsoft's spelling; `ErrorDetails` of others is let be."""

    ErrorCode: int = -1
    ErrorTypeName: str | None = None
    ErrorMessage: str | None = None
    ErrorValue: str | None = None
    ErrorDetails: dict[str, str] | str | list[Any] | None = None


def decoded(value: Answer) -> Answer:
    """Marked strings become UUID, datetime and bytes; what only looks like a mark stays text."""
    if isinstance(value, str):
        return _decoded_text(value) if value.startswith("/") and value.endswith(")/") else value
    if isinstance(value, list):
        return [decoded(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {name: decoded(member) for name, member in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


_MARKED = re.compile(r"/(Guid|Date|Base64Binary)\(([^()]*)\)/")
_TICKS = re.compile(r"(-?\d{1,18})([+-]\d{4})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _decoded_text(text: str) -> Answer:
    marked = _MARKED.fullmatch(text)
    if marked is None:
        return text
    kind, inside = marked.groups()
    try:
        if kind == "Guid":
            return UUID(inside)
        return base64.b64decode(inside, validate=True) if kind == "Base64Binary" else _date(inside)
    except (ValueError, OverflowError):
        return text


def _date(inside: str) -> datetime:
    ticks = _TICKS.fullmatch(inside)
    if ticks:  # the zone only says how to show it; the count is UTC already
        return _EPOCH + timedelta(milliseconds=int(ticks[1]))
    year, month, day, hour, minute, second, millisecond = (int(part) for part in inside.split(","))
    return datetime(year, month + 1, day, hour, minute, second, millisecond * 1000, tzinfo=UTC)
