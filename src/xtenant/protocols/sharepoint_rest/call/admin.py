"""Digest, versions, compatibility and our inbox (spo-admin.md 1.1, 5, 8.9)."""

from __future__ import annotations

from typing import Any

import msgspec

from xtenant.domain import errors
from xtenant.domain.trust import Compatibility
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.call.exchange import send
from xtenant.wire import odata
from xtenant.wire.digest import DigestCache
from xtenant.wire.transport import Session

API_VERSION = "1.6.0"


async def form_digest(session: Session, site_url: str, cache: DigestCache) -> str:
    """A form digest for a host or site, from the cache while it is good. With a bearer token calls go without."""
    held = cache.get(site_url)
    if held is not None:
        return held
    answer = await send(session, "POST", f"{site_url.rstrip('/')}/_api/contextinfo", idempotent=True)
    try:
        information = msgspec.json.decode(answer.content, type=codec.ContextInformation)
    except msgspec.MsgspecError as error:
        raise errors.Unexpected("The answer of contextinfo cannot be read.") from error
    cache.put(site_url, information.FormDigestValue, information.FormDigestTimeoutSeconds)
    return information.FormDigestValue


async def api_versions(session: Session, admin_url: str) -> list[str]:
    """What the MultiGeo service speaks, oldest first as it says them."""
    answer = await send(session, "GET", f"{admin_url.rstrip('/')}/_api/MultiGeoApiVersions")
    try:
        return msgspec.convert(
            msgspec.json.decode(answer.content, type=dict[str, Any]).get("SupportedVersions"), list[str]
        )
    except msgspec.MsgspecError as error:
        raise errors.Unexpected("The list of API versions cannot be read.") from error


async def compatibility(session: Session, admin_url: str, target: str) -> Compatibility:
    """Get-SPOCrossTenantCompatibilityStatus, asked on the source; `target` is the partner's host URL.

    Not repeated by itself: a partner that is down is reported at once.
    """
    function = f"XTenantMoveCompatibilityCheck(targetTenantHostUrl='{odata.escape_key(target)}')"
    answer = await send(
        session, "GET", f"{admin_url.rstrip('/')}/_api/{function}?api-version={API_VERSION}", idempotent=False
    )
    return codec.read_compatibility(answer.content)


async def inbox(session: Session, admin_url: str) -> list[codec.InboxRow]:
    """Who asked this tenant for trust; a route of ours, absent at Microsoft (NotFound)."""
    answer = await send(session, "GET", f"{admin_url.rstrip('/')}/_api/xtenant/inbox")
    try:
        return msgspec.json.decode(answer.content, type=codec.Inbox).value
    except msgspec.MsgspecError as error:
        raise errors.Unexpected("The inbox cannot be read.") from error
