"""Query options of content over Graph (content-api.md 1.6, 1.14): with or without `$`, in any letter case. Unknown ones are refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.upload import ConflictBehavior

_CONFLICT_NAMES = ("@microsoft.graph.conflictbehavior", "@name.conflictbehavior")
_IGNORED = frozenset({"avoverride", "count", "client-request-id"})
"""Sent by real clients, without effect here: onedrive's AVOverride, `$count`."""

_KNOWN = frozenset({"top", "skiptoken", "select", "filter", "search", "token", "orderby", "expand", "format"})


class NotSupported(errors.Refused):
    """A part of Graph that this service does not have (Graph's envelope with code notSupported, status 501)."""

    code = "notSupported"
    remedy = "Leave it out; docs/reference lists what is served."


class InvalidOption(errors.UsageError):
    """A query option that cannot be read or is unknown."""

    code = "invalidOption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one request; `top` is None where none was sent."""

    top: int | None = None
    skip_token: str | None = None
    select: frozenset[str] = frozenset()
    filter: str | None = None
    search: str | None = None
    token: str | None = None
    format: str | None = None
    conflict: ConflictBehavior | None = None

    def limit(self, default: int, most: int) -> int:
        return min(self.top or default, most)


def parse_options(pairs: Iterable[tuple[str, str]]) -> Options:
    """Read decoded query pairs. Raises InvalidOption, or NotSupported for `$expand` and other orders."""
    found: dict[str, str] = {}
    conflict: ConflictBehavior | None = None
    for name, value in pairs:
        key = name.lower().removeprefix("$")
        if key in _CONFLICT_NAMES:
            conflict = conflict_behavior(value)
        elif key in _KNOWN:
            found[key] = value
        elif key not in _IGNORED:
            raise InvalidOption(f"The query option '{name}' is unknown.", remedy="Leave it out.")
    if found.get("expand"):
        raise NotSupported("$expand is not supported; ask for the sub-resource itself.")
    if found.get("orderby", "name").lower() not in ("name", "name asc"):
        raise NotSupported("Lists are ordered by name only.")
    return Options(
        top=_positive(found.get("top")),
        skip_token=found.get("skiptoken"),
        select=frozenset(part.strip() for part in found.get("select", "").split(",") if part.strip()),
        filter=found.get("filter"),
        search=found.get("search"),
        token=found.get("token"),
        format=found.get("format"),
        conflict=conflict,
    )


def conflict_behavior(value: str) -> ConflictBehavior:
    """Read a conflict behaviour. Raises InvalidOption."""
    try:
        return ConflictBehavior(value.lower())
    except ValueError:
        raise InvalidOption(f"'{value}' is no conflict behaviour.", remedy="Use fail, replace or rename.") from None


def function_argument(arguments: str, name: str) -> str | None:
    """The value of `name='…'` between a function's parentheses; None where it is not there."""
    found = re.fullmatch(rf"\s*{name}\s*=\s*'(?P<value>(?:[^']|'')*)'\s*", arguments, re.IGNORECASE)
    return found.group("value").replace("''", "'") if found else None


def pack_token(key: str) -> str:
    """A paging key as an opaque token."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def unpack_token(token: str) -> str:
    """The key inside a token. Raises InvalidOption for one that is not ours."""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        raise InvalidOption("The paging token is not one of this service.", remedy="Start the list again.") from None


def _positive(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or not 0 < len(text) < 10 or int(text) == 0:
        raise InvalidOption(f"'{text}' is not a number of rows.", remedy="Use a number above zero.")
    return int(text)
