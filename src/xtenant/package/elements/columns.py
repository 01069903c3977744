"""Columns and content types, of a list (in its element) and of a web (objects of their own), as CAML."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain.lists import Column, ColumnKind, ContentType
from xtenant.package.elements.markup import OWN_IDS, TAG, element, text_of, text_or, wrapped
from xtenant.package.text import escaped, unescaped

KINDS = {kind.value: kind for kind in ColumnKind}


def column(thing: Column) -> Any:
    """A CAML `Field`, as `SchemaXml` has it; `TRUE` and `FALSE` are CAML's."""
    field = element(
        "Field",
        ID=_braced(thing.column_id),
        Name=thing.name,
        StaticName=thing.name,
        DisplayName=thing.title,
        Type=thing.kind.value,
        Required=_caml(thing.required),
        Hidden=_caml(thing.hidden),
        Indexed=_caml(thing.indexed),
        Description=thing.description,
        Group=thing.group,
        List=None if thing.looks_at is None else _braced(thing.looks_at),
    )
    if thing.choices:
        choices = etree.SubElement(field, "CHOICES")
        for choice in thing.choices:
            etree.SubElement(choices, "CHOICE").text = escaped(choice)
    if thing.default:
        etree.SubElement(field, "Default").text = escaped(thing.default)
    return field


def column_of(found: Any) -> Column:
    looks_at = found.get("List")
    default = found.find(f"{TAG}Default")
    choices = found.find(f"{TAG}CHOICES")
    return Column(
        column_id=_unbraced(found.attrib["ID"]),
        name=text_of(found, "Name"),
        title=text_of(found, "DisplayName"),
        kind=KINDS[found.attrib["Type"]],
        required=_caml_of(found, "Required"),
        hidden=_caml_of(found, "Hidden"),
        indexed=_caml_of(found, "Indexed"),
        description=text_or(found, "Description"),
        group=text_or(found, "Group"),
        default="" if default is None else unescaped(default.text or ""),
        choices=() if choices is None else tuple(unescaped(one.text or "") for one in choices),
        looks_at=None if looks_at is None else _unbraced(looks_at),
    )


def content_type(thing: ContentType) -> Any:
    found = element(
        "ContentType",
        ID=thing.type_id,
        Name=thing.name,
        Group=thing.group,
        Description=thing.description,
        Hidden=_caml(thing.hidden),
    )
    shown = etree.SubElement(found, "FieldRefs")
    for column_id in thing.columns:
        etree.SubElement(shown, "FieldRef", {"ID": _braced(column_id)})
    return found


def content_type_of(found: Any) -> ContentType:
    return ContentType(
        type_id=text_of(found, "ID"),
        name=text_of(found, "Name"),
        group=text_or(found, "Group"),
        description=text_or(found, "Description"),
        hidden=_caml_of(found, "Hidden"),
        columns=tuple(_unbraced(one.attrib["ID"]) for one in found.iterfind(f"{TAG}FieldRefs/{TAG}FieldRef")),
    )


def site_columns(columns: Iterable[Column], web_id: UUID) -> Iterable[Any]:
    """A web's own columns, each an object (`DeploymentFieldTemplate`)."""
    for one in columns:
        template = element(
            "FieldTemplate",
            Id=str(one.column_id),
            Name=one.name,
            ParentWebId=str(web_id),
            Description=one.description,
            Group=one.group,
        )
        template.append(column(one))
        yield wrapped("DeploymentFieldTemplate", one.column_id, template, ParentId=str(web_id), ParentWebId=str(web_id))


def site_content_types(types: Iterable[ContentType], web_id: UUID) -> Iterable[Any]:
    """A web's own content types, each an object (`SPContentType`)."""
    for one in types:
        attributes = {"ParentId": str(web_id), "ParentWebId": str(web_id), "ContentTypeId": one.type_id}
        identity = uuid.uuid5(OWN_IDS, f"content type {web_id} {one.type_id}")
        yield wrapped("SPContentType", identity, content_type(one), **attributes)


def _braced(identity: UUID) -> str:
    return f"{{{identity}}}"


def _unbraced(text: str) -> UUID:
    return UUID(text.removeprefix("{").removesuffix("}"))


def _caml(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _caml_of(found: Any, name: str) -> bool:
    text = found.get(name, "FALSE")
    if text not in ("TRUE", "FALSE"):
        raise ValueError(f"'{text[:20]}' is no truth value")
    return text == "TRUE"
