"""A little history for the demo: a second and a third version of a few files, written over Graph by other people.

Each signs in with a name and password, as in a browser, and sends an upload session with a date of its own
(content-api.md 1.9, 1.11); the app that runs the demo only gives them the right to (1.12).
"""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import anyio.to_thread

from xtenant.cli.demo.stage import SOURCE, Stage
from xtenant.client.profiles import Profile
from xtenant.client.sign_in import PersonPassword, SignIn
from xtenant.client.tenant import TenantClient
from xtenant.domain.tenant import TenantId
from xtenant.protocols.graph.call import drives
from xtenant.protocols.graph.call.answers import BASE, ask
from xtenant.protocols.graph.codec.dates import date_text
from xtenant.protocols.graph.codec.items import RemoteItem
from xtenant.wire.transport import Session, open_http, open_http_sync

FILES = 3
LARGEST = 1024 * 1024
LOOKED_AT = 2_000
"""How many items are looked at for small files; more would only cost time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Versions written, and by whom."""

    versions: int
    people: tuple[str, ...]


async def write_history(stage: Stage, tenant: TenantClient, site_url: str, *, writers: tuple[str, ...]) -> Written:
    """Every writer adds one version to each of the first small files of a site's library."""
    drive = await drives.drive_of_site_url(tenant.session, site_url)
    files = await _small_files(tenant.session, drive.id)
    await drives.invite(tenant.session, drive.id, recipients=list(writers), role="write")
    for number, upn in enumerate(writers, start=1):
        async with _session_of(stage, upn) as session:
            for file in files:
                await _write(stage, session, file, f"\nVersion of {upn}.\n".encode(), minutes=number)
    return Written(versions=len(files) * len(writers), people=writers)


async def _small_files(session: Session, drive_id: str) -> list[RemoteItem]:
    """The first few files, folder by folder."""
    found: list[RemoteItem] = []
    folders, looked = ["root"], 0
    while folders and looked < LOOKED_AT and len(found) < FILES:
        async for item in drives.children_of(session, drive_id, folders.pop(0)):
            looked += 1
            if item.is_folder:
                folders.append(item.id)
            elif 0 < item.size_bytes <= LARGEST and len(found) < FILES:
                found.append(item)
            if looked >= LOOKED_AT:
                break
    return found


async def _write(stage: Stage, session: Session, file: RemoteItem, more: bytes, *, minutes: int) -> None:
    """The present content with something behind it, as a new version."""
    address = await drives.download_address(session, file.drive_id, file.id)
    content = await anyio.to_thread.run_sync(lambda: b"".join(stage.bulk.download(address)) + more)
    item_url = f"{BASE}/drives/{file.drive_id}/items/{file.id}"
    body = {"item": {"@microsoft.graph.conflictBehavior": "replace", "fileSystemInfo": _dates(file, minutes)}}
    upload = await ask(session, "POST", f"{item_url}/createUploadSession", json=body)
    await anyio.to_thread.run_sync(stage.bulk.upload, upload["uploadUrl"], io.BytesIO(content), len(content))


def _dates(file: RemoteItem, minutes: int) -> dict[str, object]:
    """The file's own dates, the change some minutes later."""
    moved = None if file.modified_at is None else file.modified_at + timedelta(minutes=minutes)
    dates = {"createdDateTime": file.created_at, "lastModifiedDateTime": moved}
    return {name: date_text(moment) for name, moment in dates.items() if moment is not None}


@asynccontextmanager
async def _session_of(stage: Stage, upn: str) -> AsyncGenerator[Session]:
    """A person's own session."""
    tenant = stage.estate.tenant(SOURCE)
    person = next(one for one in tenant.people if one.upn == upn)
    profile: Profile = stage.tools.store.get(SOURCE)
    credential = PersonPassword(client_id=profile.client_id, upn=upn, password=person.password)
    with open_http_sync(stage.connection) as login:
        async with open_http(stage.connection) as http:
            signing_in = SignIn(TenantId(tenant.tenant_id), credential, login, clock=stage.tools.clock)
            yield Session(http, signing_in.token_for_async, clock=stage.tools.clock, ids=stage.ids)
