"""A PostgreSQL server for one test run: own data folder, Unix socket only, gone afterwards."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path

import psycopg

from xtenant.storage.database import open_engine
from xtenant.storage.tables import metadata


def find_postgres() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest one Debian installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """Started on enter, stopped on exit; PostgreSQL refuses root, so root runs it as `nobody` or `postgres`.

    Its folder is its own, not pytest's: those are closed to other users.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="xtenant-postgres-"))
        self._user = _unprivileged_user()
        self._names = (f"test{number}" for number in itertools.count(1))

    def __enter__(self) -> PostgresServer:
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", "xtenant", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        options += " -c max_connections=300"
        self._run("pg_ctl", "-D", str(self._data), "-o", options, "-w", "-l", str(self._folder / "log"), "start")
        return self

    def __exit__(self, *exc: object) -> None:
        self._control.close()
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def new_database(self) -> str:
        """Create an empty database; its SQLAlchemy address."""
        return self._address(self._create("template0"))

    def new_store(self) -> str:
        """Create a database with every table of ours, copied from one that is made once; its SQLAlchemy address."""
        return self._address(self._create(self._furnished))

    @cached_property
    def _furnished(self) -> str:
        name = self._create("template0")
        engine = open_engine(self._address(name))
        metadata.create_all(engine)
        engine.dispose()  # a template must have nobody connected
        return name

    @cached_property
    def _control(self) -> psycopg.Connection:
        return psycopg.connect(f"host={self._folder} user=xtenant dbname=postgres", autocommit=True)

    def _create(self, template: str) -> str:
        name = next(self._names)
        copying = " STRATEGY FILE_COPY" if self._control.info.server_version >= 150_000 else ""
        self._control.execute(f"CREATE DATABASE {name} TEMPLATE {template}{copying}".encode())
        return name

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg://xtenant@/{name}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        user = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid}
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            cwd=self._folder,
            check=False,
            stdin=subprocess.DEVNULL,
            **user,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses root and there is no user to run it as")
