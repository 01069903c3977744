"""What a site holds: webs, lists, folders, files, list items, their versions, who may see them.

Items keep their GUID for life and through a move (settled B 11); GUIDs are unique per site, never per tenant. All dates are
cut to whole seconds on every write (settled B 10). Content itself is bytes in a blob store, named here by its SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import NewType
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.fields import NO_FIELDS, Fields
from xtenant.domain.tenant import GeoCode

SiteId = NewType("SiteId", UUID)
ItemId = NewType("ItemId", UUID)
BlobKey = NewType("BlobKey", bytes)
"""SHA-256 of the content, 32 bytes. Stores prefix it by tenant: deduplication never crosses a tenant."""

SiteKey = NewType("SiteKey", int)
ItemKey = NewType("ItemKey", int)
PrincipalKey = NewType("PrincipalKey", int)

WEB = ItemKey(0)
"""Names the root web where a scope of permissions is named; every other scope is a subweb, list, folder, file or list item."""

NO_CONTENT = BlobKey(b"")
"""The content of what has none: a version of a list item."""

TERABYTE = 1024**4

REDIRECT_TEMPLATE = "RedirectSite#0"
TEAM_SITE_TEMPLATE = "STS#3"
COMMUNICATION_TEMPLATE = "SITEPAGEPUBLISHING#0"
GROUP_TEMPLATE = "GROUP#0"
PERSONAL_TEMPLATE = "SPSPERS#10"


class LockState(Enum):
    """The administrator's lock; the engine's freeze is a column of its own (settled B 4)."""

    UNLOCK = "Unlock"
    NO_ADDITIONS = "NoAdditions"
    READ_ONLY = "ReadOnly"
    NO_ACCESS = "NoAccess"

    def stricter(self, other: LockState) -> LockState:
        """The one of two that allows less."""
        return max(self, other, key=list(LockState).index)


class SiteStatus(Enum):
    """How far a site has come to be; what lies in the recycle bin is `Recycled`, whatever is stored."""

    ACTIVE = "Active"
    CREATING = "Creating"
    INVALID = "Invalid"
    RECYCLED = "Recycled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site collection. `published_at` unset = hidden: only its own move job sees it. `frozen_by` is a job id.

    `change_no` rises with every write; `epoch` counts freezes, so that upload sessions from before one are refused.
    `owner_id` is a directory id. `url` is the full address, without trailing slash; `origin_id` the id before a move.
    `person_id` is whose OneDrive it is, where an administrator made somebody else its owner (E-24).

    Holds, label, status and stated size are facts of the world around a site: a lab's operator states them, nothing here
    makes them so.
    """

    key: SiteKey
    site_id: SiteId
    web_id: UUID
    geo: GeoCode
    url: str
    title: str
    template: str
    owner_id: UUID | None
    group_id: UUID | None = None
    lock_state: LockState = LockState.UNLOCK
    frozen_by: UUID | None = None
    epoch: int = 0
    change_no: int = 0
    item_count: int = 0
    version_count: int = 0
    size_bytes: int = 0
    created_at: datetime
    modified_at: datetime
    published_at: datetime | None
    hidden_job: UUID | None = None
    redirect_url: str | None = None
    origin_id: UUID | None = None
    deleted_at: datetime | None = None
    person_id: UUID | None = None
    status: SiteStatus = SiteStatus.ACTIVE
    has_holds: bool = False
    label: str = ""
    stated_bytes: int = 0
    quota_bytes: int = TERABYTE

    @property
    def used_bytes(self) -> int:
        """What administrators are shown, and moves are measured by (R-6.32)."""
        return max(self.size_bytes, self.stated_bytes)

    @property
    def is_redirect(self) -> bool:
        return self.template == REDIRECT_TEMPLATE

    @property
    def is_personal(self) -> bool:
        return self.template.startswith("SPSPERS")

    @property
    def is_visible(self) -> bool:
        """Published and not in the recycle bin; a redirect is visible, its former content is not."""
        return self.published_at is not None and self.deleted_at is None


class SiteLocked(errors.Locked):
    """The administrator's lock state forbids the change."""

    code = "siteLocked"


class SiteFrozen(errors.Locked):
    """A move has frozen the site (settled B 4)."""

    code = "siteFrozen"
    remedy = "Wait until the move has ended; then write to the site at its new address."


class NotRecovered(errors.Locked):
    """The tenant's database was put back from a backup and its partners have not all been asked yet (settled B 5)."""

    code = "notRecovered"
    remedy = "Wait until every partner has answered; the service's log names those that have not."
    retry = errors.Retry.LATER

    def __init__(self) -> None:
        super().__init__(
            "The tenant was put back from a backup; until its partners were asked its sites are read-only."
        )


class StaleEpoch(errors.Locked):
    """The site was frozen since the upload began; what was sent before counts no longer (settled B 4)."""

    code = "staleEpoch"
    remedy = "Start the upload again."


class SiteMoved(errors.NotFound):
    """A redirect stands where the site was."""

    code = "siteMoved"
    remedy = "Use the address in `redirect_url`."


class NameTaken(errors.Conflict):
    """Another item of this folder, or another site, has the name already."""

    code = "nameAlreadyExists"
    remedy = "Choose another name, or the conflict behaviour replace or rename."


