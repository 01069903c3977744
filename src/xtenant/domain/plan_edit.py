"""Changes of a plan's file that leave everything else as its editors wrote it: order, comments, spelling, line ends.

The text is changed where the cell stands. Where a file's form does not allow that (rows in braces, a column the header lacks), the
whole is written anew. Either way the result is read again and must say what was meant, so that no edit is lost in silence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xtenant.domain import errors, plan, sheets, yaml_rows
from xtenant.domain.plan import Plan, PlannedMove
from xtenant.domain.yaml_rows import Listed, Mapped, Scalar


class UnknownMove(errors.UsageError):
    """A plan has no row with an id."""

    code = "unknownMove"


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text, and whether the file had to be written anew, which loses comments."""

    text: str
    rewritten: bool


def changed(text: str, move_id: str, cells: Mapping[str, str], *, name: str) -> Edited:
    """The file with some cells of one row changed. Raises UnknownMove, and what reading the result raises."""
    before = plan.read_plan(text, name=name)
    number = _number(before, move_id, name)
    moves = list(before.moves)
    moves[number] = _with_cells(moves[number], cells)
    wanted = replace(before, moves=moves)
    surgery = _yaml_changed if plan.is_yaml(name) else _csv_changed
    return _checked(surgery(text, number, cells, name), wanted, name)


def dropped(text: str, move_id: str, *, name: str) -> Edited:
    """The file without one row. Raises UnknownMove."""
    before = plan.read_plan(text, name=name)
    number = _number(before, move_id, name)
    wanted = replace(before, moves=[move for place, move in enumerate(before.moves) if place != number])
    surgery = _yaml_dropped if plan.is_yaml(name) else _csv_dropped
    return _checked(surgery(text, number, name), wanted, name)


def extended(text: str, more: Sequence[PlannedMove], *, name: str) -> Edited:
    """The file with rows added at its end. Raises what reading the result raises."""
    before = plan.read_plan(text, name=name)
    wanted = replace(before, moves=[*before.moves, *more])
    if not more:
        return Edited(text, rewritten=False)
    surgery = _yaml_extended if plan.is_yaml(name) else _csv_extended
    return _checked(surgery(text, more, name), wanted, name)


def _number(before: Plan, move_id: str, name: str) -> int:
    for number, move in enumerate(before.moves):
        if move.move_id.casefold() == move_id.casefold():
            return number
    raise UnknownMove(
        f"{name} has no move '{move_id}'.",
        remedy=f"`xtenant plan show {name}` lists the {len(before.moves)} there are.",
    )


def _with_cells(move: PlannedMove, cells: Mapping[str, str]) -> PlannedMove:
    [(_, row)] = sheets.read(
        "".join(sheets.written(plan.COLUMNS, [{**plan.cells_of(move), **cells}])),
        plan.COLUMNS,
        required=plan.REQUIRED,
        what="the row",
    )
    return replace(plan.move_of(move.line, row), move_id=move.move_id)


def _checked(text: str | None, wanted: Plan, name: str) -> Edited:
    if text is not None and _says(text, wanted, name):
        return Edited(text, rewritten=False)
    anew = "".join(plan.written_plan(wanted, name=name))
    found = plan.read_plan(anew, name=name)
    if not _same(found, wanted):  # an id that was a line number would become another
        raise plan.DamagedPlan(f"{name} cannot be changed without changing other rows.", remedy="Give every row an id.")
    return Edited(anew, rewritten=True)


def _says(text: str, wanted: Plan, name: str) -> bool:
    try:
        return _same(plan.read_plan(text, name=name), wanted)
    except errors.UsageError:
        return False


def _same(found: Plan, wanted: Plan) -> bool:
    return found.head() == wanted.head() and list(map(plan.cells_of, found.moves)) == list(
        map(plan.cells_of, wanted.moves)
    )


