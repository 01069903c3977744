"""What every test may ask for: a fake clock, counting ids, and units of work on SQLite and on PostgreSQL."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from clock import CountingIds, FakeClock
from databases import PostgresServer, find_postgres
from xtenant.domain.tenant import TenantId
from xtenant.operations import passwords
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata

CONTOSO_ID = TenantId(UUID("11111111-1111-4111-8111-111111111111"))

MEMORY = Path("/dev/shm")
ROOM_BYTES = 6 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Folders of the tests lie in memory where there is room: every commit of a service waits for its disk, and what the
    tests kill are processes, never the machine. Passwords of the tests need not resist anybody.
    """
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and _room() > ROOM_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    passwords.COST = 2


LONG_FIRST = ("faults/", "merger/", "simulation/", "tidy/test_checks.py", "e2e/", "foreign/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest first, so that no worker is left alone with one of them at the end."""
    items.sort(key=_turn_of)


def _turn_of(item: pytest.Item) -> int:
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((turn for turn, start in enumerate(LONG_FIRST) if place.startswith(start)), len(LONG_FIRST))


def _room() -> int:
    """Bytes of memory that a folder in memory may grow to."""
    return min(shutil.disk_usage(MEMORY).free, _free_memory())


def _free_memory() -> int:
    with open("/proc/meminfo") as facts:
        return next(int(line.split()[1]) * 1024 for line in facts if line.startswith("MemAvailable"))


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


@functools.cache
def _empty_store() -> bytes:
    """A SQLite file with every table of ours and nothing in it, made once a run."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/tenant.db")
        metadata.create_all(engine)
        engine.dispose()
        return Path(folder, "tenant.db").read_bytes()


@pytest.fixture(params=["sqlite", "postgresql"])
def units(request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer | None) -> Iterator[SqlUnits]:
    """Units of work on an empty store of each engine."""
    if request.param == "sqlite":
        file = tmp_path / "tenant.db"
        file.write_bytes(_empty_store())
        engine = open_engine(f"sqlite:///{file}")
    else:
        if postgres_server is None:
            pytest.skip("PostgreSQL is not installed here; `make test` installs it where it may (see CONTRIBUTING.md)")
        engine = open_engine(postgres_server.new_store())
    yield SqlUnits(engine, CONTOSO_ID)
    engine.dispose()
