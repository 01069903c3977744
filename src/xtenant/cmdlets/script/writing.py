"""A script as text: what it is, the fixed beginning, the steps, the fixed end.

The file is UTF-8 with a byte-order mark: without one Windows PowerShell 5.1 reads names beyond ASCII wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from uuid import UUID

from xtenant.cmdlets.script.quoting import comment
from xtenant.cmdlets.script.steps import Step

VERSION = 1
MARK = "# xt "
PLAN_MARK = "# xt-plan "


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a reviewer reads first. `what` and `why` are sentences."""

    what: str
    why: str
    who: str
    tenant: str
    wave: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Steps for one tenant, with the ids that results name them by."""

    script_id: str
    plan_id: UUID
    head: Head
    steps: Sequence[Step]
    made_at: datetime

    def numbered(self) -> Iterator[tuple[str, Step]]:
        """Each step with its id."""
        return ((f"{self.script_id}-{number:05d}", step) for number, step in enumerate(self.steps, 1))


def text_of(script: Script) -> str:
    """The whole file. Two scripts differ only in what stands above the prologue and between prologue and epilogue."""
    return "\n".join([*_head(script), prologue().rstrip("\n"), *_steps(script), epilogue()])


@cache
def prologue() -> str:
    """The fixed beginning of this version."""
    return _part("prologue.ps1")


@cache
def epilogue() -> str:
    """The fixed end of this version."""
    return _part("epilogue.ps1")


def _part(name: str) -> str:
    return resources.files("xtenant.cmdlets.script").joinpath(name).read_text(encoding="utf-8")


def _head(script: Script) -> list[str]:
    head = script.head
    told = [
        ("What", head.what),
        ("Why", head.why),
        ("Tenant", head.tenant),
        ("Wave", head.wave),
        ("Who", head.who),
        ("Steps", f"{len(script.steps)}, one plain line each; every step says how to undo it"),
        ("Made", f"{_moment(script.made_at)} by xtenant; nothing was sent"),
        ("Run", "read it, then run it in PowerShell; afterwards: xtenant import-results NAME.results.jsonl"),
    ]
    return [f"# xtenant script {VERSION}", *(comment(f"{name + ':':<8}{value}") for name, value in told if value)]


def _steps(script: Script) -> Iterator[str]:
    yield f"{PLAN_MARK}{script.plan_id}"
    for step_id, step in script.numbered():
        yield comment(step.what)
        yield comment(f"undo: {step.undo}")
        yield f"{MARK}{step_id}"
        yield step.line


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
