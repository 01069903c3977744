"""The members of `SiteProperties`, which CSOM and REST both write, each in its own encoding (spo-admin.md 4.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid5

from xtenant.domain.limits import MIB
from xtenant.domain.site import SiteFacts

Fact: TypeAlias = str | int | bool | UUID | datetime | None

NO_GROUP = UUID(int=0)
LABELS = UUID("1abe1000-0000-4000-8000-000000000000")
"""Ids of labels are made of their names here; at Microsoft a service of its own keeps both."""


def _megabytes(size_bytes: int) -> int:
    """Rounded up, as the administration centre shows them."""
    return -(-size_bytes // MIB)


SITE_PROPERTIES_OF: Mapping[str, Callable[[SiteFacts], Fact]] = {
    "ArchiveStatus": lambda site: "NotArchived",
    "CompatibilityLevel": lambda site: 15,
    "CreatedTime": lambda site: site.created_at,
    "GroupId": lambda site: site.group_id or NO_GROUP,
    "HasHolds": lambda site: site.has_holds,
    "LastContentModifiedDate": lambda site: site.modified_at,
    "Lcid": lambda site: site.lcid,
    "LockIssue": lambda site: None,
    "LockReason": lambda site: 0,
    "LockState": lambda site: site.lock_state.value,
    "Owner": lambda site: site.owner_upn or "",
    "OwnerEmail": lambda site: site.owner_upn or "",
    "OwnerLoginName": lambda site: f"i:0#.f|membership|{site.owner_upn}" if site.owner_upn else "",
    "RelatedGroupId": lambda site: site.group_id or NO_GROUP,
    "SensitivityLabel": lambda site: str(uuid5(LABELS, site.label)) if site.label else "",
    "SensitivityLabel2": lambda site: site.label,
    "SiteId": lambda site: site.site_id,
    "Status": lambda site: site.status.value,
    "StorageMaximumLevel": lambda site: _megabytes(site.storage_limit_bytes),
    "StorageUsage": lambda site: _megabytes(site.storage_bytes),
    "StorageWarningLevel": lambda site: _megabytes(site.storage_limit_bytes),
    "Template": lambda site: site.template,
    "TimeZoneId": lambda site: site.time_zone,
    "Title": lambda site: site.title,
    "Url": lambda site: site.url,
    "WebsCount": lambda site: site.webs_count,
}
"""Name on the wire → value; sizes in megabytes. What we have no notion of is given as a site without it has it."""

DELETED_PROPERTIES_OF: Mapping[str, Callable[[SiteFacts], Fact]] = {
    "ArchiveStatus": lambda site: "NotArchived",
    "DaysRemaining": lambda site: site.days_remaining,
    "DeletionTime": lambda site: site.deleted_at,
    "SiteId": lambda site: site.site_id,
    "Status": lambda site: site.status.value,
    "StorageMaximumLevel": lambda site: _megabytes(site.storage_limit_bytes),
    "Url": lambda site: site.url,
    "UserCodeMaximumLevel": lambda site: 0,
}
"""The same of `DeletedSiteProperties`."""
