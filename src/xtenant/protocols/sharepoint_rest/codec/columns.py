"""Columns and content types as JSON, and the bodies that make and change them (content-api.md 4.4)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

import msgspec
from lxml import etree

from xtenant.domain import errors
from xtenant.domain.columns import DOCUMENT_TYPE, FOLDER_TYPE, ITEM_TYPE, TITLE_COLUMN, child_type_id
from xtenant.domain.lists import Column, ColumnKind, ContentType, WrongDefinition
from xtenant.wire.odata import Json

FIELD_KIND, TYPE_KIND = "SP.Field", "SP.ContentType"
NOT_A_LIST = "00000000-0000-0000-0000-000000000000"

KINDS: dict[ColumnKind, int] = {
    ColumnKind.TEXT: 2,
    ColumnKind.NOTE: 3,
    ColumnKind.DATE: 4,
    ColumnKind.CHOICE: 6,
    ColumnKind.LOOKUP: 7,
    ColumnKind.LOOKUPS: 7,
    ColumnKind.BOOLEAN: 8,
    ColumnKind.NUMBER: 9,
    ColumnKind.CURRENCY: 10,
    ColumnKind.ADDRESS: 11,
    ColumnKind.CHOICES: 15,
    ColumnKind.PERSON: 20,
    ColumnKind.PEOPLE: 20,
}
"""`FieldTypeKind`."""

MANY = {ColumnKind.PERSON: ColumnKind.PEOPLE, ColumnKind.LOOKUP: ColumnKind.LOOKUPS}
_KIND_OF = {number: kind for kind, number in reversed(KINDS.items())}
_LONGEST_SCHEMA = 64 * 1024


def field_json(column: Column, *, own: bool = True) -> dict[str, Json]:
    """`SP.Field`; those that every list has are told by `CanBeDeleted`."""
    return {
        "Id": column.column_id,
        "InternalName": column.name,
        "StaticName": column.name,
        "EntityPropertyName": f"OData_{column.name}" if column.name.startswith("_") else column.name,
        "Title": column.title,
        "TypeAsString": column.kind.value,
        "FieldTypeKind": KINDS[column.kind],
        "Required": column.required,
        "Hidden": column.hidden,
        "Indexed": column.indexed,
        "Description": column.description,
        "Group": column.group or "Custom Columns",
        "DefaultValue": column.default or None,
        "Choices": list(column.choices),
        "LookupList": "" if column.looks_at is None else f"{{{column.looks_at}}}",
        "AllowMultipleValues": column.kind in (ColumnKind.PEOPLE, ColumnKind.LOOKUPS),
        "ReadOnlyField": False,
        "Sealed": False,
        "FromBaseType": not own,
        "CanBeDeleted": own,
        "SchemaXml": schema_of(column),
    }


def fields_json(columns: Sequence[Column]) -> list[dict[str, Json]]:
    """Title first, then the columns of the list or web itself."""
    return [field_json(TITLE_COLUMN, own=False), *(field_json(column) for column in columns)]


def schema_of(column: Column) -> str:
    """The `<Field>` element."""
    flags = {"Required": column.required, "Hidden": column.hidden, "Indexed": column.indexed}
    attributes = {
        "ID": f"{{{column.column_id}}}",
        "Type": column.kind.value,
        "Name": column.name,
        "StaticName": column.name,
        "DisplayName": column.title,
        **{name: "TRUE" for name, on in flags.items() if on},
        **({"Description": column.description} if column.description else {}),
        **({"Group": column.group} if column.group else {}),
        **({"List": f"{{{column.looks_at}}}", "ShowField": "Title"} if column.looks_at else {}),
        **({"Mult": "TRUE"} if column.kind in MANY.values() else {}),
    }
    choices = "".join(f"<CHOICE>{escape(one)}</CHOICE>" for one in column.choices)
    inside = f"<CHOICES>{choices}</CHOICES>" if choices else ""
    inside += f"<Default>{escape(column.default)}</Default>" if column.default else ""
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<Field {written}>{inside}</Field>" if inside else f"<Field {written} />"


def types_json(types: Sequence[ContentType], columns: Sequence[Column], *, library: bool) -> list[dict[str, Json]]:
    """The content types of a list or web, those of its own first, then what every one has."""
    plain = DOCUMENT_TYPE if library else ITEM_TYPE
    own = [type_json(one, columns) for one in types]
    return [*own, *(type_json(one, (), sealed=True) for one in (plain, FOLDER_TYPE))]


def type_json(one: ContentType, columns: Sequence[Column], *, sealed: bool = False) -> dict[str, Json]:
    """`SP.ContentType` with the columns it shows (`FieldLinks`)."""
    named = {column.column_id: column for column in columns}
    return {
        "StringId": one.type_id,
        "Id": {"StringValue": one.type_id},
        "Name": one.name,
        "Description": one.description,
        "Group": one.group,
        "Hidden": one.hidden,
        "ReadOnly": False,
        "Sealed": sealed,
        "FieldLinks": [link_json(named[key]) for key in one.columns if key in named],
    }


def link_json(column: Column) -> dict[str, Json]:
    """`SP.FieldLink`."""
    return {
        "Id": column.column_id,
        "Name": column.name,
        "FieldInternalName": column.name,
        "Hidden": column.hidden,
        "Required": column.required,
    }


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    metadata: dict[str, Any] | None = msgspec.field(default=None, name="__metadata")
    odata_type: str | None = msgspec.field(default=None, name="odata.type")
    odata_type_4: str | None = msgspec.field(default=None, name="@odata.type")


class Texts(msgspec.Struct):
    """A collection as verbose clients write it."""

    results: list[str]


class FieldBody(_Body):
    """`SP.Field` or `SP.FieldCreationInformation` to be made, or what is to change of one; what must be empty here is taken
    only empty."""

    Title: str | None = None
    FieldTypeKind: int | None = None
    Required: bool | None = None
    Hidden: bool | None = None
    Indexed: bool | None = None
    Description: str | None = None
    Group: str | None = None
    DefaultValue: str | None = None
    StaticName: str | None = None
    InternalName: str | None = None
    Choices: list[str] | Texts | None = None
    LookupListId: UUID | None = None
    LookupFieldName: str | None = None
    AllowMultipleValues: bool | None = None
    IsCompactName: bool | None = None
    Formula: None = None
    LookupWebId: None = None

    def new(self, column_id: UUID) -> Column:
        """Raises WrongDefinition for a kind that holds no values here."""
        kind = _KIND_OF.get(self.FieldTypeKind or 0)
        if kind is None or not self.Title:
            raise WrongDefinition("A field needs a Title and a FieldTypeKind that is served here.")
        if self.LookupFieldName not in (None, "", "Title"):
            raise WrongDefinition("A lookup shows the Title of what it looks at.")
        kind = MANY.get(kind, kind) if self.AllowMultipleValues else kind
        plain = Column(column_id=column_id, name="", title=self.Title, kind=kind, looks_at=self.LookupListId)
        return self.over(plain)

    def over(self, column: Column) -> Column:
        """A column with what the body says."""
        choices = self.Choices.results if isinstance(self.Choices, Texts) else self.Choices
        said = {
            "title": self.Title,
            "required": self.Required,
            "hidden": self.Hidden,
            "indexed": self.Indexed,
            "description": self.Description,
            "group": self.Group,
            "default": self.DefaultValue,
            "choices": None if choices is None else tuple(choices),
        }
        changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return dataclasses.replace(column, **changes)


class FieldInformation(_Body):
    parameters: FieldBody


class SchemaInformation(_Body):
    """`SP.XmlSchemaFieldCreationInformation`."""

    SchemaXml: str
    Options: int | None = None


class SchemaBody(_Body):
    parameters: SchemaInformation


def column_of_schema(text: str, column_id: UUID) -> Column:
    """A column from a `<Field>` element; its own ID and Name count. Raises WrongDefinition."""
    element = _element(text)
    given: dict[str, str] = {str(name): str(value) for name, value in element.attrib.items()}
    try:
        kind = ColumnKind(given.get("Type", ""))
        kind = MANY.get(kind, kind) if given.get("Mult", "").upper() == "TRUE" else kind
        looks_at = UUID(given["List"].strip("{}")) if "List" in given else None
        own_id = UUID(given["ID"].strip("{}")) if "ID" in given else column_id
    except ValueError as error:
        raise WrongDefinition("A field of this kind cannot be made here.") from error
    title = given.get("DisplayName") or given.get("Name") or ""
    return Column(
        column_id=own_id,
        name=given.get("Name", ""),
        title=title,
        kind=kind,
        required=_flag(given, "Required"),
        hidden=_flag(given, "Hidden"),
        indexed=_flag(given, "Indexed"),
        description=given.get("Description", ""),
        group=given.get("Group", ""),
        default=str(element.findtext("Default") or ""),
        choices=tuple(str(one.text or "") for one in element.findall("CHOICES/CHOICE")),
        looks_at=looks_at,
    )


def _element(text: str) -> Any:
    if len(text) > _LONGEST_SCHEMA or "<!" in text:
        raise WrongDefinition("The schema of a field is one short element.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        element = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise WrongDefinition("The schema of a field cannot be read.") from error
    if element.tag != "Field":
        raise WrongDefinition("The schema of a field is a Field element.")
    return element


def _flag(given: dict[str, str], name: str) -> bool:
    return given.get(name, "").upper() == "TRUE"


class TypeId(msgspec.Struct):
    StringValue: str


class ContentTypeBody(_Body):
    """A content type to be made; without an id it gets one below `Item`, or below `ParentId`."""

    Name: str
    Description: str | None = None
    Group: str | None = None
    Hidden: bool | None = None
    Id: TypeId | str | None = None
    ParentId: str | None = None

    def new(self, own: UUID) -> ContentType:
        wanted = self.Id.StringValue if isinstance(self.Id, TypeId) else self.Id
        return ContentType(
            type_id=wanted or child_type_id(self.ParentId or ITEM_TYPE.type_id, own),
            name=self.Name,
            description=self.Description or "",
            group=self.Group or "Custom Content Types",
            hidden=bool(self.Hidden),
        )


class ContentTypeInformation(_Body):
    parameters: ContentTypeBody


class AttachTypeBody(_Body):
    """`AddAvailableContentType`."""

    contentTypeId: str


class FieldLinkBody(_Body):
    """A column that a content type is to show."""

    FieldInternalName: str


def read_new_type(content: bytes) -> ContentTypeBody:
    """Plain, or wrapped in `parameters` as `contenttypes/add` has it. Raises UsageError."""
    try:
        return msgspec.json.decode(content, type=ContentTypeInformation).parameters
    except msgspec.MsgspecError:
        pass
    try:
        return msgspec.json.decode(content, type=ContentTypeBody)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.UsageError(f"The body is not what this call takes: {error}") from error
