"""The plan: which sites, OneDrives and groups move where, and when. Its file is CSV or YAML (settled C 3).

State never stands in the plan. Addresses and names are kept as written; whether they exist is looked up elsewhere. A file whose
name ends in `.yaml` or `.yml` holds the same keys under `moves:`, and may name both tenants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from xtenant.domain import errors, sheets, yaml_rows
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import HostUrl, parse_host_url

COLUMNS = ("id", "kind", "source", "target", "wave", "begin", "end", "options", "note")
REQUIRED = ("kind", "source", "target")
HEAD = ("source_tenant_id", "target_tenant_id", "target_host_url")
ROWS = "moves"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A file's moves in its order, and the tenants it names; CSV names none."""

    moves: Sequence[PlannedMove]
    source_tenant_id: UUID | None = None
    target_tenant_id: UUID | None = None
    target_host_url: HostUrl | None = None

    def head(self) -> Mapping[str, str]:
        """What stands above the moves in YAML."""
        named = (self.source_tenant_id, self.target_tenant_id, self.target_host_url)
        return {key: str(value) if value else "" for key, value in zip(HEAD, named, strict=True)}


def is_yaml(name: str) -> bool:
    """Whether a file of this name is read and written as YAML."""
    return name.lower().endswith((".yaml", ".yml"))


def read_moves(text: str, *, name: str = "the moves file") -> Sequence[PlannedMove]:
    """The moves of a plan in file order. A row without an id gets its line number as one.

    Raises DamagedPlan naming every problem at once, UsageError for a file whose columns or keys are not the plan's.
    """
    return read_plan(text, name=name).moves


def read_plan(text: str, *, name: str = "the moves file") -> Plan:
    """A plan whole; YAML or CSV by its name. Raises as `read_moves` does."""
    if not is_yaml(name):
        return Plan(moves=_moves(sheets.read(text, COLUMNS, required=REQUIRED, what=name), name))
    found = yaml_rows.read(text, COLUMNS, rows=ROWS, head=HEAD, required=REQUIRED, what=name)
    host = found.head["target_host_url"]
    return Plan(
        moves=_moves(found.rows, name),
        source_tenant_id=_tenant_id(found.head, "source_tenant_id", name),
        target_tenant_id=_tenant_id(found.head, "target_tenant_id", name),
        target_host_url=parse_host_url(host) if host else None,
    )


def written_moves(moves: Iterable[PlannedMove]) -> Iterator[str]:
    """The plan as lines of CSV, header first."""
    return sheets.written(COLUMNS, map(cells_of, moves))


def written_plan(plan: Plan, *, name: str) -> Iterator[str]:
    """The plan in the form its file's name asks for."""
    if is_yaml(name):
        return yaml_rows.written(plan.head(), ROWS, map(cells_of, plan.moves))
    return written_moves(plan.moves)


def _moves(rows: Iterable[tuple[int, Mapping[str, str]]], name: str) -> Sequence[PlannedMove]:
    moves: list[PlannedMove] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in rows:
        try:
            move = move_of(line, cells)
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


def _tenant_id(head: Mapping[str, str], key: str, name: str) -> UUID | None:
    if not head[key]:
        return None
    try:
        return UUID(head[key])
    except ValueError as error:
        raise DamagedPlan(f"In {name} '{head[key]}' is no {key}.", remedy="A tenant's id is a GUID.") from error


def move_of(line: int, cells: Mapping[str, str]) -> PlannedMove:
    """A row as a move. Raises UsageError for the first thing wrong with it."""
    kind = KINDS.get(cells["kind"].lower())
    if kind is None:
        raise errors.UsageError(f"'{cells['kind']}' is none of the kinds {', '.join(KINDS)}.")
    if not cells["source"] or not cells["target"]:
        raise errors.UsageError("the source and the target must both be named.")
    begin, end = read_date(cells["begin"]), read_date(cells["end"])
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
        options=read_options(cells["options"]),
        note=cells["note"],
        line=line,
    )


def read_date(text: str) -> datetime | None:
    """A cell of `begin` or `end`; None for an empty one. Raises UsageError for what is not ISO 8601 in UTC with a Z."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not text.upper().endswith("Z"):
        raise errors.UsageError(f"'{text}' is no date of the form 2026-12-31T20:00:00Z.")
    return found


def read_options(text: str) -> Mapping[str, str]:
    """A cell of `options`: `key=value;…`. Raises UsageError."""
    options: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key or key in options:
            raise errors.UsageError(f"'{part}' is no option of the form key=value, or stands twice.")
        options[key] = value
    return options


def cells_of(move: PlannedMove) -> Mapping[str, str]:
    """A move as the cells of its row, by column."""
    return {
        "id": move.move_id,
        "kind": move.kind.value,
        "source": move.source,
        "target": move.target,
        "wave": move.wave,
        "begin": written_date(move.begin),
        "end": written_date(move.end),
        "options": ";".join(f"{key}={value}" for key, value in move.options.items()),
        "note": move.note,
    }


def written_date(moment: datetime | None) -> str:
    """A date as a cell has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
