"""Values of fields in the forms of migration-package 7.3. Where a form would lose something, the exact JSON stands beside it
(`xt_json`) and counts when the value is read back.

A value says by itself whether it is text, a number, a truth value, people or lookups; which kind of column it stands in is
known to the list, so that `Type` is the plain one here (`Text` for notes, choices and dates as well).
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from xtenant.domain.fields import NO_FIELDS, Address, Fields, FieldValue, Lookup, People, field_values, fields_text
from xtenant.package.elements.markup import TAG, element, number, text_of, text_or

BETWEEN = ";# ;#"
"""Between ids of people or lookups; the list they lie in comes last, behind `;` for one id and `;# ;` for several."""

NUMBERS = ("Number", "Currency", "Counter", "Integer")
LONGEST_NUMBER = 4_301
_ONE, _SEVERAL = ";", ";# ;"


def add_fields(parent: Any, fields: Fields) -> None:
    """`Fields` with one `Field` for each value; nothing where there are none."""
    if fields:
        bag = etree.SubElement(parent, "Fields")
        for name, value in field_values(fields).items():
            bag.append(field(name, value))


def field(name: str, value: FieldValue) -> Any:
    kind, first, second = form(value)
    found = element("Field", Name=name, Type=kind, Value=first, Value2=second)
    if _value_of(found) != value:
        found.set("xt_json", json.dumps(json.loads(fields_text({"v": value}))["v"]))
    return found


def fields_of(parent: Any) -> Fields:
    """Raises ValueError and WrongField: a partner wrote it."""
    bag = parent.find(f"{TAG}Fields")
    return NO_FIELDS if bag is None else fields_text({text_of(one, "Name"): value_of(one) for one in bag})


def value_of(found: Any) -> FieldValue:
    exact = found.get("xt_json")
    return _value_of(found) if exact is None else field_values(f'{{"v":{exact}}}')["v"]


def form(value: FieldValue) -> tuple[str, str, str | None]:
    """`Type`, `Value`, `Value2`."""
    match value:
        case bool():
            return "Boolean", "1" if value else "0", None
        case int() | float():
            return "Number", json.dumps(value), None
        case str():
            return "Text", value, None
        case People():
            return ("User" if len(value.refs) == 1 else "UserMulti"), _listed(value.refs, "UserInfo"), None
        case Lookup():
            return ("Lookup" if len(value.numbers) == 1 else "LookupMulti"), _listed(value.numbers, ""), None
        case Address():
            return "URL", value.url, value.text
        case tuple():
            return "MultiChoice", "".join(f";#{one}" for one in value) + ";#" if value else "", None


def _value_of(found: Any) -> FieldValue:
    text = text_of(found, "Value")
    match found.get("Type"):
        case "Boolean":
            return {"1": True, "0": False}[text]
        case "User" | "UserMulti":
            return People(_numbers(text))
        case "Lookup" | "LookupMulti":
            return Lookup(_numbers(text))
        case "URL":
            return Address(text, text_or(found, "Value2"))
        case "MultiChoice":
            return tuple(text.removeprefix(";#").removesuffix(";#").split(";#")) if text else ()
        case kind if kind in NUMBERS:
            return _number(text)
        case _:
            return text


def _number(text: str) -> FieldValue:
    found = json.loads(text) if len(text) <= LONGEST_NUMBER else None
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise ValueError(f"'{text[:20]}' is no number")
    return found


def _listed(numbers: tuple[int, ...], place: str) -> str:
    ids = BETWEEN.join(str(one) for one in numbers)
    return f"{ids}{_ONE if len(numbers) == 1 else _SEVERAL}{place}"


def _numbers(text: str) -> tuple[int, ...]:
    ids = text.rpartition(_SEVERAL if _SEVERAL in text else _ONE)[0]
    return tuple(number(one) for one in ids.split(BETWEEN)) if ids else ()
