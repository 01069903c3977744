"""Our own routes of a lab for bringing real files in (settled B 13): a site or OneDrive made, archives sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from xtenant.domain import errors
from xtenant.protocols.sharepoint_rest.call.exchange import send
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.transport import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSite:
    """A site that is there now; `library` is the last segment of its default library's address."""

    url: str
    library: str


class _Answer(msgspec.Struct):
    url: str
    library: str


async def make_site(session: Session, admin_url: str, *, url: str, title: str, owner: str | None) -> MadeSite:
    """The site at an address, made where none is."""
    return await _made(session, admin_url, {"url": url, "title": title, "owner": owner})


async def make_onedrive(session: Session, admin_url: str, *, user: str) -> MadeSite:
    """A person's OneDrive, made where they have none."""
    return await _made(session, admin_url, {"user": user})


async def _made(session: Session, admin_url: str, body: dict[str, str | None]) -> MadeSite:
    answer = await send(session, "POST", f"{admin_url.rstrip('/')}/_api/xtenant/sites", json=body)
    try:
        told = msgspec.json.decode(answer.content, type=_Answer)
    except msgspec.MsgspecError as error:
        raise errors.Unexpected("The answer cannot be read.") from error
    return MadeSite(url=told.url, library=told.library)


def send_archive(
    bulk: BulkTransfer, token: str, admin_url: str, *, site_url: str, author: str | None, pieces: Iterator[bytes]
) -> dict[str, object]:
    """Send one archive into a site's library; what the tenant made of it. Blocks; runs in a thread."""
    options = f"site={quote(site_url, safe='')}" + (f"&author={quote(author, safe='')}" if author else "")
    url = f"{admin_url.rstrip('/')}/_api/xtenant/import?{options}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-tar"}
    return bulk.send(url, pieces, headers)


def send_estate(bulk: BulkTransfer, token: str, admin_url: str, *, pieces: Iterator[bytes]) -> dict[str, object]:
    """Send a made-up estate, as `wire/estates.py` writes it; what the tenant made of it. Blocks; runs in a thread."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    return bulk.send(f"{admin_url.rstrip('/')}/_api/xtenant/estates", pieces, headers)
