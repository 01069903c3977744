"""`xtenant plan declare`: what only a person can say, kept beside the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from xtenant.bulk.preflight import declarations, departures
from xtenant.bulk.state import Declaration, PlanState, state_path
from xtenant.cli import inventories
from xtenant.cli.output import OutputOption, Row, emit
from xtenant.cli.plan_check import PlanFile
from xtenant.cli.tools import WhatIfOption, tools_of
from xtenant.domain import errors, plan

PairsArgument = Annotated[
    list[str] | None, typer.Argument(help="KEY=VALUE, for instance byok=no.", metavar="[KEY=VALUE]…")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who says so: a name, or a role.")]


def register(app: typer.Typer) -> None:
    """Put the command under `xtenant plan`."""
    app.command("declare")(declare)


def declare(
    context: typer.Context,
    plan_file: PlanFile,
    pairs: PairsArgument = None,
    by: ByOption = None,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Say what no call can read, such as whether the source uses a key of its own; kept beside the plan with name and time.

    Without KEY=VALUE what was declared is shown. `departures=FILE` takes a CSV file with the columns upn,departed.

    Example: xtenant plan declare moves.csv byok=no --by "Ann Bee"
    """
    tools = tools_of(context)
    plan.read_moves(inventories.read_text(plan_file), name=str(plan_file))
    wanted = [_pair(text) for text in pairs or ()]
    if wanted and not (by and by.strip()):
        raise errors.UsageError("--by is missing: who says so?", remedy='For example: --by "Ann Bee"')
    dates = _departures(wanted)
    now = tools.clock.business_now()
    with PlanState(state_path(plan_file), ids=tools.opener.ids) as state:
        if wanted and not what_if:
            told = [Declaration(key=key, value=value, declared_by=str(by), declared_at=now) for key, value in wanted]
            with state.writing():
                state.declare(told)
                if dates is not None:
                    departures.keep(state, dates)
        kept = state.declarations()
    if what_if:
        emit([{"key": key, "value": value, "declared_by": by, "declared_at": None} for key, value in wanted], output)
        return
    emit([_declared(each) for each in kept.values()], output)


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise errors.UsageError(f"'{text}' is no KEY=VALUE.", remedy=f"Keys are {', '.join(declarations.KEYS)}.")
    return declarations.checked(key, value)


def _departures(wanted: Sequence[tuple[str, str]]) -> Mapping[str, date] | None:
    """The dates of the file that was declared; the last counts where several were."""
    for key, value in reversed(wanted):
        if key == declarations.DEPARTURES:
            return departures.read_departures(inventories.read_text(Path(value)), name=value)
    return None


def _declared(each: Declaration) -> Row:
    return {"key": each.key, "value": each.value, "declared_by": each.declared_by, "declared_at": each.declared_at}
