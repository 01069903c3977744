"""Tables that people edit in a spreadsheet: cells that a spreadsheet would run as a formula are shielded, and restored on reading.

A cell that begins with `=`, `+`, `-` or `@` (or with a shield) is written with an apostrophe before it (settled C 3).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from xtenant.domain import errors


class Reader(Protocol):
    """What `csv.reader` gives."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


_RISKY = ("=", "+", "-", "@", "'")
_SHIELD = "'"


def shielded(cell: str) -> str:
    """The cell as it may stand in a file that a spreadsheet opens."""
    return _SHIELD + cell if cell.startswith(_RISKY) else cell


def restored(cell: str) -> str:
    """The cell as it was before `shielded`."""
    return cell[1:] if cell.startswith(_SHIELD) and cell[1:].startswith(_RISKY) else cell


def written(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """A header and rows as lines of CSV, every cell shielded."""
    yield _line(columns)
    for row in rows:
        yield _line([shielded(row.get(column, "")) for column in columns])


def read(
    text: str, columns: Sequence[str], *, required: Sequence[str], what: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV text with a header: (line, cells by column, missing columns empty); blank rows are left out.

    Raises UsageError for an unknown or doubled column, a missing required one, and a row longer than the header.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    records = _records(reader, what)
    header = [name.strip().lower() for name in next(records, list[str]())]
    _check_header(header, columns, required, what)
    for cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise errors.UsageError(f"Line {reader.line_num} of {what} has more cells than the header has columns.")
        named = {name: restored(cell.strip()) for name, cell in zip(header, cells, strict=False)}
        yield reader.line_num, {column: named.get(column, "") for column in columns}


def _records(reader: Reader, what: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:  # a cell of more than 128 KiB, mostly a quote that was never closed
        raise errors.UsageError(
            f"Line {reader.line_num} of {what} cannot be read: {error}.", remedy="Look for a quote that is not closed."
        ) from error


def _check_header(header: Sequence[str], columns: Sequence[str], required: Sequence[str], what: str) -> None:
    unknown = [name for name in header if name not in columns]
    missing = [name for name in required if name not in header]
    if unknown or missing or len(set(header)) != len(header):
        told = f"unknown: {', '.join(map(repr, unknown))}" if unknown else f"missing: {', '.join(missing)}"
        raise errors.UsageError(
            f"The first line of {what} does not name its columns ({told if unknown or missing else 'one stands twice'}).",
            remedy=f"The columns are: {','.join(columns)}.",
        )


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
