"""What the README prints is run as it is printed, in a copy of the example folder and with a lab of its own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.labs import Done, Lab, outside_environment, process

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PREPARED = "make setup && . .venv/bin/activate\n"
"""The one line that the tests' own environment stands for."""


def block_under(heading: str) -> str:
    """The first fenced sh block under a heading of the README."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return found[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the examples in it; whatever lab is left there is ended."""
    place = tmp_path_factory.mktemp("reader")
    (place / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    yield place
    run(place, "xtenant lab down")
    assert not Lab(place / ".xtenant").processes()


def run(folder: Path, lines: str) -> Done:
    """Run lines as a shell does that stops at the first failure."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**outside_environment(), "PATH": path, "XTENANT_HOME": str(folder / "profiles")}
    return process("bash", "-euo", "pipefail", stdin=lines, cwd=folder, environment=environment)


def test_the_first_move_runs_as_printed(folder: Path) -> None:
    lines = block_under("A first move in ten lines")
    assert lines.startswith(PREPARED)
    done = run(folder, lines.removeprefix(PREPARED))
    assert done.code == 0, done.err
    assert '"template": "RedirectSite#0"' in done.out


def test_the_cmdlets_run_as_printed_and_an_unknown_partner_is_refused(folder: Path) -> None:
    assert run(folder, "xtenant lab up --detach").code == 0
    done = run(folder, block_under("Microsoft's cmdlets, by their own names"))
    assert done.code == 0, done.err
    assert "GoodToProceed" in done.out
    one = run(folder, "xtenant lab exec -- xtenant -t contoso Get-SPOCrossTenantHostUrl")
    assert one.out == "https://contoso-my.sharepoint.com/\n", one.err
    nobody = "xtenant lab exec -- xtenant trust set --source contoso --target https://nobody-my.sharepoint.com/ --yes"
    refused = run(folder, nobody)
    assert (refused.code, "no tenant at nobody-my" in refused.err) == (4, True), refused.err


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not dead
