"""List items as JSON with the values of their columns, their versions and attachments, and the bodies that change them
(content-api.md 4.4, 4.6).

A column stands under its internal name; people and lookups under the name and `Id`, as numbers of the site's users and of
items. Names that begin with `_` are written `OData__…`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from xtenant.domain import paths
from xtenant.domain.columns import Given, default_type, number_shown
from xtenant.domain.content import Attachment, FileVersion, Item, ItemKind, Principal, PrincipalKey
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
from xtenant.domain.form_values import FormAnswer, FormValue
from xtenant.domain.list_views import ATTACHMENTS, History, ListItemView, ListPage, ListView
from xtenant.domain.lists import Column, ColumnKind
from xtenant.domain.permissions import SiteUser
from xtenant.protocols.sharepoint_rest.codec.site_principals import user_json
from xtenant.wire.odata import Json

NAVIGATIONS = ("Author", "Editor", "AttachmentFiles")
ITEM_KIND, ATTACHMENT_KIND = "SP.ListItem", "SP.Attachment"
MAJOR = 512
"""Version numbers count 512 for each major version (content-api.md 4.3)."""

_REFERENCES = frozenset({ColumnKind.PERSON, ColumnKind.PEOPLE, ColumnKind.LOOKUP, ColumnKind.LOOKUPS})
_MANY = frozenset({ColumnKind.PEOPLE, ColumnKind.LOOKUPS})
_INVALID_FIELD = -2130575340


def etag_of(item: Item) -> str:
    """Rises with every change of an item."""
    return f'"{item.item_id},{item.change_no}"'


def list_item_json(page: ListPage, one: ListItemView) -> dict[str, Json]:
    """`SP.ListItem` with every column of its list; a folder has no size, a row of a list no content."""
    view, item = page.view, one.item
    path = path_of(view, one)
    is_file, is_folder = item.kind is ItemKind.FILE, item.kind is ItemKind.FOLDER
    major, minor = (1, 0) if is_folder else item.version
    row: dict[str, Json] = {
        "Id": item.int_id,
        "ID": item.int_id,
        "GUID": item.item_id,
        "UniqueId": item.item_id,
        "FileRef": path,
        "FileLeafRef": path.rpartition("/")[2],
        "FileDirRef": path.rpartition("/")[0],
        "FSObjType": int(is_folder),
        "FileSystemObjectType": int(is_folder),
        "OData__UIVersionString": f"{major}.{minor}",
        "OData__DisplayName": one.label or None,
        "OData__CheckinComment": one.comment if is_file else None,
        "File_x0020_Size": str(item.size_bytes) if is_file else None,
        "HasUniqueRoleAssignments": one.is_unique,
        "AuthorId": item.author,
        "EditorId": item.editor,
        "Created": _seconds(item.created_at),
        "Modified": _seconds(item.modified_at),
        **fields_json(view.definition.columns, item.fields),
    }
    row.setdefault(TITLE, None)
    if not row.get(CONTENT_TYPE_ID):
        row[CONTENT_TYPE_ID] = default_type(item.kind, view.definition)
    if not view.is_library:
        row["Attachments"] = one.has_attachments
    for name, key in (("Author", item.author), ("Editor", item.editor)):
        person = page.people.get(key)
        row[name] = None if person is None else user_json(SiteUser(principal=person))
    return row


def path_of(view: ListView, one: ListItemView) -> str:
    """The server-relative address of an item."""
    return "/" + paths.full_path(view.site.url, (*view.address, *one.path))


def fields_json(columns: Sequence[Column], text: Fields) -> dict[str, Json]:
    """The values of title, content type and every column, the empty ones as null."""
    values = field_values(text)
    row: dict[str, Json] = {}
    for name in (TITLE, CONTENT_TYPE_ID):
        value = values.get(name)
        row[name] = value if isinstance(value, str) else None
    for column in columns:
        row |= _value_json(column, values.get(column.name))
    return row


def wire_name(column: Column) -> str:
    """How a column is spelt in rows: `OData__…` where it begins with `_`, with `Id` where it refers to something."""
    name = f"OData_{column.name}" if column.name.startswith("_") else column.name
    return f"{name}Id" if column.kind in _REFERENCES else name


def read_fields(body: Mapping[str, Any]) -> _Reader:
    """What a body says of an item's fields, once its list's columns are known; metadata is passed over."""
    return _Reader({name: value for name, value in body.items() if name != "__metadata" and "odata." not in name})


class _Reader:
    """`domain.columns.Reading` of a body."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def __call__(self, columns: Sequence[Column]) -> Given:
        by_name = {wire_name(column).lower(): column for column in columns}
        given: dict[str, FieldValue | None] = {}
        for name, value in self._body.items():
            column = by_name.get(name.lower())
            if column is None:
                raise WrongField(f"The property '{name[:64]}' does not exist on type 'SP.ListItem'.")
            given[column.name] = _value_of(column, value)
        return given


