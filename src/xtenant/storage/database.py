"""One engine per tenant service, and the units of work on it.

SQLite runs in WAL mode with synchronous=FULL (settled B 5); writers queue in the order they come (`turns`) and take the lock
at BEGIN, so that none fails half-way. PostgreSQL runs with its defaults, synchronous_commit on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from xtenant.domain import errors
from xtenant.domain.ports.units import count_open_units
from xtenant.domain.tenant import TenantId
from xtenant.storage.turns import Turns
from xtenant.storage.unit_of_work import SqlUnitOfWork

BUSY_SECONDS = 30
POSTGRES_DISK_FULL = "53100"


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`, with our pragmas."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=0, pool_pre_ping=True)
    engine = create_engine(url, pool_size=20, max_overflow=0, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "cache_size=-32768",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


class SqlUnits:
    """`Units` over an engine."""

    def __init__(self, engine: Engine, tenant_id: TenantId) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._turns = Turns() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def read(self) -> Generator[SqlUnitOfWork]:
        with self._open(writing=False) as unit:
            yield unit

    @contextmanager
    def write(self) -> Generator[SqlUnitOfWork]:
        # past its time a writer asks SQLite itself, which then says what holds the lock
        queue = self._turns.turn(seconds=BUSY_SECONDS) if self._turns else nullcontext()
        with queue, self._open(writing=True) as unit:
            yield unit

    @contextmanager
    def _open(self, *, writing: bool) -> Generator[SqlUnitOfWork]:
        options: dict[str, Any] = {"writing": writing}
        if not writing and self._engine.dialect.name == "postgresql":
            options["postgresql_readonly"] = True
            options["isolation_level"] = "REPEATABLE READ"
        count_open_units(+1)
        try:
            with _full_disk_told(), self._engine.connect().execution_options(**options) as connection:
                with _writes_refused(connection, unless=writing), connection.begin():
                    yield SqlUnitOfWork(connection, self._tenant_id)
        finally:
            count_open_units(-1)


@contextmanager
def _full_disk_told() -> Generator[None]:
    """Raise StorageFull where the database has no room left; the transaction is rolled back then."""
    try:
        yield
    except DBAPIError as error:
        full_sqlite = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        if full_sqlite or getattr(error.orig, "sqlstate", None) == POSTGRES_DISK_FULL:
            raise errors.StorageFull(
                "The disk of the database is full.", remedy="Make room there, then repeat."
            ) from error
        raise


@contextmanager
def _writes_refused(connection: Connection, *, unless: bool) -> Generator[None]:
    """SQLite has no read-only transaction; a pragma on the pooled connection stands in for one."""
    if unless or connection.dialect.name != "sqlite":
        yield
        return
    bare: Any = connection.connection.driver_connection
    bare.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        bare.execute("PRAGMA query_only=OFF")
