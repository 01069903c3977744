"""Drive items, versions and permissions as JSON (content-api.md 1.4, 1.11, 1.12)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xtenant.domain import paths
from xtenant.domain.content import Item, ItemKind, Principal, PrincipalKind
from xtenant.domain.drive import ItemView, Permission, VersionView
from xtenant.domain.tenant import TenantId
from xtenant.protocols.graph.codec.dates import date_text, parse_date
from xtenant.protocols.graph.codec.drives import drive_id, drive_type, host_of, identity_json, sharepoint_ids
from xtenant.protocols.graph.codec.ids import item_id_of, parse_drive_id, site_id_of
from xtenant.protocols.graph.codec.media import media_type

DOWNLOAD_URL = "@microsoft.graph.downloadUrl"
ROOT_NAME = "root"


def item_json(
    view: ItemView,
    tenant_id: TenantId,
    *,
    download_url: str | None = None,
    with_ids: bool = False,
    with_publication: bool = False,
) -> dict[str, object]:
    """A drive item with the facets that clients read; `download_url` and the publication are shown for files."""
    drive, item = view.drive, view.item
    is_root = item.kind is ItemKind.LIBRARY
    etag = etag_of(item)
    row: dict[str, object] = {
        "@odata.etag": etag,
        "id": item_id_of(drive_id(drive), item),
        "name": ROOT_NAME if is_root else item.name,
        "eTag": etag,
        "size": drive.site.size_bytes if is_root else item.size_bytes,
        "webUrl": paths.web_url(drive.site.url, (*drive.address, *view.path)),
        "createdDateTime": date_text(item.created_at),
        "lastModifiedDateTime": date_text(item.modified_at),
        "createdBy": identity_json(view.author),
        "lastModifiedBy": identity_json(view.editor),
        "fileSystemInfo": {
            "createdDateTime": date_text(item.created_at),
            "lastModifiedDateTime": date_text(item.modified_at),
        },
        "parentReference": _parent_reference(view),
    }
    if is_root:
        row["root"] = {}
    if view.shared is not None:
        row["shared"] = {"scope": view.shared.value}
    if item.kind is ItemKind.FILE:
        row["cTag"] = ctag_of(item)
        row["file"] = {
            "mimeType": media_type(item.name),
            "hashes": {"quickXorHash": quick_xor_text(item.quick_xor)},
        }
        if download_url is not None:
            row[DOWNLOAD_URL] = download_url
        if with_publication:
            row["publication"] = _publication(*item.version)
    else:
        row["folder"] = {"childCount": view.children}
    if with_ids:
        row["sharepointIds"] = sharepoint_ids(drive, tenant_id, item)
    return row


def deleted_json(view: ItemView) -> dict[str, object]:
    """A row of delta for an item that is gone."""
    reference = _parent_reference(view)
    reference.pop("path", None)
    return {
        "id": item_id_of(drive_id(view.drive), view.item),
        "parentReference": reference,
        "deleted": {"state": "deleted"},
    }


def _parent_reference(view: ItemView) -> dict[str, object]:
    """On the root neither id nor path, but drive id and type (content-api.md 1.4)."""
    drive = view.drive
    row: dict[str, object] = {
        "driveId": str(drive_id(drive)),
        "driveType": drive_type(drive),
        "siteId": site_id_of(host_of(drive.site), drive.site),
    }
    if view.parent is not None:
        row["id"] = item_id_of(drive_id(drive), view.parent)
        row["name"] = ROOT_NAME if view.parent.kind is ItemKind.LIBRARY else view.parent.name
        place = paths.web_url("", view.path[:-1])
        row["path"] = f"/drives/{drive_id(drive)}/root:{place}"
    return row


def etag_of(item: Item) -> str:
    """Rises with content and metadata."""
    return f'"{{{str(item.item_id).upper()}}},{item.change_no}"'


def ctag_of(item: Item) -> str:
    """Rises with content only."""
    major, minor = item.version
    return f'"c:{{{str(item.item_id).upper()}}},{major * 512 + minor}"'


def quick_xor_text(digest: bytes) -> str:
    """Base64, 28 letters; an empty file's digest is all zeros."""
    return base64.b64encode(digest or bytes(20)).decode()


def version_id(major: int, minor: int) -> str:
    return f"{major}.{minor}"


def parse_version_id(text: str) -> tuple[int, int] | None:
    """None for a text that is no version."""
    major, dot, minor = text.partition(".")
    if not dot or not major.isdecimal() or not minor.isdecimal() or len(text) > 20 or not text.isascii():
        return None
    return int(major), int(minor)


