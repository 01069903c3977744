"""What is known of a plan beside what is planned: `PLAN.state.db`, one SQLite file next to the plan (settled C 3).

Rows of moves are keyed by move id and the hash of what the row says, so that an edited row begins afresh. Other modules bring
tables of their own with `table`. Only its owner may read the file: it names people and what was done to them.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.plan import PlannedMove
from xtenant.domain.ports.clock import IdSource
from xtenant.inventory.schema import transaction

VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS plan (one INTEGER PRIMARY KEY CHECK (one = 1), plan_id BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS moves (
    move_id TEXT NOT NULL, content_hash TEXT NOT NULL, first_seen TEXT NOT NULL, PRIMARY KEY (move_id, content_hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS declarations (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, declared_by TEXT NOT NULL, declared_at TEXT NOT NULL
) WITHOUT ROWID;
"""


class UnreadableState(errors.UsageError):
    """The file beside the plan is no state of a plan, or one of another version of xtenant."""

    code = "unreadableState"
    remedy = "Move the file away; what was declared or imported has to be given again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What somebody said that no call can read."""

    key: str
    value: str
    declared_by: str
    declared_at: datetime


def state_path(plan: Path) -> Path:
    """`moves.csv` has its state in `moves.csv.state.db`."""
    return plan.with_name(plan.name + ".state.db")


def content_hash(move: PlannedMove) -> str:
    """SHA-256 of what a row asks for; its note and its place in the file do not count."""
    told = {
        "kind": move.kind.value,
        "source": move.source,
        "target": move.target,
        "wave": move.wave,
        "begin": move.begin,
        "end": move.end,
        "options": dict(sorted(move.options.items())),
    }
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


class PlanState:
    """Open it once, in a `with` block, in one thread. Raises UnreadableState for a file that is none of ours."""

    def __init__(self, path: Path, *, ids: IdSource) -> None:
        self.path = path
        self._database = _opened(path)
        with self.writing():
            self._database.execute("INSERT OR IGNORE INTO plan VALUES (1, ?)", (ids.new_id().bytes,))

    @property
    def plan_id(self) -> UUID:
        """Names the plan in emitted scripts and their results; made when the state was."""
        return UUID(bytes=self.rows("SELECT plan_id FROM plan")[0][0])

    def table(self, ddl: str) -> None:
        """Bring tables of one's own: statements `CREATE TABLE|INDEX IF NOT EXISTS …;`, whatever stands already stays."""
        with self.writing():
            for statement in filter(str.strip, ddl.split(";")):
                self._database.execute(statement)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        with closing(self._database.execute(statement, values)) as asked:
            return asked.fetchall()

    def write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """One statement for many rows, in the transaction at hand or one of its own."""
        with self.writing():
            self._database.executemany(statement, rows)

    def writing(self) -> AbstractContextManager[None]:
        """One transaction around several writes; may be nested."""
        return transaction(self._database)

    def see(self, moves: Iterable[PlannedMove], now: datetime) -> None:
        """Note the plan's rows as they stand; a row that was edited is a new one."""
        rows = ((move.move_id, content_hash(move), now.isoformat()) for move in moves)
        self.write("INSERT OR IGNORE INTO moves VALUES (?, ?, ?)", rows)

    def declare(self, declarations: Iterable[Declaration]) -> None:
        """Keep what was said; a later word replaces the earlier one."""
        rows = ((each.key, each.value, each.declared_by, each.declared_at.isoformat()) for each in declarations)
        self.write("INSERT OR REPLACE INTO declarations VALUES (?, ?, ?, ?)", rows)

    def declarations(self) -> Mapping[str, Declaration]:
        """Everything declared, by key."""
        asked = self.rows("SELECT key, value, declared_by, declared_at FROM declarations ORDER BY key")
        return {
            key: Declaration(key=key, value=value, declared_by=by, declared_at=datetime.fromisoformat(at))
            for key, value, by, at in asked
        }

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _opened(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(path, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise errors.UsageError(f"{path} cannot be opened: {error}.") from error
    try:
        _prepare(database, path)
    except sqlite3.DatabaseError as error:
        database.close()
        raise UnreadableState(f"{path} is no state of a plan: {error}.") from error
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    database.execute("PRAGMA busy_timeout = 5000").fetchall()
    with closing(database.execute("PRAGMA user_version")) as asked:
        (version,) = asked.fetchone()
    if version not in (0, VERSION):
        raise UnreadableState(f"{path} is the state of a plan of version {version}, this xtenant reads {VERSION}.")
    if version == 0:
        database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
