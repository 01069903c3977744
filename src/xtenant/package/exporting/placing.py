"""Elements of a sealed snapshot in the forms of a package that stands alone: addresses (migration-package 7.1), ids of webs
and folders, names of content, and fields by their columns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from xtenant.domain.lists import Column
from xtenant.domain.snapshot import ManifestLibrary
from xtenant.package.elements import lists
from xtenant.package.elements.markup import OWN_IDS, text_of
from xtenant.package.exporting.index import Place
from xtenant.package.text import escaped

NameOf = Callable[[str], str]
"""The name of a content file in this package, by the one it has in the snapshot."""

TITLE_ID = "fa564e0f-0c70-4ab9-b863-0177e6ddd247"
_SAME_FORM = {
    "Text": ("Text", "Note", "Choice", "DateTime"),
    "Number": ("Number", "Currency"),
    "User": ("User", "UserMulti"),
    "UserMulti": ("User", "UserMulti"),
    "Lookup": ("Lookup", "LookupMulti"),
    "LookupMulti": ("Lookup", "LookupMulti"),
}


class Placer:
    """Places the elements of one web and list."""

    def __init__(self, place: Place, library: ManifestLibrary | None, name_of: NameOf) -> None:
        self._place = place
        self._library = library
        self._name_of = name_of
        self._columns: Mapping[str, Column] = (
            {} if library is None else {column.name: column for column in library.definition.columns}
        )

    def placed(self, wrappers: Iterable[Any]) -> list[Any]:
        found = list(wrappers)
        for wrapper in found:
            self._wrapper(wrapper)
        return found

    def _wrapper(self, wrapper: Any) -> None:
        payload, kind = wrapper[0], wrapper.get("ObjectType")
        if kind == "SPWeb":
            payload.set("ServerRelativeUrl", escaped(self._place.path))
            wrapper.set("Url", escaped(self._place.path))
            return
        wrapper.set("ParentWebId", str(self._place.web_id))
        wrapper.set("ParentWebUrl", escaped(self._place.path))
        match kind:
            case "SPFolder":
                self._url(wrapper, text_of(payload, "Url"))
                self._folder(payload)
                wrapper.set("ParentId", payload.get("ParentFolderId"))
            case "SPFile":
                self._url(wrapper, text_of(payload, "Url"))
                for one in payload.iter("File"):
                    self._file(one)
                wrapper.set("ParentId", payload.get("ParentId"))
            case "SPListItem":
                self._url(wrapper, text_of(payload, "FileUrl"))
                for one in payload.iter("ListItem"):
                    self._item(one)
            case "SPDocumentLibrary" | "SPList":
                path = text_of(payload, "RootFolderUrl")
                self._url(wrapper, path)
                self._web_of(payload)
                payload.set("RootFolderUrl", escaped(self._place.full(path)))
                wrapper.set("ParentId", str(self._place.web_id))
            case _:
                return  # roles, columns and content types say by themselves where they belong

    def _url(self, wrapper: Any, path: str) -> None:
        wrapper.set("Url", escaped(self._place.full(path)))

    def _web_of(self, found: Any) -> None:
        found.set("ParentWebId", str(self._place.web_id))
        found.set("ParentWebUrl", escaped(self._place.path))

    def _in_web(self, found: Any, name: str) -> None:
        found.set(name, escaped(self._place.in_web(text_of(found, name))))

    def _folder_id(self, found: Any, name: str) -> None:
        """What stands in a list itself lies in the list's root folder."""
        above = found.get(name)
        if self._library is not None and above == str(self._library.list_id):
            found.set(name, str(lists.root_folder_id(self._library.list_id)))

    def _folder(self, folder: Any) -> None:
        self._web_of(folder)
        self._in_web(folder, "Url")
        if lists.is_root_folder(folder):
            folder.set("ParentFolderId", str(self._place.root_folder_id))
        else:
            self._folder_id(folder, "ParentFolderId")

    def _file(self, file: Any) -> None:
        self._web_of(file)
        self._in_web(file, "Url")
        self._folder_id(file, "ParentId")
        file.set("FileValue", self._name_of(file.get("FileValue")))
        checksum = file.attrib.pop("QuickXorHash")
        if checksum:
            file.set("Checksum", checksum)

    def _item(self, item: Any) -> None:
        path = text_of(item, "FileUrl")
        item.set("ParentWebId", str(self._place.web_id))
        item.set("FileUrl", escaped(self._place.in_web(path)))
        item.set("DirName", escaped(self._place.full(path.rpartition("/")[0])))
        self._folder_id(item, "ParentFolderId")
        for field in item.iterfind("Fields/Field"):
            self._field(field)
        for attachment in item.iterfind("Attachments/Attachment"):
            self._attachment(attachment, item)

    def _attachment(self, attachment: Any, item: Any) -> None:
        own_list = "" if self._library is None else self._library.path
        folder = f"{own_list}/Attachments/{item.get('IntId')}"
        attachment.set("ParentWebId", str(self._place.web_id))
        attachment.set("DirName", escaped(self._place.full(folder)))
        attachment.set("Url", escaped(self._place.in_web(f"{folder}/{text_of(attachment, 'Name')}")))
        attachment.set("FileValue", self._name_of(attachment.get("FileValue")))

    def _field(self, field: Any) -> None:
        """The kind of the column where the value has its form; a lookup says which list it looks at."""
        name = text_of(field, "Name")
        column = self._columns.get(name)
        if column is None:
            if name == "Title":
                field.set("FieldId", TITLE_ID)
            return
        field.set("FieldId", str(column.column_id))
        plain = field.get("Type")
        if column.kind.value in _SAME_FORM.get(plain, ()):
            field.set("Type", column.kind.value)
        if plain in ("Lookup", "LookupMulti") and column.looks_at is not None:
            field.set("Value", f"{field.get('Value')}{{{column.looks_at}}}")


def users_list_id(place: Place) -> UUID:
    """The user information list, which every package names and none touches."""
    return uuid.uuid5(OWN_IDS, f"users {place.web_id}")
