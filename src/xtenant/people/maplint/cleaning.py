"""The clean form of a map file: UTF-8 with commas and line feeds, six fields, quotes only where a field cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xtenant.people.maplint.reading import Reader, Unread


def clean_lines(path: Path) -> Iterator[str]:
    """Every row as a line with its line feed. What cannot be read stays as it is; nothing is corrected but the form."""
    for _, fields in Reader(path).rows():
        yield ",".join(fields if isinstance(fields, Unread) else map(_written, fields)) + "\n"


def _written(field: str) -> str:
    if any(mark in field for mark in ',"\n'):
        return '"' + field.replace('"', '""') + '"'
    return field
