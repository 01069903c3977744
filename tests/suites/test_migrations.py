"""The migrations lead to exactly the schema the code speaks of, on both engines; running them again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from conftest import CONTOSO_ID
from databases import PostgresServer
from xtenant.storage.database import open_engine
from xtenant.storage.schema import prepare
from xtenant.storage.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer | None) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_engine(f"sqlite:///{tmp_path / 'tenant.db'}")
    elif postgres_server is None:
        pytest.skip("PostgreSQL is not installed here (see CONTRIBUTING.md)")
    else:
        opened = open_engine(postgres_server.new_database())
    yield opened
    opened.dispose()


def test_the_migrated_schema_is_the_one_the_code_speaks_of(engine: Engine) -> None:
    assert prepare(engine, CONTOSO_ID) is True
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []


def test_preparing_twice_changes_nothing(engine: Engine) -> None:
    prepare(engine, CONTOSO_ID)
    tables = inspect(engine).get_table_names()
    prepare(engine, CONTOSO_ID)
    assert inspect(engine).get_table_names() == tables


def test_both_engines_count_integer_keys_by_themselves(engine: Engine) -> None:
    prepare(engine, CONTOSO_ID)
    counted = [table for table in metadata.sorted_tables if table.autoincrement_column is not None]
    assert len(counted) > 5
    with engine.begin() as connection:
        for table in counted:
            key = table.autoincrement_column
            assert key is not None
            kind = str(inspect(connection).get_columns(table.name)[list(table.c).index(key)]["type"])
            assert kind == ("INTEGER" if engine.dialect.name == "sqlite" else "BIGINT"), table.name
