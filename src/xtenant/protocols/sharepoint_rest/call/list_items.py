"""Items of lists and libraries with all their fields, their versions and attachments (content-api.md 4.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.protocols.sharepoint_rest.call import feeds
from xtenant.protocols.sharepoint_rest.call.exchange import error_in
from xtenant.wire.transport import Session

PAGE = 5_000
FOLDER = 1
"""`FSObjType` of a folder."""

_ITSELF = frozenset(
    {"Id", "ID", "GUID", "UniqueId", "FileRef", "FileLeafRef", "FileDirRef", "FSObjType", "FileSystemObjectType"}
    | {"OData__UIVersionString", "OData__DisplayName", "OData__CheckinComment", "File_x0020_Size", "Attachments"}
    | {"HasUniqueRoleAssignments", "AuthorId", "EditorId", "Created", "Modified", "Title", "ContentTypeId"}
)
_OF_VERSION = frozenset(
    {
        "VersionId",
        "VersionLabel",
        "IsCurrentVersion",
        "Created",
        "Modified",
        "EditorId",
        "Editor",
        "CheckInComment",
        "Size",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An item. `path` is server-relative and decoded; `fields` holds the values of columns as they travel, empty ones left
    out: people and lookups as numbers under `…Id`. People are numbers of the site's users."""

    number: int
    unique_id: UUID
    path: str
    is_folder: bool
    title: str | None
    content_type: str
    fields: Mapping[str, Any]
    created: datetime
    modified: datetime
    author_id: int
    editor_id: int
    version: str
    comment: str
    size_bytes: int
    has_attachments: bool
    has_own_permissions: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowVersion:
    """A version of a file or list item; `label` as `2.0`, `fields` as in `Row`, title and content type among them."""

    label: str
    is_current: bool
    modified: datetime
    editor_id: int
    comment: str
    size_bytes: int
    fields: Mapping[str, Any]


class AttachmentRow(msgspec.Struct, kw_only=True):
    """A file attached to an item. Size, dates and people are told by our tenants only."""

    FileName: str
    ServerRelativeUrl: str = ""
    Length: int | None = None
    TimeCreated: datetime | None = None
    TimeLastModified: datetime | None = None
    AuthorId: int | None = None
    EditorId: int | None = None


class _Item(msgspec.Struct, kw_only=True):
    Id: int
    UniqueId: UUID
    FileRef: str
    FSObjType: int = 0
    Title: str | None = None
    ContentTypeId: str | None = None
    Created: datetime
    Modified: datetime
    AuthorId: int
    EditorId: int
    OData__UIVersionString: str | None = None
    OData__CheckinComment: str | None = None
    File_x0020_Size: int | None = None
    Attachments: bool = False
    HasUniqueRoleAssignments: bool = False


class _Version(msgspec.Struct, kw_only=True):
    VersionLabel: str
    IsCurrentVersion: bool = False
    Created: datetime
    EditorId: int
    CheckInComment: str | None = None
    Size: int = 0


async def rows_of(session: Session, web_url: str, list_id: UUID) -> AsyncIterator[Row]:
    """Every item of a list by number. Raises NotFound, AccessDenied; so do the others."""
    url = feeds.api(web_url, f"{_list(list_id)}/items?$top={PAGE}")
    async for found in feeds.rows(session, url, dict[str, Any]):
        yield _row(found)


async def versions_of(session: Session, web_url: str, list_id: UUID, number: int) -> list[RowVersion]:
    """All versions of a file or list item, newest first."""
    url = feeds.api(web_url, f"{_list(list_id)}/items({number})/versions")
    return [_version(found) async for found in feeds.rows(session, url, dict[str, Any])]


async def attachments_of(session: Session, web_url: str, list_id: UUID, number: int) -> list[AttachmentRow]:
    """What is attached to a list item."""
    url = feeds.api(web_url, f"{_list(list_id)}/items({number})/AttachmentFiles")
    return [row async for row in feeds.rows(session, url, AttachmentRow)]


async def attachment_content(session: Session, web_url: str, list_id: UUID, number: int, name: str) -> bytes:
    """The bytes of an attached file, whole."""
    spelt = quote(name.replace("'", "''"), safe="'")
    url = feeds.api(web_url, f"{_list(list_id)}/items({number})/AttachmentFiles('{spelt}')/$value")
    answer = await session.request("GET", url)
    if answer.status_code >= 400:
        raise error_in(answer)
    return answer.content


def _list(list_id: UUID) -> str:
    return f"web/lists(guid'{list_id}')"


def _row(found: Mapping[str, Any]) -> Row:
    item = _read(found, _Item)
    return Row(
        number=item.Id,
        unique_id=item.UniqueId,
        path=item.FileRef,
        is_folder=item.FSObjType == FOLDER,
        title=item.Title,
        content_type=item.ContentTypeId or "",
        fields=_fields(found, _ITSELF),
        created=item.Created,
        modified=item.Modified,
        author_id=item.AuthorId,
        editor_id=item.EditorId,
        version=item.OData__UIVersionString or "",
        comment=item.OData__CheckinComment or "",
        size_bytes=item.File_x0020_Size or 0,
        has_attachments=item.Attachments,
        has_own_permissions=item.HasUniqueRoleAssignments,
    )


def _version(found: Mapping[str, Any]) -> RowVersion:
    version = _read(found, _Version)
    return RowVersion(
        label=version.VersionLabel,
        is_current=version.IsCurrentVersion,
        modified=version.Created,
        editor_id=version.EditorId,
        comment=version.CheckInComment or "",
        size_bytes=version.Size,
        fields=_fields(found, _OF_VERSION),
    )


def _fields(found: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {
        name: value
        for name, value in found.items()
        if name not in known and "odata." not in name and not name.endswith("StringId") and value not in (None, [])
    }


def _read(found: Mapping[str, Any], kind: type[feeds.T]) -> feeds.T:
    try:
        return msgspec.convert(found, kind, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise errors.Unexpected(f"A list's item has another form: {error}.") from error
