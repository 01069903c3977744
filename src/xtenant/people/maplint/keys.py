"""What millions of rows are found by, as 64-bit hashes in arrays: some forty bytes a row, whatever the names are.

Equal hashes only make candidates. Their rows are read a second time and compared as text, so that no row is accused by
chance; that a lost row is overlooked takes a collision of Python's secret-keyed hash, one in some ten millions of maps.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from xtenant.people.maplint.reading import COLUMNS, Block, Reader, Row

Ordinals: TypeAlias = NDArray[np.int64]
MOST_COMPANIES = 50_000
WORDS = frozenset({"User", "Group", "user", "group", "USER", "GROUP"})


class Keys:
    """The rows of one file that name a source, in file order; an ordinal is a place in these arrays."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self.sources = array("q")
        self.targets = array("q")
        self.lines = array("q")
        """With `whole` only, as `values`: what else a row says."""
        self.values = array("q")
        self.companies = array("H")
        self.names = [""]
        """Column 2 as first written, by its number in `companies`; 0 stands for all beyond the first `MOST_COMPANIES`."""
        self._known: dict[str, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self.sources)

    def add(self, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
        """Note keyed rows, see `keyed`."""
        if not rows:
            return
        _, companies, sources, targets, names, kinds = zip(*rows, strict=True)
        if len(set(companies)) == 1:
            number, salt = self._company(companies[0])
            numbers, salts = repeat(number, len(rows)), repeat(salt)
        else:
            numbers, salts = zip(*map(self._company, companies), strict=True)
        folded = list(map(str.casefold, targets))
        self.companies.extend(numbers)
        self.sources.extend(map(hash, zip(salts, map(str.casefold, sources), strict=False)))
        self.targets.extend(map(hash, folded))
        if self._whole:
            rest = zip(folded, map(str.casefold, names), map(str.casefold, kinds), strict=True)
            self.values.extend(map(hash, rest))
            self.lines.extend(lines)

    def _company(self, company: str) -> tuple[int, int]:
        found = self._known.get(company)
        if found is not None:
            return found
        folded = company.casefold()
        found = self._known.get(folded)
        if found is None:
            if len(self.names) > MOST_COMPANIES:
                return 0, hash(folded)
            found = (len(self.names), hash(folded))
            self.names.append(company)
            self._known[folded] = found
        if len(self._known) <= 2 * MOST_COMPANIES:
            self._known[company] = found
        return found

    def company_counts(self) -> list[int]:
        """How many rows have each company number."""
        return np.bincount(np.frombuffer(self.companies, dtype=np.uint16), minlength=len(self.names)).tolist()

    def of_other_companies(self, number: int) -> Ordinals:
        return np.flatnonzero(np.frombuffer(self.companies, dtype=np.uint16) != number)

    def repeated_sources(self) -> Ordinals:
        return _repeated(_ints(self.sources))

    def repeated_targets(self) -> Ordinals:
        return _repeated(_ints(self.targets))


def keyed(lines: Sequence[int], rows: Sequence[list[str]]) -> Block:
    """The rows that say who they are about: six fields, the first User or Group."""
    if set(map(len, rows)) == {COLUMNS} and {row[0] for row in rows} <= WORDS:
        return lines, rows
    kept = [pair for pair in zip(lines, rows, strict=True) if _is_keyed(pair[1])]
    return [line for line, _ in kept], [row for _, row in kept]


def read_keys(path: Path) -> Keys:
    """The keys of a file that is not judged itself. Raises UsageError when it cannot be read."""
    keys = Keys(whole=True)
    for block in Reader(path).blocks():
        keys.add(*keyed(*block))
    return keys


def rows_at(path: Path, ordinals: Ordinals) -> Iterator[tuple[int, Row]]:
    """Read a file again for the rows with these ordinals, which ascend."""
    if not len(ordinals):
        return
    begin = 0
    for block in Reader(path).blocks():
        lines, rows = keyed(*block)
        first, last = np.searchsorted(ordinals, (begin, begin + len(rows)))
        for ordinal in ordinals[first:last].tolist():
            yield ordinal, (lines[ordinal - begin], rows[ordinal - begin])
        begin += len(rows)


def compared(old: Keys, new: Keys) -> tuple[Ordinals, Ordinals, Ordinals]:
    """Ordinals of old rows whose source has no new row; then of old rows, and their new rows, that say something else.

    Both need `whole` keys.
    """
    was, now = _ints(old.sources), _ints(new.sources)
    if not len(was) or not len(now):
        nothing = np.empty(0, dtype=np.int64)
        return np.arange(len(was)), nothing, nothing
    queries, order = np.argsort(was), np.argsort(now, kind="stable")
    ordered = now[order]
    place = np.minimum(np.searchsorted(ordered, was[queries]), len(now) - 1)
    match = np.full(len(was), -1, dtype=np.int64)
    present = ordered[place] == was[queries]
    match[queries[present]] = order[place[present]]
    lost = np.flatnonzero(match < 0)
    found = np.flatnonzero(match >= 0)
    differs = found[_ints(new.values)[match[found]] != _ints(old.values)[found]]
    return lost, differs, match[differs]


def _is_keyed(fields: Sequence[str]) -> bool:
    return len(fields) == COLUMNS and fields[0].casefold() in ("user", "group")


def _ints(values: array[int]) -> NDArray[np.int64]:
    return np.frombuffer(values, dtype=np.int64) if values else np.empty(0, dtype=np.int64)


def _repeated(values: NDArray[np.int64]) -> Ordinals:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    same = ordered[1:] == ordered[:-1]
    mask = np.zeros(len(values), dtype=bool)
    mask[1:] |= same
    mask[:-1] |= same
    return np.sort(order[mask])
