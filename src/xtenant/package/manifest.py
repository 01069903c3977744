"""Writes manifest parts: the same objects give the same bytes, so that a part can be made again after a crash (settled B 10)."""

from __future__ import annotations

import hashlib
import io
import uuid
import zlib
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from xtenant.domain import errors
from xtenant.domain.content import PrincipalKind, Role
from xtenant.domain.snapshot import (
    PART_BYTES,
    PART_OBJECTS,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestVersion,
    ManifestWeb,
    PartSeal,
    ScopeKind,
    part_name,
)
from xtenant.package.text import NAMESPACE, base64_text, date_text, escaped

COMPRESSION = 6
ITEM_IDS = uuid.UUID("5d0a1c8e-7f3b-5a53-9d0e-0d6a4f1f7c11")
"""Namespace of the list items' own GUIDs, derived from the file's or folder's id (our choice)."""

ROLE_IDS = {Role.READ: 1073741826, Role.WRITE: 1073741827, Role.OWNER: 1073741829}
"""Read, Contribute, Full Control (migration-package 7.5)."""

ROLE_DEFINITIONS = (
    (1073741829, "Full Control", 9223372036854775807, 1, 5),
    (1073741827, "Contribute", 1856436900591, 64, 3),
    (1073741826, "Read", 756052856929, 128, 2),
)
"""Id, title, mask, order and type of the levels that snapshots use (migration-package 7.5)."""

LOGINS = {PrincipalKind.USER: "i:0#.f|membership|", PrincipalKind.GROUP: "c:0t.c|tenant|", PrincipalKind.SYSTEM: ""}


class PartWriter:
    """Collects objects of one part. `add` says whether the part is full; then take `seal` and `stored`, and start anew."""

    def __init__(self, ordinal: int) -> None:
        self.ordinal = ordinal
        self.objects = 0
        self._buffer = io.BytesIO()
        self._buffer.write(f'<?xml version="1.0" encoding="utf-8"?>\n<SPObjects xmlns="{NAMESPACE}">\n'.encode())

    def add(self, thing: ManifestObject) -> bool:
        """Write one object; True when the next one belongs into another part."""
        for element in _elements(thing):
            self._buffer.write(etree.tostring(element, encoding="utf-8"))
            self._buffer.write(b"\n")
        self.objects += 1
        return self.objects >= PART_OBJECTS or self._buffer.tell() >= PART_BYTES

    def stored(self) -> bytes:
        """The part as it is stored and sent: zlib over the XML."""
        return zlib.compress(self._buffer.getvalue() + b"</SPObjects>\n", COMPRESSION)

    def seal(self, stored: bytes) -> PartSeal:
        """What the snapshot's seal says of the part."""
        return PartSeal(
            ordinal=self.ordinal,
            name=part_name(self.ordinal),
            sha256=hashlib.sha256(stored).digest(),
            size_bytes=len(stored),
            objects=self.objects,
        )


def _elements(thing: ManifestObject) -> list[Any]:
    match thing:
        case ManifestPrincipal():
            return [_principal(thing)]
        case ManifestGroup():
            return [_group(thing)]
        case ManifestWeb():
            return [_site(thing), _web(thing)]
        case ManifestLibrary():
            return [_library(thing)]
        case ManifestFolder():
            return [_folder(thing), _list_item(thing, "Folder", "1.0")]
        case ManifestFile():
            return [_file(thing), _list_item(thing, "File", _label(thing.versions[-1]))]
        case ManifestScope():
            return [*([_roles(thing)] if thing.kind is ScopeKind.WEB else []), _scope(thing)]
        case _:
            raise errors.Unexpected(f"The manifest has no element for {type(thing).__name__}.")


def _object(kind: str, identity: object, payload: Any, **attributes: str) -> Any:
    wrapper = etree.Element("SPObject", {"Id": str(identity), "ObjectType": kind, **attributes})
    wrapper.append(payload)
    return wrapper


def _element(name: str, **attributes: str | None) -> Any:
    return etree.Element(name, {key: escaped(value) for key, value in attributes.items() if value is not None})


def _principal(principal: ManifestPrincipal) -> Any:
    payload = _element(
        "UserX",
        Id=str(principal.ref),
        Name=principal.name,
        Login=LOGINS[principal.kind] + principal.login,
        Email=principal.mail,
        IsDomainGroup=_bool(principal.kind is PrincipalKind.GROUP),
        SystemId=str(principal.directory_id),
        IsSiteAdmin=_bool(principal.admin),
        Kind=principal.kind.value,
        Operation="Add",
    )
    return _object("DeploymentUserX", principal.directory_id, payload)


def _group(group: ManifestGroup) -> Any:
    """As in `UserGroup.xml` (migration-package 5.3): a group owns itself, members are principals of this snapshot."""
    payload = _element(
        "GroupX",
        Id=str(group.ref),
        Name=group.name,
        Description=group.description,
        Owner=str(group.ref),
        OwnerIsUser="false",
        Operation="Add",
    )
    for member in group.members:
        etree.SubElement(payload, "Member", {"UserId": str(member)})
    return _object("DeploymentGroupX", group.group_id, payload)


def _site(web: ManifestWeb) -> Any:
    return _object("SPSite", web.site_id, _element("Site", Id=str(web.site_id)))


