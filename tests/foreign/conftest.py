"""A lab for clients that others wrote; each client runs in a process of its own with the lab's environment."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from e2e.labs import Done, Lab, lab_up

HERE = Path(__file__).parent


@dataclass(frozen=True)
class ForeignLab:
    """`facts` is `lab env --format json`; `environment` what `lab exec` gives its child."""

    lab: Lab

    @cached_property
    def facts(self) -> dict[str, Any]:
        return self.lab.env

    @cached_property
    def environment(self) -> dict[str, str]:
        shown = self.lab.inside("env", "-0")
        return dict(line.split("=", 1) for line in shown.out.split("\0") if line)

    def run(self, *command: str) -> Done:
        return self.lab.inside(*command)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignLab]:
    with lab_up(tmp_path_factory.mktemp("foreign") / "home") as running:
        yield ForeignLab(running)


@dataclass(frozen=True)
class CommandLineForMicrosoft365:
    """CLI for Microsoft 365 as npm ships it, signed in by certificate."""

    lab: ForeignLab
    program: Path

    def run(self, *arguments: str) -> Done:
        return self.lab.run(str(self.program), *arguments)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--output", "json")
        assert done.code == 0, done.err or done.out
        return json.loads(done.out)


@pytest.fixture(scope="module")
def m365(lab: ForeignLab) -> CommandLineForMicrosoft365:
    program = HERE / "node_modules" / ".bin" / "m365"
    if not program.exists():
        if shutil.which("npm") is None:
            pytest.skip("CLI for Microsoft 365 needs npm, which is not installed here")
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True
        )
    client = CommandLineForMicrosoft365(lab, program)
    assert client.run("cli", "config", "set", "--key", "disableTelemetry", "--value", "true").code == 0
    return client
