"""Sharing links over Graph: made, read, followed (content-api.md 1.12)."""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.protocols.graph.call.answers import BASE, ask, rows
from xtenant.protocols.graph.codec.items import RemoteItem, item_from_json
from xtenant.protocols.graph.codec.sharing import RemoteLink, link_from_json, share_id
from xtenant.wire.transport import Session


async def links_of(session: Session, drive_id: str, item_id: str) -> list[RemoteLink]:
    """Links of an item, all of them for its owners. Raises NotFound, AccessDenied."""
    url = f"{BASE}/drives/{drive_id}/items/{item_id}/permissions?$filter=Link ne null"
    return [link_from_json(row) async for row in rows(session, url) if "link" in row]


async def create_link(
    session: Session,
    drive_id: str,
    item_id: str,
    *,
    kind: str,
    scope: str,
    expires: str | None = None,
    recipients: Sequence[str] = (),
) -> RemoteLink:
    """A link, or the one that is there. `expires` is an ISO 8601 text, `recipients` are mails or UPNs.

    Raises AccessDenied where the tenant allows no such link.
    """
    body: dict[str, object] = {"type": kind, "scope": scope}
    if expires is not None:
        body["expirationDateTime"] = expires
    if recipients:
        body["recipients"] = [{"email": name} for name in recipients]
    return link_from_json(await ask(session, "POST", f"{BASE}/drives/{drive_id}/items/{item_id}/createLink", json=body))


async def delete_link(session: Session, drive_id: str, item_id: str, link_id: str) -> None:
    """Raises NotFound, AccessDenied."""
    await ask(session, "DELETE", f"{BASE}/drives/{drive_id}/items/{item_id}/permissions/{link_id}")


async def follow(session: Session, url: str) -> RemoteItem:
    """The item a sharing address leads to. Raises NotFound where it leads nowhere."""
    return item_from_json(await ask(session, "GET", f"{BASE}/shares/{share_id(url)}/driveItem"))
