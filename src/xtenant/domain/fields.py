"""Field values of list items, files and folders: a small object by internal name, kept as canonical JSON text.

A value is text, a number, a truth value, a list of texts (choices), people, list items of another list, or an address with
its description. Dates are text in UTC, whole seconds (`2026-11-24T08:00:00Z`); the column says that it is one. People stand
as numbers: principal keys of the tenant in a store, refs in a snapshot; a move exchanges them and touches nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from xtenant.domain import errors

Fields = str
"""Canonical JSON of an object, or empty where nothing was ever set. Equal values have equal text."""

NO_FIELDS: Fields = ""
TITLE = "Title"
CONTENT_TYPE_ID = "ContentTypeId"

LONGEST_TEXT = 1_000_000
MOST_FIELDS = 500


class WrongField(errors.UsageError):
    """A field's value is of a kind that no column holds."""

    code = "invalidFieldValue"
    remedy = "Look at the list's columns; write text, numbers, choices, people and lookups as they are read."


@dataclass(frozen=True, slots=True)
class People:
    """Who is named in a person column."""

    refs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Numbers of list items of the list that the column looks at."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A hyperlink with its description."""

    url: str
    text: str = ""


FieldValue = str | int | float | bool | tuple[str, ...] | People | Lookup | Address


def fields_text(values: Mapping[str, FieldValue]) -> Fields:
    """The one text of some values. Raises WrongField for what cannot be kept."""
    if not values:
        return NO_FIELDS
    if len(values) > MOST_FIELDS:
        raise WrongField(f"An item has at most {MOST_FIELDS} fields.")
    plain = {name: _plain(name, value) for name, value in values.items()}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def field_values(text: Fields) -> dict[str, FieldValue]:
    """The values behind a text of ours. Raises WrongField for any other text."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise WrongField("The fields of an item cannot be read.") from error
    if not isinstance(found, dict):
        raise WrongField("The fields of an item cannot be read.")
    return {name: _value(name, value) for name, value in cast("dict[str, Any]", found).items()}


def canonical(text: Fields) -> Fields:
    """The same values in the one text they have; hostile input is refused (WrongField)."""
    return fields_text(field_values(text))


def people_in(texts: Iterable[Fields]) -> frozenset[int]:
    """Everybody whom some fields name."""
    return frozenset(
        ref
        for text in texts
        if '"people"' in text
        for value in field_values(text).values()
        if isinstance(value, People)
        for ref in value.refs
    )


def with_people(text: Fields, become: Mapping[int, int]) -> Fields:
    """The fields with every person exchanged. Raises KeyError for somebody who is not in the mapping."""
    if '"people"' not in text:
        return text
    return fields_text(
        {
            name: People(tuple(become[ref] for ref in value.refs)) if isinstance(value, People) else value
            for name, value in field_values(text).items()
        }
    )


def _plain(name: str, value: FieldValue) -> Any:
    match value:
        case str():
            if len(value) > LONGEST_TEXT:
                raise WrongField(f"'{name}' is too long.")
            return value
        case bool() | int():
            return value
        case float():
            if not math.isfinite(value):
                raise WrongField(f"'{name}' is no number.")
            return int(value) if value.is_integer() else value
        case People():
            return {"people": list(value.refs)}
        case Lookup():
            return {"lookup": list(value.numbers)}
        case Address():
            return {"text": value.text, "url": value.url}
        case tuple():
            return list(value)


def _value(name: str, found: Any) -> FieldValue:
    if isinstance(found, str | bool | int | float):
        return found
    if isinstance(found, list):
        return tuple(_texts(name, cast("list[Any]", found)))
    members: dict[str, Any] = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if members.keys() == {"people"}:
        return People(tuple(_numbers(name, members["people"])))
    if members.keys() == {"lookup"}:
        return Lookup(tuple(_numbers(name, members["lookup"])))
    if members.keys() == {"url", "text"} and all(isinstance(one, str) for one in members.values()):
        return Address(members["url"], members["text"])
    raise WrongField(f"'{name}' is of no kind that a column holds.")


def _texts(name: str, found: list[Any]) -> Iterator[str]:
    for one in found:
        if not isinstance(one, str):
            raise WrongField(f"'{name}' is no list of texts.")
        yield one


def _numbers(name: str, found: Any) -> Iterator[int]:
    if not isinstance(found, list):
        raise WrongField(f"'{name}' names nothing.")
    for one in cast("list[Any]", found):
        if not isinstance(one, int) or isinstance(one, bool) or not 0 <= one < 2**63:
            raise WrongField(f"'{name}' names something by what is no number.")
        yield one
