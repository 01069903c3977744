"""The generated pages are what the tables in code say; `make docs` renews them."""

from __future__ import annotations

from pathlib import Path

from xtenant.cli.reference import pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def test_every_generated_page_is_what_the_code_says() -> None:
    stale = [name for name, text in pages().items() if (FOLDER / name).read_text() != text]
    assert stale == [], "run `make docs`"
