"""Small factories of jobs, grants and snapshots for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from xtenant.domain.content import SiteKey
from xtenant.domain.move import Direction, Grant, JobKind, MoveJob, MoveJobId
from xtenant.domain.snapshot import PartSeal, Snapshot
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PARTNER = HostUrl("https://fabrikam-my.sharepoint.com/")
PARTNER_ID = TenantId(UUID("22222222-2222-4222-8222-222222222222"))


def job_id(number: int = 1) -> MoveJobId:
    return MoveJobId(UUID(int=0x10B_0000 + number))


def job(number: int = 1, **changes: Any) -> MoveJob:
    values: dict[str, Any] = {
        "job_id": job_id(number),
        "direction": Direction.OUT,
        "partner": PARTNER,
        "partner_tenant_id": PARTNER_ID,
        "geo": GeoCode("NAM"),
        "kind": JobKind.SITE,
        "source_key": "https://contoso.sharepoint.com/sites/x",
        "target_key": "https://fabrikam.sharepoint.com/sites/y",
        "source_url": f"https://contoso.sharepoint.com/sites/x{number}",
        "target_url": "https://fabrikam.sharepoint.com/sites/y",
        "site_key": SiteKey(number),
        "created_at": NOW,
        "modified_at": NOW,
        "next_pass_at": NOW,
    }
    return MoveJob(**(values | changes))


def grant(number: int = 1, **changes: Any) -> Grant:
    values: dict[str, Any] = {
        "job_id": job_id(number),
        "partner": PARTNER,
        "partner_tenant_id": PARTNER_ID,
        "geo": GeoCode("NAM"),
        "kind": JobKind.SITE,
        "source_key": "a",
        "target_key": "b",
        "source_url": "https://fabrikam.sharepoint.com/sites/a",
        "target_url": "https://contoso.sharepoint.com/sites/b",
        "offered_at": NOW,
        "heard_at": NOW,
    }
    return Grant(**(values | changes))


def snapshot(number: int = 1, parts: int = 2) -> Snapshot:
    return Snapshot(
        job_id=job_id(number),
        epoch=1,
        change_no=7,
        items=3,
        versions=4,
        size_bytes=500,
        counts=(("files", 2), ("folders", 1)),
        parts=tuple(
            PartSeal(ordinal=n, name=f"Manifest-{n:05d}.xml", sha256=bytes([n]) * 32, size_bytes=10 * n, objects=n)
            for n in range(1, parts + 1)
        ),
    )
