"""Bulk insert behind one function: plain `executemany` on SQLite, COPY on PostgreSQL.

Rows are tuples of what the database stores (GUIDs as bytes, times as microseconds): SQLAlchemy's column types are bypassed,
which is what makes it fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, text

from xtenant.domain import errors
from xtenant.storage.tables import EPOCH

Row = tuple[bytes | int | str | None, ...]


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows whose values stand in the order of `columns`. Raises Conflict when a unique index refuses one."""
    names = ", ".join(columns)
    cursor: Any = connection.connection.cursor()
    dialect: Any = connection.dialect
    try:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" for _ in columns)
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608
    except dialect.dbapi.IntegrityError as error:
        raise errors.Conflict(f"A row of {table.name} is there already.") from error
    finally:
        cursor.close()


def new_keys(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """Reserve rising integer keys for rows that name each other before they are inserted."""
    if connection.dialect.name == "postgresql":
        wanted = text("SELECT nextval(pg_get_serial_sequence(:table, 'key')) FROM generate_series(1, :count)")
        return sorted(connection.execute(wanted, {"table": table.name, "count": count}).scalars())
    # SQLite has one writer at a time, so nobody else takes the same numbers
    first = connection.execute(text(f"SELECT coalesce(max(key), 0) + 1 FROM {table.name}")).scalar_one()  # noqa: S608
    return range(first, first + count)


def instant(value: datetime) -> int:
    """A time as `Instant` stores it."""
    return (value - EPOCH) // timedelta(microseconds=1)


def whole_seconds(value: datetime) -> datetime:
    """All dates of content are cut to seconds on every write (settled B 10)."""
    return value.replace(microsecond=0)
