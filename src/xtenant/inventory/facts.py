"""What an inventory tells: people, groups, sites, permission scopes and assignments, as plain values.

A principal is named by `principal_id`, a text that is unique within one tenant: the object id of a user or group, or
`sp:SITE-ID:NUMBER` for a SharePoint group, which lives inside one site.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from xtenant.domain.content import REDIRECT_TEMPLATE

WORKFLOW_TEMPLATES = frozenset({117, 118, 122, 140, 4501})
"""Templates of the lists that workflows of 2010 and 2013 keep (R-7.18): no-code workflows (117, 122), workflows in process
(118), their history (140), the subscriptions of 2013 (4501)."""


class PrincipalKind(Enum):
    USER = "user"
    GUEST = "guest"
    SECURITY_GROUP = "security"
    M365_GROUP = "m365"
    SITE_GROUP = "sitegroup"
    OTHER = "other"
    """Accounts of the system and claims such as Everyone: they have no row in an identity map."""


class Right(Enum):
    """Effective rights, weakest first (settled C 6)."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    FULL = "full"


class ScopeKind(Enum):
    WEB = "web"
    LIST = "list"
    FOLDER = "folder"
    FILE = "file"


class SiteKind(Enum):
    SITE = "site"
    PERSONAL = "personal"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFacts:
    """The tenant an inventory was read from. `domains` are its verified domains, the initial one first."""

    tenant_id: UUID
    display_name: str
    initial_domain: str
    domains: tuple[str, ...]
    host_urls: tuple[str, ...] = ()
    site_creation_enabled: bool | None = None
    """`isSiteCreationEnabled` of the SharePoint settings (R-4.9); None where it could not be read."""
    personal_site_creation_enabled: bool | None = None
    """Whether users may create a OneDrive (R-4.8); None where it could not be read."""
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A subscribed SKU: `free` = enabled - consumed."""

    sku_id: UUID
    part_number: str
    enabled: int
    consumed: int
    plans: tuple[str, ...] = ()
    """The names of its service plans; none where they were not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A user, guest or group. Fields that a kind does not have are empty."""

    principal_id: str
    kind: PrincipalKind
    name: str
    upn: str = ""
    mail: str = ""
    alias: str = ""
    visibility: str = ""
    account_enabled: bool = True
    usage_location: str = ""
    licences: tuple[UUID, ...] = ()
    directory_synced: bool = False
    on_demand: bool = False
    """A Microsoft 365 group created with ProvisionSiteOnDemand (R-4.17)."""
    site_url: str = ""
    """The site of a Microsoft 365 group, where it has one (R-4.21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site collection. `owner_id` and `group_id` are principal ids."""

    site_id: UUID
    kind: SiteKind
    url: str
    title: str
    template: str
    owner_id: str = ""
    group_id: str = ""
    admins: tuple[str, ...] = ()
    """Site collection administrators: full rights on everything in the site."""
    lock_state: str = "Unlock"
    storage_mb: int = 0
    items: int = 0
    sharing_links: int = 0
    subsites: int = 0
    """Webs below the root web; their permissions are not read."""
    status: str = "Active"
    """As the administration centre tells it: Active, Creating, Recycled, …"""
    has_holds: bool | None = None
    """Whether a hold was seen; None where the tenant did not say."""
    label: str = ""
    """The name of the sensitivity label, or its id where no name is told."""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    """When content was changed last."""
    versions: int = 0
    """Items with all their versions: an upper bound from the version labels, or counted where `versions_exact`."""
    versions_exact: bool = False
    workflows: int = 0
    """Lists that workflows of 2010 or 2013 keep, by their template (R-7.18)."""
    deleted_at: datetime | None = None
    """When the site went to the recycle bin; only what `Inventory.deleted_sites` tells has one."""
    read_at: datetime | None = None

    @property
    def is_redirect(self) -> bool:
        """Whether this is what a move left at the old address (R-7.6)."""
        return self.template.casefold() == REDIRECT_TEMPLATE.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """An object with permissions of its own. `scope_id` is the site's id for the root web, else the object's GUID."""

    site_id: UUID
    scope_id: UUID
    kind: ScopeKind
    path: str
    """Below the web: '' for the web, 'Shared Documents', 'Shared Documents/Plans/2026.docx'."""
    read_at: datetime | None = None
    """When its rights were read; those of items stay as they are until their library changes (settled C 18)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A right given to a principal on a scope."""

    site_id: UUID
    scope_id: UUID
    principal_id: str
    right: Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A list, folder or file. `scope_id` is the nearest scope that holds for it; `drive_id` Graph's, where known."""

    site_id: UUID
    item_id: UUID
    kind: ScopeKind
    path: str
    scope_id: UUID
    size_bytes: int = 0
    versions: int = 1
    """At most so many, as the version label tells (`4.2` stands for 4 major and 2 minor ones); see `Site.versions`."""
    modified_at: datetime | None = None
    item_number: int = 0
    """The number within the list; 0 for the list itself."""
    label: str = ""
    """The name of the sensitivity label where the list tells one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteList:
    """A list or library of the root web. `template` is SharePoint's number (101 a library); `drive_id` Graph's, of a library."""

    site_id: UUID
    list_id: UUID
    path: str
    title: str
    template: int
    items: int = 0
    hidden: bool = False
    drive_id: str = ""
    modified_at: datetime | None = None

    @property
    def is_workflow(self) -> bool:
        """Whether workflows of 2010 or 2013 keep their things here."""
        return self.template in WORKFLOW_TEMPLATES


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUser:
    """Somebody a site knows, whether they have rights there or not; `upn` is empty for groups and claims."""

    site_id: UUID
    login_name: str
    upn: str = ""
    mail: str = ""
    is_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """What could not be read and why: nothing that depends on it may be said to be in order. `site_id` where it lies in one."""

    subject: str
    reason: str
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A direct member of a group; a SharePoint group's members are users and directory groups."""

    group_id: str
    member_id: str
    owner: bool = field(default=False)
