"""A made-up estate as a stream of records: people, groups, and sites with all they hold (`xtenant lab generate`).

Records name principals by numbers: people and directory groups share one row of them through a whole estate, SharePoint
groups continue it inside their site. Items carry their GUIDs, so that the same estate has the same ids wherever it is made.
Order: people, groups, then for each site the site, its SharePoint groups, items (parents first), rights, links.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xtenant.domain.content import ItemKind, Role
from xtenant.domain.directory import GroupKind
from xtenant.domain.fields import NO_FIELDS, Fields
from xtenant.domain.sharing import LinkKind, LinkScope

FIRST_SITE_GROUP = 1_000_000
"""Numbers from here on are SharePoint groups of the site they stand in; lower ones are people and directory groups."""

NOBODY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePerson:
    """Somebody of the directory; `user` is the part of the UPN before the @."""

    number: int
    user: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateGroup:
    """A directory group; a Microsoft 365 group gets its site when a site names it."""

    number: int
    kind: GroupKind
    alias: str
    name: str
    owners: tuple[int, ...] = ()
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateSite:
    """`name` is the last part of the address below /sites, or empty for the owner's OneDrive; `group` is the number of the
    Microsoft 365 group it belongs to. `web` is the root web's definition as canonical text."""

    name: str
    template: str
    title: str
    owner: int
    group: int = NOBODY
    admins: tuple[int, ...] = ()
    created_at: datetime
    modified_at: datetime
    quota_bytes: int
    web: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateSiteGroup:
    number: int
    title: str
    description: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateVersion:
    """`content` is empty for a list item. People in fields are numbers of the estate."""

    major: int
    minor: int
    modified_at: datetime
    editor: int
    content: bytes = b""
    comment: str = ""
    fields: Fields = NO_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateAttachment:
    name: str
    content: bytes
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateItem:
    """A web, library, list, folder, file or list item. `definition` is a web's or list's canonical text.

    `list_id` is the library or list it lies in, None for containers; `deleted_at` set: in the recycle bin, taken there by
    the item `deleted_with`.
    """

    item_id: UUID
    kind: ItemKind
    list_id: UUID | None = None
    parent_id: UUID | None = None
    name: str
    number: int = 0
    created_at: datetime
    modified_at: datetime
    author: int
    editor: int
    versions: tuple[EstateVersion, ...] = ()
    attachments: tuple[EstateAttachment, ...] = ()
    fields: Fields = NO_FIELDS
    definition: str = ""
    deleted_at: datetime | None = None
    deleted_by: int = NOBODY
    deleted_with: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateRights:
    """Role assignments on the root web (`item_id` None) or on an item that has permissions of its own."""

    item_id: UUID | None = None
    given: tuple[tuple[int, Role], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateLink:
    """A sharing link on a folder or file; the tenant derives its token."""

    link_id: UUID
    item_id: UUID
    kind: LinkKind
    scope: LinkScope
    created_at: datetime
    created_by: int
    expires_at: datetime | None = None
    members: tuple[int, ...] = ()


EstateRecord = EstatePerson | EstateGroup | EstateSite | EstateSiteGroup | EstateItem | EstateRights | EstateLink


@dataclass(slots=True, kw_only=True)
class EstateTally:
    """How much an estate holds. `items` are folders, files and list items that are not in a recycle bin; `versions` all of
    theirs, `unique_permissions` objects with rights of their own besides root webs."""

    people: int = 0
    groups: int = 0
    sites: int = 0
    subwebs: int = 0
    lists: int = 0
    items: int = 0
    versions: int = 0
    with_versions: int = 0
    attachments: int = 0
    deleted: int = 0
    unique_permissions: int = 0
    rights: int = 0
    links: int = 0
    size_bytes: int = 0

    def count(self, record: EstateRecord) -> None:
        """Count one record in."""
        match record:
            case EstatePerson():
                self.people += 1
            case EstateGroup():
                self.groups += 1
            case EstateSite():
                self.sites += 1
            case EstateItem():
                self._count_item(record)
            case EstateRights():
                self.unique_permissions += record.item_id is not None
                self.rights += len(record.given)
            case EstateLink():
                self.links += 1
            case EstateSiteGroup():
                pass  # told with its site

    def _count_item(self, item: EstateItem) -> None:
        live = item.deleted_at is None
        self.deleted += not live
        self.subwebs += live and item.kind is ItemKind.WEB
        self.lists += live and item.kind.is_list
        self.items += live and not item.kind.is_container
        self.versions += len(item.versions)
        self.with_versions += live and len(item.versions) > 1
        self.attachments += len(item.attachments)
        contents = [version.content for version in item.versions] + [one.content for one in item.attachments]
        self.size_bytes += sum(map(len, contents))

    def add(self, other: EstateTally) -> None:
        """Count another tally in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
