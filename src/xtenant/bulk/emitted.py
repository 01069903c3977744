"""What was written out as scripts, what was reported of it, and what was seen since (settled C 10).

Three tables in the state beside a plan, or in one of the profile home for commands without a plan. A report is a claim; what
is read from the tenant afterwards stands apart from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from xtenant.bulk.state import PlanState
from xtenant.cmdlets.script.results import Result
from xtenant.cmdlets.script.steps import sha256_of
from xtenant.cmdlets.script.writing import Script
from xtenant.domain.ports.clock import IdSource

_TABLES = """
CREATE TABLE IF NOT EXISTS emitted (
    step TEXT PRIMARY KEY, script TEXT NOT NULL, file TEXT NOT NULL, tenant_id TEXT NOT NULL, admin_url TEXT NOT NULL,
    tenant TEXT NOT NULL, wave TEXT NOT NULL, verb TEXT NOT NULL, subject TEXT NOT NULL, line TEXT NOT NULL,
    sha256 TEXT NOT NULL, emitted_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reported (
    step TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT NOT NULL, ok INTEGER NOT NULL, error_text TEXT NOT NULL,
    output TEXT NOT NULL, imported_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS observed (
    step TEXT NOT NULL, observed_at TEXT NOT NULL, state TEXT NOT NULL, told TEXT NOT NULL, PRIMARY KEY (step, observed_at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plans (plan_id TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID;
"""


class Verdict(Enum):
    """What becomes of one reported line."""

    TAKEN = "taken"
    KNOWN = "reported before"
    FOREIGN = "of another plan"
    UNKNOWN = "not written out here"
    CHANGED = "the line that was run is another one"
    UNREADABLE = "unreadable"

    @property
    def refused(self) -> bool:
        return self not in (Verdict.TAKEN, Verdict.KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmittedStep:
    """A step that was written out."""

    step: str
    tenant_id: str
    admin_url: str
    tenant: str
    verb: str
    subject: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The tenant a script is for; `tenant_id` is empty for a partner of whom only the host URL is known, and the script is
    then in the log of the tenant `written_for`."""

    name: str
    admin_url: str
    tenant_id: str = ""
    written_for: str = ""


def prepare(state: PlanState) -> None:
    """Bring the tables; not inside a transaction."""
    state.table(_TABLES)


def new_script_id(state: PlanState, ids: IdSource) -> str:
    """A short name of a script, none of whose kind stands in the state."""
    while state.rows("SELECT 1 FROM emitted WHERE script = ? LIMIT 1", found := ids.new_id().hex[-12:]):
        continue
    return found


def record(state: PlanState, script: Script, place: Place, file: str) -> None:
    """Keep what a script holds, before the script is given away; the tables are prepared."""
    rows = [
        (
            step_id,
            script.script_id,
            file,
            place.tenant_id,
            place.admin_url,
            place.name,
            script.head.wave,
            step.verb,
            step.subject,
            step.line,
            step.sha256,
            script.made_at.isoformat(),
        )
        for step_id, step in script.numbered()
    ]
    state.write("INSERT INTO emitted VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def remember_plan(home: PlanState, plan_id: str, path: str) -> None:
    """Note in the profile home where the state of a plan lies, so that results find it."""
    home.table(_TABLES)
    home.write("INSERT OR REPLACE INTO plans VALUES (?, ?)", [(plan_id, path)])


def path_of_plan(home: PlanState, plan_id: str) -> str | None:
    """Where the state of a plan lies; None for a plan nothing was written out for."""
    home.table(_TABLES)
    found = home.rows("SELECT path FROM plans WHERE plan_id = ?", plan_id)
    return str(found[0][0]) if found else None


def take(state: PlanState, results: Sequence[Result | None], now: datetime) -> list[tuple[Verdict, EmittedStep | None]]:
    """Judge each reported line in order and keep those that are taken, in one transaction; a step is reported once."""
    state.table(_TABLES)
    known = {
        step: (_step((step, *rest)), sha256) for step, *rest, sha256 in state.rows(f"{_SELECT}, sha256 FROM emitted")
    }
    reported = {step for (step,) in state.rows("SELECT step FROM reported")}
    told: list[tuple[Verdict, EmittedStep | None]] = []
    rows: list[tuple[object, ...]] = []
    for result in results:
        found = known.get(result.step) if result else None
        verdict = _verdict(state, result, found, reported)
        told.append((verdict, found[0] if found else None))
        if verdict is Verdict.TAKEN and result is not None:
            reported.add(result.step)
            rows.append(_reported(result, now))
    state.write("INSERT INTO reported VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return told


def observe(state: PlanState, seen: Iterable[tuple[EmittedStep, str, str]], now: datetime) -> None:
    """Keep what a tenant told of steps: state `stands`, `does not stand`, `not checked`, and in words."""
    rows = [(step.step, now.isoformat(), found, told) for step, found, told in seen]
    state.write("INSERT OR REPLACE INTO observed VALUES (?, ?, ?, ?)", rows)


def standing(state: PlanState) -> list[dict[str, object]]:
    """Every step with what was reported and what was seen last."""
    state.table(_TABLES)
    rows = state.rows(
        "SELECT e.step, e.tenant, e.wave, e.verb, e.subject, r.ok, r.error_text, o.state, o.told, o.observed_at FROM emitted e "
        "LEFT JOIN reported r ON r.step = e.step LEFT JOIN observed o ON o.step = e.step AND o.observed_at = "
        "(SELECT MAX(observed_at) FROM observed WHERE step = e.step) ORDER BY e.emitted_at, e.step"
    )
    names = ("step", "tenant", "wave", "verb", "subject", "ok", "error", "observed", "told", "observed_at")
    return [{**dict(zip(names, row, strict=True)), "ok": None if row[5] is None else bool(row[5])} for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A start with -ValidationOnly that somebody ran and reported: what it named, and what the tenant said."""

    source: str
    line: str
    ok: bool
    error_text: str


def validations(state: PlanState) -> list[Validation]:
    """Every validating start that was reported, the last one last."""
    state.table(_TABLES)
    rows = state.rows(
        "SELECT e.subject, e.line, r.ok, r.error_text FROM emitted e JOIN reported r ON r.step = e.step "
        "WHERE e.line LIKE '% -ValidationOnly%' ORDER BY r.ended, e.step"
    )
    return [Validation(source=source, line=line, ok=bool(ok), error_text=text) for source, line, ok, text in rows]


_SELECT = "SELECT step, tenant_id, admin_url, tenant, verb, subject, line"


def _step(row: tuple[str, ...]) -> EmittedStep:
    step, tenant_id, admin_url, tenant, verb, subject, line = row
    return EmittedStep(
        step=step, tenant_id=tenant_id, admin_url=admin_url, tenant=tenant, verb=verb, subject=subject, line=line
    )


def _verdict(
    state: PlanState, result: Result | None, found: tuple[EmittedStep, str] | None, reported: set[str]
) -> Verdict:
    if result is None:
        return Verdict.UNREADABLE
    if result.plan_id != state.plan_id:
        return Verdict.FOREIGN
    if found is None:
        return Verdict.UNKNOWN
    if result.sha256_of_line != found[1] or sha256_of(found[0].line) != found[1]:
        return Verdict.CHANGED
    return Verdict.KNOWN if result.step in reported else Verdict.TAKEN


def _reported(result: Result, now: datetime) -> tuple[object, ...]:
    return (
        result.step,
        result.started.isoformat(),
        result.ended.isoformat(),
        int(result.ok),
        result.error_text,
        result.output,
        now.isoformat(),
    )
