"""Who has which right on an object with permissions of its own (content-api.md 4.5)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.protocols.sharepoint_rest.call.site_users import USER
from xtenant.wire.transport import Session

_EXPANDED = "roleassignments?$expand=Member,RoleDefinitionBindings"


class BasePermissions(msgspec.Struct, kw_only=True):
    """64 bits in two halves, which travel as texts or numbers."""

    High: int = 0
    Low: int = 0


class RoleDefinition(msgspec.Struct, kw_only=True):
    """A role by SharePoint's number; those of a tenant's own making are told by their permissions only."""

    Id: int
    Name: str = ""
    BasePermissions: BasePermissions | None = None


class Assignee(msgspec.Struct, kw_only=True):
    """Who has the roles; a SharePoint group's `LoginName` is its title."""

    Id: int
    LoginName: str
    Title: str | None = None
    PrincipalType: int = USER
    Email: str | None = None
    UserPrincipalName: str | None = None


class RoleAssignment(msgspec.Struct, kw_only=True):
    PrincipalId: int
    Member: Assignee
    RoleDefinitionBindings: list[RoleDefinition] = msgspec.field(default_factory=list[RoleDefinition])


async def of_web(session: Session, web_url: str) -> list[RoleAssignment]:
    """Raises NotFound, AccessDenied; so do the others."""
    return await _at(session, feeds.api(web_url, f"web/{_EXPANDED}"))


async def of_list(session: Session, web_url: str, list_id: UUID) -> list[RoleAssignment]:
    return await _at(session, feeds.api(web_url, f"web/lists(guid'{list_id}')/{_EXPANDED}"))


async def of_item(session: Session, web_url: str, list_id: UUID, item_number: int) -> list[RoleAssignment]:
    return await _at(session, feeds.api(web_url, f"web/lists(guid'{list_id}')/items({item_number})/{_EXPANDED}"))


async def _at(session: Session, url: str) -> list[RoleAssignment]:
    return [row async for row in feeds.rows(session, url, RoleAssignment)]
