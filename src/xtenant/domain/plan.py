"""The plan: which sites, OneDrives and groups move where, and when. Its file is `moves.csv` (settled C 3).

State never stands in the plan. Addresses and names are kept as written; whether they exist is looked up elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xtenant.domain import errors, sheets
from xtenant.domain.move import JobKind

COLUMNS = ("id", "kind", "source", "target", "wave", "begin", "end", "options", "note")
REQUIRED = ("kind", "source", "target")
KINDS = {kind.value: kind for kind in JobKind}


class DamagedPlan(errors.UsageError):
    """The moves file cannot be read; the text names every problem with its line."""

    code = "damagedPlan"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMove:
    """One row. `source` and `target` are UPNs for a user, site addresses for a site, aliases for a group."""

    move_id: str
    kind: JobKind
    source: str
    target: str
    wave: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    note: str = ""
    line: int = 0


def read_moves(text: str, *, name: str = "the moves file") -> Sequence[PlannedMove]:
    """The moves of a CSV text in file order. A row without an id gets its line number as one.

    Raises DamagedPlan naming every problem at once, UsageError for a header that is not the plan's.
    """
    moves: list[PlannedMove] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in sheets.read(text, COLUMNS, required=REQUIRED, what=name):
        try:
            move = _move(line, cells)
        except errors.UsageError as error:
            problems.append(f"line {line}: {error.text}")
            continue
        for key in (("id", move.move_id.casefold()), ("source", move.source.rstrip("/").casefold())):
            if key in seen:
                problems.append(f"line {line}: the {key[0]} '{key[1]}' stands in line {seen[key]} already.")
            seen[key] = line
        moves.append(move)
    if problems:
        raise DamagedPlan(
            f"{name} has {len(problems)} problem(s): " + " ".join(problems), remedy="Correct these lines."
        )
    return moves


def written_moves(moves: Iterable[PlannedMove]) -> Iterator[str]:
    """The plan as lines of CSV, header first."""
    return sheets.written(COLUMNS, map(_cells, moves))


def _move(line: int, cells: Mapping[str, str]) -> PlannedMove:
    kind = KINDS.get(cells["kind"].lower())
    if kind is None:
        raise errors.UsageError(f"'{cells['kind']}' is none of the kinds {', '.join(KINDS)}.")
    if not cells["source"] or not cells["target"]:
        raise errors.UsageError("the source and the target must both be named.")
    begin, end = _date(cells["begin"]), _date(cells["end"])
    if begin and end and end < begin:
        raise errors.UsageError("the end lies before the beginning.")
    return PlannedMove(
        move_id=cells["id"] or str(line),
        kind=kind,
        source=cells["source"],
        target=cells["target"],
        wave=cells["wave"],
        begin=begin,
        end=end,
        options=_options(cells["options"]),
        note=cells["note"],
        line=line,
    )


def _date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not text.upper().endswith("Z"):
        raise errors.UsageError(f"'{text}' is no date of the form 2026-12-31T20:00:00Z.")
    return found


def _options(text: str) -> Mapping[str, str]:
    options: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key or key in options:
            raise errors.UsageError(f"'{part}' is no option of the form key=value, or stands twice.")
        options[key] = value
    return options


def _cells(move: PlannedMove) -> Mapping[str, str]:
    return {
        "id": move.move_id,
        "kind": move.kind.value,
        "source": move.source,
        "target": move.target,
        "wave": move.wave,
        "begin": _written_date(move.begin),
        "end": _written_date(move.end),
        "options": ";".join(f"{key}={value}" for key, value in move.options.items()),
        "note": move.note,
    }


def _written_date(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
