"""Folders, files and list items, each with its `ListItem`, which carries the fields; an item stands behind its file
(migration-package 7.6).

Of a file, `Versions` of `File` holds every version, `Versions` of `ListItem` the older ones' fields, if any version has some.
Of a list item, `Versions` holds every version, unless there is one only and the item itself says all of it.
"""

from __future__ import annotations

import copy
import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain import errors
from xtenant.domain.fields import CONTENT_TYPE_ID, Fields, field_values
from xtenant.domain.snapshot import (
    ManifestAttachment,
    ManifestFile,
    ManifestFolder,
    ManifestListItem,
    ManifestVersion,
)
from xtenant.package.elements.markup import (
    COUNTS_BELOW,
    OWN_IDS,
    add_properties,
    children,
    count_of,
    element,
    number,
    properties,
    ref_of,
    text_of,
    text_or,
    wrapped,
)
from xtenant.package.elements.values import add_fields, fields_of
from xtenant.package.text import DamagedPackage, base64_of, base64_text, date_of, date_text

FILE, FOLDER = "File", "Folder"
CONTENT_TYPES = {FILE: "0x0101", FOLDER: "0x0120", None: "0x01"}
"""Content types of what says none in its fields: document, folder, item."""

Numbered = ManifestFolder | ManifestFile | ManifestListItem


def folder(thing: ManifestFolder) -> list[Any]:
    payload = element(
        "Folder",
        Id=str(thing.item_id),
        Name=thing.name,
        Url=thing.path,
        ParentFolderId=str(thing.parent_id),
        ContainingDocumentLibrary=str(thing.library_id),
        ListItemIntId=str(thing.int_id),
        Author=str(thing.author),
        ModifiedBy=str(thing.editor),
        TimeCreated=date_text(thing.created_at),
        TimeLastModified=date_text(thing.modified_at),
    )
    item = _list_item(thing, FOLDER, "1.0", thing.fields)
    return [wrapped("SPFolder", thing.item_id, payload, ParentId=str(thing.parent_id)), _shell(thing, item)]


def file(thing: ManifestFile) -> list[Any]:
    last = thing.versions[-1]
    elements = [_file(thing, version) for version in thing.versions]
    payload = copy.copy(elements[-1])  # a file says of itself what its newest version says
    etree.SubElement(payload, "Versions").extend(elements)
    item = _list_item(thing, FILE, _label(last), last.fields)
    if any(version.fields for version in thing.versions[:-1]):
        older = etree.SubElement(item, "Versions")
        for version in thing.versions[:-1]:
            older.append(_item_version(thing, FILE, version))
    return [wrapped("SPFile", thing.item_id, payload, ParentId=str(thing.parent_id)), _shell(thing, item)]


def list_item(thing: ManifestListItem) -> list[Any]:
    """Raises Unexpected where a version has content: a list item's has none."""
    if any(version.sha256 or version.size_bytes or version.quick_xor for version in thing.versions):
        raise errors.Unexpected(f"A version of the list item '{thing.path}' has content.")
    last = thing.versions[-1]
    item = _list_item(thing, None, _label(last), last.fields)
    if thing.versions != (_only_version(thing),):
        versions = etree.SubElement(item, "Versions")
        for version in thing.versions:
            versions.append(_item_version(thing, None, version))
    if thing.attachments:
        attached = etree.SubElement(item, "Attachments")
        for attachment in thing.attachments:
            attached.append(_attachment(thing, attachment))
    return [_shell(thing, item)]


def _only_version(thing: ManifestListItem) -> ManifestVersion:
    """What the item itself says of its version."""
    last = thing.versions[-1]
    return dataclasses.replace(last, modified_at=thing.modified_at, editor=thing.editor, comment="")


def _file(thing: ManifestFile, version: ManifestVersion) -> Any:
    return element(
        "File",
        Name=thing.name,
        Id=str(thing.item_id),
        Url=thing.path,
        ListItemIntId=str(thing.int_id),
        InDocumentLibrary="true",
        ParentId=str(thing.parent_id),
        ListId=str(thing.library_id),
        FileValue=file_value(version.sha256),
        CheckinComment=version.comment or None,
        Version=_label(version),
        Author=str(thing.author),
        ModifiedBy=str(version.editor),
        TimeCreated=date_text(thing.created_at),
        TimeLastModified=date_text(version.modified_at),
        FileSize=str(version.size_bytes),
        SHA256=version.sha256.hex(),
        QuickXorHash=base64_text(version.quick_xor),
    )


