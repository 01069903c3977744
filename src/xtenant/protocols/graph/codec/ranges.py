"""Byte ranges: `Range` of a download, `Content-Range` of an upload's fragment (content-api.md 1.6, 1.9; RFC 9110 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xtenant.domain import errors

MAX_FILE_BYTES = 250 * 1024**3
"""The largest file SharePoint takes (content-api.md 1.18)."""

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")
_CONTENT_RANGE = re.compile(r"bytes (?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})/(?P<total>[0-9]{1,18})")


class RangeNotSatisfiable(errors.WrongRange):
    """The range asked for lies behind the end; `facts['size']` is the content's size."""


@dataclass(frozen=True, slots=True)
class Span:
    """`size` bytes from `start`."""

    start: int
    size: int

    @property
    def last(self) -> int:
        return self.start + self.size - 1


@dataclass(frozen=True, slots=True)
class FragmentRange:
    """Which bytes of how many a fragment brings."""

    start: int
    size: int
    total: int


def parse_range(header: str | None, total: int) -> Span | None:
    """The one range a download asks for; None for the whole (no header, another unit, or several ranges).

    Raises RangeNotSatisfiable for a range behind the end.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found.group("first") or found.group("last")):
        return None
    if not found.group("first"):
        size = min(int(found.group("last")), total)
        start, last = total - size, total - 1
        if size == 0:
            raise _behind(total)
        return Span(start, last - start + 1)
    start = int(found.group("first"))
    last = int(found.group("last") or total - 1)
    if start >= total:
        raise _behind(total)
    if last < start:
        return None
    return Span(start, min(last, total - 1) - start + 1)


def parse_content_range(header: str | None) -> FragmentRange:
    """Raises WrongRange for a missing, unreadable or impossible header."""
    found = _CONTENT_RANGE.fullmatch((header or "").strip())
    if found is None:
        raise errors.WrongRange("Content-Range must read 'bytes FIRST-LAST/TOTAL'.")
    first, last, total = (int(found.group(name)) for name in ("first", "last", "total"))
    if last < first or last >= total or total > MAX_FILE_BYTES:
        raise errors.WrongRange("The Content-Range is impossible or beyond 250 GB.")
    return FragmentRange(first, last - first + 1, total)


def _behind(total: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable("The range lies behind the end of the content.", size=total)
