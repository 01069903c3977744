"""Field values as the texts that forms send (`ValidateUpdateListItem`, content-api.md 4.6), turned into values.

Dates are read in UTC or with an offset; in a web's own time zone they are refused, since they would say another moment
elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from xtenant.domain.columns import date_value
from xtenant.domain.fields import Address, FieldValue, Lookup, People, WrongField
from xtenant.domain.lists import Column, ColumnKind

AUTHOR, EDITOR, CREATED, MODIFIED = "Author", "Editor", "Created", "Modified"
SYSTEM = frozenset({AUTHOR, EDITOR, CREATED, MODIFIED})
PEOPLE = frozenset({ColumnKind.PERSON, ColumnKind.PEOPLE})

_LOCAL = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))? ?(AM|PM)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormValue:
    """One field of a form as it was sent."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswer:
    """What became of one field of a form; `problem` is None where it was taken."""

    name: str
    text: str
    problem: str | None = None


def logins_in(values: Iterable[FormValue], columns: Mapping[str, Column]) -> frozenset[str]:
    """The login names that a form's person fields hold; one that cannot be read is left for `value_of` to refuse."""
    found: set[str] = set()
    for value in values:
        if value.name in (AUTHOR, EDITOR) or (value.name in columns and columns[value.name].kind in PEOPLE):
            try:
                found.update(_keys_of(value))
            except WrongField:
                continue
    return frozenset(found)


def person_of(value: FormValue, people: Mapping[str, int]) -> int:
    """The one person that Author or Editor names. Raises WrongField."""
    keys = _keys_of(value)
    if len(keys) != 1:
        raise WrongField(f"'{value.name}' names one person.")
    return _known(keys[0], people)


def moment_of(value: FormValue, *, in_utc: bool) -> datetime:
    """A date and time. Raises WrongField."""
    local = _LOCAL.fullmatch(value.text.strip())
    try:
        if local is not None:
            month, day, year, hour, minute = (int(local[part]) for part in range(1, 6))
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if local[7].upper() == "PM" else 0)
            moment = datetime(year, month, day, hour, minute, int(local[6] or 0))
        else:
            moment = datetime.fromisoformat(value.text.strip())
    except ValueError:
        raise WrongField(f"'{value.text[:40]}' is no date and time.") from None
    if moment.tzinfo is None and not in_utc:
        raise WrongField(
            "A date without offset would be read in the web's time zone.",
            remedy="Send bDatesInUTC, or write it with Z.",
        )
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise WrongField(f"'{value.text[:40]}' is no date and time.") from None


def value_of(column: Column, value: FormValue, people: Mapping[str, int], *, in_utc: bool) -> FieldValue | None:
    """The value of a column, None for an empty text. Raises WrongField."""
    text = value.text
    if not text:
        return None
    match column.kind:
        case ColumnKind.TEXT | ColumnKind.NOTE | ColumnKind.CHOICE:
            return text
        case ColumnKind.NUMBER | ColumnKind.CURRENCY:
            return _number(column, text)
        case ColumnKind.BOOLEAN:
            if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
                raise WrongField(f"'{column.title}' is yes or no.")
            return text.lower() in ("1", "true", "yes")
        case ColumnKind.DATE:
            return date_value(moment_of(value, in_utc=in_utc))
        case ColumnKind.CHOICES:
            return tuple(part for part in text.split(";#") if part)
        case ColumnKind.PERSON | ColumnKind.PEOPLE:
            return People(tuple(_known(key, people) for key in _keys_of(value)))
        case ColumnKind.LOOKUP | ColumnKind.LOOKUPS:
            numbers = [part for part in text.split(";#") if part][::2]
            if not all(part.isascii() and part.isdecimal() and len(part) < 11 for part in numbers):
                raise WrongField(f"'{column.title}' names items by their numbers.")
            return Lookup(tuple(int(part) for part in numbers))
        case ColumnKind.ADDRESS:
            url, _, description = text.partition(", ")
            return Address(url, description)


def _number(column: Column, text: str) -> int | float:
    plain = text.strip()
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", plain, re.ASCII):
        raise WrongField(f"'{column.title}' is a number.")
    return float(plain) if "." in plain else int(plain)


def _keys_of(value: FormValue) -> Sequence[str]:
    """`[{'Key':'i:0#.f|membership|u@contoso.com'}]`: JSON, with quotes of either kind as clients write it."""
    text = value.text.strip()
    for spelling in (text, text.replace("'", '"')):
        try:
            found = json.loads(spelling)
        except (ValueError, RecursionError):
            continue
        rows = cast("list[Any]", found) if isinstance(found, list) else []
        keys = [cast("dict[str, Any]", one).get("Key") for one in rows if isinstance(one, dict)]
        if len(keys) == len(rows) > 0 and all(isinstance(key, str) and key for key in keys):
            return [str(key) for key in keys]
    raise WrongField(f"'{value.name}' is a list of people with their keys.")


def _known(key: str, people: Mapping[str, int]) -> int:
    found = people.get(key)
    if found is None:
        raise WrongField(f"The user '{key[:120]}' does not exist or is not unique.")
    return found
