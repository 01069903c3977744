"""Shapes of SharePoint REST: bodies read, members written (spo-admin.md 1.1, 4.8, 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.move import Direction, MoveJob, MoveState, Resolution, pace_of
from xtenant.domain.tenant import HostUrl, Tenant
from xtenant.domain.trust import Compatibility, ReceivedRequest
from xtenant.wire.faults import OutOfRange
from xtenant.wire.odata import Json

LIBRARY_VERSION = "16.0.25401.12000"
TENANT_ROOT = "/_api/Microsoft.Online.SharePoint.TenantAdministration.Tenant"
SITE_PROPERTIES = "Microsoft.Online.SharePoint.TenantAdministration.SiteProperties"
SPO_OPERATION = "Microsoft.Online.SharePoint.TenantAdministration.SpoOperation"
COMPATIBILITY_CHECK = "Microsoft.Online.SharePoint.MultiGeo.Service.XTenantMoveCompatibilityCheck"

API_VERSIONS: tuple[str, ...] = ("1.0", "1.1", "1.2.2", "1.3.0", "1.3.2", "1.3.8", "1.4.7", "1.5.20", "1.6.0")
"""What `MultiGeoApiVersions` lists; a client takes the newest it shares (spo-admin.md 5.1)."""

COMPATIBILITY_NUMBERS: Mapping[Compatibility, int] = {
    Compatibility.COMPATIBLE: 0,
    Compatibility.INCOMPATIBLE: 1,
    Compatibility.WARNING: 2,
}
"""`XTenantMoveCompatibilityResult`; numbers inferred from the multi-geo enum (spo-admin.md 5.5)."""

_COMPATIBILITY_OF = {number: value for value, number in COMPATIBILITY_NUMBERS.items()}


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    metadata: dict[str, Any] | None = msgspec.field(default=None, name="__metadata")


class SiteUrlBody(_Body):
    """`RemoveSite`, `RemoveDeletedSite`."""

    site_url: str = msgspec.field(name="siteUrl", default="")


class SiteByUrlBody(_Body):
    """`GetSitePropertiesByUrl`."""

    url: str = ""
    include_detail: bool = msgspec.field(default=False, name="includeDetail")


class SitesFilter(_Body):
    """Members of `speFilter`; numbers or names for the enum, as clients send both."""

    Filter: str | None = None
    IncludeDetail: bool = False
    IncludePersonalSite: int | str = 0
    StartIndex: str | None = None
    Template: str | None = None


class SitesFilterBody(_Body):
    """`GetSitePropertiesFromSharePointByFilters`."""

    filter: SitesFilter = msgspec.field(name="speFilter", default_factory=SitesFilter)


PERSONAL_SITE_NAMES = ("UseServerDefault", "Include", "Exclude")


def personal_site_name(value: int | str) -> str:
    """The name of a `PersonalSiteFilter` sent as number or name. Raises OutOfRange."""
    if isinstance(value, str):
        found = next((name for name in PERSONAL_SITE_NAMES if name.lower() == value.lower()), None)
    else:
        found = PERSONAL_SITE_NAMES[value] if 0 <= value < len(PERSONAL_SITE_NAMES) else None
    if found is None:
        raise OutOfRange(f"{value!r} is no value of PersonalSiteFilter.")
    return found


Wanted = TypeVar("Wanted")


def read_body(content: bytes, kind: type[Wanted]) -> Wanted:
    """A JSON body. Raises UsageError for one of another shape; members we do not know are refused."""
    try:
        return msgspec.json.decode(content or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.UsageError(f"The body is not what this call takes: {error}") from error


def context_information(*, web_url: str, digest: str, seconds: int) -> dict[str, Json]:
    """`ContextWebInformation` (spo-admin.md 1.1)."""
    return {
        "FormDigestTimeoutSeconds": seconds,
        "FormDigestValue": digest,
        "LibraryVersion": LIBRARY_VERSION,
        "SiteFullUrl": web_url,
        "SupportedSchemaVersions": ["14.0.0.0", "15.0.0.0"],
        "WebFullUrl": web_url,
    }


class ContextInformation(msgspec.Struct):
    """The part of `contextinfo` that a client uses."""

    FormDigestValue: str
    FormDigestTimeoutSeconds: int = 1800


def operation(*, done: bool = True) -> dict[str, Json]:
    """`SpoOperation` of the REST twins (spo-admin.md 4.8)."""
    return {"HasTimedout": False, "IsComplete": done, "PollingInterval": 0}


def compatibility(own: HostUrl, target: HostUrl, result: Compatibility) -> dict[str, Json]:
    return {
        "SourceTenantHostUrl": str(own),
        "TargetTenantHostUrl": str(target),
        "XTenantMoveCompatibilityResult": COMPATIBILITY_NUMBERS[result],
    }


def read_compatibility(content: bytes) -> Compatibility:
    """Reads the answer in any envelope, number or name. Raises Unexpected for another shape."""
    try:
        answer = msgspec.json.decode(content, type=dict[str, Any])
        members: dict[str, Any] = answer.get("d", answer)
        members = members.get("XTenantMoveCompatibilityCheck", members)
        value = members["XTenantMoveCompatibilityResult"]
        return Compatibility(value) if isinstance(value, str) else _COMPATIBILITY_OF[value]
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise errors.Unexpected("The tenant's answer about compatibility cannot be read.") from error


class InboxRow(msgspec.Struct, kw_only=True):
    """A row of our inbox route (settled A 6, A 22); `partner_role` is what to type to answer."""

    tenant: str
    geo: str
    partner_host_url: str
    partner_role: str
    scenario: str
    created_at: datetime
    partner_tenant_id: UUID
    repeated: int = 0


class Inbox(msgspec.Struct):
    value: list[InboxRow]


def inbox_row(tenant: Tenant, request: ReceivedRequest) -> dict[str, Json]:
    return {
        "tenant": tenant.name,
        "geo": request.geo,
        "partner_host_url": str(request.partner),
        "partner_role": request.answer_role.value,
        "scenario": request.scenario.value,
        "created_at": request.received_at,
        "partner_tenant_id": request.partner_tenant_id,
        "repeated": request.repeated,
    }


UNSET_DATE = "0001-01-01T00:00:00"
SITE_MOVE_JOB = "Microsoft.Online.SharePoint.MultiGeo.Service.SiteMoveJob"
VALIDATION_ONLY, FORCE = 2, -2147483648
NOTHING = UUID(int=0)


class SettlementBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is taken to have happened at a target that will never answer, and the source's address, typed again (ours)."""

    Outcome: Literal["published", "refused"]
    SiteUrl: str


