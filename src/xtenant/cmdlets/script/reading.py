"""A script read back: its plan and its step lines. Only a script whose fixed parts are this version's own is taken.

So that `xtenant shell --script` runs what PowerShell would run, and nothing that was written into the parts around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.cmdlets.script.writing import MARK, PLAN_MARK, epilogue, prologue
from xtenant.domain import errors


class NotAScript(errors.UsageError):
    """The text is no script of this version, or its fixed parts were changed."""

    code = "notAScript"
    remedy = "Have it written out again with this version."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadScript:
    """`lines` are (step id, line) in the script's order."""

    plan_id: UUID
    lines: Sequence[tuple[str, str]]


def read_script(text: str) -> ReadScript:
    """Raises NotAScript. A line above the prologue that is no comment is refused too."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head, begun, rest = plain.partition(prologue())
    steps, ended, after = rest.partition(epilogue())
    if not (begun and ended) or after.strip() or any(line and not line.startswith("#") for line in head.split("\n")):
        raise NotAScript("This is no script of this version of xtenant, or its beginning or end was changed.")
    return _steps(steps)


def _steps(text: str) -> ReadScript:
    plan_id: UUID | None = None
    step_id = ""
    lines: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if line.startswith(PLAN_MARK):
            plan_id = _plan_id(line)
        elif line.startswith(MARK):
            step_id = line.removeprefix(MARK).strip()
        elif line and not line.startswith("#"):
            if not step_id:
                raise NotAScript(f"A line has no step above it: {line[:80]}")
            lines.append((step_id, line))
            step_id = ""
    if plan_id is None:
        raise NotAScript("The script names no plan.")
    return ReadScript(plan_id=plan_id, lines=lines)


def _plan_id(line: str) -> UUID:
    try:
        return UUID(line.removeprefix(PLAN_MARK).strip())
    except ValueError as error:
        raise NotAScript("The script's plan has no id of ours.") from error
