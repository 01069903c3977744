"""`Lint`: one judgement of one map file, streamed. The rows are judged as they pass, what needs the whole file at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from xtenant.people.maplint import keys, patterns
from xtenant.people.maplint.against import Expectations
from xtenant.people.maplint.findings import Finding, Needs, Severity, error, lacking, not_checked, warning
from xtenant.people.maplint.given import Directory, Given, Side
from xtenant.people.maplint.keys import Keys, Ordinals
from xtenant.people.maplint.patterns import shown
from xtenant.people.maplint.reading import Reader
from xtenant.people.maplint.rows import RowJudge

__all__ = ["Given", "Lint", "Side"]


class Lint:
    """Iterate once over it for the findings; `errors`, `warnings`, `rows` and `not_checked` count from then on."""

    def __init__(self, path: Path, given: Given | None = None) -> None:
        self.path = path
        self.errors = 0
        self.warnings = 0
        self.rows = 0
        """Records that are not blank."""
        self._given = given or Given()
        self._had = Needs.NOTHING
        self._keys = Keys(whole=self._given.previous is not None)

    @property
    def not_checked(self) -> tuple[str, ...]:
        """Rules that lack their input, in the rulebook's order."""
        return not_checked(self._had)

    @property
    def lacking(self) -> dict[str, list[str]]:
        """Option → the rules that would be checked with it."""
        return lacking(self._had)

    def __iter__(self) -> Iterator[Finding]:
        """Every finding as it is found. Raises UsageError when a file cannot be read."""
        for finding in self._findings():
            if finding.severity is Severity.ERROR:
                self.errors += 1
            else:
                self.warnings += 1
            yield finding

    def _findings(self) -> Iterator[Finding]:
        previous = keys.read_keys(self._given.previous) if self._given.previous else None
        expectations = Expectations(self._given)
        self._had = expectations.had
        yield from self._each_row(expectations)
        if self.rows == 0:
            yield error("R-5.40", None, None, "The file has no row.", "Give one row for each user and group (R-5.1).")
        yield from self._across_rows()
        yield from expectations.remaining()
        if previous is not None and self._given.previous is not None:
            yield from self._against_previous(self._given.previous, previous)

    def _each_row(self, expectations: Expectations) -> Iterator[Finding]:
        """The one pass that every file gets. What is done for each row here is done a million times."""
        judge = RowJudge(self._given, Directory.of(self._given.target)).judge
        found: list[Finding] = []
        reader = Reader(self.path)
        for lines, rows in reader.blocks():
            yield from reader.drained()
            for line, fields in zip(lines, rows, strict=True):
                judge(line, fields, found)
            yield from found
            found.clear()
            self.rows += len(rows)
            lines, rows = keys.keyed(lines, rows)
            self._keys.add(lines, rows)
            expectations.meet(lines, rows)
        yield from reader.drained()

    def _across_rows(self) -> Iterator[Finding]:
        """R-5.43 with no source given, R-5.51, R-5.52: candidates by hash, confirmed on the text."""
        majority = None if self._given.sources else self._majority()
        others = self._keys.of_other_companies(majority) if majority is not None else np.empty(0, dtype=np.int64)
        sources, targets = self._keys.repeated_sources(), self._keys.repeated_targets()
        candidates = np.union1d(np.union1d(others, sources), targets)
        told = _Told()
        for ordinal, (line, fields) in keys.rows_at(self.path, candidates):
            if majority is not None and _holds(others, ordinal):
                yield from self._of_minority(line, fields[1], self._keys.names[majority])
            key = f"{fields[1]},{fields[2]}".casefold()
            if _holds(sources, ordinal):
                yield from told.source(line, key, fields[2])
            if _holds(targets, ordinal):
                yield from told.target(line, key, fields[3])

    def _of_minority(self, line: int, company: str, usual: str) -> Iterator[Finding]:
        if patterns.GUID(company) and company.casefold() != usual.casefold() and not self._is_target(company):
            message = f"{company} is not the tenant id of most rows."
            yield error("R-5.43", line, 2, message, f"Most rows have {usual}; name the sources with --source.")

    def _majority(self) -> int | None:
        """The number of the tenant id that most rows have; None where no row has a valid one."""
        valid = {
            number: count
            for number, count in enumerate(self._keys.company_counts())
            if count and patterns.GUID(self._keys.names[number]) and not self._is_target(self._keys.names[number])
        }
        return max(valid, key=lambda number: valid[number]) if valid else None

    def _is_target(self, company: str) -> bool:
        return self._given.target is not None and company.casefold() == str(self._given.target.tenant_id)

    def _against_previous(self, path: Path, previous: Keys) -> Iterator[Finding]:
        """R-5.59: a row that is gone is an error; one that leads elsewhere now is a warning."""
        lost, was, now = keys.compared(previous, self._keys)
        for ordinal, (line, fields) in keys.rows_at(path, np.union1d(lost, was)):
            if _holds(lost, ordinal):
                message = f"'{shown(fields[2])}' of the previous map (its line {line}) has no row any more."
                yield error("R-5.59", None, None, message, "Send the full map, never a part of it (R-5.25).")
            else:
                message = f"'{shown(fields[2])}' led to '{shown(fields[3])}' in the previous map (its line {line})."
                place = self._keys.lines[int(now[np.searchsorted(was, ordinal)])]
                yield warning("R-5.59", place, 4, message, "Check that no open job needs the row as it was (R-5.25).")


class _Told:
    """Sources and targets met among the candidates, with the line where each stood first."""

    def __init__(self) -> None:
        self._sources: dict[str, int] = {}
        self._targets: dict[str, tuple[int, str]] = {}

    def source(self, line: int, key: str, source: str) -> Iterator[Finding]:
        first = self._sources.setdefault(key, line)
        if first != line and source:
            message = f"'{shown(source)}' stands in line {first} already."
            yield error("R-5.51", line, 3, message, "Leave one row for each source (R-5.18, E-09).")

    def target(self, line: int, key: str, target: str) -> Iterator[Finding]:
        first, other = self._targets.setdefault(target.casefold(), (line, key))
        if other != key and target:
            message = f"'{shown(target)}' is the target of line {first} already."
            yield warning("R-5.52", line, 4, message, "Check that two sources shall become one (R-5.19).")


def _holds(ascending: Ordinals, ordinal: int) -> bool:
    place = int(np.searchsorted(ascending, ordinal))
    return place < len(ascending) and int(ascending[place]) == ordinal
