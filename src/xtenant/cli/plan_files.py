"""`xtenant plan show|edit|convert`: the plan's file, looked at, changed in one row, written in the other form. Asks no tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli import people_files, plan_make
from xtenant.cli.output import OutputOption, Row, emit, note
from xtenant.cli.streaming import stream
from xtenant.cli.tools import WhatIfOption, warn
from xtenant.domain import errors, plan, plan_edit
from xtenant.domain.limits import DEFAULT
from xtenant.domain.plan import Plan, PlannedMove
from xtenant.domain.plan_edit import Edited

PlanFile = Annotated[Path, typer.Argument(help="The plan, CSV or YAML.", metavar="PLAN")]
OutFile = Annotated[Path, typer.Argument(help="The file to write; its name says CSV or YAML.", metavar="OUT")]
IdOption = Annotated[str, typer.Option("--id", help="The id of the row.")]
WaveFilter = Annotated[str | None, typer.Option("--wave", help="Only this wave.")]
KindFilter = Annotated[plan_make.Kind | None, typer.Option("--kind", help="Only this kind.")]


def register(app: typer.Typer) -> None:
    """Put the commands under `xtenant plan`."""
    app.command("make")(plan_make.make_plan)
    app.command("show")(show)
    app.command("edit")(edit)
    app.command("convert")(convert)


def show(file: PlanFile, wave: WaveFilter = None, kind: KindFilter = None, output: OutputOption = None) -> None:
    """Show the rows of a plan, and what its waves come to. A plan with problems is refused with all of them named.

    Example: xtenant plan show moves.csv --wave pilot
    """
    found = _plan(file)
    rows = [
        move
        for move in found.moves
        if (wave is None or move.wave == wave) and (kind is None or move.kind.value == kind.value)
    ]
    stream("moves", map(_row, rows), lambda: _totals(found, rows), sort="kind", chosen=output)


def edit(
    file: PlanFile,
    move_id: IdOption,
    kind: Annotated[plan_make.Kind | None, typer.Option("--kind", help="Another kind.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Another target.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Another source.")] = None,
    wave: Annotated[str | None, typer.Option("--wave", help="Another wave.")] = None,
    begin: Annotated[str | None, typer.Option("--begin", help="Not before, as 2026-12-01T20:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Best effort to be done by.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="KEY=VALUE; KEY= takes it away. Repeatable.")
    ] = None,
    remark: Annotated[str | None, typer.Option("--note", help="A note for people.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Take the row out of the plan.")] = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Change one row of a plan; an empty value takes it away. All other rows, and comments, stay as they are.

    Example: xtenant plan edit moves.csv --id s-finance --target https://fabrikam.sharepoint.com/sites/fin
    """
    text = people_files.read_text(file, "the plan")
    before = _cells(plan.read_plan(text, name=str(file)), move_id)
    typed = {
        "kind": kind.value if kind else None,
        "source": source,
        "target": target,
        "wave": wave,
        "begin": begin,
        "end": end,
        "note": remark,
    }
    cells = {key: value.strip() for key, value in typed.items() if value is not None}
    if option:
        cells["options"] = _options(before.get("options", ""), option)
    if bool(cells) is drop:
        raise errors.UsageError("Name what to change, or --drop.", remedy="For instance --target URL")
    if drop:
        edited = plan_edit.dropped(text, move_id, name=str(file))
    else:
        edited = plan_edit.changed(text, move_id, cells, name=str(file))
    after = _cells(plan.read_plan(edited.text, name=str(file)), move_id)
    changes = {key: [before[key], after.get(key)] for key in plan.COLUMNS if before[key] != after.get(key)}
    if changes and not what_if:
        _replace(file, edited)
    emit({"file": str(file), "id": move_id, "changed": changes, "dropped": drop, "what_if": what_if}, output)


def _replace(file: Path, edited: Edited) -> None:
    kept = people_files.replace_file(file, [edited.text])
    if edited.rewritten:
        warn(f"{file} had to be written anew; comments in it are only in {kept}")


def convert(file: PlanFile, out: OutFile) -> None:
    """Write a plan as YAML or CSV. CSV does not say which tenants a plan is of.

    Example: xtenant plan convert moves.csv moves.yaml
    """
    found = _plan(file)
    if out.exists():
        raise errors.UsageError(f"{out} exists already.", remedy="Name a new file.")
    people_files.replace_file(out, plan.written_plan(found, name=str(out)))
    if any(found.head().values()) and not plan.is_yaml(str(out)):
        warn(f"{out} does not name the tenants, which {file} does")
    note(f"{len(found.moves):,} moves written to {out}")


def _plan(file: Path) -> Plan:
    return plan.read_plan(people_files.read_text(file, "the plan"), name=str(file))


def _cells(found: Plan, move_id: str) -> Mapping[str, str]:
    """The cells of a row; none where there is no such row, which the edit itself refuses."""
    cells = (plan.cells_of(move) for move in found.moves if move.move_id.casefold() == move_id.casefold())
    return next(cells, dict[str, str]())


def _options(before: str, typed: Sequence[str]) -> str:
    options = dict(plan.read_options(before))
    for each in typed:
        key, sign, value = (part.strip() for part in each.partition("="))
        if not sign or not key or ";" in each:
            raise errors.UsageError(f"'{each}' is no option of the form KEY=VALUE.")
        options.pop(key, None)
        if value:
            options[key] = value
    return ";".join(f"{key}={value}" for key, value in options.items())


def _row(move: PlannedMove) -> Row:
    return plan.cells_of(move)


def _totals(found: Plan, rows: Sequence[PlannedMove]) -> Mapping[str, object]:
    return {
        **{key: value for key, value in found.head().items() if value},
        "count": len(rows),
        "waves": list(_waves(rows)),
    }


def _waves(rows: Sequence[PlannedMove]) -> Iterator[Mapping[str, object]]:
    """Each wave in the order of the file. More than 4,000 moves cannot wait at once (R-6.45)."""
    waves: dict[str, list[PlannedMove]] = {}
    for move in rows:
        waves.setdefault(move.wave, []).append(move)
    for wave, own in waves.items():
        kinds = Counter(move.kind.value for move in own)
        begins = [move.begin for move in own if move.begin]
        yield {
            "wave": wave,
            "moves": len(own),
            **dict(kinds),
            "begin": plan.written_date(min(begins)) if begins else None,
            "too_many": len(own) > DEFAULT.queue,
        }
