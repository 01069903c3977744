"""A database without room is told as such (507 at the edge), and nothing of the transaction stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, LargeBinary, MetaData, Table, event, func, insert, select

from conftest import CONTOSO_ID
from xtenant.domain import errors
from xtenant.storage.database import SqlUnits, open_engine

HEAP = Table("heap", MetaData(), Column("piece", LargeBinary))
MANY_PAGES = b"x" * 4_000_000


def bounded(connection: sqlite3.Connection, record: object) -> None:
    """No more than 100 pages; SQLite answers as on a full disk."""
    connection.execute("PRAGMA max_page_count=100")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'tenant.db'}")
    event.listen(engine, "connect", bounded)
    HEAP.metadata.create_all(engine)
    return engine


def test_a_full_database_is_told_and_keeps_what_it_had(engine: Engine) -> None:
    units = SqlUnits(engine, CONTOSO_ID)
    with units.write() as unit:
        unit.connection.execute(insert(HEAP).values(piece=b"kept"))
    with pytest.raises(errors.StorageFull, match="disk of the database"), units.write() as unit:
        unit.connection.execute(insert(HEAP).values(piece=b"lost"))
        unit.connection.execute(insert(HEAP).values(piece=MANY_PAGES))
    with units.read() as unit:
        assert unit.connection.execute(select(func.count()).select_from(HEAP)).scalar_one() == 1
    engine.dispose()
