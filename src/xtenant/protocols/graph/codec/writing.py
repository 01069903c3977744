"""Bodies of writing calls: folders, changes of an item, upload sessions, invitations (content-api.md 1.8, 1.9, 1.12)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from xtenant.domain import errors
from xtenant.domain.content import Role
from xtenant.domain.upload import ConflictBehavior
from xtenant.protocols.graph.codec.dates import date_text, parse_date
from xtenant.protocols.graph.codec.query import conflict_behavior


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class _Conflicting(_Body, kw_only=True):
    """Two spellings of one thing: rclone and onedrive 2.4 write the older (content-api.md 1.8)."""

    conflict_behavior: str | None = msgspec.field(default=None, name="@microsoft.graph.conflictBehavior")
    older_spelling: str | None = msgspec.field(default=None, name="@name.conflictBehavior")

    @property
    def conflict(self) -> ConflictBehavior | None:
        text = self.conflict_behavior or self.older_spelling
        return conflict_behavior(text) if text else None


class FileSystemInfo(_Body):
    created_date_time: str | None = None
    last_modified_date_time: str | None = None
    last_accessed_date_time: str | None = None

    @property
    def created_at(self) -> datetime | None:
        return parse_date(self.created_date_time) if self.created_date_time else None

    @property
    def modified_at(self) -> datetime | None:
        return parse_date(self.last_modified_date_time) if self.last_modified_date_time else None


class _Empty(msgspec.Struct):
    """A facet that only has to be there."""


class FolderBody(_Conflicting):
    """POST …/children."""

    name: str
    folder: _Empty
    file_system_info: FileSystemInfo | None = None


class ParentReference(_Body):
    drive_id: str | None = None
    drive_type: str | None = None
    id: str | None = None
    path: str | None = None


class ItemPatch(_Conflicting):
    """PATCH of an item: name, place, dates."""

    name: str | None = None
    parent_reference: ParentReference | None = None
    file_system_info: FileSystemInfo | None = None


class SessionItem(_Conflicting):
    name: str | None = None
    description: str | None = None
    file_size: int | None = None
    file_system_info: FileSystemInfo | None = None


class SessionBody(_Body):
    """POST …/createUploadSession; every part may be missing."""

    item: SessionItem = msgspec.field(default_factory=SessionItem)
    defer_commit: bool = False


class Recipient(_Body):
    email: str | None = None
    alias: str | None = None
    object_id: str | None = None

    @property
    def name(self) -> str:
        text = self.object_id or self.email or self.alias
        if not text:
            raise errors.UsageError("A recipient needs an email, an alias or an objectId.")
        return text


class InviteBody(_Body):
    """POST …/invite."""

    recipients: list[Recipient]
    roles: list[str]
    require_sign_in: bool = True
    send_invitation: bool = False
    message: str | None = None
    retain_inherited_permissions: bool | None = None


class PermissionPatch(_Body):
    """PATCH …/permissions/{id}: roles of a person's right, or the end of a link."""

    roles: list[str] | None = None
    expiration_date_time: str | msgspec.UnsetType | None = msgspec.UNSET


class LinkBody(_Body):
    """POST …/createLink; what is not served is named, not left out."""

    type: str = "view"
    scope: str | None = None
    expiration_date_time: str | None = None
    password: str | None = None
    message: str | None = None
    recipients: list[Recipient] = msgspec.field(default_factory=list[Recipient])
    retain_inherited_permissions: bool | None = None


class GrantBody(_Body):
    """POST /shares/{id}/permission/grant."""

    recipients: list[Recipient]
    roles: list[str] = msgspec.field(default_factory=list[str])


def role_of(roles: list[str]) -> Role:
    """The strongest of the roles named. Raises UsageError for an unknown one or none."""
    order = list(Role)
    try:
        wanted = [Role(role.lower()) for role in roles]
    except ValueError as error:
        raise errors.UsageError(f"Unknown role: {error}.", remedy="Use read, write or owner.") from error
    if not wanted:
        raise errors.UsageError("No role was given.", remedy="Use read, write or owner.")
    return max(wanted, key=order.index)


def session_json(
    *, upload_url: str | None, expires_at: datetime, received: int, total: int | None, is_complete: bool
) -> dict[str, object]:
    """Status of an upload session: one range, its end included once the total is known (finding 5); none at the end."""
    open_range = f"{received}-{'' if total is None else total - 1}"
    row: dict[str, object] = {
        "expirationDateTime": date_text(expires_at),
        "nextExpectedRanges": [] if is_complete else [open_range],
    }
    return row if upload_url is None else {"uploadUrl": upload_url, **row}
