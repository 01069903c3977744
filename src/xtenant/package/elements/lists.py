"""Lists and libraries: the root folder, which says who made and changed the list, and the list with its definition."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain.lists import ListDefinition
from xtenant.domain.snapshot import ManifestLibrary
from xtenant.package.elements import columns
from xtenant.package.elements.markup import (
    OWN_IDS,
    add_properties,
    children,
    count_of,
    element,
    id_or_none,
    optional,
    properties,
    ref_of,
    text_of,
    truth,
    truth_of,
    wrapped,
)
from xtenant.package.text import date_of, date_text

LIBRARY, LIST = "SPDocumentLibrary", "SPList"


def written(library: ManifestLibrary) -> list[Any]:
    """As in the sample of migration-package 8: the root folder has no number in its list."""
    own_id, root_id, web_id = str(library.list_id), str(root_folder_id(library.list_id)), optional(library.web_id)
    folder = element(
        "Folder",
        Id=root_id,
        Name=library.name,
        Url=library.path,
        ParentWebId=web_id,
        ContainingDocumentLibrary=own_id,
        Author=str(library.author),
        ModifiedBy=str(library.editor),
        TimeCreated=date_text(library.created_at),
        TimeLastModified=date_text(library.modified_at),
    )
    add_properties(folder, {"xt_untitled": None if library.definition.title else "true"})
    kind = LIBRARY if library.is_library else LIST
    return [
        wrapped("SPFolder", root_id, folder, ParentWebId=web_id),
        wrapped(kind, own_id, _list(library, root_id, web_id), ParentId=web_id, ParentWebId=web_id),
    ]


def root_folder_id(list_id: UUID) -> UUID:
    """The root folder's own id: a site here has none."""
    return uuid.uuid5(OWN_IDS, f"root {list_id}")


def _list(library: ManifestLibrary, root_id: str, web_id: str | None) -> Any:
    of = library.definition
    found = element(
        "DocumentLibrary" if library.is_library else "List",
        Id=str(library.list_id),
        Title=of.title or library.name,
        RootFolderId=root_id,
        RootFolderUrl=library.path,
        ParentWebId=web_id,
        BaseType="DocumentLibrary" if library.is_library else "GenericList",
        BaseTemplate=str(of.template),
        Description=of.description,
        EnableAttachments=truth(of.attachments),
        EnableModeration=truth(of.moderation),
        EnableVersioning=truth(of.versioning),
        EnableMinorVersions=truth(of.minor_versions),
        Hidden=truth(of.hidden),
        Author=str(library.author),
        Created=date_text(library.created_at),
        MajorVersionLimit=str(of.version_limit),
        EnableContentTypes=truth(of.content_types_enabled),
        Modified=date_text(library.modified_at),
    )
    own_columns = etree.SubElement(found, "Fields")
    for column in of.columns:
        own_columns.append(columns.column(column))
    types = etree.SubElement(found, "ContentTypes")
    for one in of.content_types:
        types.append(columns.content_type(one))
    return found


def is_root_folder(found: Any) -> bool:
    return found.get("ListItemIntId") is None


def read(kind: str, found: Any, folder: Any) -> ManifestLibrary:
    """A list and its root folder. Raises ValueError where they do not belong together."""
    list_id = UUID(found.attrib["Id"])
    if UUID(folder.attrib["ContainingDocumentLibrary"]) != list_id:
        raise ValueError("a list follows the root folder of another one")
    return ManifestLibrary(
        list_id=list_id,
        name=text_of(folder, "Name"),
        path=text_of(folder, "Url"),
        created_at=date_of(folder.attrib["TimeCreated"]),
        modified_at=date_of(folder.attrib["TimeLastModified"]),
        author=ref_of(folder, "Author"),
        editor=ref_of(folder, "ModifiedBy"),
        is_library=kind == LIBRARY,
        web_id=id_or_none(found, "ParentWebId"),
        definition=_definition_of(found, untitled="xt_untitled" in properties(folder)),
    )


def _definition_of(found: Any, *, untitled: bool) -> ListDefinition:
    return ListDefinition(
        template=count_of(found, "BaseTemplate"),
        title="" if untitled else text_of(found, "Title"),
        description=text_of(found, "Description"),
        hidden=truth_of(found, "Hidden"),
        versioning=truth_of(found, "EnableVersioning"),
        minor_versions=truth_of(found, "EnableMinorVersions"),
        version_limit=count_of(found, "MajorVersionLimit"),
        moderation=truth_of(found, "EnableModeration"),
        attachments=truth_of(found, "EnableAttachments"),
        content_types_enabled=truth_of(found, "EnableContentTypes"),
        columns=tuple(columns.column_of(one) for one in children(found, "Fields")),
        content_types=tuple(columns.content_type_of(one) for one in children(found, "ContentTypes")),
    )
