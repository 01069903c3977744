"""`xtenant access diff`: who can reach what today, and after the moves with this map; nothing is sent but questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer

from xtenant.cli.inventories import CachedOption, SourceSide, TargetSide, open_inventory, read_text
from xtenant.cli.output import OutputOption, note
from xtenant.cli.streaming import stream
from xtenant.cli.tools import tools_of
from xtenant.domain import errors, plan, sheets
from xtenant.inventory.store import Inventory
from xtenant.people.access import telling
from xtenant.people.access.prediction import Prediction, predicted
from xtenant.people.access.telling import SiteRow, Totals

app = typer.Typer(help="Who can reach what, before and after a move.", no_args_is_help=True)


class Forbidden(StrEnum):
    """What `--forbid` takes."""

    WIDENING = "widening"
    LOSS = "loss"


class DisguisedPeople(errors.UsageError):
    """A handover file hides who its people are; the map names them, so that the two cannot be brought together."""

    code = "disguisedPeople"
    remedy = "Ask the other administrator for a file without pseudonyms, at the level that is needed."


MovesOption = Annotated[Path, typer.Option("--moves", help="The plan, moves.csv.")]
MapOption = Annotated[Path, typer.Option("--map", help="The identity map that the moves would use.")]
UnmappedOption = Annotated[
    str, typer.Option("--unmapped", help="Who gets what people outside the map had: text (nobody) or a target UPN.")
]
ForbidOption = Annotated[
    list[Forbidden] | None, typer.Option("--forbid", help="Exit with 1 if anybody gains (widening) or loses (loss).")
]
FullOption = Annotated[
    Path | None, typer.Option("--full", help="Write every person's right on every object here: .jsonl, else CSV.")
]


@app.command("diff")
def diff(
    context: typer.Context,
    moves: MovesOption,
    map_file: MapOption,
    source: SourceSide,
    target: TargetSide,
    unmapped: UnmappedOption = "text",
    forbid: ForbidOption = None,
    full: FullOption = None,
    cached: CachedOption = False,
    output: OutputOption = None,
) -> None:
    """Predict for every moving site who gains, who loses and who is not in the map (R-4.14, R-7.14).

    Exit code 0: predicted. 1: something that --forbid names. 2: a site could not be predicted, or not all of it; its row says why.

    Example: xtenant access diff --moves moves.csv --map map.csv --source contoso --target fabrikam --forbid widening
    """
    tools = tools_of(context)
    planned = plan.read_moves(read_text(moves), name=str(moves))
    totals = Totals()
    with ExitStack() as stack:
        sites = [move.source for move in planned]
        before = stack.enter_context(open_inventory(tools, source, fresh=not cached, sites=sites))
        after = stack.enter_context(open_inventory(tools, target, fresh=not cached, sites=()))
        _require_people(before)
        _require_people(after)
        prediction = predicted(before, after, planned, map_file, unmapped)
        file = stack.enter_context(_opened(full)) if full else None
        stream(
            "sites",
            _sites(prediction, totals, file, full),
            lambda: {"totals": asdict(totals)},
            sort="predicted",
            chosen=output,
        )
    if (Forbidden.WIDENING in (forbid or ()) and totals.gains) or (Forbidden.LOSS in (forbid or ()) and totals.loses):
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if totals.not_predicted or totals.subsites_not_read:
        note(
            f"{totals.not_predicted} site(s) could not be predicted; {totals.subsites_not_read} subsite(s) were not read."
        )
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def _sites(prediction: Prediction, totals: Totals, file: TextIO | None, place: Path | None) -> Iterator[SiteRow]:
    """A row for each site; with a file, every row of the site goes there first."""
    as_json = place is not None and place.suffix.lower() == ".jsonl"
    if file is not None and not as_json:
        file.write(next(iter(sheets.written(telling.COLUMNS, ()))))
    for access in prediction.sites():
        if file is not None:
            rows = telling.full_rows(prediction, access)
            if as_json:
                file.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)
            else:
                lines = sheets.written(telling.COLUMNS, rows)
                next(lines)
                file.writelines(lines)
        yield telling.site_row(prediction, access, totals)


def _opened(place: Path) -> TextIO:
    """The file of all rows, which must not exist yet: it may hold names of people, and is for its owner alone."""
    try:
        place.touch(mode=0o600, exist_ok=False)
        return place.open("w", encoding="utf-8", newline="")
    except FileExistsError as error:
        raise errors.UsageError(f"{place} exists already.", remedy="Name a new file with --full.") from error
    except OSError as error:
        raise errors.UsageError(f"{place} cannot be written: {error.strerror}.") from error


def _require_people(inventory: Inventory) -> None:
    """Raises DisguisedPeople; UsageError for a file that tells of nobody."""
    origin = inventory.origin()
    if origin is not None and origin.pseudonyms:
        raise DisguisedPeople(f"The people of {inventory.tenant().display_name} are disguised.")
    if origin is not None and origin.level == "counts":
        raise errors.UsageError(
            f"The file of {inventory.tenant().display_name} has counts only.",
            remedy="Ask for one at the level `permissions` (of the source) or `plan` (of the target).",
        )
