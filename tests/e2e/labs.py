"""A lab as a user has it: the command line in processes of its own, a home of its own, nothing left behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from xtenant.cli.main import main
from xtenant.client.lab import read_lab
from xtenant.lab.environment import child_variables, variables

XTENANT = [sys.executable, "-m", "xtenant.cli.main"]
MAIL_SECONDS = 60.0
"""More than an outbox's first waits after a failure (5 s, 10 s, 20 s)."""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


def outside_environment() -> dict[str, str]:
    """The environment of somebody who is in no lab."""
    return {name: value for name, value in os.environ.items() if not name.startswith("XTENANT_")}


def xtenant(*arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> Done:
    """Run one command line in this process: the same entry, without Python's start each time.

    It runs outside any lab unless `environment`, put on top, leads into one.
    """
    out, err = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO()
    with (
        mock.patch.dict(os.environ, outside_environment() | dict(environment or {}), clear=True),
        mock.patch.object(tempfile, "tempdir", None),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(list(arguments))
    return Done(code, out.buffer.getvalue().decode(), err.getvalue())  # type: ignore[attr-defined]


def xtenant_process(*arguments: str, stdin: str = "", cwd: Path | None = None) -> Done:
    """Run one command line in a process of its own."""
    return process(*XTENANT, *arguments, stdin=stdin, cwd=cwd)


def process(
    *command: str, stdin: str = "", cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Done:
    """Run a program; `environment`, when given, is all it gets."""
    done = subprocess.run(
        command, capture_output=True, text=True, input=stdin, cwd=cwd, env=environment, timeout=120, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Lab:
    """A running lab."""

    home: Path

    def run(self, *arguments: str) -> Done:
        """`xtenant lab ARGUMENTS` on this lab."""
        return xtenant("lab", *arguments[:1], "--home", str(self.home), *arguments[1:])

    def inside(self, *command: str, private_ca: bool = False) -> Done:
        """`xtenant lab exec -- COMMAND`."""
        options = ["--home", str(self.home), *(["--private-ca"] if private_ca else [])]
        return xtenant_process("lab", "exec", *options, "--", *command)

    def inside_xtenant(self, *arguments: str, stdin: str = "") -> Done:
        """`xtenant ARGUMENTS` inside the lab."""
        return xtenant_process("lab", "exec", "--home", str(self.home), "--", *XTENANT, *arguments, stdin=stdin)

    def tools(self, *arguments: str, stdin: str = "", profiles: Path | None = None) -> Done:
        """`xtenant ARGUMENTS` with the environment of `lab exec`, in this process; `profiles` is another profile home."""
        values = child_variables(read_lab(self.home))
        if profiles is not None:
            values["XTENANT_HOME"] = str(profiles)
        return xtenant(*arguments, stdin=stdin, environment=values)

    def program(self, *command: str) -> Done:
        """Any program with the environment of `lab env`: quicker to start than through `lab exec`."""
        return process(*command, environment={**outside_environment(), **variables(read_lab(self.home))})

    def curl(self, *arguments: str) -> Done:
        return self.inside("curl", "-sS", "--max-time", "20", *arguments)

    @property
    def status(self) -> Any:
        return self.run("status").json

    @property
    def tenants(self) -> dict[str, Any]:
        return {row["tenant"]: row for row in self.status["tenants"]}

    @property
    def env(self) -> Any:
        return self.run("env", "--format", "json").json

    def mails(self, tenant: str) -> list[dict[str, Any]]:
        """The mails that reached a tenant's people, oldest first."""
        return self.run("mail", "--tenant", tenant).json

    def wait_for_mails(self, tenant: str, enough: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
        """The tenant's mails, once they are enough; fails after MAIL_SECONDS."""
        until = time.monotonic() + MAIL_SECONDS
        while not enough(found := self.mails(tenant)):
            assert time.monotonic() < until, found
            time.sleep(0.2)
        return found

    def processes(self) -> list[psutil.Process]:
        """Every process that names this home on its command line."""
        return [process for process in psutil.process_iter() if str(self.home) in _command_of(process)]


@contextmanager
def lab_up(home: Path, *options: str) -> Iterator[Lab]:
    """Start a detached lab and end it; fails when anything of it is left."""
    lab = Lab(home)
    up = lab.run("up", "--detach", *options)
    assert up.code == 0, up.err
    try:
        yield lab
    finally:
        down = lab.run("down")
        left = [process.pid for process in lab.processes()]
        assert (down.code, left) == (0, []), down.err


def _command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return ""
