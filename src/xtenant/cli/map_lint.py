"""`xtenant map lint|diff`: judge a map file before it is sent, and show two of them side by side (step 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from xtenant.cli import inventories
from xtenant.cli.inventories import CachedOption, MovesOption
from xtenant.cli.output import OutputOption, Row, note
from xtenant.cli.streaming import stream
from xtenant.cli.tools import Tools, tools_of
from xtenant.domain import errors, plan
from xtenant.people.maplint import cleaning, comparing
from xtenant.people.maplint.given import Given, Side
from xtenant.people.maplint.linting import Lint

MapFile = Annotated[Path, typer.Argument(help="The CSV file of six columns, without a header.", metavar="FILE")]
OldFile = Annotated[Path, typer.Argument(help="The map as it was.", metavar="OLD")]
NewFile = Annotated[Path, typer.Argument(help="The map as it shall be.", metavar="NEW")]
SourcesOption = Annotated[
    list[str] | None,
    typer.Option("--source", help="The source: a profile, a handover file, or a tenant id. Repeat it for several."),
]
MapTargetOption = Annotated[
    str | None, typer.Option("--target", help="The target: a profile, a handover file, or a tenant id.")
]
PreviousOption = Annotated[Path | None, typer.Option("--previous", help="The map in force: no row of it may be lost.")]
FixOption = Annotated[Path | None, typer.Option("--fix", help="Write the clean form of the file here.")]


def register(app: typer.Typer) -> None:
    """Put the commands under `xtenant map`."""
    app.command("lint")(lint)
    app.command("diff")(diff)


def lint(
    context: typer.Context,
    file: MapFile,
    moves: MovesOption = None,
    source: SourcesOption = None,
    target: MapTargetOption = None,
    previous: PreviousOption = None,
    fix: FixOption = None,
    cached: CachedOption = False,
    output: OutputOption = None,
) -> None:
    """Judge a map by every rule at once (R-5.40 to R-5.65); nothing is sent.

    Exit code 0: clean. 1: errors. 2: no errors, but rules lacked what they compare with.

    Example: xtenant map lint map.csv --moves moves.csv --source contoso --target fabrikam
    """
    if fix is not None and fix.exists():
        raise errors.UsageError(f"{fix} exists already; nothing was done.", remedy="Name a new file with --fix.")
    tools = tools_of(context)
    planned = None if moves is None else plan.read_moves(inventories.read_text(moves), name=str(moves))
    moving = [move.source for move in planned or ()]
    with ExitStack() as stack:
        given = Given(
            sources=tuple(_side(tools, stack, text, moving, fresh=not cached) for text in source or ()),
            target=None if target is None else _side(tools, stack, target, (), fresh=not cached),
            moves=planned,
            previous=previous,
        )
        judged = Lint(file, given)
        stream("findings", judged, lambda: _summary(judged), sort="rule", chosen=output)
    for option, rules in judged.lacking.items():
        note(f"not checked for want of {option}: {', '.join(rules)}")
    if fix is not None:
        note(f"{_written(fix, file)} row(s) written to {fix} in their clean form; only the form was changed.")
    if judged.errors:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if judged.not_checked:
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def diff(context: typer.Context, old: OldFile, new: NewFile, output: OutputOption = None) -> None:
    """Show what a new map changes: rows lost, changed, added. Letter case, order and form do not count.

    Exit code 0: nothing, or rows only added. 1: rows are changed or lost.

    Example: xtenant map diff map-in-force.csv map.csv
    """
    counts = dict.fromkeys((change.value for change in comparing.Change), 0)
    stream("rows", _differences(old, new, counts), lambda: counts, sort="change", chosen=output)
    if counts["lost"] or counts["changed"]:
        raise typer.Exit(errors.ExitCode.FINDINGS)


def _differences(old: Path, new: Path, counts: dict[str, int]) -> Iterator[Row]:
    for each in comparing.compare(old, new):
        counts[each.change.value] += 1
        yield {
            "change": each.change.value,
            "source": each.source,
            "old_line": each.old_line,
            "new_line": each.new_line,
            "old": None if each.old is None else list(each.old),
            "new": None if each.new is None else list(each.new),
        }


def _summary(judged: Lint) -> Mapping[str, object]:
    return {
        "rows": judged.rows,
        "errors": judged.errors,
        "warnings": judged.warnings,
        "not_checked": list(judged.not_checked),
    }


def _side(tools: Tools, stack: ExitStack, text: str, sites: Collection[str], *, fresh: bool) -> Side:
    """A tenant by its id alone, or all that its inventory tells."""
    try:
        return Side(tenant_id=UUID(text))
    except ValueError:
        return Side.of(stack.enter_context(inventories.open_inventory(tools, text, fresh=fresh, sites=sites)))


def _written(place: Path, file: Path) -> int:
    """Write the clean form beside its place and put it there whole; how many rows it has."""
    unfinished = place.with_name(f".{place.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as out:
            count = sum(1 for line in cleaning.clean_lines(file) if out.write(line))
        unfinished.rename(place)
    except OSError as error:
        raise errors.UsageError(f"{place} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count
