"""Columns and content types of lists in Graph's form, written and read (content-api.md 1.13)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain.columns import ITEM_TYPE, child_type_id
from xtenant.domain.lists import Column, ColumnKind, ContentType, WrongDefinition
from xtenant.protocols.graph.codec.bodies import Json

_MANY = {
    "choice": (ColumnKind.CHOICE, ColumnKind.CHOICES),
    "lookup": (ColumnKind.LOOKUP, ColumnKind.LOOKUPS),
    "personOrGroup": (ColumnKind.PERSON, ColumnKind.PEOPLE),
}


def column_json(column: Column) -> dict[str, object]:
    """`columnDefinition`: the facet says which kind it is."""
    row: dict[str, object] = {
        "id": str(column.column_id),
        "name": column.name,
        "displayName": column.title,
        "description": column.description,
        "columnGroup": column.group or "Custom Columns",
        "required": column.required,
        "hidden": column.hidden,
        "indexed": column.indexed,
        "enforceUniqueValues": False,
        "readOnly": False,
        **_facet(column),
    }
    if column.default:
        row["defaultValue"] = {"value": column.default}
    return row


def type_json(one: ContentType) -> dict[str, object]:
    """`contentType`."""
    return {
        "id": one.type_id,
        "name": one.name,
        "description": one.description,
        "group": one.group,
        "hidden": one.hidden,
        "readOnly": False,
        "sealed": False,
    }


def _facet(column: Column) -> dict[str, object]:
    choices = list(column.choices)
    match column.kind:
        case ColumnKind.TEXT:
            return {"text": {"allowMultipleLines": False, "maxLength": 255, "textType": "plain"}}
        case ColumnKind.NOTE:
            return {"text": {"allowMultipleLines": True, "linesForEditing": 6, "textType": "plain"}}
        case ColumnKind.NUMBER:
            return {"number": {"decimalPlaces": "automatic", "displayAs": "number"}}
        case ColumnKind.CURRENCY:
            return {"currency": {}}
        case ColumnKind.BOOLEAN:
            return {"boolean": {}}
        case ColumnKind.DATE:
            return {"dateTime": {"format": "dateTime", "displayAs": "standard"}}
        case ColumnKind.CHOICE:
            return {"choice": {"allowTextEntry": True, "choices": choices, "displayAs": "dropDownMenu"}}
        case ColumnKind.CHOICES:
            return {"choice": {"allowTextEntry": True, "choices": choices, "displayAs": "checkBoxes"}}
        case ColumnKind.PERSON | ColumnKind.PEOPLE:
            many = column.kind is ColumnKind.PEOPLE
            return {"personOrGroup": {"allowMultipleSelection": many, "chooseFromType": "peopleAndGroups"}}
        case ColumnKind.LOOKUP | ColumnKind.LOOKUPS:
            many = column.kind is ColumnKind.LOOKUPS
            looked_at = "" if column.looks_at is None else str(column.looks_at)
            return {"lookup": {"listId": looked_at, "columnName": "Title", "allowMultipleValues": many}}
        case ColumnKind.ADDRESS:
            return {"hyperlinkOrPicture": {"isPicture": False}}


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class TextFacet(msgspec.Struct, rename="camel"):
    allow_multiple_lines: bool = False


class ChoiceFacet(msgspec.Struct, rename="camel"):
    choices: list[str] = []
    display_as: str = "dropDownMenu"


class PersonFacet(msgspec.Struct, rename="camel"):
    allow_multiple_selection: bool = False


class LookupFacet(msgspec.Struct, rename="camel"):
    list_id: UUID
    column_name: str = "Title"
    allow_multiple_values: bool = False


class Facet(msgspec.Struct):
    """One that only has to be there; how values are shown is not kept."""


class DefaultValue(_Body):
    value: str | None = None
    formula: None = None


class ColumnBody(_Body):
    """A column to be made, or what is to change of one."""

    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    column_group: str | None = None
    required: bool | None = None
    hidden: bool | None = None
    indexed: bool | None = None
    enforce_unique_values: bool | None = None
    default_value: DefaultValue | None = None
    text: TextFacet | None = None
    number: Facet | None = None
    currency: Facet | None = None
    boolean: Facet | None = None
    date_time: Facet | None = None
    choice: ChoiceFacet | None = None
    person_or_group: PersonFacet | None = None
    lookup: LookupFacet | None = None
    hyperlink_or_picture: Facet | None = None

    def new(self, column_id: UUID) -> Column:
        """Raises WrongDefinition for a column of no kind or of two."""
        kinds = self._kinds()
        title = self.display_name or self.name
        if len(kinds) != 1 or not title:
            raise WrongDefinition("A column has a name and one kind.")
        if self.lookup is not None and self.lookup.column_name != "Title":
            raise WrongDefinition("A lookup shows the Title of what it looks at.")
        looks_at = None if self.lookup is None else self.lookup.list_id
        plain = Column(column_id=column_id, name=self.name or "", title=title, kind=kinds[0], looks_at=looks_at)
        return self.over(plain)

    def over(self, column: Column) -> Column:
        """A column with what the body says. Raises WrongDefinition for what a column cannot become."""
        if self.enforce_unique_values:
            raise WrongDefinition("Unique values are not enforced here.")
        if any(kind is not column.kind for kind in self._kinds()) or self.name not in (None, column.name):
            raise WrongDefinition("A column keeps its kind and name.")
        said = {
            "title": self.display_name,
            "description": self.description,
            "group": self.column_group,
            "required": self.required,
            "hidden": self.hidden,
            "indexed": self.indexed,
            "default": None if self.default_value is None else self.default_value.value,
            "choices": None if self.choice is None else tuple(self.choice.choices),
        }
        changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return dataclasses.replace(column, **changes)

    def _kinds(self) -> list[ColumnKind]:
        plain = (
            (self.number, ColumnKind.NUMBER),
            (self.currency, ColumnKind.CURRENCY),
            (self.boolean, ColumnKind.BOOLEAN),
            (self.date_time, ColumnKind.DATE),
            (self.hyperlink_or_picture, ColumnKind.ADDRESS),
        )
        found = [kind for facet, kind in plain if facet is not None]
        if self.text is not None:
            found.append(ColumnKind.NOTE if self.text.allow_multiple_lines else ColumnKind.TEXT)
        if self.choice is not None:
            found.append(_MANY["choice"][self.choice.display_as == "checkBoxes"])
        if self.person_or_group is not None:
            found.append(_MANY["personOrGroup"][self.person_or_group.allow_multiple_selection])
        if self.lookup is not None:
            found.append(_MANY["lookup"][self.lookup.allow_multiple_values])
        return found


class Base(_Body):
    id: str
    name: str | None = None


class ContentTypeBody(_Body):
    """A content type to be made below another one, or below Item."""

    name: str
    description: str | None = None
    group: str | None = None
    hidden: bool | None = None
    base: Base | None = None

    def new(self, own: UUID) -> ContentType:
        parent = ITEM_TYPE.type_id if self.base is None else self.base.id
        return ContentType(
            type_id=child_type_id(parent, own),
            name=self.name,
            description=self.description or "",
            group=self.group or "Custom Content Types",
            hidden=bool(self.hidden),
        )


class AddCopyBody(_Body):
    """`contentTypes/addCopy`: the address of the web's content type."""

    content_type: str

    @property
    def type_id(self) -> str:
        return self.content_type.rstrip("/").rpartition("/")[2]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RemoteColumn:
    """A column as another side tells it; `kind` is the name of its facet."""

    id: str
    name: str
    title: str
    kind: str
    facet: Mapping[str, Any]
    description: str
    required: bool
    hidden: bool
    indexed: bool
    default: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RemoteContentType:
    id: str
    name: str
    description: str
    group: str
    hidden: bool


_FACETS = (
    "text",
    "number",
    "currency",
    "boolean",
    "dateTime",
    "choice",
    "personOrGroup",
    "lookup",
    "hyperlinkOrPicture",
)


def column_from_json(row: Json) -> RemoteColumn:
    """Raises KeyError where even the id is missing."""
    found: Mapping[str, Any] = dict(row)
    kind = next((name for name in _FACETS if name in found), "")
    default: Mapping[str, Any] = found.get("defaultValue") or {}
    return RemoteColumn(
        id=found["id"],
        name=found.get("name") or "",
        title=found.get("displayName") or "",
        kind=kind,
        facet=found.get(kind) or {},
        description=found.get("description") or "",
        required=bool(found.get("required")),
        hidden=bool(found.get("hidden")),
        indexed=bool(found.get("indexed")),
        default=default.get("value") or "",
    )


def type_from_json(row: Json) -> RemoteContentType:
    found: Mapping[str, Any] = dict(row)
    return RemoteContentType(
        id=found["id"],
        name=found.get("name") or "",
        description=found.get("description") or "",
        group=found.get("group") or "",
        hidden=bool(found.get("hidden")),
    )
