"""One element held against the schema: its attributes, their values, its children and their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.package.checking.schema import DATE, GUID, MANIFEST, NUMBER, TEXT, TRUTH, Shape

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)
SHOWN = 60


def name_of(element: Any) -> str:
    return etree.QName(element).localname


def problems(element: Any) -> Iterator[tuple[str, Any, str]]:
    """Rule, element and text for everything wrong in an element and what is below it."""
    waiting = [element]
    while waiting:
        one = waiting.pop()
        if not isinstance(one.tag, str):
            continue  # a comment
        shape = MANIFEST.get(name_of(one))
        if shape is None:
            continue
        yield from _attributes(one, shape)
        if not shape.anything:
            yield from _children(one, shape)
        waiting.extend(one)


def _attributes(element: Any, shape: Shape) -> Iterator[tuple[str, Any, str]]:
    kind = name_of(element)
    for name in sorted(shape.required.difference(element.attrib)):
        yield "P-04", element, f"{kind} has no {name}."
    for name, value in element.attrib.items():
        wanted = shape.attributes.get(name)
        if wanted is None:
            if not shape.open:
                yield "P-04", element, f"{kind} has an attribute {name[:SHOWN]} that the schema does not know."
        elif not is_of(wanted, value):
            yield "P-05", element, f"{kind}@{name} is '{value[:SHOWN]}'."


def is_of(kind: str, value: str) -> bool:
    match kind:
        case _ if kind == TEXT:
            return True
        case _ if kind == GUID:
            return guid_of(value) is not None
        case _ if kind == TRUTH:
            return value in ("true", "false", "1", "0")
        case _ if kind == NUMBER:
            return _NUMBER.fullmatch(value) is not None
        case _ if kind == DATE:
            return _DATE.fullmatch(value) is not None
        case _:
            return False


def guid_of(text: str | None) -> UUID | None:
    try:
        return None if text is None or len(text) > 38 else UUID(text)
    except ValueError:
        return None


def _children(element: Any, shape: Shape) -> Iterator[tuple[str, Any, str]]:
    kind, at = name_of(element), 0
    allowed = shape.children
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = name_of(child)
        if name not in allowed:
            yield "P-03", child, f"{name[:SHOWN]} does not belong into {kind}."
        elif shape.ordered:
            place = allowed.index(name)
            if place < at:
                yield "P-03", child, f"{name} stands behind {allowed[at]} in {kind}."
            at = max(at, place)
