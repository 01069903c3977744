"""Drive items, versions and permissions as JSON (content-api.md 1.4, 1.11, 1.12)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xtenant.domain import paths
from xtenant.domain.content import FileVersion, Item, ItemKind, Principal, PrincipalKind, Role
from xtenant.domain.tenant import TenantId
from xtenant.protocols.graph.codec.dates import date_text, parse_date
from xtenant.protocols.graph.codec.drives import DriveFacts, identity_json, sharepoint_ids
from xtenant.protocols.graph.codec.ids import item_id_of
from xtenant.protocols.graph.codec.media import media_type

DOWNLOAD_URL = "@microsoft.graph.downloadUrl"
ROOT_NAME = "root"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """An item with what its JSON needs besides. `path` holds the names below the library down to the item itself.

    `parent` is None for the library; `children` is set for folders; `download_url` for files where it is wanted.
    """

    drive: DriveFacts
    item: Item
    path: tuple[str, ...] = ()
    parent: Item | None = None
    author: Principal | None = None
    editor: Principal | None = None
    children: int = 0
    download_url: str | None = None


def item_json(facts: ItemFacts, tenant_id: TenantId, *, with_ids: bool = False) -> dict[str, object]:
    """A drive item with the facets that clients read."""
    drive, item = facts.drive, facts.item
    is_root = item.kind is ItemKind.LIBRARY
    etag = etag_of(item)
    row: dict[str, object] = {
        "@odata.etag": etag,
        "id": item_id_of(drive.drive_id, item),
        "name": ROOT_NAME if is_root else item.name,
        "eTag": etag,
        "size": drive.site.size_bytes if is_root else item.size_bytes,
        "webUrl": paths.web_url(drive.site.url, (drive.library.name, *facts.path)),
        "createdDateTime": date_text(item.created_at),
        "lastModifiedDateTime": date_text(item.modified_at),
        "createdBy": identity_json(facts.author),
        "lastModifiedBy": identity_json(facts.editor),
        "fileSystemInfo": {
            "createdDateTime": date_text(item.created_at),
            "lastModifiedDateTime": date_text(item.modified_at),
        },
        "parentReference": _parent_reference(facts),
    }
    if is_root:
        row["root"] = {}
    if item.kind is ItemKind.FILE:
        row["cTag"] = ctag_of(item)
        row["file"] = {
            "mimeType": media_type(item.name),
            "hashes": {"quickXorHash": quick_xor_text(item.quick_xor)},
        }
        if facts.download_url is not None:
            row[DOWNLOAD_URL] = facts.download_url
    else:
        row["folder"] = {"childCount": facts.children}
    if with_ids:
        row["sharepointIds"] = sharepoint_ids(drive, tenant_id, item)
    return row


def deleted_json(facts: ItemFacts) -> dict[str, object]:
    """A row of delta for an item that is gone."""
    return {
        "id": item_id_of(facts.drive.drive_id, facts.item),
        "parentReference": {
            "driveId": str(facts.drive.drive_id),
            "driveType": facts.drive.drive_type,
        },
        "deleted": {"state": "deleted"},
    }


def _parent_reference(facts: ItemFacts) -> dict[str, object]:
    """On the root neither id nor path, but drive id and type (content-api.md 1.4)."""
    drive = facts.drive
    row: dict[str, object] = {
        "driveId": str(drive.drive_id),
        "driveType": drive.drive_type,
        "siteId": drive.site_id,
    }
    if facts.parent is not None:
        row["id"] = item_id_of(drive.drive_id, facts.parent)
        row["name"] = ROOT_NAME if facts.parent.kind is ItemKind.LIBRARY else facts.parent.name
        place = paths.web_url("", facts.path[:-1])
        row["path"] = f"/drives/{drive.drive_id}/root:{place}"
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


def version_json(version: FileVersion, editor: Principal | None) -> dict[str, object]:
    name = version_id(version.major, version.minor)
    return {
        "id": name,
        "lastModifiedDateTime": date_text(version.modified_at),
        "lastModifiedBy": identity_json(editor),
        "size": version.size_bytes,
        "publication": {"level": "published" if version.minor == 0 else "draft", "versionId": name},
    }


def permission_json(principal: Principal, role: Role) -> dict[str, object]:
    """A right on the whole site; its id names the principal (our choice: stable, opaque)."""
    shown = {"id": str(principal.directory_id), "displayName": principal.name, "email": principal.mail}
    kind = "group" if principal.kind is PrincipalKind.GROUP else "user"
    site_user = {"id": str(principal.key), "displayName": principal.name, "loginName": principal.login}
    return {
        "id": permission_id(principal),
        "roles": [role.value],
        "grantedToV2": {kind: shown, "siteUser": site_user},
        "grantedTo": {"user": shown},
    }


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


def item_from_json(row: Mapping[str, Any]) -> RemoteItem:
    """Read an item of an answer. Raises KeyError where even the id is missing."""
    info: Mapping[str, Any] = row.get("fileSystemInfo") or {}
    parent: Mapping[str, Any] = row.get("parentReference") or {}
    created = info.get("createdDateTime") or row.get("createdDateTime")
    modified = info.get("lastModifiedDateTime") or row.get("lastModifiedDateTime")
    file: Mapping[str, Any] = row.get("file") or {}
    hashes: Mapping[str, Any] = file.get("hashes") or {}
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
