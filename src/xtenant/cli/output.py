"""How results are shown: table, JSON, CSV or YAML; JSON when standard output is no terminal. Errors never go here."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, cast

import msgspec
import typer
import yaml
from rich import box
from rich.console import Console
from rich.table import Table

Row = Mapping[str, object]


class Format(StrEnum):
    """What `--output` takes."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    YAML = "yaml"


OutputOption = Annotated[
    Format | None,
    typer.Option("--output", "-o", help="How to show the result; JSON when piped, else a table.", show_default=False),
]


def emit(value: Row | Sequence[Row], chosen: Format | None = None) -> None:
    """Print one object or a list of rows on standard output."""
    form = chosen or (Format.TABLE if sys.stdout.isatty() else Format.JSON)
    sys.stdout.write(rendered(value, form))
    sys.stdout.flush()


def rendered(value: Row | Sequence[Row], form: Format) -> str:
    """The text `emit` prints, newline at the end."""
    plain = _plain(value)
    match form:
        case Format.JSON:
            return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode() + "\n"
        case Format.YAML:
            return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
        case Format.CSV:
            return _csv(_rows(plain))
        case Format.TABLE:
            return _table(plain)


def note(text: str) -> None:
    """Say something beside the result, on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def utc(moment: datetime | None) -> str | None:
    """A moment as `2026-11-30T12:00:00Z`."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain(value: object) -> Any:
    """Values as JSON has them: enums by value, moments and ids as text."""
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, Enum):
        return _plain(cast(object, value.value))
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in cast(Mapping[object, object], value).items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in cast(Sequence[object], value)]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _rows(plain: Any) -> list[dict[str, Any]]:
    return [plain] if isinstance(plain, dict) else plain


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    columns = _columns(rows)
    if not columns:
        return ""
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return text.getvalue()


def _cell(value: Any) -> str:
    """One cell; lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else str(value)


def _table(plain: Any) -> str:
    if isinstance(plain, dict):
        return _printed([_object_table(cast(dict[str, Any], plain))])
    rows = _rows(plain)
    if not rows:
        return "nothing\n"
    columns = _columns(rows)
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    natural = sum(max(map(len, column)) + 3 for column in zip(columns, *cells, strict=True))
    if natural > 2 * _width():  # cells of a few letters each can be read by nobody: one block a row instead
        return _printed([_object_table(row) for row in rows])
    table = Table(box=box.SIMPLE)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in cells:
        table.add_row(*row)
    return _printed([table])


def _object_table(plain: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=box.SIMPLE)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in plain.items():
        table.add_row(name, _cell(value))
    return table


def _printed(tables: Sequence[Table]) -> str:
    shown = Console(file=io.StringIO(), width=_width(), markup=False, highlight=False, emoji=False)
    for table in tables:
        shown.print(table)
    return cast(io.StringIO, shown.file).getvalue()


def _width() -> int:
    """The terminal's width; wide enough for a URL where there is none."""
    return Console().width if sys.stdout.isatty() else 160