class SiteMoveJobBody(_Body, kw_only=True):
    """`SiteMoveJobEntityData` as it is sent to start a move (spo-admin.md 5.3, 5.4, 5.8); what a start does not use is
    taken only empty. `UnmappedTargetUpn` is an extension of ours and absent at Microsoft."""

    SourceSiteUrl: str
    TargetSiteUrl: str
    TenantMergeTargetMySiteHostUrl: str
    TenantMergeSourceMySiteHostUrl: str | None = None
    ApiVersion: str | None = None
    Type: int = 2
    Option: int = 0
    PreferredMoveBeginDateInUtc: datetime | None = None
    PreferredMoveEndDateInUtc: datetime | None = None
    DestinationDataLocation: str | None = None
    Notify: str | None = None
    Reserve: str | None = None
    UnmappedTargetUpn: str | None = None


def move_job(job: MoveJob, own: HostUrl, own_tenant: UUID) -> dict[str, Json]:
    """`SiteMoveJob` as spo-admin.md 8.10 shows it; the four counts, the last three and `UnmappedTargetUpn` are ours and absent at Microsoft."""
    out = job.direction is Direction.OUT
    hosts = (str(own), str(job.partner)) if out else (str(job.partner), str(own))
    tenants = (own_tenant, job.partner_tenant_id) if out else (job.partner_tenant_id, own_tenant)
    return {
        "ApiVersion": API_VERSIONS[-1],
        "Id": job.job_id,
        "BatchId": NOTHING,
        "Type": 2,
        "SubType": 0,
        "State": int(job.state),
        "StateName": job.state.wire_name,
        "JobPhase": int(job.phase),
        "Direction": int(job.direction),
        "Option": VALIDATION_ONLY if job.validation_only else 0,
        "SourceSiteUrl": job.source_url,
        "TargetSiteUrl": job.target_url,
        "TenantMergeSourceMySiteHostUrl": hosts[0],
        "TenantMergeTargetMySiteHostUrl": hosts[1],
        "SourceDataLocation": job.geo if out else "",
        "DestinationDataLocation": "" if out else job.geo,
        "SourceCompanyId": tenants[0],
        "TargetCompanyId": tenants[1],
        "PreferredMoveBeginDateInUtc": _date(job.begin_at),
        "PreferredMoveEndDateInUtc": _date(job.end_at),
        "StartedDateInUtc": _date(job.started_at),
        "FinishedDateInUtc": _date(job.finished_at),
        "LastModified": _date(job.modified_at),
        "IsContentMoved": job.state is MoveState.SUCCESS and not job.validation_only,
        "IsReadOnlyAlertRaised": False,
        "ErrorMessage": _move_error(job),
        "TriggeredBy": job.triggered_by,
        "CancelTriggeredBy": job.cancelled_by or None,
        "Notify": None,
        "Reserve": None,
        "ItemsDone": job.items_done,
        "ItemsTotal": job.items_total,
        "BytesDone": job.bytes_done,
        "BytesTotal": job.bytes_total,
        "UnmappedTargetUpn": job.unmapped or None,
        **_pace(job),
    }


def _pace(job: MoveJob) -> dict[str, Json]:
    """Rate and expected end of what goes on; null where nothing can be said yet."""
    pace = pace_of(job)
    if pace is None:
        return {"ItemsPerSecond": None, "BytesPerSecond": None, "ExpectedEndDateInUtc": None}
    return {
        "ItemsPerSecond": round(pace.items_per_second, 3),
        "BytesPerSecond": round(pace.bytes_per_second, 1),
        "ExpectedEndDateInUtc": _date(pace.expected_end),
    }


def resolution(row: Resolution) -> dict[str, Json]:
    """A row of who became whom (our choice)."""
    return {
        "SourceLogin": row.source_login,
        "SourceObjectId": row.source_id,
        "TargetLogin": row.target_login,
        "TargetObjectId": row.target_id,
        "Rule": row.rule.value,
    }


def _date(moment: datetime | None) -> str:
    return UNSET_DATE if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _move_error(job: MoveJob) -> str | None:
    if not job.error_text:
        return None
    return f"{job.error_code}: {job.error_text}" if job.error_code.startswith("MnA") else job.error_text