def file_value(sha256: bytes) -> str:
    """How content is named beside a manifest; an exported package counts instead."""
    return f"{sha256.hex()}.dat"


def _shell(thing: Numbered, item: Any) -> Any:
    return wrapped("SPListItem", item.get("Id"), item, ParentId=str(thing.library_id))


def _list_item(thing: Numbered, kind: str | None, label: str, fields: Fields) -> Any:
    """Files and folders have an id of their own besides their list item's, which is derived; a list item has one."""
    own_id = thing.item_id if kind is None else uuid.uuid5(OWN_IDS, str(thing.item_id))
    stated = field_values(fields).get(CONTENT_TYPE_ID) if fields else None
    item = element(
        "ListItem",
        Name=thing.name,
        DirName=thing.path.rpartition("/")[0],
        FileUrl=thing.path,
        Version=label,
        Id=str(own_id),
        IntId=str(thing.int_id),
        DocId=None if kind is None else str(thing.item_id),
        Author=str(thing.author),
        ModifiedBy=str(thing.editor),
        TimeCreated=date_text(thing.created_at),
        TimeLastModified=date_text(thing.modified_at),
        ParentListId=str(thing.library_id),
        ParentFolderId=str(thing.parent_id),
        ModerationStatus="Approved",
        ContentTypeId=stated if isinstance(stated, str) else CONTENT_TYPES[kind],
        DocType=kind or FILE,
    )
    add_fields(item, fields)
    return item


def _item_version(thing: ManifestFile | ManifestListItem, kind: str | None, version: ManifestVersion) -> Any:
    found = _list_item(thing, kind, _label(version), version.fields)
    found.set("ModifiedBy", str(version.editor))
    found.set("TimeLastModified", date_text(version.modified_at))
    if version.comment and kind is None:
        found.set("CheckinComment", element("c", text=version.comment).get("text"))
    return found


def _attachment(thing: ManifestListItem, attachment: ManifestAttachment) -> Any:
    found = element(
        "Attachment",
        Name=attachment.name,
        DirName=f"Attachments/{thing.int_id}",
        Url=f"Attachments/{thing.int_id}/{attachment.name}",
        Id=str(uuid.uuid5(OWN_IDS, f"attachment {thing.item_id} {attachment.name}")),
        FileValue=file_value(attachment.sha256),
        Author=str(attachment.author),
        ModifiedBy=str(attachment.editor),
        TimeCreated=date_text(attachment.created_at),
        TimeLastModified=date_text(attachment.modified_at),
    )
    hashes = {
        "xt_size": str(attachment.size_bytes),
        "xt_sha256": attachment.sha256.hex(),
        "xt_quickxor": base64_text(attachment.quick_xor),
    }
    add_properties(found, dict(hashes))
    return found


def _label(version: ManifestVersion) -> str:
    return f"{version.major}.{version.minor}"


def folder_of(found: Any, item: Any) -> ManifestFolder:
    """A folder and its list item. Raises ValueError where they do not belong together."""
    _same(found, item)
    return ManifestFolder(
        item_id=UUID(found.attrib["Id"]),
        library_id=UUID(found.attrib["ContainingDocumentLibrary"]),
        parent_id=UUID(found.attrib["ParentFolderId"]),
        name=text_of(found, "Name"),
        path=text_of(found, "Url"),
        int_id=count_of(found, "ListItemIntId"),
        created_at=date_of(found.attrib["TimeCreated"]),
        modified_at=date_of(found.attrib["TimeLastModified"]),
        author=ref_of(found, "Author"),
        editor=ref_of(found, "ModifiedBy"),
        fields=fields_of(item),
    )


