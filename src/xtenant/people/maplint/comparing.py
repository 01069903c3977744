"""Two map files side by side: which rows were added, which say something else now, and which are lost (R-5.25)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from xtenant.people.maplint import keys


class Change(Enum):
    ADDED = "added"
    CHANGED = "changed"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One source's row before and after, as six fields; None where there is none."""

    change: Change
    source: str
    old_line: int | None
    new_line: int | None
    old: tuple[str, ...] | None
    new: tuple[str, ...] | None


def compare(old: Path, new: Path) -> Iterator[Difference]:
    """Lost rows first, then changed, then added, each in file order; compared without regard to case, order and form.

    Of several rows for one source in one file one is compared; `map lint` tells such files. Changed rows are held in
    pieces, so that memory stays bounded. Raises UsageError for a file that cannot be read.
    """
    before, after = keys.read_keys(old), keys.read_keys(new)
    lost, was, now = keys.compared(before, after)
    for _, (line, fields) in keys.rows_at(old, lost):
        yield _difference(Change.LOST, (line, fields), None)
    for start in range(0, len(was), _PIECE):
        yield from _changed(old, new, was[start : start + _PIECE], now[start : start + _PIECE])
    added, _, _ = keys.compared(after, before)
    for _, (line, fields) in keys.rows_at(new, added):
        yield _difference(Change.ADDED, None, (line, fields))


_PIECE = 200_000


def _changed(old: Path, new: Path, was: keys.Ordinals, now: keys.Ordinals) -> Iterator[Difference]:
    rows = dict(keys.rows_at(new, np.unique(now)))
    for ordinal, row in keys.rows_at(old, was):
        yield _difference(Change.CHANGED, row, rows[int(now[np.searchsorted(was, ordinal)])])


def _difference(change: Change, old: keys.Row | None, new: keys.Row | None) -> Difference:
    some = old or new
    assert some is not None
    return Difference(
        change=change,
        source=some[1][2],
        old_line=old[0] if old else None,
        new_line=new[0] if new else None,
        old=tuple(old[1]) if old else None,
        new=tuple(new[1]) if new else None,
    )