class BlobGone(errors.Conflict):
    """Content was being collected while it was to be referred to: it must be put again (settled B 8)."""

    code = "blobGone"
    remedy = "Send the content again."
    retry = errors.Retry.LATER


class ItemKind(IntEnum):
    """A library or list is the root of its own tree; its parent is the subweb it stands in, None for the root web.

    A subweb is an item too, below another one or (parent None) below the root web, which has no item. List items lie in a
    list or in its folders; what is attached to one stands apart (`Attachment`).
    """

    LIBRARY = 1
    FOLDER = 2
    FILE = 3
    WEB = 4
    LIST = 5
    LIST_ITEM = 6

    @property
    def is_list(self) -> bool:
        return self in (ItemKind.LIBRARY, ItemKind.LIST)

    @property
    def is_container(self) -> bool:
        """Webs, libraries and lists: no items by SharePoint's count, and without a number in a list."""
        return self in (ItemKind.LIBRARY, ItemKind.LIST, ItemKind.WEB)

    @property
    def has_versions(self) -> bool:
        return self in (ItemKind.FILE, ItemKind.LIST_ITEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A web, library, list, folder, file or list item. Author and editor are principal keys of this tenant.

    `change_no` is the site's change number of the item's last change, unique in the site; `depth` is 0 for what stands in
    the root web. `library_key` is the library or list an item lies in, None for webs, libraries and lists themselves.

    `int_id` is the list item id inside its list (0 for containers); `version` is the current (major, minor) of a file or
    list item; size, hashes and `fields` are those of the current version. A list item's name is its number and `_.000`.

    In the recycle bin `deleted_at` is set, `deleted_by` is who did it, and `deleted_with` the item that was deleted and took
    this one along (itself, for that item).
    """

    key: ItemKey
    site_key: SiteKey
    item_id: ItemId
    library_key: ItemKey | None
    parent_key: ItemKey | None
    kind: ItemKind
    name: str
    int_id: int
    created_at: datetime
    modified_at: datetime
    author: PrincipalKey
    editor: PrincipalKey
    version: tuple[int, int] = (0, 0)
    size_bytes: int = 0
    quick_xor: bytes = b""
    blob: BlobKey | None = None
    change_no: int = 0
    depth: int = 0
    deleted_at: datetime | None = None
    fields: Fields = NO_FIELDS
    deleted_by: PrincipalKey = PrincipalKey(0)
    deleted_with: ItemKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """One version of a file or list item, the current one included. `blob` is NO_CONTENT for a list item."""

    item_key: ItemKey
    major: int
    minor: int
    blob: BlobKey
    size_bytes: int
    quick_xor: bytes
    modified_at: datetime
    editor: PrincipalKey
    comment: str = ""
    fields: Fields = NO_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file attached to a list item; it has one version and belongs to the item's present state only."""

    item_key: ItemKey
    name: str
    blob: BlobKey
    size_bytes: int
    quick_xor: bytes
    created_at: datetime
    modified_at: datetime
    author: PrincipalKey
    editor: PrincipalKey


class PrincipalKind(Enum):
    USER = "user"
    GROUP = "group"
    SITE_GROUP = "spgroup"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody content refers to: a directory user or group, a SharePoint group of one site, or the system account.

    Kept after the account is gone. A SharePoint group has a GUID of its own as `directory_id`; who is in it stands with
    its site (`domain/permissions.py`).
    """

    key: PrincipalKey
    kind: PrincipalKind
    directory_id: UUID
    name: str
    login: str
    mail: str | None = None


class Role(Enum):
    """The three roles Graph knows, ordered by strength."""

    READ = "read"
    WRITE = "write"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """A right on a scope: the root web, or an object that has broken with the permissions of what is above it."""

    site_key: SiteKey
    principal: PrincipalKey
    role: Role
    scope: ItemKey = WEB


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """What `BlobStore.put` returns: hashed once, at receipt (settled B 18)."""

    key: BlobKey
    size_bytes: int
    quick_xor: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version to be written, with the item it belongs to. A list item's has no content: `stored` is NOTHING_STORED."""

    major: int
    minor: int
    stored: StoredBlob
    modified_at: datetime
    editor: PrincipalKey
    comment: str = ""
    fields: Fields = NO_FIELDS


NOTHING_STORED = StoredBlob(key=NO_CONTENT, size_bytes=0, quick_xor=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """An attachment to be written, with the list item it belongs to."""

    name: str
    stored: StoredBlob
    created_at: datetime
    modified_at: datetime
    author: PrincipalKey
    editor: PrincipalKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item as bulk writers hand it in: GUIDs instead of keys, versions oldest first, the last one current.

    `int_id` 0 asks for the next free number of the list. `fields` is what a folder or container says of itself; of a file or
    list item the last version's counts. With `deleted_at` the row goes straight into the recycle bin, with `deleted_with`
    as the id of the item that took it along.
    """

    item_id: ItemId
    library_id: ItemId | None
    parent_id: ItemId | None
    kind: ItemKind
    name: str
    int_id: int
    created_at: datetime
    modified_at: datetime
    author: PrincipalKey
    editor: PrincipalKey
    versions: tuple[NewVersion, ...] = field(default=())
    fields: Fields = NO_FIELDS
    attachments: tuple[NewAttachment, ...] = ()
    deleted_at: datetime | None = None
    deleted_by: PrincipalKey = PrincipalKey(0)
    deleted_with: ItemId | None = None
