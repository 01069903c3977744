"""Parameters of cmdlets and how a line's arguments are bound to them, in PowerShell's manner.

Names in any letter case and by unambiguous beginning, values by position, switches with and without a value. What does not
fit is refused with the nearest names; nothing is ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

from xtenant.cmdlets.line import Argument, Line, LineError, Value


class Kind(Enum):
    """What a parameter takes. A switch takes nothing, a flag takes `$true` or `$false`."""

    TEXT = "text"
    CHOICE = "one of"
    SWITCH = "switch"
    FLAG = "$true or $false"
    NUMBER = "a whole number"
    LIMIT = "a whole number or All"
    DATE = "a date, UTC"
    GUID = "a GUID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `sets` names the parameter sets it belongs to; empty means all of them (spo-admin.md 6)."""

    name: str
    kind: Kind = Kind.TEXT
    position: int | None = None
    mandatory: bool = False
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    sets: frozenset[str] = frozenset()

    @property
    def shown(self) -> str:
        """`-Name <what it takes>` for help and for messages."""
        if self.kind is Kind.SWITCH:
            return f"-{self.name}"
        what = "|".join(self.choices) if self.choices else self.kind.value
        return f"-{self.name} <{what}>"


class UnknownParameter(LineError):
    """The cmdlet has no such parameter, or the beginning typed fits several."""

    code = "unknownParameter"


class BadValue(LineError):
    """A parameter's value is not one it takes."""

    code = "badParameterValue"


Bindable = str | bool | int | datetime | UUID


class Bound(Mapping[str, Bindable]):
    """The bound values by canonical name; parameters not given are absent."""

    def __init__(self, values: dict[str, Bindable]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Bindable:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str) -> str:
        """A mandatory text."""
        return str(self._values[name])

    def maybe_text(self, name: str) -> str | None:
        found = self._values.get(name)
        return None if found is None else str(found)

    def on(self, name: str) -> bool:
        """Whether a switch or flag is set."""
        return self._values.get(name) is True

    def moment(self, name: str) -> datetime | None:
        found = self._values.get(name)
        return found if isinstance(found, datetime) else None

    def number(self, name: str) -> int | None:
        found = self._values.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else None


def bind(cmdlet: str, parameters: Sequence[Parameter], line: Line) -> Bound:
    """Bind a line's arguments. Raises UnknownParameter, BadValue, or LineError for what is missing or doubled."""
    given: dict[str, Bindable] = {}
    by_position: list[Value] = []
    for argument in line.arguments:
        if argument.name is None:
            by_position.append(argument.value)
            continue
        parameter = named(cmdlet, parameters, argument.name)
        if parameter.name in given:
            raise LineError(f"-{parameter.name} is given twice.", remedy="Give it once.")
        given[parameter.name] = _of_name(parameter, argument, by_position)
    _bind_positions(cmdlet, parameters, given, by_position)
    _check_sets(cmdlet, parameters, given)
    return Bound(given)


def named(cmdlet: str, parameters: Sequence[Parameter], name: str) -> Parameter:
    """The parameter of a name, an alias, or an unambiguous beginning. Raises UnknownParameter."""
    wanted = name.lower()
    for parameter in parameters:
        if wanted in (parameter.name.lower(), *(alias.lower() for alias in parameter.aliases)):
            return parameter
    fits = [parameter for parameter in parameters if parameter.name.lower().startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        several = ", ".join(f"-{parameter.name}" for parameter in fits)
        raise UnknownParameter(f"{cmdlet}: -{name} could be {several}.", remedy="Write more of the name.")
    names = {parameter.name.lower(): parameter.name for parameter in parameters}
    near = [names[match] for match in difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)]
    shown = near or list(names.values())
    words = f"The nearest: {', '.join(f'-{one}' for one in shown)}." if shown else "It takes no parameters."
    raise UnknownParameter(f"{cmdlet} has no parameter -{name}.", remedy=words)


def _of_name(parameter: Parameter, argument: Argument, by_position: list[Value]) -> Bindable:
    if parameter.kind is Kind.SWITCH:
        if argument.bare:
            return True
        if not argument.attached:
            by_position.append(argument.value)
            return True
    if argument.bare:
        raise LineError(f"-{parameter.name} needs a value.", remedy=f"Write {parameter.shown}.")
    return _value_of(parameter, argument.value)


