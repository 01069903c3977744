"""`Inventory`: what a tenant holds, in one SQLite file of one tenant that only its owner may read (settled C 2).

Writers replace what stood there and take iterables of any length; readers stream. The values are those of `inventory.facts`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from xtenant.domain import errors
from xtenant.inventory.facts import PrincipalKind
from xtenant.inventory.origin_rows import OriginRows
from xtenant.inventory.schema import TABLES, VERSION

_COUNTED = {
    "licences": "licences",
    "members": "members",
    "sites": "sites WHERE deleted_at IS NULL",
    "deleted_sites": "sites WHERE deleted_at IS NOT NULL",
    "scopes": "scopes",
    "assignments": "assignments",
    "items": "items",
    "lists": "lists",
    "site_users": "site_users",
    "not_read": "not_read",
}
"""What `counts` tells, and which rows it counts."""


class UnreadableInventory(errors.UsageError):
    """A file is no inventory, or one of another version of xtenant."""

    code = "unreadableInventory"
    remedy = "Remove the file and read the tenant again with `xtenant plan discover`."


class Inventory(OriginRows):
    """Open it in a `with` block, in one thread. Raises UnreadableInventory for a file that is none of ours."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        if path is not None:
            _make_private(path)
        super().__init__(_opened(":memory:" if path is None else str(path)))

    @classmethod
    def memory(cls) -> Self:
        """An inventory that lives as long as this object."""
        return cls(None)

    def counts(self) -> Mapping[str, int]:
        """How many there are: by kind of principal (user, guest, …), then licences, members, sites, …, items."""
        found = {kind.value: 0 for kind in PrincipalKind}
        kinds = self._database.execute("SELECT kind, count(*) FROM principals GROUP BY kind")
        found |= dict(kinds)
        numbers = self._one(f"SELECT {', '.join(f'(SELECT count(*) FROM {source})' for source in _COUNTED.values())}")
        return {**found, **dict(zip(_COUNTED, numbers or (), strict=True))}

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make_private(path: Path) -> None:
    """SQLite gives its side files the rights of the file itself."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def _opened(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, isolation_level=None)
    try:
        _prepare(database, name)
    except sqlite3.DatabaseError as error:
        database.close()
        raise UnreadableInventory(f"{name} is no inventory: {error}.") from error
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, name: str) -> None:
    with closing(database.execute("PRAGMA user_version")) as asked:
        (version,) = asked.fetchone()
    if version not in (0, VERSION):
        raise UnreadableInventory(f"{name} is an inventory of version {version}, this xtenant reads {VERSION}.")
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    if version == 0:
        database.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
