"""A site's webs: the root web and those below it (content-api.md 4.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import msgspec

from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.wire.transport import Session

_FIELDS = "Id,Title,Description,Url,WebTemplate,Configuration,Language,Created,HasUniqueRoleAssignments"


class Web(msgspec.Struct, kw_only=True):
    """`Url` is the full address, `Language` the number of a locale."""

    Id: UUID
    Title: str = ""
    Description: str = ""
    Url: str
    WebTemplate: str = ""
    Configuration: int = 0
    Language: int = 1033
    Created: datetime | None = None
    HasUniqueRoleAssignments: bool = True


class TimeZone(msgspec.Struct, kw_only=True):
    Id: int


async def web_of(session: Session, web_url: str) -> Web:
    """The web at an address. Raises NotFound, AccessDenied; so do the others."""
    return await feeds.entity(session, feeds.api(web_url, f"web?$select={_FIELDS}"), Web)


def webs_below(session: Session, web_url: str) -> AsyncIterator[Web]:
    """The webs directly below one."""
    return feeds.rows(session, feeds.api(web_url, f"web/webs?$select={_FIELDS}"), Web)


async def time_zone_of(session: Session, web_url: str) -> int:
    """SharePoint's number of a web's time zone."""
    return (await feeds.entity(session, feeds.api(web_url, "web/regionalsettings/timezone?$select=Id"), TimeZone)).Id
