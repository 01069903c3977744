"""Columns of lists: those every list has, names for new ones, and which values a column takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import NoReturn, cast
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import ItemKind
from xtenant.domain.fields import (
    CONTENT_TYPE_ID,
    TITLE,
    Address,
    Fields,
    FieldValue,
    Lookup,
    People,
    WrongField,
    field_values,
    fields_text,
)
from xtenant.domain.lists import Column, ColumnKind, ContentType, Definition, ListDefinition, WrongDefinition

MOST_COLUMNS = 300
MOST_CONTENT_TYPES = 200
NAME_LENGTH = 32
TITLE_LENGTH = 255
LINE_LENGTH = 255
LARGEST_REF = 2**63 - 1
LONGEST_DESCRIPTION = 10_000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

TITLE_COLUMN = Column(
    column_id=UUID("fa564e0f-0c70-4ab9-b863-0177e6ddd247"), name=TITLE, title="Title", kind=ColumnKind.TEXT
)
TYPE_COLUMN = Column(
    column_id=UUID("03e45e84-1992-4d42-9116-26f756012634"),
    name=CONTENT_TYPE_ID,
    title="Content Type ID",
    kind=ColumnKind.TEXT,
    hidden=True,
)
WRITABLE = (TITLE_COLUMN, TYPE_COLUMN)
"""What every list has and every item may say."""

ITEM_TYPE, DOCUMENT_TYPE, FOLDER_TYPE = (
    ContentType(type_id="0x01", name="Item", group="List Content Types"),
    ContentType(type_id="0x0101", name="Document", group="Document Content Types"),
    ContentType(type_id="0x0120", name="Folder", group="Folder Content Types"),
)
"""What SharePoint calls its own content types; in a list each has an id that begins with theirs."""

RESERVED = frozenset(
    name.lower()
    for name in (
        *("ID", "Id", "GUID", "UniqueId", "Title", "ContentType", "ContentTypeId", "Author", "Editor", "Created"),
        *("Modified", "Attachments", "FileRef", "FileLeafRef", "FileDirRef", "FSObjType", "FileSystemObjectType"),
        *("File_x0020_Size", "_UIVersionString", "_UIVersion", "_DisplayName", "HasUniqueRoleAssignments", "Edit"),
        *("AuthorId", "EditorId", "ContentTypeId", "Name", "LinkTitle", "DocIcon", "Order", "Version"),
    )
)
"""Internal names that are SharePoint's own."""

Given = Mapping[str, FieldValue | None]
"""Values by internal name; None takes one away."""

Reading = Callable[[Sequence[Column]], Given]
"""Reads what a caller sent, knowing the columns; made by a codec. Raises WrongField."""


def writable_columns(definition: ListDefinition) -> Sequence[Column]:
    """Title, content type, and the list's own."""
    return (*WRITABLE, *definition.columns)


def default_type(kind: ItemKind, definition: ListDefinition) -> str:
    """The content type of an item that names none."""
    if kind is ItemKind.FOLDER:
        return FOLDER_TYPE.type_id
    if definition.content_types:
        return definition.content_types[0].type_id
    return DOCUMENT_TYPE.type_id if kind is ItemKind.FILE else ITEM_TYPE.type_id


def merged(text: Fields, given: Given, columns: Sequence[Column]) -> Fields:
    """The fields of an item after a change. Raises WrongField for values no column takes, and for columns there are not."""
    by_name = {column.name: column for column in columns}
    values = field_values(text)
    for name, value in given.items():
        column = by_name.get(name)
        if column is None:
            raise WrongField(f"The list has no column '{name[:64]}'.")
        fitting = None if value is None else fitted(column, value)
        if fitting is None:
            values.pop(name, None)
        else:
            values[name] = fitting
    return fields_text(values)


def fitted(column: Column, value: FieldValue) -> FieldValue | None:
    """A value as its column keeps it, None for an empty one. Raises WrongField for one of another kind."""
    match column.kind:
        case ColumnKind.TEXT | ColumnKind.CHOICE:
            return _text(column, value, LINE_LENGTH)
        case ColumnKind.NOTE:
            return _text(column, value, None)
        case ColumnKind.NUMBER | ColumnKind.CURRENCY:
            return _number(column, value)
        case ColumnKind.BOOLEAN:
            return value if isinstance(value, bool) else _wrong(column)
        case ColumnKind.DATE:
            return _date(column, value)
        case ColumnKind.CHOICES:
            choices = value if isinstance(value, tuple) and all(map(is_plain, value)) else _wrong(column)
            return choices or None
        case ColumnKind.PERSON | ColumnKind.PEOPLE:
            refs = value.refs if isinstance(value, People) else _wrong(column)
            return People(_numbers(column, refs, many=column.kind is ColumnKind.PEOPLE)) if refs else None
        case ColumnKind.LOOKUP | ColumnKind.LOOKUPS:
            numbers = value.numbers if isinstance(value, Lookup) else _wrong(column)
            return Lookup(_numbers(column, numbers, many=column.kind is ColumnKind.LOOKUPS)) if numbers else None
        case ColumnKind.ADDRESS:
            address = value if isinstance(value, Address) else _wrong(column)
            if not (is_plain(address.url) and is_plain(address.text)):
                _wrong(column)
            return address if address.url or address.text else None


