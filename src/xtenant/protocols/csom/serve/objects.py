"""How server objects are described: tables of types, methods and properties that the interpreter follows.

A method row says its parameters, whether its result is an object (form P) or a value (form A), who may call it and what runs.
The route of ProcessQuery admits any own user; each row asks for its own role.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.protocols.csom.codec.enums import EnumTable
from xtenant.protocols.csom.codec.reply import Json
from xtenant.protocols.csom.codec.values import Array, EnumNumber, InvalidClientQuery, Value, ValueObject
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.faults import OutOfRange
from xtenant.wire.routes import Evidence

FARM_ID = UUID("908bed80-a04a-4433-b4a0-883d9847d110")
"""Stands in every recorded identity of the administration objects (spo-admin.md 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a method may use: the tenant's ports and the call it belongs to."""

    backend: Backend
    call: Call


class Form(Enum):
    """A yields a value as an action, P an object as an object path (spo-admin.md 2.2)."""

    ACTION = "A"
    PATH = "P"


class ServerObject:
    """An object met in a query. `identity` are the parts behind the tenant's id; `pending` what SetProperty left."""

    __slots__ = ("children", "facts", "identity", "pending", "type")

    def __init__(
        self,
        kind: ObjectType,
        *,
        facts: Any = None,
        identity: tuple[str, ...] | None = None,
        children: Sequence[ServerObject] | None = None,
    ) -> None:
        self.type = kind
        self.facts = facts
        self.identity = identity
        self.children = children
        self.pending: dict[str, Value] = {}


Function: TypeAlias = Callable[..., Any | Awaitable[Any]]
"""`(context, object, *arguments)`; plain ones run in a worker thread, async ones ask a partner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: its name for messages, and how its wire value is read (raises UsageError)."""

    name: str
    read: Callable[[Value], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """One method of a type. `void` ones leave no entry in the reply.

    `together` answers many calls of a reading method at once: `(context, object, arguments of each)` to a result of each.
    """

    function: Function
    together: Callable[[Context, ServerObject, Sequence[list[Any]]], Sequence[ServerObject]] | None = None
    parameters: tuple[Parameter, ...] = ()
    form: Form = Form.ACTION
    void: bool = False
    who: Who = Who.OWN_SHAREPOINT_ADMIN
    verb: str = ""
    evidence: Evidence = Evidence.INFERRED

    def arguments(self, values: Sequence[Value]) -> list[Any]:
        """Read the wire values. Raises InvalidClientQuery for too few or too many, UsageError for a bad one."""
        if len(values) != len(self.parameters):
            raise InvalidClientQuery(f"{len(self.parameters)} parameters are wanted, {len(values)} were sent.")
        return [parameter.read(value) for parameter, value in zip(self.parameters, values, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectType:
    """A kind of server object: name on the wire, scalar properties by name, methods by name."""

    name: str
    type_id: UUID | None = None
    properties: Mapping[str, Callable[[Any], Json]] = field(default_factory=dict[str, Callable[[Any], Json]])
    writable: Mapping[str, Callable[[Value], Any]] = field(default_factory=dict[str, Callable[[Value], Any]])
    methods: Mapping[str, MethodRow] = field(default_factory=dict[str, MethodRow])

    def method(self, name: str, form: Form) -> MethodRow:
        """Raises InvalidClientQuery for a method that does not exist, or not in this form."""
        row = self.methods.get(name)
        if row is None:
            raise InvalidClientQuery(f'Method "{name}" does not exist in {self.name}.')
        if row.form is not form:
            kind = "an object path" if row.form is Form.PATH else "an action"
            raise InvalidClientQuery(f'Method "{name}" is asked for as {kind}.')
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything a query can name: constructors and identities, which get the parts behind the tenant's id.

    `types` are the kinds of objects that have methods, for the pages and tests that list them. `who` may make objects or
    name them by identity: their properties are read without a method, so this is their door.
    """

    types: tuple[ObjectType, ...]
    constructors: Mapping[UUID, Callable[[Context], ServerObject]]
    static_properties: Mapping[tuple[UUID, str], Callable[[Context], ServerObject]]
    identities: Mapping[str, Callable[[Context, tuple[str, ...]], ServerObject]]
    who: Who = Who.OWN_SHAREPOINT_ADMIN


def text(name: str) -> Parameter:
    """A string parameter; null reads as empty."""

    def read(value: Value) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        raise errors.UsageError(f"The parameter '{name}' is no string.")

    return Parameter(name=name, read=read)


def flag(name: str) -> Parameter:
    def read(value: Value) -> bool:
        if isinstance(value, bool):
            return value
        raise errors.UsageError(f"The parameter '{name}' is no boolean.")

    return Parameter(name=name, read=read)


def guid(name: str) -> Parameter:
    """A GUID parameter; clients that know no GUIDs send its text."""

    def read(value: Value) -> UUID:
        if isinstance(value, UUID):
            return value
        try:
            return UUID(value if isinstance(value, str) else "")
        except ValueError as error:
            raise errors.UsageError(f"The parameter '{name}' is no GUID.") from error

    return Parameter(name=name, read=read)


def enum(name: str, table: EnumTable, make: Callable[[str], Any] = str) -> Parameter:
    """An enum parameter, handed over as our own enum."""
    return Parameter(name=name, read=lambda value: make(table.read(value)))


def strings(name: str, *, limit: int) -> Parameter:
    """An array of strings."""

    def read(value: Value) -> tuple[str, ...]:
        items = value.items if isinstance(value, Array) else None
        if items is None or not all(isinstance(item, str) for item in items):
            raise errors.UsageError(f"The parameter '{name}' is no array of strings.")
        if len(items) > limit:
            raise errors.TooLarge(f"The parameter '{name}' has {len(items)} elements; {limit} are allowed at once.")
        return tuple(str(item) for item in items)

    return Parameter(name=name, read=read)


def value_object(name: str, type_id: UUID, members: Mapping[str, Callable[[Value], Any]]) -> Parameter:
    """A parameter with members; a member that is not in the table is refused, never ignored."""

    def read(value: Value) -> dict[str, Any]:
        if not isinstance(value, ValueObject) or value.type_id != type_id:
            raise errors.UsageError(f"The parameter '{name}' is of another type.")
        unknown = [key for key, _ in value.members if key not in members]
        if unknown:
            raise errors.UsageError(f"The parameter '{name}' has no member {unknown[0]}.")
        return {key: members[key](given) for key, given in value.members}

    return Parameter(name=name, read=read)


def whole(value: Value) -> int:
    """A number, also one sent as an enum or as text. Raises OutOfRange."""
    match value:
        case bool() | None:
            pass
        case int():
            return value
        case EnumNumber(number):
            return number
        case str() if value.strip().lstrip("-").isdigit():
            return int(value)
        case _:
            pass
    raise OutOfRange("This is no whole number.")