def _bind_positions(
    cmdlet: str, parameters: Sequence[Parameter], given: dict[str, Bindable], values: Sequence[Value]
) -> None:
    free = sorted(
        (parameter for parameter in parameters if parameter.position is not None and parameter.name not in given),
        key=lambda parameter: parameter.position or 0,
    )
    if len(values) > len(free):
        extra = values[len(free)]
        takes = ", ".join(parameter.shown for parameter in parameters) or "none"
        raise LineError(f"{cmdlet}: no parameter takes '{extra}'.", remedy=f"Name the parameter; it takes: {takes}.")
    for parameter, value in zip(free, values, strict=False):
        given[parameter.name] = _value_of(parameter, value)


def _check_sets(cmdlet: str, parameters: Sequence[Parameter], given: Mapping[str, Bindable]) -> None:
    """At least one parameter set must hold all that is given and miss nothing mandatory."""
    names = frozenset(one for parameter in parameters for one in parameter.sets) or frozenset({""})
    possible = [
        name for name in sorted(names) if all(not p.sets or name in p.sets for p in parameters if p.name in given)
    ]
    if not possible:
        clashing = ", ".join(f"-{p.name}" for p in parameters if p.name in given and p.sets)
        raise LineError(f"{cmdlet}: {clashing} do not go together.", remedy="Give one of them.")
    missing = [
        [p for p in parameters if p.mandatory and p.name not in given and (not p.sets or name in p.sets)]
        for name in possible
    ]
    if all(missing):
        shown = ", ".join(parameter.shown for parameter in min(missing, key=len))
        raise LineError(f"{cmdlet}: missing {shown}.", remedy="Add what is missing.")


def _value_of(parameter: Parameter, value: Value) -> Bindable:
    if parameter.kind in (Kind.SWITCH, Kind.FLAG):
        return _flag_of(parameter, value)
    if value is None or value == "":
        raise BadValue(f"-{parameter.name} cannot be empty.", remedy=f"Write {parameter.shown}.")
    if isinstance(value, tuple):
        raise BadValue(f"-{parameter.name} takes one value, not a list.", remedy="Put a value with commas in quotes.")
    text = str(value) if isinstance(value, str) else f"${str(value).lower()}"
    try:
        return _READERS[parameter.kind](parameter, text)
    except ValueError as error:
        raise BadValue(f"-{parameter.name}: '{text}' is not {parameter.kind.value}.") from error


def _flag_of(parameter: Parameter, value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("0", "1"):
        return value == "1"
    raise BadValue(f"-{parameter.name} takes $true or $false, not '{value}'.", remedy="Write $true or $false.")


def _choice(parameter: Parameter, text: str) -> str:
    for choice in parameter.choices:
        if choice.lower() == text.lower():
            return choice
    lower = {choice.lower(): choice for choice in parameter.choices}
    near = [lower[match] for match in difflib.get_close_matches(text.lower(), lower, n=2)]
    raise BadValue(
        f"-{parameter.name} does not take '{text}'.",
        remedy=f"{'Did you mean ' + ' or '.join(near) + '? ' if near else ''}It takes {', '.join(parameter.choices)}.",
    )


def _number(_: Parameter, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if not 0 <= number < 2**32:
        raise ValueError(text)
    return number


def _limit(parameter: Parameter, text: str) -> str | int:
    return "All" if text.lower() == "all" else _number(parameter, text)


_DATE_FORMS = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p")


def read_date(text: str) -> datetime:
    """ISO 8601, or month/day/year as PowerShell's invariant culture reads it; without a zone it is UTC (R-6.11).

    Raises ValueError.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _american(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _american(text: str) -> datetime:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(text)


_READERS: dict[Kind, Callable[[Parameter, str], Bindable]] = {
    Kind.TEXT: lambda _, text: text,
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.LIMIT: _limit,
    Kind.DATE: lambda _, text: read_date(text),
    Kind.GUID: lambda _, text: UUID(text.strip("{}")),
}
