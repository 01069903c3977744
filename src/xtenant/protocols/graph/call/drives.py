"""Sites, drives and their items over Graph: what inventory, proof and the demonstration read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx

from xtenant.domain import errors
from xtenant.protocols.graph.call.answers import BASE, ask, failure_of, pages, rows
from xtenant.protocols.graph.codec.drives import RemoteDrive, RemoteSite, drive_from_json, site_from_json
from xtenant.protocols.graph.codec.items import RemoteItem, RemoteVersion, item_from_json, version_from_json
from xtenant.wire.transport import Session

PAGE = 1_000
LATEST = "latest"
"""The token that skips everything there is."""


@dataclass(frozen=True, slots=True)
class RemotePermission:
    """A right as another side tells it; `principal` is mail, else object id, else name."""

    id: str
    roles: tuple[str, ...]
    principal: str


async def site_by_url(session: Session, url: str) -> RemoteSite:
    """A site by its address. Raises NotFound."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    place = f"{parts.netloc}:/{quote(path)}" if path else parts.netloc
    return site_from_json(await ask(session, "GET", f"{BASE}/sites/{place}"))


async def every_site(session: Session) -> AsyncIterator[RemoteSite]:
    """Every site of the tenant; app-only (content-api.md 1.2)."""
    async for row in rows(session, f"{BASE}/sites/getAllSites"):
        yield site_from_json(row)


async def drives_of_site(session: Session, site_id: str) -> list[RemoteDrive]:
    return [drive_from_json(row) async for row in rows(session, f"{BASE}/sites/{site_id}/drives")]


async def drive_of_site_url(session: Session, url: str) -> RemoteDrive:
    """The default library of the site at an address. Raises NotFound."""
    site = await site_by_url(session, url)
    return drive_from_json(await ask(session, "GET", f"{BASE}/sites/{site.id}/drive"))


async def drive_of_user(session: Session, user: str) -> RemoteDrive:
    """A person's OneDrive by UPN or object id. Raises NotFound where there is none."""
    return drive_from_json(await ask(session, "GET", f"{BASE}/users/{quote(user, safe='@')}/drive"))


async def drive_of_group(session: Session, group_id: UUID) -> RemoteDrive:
    return drive_from_json(await ask(session, "GET", f"{BASE}/groups/{group_id}/drive"))


async def root_of(session: Session, drive_id: str) -> RemoteItem:
    return item_from_json(await ask(session, "GET", f"{BASE}/drives/{drive_id}/root"))


async def item_by_path(session: Session, drive_id: str, path: str) -> RemoteItem:
    """By a path below the drive's root. Raises NotFound."""
    return item_from_json(await ask(session, "GET", f"{BASE}/drives/{drive_id}/root:/{quote(path.strip('/'))}"))


async def children_of(session: Session, drive_id: str, item_id: str) -> AsyncIterator[RemoteItem]:
    async for row in rows(session, f"{BASE}/drives/{drive_id}/items/{item_id}/children?$top={PAGE}"):
        yield item_from_json(row)


async def walk(session: Session, drive_id: str) -> AsyncIterator[RemoteItem]:
    """Every item below the root, folder by folder; only the ids of folders still to visit are kept."""
    waiting = ["root"]
    while waiting:
        async for item in children_of(session, drive_id, waiting.pop()):
            if item.is_folder:
                waiting.append(item.id)
            yield item


@dataclass(slots=True)
class Changes:
    """A run of delta: iterate once; `token` is set when it has ended."""

    session: Session
    drive_id: str
    since: str | None = None
    token: str | None = None

    async def __aiter__(self) -> AsyncIterator[RemoteItem]:
        """Every item, the root included, or what changed since a token. Raises Expired for a token that is too old."""
        start = f"{BASE}/drives/{self.drive_id}/root/delta?$top={PAGE}"
        if self.since is not None:
            start += f"&token={quote(self.since, safe='')}"
        async for page in pages(self.session, start):
            for row in page.get("value") or ():
                yield item_from_json(row)
            if "@odata.deltaLink" in page:
                self.token = httpx.URL(page["@odata.deltaLink"]).params.get("token")


async def latest_token(session: Session, drive_id: str) -> str:
    """A token for what changes from now on (content-api.md 1.7). Raises NotFound, AccessDenied."""
    changes = Changes(session, drive_id, since=LATEST)
    async for _ in changes:
        continue
    if changes.token is None:
        raise errors.Unexpected("The list of changes of a drive ends without a token.")
    return changes.token


async def has_changed(session: Session, drive_id: str, token: str) -> tuple[bool, str | None]:
    """Whether anything but the root is told of since a token, and the token to ask with next time.

    Read as far as the first change only, so that there is no next token with one. Raises Expired for a token that is too old.
    """
    url = f"{BASE}/drives/{drive_id}/root/delta?$select=id,root,deleted&token={quote(token, safe='')}"
    async for page in pages(session, url):
        if any("root" not in row for row in page.get("value") or ()):
            return True, None
        if "@odata.deltaLink" in page:
            return False, httpx.URL(page["@odata.deltaLink"]).params.get("token")
    return True, None


