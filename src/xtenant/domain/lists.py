"""What webs and lists are made of: columns, content types, versioning; kept beside the item that stands for the web or list.

A web or list without a definition of its own is a plain one: a team site's web, a document library.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any, cast
from uuid import UUID

from xtenant.domain import errors

GENERIC_LIST = 100
DOCUMENT_LIBRARY = 101
ENGLISH = 1033
PACIFIC = 13
"""SharePoint's number of the time zone that a site has by default."""


class WrongDefinition(errors.UsageError):
    """A web's or list's definition says what no list can be."""

    code = "invalidListDefinition"
    remedy = "Compare with a list that exists: `GET …/_api/web/lists(guid'…')/fields`."


class ColumnKind(Enum):
    """SharePoint's `TypeAsString` of the kinds that hold values."""

    TEXT = "Text"
    NOTE = "Note"
    NUMBER = "Number"
    CURRENCY = "Currency"
    BOOLEAN = "Boolean"
    DATE = "DateTime"
    CHOICE = "Choice"
    CHOICES = "MultiChoice"
    PERSON = "User"
    PEOPLE = "UserMulti"
    LOOKUP = "Lookup"
    LOOKUPS = "LookupMulti"
    ADDRESS = "URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`name` is the internal name, `title` what people read; `looks_at` the list a lookup column takes its values from."""

    column_id: UUID
    name: str
    title: str
    kind: ColumnKind
    required: bool = False
    hidden: bool = False
    indexed: bool = False
    description: str = ""
    group: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    looks_at: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentType:
    """`type_id` begins with its parent's (`0x0101…`); `columns` are the ids of columns it shows."""

    type_id: str
    name: str
    description: str = ""
    group: str = ""
    hidden: bool = False
    columns: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDefinition:
    """`template` is the number of the list's template; `version_limit` 0 keeps every major version."""

    template: int = DOCUMENT_LIBRARY
    title: str = ""
    """Empty: the last segment of its address (the default library's is Documents)."""
    description: str = ""
    hidden: bool = False
    versioning: bool = True
    minor_versions: bool = False
    version_limit: int = 500
    moderation: bool = False
    attachments: bool = False
    content_types_enabled: bool = False
    columns: tuple[Column, ...] = ()
    content_types: tuple[ContentType, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDefinition:
    """Of the root web and of subwebs alike. `language` is an LCID, `time_zone` SharePoint's number; the columns and content
    types are the web's own, which its lists may take up. `template` and `title` of the root web are the site's."""

    title: str = ""
    description: str = ""
    template: str = ""
    language: int = ENGLISH
    time_zone: int = PACIFIC
    columns: tuple[Column, ...] = ()
    content_types: tuple[ContentType, ...] = ()


PLAIN_LIBRARY = ListDefinition()
PLAIN_WEB = WebDefinition()
Definition = ListDefinition | WebDefinition


def definition_text(definition: Definition) -> str:
    """Canonical JSON: equal definitions have equal text."""
    found = asdict(definition)
    return json.dumps(found, default=_told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def list_definition_of(text: str) -> ListDefinition:
    """Raises WrongDefinition: the text may come from a partner."""
    found = _object(text)
    try:
        return ListDefinition(**_known(ListDefinition, found), **_shapes(found))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise WrongDefinition(f"A list's definition cannot be read: {error}") from error


def web_definition_of(text: str) -> WebDefinition:
    """Raises WrongDefinition."""
    found = _object(text)
    try:
        return WebDefinition(**_known(WebDefinition, found), **_shapes(found))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise WrongDefinition(f"A web's definition cannot be read: {error}") from error


def _told(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise WrongDefinition("A definition is no JSON.") from error
    if not isinstance(found, dict):
        raise WrongDefinition("A definition is no object.")
    return cast("dict[str, Any]", found)


def _known(kind: type[Definition], found: dict[str, Any]) -> dict[str, Any]:
    """The plain members, each of the type that its default has."""
    plain: dict[str, Any] = {}
    wanted = {field.name: field.default for field in fields(kind) if field.name not in ("columns", "content_types")}
    for name, default in wanted.items():
        value = found[name]
        if type(value) is not type(default):
            raise ValueError(f"{name} is of the wrong kind")
        if isinstance(value, int) and not 0 <= value < 2**31:
            raise ValueError(f"{name} is out of range")
        plain[name] = value
    return plain


def _shapes(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "columns": tuple(_column(one) for one in found["columns"]),
        "content_types": tuple(_content_type(one) for one in found["content_types"]),
    }


def _column(found: dict[str, Any]) -> Column:
    looks_at = found["looks_at"]
    return Column(
        column_id=UUID(found["column_id"]),
        name=_text(found["name"]),
        title=_text(found["title"]),
        kind=ColumnKind(found["kind"]),
        required=_flag(found["required"]),
        hidden=_flag(found["hidden"]),
        indexed=_flag(found["indexed"]),
        description=_text(found["description"]),
        group=_text(found["group"]),
        default=_text(found["default"]),
        choices=tuple(_text(one) for one in found["choices"]),
        looks_at=None if looks_at is None else UUID(looks_at),
    )


def _content_type(found: dict[str, Any]) -> ContentType:
    return ContentType(
        type_id=_text(found["type_id"]),
        name=_text(found["name"]),
        description=_text(found["description"]),
        group=_text(found["group"]),
        hidden=_flag(found["hidden"]),
        columns=tuple(UUID(one) for one in found["columns"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("a text is of the wrong kind")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("a truth value is of the wrong kind")
    return value
