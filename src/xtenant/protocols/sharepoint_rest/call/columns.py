"""Columns and content types of lists and webs (content-api.md 4.4): those of their own, not what every list has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec

from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.wire.transport import Session

_FIELDS = "Id,InternalName,Title,TypeAsString,Required,Hidden,Indexed,Description,Group,DefaultValue,Choices,LookupList,CanBeDeleted"
_TYPES = "StringId,Name,Description,Group,Hidden,Sealed,FieldLinks/Id,FieldLinks/Name"


class Column(msgspec.Struct, kw_only=True):
    """`LookupList` is the id of the list a lookup looks at, in braces; empty for other kinds."""

    Id: UUID
    InternalName: str
    Title: str = ""
    TypeAsString: str = ""
    Required: bool = False
    Hidden: bool = False
    Indexed: bool = False
    Description: str = ""
    Group: str = ""
    DefaultValue: str | None = None
    Choices: list[str] = msgspec.field(default_factory=list[str])
    LookupList: str = ""
    CanBeDeleted: bool = True


class FieldLink(msgspec.Struct, kw_only=True):
    Id: UUID
    Name: str = ""


class ContentType(msgspec.Struct, kw_only=True):
    """`FieldLinks` are the columns it shows, in order."""

    StringId: str
    Name: str = ""
    Description: str = ""
    Group: str = ""
    Hidden: bool = False
    Sealed: bool = False
    FieldLinks: list[FieldLink] = msgspec.field(default_factory=list[FieldLink])


async def columns_of(session: Session, web_url: str, list_id: UUID | None = None) -> AsyncIterator[Column]:
    """Columns of a list, or of the web without one. Raises NotFound, AccessDenied."""
    async for column in feeds.rows(session, _address(web_url, list_id, f"fields?$select={_FIELDS}"), Column):
        if column.CanBeDeleted:
            yield column


async def content_types_of(session: Session, web_url: str, list_id: UUID | None = None) -> AsyncIterator[ContentType]:
    """Content types of a list, or of the web without one. Raises NotFound, AccessDenied."""
    rest = f"contenttypes?$select={_TYPES}&$expand=FieldLinks"
    async for one in feeds.rows(session, _address(web_url, list_id, rest), ContentType):
        if not one.Sealed:
            yield one


def _address(web_url: str, list_id: UUID | None, rest: str) -> str:
    place = "web" if list_id is None else f"web/lists(guid'{list_id}')"
    return feeds.api(web_url, f"{place}/{rest}")