def is_plain(text: str) -> bool:
    """Whether a text holds no signs that XML cannot hold, and SharePoint refuses."""
    return _CONTROL.search(text) is None


def require_plain(definition: Definition) -> None:
    """Raises WrongDefinition for texts of a definition that hold such signs, or are longer than any name or description."""
    if not all(is_plain(text) and len(text) <= LONGEST_DESCRIPTION for text in _texts_in(asdict(definition))):
        raise WrongDefinition("A name, description or choice is too long or holds control characters.")


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, object]", value).values():
            yield from _texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[object]", value):
            yield from _texts_in(inner)


def internal_name(title: str, taken: Collection[str]) -> str:
    """The internal name SharePoint makes of a title: signs other than letters and digits become `_xHHHH_`, at most 32
    characters, a number behind a name that is taken. Raises WrongDefinition for a title that is none."""
    if not title.strip() or len(title) > TITLE_LENGTH or any(ord(sign) < 32 for sign in title):
        raise WrongDefinition("A column needs a name of at most 255 characters.")
    spelt = "".join(_spelt(sign, first=at == 0) for at, sign in enumerate(title.strip()))[:NAME_LENGTH]
    used = {name.lower() for name in taken} | RESERVED
    name, number = spelt, 0
    while name.lower() in used:
        name = f"{spelt[: NAME_LENGTH - len(str(number))]}{number}"
        number += 1
    return name


def with_column(columns: tuple[Column, ...], column: Column) -> tuple[Column, ...]:
    """With one more; its name is made where it has none. Raises WrongDefinition, Conflict for an id or name that is taken."""
    names = [one.name for one in columns]
    if len(columns) >= MOST_COLUMNS:
        raise WrongDefinition(f"A list has at most {MOST_COLUMNS} columns of its own.")
    if not column.title.strip() or len(column.title) > TITLE_LENGTH:
        raise WrongDefinition("A column needs a name of at most 255 characters.")
    name = column.name or internal_name(column.title, names)
    if not re.fullmatch(r"\w{1,64}", name, re.ASCII) or name.lower() in RESERVED:
        raise WrongDefinition(f"'{name[:64]}' is no internal name of a column.")
    if name.lower() in {one.lower() for one in names} or column.column_id in {one.column_id for one in columns}:
        raise errors.Conflict(f"A column named '{name}' exists already.")
    if column.kind in (ColumnKind.LOOKUP, ColumnKind.LOOKUPS) and column.looks_at is None:
        raise WrongDefinition("A lookup column names the list it looks at.")
    return (*columns, replace(column, name=name))


def with_type(types: tuple[ContentType, ...], new: ContentType) -> tuple[ContentType, ...]:
    """With one more. Raises WrongDefinition, Conflict for an id or name that is taken."""
    if not re.fullmatch(r"0x(?:[0-9a-f]{2}){1,255}", new.type_id, re.IGNORECASE) or not new.type_id.startswith("0x01"):
        raise WrongDefinition(f"'{new.type_id[:64]}' is no id of a content type.")
    if not new.name.strip() or len(new.name) > TITLE_LENGTH:
        raise WrongDefinition("A content type needs a name of at most 255 characters.")
    if len(types) >= MOST_CONTENT_TYPES:
        raise WrongDefinition(f"A list has at most {MOST_CONTENT_TYPES} content types.")
    if any(one.type_id.lower() == new.type_id.lower() or one.name.lower() == new.name.lower() for one in types):
        raise errors.Conflict(f"A content type named '{new.name[:64]}' exists already.")
    return (*types, new)


def child_type_id(parent: str, own: UUID) -> str:
    """The id of a new content type below another: `00` and a GUID behind the parent's."""
    return f"{parent}00{own.hex.upper()}"


def number_shown(value: float) -> int | float | str:
    """A number as JSON readers take it: one that came from elsewhere and passes 64 bits goes as a float, or as text."""
    if isinstance(value, float) or -LARGEST_REF <= value <= LARGEST_REF:
        return value
    try:
        return float(value)
    except OverflowError:
        return str(value)


def date_value(moment: datetime) -> str:
    """A date as fields keep it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _spelt(sign: str, *, first: bool) -> str:
    plain = sign.isascii() and (sign.isalpha() or (sign.isdigit() and not first) or sign == "_")
    return sign if plain else f"_x{ord(sign):04x}_"


def _wrong(column: Column) -> NoReturn:
    raise WrongField(f"The column '{column.title}' takes no such value ({column.kind.value}).")


def _text(column: Column, value: FieldValue, longest: int | None) -> str | None:
    if not isinstance(value, str) or (longest is not None and len(value) > longest):
        return _wrong(column)
    return (value or None) if is_plain(value) else _wrong(column)


def _number(column: Column, value: FieldValue) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST_REF <= value <= LARGEST_REF:
        return _wrong(column)
    return value


def _date(column: Column, value: FieldValue) -> str | None:
    if not isinstance(value, str):
        return _wrong(column)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return date_value(moment)
    except (ValueError, OverflowError):
        return _wrong(column)


def _numbers(column: Column, numbers: tuple[int, ...], *, many: bool) -> tuple[int, ...]:
    if (len(numbers) > 1 and not many) or not all(0 < one <= LARGEST_REF for one in numbers):
        _wrong(column)
    return tuple(dict.fromkeys(numbers))
