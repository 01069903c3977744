"""What an administrator sees of a site collection: the facts behind `SiteProperties` and `Get-SPOSite` (spo-admin.md 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import LockState, SiteStatus


class PersonalSites(Enum):
    """Whether a list of sites holds OneDrives (`PersonalSiteFilter`); the server's default leaves them out."""

    DEFAULT = "UseServerDefault"
    INCLUDE = "Include"
    EXCLUDE = "Exclude"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """One site collection. `lock_state` is the stricter of the administrator's lock and the engine's freeze (settled B 4).

    `storage_bytes` counts content of all versions; `time_zone` is SharePoint's number (13 is Pacific).
    """

    url: str
    site_id: UUID
    title: str
    template: str
    status: SiteStatus = SiteStatus.ACTIVE
    lock_state: LockState = LockState.UNLOCK
    storage_bytes: int = 0
    storage_limit_bytes: int = 1024**4
    owner_upn: str | None = None
    group_id: UUID | None = None
    created_at: datetime
    modified_at: datetime
    webs_count: int = 1
    lcid: int = 1033
    time_zone: int = 13
    has_holds: bool = False
    label: str = ""
    deleted_at: datetime | None = None
    days_remaining: int = 0
    """In the recycle bin, before it is deleted for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """Some sites in URL order; `next_key` asks for the following ones, None at the end."""

    sites: Sequence[SiteFacts]
    next_key: str | None = None


class NoSuchSite(errors.NotFound):
    """No site stands at a URL, or none that this caller may know of (`SpoNoSiteException`)."""

    def __init__(self, url: str) -> None:
        super().__init__(f"Cannot get site {url}.", remedy="Check the URL; deleted sites are in the recycle bin.")


class NothingDeleted(errors.NotFound):
    """A URL was named at which no deleted site lies in the recycle bin (`UnknownError`)."""

    def __init__(self, url: str) -> None:
        super().__init__("Unknown Error", remedy=f"There is no deleted site at {url}.")
