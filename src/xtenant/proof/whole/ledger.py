"""Facts kept in a file, in order, so that a large site needs no memory. The file is the proof's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from xtenant.domain import errors
from xtenant.proof.whole.facts import Facts

WAITING = 5_000
_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    subject TEXT NOT NULL, part TEXT NOT NULL, told BLOB NOT NULL, PRIMARY KEY (subject, part)
) WITHOUT ROWID
"""
_KINDS = "SELECT substr(subject, 1, instr(subject || ' ', ' ') - 1), count(DISTINCT subject) FROM facts GROUP BY 1"
_ENCODER = msgspec.json.Encoder(order="sorted")


class Ledger:
    """The facts of one site. A context manager: leaving it closes the file."""

    def __init__(self, file: Path) -> None:
        """Open or create. Raises UsageError for a file that is something else."""
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._waiting: list[tuple[str, str, bytes]] = []
        try:
            self._connection.execute("PRAGMA journal_mode = OFF")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_TABLE)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise errors.UsageError(f"{file} is no ledger of facts.", remedy="Name a new file.") from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._connection.close()

    def add(self, facts: Iterable[Facts]) -> None:
        """Record facts. Raises Conflict, perhaps at a later call, when a thing is told of twice: it was met in two places."""
        self._waiting += [(one.subject, one.part, _ENCODER.encode(one.told)) for one in facts]
        if len(self._waiting) >= WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory. Raises Conflict."""
        rows, self._waiting = self._waiting, []
        rows.sort()
        self._connection.execute("BEGIN")
        try:
            self._connection.executemany("INSERT INTO facts VALUES (?, ?, ?)", rows)
        except sqlite3.IntegrityError as error:
            raise errors.Conflict(
                f"A thing was listed twice: {error}.", remedy="Crawl again while nobody writes."
            ) from error
        finally:
            self._connection.execute("COMMIT")

    def facts(self) -> Iterator[Facts]:
        """Everything, by subject and part in code point order."""
        self.flush()
        for subject, part, told in self._connection.execute("SELECT * FROM facts ORDER BY subject, part"):
            yield Facts(subject, msgspec.json.decode(told), part)

    def subjects(self) -> dict[str, int]:
        """How many things of each kind there are, by the first word of the subject."""
        self.flush()
        return dict(self._connection.execute(_KINDS).fetchall())
