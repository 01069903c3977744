"""Parameter values and their XML: one table of types for both directions (spo-admin.md 2.3)."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from xtenant.protocols.csom.codec.values import (
    Array,
    Dictionary,
    EnumName,
    EnumNumber,
    InvalidClientQuery,
    PathRef,
    Value,
    ValueObject,
)
from xtenant.protocols.csom.codec.xml import Node

INT32 = range(-(2**31), 2**31)


def value_of(node: Node) -> Value:
    """Read a `Parameter`, `Object` or `Property` element. Raises InvalidClientQuery."""
    if "ObjectPathId" in node.attributes:
        return PathRef(number_in(node, "ObjectPathId"))
    if "TypeId" in node.attributes:
        return ValueObject(guid_in(node.attribute("TypeId")), _members(node))
    kind = node.attribute("Type")
    if kind == "Array":
        return Array(tuple(value_of(_named(child, "Object")) for child in node.children))
    if kind == "Dictionary":
        return Dictionary(_members(node))
    try:
        read = _READERS[kind]
    except KeyError:
        raise InvalidClientQuery(f"The type {kind!r} of a parameter does not exist.") from None
    if node.children:
        raise InvalidClientQuery(f"A parameter of type {kind} holds no elements.")
    try:
        return read(node.text)
    except (ValueError, OverflowError) as error:
        raise InvalidClientQuery(f"A parameter is no {kind}.") from error


def _members(node: Node) -> tuple[tuple[str, Value], ...]:
    return tuple((_named(child, "Property").attribute("Name"), value_of(child)) for child in node.children)


def _named(node: Node, name: str) -> Node:
    if node.name != name:
        raise InvalidClientQuery(f"The element {node.name} cannot stand where {name} belongs.")
    return node


def number_in(node: Node, name: str) -> int:
    """An attribute that is an id."""
    try:
        return int(node.attribute(name))
    except ValueError as error:
        raise InvalidClientQuery(f"The attribute {name} of {node.name} is no number.") from error


def guid_in(text: str) -> UUID:
    """A GUID with or without braces."""
    try:
        return _guid(text)
    except ValueError as error:
        raise InvalidClientQuery("A GUID is misspelt.") from error


def _guid(text: str) -> UUID:
    bare = text.strip().removeprefix("{").removesuffix("}")
    if len(bare) not in (32, 36):
        raise ValueError(text)
    return UUID(bare)


def _whole(text: str) -> int:
    return int(text.strip())


def _real(text: str) -> float:
    value = float(text.strip())
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _number(text: str) -> int | float:
    """JSOM sends `Number` for every numeric type."""
    try:
        return _whole(text)
    except ValueError:
        return _real(text)


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return word in ("true", "1")


def _enum(text: str) -> EnumNumber | EnumName:
    word = text.strip()
    if word.isidentifier():
        return EnumName(word)
    return EnumNumber(int(word))


def _date(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _base64(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def _null(text: str) -> None:
    return None


_READERS: dict[str, Callable[[str], Value]] = {
    "Null": _null,
    "String": str,
    "Unspecified": str,
    "Char": str,
    "Boolean": _boolean,
    "Byte": _whole,
    "Int16": _whole,
    "Int32": _whole,
    "Int64": _whole,
    "UInt16": _whole,
    "UInt32": _whole,
    "UInt64": _whole,
    "Double": _real,
    "Single": _real,
    "Decimal": _real,
    "Number": _number,
    "Enum": _enum,
    "Guid": _guid,
    "DateTime": _date,
    "Base64Binary": _base64,
}


def written(value: Value) -> tuple[dict[str, str], str | None, tuple[tuple[str, dict[str, str], Value], ...]]:
    """How a value is written: attributes, text, and children as (element, further attributes, value)."""
    match value:
        case PathRef(path_id):
            return {"ObjectPathId": str(path_id)}, None, ()
        case ValueObject(type_id, members):
            return {"TypeId": f"{{{type_id}}}"}, None, tuple(("Property", {"Name": n}, v) for n, v in members)
        case Dictionary(items):
            return {"Type": "Dictionary"}, None, tuple(("Property", {"Name": n}, v) for n, v in items)
        case Array(items):
            return {"Type": "Array"}, None, tuple(("Object", {}, item) for item in items)
        case _:
            kind, text = _scalar(value)
            return {"Type": kind}, text, ()


def _scalar(value: Value) -> tuple[str, str | None]:
    match value:
        case None:
            return "Null", None
        case bool():
            return "Boolean", "true" if value else "false"
        case int():
            return ("Int32" if value in INT32 else "Int64"), str(value)
        case float():
            return "Double", repr(value)
        case str():
            return "String", value
        case UUID():
            return "Guid", f"{{{value}}}"
        case datetime():
            return "DateTime", value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case bytes():
            return "Base64Binary", base64.b64encode(value).decode("ascii")
        case EnumNumber(number):
            return "Enum", str(number)
        case EnumName(name):
            return "Enum", name
        case _:
            raise InvalidClientQuery(f"A {type(value).__name__} cannot be a parameter.")
