"""A site's lists and what lies in them (content-api.md 4.4; settled C 17).

Items are paged by id, which stays quick above 5,000 rows; that the page answers in this form is inferred until recorded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import msgspec

from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.wire.transport import Session

PAGE = 5_000
FOLDER = 1
"""`FSObjType` of a folder; files and list rows have 0."""

LIBRARY = 1
"""`BaseType` of a library; lists of rows have 0 and other numbers."""

_LIST_FIELDS = "Id,Title,BaseTemplate,BaseType,Hidden,ItemCount,LastItemModifiedDate,HasUniqueRoleAssignments"
_ITEM_FIELDS = "Id,UniqueId,FileRef,FileLeafRef,FSObjType,HasUniqueRoleAssignments,OData__UIVersionString,Modified"
_SIZE = "File_x0020_Size"
"""A column of libraries only: asked of another list, it refuses the whole page."""

_LABEL = "OData__DisplayName"
"""The name of a file's sensitivity label: a column of libraries that labels were switched on for, and of no other list."""


class SiteCollection(msgspec.Struct, kw_only=True):
    Id: UUID


class Folder(msgspec.Struct, kw_only=True):
    ServerRelativeUrl: str


class SiteList(msgspec.Struct, kw_only=True):
    """A list or library; `RootFolder` says where it stands."""

    Id: UUID
    Title: str = ""
    BaseTemplate: int = 100
    BaseType: int = LIBRARY
    Hidden: bool = False
    ItemCount: int = 0
    LastItemModifiedDate: datetime | None = None
    HasUniqueRoleAssignments: bool = False
    RootFolder: Folder


class ListSettings(msgspec.Struct, kw_only=True):
    """What a list or library is set to; `MajorVersionLimit` 0 keeps every version."""

    Id: UUID
    Title: str = ""
    Description: str = ""
    BaseTemplate: int = 100
    BaseType: int = LIBRARY
    Hidden: bool = False
    ItemCount: int = 0
    EnableVersioning: bool = False
    EnableMinorVersions: bool = False
    MajorVersionLimit: int = 0
    EnableModeration: bool = False
    EnableAttachments: bool = False
    ContentTypesEnabled: bool = False
    Created: datetime | None = None
    HasUniqueRoleAssignments: bool = False
    RootFolder: Folder


class ListItem(msgspec.Struct, kw_only=True):
    """A file, folder or row; `FileRef` is its path from the host on, decoded."""

    Id: int
    UniqueId: UUID
    FileRef: str
    FSObjType: int = 0
    HasUniqueRoleAssignments: bool = False
    OData__UIVersionString: str | None = None
    File_x0020_Size: int | None = None
    OData__DisplayName: str | None = None
    Modified: datetime | None = None


async def site_id_of(session: Session, web_url: str) -> UUID:
    """The id of the site collection at an address. Raises NotFound, AccessDenied."""
    return (await feeds.entity(session, feeds.api(web_url, "site?$select=Id"), SiteCollection)).Id


def lists_of(session: Session, web_url: str) -> AsyncIterator[SiteList]:
    """Every list of the root web, hidden ones included. Raises NotFound, AccessDenied."""
    return feeds.rows(
        session,
        feeds.api(web_url, f"web/lists?$select={_LIST_FIELDS},RootFolder/ServerRelativeUrl&$expand=RootFolder"),
        SiteList,
    )


def settings_of(session: Session, web_url: str) -> AsyncIterator[ListSettings]:
    """Every list of a web with its settings, hidden ones included. Raises NotFound, AccessDenied."""
    fields = ",".join(name for name in ListSettings.__struct_fields__ if name != "RootFolder")
    return feeds.rows(
        session,
        feeds.api(web_url, f"web/lists?$select={fields},RootFolder/ServerRelativeUrl&$expand=RootFolder"),
        ListSettings,
    )


def items_of(
    session: Session, web_url: str, list_id: UUID, *, library: bool = True, labels: bool = False
) -> AsyncIterator[ListItem]:
    """Every item of a list by id; sizes of a library's, labels where asked for.

    Raises NotFound, AccessDenied, and Refused for a list without the columns that are asked of it.
    """
    fields = [_ITEM_FIELDS, *[_SIZE] * library, *[_LABEL] * labels]
    url = feeds.api(web_url, f"web/lists(guid'{list_id}')/items?$select={','.join(fields)}&$top={PAGE}")
    return feeds.rows(session, url, ListItem)
