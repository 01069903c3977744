"""Who a site knows: its users and the SharePoint groups that live in it (content-api.md 4.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.protocols.sharepoint_rest.call.exchange import send
from xtenant.wire.transport import Session

USER, DISTRIBUTION_LIST, SECURITY_GROUP, SITE_GROUP = 1, 2, 4, 8
"""Kinds of principals (`PrincipalType`)."""

_USER_FIELDS = "Id,LoginName,Title,Email,UserPrincipalName,PrincipalType,IsSiteAdmin"


class SiteUser(msgspec.Struct, kw_only=True):
    """A person, a group of the directory, or a claim such as Everyone."""

    Id: int
    LoginName: str
    Title: str | None = None
    Email: str | None = None
    UserPrincipalName: str | None = None
    PrincipalType: int = USER
    IsSiteAdmin: bool = False


class SiteGroup(msgspec.Struct, kw_only=True):
    """A SharePoint group with its members; it holds no other SharePoint group."""

    Id: int
    Title: str
    Users: list[SiteUser] = msgspec.field(default_factory=list[SiteUser])


def site_users(session: Session, web_url: str) -> AsyncIterator[SiteUser]:
    """Everybody the site collection knows. Raises NotFound, AccessDenied."""
    return feeds.rows(session, feeds.api(web_url, f"web/siteusers?$select={_USER_FIELDS}"), SiteUser)


def site_groups(session: Session, web_url: str) -> AsyncIterator[SiteGroup]:
    """The SharePoint groups of the site collection with their members. Raises NotFound, AccessDenied."""
    return feeds.rows(session, feeds.api(web_url, "web/sitegroups?$expand=Users"), SiteGroup)


async def remove_site_user(session: Session, web_url: str, number: int) -> None:
    """Make the site forget a user, with all rights they had in it. Raises NotFound, AccessDenied."""
    await send(session, "POST", feeds.api(web_url, f"web/siteusers/removebyid({number})"))