def body_of(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises WrongField."""
    try:
        return msgspec.json.decode(content or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WrongField(f"The body is not what this call takes: {error}") from error


def history_json(history: History) -> list[dict[str, Json]]:
    """`SP.ListItemVersion` rows, newest first. Columns stand as in items (at Microsoft `_` is spelt `_x005f_`); comment and
    size are of files."""
    page = history.page
    item, columns = page.items[0].item, page.view.definition.columns
    return [_version_json(item, one, columns, history.people) for one in history.versions]


def _version_json(
    item: Item, one: FileVersion, columns: Sequence[Column], people: Mapping[PrincipalKey, Principal]
) -> dict[str, Json]:
    editor = people.get(one.editor)
    return {
        "VersionId": one.major * MAJOR + one.minor,
        "VersionLabel": f"{one.major}.{one.minor}",
        "IsCurrentVersion": (one.major, one.minor) == item.version,
        "Created": _seconds(one.modified_at),
        "Modified": _seconds(one.modified_at),
        "EditorId": one.editor,
        "Editor": {
            "LookupId": one.editor,
            "LookupValue": editor.name if editor else "",
            "Email": (editor.mail if editor else None) or "",
        },
        "CheckInComment": one.comment,
        "Size": one.size_bytes,
        **fields_json(columns, one.fields),
    }


def attachment_json(view: ListView, item: Item, one: Attachment) -> dict[str, Json]:
    """`SP.Attachment`; size, dates and people are ours and absent at Microsoft."""
    path = f"{view.path}/{ATTACHMENTS}/{item.int_id}/{one.name}"
    return {
        "FileName": one.name,
        "FileNameAsPath": {"DecodedUrl": one.name},
        "ServerRelativePath": {"DecodedUrl": path},
        "ServerRelativeUrl": path,
        "Length": str(one.size_bytes),
        "TimeCreated": _seconds(one.created_at),
        "TimeLastModified": _seconds(one.modified_at),
        "AuthorId": one.author,
        "EditorId": one.editor,
    }


class FormFieldBody(msgspec.Struct, kw_only=True):
    """One field of a form; what answers hold beside is passed over."""

    FieldName: str
    FieldValue: str | None = None
    HasException: bool | None = None
    ErrorCode: int | None = None
    ErrorMessage: str | None = None
    ItemId: int | None = None


class ValidateBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`ValidateUpdateListItem`; clients write the names of switches in more ways than one."""

    formValues: list[FormFieldBody] | FormFieldList
    bNewDocumentUpdate: bool | None = None
    checkInComment: str | None = None
    datesInUTC: bool | None = None
    bDatesInUTC: bool | None = None

    @property
    def values(self) -> list[FormValue]:
        rows = self.formValues if isinstance(self.formValues, list) else self.formValues.results
        return [FormValue(name=row.FieldName, text=row.FieldValue or "") for row in rows]


class FormFieldList(msgspec.Struct):
    """A collection as verbose clients write it."""

    results: list[FormFieldBody]


def form_answer_json(answer: FormAnswer, number: int) -> dict[str, Json]:
    """`SP.ListItemFormUpdateValue`: the answer is 200 even where `HasException` says no."""
    return {
        "FieldName": answer.name,
        "FieldValue": answer.text,
        "HasException": answer.problem is not None,
        "ErrorCode": 0 if answer.problem is None else _INVALID_FIELD,
        "ErrorMessage": answer.problem,
        "ItemId": number,
    }


def _value_json(column: Column, value: FieldValue | None) -> dict[str, Json]:
    name = wire_name(column)
    many = column.kind in _MANY
    match value:
        case People() | Lookup():
            numbers = list(value.refs if isinstance(value, People) else value.numbers)
            plain: Json = numbers if many else numbers[0] if numbers else None
        case Address():
            plain = {"Description": value.text, "Url": value.url}
        case tuple():
            plain = list(value)
        case int() | float():
            plain = number_shown(value)
        case _:
            plain = value
    if column.kind not in (ColumnKind.PERSON, ColumnKind.PEOPLE):
        return {name: plain}
    texts: Json = [str(one) for one in plain] if isinstance(plain, list) else None if plain is None else str(plain)
    return {name: plain, f"{name.removesuffix('Id')}StringId": texts}


def _value_of(column: Column, value: Any) -> FieldValue | None:
    if value is None or value == "":
        return None
    match column.kind:
        case ColumnKind.PERSON | ColumnKind.PEOPLE:
            return People(_numbers(column, value))
        case ColumnKind.LOOKUP | ColumnKind.LOOKUPS:
            return Lookup(_numbers(column, value))
        case ColumnKind.CHOICES:
            texts = _listed(value)
            if not all(isinstance(one, str) for one in texts):
                raise WrongField(f"'{column.title}' is a list of texts.")
            return tuple(texts)
        case ColumnKind.ADDRESS:
            return _address(column, value)
        case _:
            if isinstance(value, str | int | float | bool):
                return value
            raise WrongField(f"'{column.title}' takes no such value.")


def _numbers(column: Column, value: Any) -> tuple[int, ...]:
    numbers = _listed(value)
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in numbers):
        raise WrongField(f"'{column.title}' names people or items by their numbers.")
    return tuple(numbers)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("results")
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _address(column: Column, value: Any) -> Address:
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    url, text = members.get("Url"), members.get("Description")
    if not isinstance(url, str) or not isinstance(text, str | None):
        raise WrongField(f"'{column.title}' is an object with Url and Description.")
    return Address(url, text or "")


def _seconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
