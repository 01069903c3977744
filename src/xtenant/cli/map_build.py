"""`xtenant map build`: Microsoft's six-column file from the people file and the moving sites (step 5)."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli import people_files
from xtenant.cli.inventories import CachedOption, SourceSide, TargetSide, open_inventory
from xtenant.cli.output import OutputOption, note
from xtenant.cli.people_apply import refuse_disguise
from xtenant.cli.people_tables import emit_lists
from xtenant.cli.tools import tools_of, warn
from xtenant.domain import errors
from xtenant.people.mapbuild.building import BuiltMap, build_map

MapMoves = Annotated[Path, typer.Option("--moves", help="The plan of moves, moves.csv.")]
MapPeople = Annotated[Path, typer.Option("--people", help="The people file of `xtenant people plan`.")]
MapOut = Annotated[Path, typer.Option("--out", help="Where the map is written.")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Say of every row why it is there.")]


def register(app: typer.Typer) -> None:
    """Put the command under `xtenant map`."""
    app.command("build")(build)


def build(
    context: typer.Context,
    source: SourceSide,
    target: TargetSide,
    moves: MapMoves,
    people: MapPeople,
    out: MapOut = Path("map.csv"),
    explain: ExplainOption = False,
    cached: CachedOption = False,
    output: OutputOption = None,
) -> None:
    """Write the identity map: one row for each identity of the plan that the target has. Nothing is sent.

    Exit code 1 when somebody who has permissions on a moving site gets no row without your own decision.

    Example: xtenant map build --source contoso --target fabrikam --moves moves.csv --people people.csv --explain
    """
    tools = tools_of(context)
    planned, rows = people_files.moves_of(moves), people_files.people_of(people)
    with ExitStack() as stack:
        sources = [move.source for move in planned]
        known = stack.enter_context(open_inventory(tools, source, fresh=not cached, sites=sources))
        there = stack.enter_context(open_inventory(tools, target, fresh=not cached, sites=()))
        refuse_disguise(known)
        refuse_disguise(there)
        built = build_map(rows, known, there, planned)
    before = people_files.replace_file(out, built.lines())
    note(f"written to {out}" + (f"; the one before is {before}" if before else ""))
    for text in built.warnings:
        warn(text)
    emit_lists({"file": str(out), **_counts(built)}, _lists(built, explain=explain), output)
    if any(each.wanted for each in built.no_row):
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if any(each.unread for each in built.no_row):
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def _counts(built: BuiltMap) -> dict[str, object]:
    types = Counter(row.columns[5] for row in built.rows)
    return {"rows": len(built.rows), "types": dict(sorted(types.items())), "warnings": built.warnings}


def _lists(built: BuiltMap, *, explain: bool) -> dict[str, list[dict[str, object]]]:
    lists = {"no_row": [each.shown() for each in built.no_row]}
    if explain:
        lists["explained"] = [row.explained(number) for number, row in enumerate(built.rows, start=1)]
    return lists