def _csv_changed(text: str, number: int, cells: Mapping[str, str], name: str) -> str | None:
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines)
    header = [column.strip().lower() for column in next(reader)]
    if not set(cells) <= set(header):
        return None
    row, begins = -1, reader.line_num
    for record in reader:
        row += any(cell.strip() for cell in record)
        if row == number:
            padded = record + [""] * (len(header) - len(record))
            new = [
                sheets.shielded(cells[key]) if key in cells else cell for key, cell in zip(header, padded, strict=False)
            ]
            end = "\r\n" if lines[reader.line_num - 1].endswith("\r\n") else "\n"
            lines[begins : reader.line_num] = [_csv_line([*new, *padded[len(header) :]], end)]
            return "".join(lines)
        begins = reader.line_num
    return None


def _csv_dropped(text: str, number: int, name: str) -> str | None:
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines)
    next(reader)
    row, begins = -1, reader.line_num
    for record in reader:
        row += any(cell.strip() for cell in record)
        if row == number:
            return "".join(lines[:begins] + lines[reader.line_num :])
        begins = reader.line_num
    return None


def _csv_extended(text: str, more: Sequence[PlannedMove], name: str) -> str | None:
    header = [column.strip().lower() for column in next(csv.reader(text.splitlines(keepends=True)))]
    end = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    rows = [plan.cells_of(move) for move in more]
    if any(row[column] for row in rows for column in plan.COLUMNS if column not in header):
        return None
    gap = "" if text.endswith("\n") else end
    return text + gap + "".join(_csv_line([sheets.shielded(row[column]) for column in header], end) for row in rows)


def _csv_line(cells: Sequence[str], end: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerow(cells)
    return out.getvalue()


def _yaml_changed(text: str, number: int, cells: Mapping[str, str], name: str) -> str | None:
    text = text.removeprefix("\ufeff")
    row = _listed(text, name).parts[number]
    if not isinstance(row, Mapped):
        return None
    first_key, first = next(iter(row.parts.values()))
    pieces: list[tuple[int, int, str]] = []
    for column, value in cells.items():
        there = row.parts.get(column)
        if there is None:
            if row.flow or not isinstance(first, Scalar):
                return None
            at = text.find("\n", first.end)
            if at < 0:
                return None
            pieces.append((at, at, f"\n{' ' * first_key.column}{column}: {yaml_rows.written_scalar(value)}"))
        elif isinstance(there[1], Scalar) and "\n" not in text[there[1].start : there[1].end]:
            gap = " " if there[1].start == there[1].end and not text[: there[1].start].endswith(" ") else ""
            pieces.append((there[1].start, there[1].end, gap + yaml_rows.written_scalar(value)))
        else:
            return None
    for start, end, piece in sorted(pieces, reverse=True):
        text = text[:start] + piece + text[end:]
    return text


def _yaml_dropped(text: str, number: int, name: str) -> str | None:
    text = text.removeprefix("\ufeff")
    listed = _listed(text, name)
    row = listed.parts[number]
    if listed.flow or not isinstance(row, Mapped) or row.flow:
        return None
    ends = [value.end for _, value in row.parts.values() if isinstance(value, Scalar)]
    if len(ends) < len(row.parts):
        return None
    starts = text.rfind("\n", 0, min(key.start for key, _ in row.parts.values())) + 1
    end = text.find("\n", max(ends))
    return text[:starts] + (text[end + 1 :] if end >= 0 else "")


def _yaml_extended(text: str, more: Sequence[PlannedMove], name: str) -> str | None:
    listed = _listed(text, name)
    if listed.flow or not listed.parts:
        return None
    gap = "" if text.endswith("\n") else "\n"
    return text + gap + "".join(yaml_rows.written_row(plan.cells_of(move), indent=listed.column) for move in more)


def _listed(text: str, name: str) -> Listed:
    tree = yaml_rows.read(text, plan.COLUMNS, rows=plan.ROWS, head=plan.HEAD, required=plan.REQUIRED, what=name).tree
    found = tree.parts[plan.ROWS][1]
    return found if isinstance(found, Listed) else Listed(line=found.line, column=0, flow=True, parts=())
