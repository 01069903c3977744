"""A crawl kept in a file, in path order, so that a million items need no memory.

One SQLite file a drive: rows come in as the crawl finds them and go out sorted by path. The file is the proof's own; no
tenant service reads or writes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec

from xtenant.domain import errors
from xtenant.proof.facts import ItemFacts, Kind

_TABLE = """
CREATE TABLE IF NOT EXISTS items (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, size_bytes INTEGER NOT NULL, versions INTEGER NOT NULL, facts BLOB NOT NULL
) WITHOUT ROWID
"""
_INSERT = "INSERT INTO items (path, kind, size_bytes, versions, facts) VALUES (?, ?, ?, ?, ?)"
_TOTALS = """
SELECT coalesce(sum(kind = 'folder'), 0), coalesce(sum(kind = 'file'), 0), coalesce(sum(versions), 0),
    coalesce(sum(CASE WHEN kind = 'file' THEN size_bytes ELSE 0 END), 0)
FROM items
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a crawl found; `size_bytes` counts the current versions."""

    folders: int = 0
    files: int = 0
    versions: int = 0
    size_bytes: int = 0

    @property
    def items(self) -> int:
        return self.folders + self.files


class Baseline:
    """The facts of one drive. A context manager: leaving it closes the file."""

    def __init__(self, file: Path) -> None:
        """Open or create. Raises UsageError for a file that is something else."""
        self._connection = sqlite3.connect(file, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = OFF")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_TABLE)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise errors.UsageError(f"{file} is no baseline.", remedy="Name a new file.") from error

    def __enter__(self) -> Baseline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add(self, items: Iterable[ItemFacts]) -> None:
        """Record items. Raises Conflict when a path comes twice: the crawl met one item in two places."""
        try:
            self._connection.execute("BEGIN")
            self._connection.executemany(_INSERT, map(_row_of, items))
            self._connection.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            self._connection.execute("COMMIT")
            raise errors.Conflict(
                f"An item was listed twice: {error}.", remedy="Crawl again while nobody writes."
            ) from error

    def items(self) -> Iterator[ItemFacts]:
        """Every item, by path in code point order."""
        for (facts,) in self._connection.execute("SELECT facts FROM items ORDER BY path"):
            yield msgspec.json.decode(facts, type=ItemFacts)

    def totals(self) -> Totals:
        folders, files, versions, size_bytes = self._connection.execute(_TOTALS).fetchone()
        return Totals(folders=folders, files=files, versions=versions, size_bytes=size_bytes)


def _row_of(item: ItemFacts) -> tuple[str, str, int, int, bytes]:
    size = item.size_bytes if item.kind is Kind.FILE else 0
    return item.path, item.kind.value, size, len(item.versions), msgspec.json.encode(item)
