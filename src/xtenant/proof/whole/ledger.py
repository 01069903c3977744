"""Facts kept in a file, in order, so that a large site needs no memory. The file is the proof's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from xtenant.domain import errors
from xtenant.proof.whole.facts import Fact

_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    subject TEXT NOT NULL, aspect TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (subject, aspect)
) WITHOUT ROWID
"""
_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=str)


class Ledger:
    """The facts of one site. A context manager: leaving it closes the file."""

    def __init__(self, file: Path) -> None:
        """Open or create. Raises UsageError for a file that is something else."""
        self._connection = sqlite3.connect(file, isolation_level=None)
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
        self._connection.close()

    def add(self, facts: Iterable[Fact]) -> None:
        """Record facts. Raises Conflict when one subject has a respect twice: the crawl met one thing in two places."""
        rows = [(fact.subject, fact.aspect, _ENCODER.encode(fact.value)) for fact in facts]
        self._connection.execute("BEGIN")
        try:
            self._connection.executemany("INSERT INTO facts VALUES (?, ?, ?)", rows)
        except sqlite3.IntegrityError as error:
            raise errors.Conflict(
                f"A thing was listed twice: {error}.", remedy="Crawl again while nobody writes."
            ) from error
        finally:
            self._connection.execute("COMMIT")

    def facts(self) -> Iterator[Fact]:
        """Every fact, by subject and respect in code point order."""
        for subject, aspect, value in self._connection.execute("SELECT * FROM facts ORDER BY subject, aspect"):
            yield Fact(subject, aspect, msgspec.json.decode(value))

    def subjects(self) -> dict[str, int]:
        """How many things of each kind there are, by the first word of the subject."""
        query = (
            "SELECT substr(subject, 1, instr(subject || ' ', ' ') - 1), count(DISTINCT subject) FROM facts GROUP BY 1"
        )
        return dict(self._connection.execute(query).fetchall())

    def count(self) -> int:
        found: int = self._connection.execute("SELECT count(*) FROM facts").fetchone()[0]
        return found
