"""One line of a results file, as the prologue and `xtenant shell --script` write it, and how a file of them is read.

The file comes back from another machine, perhaps another person: everything in it is a claim.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

MOST_LINES = 100_000
LONGEST_LINE = 64 * 1024
LONGEST_TEXT = 4_000


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was reported of a step."""

    plan_id: UUID
    step: str
    sha256_of_line: str
    started: datetime
    ended: datetime
    ok: bool
    error_text: str = ""
    output: str = ""


def written(result: Result) -> bytes:
    """A result as one line of JSON."""
    return msgspec.json.encode(result) + b"\n"


def read_results(content: bytes) -> Iterator[tuple[int, Result | None]]:
    """Each line with its number; None for a line that is none of ours. Texts come without control characters."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n", MOST_LINES), 1):
        if line.strip():
            yield number, _read(line)


def _read(line: bytes) -> Result | None:
    if len(line) > LONGEST_LINE:
        return None
    try:
        found = msgspec.json.decode(line, type=Result)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if found.started.tzinfo is None or found.ended.tzinfo is None:
        return None
    return msgspec.structs.replace(found, error_text=_plain(found.error_text), output=_plain(found.output))


def _plain(text: str) -> str:
    """Cut, and without what could draw on a terminal."""
    kept = "".join(
        mark if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cs", "Cf") else "?" for mark in text
    )
    return kept[:LONGEST_TEXT]
