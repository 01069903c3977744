"""Questions to the directory: a predicate over an allow-list of fields, an order, a place to go on from.

What a client writes (`$filter`, `$search`, `$orderby`) is read in `wire/`; storage turns a predicate into SQL. Nothing here is
spelled as on the wire. Comparisons of texts do not regard case; a comparison with a field that has no value is false, its
negation true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Generic, TypeAlias, TypeVar
from uuid import UUID

from xtenant.domain import errors

T = TypeVar("T")
Value: TypeAlias = str | bool | UUID | datetime | None


class InvalidQuery(errors.UsageError):
    """A filter, search or order that cannot be read, or names what there is not."""

    code = "invalidQuery"
    remedy = "Compare it with the query options of this list in Graph's documentation."


class UnsupportedQuery(errors.UsageError):
    """A question that can be read, and is not answered: for this field, in this size, or without saying so beforehand."""

    code = "unsupportedQuery"
    remedy = "Ask it as an advanced query (header ConsistencyLevel: eventual, and $count=true), or ask for less."


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    GUID = "guid"
    BOOLEAN = "boolean"
    INSTANT = "instant"


class Operator(Enum):
    EQUAL = "eq"
    NOT_EQUAL = "ne"
    LESS = "lt"
    AT_MOST = "le"
    GREATER = "gt"
    AT_LEAST = "ge"
    STARTS = "startswith"
    ENDS = "endswith"
    CONTAINS = "contains"
    WORD = "search"
    """A word of the text starts so; only `$search` asks it."""


TEXT_OPERATORS = frozenset({Operator.STARTS, Operator.ENDS, Operator.CONTAINS, Operator.WORD})
ORDER_OPERATORS = frozenset({Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST})
ADVANCED = frozenset({Operator.NOT_EQUAL, Operator.ENDS, Operator.CONTAINS, Operator.WORD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that may be asked for, by its name in the domain.

    `unique` says that no two live objects share a value; `word` that a search looks at each word of it.
    """

    name: str
    kind: Kind = Kind.TEXT
    sortable: bool = False
    searchable: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A field with many values: of texts (`element`), or of objects with fields."""

    name: str
    element: Field | None = None
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What may be asked about one kind of object; `order` names the field that lists come in by default."""

    name: str
    fields: Mapping[str, Field]
    collections: Mapping[str, Collection]
    order: Field


@dataclass(frozen=True, slots=True)
class Comparison:
    field: Field
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Among:
    """The field has one of the values."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """A member of the collection fulfils a predicate; without one, there is a member at all."""

    collection: Collection
    where: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Not:
    inner: Predicate


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Predicate, ...]


Predicate: TypeAlias = Comparison | Among | Some | Not | All | Either


@dataclass(frozen=True, slots=True)
class Order:
    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of a page: its value in the order asked for (times in microseconds since 1970), and its id."""

    value: str | int
    object_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersOf:
    """Who is in a group: its members, its owners, or everybody through nested groups."""

    group_id: UUID
    owners: bool = False
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsOf:
    """The groups somebody is in, directly or through others."""

    member_id: UUID
    nested: bool = False


Scope: TypeAlias = MembersOf | GroupsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A page of objects: `limit` of them behind a place. `deleted_after` asks for those deleted since then instead of live ones."""

    where: Predicate | None = None
    scope: Scope | None = None
    order: Order | None = None
    after: Place | None = None
    limit: int = 100
    deleted_after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Rows of a list, and the place to go on from; None behind the last."""

    rows: Sequence[T]
    following: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """What became of an object: `value` is None where it was deleted, `for_good` where it cannot be restored."""

    place: Place
    value: T | None
    for_good: bool = False


def parts_of(predicate: Predicate) -> Iterator[Predicate]:
    """A predicate and all below it."""
    waiting: list[Predicate] = [predicate]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, All | Either):
            waiting.extend(one.parts)
        elif isinstance(one, Not):
            waiting.append(one.inner)
        elif isinstance(one, Some) and one.where is not None:
            waiting.append(one.where)


def is_advanced(predicate: Predicate) -> bool:
    """Whether Graph answers it as an advanced query only (graph-migrations.md 4.2)."""
    return any(
        isinstance(part, Not) or (isinstance(part, Comparison) and part.operator in ADVANCED)
        for part in parts_of(predicate)
    )


def _noun(name: str, order: str, fields: tuple[Field, ...], collections: tuple[Collection, ...]) -> Noun:
    by_name = {one.name: one for one in fields}
    return Noun(name=name, fields=by_name, collections={one.name: one for one in collections}, order=by_name[order])


EXTENSION_FIELDS = tuple(f"on_premises_extension_attributes/extension_attribute{number}" for number in range(1, 16))
"""A path as field name: what is asked for stands in an object of its own on the wire."""

USERS = _noun(
    "user",
    "user_principal_name",
    (
        Field(name="id", kind=Kind.GUID),
        Field(name="user_principal_name", sortable=True, searchable=True, unique=True),
        Field(name="display_name", sortable=True, searchable=True),
        Field(name="mail", sortable=True, searchable=True),
        Field(name="mail_nickname", searchable=True),
        Field(name="user_type"),
        Field(name="account_enabled", kind=Kind.BOOLEAN),
        Field(name="usage_location"),
        Field(name="given_name", searchable=True),
        Field(name="surname", searchable=True),
        Field(name="job_title", searchable=True),
        Field(name="department"),
        Field(name="company_name"),
        Field(name="office_location"),
        Field(name="mobile_phone"),
        Field(name="employee_id"),
        Field(name="city"),
        Field(name="country"),
        Field(name="preferred_language"),
        Field(name="preferred_data_location"),
        Field(name="external_user_state"),
        Field(name="on_premises_sync_enabled", kind=Kind.BOOLEAN),
        Field(name="on_premises_immutable_id"),
        Field(name="created_date_time", kind=Kind.INSTANT, sortable=True),
        *(Field(name=name) for name in EXTENSION_FIELDS),
    ),
    (
        Collection(name="assigned_licenses", fields={"sku_id": Field(name="sku_id", kind=Kind.GUID)}),
        Collection(name="proxy_addresses", element=Field(name="proxy_addresses")),
        Collection(name="other_mails", element=Field(name="other_mails")),
        Collection(name="business_phones", element=Field(name="business_phones")),
    ),
)

GROUPS = _noun(
    "group",
    "display_name",
    (
        Field(name="id", kind=Kind.GUID),
        Field(name="display_name", sortable=True, searchable=True),
        Field(name="mail_nickname", searchable=True),
        Field(name="mail", sortable=True, searchable=True),
        Field(name="description", searchable=True),
        Field(name="visibility"),
        Field(name="mail_enabled", kind=Kind.BOOLEAN),
        Field(name="security_enabled", kind=Kind.BOOLEAN),
        Field(name="preferred_data_location"),
        Field(name="on_premises_sync_enabled", kind=Kind.BOOLEAN),
        Field(name="created_date_time", kind=Kind.INSTANT, sortable=True),
    ),
    (
        Collection(name="group_types", element=Field(name="group_types")),
        Collection(name="proxy_addresses", element=Field(name="proxy_addresses")),
        Collection(name="resource_behavior_options", element=Field(name="resource_behavior_options")),
    ),
)