def version_json(view: VersionView) -> dict[str, object]:
    version = view.version
    name = version_id(version.major, version.minor)
    return {
        "id": name,
        "lastModifiedDateTime": date_text(version.modified_at),
        "lastModifiedBy": identity_json(view.editor),
        "size": version.size_bytes,
        "publication": _publication(version.major, version.minor),
    }


def _publication(major: int, minor: int) -> dict[str, object]:
    return {"level": "published" if minor == 0 else "draft", "versionId": version_id(major, minor)}


def permission_json(permission: Permission, drive: str = "") -> dict[str, object]:
    """A right on an item; its id names the principal (our choice: stable, opaque).

    `drive` is the drive's id, for naming the folder a right is inherited from; Microsoft leaves `inheritedFrom` out of what
    SharePoint answers, we say it (our choice).
    """
    principal, role = permission.principal, permission.role
    row: dict[str, object] = {"id": permission_id(principal), "roles": [role.value], **_granted_to(principal)}
    if permission.inherited:
        row["inheritedFrom"] = _inherited_from(permission.source, drive)
    return row


def _granted_to(principal: Principal) -> dict[str, object]:
    known = {"id": str(principal.key), "displayName": principal.name, "loginName": principal.login}
    shown = {"id": str(principal.directory_id), "displayName": principal.name, "email": principal.mail}
    if principal.kind is PrincipalKind.SITE_GROUP:
        return {"grantedToV2": {"siteGroup": known}, "grantedTo": {"user": {"displayName": principal.name}}}
    kind = "group" if principal.kind is PrincipalKind.GROUP else "user"
    return {"grantedToV2": {kind: shown, "siteUser": known}, "grantedTo": {"user": shown}}


def _inherited_from(source: Item | None, drive: str) -> dict[str, object]:
    """The root item stands for its library and for the web above it."""
    if source is None or source.kind is ItemKind.LIBRARY or not drive:
        return {"driveId": drive, "path": f"/drives/{drive}/root:"} if drive else {}
    return {"driveId": drive, "id": item_id_of(parse_drive_id(drive), source), "name": source.name}


def permission_id(principal: Principal) -> str:
    return base64.urlsafe_b64encode(principal.directory_id.bytes).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteItem:
    """A drive item as another side tells it; `quick_xor` is base64 text, empty where none was sent."""

    id: str
    drive_id: str
    name: str
    path: str
    is_folder: bool
    is_root: bool
    is_deleted: bool
    size_bytes: int
    quick_xor: str
    created_at: datetime | None
    modified_at: datetime | None
    author: str
    editor: str
    parent_id: str | None
    etag: str | None
    download_url: str | None
    shared: str = ""
    """For whom the widest of its links is: `anonymous`, `organization`, `users`; empty without one."""


def item_from_json(row: Mapping[str, Any]) -> RemoteItem:
    """Read an item of an answer. Raises KeyError where even the id is missing."""
    info: Mapping[str, Any] = row.get("fileSystemInfo") or {}
    parent: Mapping[str, Any] = row.get("parentReference") or {}
    created = info.get("createdDateTime") or row.get("createdDateTime")
    modified = info.get("lastModifiedDateTime") or row.get("lastModifiedDateTime")
    file: Mapping[str, Any] = row.get("file") or {}
    hashes: Mapping[str, Any] = file.get("hashes") or {}
    shared: Mapping[str, Any] = row.get("shared") or {}
    return RemoteItem(
        id=row["id"],
        drive_id=parent.get("driveId") or "",
        name=row.get("name") or "",
        path=parent.get("path") or "",
        is_folder="folder" in row,
        is_root="root" in row,
        is_deleted="deleted" in row,
        size_bytes=int(row.get("size") or 0),
        quick_xor=hashes.get("quickXorHash") or "",
        created_at=parse_date(created) if created else None,
        modified_at=parse_date(modified) if modified else None,
        author=_who(row.get("createdBy")),
        editor=_who(row.get("lastModifiedBy")),
        parent_id=parent.get("id"),
        etag=row.get("eTag"),
        download_url=row.get(DOWNLOAD_URL),
        shared=shared.get("scope") or "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteVersion:
    id: str
    size_bytes: int
    modified_at: datetime
    editor: str


def version_from_json(row: Mapping[str, Any]) -> RemoteVersion:
    return RemoteVersion(
        id=row["id"],
        size_bytes=int(row.get("size") or 0),
        modified_at=parse_date(row["lastModifiedDateTime"]),
        editor=_who(row.get("lastModifiedBy")),
    )


def _who(identity: Mapping[str, Any] | None) -> str:
    """Mail, else object id, else display name of an identity set's member."""
    for member in (identity or {}).values():
        return str(member.get("email") or member.get("id") or member.get("displayName") or "")
    return ""
