"""Migration tasks as Graph beta says them (graph-migrations.md 2.3 to 2.6): bodies, states, the three kinds of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.move import JobKind, MoveJob, MoveState
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.protocols.graph.codec.dates import date_text

TYPES: Mapping[JobKind, str] = {
    JobKind.USER: "#microsoft.graph.sharePointUserMigrationTaskParameters",
    JobKind.SITE: "#microsoft.graph.sharePointSiteMigrationTaskParameters",
    JobKind.GROUP: "#microsoft.graph.sharePointGroupMigrationTaskParameters",
}
"""`@odata.type` of the parameters, by what is moved (2.5)."""

STATUS: Mapping[MoveState, str] = {
    MoveState.SCHEDULED: "notStarted",
    MoveState.READY_TO_TRIGGER: "notStarted",
    MoveState.IN_PROGRESS: "inProgress",
    MoveState.RESCHEDULED: "inProgress",
    MoveState.SUCCESS: "completed",
    MoveState.STOPPED: "cancelled",
    MoveState.FAILED: "failed",
}
"""sharePointMigrationTaskStatus (2.4)."""


class BadTask(errors.UsageError):
    """A body of a task that cannot be meant."""

    code = "badTask"
    remedy = "Compare it with the page of sharePointMigrationTask."


class _Part(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True, omit_defaults=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class Identity(_Part):
    """`userIdentity` or `groupIdentity`."""

    id: UUID | None = None
    display_name: str | None = None
    user_principal_name: str | None = None
    ip_address: str | None = None
    mail_nickname: str | None = None


class Parameters(_Part):
    """`sharePointMigrationTaskParameters` with the members of all three kinds; `kind_of` says which are meant."""

    target_organization_id: UUID | None = None
    target_organization_host: str | None = None
    target_data_location_code: str | None = None
    source_site_url: str | None = None
    target_site_url: str | None = None
    preferred_start_date_time: str | None = None
    preferred_latest_start_date_time: str | None = None
    validate_only: bool = False
    source_user_identity: Identity | None = None
    target_user_identity: Identity | None = None
    source_group_identity: Identity | None = None
    target_group_identity: Identity | None = None


class TaskBody(_Part):
    """The body of a POST; what the service sets itself may be sent and is not looked at."""

    parameters: Parameters
    id: str | None = None
    status: str | None = None


def kind_of(parameters: Parameters) -> JobKind:
    """What the parameters move. Raises BadTask for an unknown or missing `@odata.type`."""
    given = (parameters.odata_type or "").lower()
    for kind, name in TYPES.items():
        if given in (name.lower(), name.lower().removeprefix("#")):
            return kind
    raise BadTask(f"The parameters' @odata.type '{parameters.odata_type or ''}' is none of a migration task.")


def source_and_target(parameters: Parameters, kind: JobKind) -> tuple[str, str, UUID | None]:
    """Source and target by name, and a source person's object id where it stands for the UPN.

    Raises BadTask naming the member that is missing. A target person must be named by UPN: the source cannot know the
    target's object ids (our limit).
    """
    if kind is JobKind.SITE:
        return (
            _needed(parameters.source_site_url, "sourceSiteUrl"),
            _needed(parameters.target_site_url, "targetSiteUrl"),
            None,
        )
    if kind is JobKind.GROUP:
        source, target = parameters.source_group_identity, parameters.target_group_identity
        return (
            _needed(source and source.mail_nickname, "sourceGroupIdentity.mailNickname"),
            _needed(target and target.mail_nickname, "targetGroupIdentity.mailNickname"),
            None,
        )
    source, target = parameters.source_user_identity, parameters.target_user_identity
    source_id = source.id if source else None
    upn = (source.user_principal_name if source else None) or ""
    if source_id is None:
        _needed(upn, "sourceUserIdentity.userPrincipalName")
    return upn, _needed(target and target.user_principal_name, "targetUserIdentity.userPrincipalName"), source_id


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise BadTask(f"The parameter {name} is missing.")
    return value


def partner_of(parameters: Parameters) -> HostUrl | None:
    """The target's host URL from its root, admin or my-site host (2.5). Raises UsageError for another address."""
    if not parameters.target_organization_host:
        return None
    try:
        label, dot, rest = (urlsplit(parameters.target_organization_host.strip()).hostname or "").partition(".")
    except ValueError as error:
        raise BadTask("The targetOrganizationHost cannot be read.") from error
    return parse_host_url(f"https://{label.removesuffix('-admin').removesuffix('-my')}-my{dot}{rest}/")


def parameters_of(job: MoveJob) -> dict[str, object]:
    """The parameters of a job as read back."""
    shown: dict[str, object] = {
        "@odata.type": TYPES[job.kind],
        "targetOrganizationId": str(job.partner_tenant_id),
        "targetOrganizationHost": str(job.partner).rstrip("/"),
    }
    if job.kind is JobKind.SITE:
        shown |= {"sourceSiteUrl": job.source_url, "targetSiteUrl": job.target_url}
    elif job.kind is JobKind.GROUP:
        shown["sourceGroupIdentity"] = {"mailNickname": job.source_key}
        shown["targetGroupIdentity"] = {"mailNickname": job.target_key}
    else:
        shown |= {"sourceUserIdentity": {"userPrincipalName": job.source_key}, "targetSiteUrl": job.target_url}
    if job.begin_at is not None:
        shown["preferredStartDateTime"] = date_text(job.begin_at)
    if job.latest_start_at is not None:
        shown["preferredLatestStartDateTime"] = date_text(job.latest_start_at)
    return shown


def task_json(job: MoveJob) -> dict[str, object]:
    """A task as read back; times are absent until they are (2.3)."""
    shown: dict[str, object] = {"id": str(job.job_id), "status": STATUS[job.state], "parameters": parameters_of(job)}
    times = {
        "startedDateTime": job.started_at,
        "lastUpdatedDateTime": job.modified_at,
        "finishedDateTime": job.finished_at,
    }
    shown |= {name: date_text(moment) for name, moment in times.items() if moment is not None}
    if job.state is MoveState.FAILED or job.error_code:
        shown["error"] = {"code": job.error_code or "generalException", "message": job.error_text}
    return shown


def validated_json(parameters: Parameters) -> dict[str, object]:
    """The answer to a task that only validates: completed, and without an id (2.4, 2.6)."""
    return {"status": "completed", "parameters": msgspec.to_builtins(parameters)}
