"""List items with their fields and versions in Graph's form, written and read (content-api.md 1.13).

Fields stand under their internal names; a person or lookup under the name and `LookupId` as text, several as objects with
`LookupId` and `LookupValue`. Values that are not set are left out. The text of a lookup is not looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec

from xtenant.domain import paths
from xtenant.domain.columns import DOCUMENT_TYPE, FOLDER_TYPE, ITEM_TYPE, Given, default_type, number_shown
from xtenant.domain.content import FileVersion, ItemKind, Principal, PrincipalKey
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
)
from xtenant.domain.list_views import ListItemView, ListPage, ListView
from xtenant.domain.lists import Column, ColumnKind, ContentType
from xtenant.protocols.graph.codec.bodies import Json, selected
from xtenant.protocols.graph.codec.dates import date_text, parse_date
from xtenant.protocols.graph.codec.drives import identity_json
from xtenant.protocols.graph.codec.lists import ListOptions, etag_of

_REFERENCES = frozenset({ColumnKind.PERSON, ColumnKind.PEOPLE, ColumnKind.LOOKUP, ColumnKind.LOOKUPS})
_MANY = frozenset({ColumnKind.PEOPLE, ColumnKind.LOOKUPS})
_SUFFIX = "LookupId"


def item_json(page: ListPage, one: ListItemView, site_id: str, options: ListOptions) -> Json:
    """A list item, with its fields where they are expanded."""
    item, view = one.item, page.view
    row: dict[str, object] = {
        "@odata.etag": etag_of(item),
        "id": str(item.int_id),
        "eTag": etag_of(item),
        "webUrl": paths.web_url(view.site.url, (*view.address, *one.path)),
        "createdDateTime": date_text(item.created_at),
        "lastModifiedDateTime": date_text(item.modified_at),
        "createdBy": identity_json(page.people.get(item.author)),
        "lastModifiedBy": identity_json(page.people.get(item.editor)),
        "parentReference": {"siteId": site_id},
        "contentType": _type_of(view, item.kind, item.fields),
    }
    shown = dict(selected(row, options.plain.select))
    if "sharepointids" in {name.lower() for name in options.plain.select}:
        shown["sharepointIds"] = {"listId": str(view.library.item_id), "listItemUniqueId": str(item.item_id)}
    if options.fields is not None:
        shown["fields"] = selected(fields_json(page, one), options.fields)
    return shown


def fields_json(page: ListPage, one: ListItemView) -> dict[str, object]:
    """A `fieldValueSet`."""
    item, view = one.item, page.view
    major, minor = item.version if item.kind.has_versions else (1, 0)
    row: dict[str, object] = {
        "@odata.etag": etag_of(item),
        "id": str(item.int_id),
        **_columns_json(view, item.kind, item.fields, page.people),
        "Created": date_text(item.created_at),
        "Modified": date_text(item.modified_at),
        "AuthorLookupId": str(item.author),
        "EditorLookupId": str(item.editor),
        "_UIVersionString": f"{major}.{minor}",
    }
    if item.kind is ItemKind.LIST_ITEM:
        row["Attachments"] = one.has_attachments
    else:
        row["FileLeafRef"] = item.name
    return row


def version_json(page: ListPage, version: FileVersion, people: Mapping[PrincipalKey, Principal]) -> dict[str, object]:
    """A `listItemVersion` with its fields."""
    kind = page.items[0].item.kind
    return {
        "id": f"{version.major}.{version.minor}",
        "lastModifiedDateTime": date_text(version.modified_at),
        "lastModifiedBy": identity_json(people.get(version.editor)),
        "fields": _columns_json(page.view, kind, version.fields, people),
    }


def _columns_json(
    view: ListView, kind: ItemKind, text: Fields, people: Mapping[PrincipalKey, Principal]
) -> dict[str, object]:
    values = field_values(text)
    row: dict[str, object] = {}
    if isinstance(values.get(TITLE), str):
        row[TITLE] = values[TITLE]
    row["ContentType"] = _type_of(view, kind, text)["name"]
    for column in view.definition.columns:
        value = values.get(column.name)
        if value is not None:
            name, shown = _value_json(column, value, people)
            row[name] = shown
    return row


def _value_json(column: Column, value: FieldValue, people: Mapping[PrincipalKey, Principal]) -> tuple[str, object]:
    match value:
        case People():
            if column.kind in _MANY:
                return column.name, [_person_json(ref, people) for ref in value.refs]
            return f"{column.name}{_SUFFIX}", str(value.refs[0]) if value.refs else None
        case Lookup():
            if column.kind in _MANY:
                return column.name, [{"LookupId": number, "LookupValue": ""} for number in value.numbers]
            return f"{column.name}{_SUFFIX}", str(value.numbers[0]) if value.numbers else None
        case Address():
            return column.name, {"Description": value.text, "Url": value.url}
        case tuple():
            return column.name, list(value)
        case int() | float():
            return column.name, number_shown(value)
        case str():
            return column.name, value


def _person_json(ref: int, people: Mapping[PrincipalKey, Principal]) -> dict[str, object]:
    person = people.get(PrincipalKey(ref))
    row: dict[str, object] = {"LookupId": ref, "LookupValue": person.name if person else ""}
    return {**row, "Email": person.mail} if person and person.mail else row


def _type_of(view: ListView, kind: ItemKind, text: Fields) -> dict[str, object]:
    value = field_values(text).get(CONTENT_TYPE_ID)
    type_id = value if isinstance(value, str) else default_type(kind, view.definition)
    known: Sequence[ContentType] = (*view.definition.content_types, DOCUMENT_TYPE, FOLDER_TYPE, ITEM_TYPE)
    name = next((one.name for one in known if one.type_id.lower() == type_id.lower()), "Item")
    return {"id": type_id, "name": name}


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class TypeBody(_Body):
    id: str | None = None
    name: str | None = None


class ItemBody(_Body):
    """An item to be made."""

    fields: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    content_type: TypeBody | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Its fields, the content type among them."""
        given = self.content_type.id if self.content_type is not None else None
        return self.fields if given is None else {**self.fields, CONTENT_TYPE_ID: given}


