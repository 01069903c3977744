"""What a ProcessQuery request is made of, once read: parameter values, object paths, actions (spo-admin.md 2.1 to 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from xtenant.wire.faults import InvalidClientQuery as InvalidClientQuery

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
SCHEMA_VERSIONS = ("14.0.0.0", "15.0.0.0")
LIBRARY_VERSION = "16.0.25401.12000"


@dataclass(frozen=True, slots=True)
class EnumNumber:
    """An enum as it travels: its number."""

    number: int


@dataclass(frozen=True, slots=True)
class EnumName:
    """An enum sent by name, which a tolerant server takes (spo-admin.md 9, server 1)."""

    name: str


@dataclass(frozen=True, slots=True)
class PathRef:
    """A parameter that is the result of another object path."""

    path_id: int


@dataclass(frozen=True, slots=True)
class ValueObject:
    """A parameter with a type of its own and named members."""

    type_id: UUID
    members: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    items: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Value, ...]


Value: TypeAlias = (
    bool
    | int
    | float
    | str
    | UUID
    | datetime
    | bytes
    | EnumNumber
    | EnumName
    | PathRef
    | ValueObject
    | Dictionary
    | Array
    | None
)
"""A parameter's value."""

Parameters: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constructor:
    path_id: int
    type_id: UUID
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodPath:
    path_id: int
    parent_id: int
    name: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyPath:
    path_id: int
    parent_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticMethodPath:
    path_id: int
    type_id: UUID
    name: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticPropertyPath:
    path_id: int
    type_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPath:
    """An object met in an earlier reply, by its `_ObjectIdentity_`."""

    path_id: int
    name: str


ObjectPath: TypeAlias = Constructor | MethodPath | PropertyPath | StaticMethodPath | StaticPropertyPath | IdentityPath


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertySelection:
    """One property asked for; `query` selects within an object property."""

    name: str
    scalar: bool = True
    select_all: bool = False
    query: Selection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which properties a query wants: every scalar, or those named."""

    all_scalars: bool = False
    properties: tuple[PropertySelection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instantiate:
    """The `ObjectPath` action: evaluate a path, answer whether it is null."""

    action_id: int
    path_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityQuery:
    action_id: int
    path_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    action_id: int
    path_id: int
    selection: Selection
    children: Selection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCall:
    action_id: int
    path_id: int
    name: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticMethodCall:
    action_id: int
    type_id: UUID
    name: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProperty:
    action_id: int
    path_id: int
    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """An action of the protocol that we refuse by name: the scopes, and setting a static property."""

    action_id: int
    element: str


Action: TypeAlias = Instantiate | IdentityQuery | Query | MethodCall | StaticMethodCall | SetProperty | Unserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A whole request. `actions` run in this order; every path named anywhere is in `paths`, without circles."""

    actions: tuple[Action, ...]
    paths: Mapping[int, ObjectPath]
    schema_version: str = "15.0.0.0"
    library_version: str = "16.0.0.0"
    application: str = ""


def needs(path: ObjectPath) -> tuple[int, ...]:
    """The paths that must be evaluated before this one: its parent and those its parameters name."""
    parent: tuple[int, ...] = (path.parent_id,) if isinstance(path, MethodPath | PropertyPath) else ()
    if isinstance(path, Constructor | MethodPath | StaticMethodPath):
        return parent + references(path.parameters)
    return parent


def references(values: Parameters) -> tuple[int, ...]:
    """Every path that some values name, however deep."""
    found: list[int] = []
    waiting: list[Value] = list(values)
    while waiting:
        match waiting.pop():
            case PathRef(path_id):
                found.append(path_id)
            case Array(items):
                waiting.extend(items)
            case ValueObject(_, members) | Dictionary(members):
                waiting.extend(value for _, value in members)
            case _:
                continue
    return tuple(found)
