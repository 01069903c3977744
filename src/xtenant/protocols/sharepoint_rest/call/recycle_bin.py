"""The recycle bin of a site, and publishing, over SharePoint REST (content-api.md 4.3, 4.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import msgspec

from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.protocols.sharepoint_rest.call.exchange import send
from xtenant.wire.transport import Session

PAGE = 1_000


class DeletedEntry(msgspec.Struct, kw_only=True):
    """What was deleted by itself; `DirName` is the place below the host, `ItemType` SharePoint's number (1 file, 3 list item,
    4 list, 5 folder, 10 web)."""

    Id: UUID
    LeafName: str
    DirName: str
    ItemType: int
    Size: str = "0"
    DeletedDate: datetime
    DeletedByName: str = ""
    DeletedByEmail: str = ""
    AuthorName: str = ""
    AuthorEmail: str = ""


async def deleted_items(session: Session, site_url: str) -> AsyncIterator[DeletedEntry]:
    """Everything for an owner of the site, else one's own deletions. Raises NotFound, AccessDenied."""
    async for row in feeds.rows(session, f"{site_url}/_api/site/RecycleBin?$top={PAGE}", DeletedEntry):
        yield row


async def restore_deleted(session: Session, site_url: str, ids: Sequence[UUID]) -> None:
    """All or none. Raises Conflict for a name that is taken, NotFound."""
    await _change(session, site_url, "RestoreByIds", ids)


async def purge_deleted(session: Session, site_url: str, ids: Sequence[UUID]) -> None:
    """For good; all or none. Raises NotFound."""
    await _change(session, site_url, "DeleteByIds", ids)


async def publish(session: Session, web_url: str, path: str, comment: str = "") -> None:
    """The draft of a file at a server-relative path becomes the next major version. Raises Conflict, AccessDenied."""
    await _at_file(session, web_url, path, f"Publish('{_quoted(comment)}')")


async def take_back(session: Session, web_url: str, path: str, comment: str = "") -> None:
    """The published version becomes a draft. Raises Conflict, AccessDenied."""
    await _at_file(session, web_url, path, f"UnPublish('{_quoted(comment)}')")


async def check_in(session: Session, web_url: str, path: str, comment: str, *, kind: int = 0) -> None:
    """Comments the current version; with `kind` 1 a draft is published."""
    await _at_file(session, web_url, path, f"CheckIn(comment='{_quoted(comment)}',checkintype={kind})")


async def _change(session: Session, site_url: str, name: str, ids: Sequence[UUID]) -> None:
    await send(session, "POST", f"{site_url}/_api/site/RecycleBin/{name}", json={"ids": [str(one) for one in ids]})


async def _at_file(session: Session, web_url: str, path: str, call: str) -> None:
    file = f"GetFileByServerRelativePath(DecodedUrl='{_quoted(path)}')"
    await send(session, "POST", f"{web_url}/_api/web/{file}/{call}")


def _quoted(text: str) -> str:
    return quote(text.replace("'", "''"), safe="")