class ItemPatch(ItemBody):
    """What is to change of an item."""


class FieldReader:
    """`domain.columns.Reading` of a body's fields; annotations are passed over."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = {name: value for name, value in body.items() if "@odata." not in name}

    def __call__(self, columns: Sequence[Column]) -> Given:
        by_name = {_wire_name(column): column for column in columns}
        given: dict[str, FieldValue | None] = {}
        for name, value in self._body.items():
            column = by_name.get(name)
            if column is None:
                raise WrongField(f"Field '{name[:64]}' is not recognized, or is read-only.")
            given[column.name] = _value_of(column, value)
        return given


def _wire_name(column: Column) -> str:
    return f"{column.name}{_SUFFIX}" if column.kind in _REFERENCES else column.name


def _value_of(column: Column, value: Any) -> FieldValue | None:
    if value is None or value == "":
        return None
    match column.kind:
        case ColumnKind.PERSON | ColumnKind.PEOPLE:
            return People(_numbers(column, value))
        case ColumnKind.LOOKUP | ColumnKind.LOOKUPS:
            return Lookup(_numbers(column, value))
        case ColumnKind.CHOICES:
            texts = cast("list[Any]", value) if isinstance(value, list) else [value]
            if not all(isinstance(one, str) for one in texts):
                raise WrongField(f"'{column.title}' is a list of texts.")
            return tuple(texts)
        case ColumnKind.ADDRESS:
            members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
            url, text = members.get("Url"), members.get("Description") or ""
            if not isinstance(url, str) or not isinstance(text, str):
                raise WrongField(f"'{column.title}' is an object with Url and Description.")
            return Address(url, text)
        case _:
            if isinstance(value, str | int | float | bool):
                return value
            raise WrongField(f"'{column.title}' takes no such value.")


def _numbers(column: Column, value: Any) -> tuple[int, ...]:
    listed = cast("list[Any]", value) if isinstance(value, list) else [value]
    return tuple(_number(column, one) for one in listed)


def _number(column: Column, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    raise WrongField(f"'{column.title}' names people or items by their numbers.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteListItem:
    """A list item with its fields as they travel."""

    id: str
    url: str
    created_at: datetime
    modified_at: datetime
    content_type: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteListVersion:
    id: str
    modified_at: datetime
    fields: Mapping[str, Any]


def list_item_from_json(row: Json) -> RemoteListItem:
    found: Mapping[str, Any] = dict(row)
    content_type: Mapping[str, Any] = found.get("contentType") or {}
    return RemoteListItem(
        id=found["id"],
        url=found.get("webUrl") or "",
        created_at=parse_date(found["createdDateTime"]),
        modified_at=parse_date(found["lastModifiedDateTime"]),
        content_type=content_type.get("id") or "",
        fields=_plain(found.get("fields") or {}),
    )


def list_version_from_json(row: Json) -> RemoteListVersion:
    found: Mapping[str, Any] = dict(row)
    modified = parse_date(found["lastModifiedDateTime"])
    return RemoteListVersion(id=found["id"], modified_at=modified, fields=_plain(found.get("fields") or {}))


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if "@odata." not in name}
