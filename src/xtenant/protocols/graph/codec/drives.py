"""Sites and drives as JSON, and as we read them back (content-api.md 1.2, 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain import paths
from xtenant.domain.content import Item, Principal, Site
from xtenant.domain.drive import LIBRARY_TITLES, Drive
from xtenant.domain.list_views import WebView
from xtenant.domain.tenant import TenantId
from xtenant.protocols.graph.codec.dates import date_text
from xtenant.protocols.graph.codec.ids import DriveId, drive_id_of, site_id_of


def drive_id(drive: Drive) -> DriveId:
    return drive_id_of(drive.site, drive.library)


def drive_type(drive: Drive) -> str:
    return "business" if drive.site.is_personal else "documentLibrary"


def host_of(site: Site) -> str:
    return urlsplit(site.url).netloc


def site_json(site: Site, *, default_root: bool = False) -> dict[str, object]:
    """A site; top-level sites carry the `root` facet and their collection's host."""
    row: dict[str, object] = {
        "id": site_id_of(host_of(site), site),
        "name": paths.site_path(site.url).rpartition("/")[2],
        "displayName": site.title,
        "description": "",
        "webUrl": site.url,
        "createdDateTime": date_text(site.created_at),
        "lastModifiedDateTime": date_text(site.modified_at),
        "isPersonalSite": site.is_personal,
        "root": {},
        "siteCollection": {"hostname": host_of(site), "dataLocationCode": site.geo},
    }
    if default_root:
        row["siteCollection"] = {"hostname": host_of(site), "dataLocationCode": site.geo, "root": {}}
    return row


def web_id_of(view: WebView) -> str:
    """Graph's id of a site or subweb."""
    return f"{host_of(view.site)},{view.site.site_id},{view.web_id}"


def subsite_json(view: WebView) -> dict[str, object]:
    """A web below a site; it is part of the same site collection."""
    assert view.web is not None
    return {
        "id": web_id_of(view),
        "name": view.web.name,
        "displayName": view.title,
        "description": view.definition.description,
        "webUrl": paths.web_url(view.site.url, view.names),
        "createdDateTime": date_text(view.web.created_at),
        "lastModifiedDateTime": date_text(view.web.modified_at),
        "isPersonalSite": view.site.is_personal,
        "parentReference": {"siteId": site_id_of(host_of(view.site), view.site)},
        "siteCollection": {"hostname": host_of(view.site), "dataLocationCode": view.site.geo},
    }


def drive_json(drive: Drive, tenant_id: TenantId, *, with_ids: bool = False) -> dict[str, object]:
    site, library = drive.site, drive.library
    row: dict[str, object] = {
        "id": str(drive_id(drive)),
        "name": "OneDrive" if site.is_personal else drive.title or LIBRARY_TITLES.get(library.name, library.name),
        "description": "",
        "driveType": drive_type(drive),
        "webUrl": paths.web_url(site.url, drive.address),
        "createdDateTime": date_text(library.created_at),
        "lastModifiedDateTime": date_text(site.modified_at),
        "createdBy": identity_json(drive.owner),
        "owner": identity_json(drive.owner),
        "quota": {
            "total": site.quota_bytes,
            "used": site.size_bytes,
            "remaining": max(0, site.quota_bytes - site.size_bytes),
            "deleted": 0,
            "state": "normal",
        },
    }
    if with_ids:
        row["sharePointIds"] = sharepoint_ids(drive, tenant_id)
    return row


def sharepoint_ids(drive: Drive, tenant_id: TenantId, item: Item | None = None) -> dict[str, object]:
    """The same ids in SharePoint's words (content-api.md 1.1), only where selected."""
    row: dict[str, object] = {
        "listId": str(drive.library.item_id),
        "siteId": str(drive.site.site_id),
        "siteUrl": drive.site.url,
        "tenantId": str(tenant_id),
        "webId": str(drive.site.web_id),
    }
    if item is not None:
        row["listItemId"] = str(item.int_id)
        row["listItemUniqueId"] = str(item.item_id)
    return row


def identity_json(principal: Principal | None) -> dict[str, object]:
    """An identity set with one member; the system account is shown by name alone."""
    if principal is None:
        return {"user": {"displayName": "System Account"}}
    row: dict[str, object] = {"id": str(principal.directory_id), "displayName": principal.name}
    if principal.mail:
        row["email"] = principal.mail
    return {"group" if principal.kind.value == "group" else "user": row}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSite:
    """A site as another side tells it; `id` is Graph's triple."""

    id: str
    url: str
    title: str

    @property
    def site_id(self) -> UUID:
        return UUID(self.id.split(",")[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDrive:
    id: str
    name: str
    drive_type: str
    url: str


def site_from_json(row: Mapping[str, Any]) -> RemoteSite:
    return RemoteSite(id=row["id"], url=row["webUrl"], title=row.get("displayName") or "")


def drive_from_json(row: Mapping[str, Any]) -> RemoteDrive:
    return RemoteDrive(
        id=row["id"],
        name=row.get("name") or "",
        drive_type=row.get("driveType") or "documentLibrary",
        url=row.get("webUrl") or "",
    )
