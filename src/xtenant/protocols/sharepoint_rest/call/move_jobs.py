"""Cross-tenant moves by `SiteMoveJobs` (spo-admin.md 5.2, 5.8, 8.10): create, read, report, cancel.

The wire form is inferred from the multi-geo service; all four calls stand here alone, so that a recorded trace may replace
them without touching a caller. Counts are additions of our service and absent at Microsoft.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.protocols.sharepoint_rest.call.exchange import send
from xtenant.wire import odata
from xtenant.wire.transport import Session

API_VERSION = "1.6.0"
SITE_JOB = 2
NO_OPTION, VALIDATION_ONLY, FORCE = 0, 2, -2147483648
MAX_PAGES = 10_000


class SiteMoveJob(msgspec.Struct, kw_only=True):
    """One job as it travels; numbers may come as names (spo-admin.md 5.5). Dates that mean 'unset' are years 1 and 9999."""

    Id: UUID
    SourceSiteUrl: str = ""
    TargetSiteUrl: str | None = ""
    TenantMergeSourceMySiteHostUrl: str | None = None
    TenantMergeTargetMySiteHostUrl: str | None = None
    State: int | str = 5
    StateName: str | None = None
    JobPhase: int | str | None = None
    Direction: int | str = 0
    ErrorMessage: str | None = None
    TriggeredBy: str | None = None
    PreferredMoveBeginDateInUtc: str | None = None
    PreferredMoveEndDateInUtc: str | None = None
    StartedDateInUtc: str | None = None
    FinishedDateInUtc: str | None = None
    LastModified: str | None = None
    ItemsDone: int | None = None
    ItemsTotal: int | None = None
    BytesDone: int | None = None
    BytesTotal: int | None = None
    UnmappedTargetUpn: str | None = None
    ItemsPerSecond: float | None = None
    BytesPerSecond: float | None = None
    ExpectedEndDateInUtc: str | None = None


class Resolution(msgspec.Struct, kw_only=True):
    """Who became whom (our service's own route)."""

    SourceLogin: str
    SourceObjectId: UUID
    TargetLogin: str
    TargetObjectId: UUID
    Rule: str


async def create(session: Session, admin_url: str, members: Mapping[str, Any], *, key: str) -> SiteMoveJob:
    """Start a move. `key` makes it safe to send again: the same key and body give the same job (settled B 14)."""
    body = {"ApiVersion": API_VERSION, "Type": SITE_JOB, **members}
    answer = await send(
        session, "POST", _url(admin_url, ""), json=body, headers={"Idempotency-Key": key}, idempotent=True
    )
    return _job(answer.content)


async def by_url(session: Session, admin_url: str, source_url: str) -> SiteMoveJob | None:
    """The newest job of a source site, or None when there never was one (R-6.21)."""
    return await _maybe(session, _url(admin_url, f"(url='{odata.escape_key(source_url)}')"))


async def by_id(session: Session, admin_url: str, job_id: UUID) -> SiteMoveJob | None:
    """A job by its id, or None."""
    return await _maybe(session, _url(admin_url, f"/GetByMoveId(SiteMoveId='{job_id}')"))


async def report(
    session: Session, admin_url: str, *, state: int, direction: int, start: datetime, end: datetime, limit: int
) -> list[SiteMoveJob]:
    """Jobs by state and direction (-1 and 2 mean all), page by page."""
    form = "%Y-%m-%d %H:%M:%SZ"
    arguments = (
        f"moveState={state},moveDirection={direction},startTime='{start.strftime(form)}',"
        f"endTime='{end.strftime(form)}',limit='{limit}'"
    )
    url: str | None = _url(admin_url, f"/GetMoveReport({arguments})".replace(" ", "%20"))
    jobs: list[SiteMoveJob] = []
    for _ in range(MAX_PAGES):
        if url is None or len(jobs) >= limit:
            break
        answer = await send(session, "GET", url)
        page = _decoded(answer.content, dict[str, Any])
        jobs += _converted(page.get("value", []), list[SiteMoveJob])
        url = page.get("odata.nextLink") or page.get("@odata.nextLink")
    return jobs[:limit]


async def cancel(session: Session, admin_url: str, source_url: str) -> None:
    """Stop the job of a source site that has not begun (R-6.78)."""
    await send(session, "POST", _url(admin_url, f"(url='{odata.escape_key(source_url)}')/Cancel"))


async def refuse(session: Session, admin_url: str, job_id: UUID) -> None:
    """As the target, refuse a move before it is published (settled B 6); a route of ours, NotFound at Microsoft."""
    await send(session, "POST", f"{admin_url.rstrip('/')}/_api/xtenant/moves/{job_id}/refuse")


async def settle(session: Session, admin_url: str, job_id: UUID, outcome: str, site_url: str) -> SiteMoveJob:
    """As the source, end a doubt with a target that will never answer (settled B 7); a route of ours."""
    url = f"{admin_url.rstrip('/')}/_api/xtenant/moves/{job_id}/settle"
    answer = await send(session, "POST", url, json={"Outcome": outcome, "SiteUrl": site_url})
    return _job(answer.content)


async def people(session: Session, admin_url: str, job_id: UUID) -> list[Resolution]:
    """As the target, everybody a move named and who they became; a route of ours, NotFound at Microsoft."""
    url: str | None = f"{admin_url.rstrip('/')}/_api/xtenant/moves/{job_id}/people"
    found: list[Resolution] = []
    for _ in range(MAX_PAGES):
        if url is None:
            break
        page = _decoded((await send(session, "GET", url)).content, dict[str, Any])
        found += _converted(page.get("value", []), list[Resolution])
        url = page.get("odata.nextLink") or page.get("@odata.nextLink")
    return found


def _url(admin_url: str, rest: str) -> str:
    return f"{admin_url.rstrip('/')}/_api/SiteMoveJobs{rest}?api-version={API_VERSION}"


async def _maybe(session: Session, url: str) -> SiteMoveJob | None:
    try:
        answer = await send(session, "GET", url)
    except errors.NotFound:
        return None
    if answer.status_code == 204 or answer.content.strip() in (b"", b"null"):
        return None
    return _job(answer.content)


def _job(content: bytes) -> SiteMoveJob:
    members = _decoded(content, dict[str, Any])
    return _converted(members.get("d", members), SiteMoveJob)


def _decoded(content: bytes, kind: type[dict[str, Any]]) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise errors.Unexpected("The tenant's answer about a move cannot be read.") from error


def _converted(members: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(members, kind, strict=False)
    except msgspec.ValidationError as error:
        raise errors.Unexpected("The tenant's answer about a move has another form.") from error
