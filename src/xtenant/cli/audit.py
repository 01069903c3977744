"""`xtenant audit …`: what was changed from here, what was written out to be run elsewhere, and whether the log of it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.tools import TenantOption, Tools, tools_of
from xtenant.client.audit import Line, Outcome, Place, tenant_id_of
from xtenant.client.audit_check import Check, check, check_place, lines_of
from xtenant.domain import errors

app = typer.Typer(
    help="The log of changes: who, when, what, on which objects, and what became of it.", no_args_is_help=True
)

OUTCOMES = tuple(one.value for one in Outcome)
HeadOption = Annotated[
    str | None, typer.Option("--head", help="The hash of a line noted elsewhere; it must be in the log.")
]
FileOption = Annotated[Path | None, typer.Option("--file", help="An exported log, in place of the one here.")]


@app.command("show")
def show(
    context: typer.Context,
    tenant: TenantOption,
    verb: Annotated[str | None, typer.Option("--verb", help="Only this verb, as trust.set.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help=f"Only {', '.join(OUTCOMES)}.")] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only what was sent and never heard of again: look at the tenant.")
    ] = False,
    output: OutputOption = None,
) -> None:
    """Show what was changed in a tenant from this home; oldest first. The tenant is a profile, or a tenant id.

    Example: xtenant audit show -t contoso --outcome failed
    """
    if outcome is not None and outcome not in OUTCOMES:
        raise errors.UsageError(f"There is no outcome '{outcome}'.", remedy=f"There are {', '.join(OUTCOMES)}.")
    lines = [line for _, _, line in lines_of(_place(tools_of(context), tenant).path) if line is not None]
    if unanswered:
        lines = _unanswered(lines)
    wanted = [
        line for line in lines if verb in (None, line.verb) and (outcome is None or line.outcome is Outcome(outcome))
    ]
    emit([_row(line) for line in wanted], output)


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to; nothing is overwritten.")],
    tenant: TenantOption,
    output: OutputOption = None,
) -> None:
    """Copy the log of a tenant byte by byte, and print the hash of its last line: who keeps that can check the copy later.

    Exit code 1 when the log is not whole; it is copied all the same.

    Example: xtenant audit export contoso-changes.jsonl -t contoso
    """
    place = _place(tools_of(context), tenant)
    done = check_place(place)
    _copy(place.path, file)
    emit({"file": str(file), "tenant_id": str(place.tenant_id), **_told(done)}, output)
    _leave(done)


@app.command("verify")
def verify(
    context: typer.Context,
    tenant: TenantOption,
    file: FileOption = None,
    head: HeadOption = None,
    output: OutputOption = None,
) -> None:
    """Check that no line was changed, left out, moved or cut off. Exit code 1 with the lines' numbers, else 0; 2 when whether
    lines at the end were cut off cannot be told: for an exported file that needs --head.

    Example: xtenant audit verify -t contoso --head 5f2c…
    """
    place = _place(tools_of(context), tenant)
    done = check_place(place, known=head) if file is None else check(file, place.beginning, known=head)
    emit({"tenant_id": str(place.tenant_id), "file": str(file or place.path), **_told(done)}, output)
    for problem in done.problems:
        note(f"line {problem.number}: {problem.what}" if problem.number else f"the log: {problem.what}")
    _leave(done)


def _place(tools: Tools, tenant: str) -> Place:
    """The log of a profile's tenant, or of a tenant id that no profile has any more."""
    try:
        tenant_id = UUID(tenant)
    except ValueError:
        tenant_id = tenant_id_of(tools.store.get(tenant))
    return Place(home=tools.settings.profile_home, tenant_id=tenant_id)


def _row(line: Line) -> dict[str, object]:
    return {
        "at": line.at,
        "who": line.who,
        "tenant": line.profile,
        "kind": line.kind,
        "verb": line.verb,
        "outcome": line.outcome,
        "call": line.call,
        "ids": list(line.ids),
        "detail": line.detail,
        "correlation_id": line.correlation_id,
        "change": line.change,
    }


def _unanswered(lines: Sequence[Line]) -> list[Line]:
    answered = {line.change for line in lines if line.outcome in (Outcome.OK, Outcome.FAILED)}
    return [line for line in lines if line.outcome is Outcome.SENT and line.change not in answered]


def _told(done: Check) -> dict[str, object]:
    return {
        "lines": done.lines,
        "whole": not done.problems,
        "end_known": done.end_known,
        "torn": done.torn,
        "unanswered": done.unanswered,
        "head": done.head,
        "problems": [{"line": problem.number, "what": problem.what} for problem in done.problems],
    }


def _leave(done: Check) -> None:
    if done.problems:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if not done.end_known:
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def _copy(source: Path, target: Path) -> None:
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise errors.UsageError(f"{target} exists already.", remedy="Name another file.") from error
    except OSError as error:
        raise errors.UsageError(f"{target} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as copy:
        copy.writelines(_pieces(source))


def _pieces(source: Path) -> Iterator[bytes]:
    with source.open("rb") as log:
        while piece := log.read(1024 * 1024):
            yield piece
