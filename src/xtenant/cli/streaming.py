"""Results too long to be held: an object whose first member is a list that is printed as its rows are found.

JSON, YAML and CSV go out row by row; a table holds some rows of each sort and counts the others.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, islice

import msgspec

from xtenant.cli.output import Format, Row, note, rendered

ROWS_OF_A_SORT = 100
"""How many rows of one sort a table shows (settled C 8)."""


def form_of(chosen: Format | None) -> Format:
    """What was asked for; a table on a terminal, else JSON."""
    return chosen or (Format.TABLE if sys.stdout.isatty() else Format.JSON)


def stream(
    name: str,
    rows: Iterable[Row | msgspec.Struct],
    rest: Callable[[], Mapping[str, object]],
    *,
    sort: str,
    chosen: Format | None = None,
) -> None:
    """Print `{name: [rows…], **rest()}`; `rest` is asked after the last row. `sort` is the column a table counts by.

    CSV has the rows only; a table tells `rest` on standard error.
    """
    form = form_of(chosen)
    match form:
        case Format.JSON:
            _json(name, rows, rest)
        case Format.YAML:
            _yaml(name, map(_row, rows), rest)
        case Format.CSV:
            _csv(map(_row, rows))
        case Format.TABLE:
            _table(map(_row, rows), rest, sort)
    sys.stdout.flush()


def _json(name: str, rows: Iterable[Row | msgspec.Struct], rest: Callable[[], Mapping[str, object]]) -> None:
    write = sys.stdout.write
    encode = msgspec.json.Encoder(enc_hook=str).encode
    rows = iter(rows)
    some = list(islice(rows, 1))  # what fails at once leaves no half of an object behind
    write(f'{{\n  "{name}": [')
    mark = "\n    "
    for row in chain(some, rows):
        write(mark + encode(row).decode())
        mark = ",\n    "
    write("]" if mark == "\n    " else "\n  ]")
    for key, value in rest().items():
        write(f",\n  {encode(key).decode()}: {encode(value).decode()}")
    write("\n}\n")


def _row(row: Row | msgspec.Struct) -> Row:
    return msgspec.structs.asdict(row) if isinstance(row, msgspec.Struct) else row


def _yaml(name: str, rows: Iterable[Row], rest: Callable[[], Mapping[str, object]]) -> None:
    write = sys.stdout.write
    first = True
    for row in rows:
        if first:
            write(f"{name}:\n")
        first = False
        write(rendered([row], Format.YAML))
    if first:
        write(f"{name}: []\n")
    write(rendered(rest(), Format.YAML))


def _csv(rows: Iterable[Row]) -> None:
    head = True
    for row in rows:
        text = rendered([row], Format.CSV)
        sys.stdout.write(text if head else text.partition("\n")[2])
        head = False


def _table(rows: Iterable[Row], rest: Callable[[], Mapping[str, object]], sort: str) -> None:
    shown: list[Row] = []
    counted: Counter[str] = Counter()
    for row in rows:
        counted[str(row[sort])] += 1
        if counted[str(row[sort])] <= ROWS_OF_A_SORT:
            shown.append(row)
    sys.stdout.write(rendered(shown, Format.TABLE))
    for word, count in counted.items():
        if count > ROWS_OF_A_SORT:
            sys.stdout.write(f"{word}: {count - ROWS_OF_A_SORT:,} more\n")
    for key, value in rest().items():
        note(f"{key}: {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}")  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
