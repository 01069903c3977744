"""Reads a log of changes and says what is wrong with it: a changed, missing, swapped or cut-off line, by its number.

The chain proves that lines belong together; who may write the file could write another. Note the hash of the last line
elsewhere (`audit verify` prints it) and give it back with `--head`: then nothing before it can have been changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from xtenant.client.audit import LONGEST_LINE, Break, Head, Line, Place, hash_of
from xtenant.domain import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a line; `number` counts from 1, 0 is the log as a whole."""

    number: int
    what: str


@dataclass(slots=True, kw_only=True)
class Check:
    """What a reading found. `torn` lines were cut off when a process ended; the log went on behind them, which is in order.

    `end_known` says whether it is certain that nothing was cut off at the end. `head` is the hash of the last line.
    """

    lines: int = 0
    torn: list[int] = field(default_factory=list[int])
    unanswered: int = 0
    end_known: bool = True
    head: str = ""
    problems: list[Problem] = field(default_factory=list[Problem])


def lines_of(path: Path) -> Iterator[tuple[int, bytes, Line | None]]:
    """Number, bytes and meaning of each line, None where it has none. Raises NotFound."""
    try:
        with path.open("rb") as log:
            number = 0
            while raw := log.readline(LONGEST_LINE * 2):
                number += 1
                yield number, raw, _read(raw)
    except FileNotFoundError as error:
        raise errors.NotFound(
            f"There is no log of changes at {path}.", remedy="Nothing was changed from here."
        ) from error
    except OSError as error:
        raise errors.UsageError(f"{path} cannot be read: {error.strerror}.") from error


def check(path: Path, beginning: str, *, noted: Head | None = None, known: str | None = None) -> Check:
    """Follow the chain from its beginning. `noted` is the end as noted beside the log; `known` the hash of a line that must
    be in it. Raises NotFound, UsageError.
    """
    done, prev, open_changes, known_seen = Check(), beginning, set[str](), known is None
    torn_before = False
    for number, raw, line in lines_of(path):
        done.lines = number
        if line is None:
            torn_before = True
            done.torn.append(number)
        else:
            done.problems += _of_line(number, line, prev, torn_before=torn_before)
            torn_before = False
            _follow(open_changes, line)
        prev = hash_of(raw)
        known_seen = known_seen or prev == known
    done.head, done.unanswered = prev, len(open_changes)
    done.end_known = noted is not None or known is not None
    if noted is not None:
        done.problems += _of_end(path, done, noted)
    if not known_seen:
        done.problems.append(Problem(number=0, what=f"no line has the hash {known}: lines were changed or cut off"))
    return done


def check_place(place: Place, *, known: str | None = None) -> Check:
    """`check` of a tenant's own log."""
    return check(place.path, place.beginning, noted=place.head(), known=known)


def _read(raw: bytes) -> Line | None:
    try:
        return msgspec.json.decode(raw, type=Line)
    except (msgspec.MsgspecError, ValueError):
        return None


def _of_line(number: int, line: Line, prev: str, *, torn_before: bool) -> Iterator[Problem]:
    if line.prev != prev:
        yield Problem(
            number=number, what="it does not follow the line before: that one was changed, or lines are missing"
        )
    if torn_before and line.after is not Break.TORN:
        yield Problem(number=number - 1, what="it is no line of the log")
    if line.after is Break.SHORTENED:
        yield Problem(number=number, what="lines that stood before it had been cut off when it was written")


def _of_end(path: Path, done: Check, noted: Head) -> Iterator[Problem]:
    """The noted end must be in the log; the log may be one line further, when a process ended between the two."""
    size = path.stat().st_size
    if size < noted.size_bytes:
        yield Problem(number=done.lines, what="lines behind it were cut off")
    elif _hash_before(path, noted.size_bytes) != noted.sha256:
        yield Problem(number=0, what="the line noted as the last one was changed")


def _hash_before(path: Path, size_bytes: int) -> str:
    """The hash of the line that ends at so many bytes."""
    with path.open("rb") as log:
        log.seek(max(0, size_bytes - LONGEST_LINE))
        last = log.read(min(size_bytes, LONGEST_LINE)).rstrip(b"\n").rpartition(b"\n")[2]
    return hash_of(last)


def _follow(open_changes: set[str], line: Line) -> None:
    if line.outcome.value == "sent":
        open_changes.add(line.change)
    elif line.change:
        open_changes.discard(line.change)
