"""Reads manifest parts of a partner: hostile input. Bounded, no entities, no network, forward only."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain.content import PrincipalKind
from xtenant.domain.snapshot import (
    PART_BYTES,
    ManifestAssignment,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestVersion,
    ManifestWeb,
    ScopeKind,
)
from xtenant.package.manifest import LOGINS, ROLE_IDS
from xtenant.package.text import NAMESPACE, DamagedPackage, base64_of, date_of, unescaped

XML_LIMIT = 2 * PART_BYTES
"""No part of ours is larger: a part is closed when it passes PART_BYTES, and one object is bounded."""

REFS_BELOW = 2**63
COUNTS_BELOW = 2**31

ROLES = {str(number): role for role, number in ROLE_IDS.items()}
_TAG = f"{{{NAMESPACE}}}"


def read_part(stored: bytes) -> Iterator[ManifestObject]:
    """The objects of a part, in order.

    Raises DamagedPackage for anything that is not a part of ours: bad compression, a bomb, a document type, wrong XML,
    missing or malformed attributes.
    """
    xml = _inflated(stored)
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise DamagedPackage("A manifest part has no document type.")
    try:
        for _, wrapper in etree.iterparse(
            io.BytesIO(xml), events=("end",), tag=f"{_TAG}SPObject", resolve_entities=False, no_network=True
        ):
            thing = _read(wrapper)
            if thing is not None:
                yield thing
            _release(wrapper)
    except (etree.XMLSyntaxError, KeyError, ValueError, IndexError) as error:
        raise DamagedPackage(f"A manifest part cannot be read: {error}") from error


def _inflated(stored: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        xml = inflater.decompress(stored, XML_LIMIT)
    except zlib.error as error:
        raise DamagedPackage("A manifest part is not compressed as it should be.") from error
    if not inflater.eof or inflater.unconsumed_tail or inflater.unused_data:
        raise DamagedPackage("A manifest part is cut off, too long, or has something behind it.")
    return xml


def _release(wrapper: Any) -> None:
    wrapper.clear()
    while wrapper.getprevious() is not None:
        del wrapper.getparent()[0]


def _read(wrapper: Any) -> ManifestObject | None:
    payload = wrapper[0]
    match wrapper.get("ObjectType"):
        case "DeploymentUserX":
            return _principal(payload)
        case "SPWeb":
            return _web(payload)
        case "SPDocumentLibrary":
            return _library(payload)
        case "SPFolder":
            return _folder(payload)
        case "SPFile":
            return _file(payload)
        case "DeploymentGroupX":
            return _group(payload)
        case "DeploymentRoleAssignments":
            return _scope(payload[0])
        case "SPSite" | "SPListItem" | "DeploymentRoles":
            return None  # said by the web, by the file or folder beside it, and the same in every snapshot
        case other:
            raise DamagedPackage(f"A manifest part holds '{other}', which no snapshot of ours has.")


def _number(text: str, below: int = REFS_BELOW) -> int:
    """A count or ref that our stores can hold. Raises ValueError."""
    number = int(text) if len(text) < 20 else below
    if not 0 <= number < below:
        raise ValueError(f"'{text[:20]}' is out of range")
    return number


def _text(element: Any, name: str) -> str:
    return unescaped(element.attrib[name])


def _principal(element: Any) -> ManifestPrincipal:
    kind = PrincipalKind(_text(element, "Kind"))
    mail = element.get("Email")
    return ManifestPrincipal(
        ref=_number(element.attrib["Id"]),
        kind=kind,
        directory_id=UUID(element.attrib["SystemId"]),
        name=_text(element, "Name"),
        login=_text(element, "Login").removeprefix(LOGINS[kind]),
        mail=None if mail is None else unescaped(mail),
        admin=element.attrib["IsSiteAdmin"] == "true",
    )


def _web(element: Any) -> ManifestWeb:
    properties = {one.attrib["Name"]: _text(one, "Value") for one in element.iter(f"{_TAG}Property")}
    owner = properties.get("xt_owner")
    return ManifestWeb(
        web_id=UUID(element.attrib["Id"]),
        site_id=UUID(element.attrib["ParentId"]),
        url=properties["xt_url"],
        title=_text(element, "Title"),
        template=_text(element, "WebTemplate"),
        created_at=date_of(element.attrib["Created"]),
        modified_at=date_of(properties["xt_modified"]),
        owner=None if owner is None else _number(owner),
    )


def _library(element: Any) -> ManifestLibrary:
    return ManifestLibrary(
        list_id=UUID(element.attrib["Id"]),
        name=_text(element, "Title"),
        path=_text(element, "RootFolderUrl"),
        created_at=date_of(element.attrib["Created"]),
        modified_at=date_of(element.attrib["Modified"]),
        author=_number(element.attrib["Author"]),
        editor=_number(element.attrib["ModifiedBy"]),
    )


def _folder(element: Any) -> ManifestFolder:
    return ManifestFolder(
        item_id=UUID(element.attrib["Id"]),
        library_id=UUID(element.attrib["ContainingDocumentLibrary"]),
        parent_id=UUID(element.attrib["ParentFolderId"]),
        name=_text(element, "Name"),
        path=_text(element, "Url"),
        int_id=_number(element.attrib["ListItemIntId"], COUNTS_BELOW),
        created_at=date_of(element.attrib["TimeCreated"]),
        modified_at=date_of(element.attrib["TimeLastModified"]),
        author=_number(element.attrib["Author"]),
        editor=_number(element.attrib["ModifiedBy"]),
    )


def _file(element: Any) -> ManifestFile:
    return ManifestFile(
        item_id=UUID(element.attrib["Id"]),
        library_id=UUID(element.attrib["ListId"]),
        parent_id=UUID(element.attrib["ParentId"]),
        name=_text(element, "Name"),
        path=_text(element, "Url"),
        int_id=_number(element.attrib["ListItemIntId"], COUNTS_BELOW),
        created_at=date_of(element.attrib["TimeCreated"]),
        modified_at=date_of(element.attrib["xt_modified"]),
        author=_number(element.attrib["Author"]),
        editor=_number(element.attrib["xt_editor"]),
        versions=tuple(_version(one) for one in element.find(f"{_TAG}Versions")),
    )


def _version(element: Any) -> ManifestVersion:
    major, minor = element.attrib["Version"].split(".")
    sha256, quick_xor = bytes.fromhex(element.attrib["SHA256"]), base64_of(element.attrib["QuickXorHash"])
    if len(sha256) != 32 or len(quick_xor) not in (0, 20):
        raise DamagedPackage("A version's hash has the wrong length.")
    return ManifestVersion(
        major=_number(major, COUNTS_BELOW),
        minor=_number(minor, COUNTS_BELOW),
        sha256=sha256,
        size_bytes=_number(element.attrib["FileSize"]),
        quick_xor=quick_xor,
        modified_at=date_of(element.attrib["TimeLastModified"]),
        editor=_number(element.attrib["ModifiedBy"]),
        comment=unescaped(element.get("CheckinComment", "")),
    )


def _group(element: Any) -> ManifestGroup:
    return ManifestGroup(
        ref=_number(element.attrib["Id"]),
        group_id=UUID(element.getparent().attrib["Id"]),
        name=_text(element, "Name"),
        description=_text(element, "Description"),
        members=tuple(_number(member.attrib["UserId"]) for member in element),
    )


def _scope(element: Any) -> ManifestScope:
    web_path = _text(element, "RoleDefWebUrl")
    return ManifestScope(
        kind=ScopeKind(int(element.attrib["ObjectType"])),
        object_id=UUID(element.attrib["ObjectId"]),
        path=_text(element, "ObjectUrl").removeprefix(web_path).removeprefix("/"),
        web_id=UUID(element.attrib["RoleDefWebId"]),
        web_path=web_path,
        assignments=tuple(_assignment(one) for one in element),
    )


def _assignment(element: Any) -> ManifestAssignment:
    return ManifestAssignment(principal=_number(element.attrib["PrincipalId"]), role=ROLES[element.attrib["RoleId"]])
