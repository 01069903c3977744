"""Elements, attributes and property bags: made of values that XML cannot hold as they are, and read from a partner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.package.text import NAMESPACE, escaped, unescaped

OWN_IDS = UUID("5d0a1c8e-7f3b-5a53-9d0e-0d6a4f1f7c11")
"""Namespace of ids that a package needs and a site has not, derived from the id of what they belong to (our choice)."""

REFS_BELOW = 2**63
COUNTS_BELOW = 2**31
TAG = f"{{{NAMESPACE}}}"


def element(name: str, **attributes: str | None) -> Any:
    """An element with the attributes that have a value, escaped."""
    return etree.Element(name, {key: escaped(value) for key, value in attributes.items() if value is not None})


def wrapped(kind: str, identity: object, payload: Any, **attributes: str | None) -> Any:
    """The payload in its `SPObject`."""
    wrapper = element("SPObject", Id=str(identity), ObjectType=kind, **attributes)
    wrapper.append(payload)
    return wrapper


def add_properties(parent: Any, values: Mapping[str, str | None]) -> None:
    """A property bag of the values that there are; none at all, no bag."""
    there = {name: value for name, value in values.items() if value is not None}
    if there:
        bag = etree.SubElement(parent, "Properties")
        for name, value in there.items():
            bag.append(element("Property", Name=name, Value=value, Type="String"))


def properties(parent: Any) -> dict[str, str]:
    bag = parent.find(f"{TAG}Properties")
    return {} if bag is None else {one.attrib["Name"]: text_of(one, "Value") for one in bag}


def children(parent: Any, name: str) -> list[Any]:
    """What stands in one child of an element, such as `Versions`; nothing where there is no such child."""
    found = parent.find(f"{TAG}{name}")
    return [] if found is None else list(found)


def text_of(found: Any, name: str) -> str:
    return unescaped(found.attrib[name])


def text_or(found: Any, name: str, otherwise: str = "") -> str:
    return unescaped(found.get(name, otherwise))


def number(text: str, below: int = REFS_BELOW) -> int:
    """A count or ref that our stores can hold. Raises ValueError."""
    found = int(text) if len(text) < 20 else below
    if not 0 <= found < below:
        raise ValueError(f"'{text[:20]}' is out of range")
    return found


def ref_of(found: Any, name: str) -> int:
    return number(found.attrib[name])


def count_of(found: Any, name: str) -> int:
    return number(found.attrib[name], COUNTS_BELOW)


def id_or_none(found: Any, name: str) -> UUID | None:
    text = found.get(name)
    return None if text is None else UUID(text)


def optional(value: UUID | int | None) -> str | None:
    """Text of what may be missing."""
    return None if value is None else str(value)


def truth(value: bool) -> str:
    return "true" if value else "false"


def truth_of(found: Any, name: str) -> bool:
    """Raises ValueError for anything but `true` and `false`."""
    text = found.attrib[name]
    if text not in ("true", "false"):
        raise ValueError(f"'{text[:20]}' is no truth value")
    return text == "true"
