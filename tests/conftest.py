"""What every test may ask for: a fake clock, counting ids, and units of work on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from clock import CountingIds, FakeClock
from databases import PostgresServer, find_postgres
from xtenant.domain.tenant import TenantId
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata

CONTOSO_ID = TenantId(UUID("11111111-1111-4111-8111-111111111111"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture
def anyio_backend() -> str:
    """Async tests (`pytest.mark.anyio`) run on asyncio, as the services do."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer | None]:
    """A PostgreSQL of our own for this run, or None where no PostgreSQL is installed (the tests then say so)."""
    programs = find_postgres()
    if programs is None:
        yield None
        return
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def units(request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer | None) -> Iterator[SqlUnits]:
    """Units of work on an empty store of each engine."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'tenant.db'}")
    else:
        if postgres_server is None:
            pytest.skip("PostgreSQL is not installed here; `make test` installs it where it may (see CONTRIBUTING.md)")
        engine = open_engine(postgres_server.new_database())
    metadata.create_all(engine)
    yield SqlUnits(engine, CONTOSO_ID)
    engine.dispose()
