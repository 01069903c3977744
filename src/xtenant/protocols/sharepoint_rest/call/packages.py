"""A move's package as an archive, read as it comes (our own route, settled B 13)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from xtenant.protocols.sharepoint_rest.call.exchange import error_in
from xtenant.wire.transport import Session


@asynccontextmanager
async def package(session: Session, admin_url: str, job_id: UUID) -> AsyncGenerator[AsyncIterator[bytes]]:
    """The pieces of the archive. Raises NotFound, Conflict, AccessDenied as the tenant answers."""
    url = f"{admin_url.rstrip('/')}/_api/xtenant/moves/{job_id}/package"
    async with session.stream(url) as answer:
        if answer.status_code >= 400:
            await answer.aread()
            raise error_in(answer)
        yield answer.aiter_bytes()
