"""`xtenant import-results FILE`: what a script's run reported is compared with what was written out, kept, and read again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from xtenant.bulk import emitted
from xtenant.bulk.emitted import EmittedStep, Verdict
from xtenant.bulk.state import PlanState
from xtenant.cli.emitting import home_state, profile_of
from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.tools import Tools, tools_of
from xtenant.client.audit import Outcome
from xtenant.client.profiles import Profile
from xtenant.cmdlets.script.observing import Observation, Seen, observe
from xtenant.cmdlets.script.results import Result, read_results
from xtenant.domain import errors

LARGEST_BYTES = 64 * 1024 * 1024
ResultsFile = Annotated[
    Path, typer.Argument(help="The results beside a script: NAME.results.jsonl.", metavar="RESULTS")
]
NotAgainOption = Annotated[
    bool, typer.Option("--no-look", help="Keep what is reported; do not read the tenants again.")
]


def register(app: typer.Typer) -> None:
    app.command("import-results")(import_results)


def import_results(
    context: typer.Context, file: ResultsFile, no_look: NotAgainOption = False, output: OutputOption = None
) -> None:
    """Take in what a script of --emit reported, once for each step, and read each tenant again. Sends nothing that changes.

    Exit code 1 when a line was not taken or a step failed, 2 when something reported could not be seen.

    Example: xtenant import-results contoso-wave-1-0c3f9a12b7d4.results.jsonl
    """
    tools = tools_of(context)
    results = [result for _, result in read_results(_content_of(file))]
    if not results:
        raise errors.UsageError(f"{file} holds no results.")
    with _state_of(tools, results) as state:
        told = emitted.take(state, results, tools.clock.business_now())
        taken = [
            (step, result)
            for (verdict, step), result in zip(told, results, strict=True)
            if verdict is Verdict.TAKEN and step is not None and result is not None
        ]
        _audit(tools, taken)
        seen = {} if no_look else _look(tools, [step for step, _ in taken])
        moment = tools.clock.business_now()
        emitted.observe(state, [(step, one.seen.value, one.told) for step, one in seen.items()], moment)
    rows = [
        _row(number, verdict, step, result, seen.get(step) if step and verdict is Verdict.TAKEN else None)
        for number, ((verdict, step), result) in enumerate(zip(told, results, strict=True), 1)
    ]
    emit(rows, output)
    _leave(rows)


def _content_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise errors.TooLarge(f"{file} is larger than {LARGEST_BYTES} bytes.")
        return file.read_bytes()
    except OSError as error:
        raise errors.UsageError(f"{file} cannot be read: {error.strerror}.") from error


def _state_of(tools: Tools, results: Sequence[Result | None]) -> PlanState:
    """The state of the plan that the results name, by what the profile home remembers; else the profile home's own."""
    named = next((str(result.plan_id) for result in results if result is not None), "")
    with home_state(tools) as home:
        path = emitted.path_of_plan(home, named)
    if path is None:
        return home_state(tools)
    if not Path(path).exists():
        raise errors.UsageError(f"The state of the plan lay in {path} and is gone.", remedy="Bring the file back.")
    return PlanState(Path(path), ids=tools.opener.ids)


def _audit(tools: Tools, taken: Sequence[tuple[EmittedStep, Result]]) -> None:
    for step, result in taken:
        profile = profile_of(tools, step.tenant_id)
        if profile is not None and step.verb != "connect":
            tools.audit(profile).append(
                verb=step.verb,
                call="script",
                outcome=Outcome.REPORTED,
                ids=[step.subject],
                detail=f"{step.step}: {'ok' if result.ok else 'failed: ' + result.error_text}",
            )


def _look(tools: Tools, steps: Sequence[EmittedStep]) -> dict[EmittedStep, Observation]:
    """Ask each tenant once for all its steps; a tenant without a profile cannot be asked."""
    seen: dict[EmittedStep, Observation] = {}
    by_place: dict[str, list[EmittedStep]] = {}
    for step in steps:
        if step.verb != "connect":
            by_place.setdefault(step.admin_url, []).append(step)
    for admin_url, found in by_place.items():
        known = tools.store.by_admin_url(admin_url)
        if known is None:
            seen |= {
                step: Observation(seen=Seen.NOT_CHECKED, told="there is no profile of the tenant") for step in found
            }
        else:
            seen |= _asked(tools, known[0], known[1], found)
    return seen


def _asked(
    tools: Tools, profile: Profile, geo: str | None, steps: Sequence[EmittedStep]
) -> dict[EmittedStep, Observation]:
    async def work() -> dict[EmittedStep, Observation]:
        async with tools.open(profile, geo) as client:
            return {step: await observe(client, step.line) for step in steps}

    try:
        return tools.run(work)
    except errors.XTenantError as error:
        note(f"warning: {profile.name} could not be read again: {error.text}")
        return {step: Observation(seen=Seen.NOT_CHECKED, told=error.text) for step in steps}


def _row(
    number: int, verdict: Verdict, step: EmittedStep | None, result: Result | None, seen: Observation | None
) -> dict[str, object]:
    return {
        "line": number,
        "verdict": verdict,
        "step": result.step if result else None,
        "tenant": step.tenant if step else None,
        "verb": step.verb if step else None,
        "subject": step.subject if step else None,
        "reported": None if result is None else "ok" if result.ok else "failed",
        "error": (result.error_text or None) if result else None,
        "observed": seen.seen if seen else None,
        "told": seen.told if seen else None,
    }


def _leave(rows: Sequence[dict[str, object]]) -> None:
    """Exit with what needs attention."""
    verdicts = [row["verdict"] for row in rows]
    if any(isinstance(one, Verdict) and one.refused for one in verdicts) or any(
        row["reported"] == "failed" for row in rows
    ):
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if any(row["observed"] is Seen.NOT for row in rows):
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if any(row["observed"] is Seen.NOT_CHECKED for row in rows):
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)
