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


REAL_TENANTS = (ROOT / "docs" / "how-to" / "two-real-tenants.md").read_text(encoding="utf-8")
CONNECTING = ("xtenant setup ", "xtenant connect ")
"""In a drill the profiles are there, and there is no portal to click in."""
THEIRS = "xtenant plan discover -t fabrikam"
"""What the page tells the other administrator to do in the same way."""
WORDS = "EIGHT WORDS BY TELEPHONE"
CODES = {"plan check": {0, 1, 2}, "plan make": {0, 1}, "doctor": {0, 2}}
"""Exit codes that are answers; everything else ends with 0."""


def test_the_way_to_a_checked_plan_for_two_real_tenants_runs_as_printed(folder: Path) -> None:
    """In a drill, in which the lab's tenants are tenants of Microsoft 365 (settled C 12)."""
    site = "--site https://contoso.sharepoint.com/sites/to-be-planned"
    filled = run(
        folder, f"xtenant lab down\nxtenant lab up --detach\nxtenant lab import --tenant contoso {site} --from examples"
    )
    assert filled.code == 0, filled.err
    lines = [line for block in re.findall(r"```sh\n(.*?)```", REAL_TENANTS, re.DOTALL) for line in block.splitlines()]
    shown = [line for line in lines if not line.startswith(CONNECTING)]
    assert len(shown) >= 10
    words = "$(xtenant handover show | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"fingerprint\"])')"
    typed = [line.replace(WORDS, words) for line in [THEIRS, *shown]]
    script = "".join(f"{line} > step-{number}.out\necho CODE $?\n" for number, line in enumerate(typed))
    done = run(folder, f"xtenant lab exec --drill -- bash <<'LINES'\n{script}LINES\n")
    codes = [int(line.removeprefix("CODE ")) for line in done.out.splitlines() if line.startswith("CODE ")]
    assert len(codes) == len(typed), done.err
    for line, code in zip(typed, codes, strict=True):
        allowed = next((codes for name, codes in CODES.items() if line.startswith(f"xtenant {name}")), {0})
        assert code in allowed, f"{line} ended with {code}\n{done.err}"
    report = (folder / "check.html").read_text(encoding="utf-8")
    assert "moves.csv" in report
    assert list(folder.glob("*.ps1")), "the last word is asked by a script"


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not dead