def file_of(found: Any, item: Any) -> ManifestFile:
    """A file and its list item. Raises ValueError where they do not belong together."""
    _same(found, item)
    versions = [_version_of(one) for one in children(found, "Versions")]
    older = children(item, "Versions")
    if not versions or len(older) not in (0, len(versions) - 1):
        raise ValueError("a file and its list item have different versions")
    fields = [*(fields_of(one) for one in older), fields_of(item)] if older else _last_only(item, len(versions))
    return ManifestFile(
        item_id=UUID(found.attrib["Id"]),
        library_id=UUID(found.attrib["ListId"]),
        parent_id=UUID(found.attrib["ParentId"]),
        name=text_of(found, "Name"),
        path=text_of(found, "Url"),
        int_id=count_of(found, "ListItemIntId"),
        created_at=date_of(found.attrib["TimeCreated"]),
        modified_at=date_of(item.attrib["TimeLastModified"]),
        author=ref_of(found, "Author"),
        editor=ref_of(item, "ModifiedBy"),
        versions=tuple(
            dataclasses.replace(version, fields=own) if own else version
            for version, own in zip(versions, fields, strict=True)
        ),
    )


def list_item_of(item: Any) -> ManifestListItem:
    """A list item that is no file's or folder's. Raises ValueError for one that is."""
    if "DocId" in item.attrib:
        raise ValueError("a list item stands without its file or folder")
    versions = children(item, "Versions") or [item]
    return ManifestListItem(
        item_id=UUID(item.attrib["Id"]),
        library_id=UUID(item.attrib["ParentListId"]),
        parent_id=UUID(item.attrib["ParentFolderId"]),
        name=text_of(item, "Name"),
        path=text_of(item, "FileUrl"),
        int_id=count_of(item, "IntId"),
        created_at=date_of(item.attrib["TimeCreated"]),
        modified_at=date_of(item.attrib["TimeLastModified"]),
        author=ref_of(item, "Author"),
        editor=ref_of(item, "ModifiedBy"),
        versions=tuple(_item_version_of(one) for one in versions),
        attachments=tuple(_attachment_of(one) for one in children(item, "Attachments")),
    )


def _same(found: Any, item: Any) -> None:
    if item.get("DocId") != found.attrib["Id"]:
        raise ValueError("a file or folder is not followed by its list item")


def _last_only(item: Any, count: int) -> Sequence[Fields]:
    return [*[""] * (count - 1), fields_of(item)]


def _version_of(found: Any) -> ManifestVersion:
    major, minor = _labelled(found)
    return ManifestVersion(
        major=major,
        minor=minor,
        sha256=_sha256_of(found.attrib["SHA256"]),
        size_bytes=number(found.attrib["FileSize"]),
        quick_xor=_quick_xor_of(found.attrib["QuickXorHash"]),
        modified_at=date_of(found.attrib["TimeLastModified"]),
        editor=ref_of(found, "ModifiedBy"),
        comment=text_or(found, "CheckinComment"),
    )


def _item_version_of(found: Any) -> ManifestVersion:
    major, minor = _labelled(found)
    return ManifestVersion(
        major=major,
        minor=minor,
        sha256=b"",
        size_bytes=0,
        quick_xor=b"",
        modified_at=date_of(found.attrib["TimeLastModified"]),
        editor=ref_of(found, "ModifiedBy"),
        comment=text_or(found, "CheckinComment"),
        fields=fields_of(found),
    )


def _labelled(found: Any) -> tuple[int, int]:
    major, minor = found.attrib["Version"].split(".")
    return number(major, COUNTS_BELOW), number(minor, COUNTS_BELOW)


def _attachment_of(found: Any) -> ManifestAttachment:
    bag = properties(found)
    return ManifestAttachment(
        name=text_of(found, "Name"),
        sha256=_sha256_of(bag["xt_sha256"]),
        size_bytes=number(bag["xt_size"]),
        quick_xor=_quick_xor_of(bag["xt_quickxor"]),
        created_at=date_of(found.attrib["TimeCreated"]),
        modified_at=date_of(found.attrib["TimeLastModified"]),
        author=ref_of(found, "Author"),
        editor=ref_of(found, "ModifiedBy"),
    )


def _sha256_of(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != 32:
        raise DamagedPackage("A version's hash has the wrong length.")
    return raw


def _quick_xor_of(text: str) -> bytes:
    raw = base64_of(text)
    if len(raw) not in (0, 20):
        raise DamagedPackage("A version's hash has the wrong length.")
    return raw
