"""A step: one cmdlet with its values on one line, what it is for, and how to undo it.

Every line is read again by our own parser before it is given away: what comes back must be what went in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from xtenant.cmdlets.cmdlet import Cmdlet
from xtenant.cmdlets.line import LINE_LIMIT, parse_line
from xtenant.cmdlets.parameters import Bindable, Bound, Kind, bind
from xtenant.cmdlets.script.quoting import UnwritableValue, quoted
from xtenant.cmdlets.table import find
from xtenant.domain import errors

IRREVERSIBLE = "cannot be undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a script. `verb` names the row of the table of verbs, `subject` the object it is about."""

    verb: str
    line: str
    what: str
    undo: str
    subject: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether the cmdlet is a function of the prologue, over Graph."""
        return "-Xt" in self.line.partition(" ")[0]

    @property
    def sha256(self) -> str:
        return sha256_of(self.line)


def sha256_of(line: str) -> str:
    """The hash by which a result names the line it belongs to."""
    return hashlib.sha256(line.encode()).hexdigest()


def written(cmdlet: str, values: Mapping[str, Bindable | None]) -> str:
    """The line of a cmdlet; values that are None, and switches that are off, are left out.

    Raises UnwritableValue for what cannot be written, LineError for what the cmdlet does not take.
    """
    row = find(cmdlet)
    given = {name: value for name, value in values.items() if value is not None}
    words = [row.name]
    for name, value in given.items():
        words += _words(row, name, value)
    line = " ".join(words)
    if len(line) > LINE_LIMIT:
        raise UnwritableValue("A value is too long for a line of a script.")
    _check(row, line, given)
    return line


def read(line: str) -> tuple[Cmdlet, Bound]:
    """The cmdlet of a line and what it is given. Raises LineError."""
    parsed = parse_line(line)
    if parsed is None:
        raise errors.UsageError("The line holds no cmdlet.")
    row = find(parsed.cmdlet)
    return row, bind(row.name, row.parameters, parsed)


def _words(row: Cmdlet, name: str, value: Bindable) -> list[str]:
    kind = next((parameter.kind for parameter in row.parameters if parameter.name == name), Kind.TEXT)
    if kind is Kind.SWITCH:
        return [f"-{name}" if value else f"-{name}:$false"]
    if kind is Kind.FLAG:
        return [f"-{name}", "$true" if value else "$false"]
    return [f"-{name}", quoted(_text(value))]


def _text(value: Bindable) -> str:
    match value:
        case datetime():
            # without a zone: the cmdlets take UTC, and PowerShell would turn a Z into local time
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        case UUID() | int():
            return str(value)
        case str():
            return value


def _check(row: Cmdlet, line: str, given: Mapping[str, Bindable]) -> None:
    """Read the line back; a difference is a fault of ours, and the line is not given away."""
    _, bound = read(line)
    same = {name: _text(value) for name, value in bound.items()} == {name: _text(v) for name, v in given.items()}
    if not same:
        raise UnwritableValue(f"A line of {row.name} did not read back as it was written.")