async def numbers_of_items(session: Session, drive_id: str) -> AsyncIterator[tuple[UUID, str]]:
    """Of every item of a drive the id SharePoint gives it, and Graph's."""
    url = f"{BASE}/drives/{drive_id}/root/delta?$select=id,sharepointIds&$top={PAGE}"
    async for row in rows(session, url):
        told: Mapping[str, str] = row.get("sharepointIds") or {}
        if "listItemUniqueId" in told:
            yield UUID(told["listItemUniqueId"]), row["id"]


async def count_versions(session: Session, drive_id: str, item_id: str) -> int:
    """How many versions a file has, the present one among them. Raises NotFound, AccessDenied."""
    url = f"{BASE}/drives/{drive_id}/items/{item_id}/versions?$select=id"
    return sum([1 async for _ in rows(session, url)])


async def versions_of(session: Session, drive_id: str, item_id: str) -> list[RemoteVersion]:
    """Newest first."""
    url = f"{BASE}/drives/{drive_id}/items/{item_id}/versions"
    return [version_from_json(row) async for row in rows(session, url)]


async def permissions_of(session: Session, drive_id: str, item_id: str = "root") -> list[RemotePermission]:
    found: list[RemotePermission] = []
    async for row in rows(session, f"{BASE}/drives/{drive_id}/items/{item_id}/permissions"):
        granted = cast(Mapping[str, Mapping[str, str]], row.get("grantedToV2") or {})  # untyped JSON
        name = ""
        for grantee in granted.values():
            name = name or grantee.get("email") or grantee.get("id") or grantee.get("displayName") or ""
        found.append(RemotePermission(row["id"], tuple(row.get("roles") or ()), name))
    return found


async def invite(session: Session, drive_id: str, *, recipients: list[str], role: str) -> None:
    """Give a role on the site: by mail, UPN or object id."""
    body = {"recipients": [_recipient(name) for name in recipients], "roles": [role], "requireSignIn": True}
    await ask(session, "POST", f"{BASE}/drives/{drive_id}/root/invite", json=body)


async def download_address(session: Session, drive_id: str, item_id: str, version: str | None = None) -> str:
    """The pre-authenticated address of a file or of an older version of it, for `wire.bulk`."""
    middle = "" if version is None else f"/versions/{version}"
    answer = await session.request("GET", f"{BASE}/drives/{drive_id}/items/{item_id}{middle}/content")
    if answer.status_code != 302 or "location" not in answer.headers:
        raise failure_of(answer) if answer.status_code >= 300 else errors.NetworkError("No download address came.")
    return answer.headers["location"]


async def put_small(session: Session, drive_id: str, path: str, content: bytes) -> RemoteItem:
    """Upload a file of a few megabytes in one request; an existing one gets a version."""
    url = f"{BASE}/drives/{drive_id}/root:/{quote(path.strip('/'))}:/content"
    headers = {"Content-Type": "application/octet-stream"}
    answer = await session.request("PUT", url, content=content, headers=headers)
    if answer.status_code >= 300:
        raise failure_of(answer)
    return item_from_json(answer.json())


async def upload_address(
    session: Session, drive_id: str, path: str, *, created: str | None = None, modified: str | None = None
) -> str:
    """Begin an upload session for `wire.bulk.BulkTransfer.upload`; dates are ISO 8601 texts."""
    dates = {"createdDateTime": created, "lastModifiedDateTime": modified}
    info = {name: value for name, value in dates.items() if value is not None}
    item: dict[str, object] = {"@microsoft.graph.conflictBehavior": "replace"}
    if info:
        item["fileSystemInfo"] = info
    url = f"{BASE}/drives/{drive_id}/root:/{quote(path.strip('/'))}:/createUploadSession"
    answer = await ask(session, "POST", url, json={"item": item})
    return str(answer["uploadUrl"])


async def create_folder(session: Session, drive_id: str, parent_id: str, name: str) -> RemoteItem:
    """Raises Conflict when the name is taken."""
    body: dict[str, object] = {"name": name, "folder": {}, "@microsoft.graph.conflictBehavior": "fail"}
    return item_from_json(await ask(session, "POST", f"{BASE}/drives/{drive_id}/items/{parent_id}/children", json=body))


async def rename_item(session: Session, drive_id: str, item_id: str, name: str) -> RemoteItem:
    """Raises NotFound, Conflict when the name is taken, UsageError for a name that cannot be."""
    return item_from_json(await ask(session, "PATCH", f"{BASE}/drives/{drive_id}/items/{item_id}", json={"name": name}))


async def delete_item(session: Session, drive_id: str, item_id: str) -> None:
    await ask(session, "DELETE", f"{BASE}/drives/{drive_id}/items/{item_id}")


def _recipient(name: str) -> dict[str, str]:
    try:
        return {"objectId": str(UUID(name))}
    except ValueError:
        return {"email": name}