def _web(web: ManifestWeb) -> Any:
    path = urlsplit(web.url).path or "/"
    payload = _element(
        "Web",
        Id=str(web.web_id),
        ParentId=str(web.site_id),
        Title=web.title,
        IsRootWeb="true",
        ServerRelativeUrl=path,
        Created=date_text(web.created_at),
        WebTemplate=web.template,
    )
    properties = etree.SubElement(payload, "Properties")
    wanted = {"xt_url": web.url, "xt_modified": date_text(web.modified_at)}
    if web.owner is not None:
        wanted["xt_owner"] = str(web.owner)
    for name, value in wanted.items():
        properties.append(_element("Property", Name=name, Value=value, Type="String"))
    return _object("SPWeb", web.web_id, payload, ParentId=str(web.site_id), Url=escaped(path))


def _library(library: ManifestLibrary) -> Any:
    payload = _element(
        "DocumentLibrary",
        Id=str(library.list_id),
        Title=library.name,
        RootFolderUrl=library.path,
        BaseType="DocumentLibrary",
        BaseTemplate="101",
        EnableVersioning="true",
        Author=str(library.author),
        ModifiedBy=str(library.editor),
        Created=date_text(library.created_at),
        Modified=date_text(library.modified_at),
    )
    return _object("SPDocumentLibrary", library.list_id, payload)


def _folder(folder: ManifestFolder) -> Any:
    payload = _element(
        "Folder",
        Id=str(folder.item_id),
        Name=folder.name,
        Url=folder.path,
        ParentFolderId=str(folder.parent_id),
        ContainingDocumentLibrary=str(folder.library_id),
        ListItemIntId=str(folder.int_id),
        Author=str(folder.author),
        ModifiedBy=str(folder.editor),
        TimeCreated=date_text(folder.created_at),
        TimeLastModified=date_text(folder.modified_at),
    )
    return _object("SPFolder", folder.item_id, payload, ParentId=str(folder.parent_id))


def _file(file: ManifestFile) -> Any:
    payload = _file_element(file, file.versions[-1])
    versions = etree.SubElement(payload, "Versions")
    for version in file.versions:
        versions.append(_file_element(file, version))
    return _object("SPFile", file.item_id, payload, ParentId=str(file.parent_id))


def _file_element(file: ManifestFile, version: ManifestVersion) -> Any:
    current = version is file.versions[-1]
    return _element(
        "File",
        Name=file.name,
        Id=str(file.item_id),
        Url=file.path,
        ListItemIntId=str(file.int_id),
        InDocumentLibrary="true",
        ParentId=str(file.parent_id),
        ListId=str(file.library_id),
        FileValue=f"{version.sha256.hex()}.dat",
        CheckinComment=version.comment or None,
        Version=_label(version),
        Author=str(file.author),
        ModifiedBy=str(version.editor),
        TimeCreated=date_text(file.created_at),
        TimeLastModified=date_text(version.modified_at),
        FileSize=str(version.size_bytes),
        SHA256=version.sha256.hex(),
        QuickXorHash=base64_text(version.quick_xor),
        xt_editor=str(file.editor) if current else None,
        xt_modified=date_text(file.modified_at) if current else None,
    )


def _list_item(thing: ManifestFolder | ManifestFile, kind: str, version: str) -> Any:
    payload = _element(
        "ListItem",
        Name=thing.name,
        DirName=thing.path.rpartition("/")[0],
        FileUrl=thing.path,
        Version=version,
        Id=str(uuid.uuid5(ITEM_IDS, str(thing.item_id))),
        IntId=str(thing.int_id),
        DocId=str(thing.item_id),
        Author=str(thing.author),
        ModifiedBy=str(thing.editor),
        TimeCreated=date_text(thing.created_at),
        TimeLastModified=date_text(thing.modified_at),
        ParentListId=str(thing.library_id),
        ParentFolderId=str(thing.parent_id),
        ModerationStatus="Approved",
        ContentTypeId="0x0120" if kind == "Folder" else "0x0101",
        DocType=kind,
    )
    return _object("SPListItem", payload.get("Id"), payload, ParentId=str(thing.library_id))


def _roles(scope: ManifestScope) -> Any:
    """The permission levels that scopes refer to, once a web (migration-package 7.5)."""
    roles = etree.Element("Roles")
    for number, title, mask, order, kind in ROLE_DEFINITIONS:
        described = {"RoleId": str(number), "Title": title, "Description": "", "PermMask": str(mask), "Hidden": "false"}
        etree.SubElement(roles, "Role", {**described, "RoleOrder": str(order), "Type": str(kind)})
    return _object("DeploymentRoles", uuid.uuid5(ITEM_IDS, f"roles {scope.web_id}"), roles, ParentId=str(scope.web_id))


def _scope(scope: ManifestScope) -> Any:
    """One `RoleAssignment` a scope; an empty one is broken inheritance with nobody in it. A folder's type is inferred
    (migration-package 7.5)."""
    assignments = etree.Element("RoleAssignments")
    unique = _element(
        "RoleAssignment",
        ScopeId=str(uuid.uuid5(ITEM_IDS, f"scope {scope.object_id}")),
        RoleDefWebId=str(scope.web_id),
        RoleDefWebUrl=scope.web_path,
        ObjectId=str(scope.object_id),
        ObjectType=str(int(scope.kind)),
        ObjectUrl="/".join(part for part in (scope.web_path, scope.path) if part),
        AnonymousPermMask="0",
    )
    for given in scope.assignments:
        right = {"RoleId": str(ROLE_IDS[given.role]), "PrincipalId": str(given.principal)}
        etree.SubElement(unique, "Assignment", right)
    assignments.append(unique)
    identity = uuid.uuid5(ITEM_IDS, f"assignments {scope.object_id}")
    return _object("DeploymentRoleAssignments", identity, assignments, ParentId=str(scope.web_id))


def _label(version: ManifestVersion) -> str:
    return f"{version.major}.{version.minor}"


def _bool(value: bool) -> str:
    return "true" if value else "false"
