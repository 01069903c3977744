"""Moves as an administrator sees them: start, show, list, stop (step 6) over `SiteMoveJobs` (spo-admin.md 5.8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

from xtenant.domain import errors, paths
from xtenant.domain.move import JobKind
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import PartnerRole
from xtenant.protocols.csom import call as csom
from xtenant.protocols.graph.call import tasks
from xtenant.protocols.sharepoint_rest.call import move_jobs as jobs
from xtenant.wire.transport import Session

STATES = ("NotStarted", "InProgress", "Success", "Failed", "Stopped", "Queued", "NotSupported", "Rescheduled", "All")
"""`-MoveState` (R-6.17)."""

DIRECTIONS = ("MoveOut", "MoveIn", "All")
"""`-MoveDirection` (R-6.16)."""

STATE_NUMBERS = {
    "All": -1,
    "NotStarted": 0,
    "InProgress": 1,
    "Success": 2,
    "Failed": 3,
    "Stopped": 4,
    "Queued": 5,
    "NotSupported": 6,
    "Rescheduled": 8,
}
"""`MoveState` on the wire (spo-admin.md 5.5)."""

REPORT_SPAN = timedelta(days=3650)
REPORT_LIMIT = 10_000
DIRECTION_NUMBERS = {"MoveOut": 0, "MoveIn": 1, "All": 2}
"""`MoveDirection` (spo-admin.md 5.5)."""

_STATE_NAMES = {number: name for name, number in STATE_NUMBERS.items()} | {0: "ReadyToTrigger", 5: "Scheduled"}
_PHASES = {0: "Validation", 1: "Backup", 2: "Restore", 3: "Cleanup", 255: "Ended"}
"""`JobPhase` as this service fills it (settled B 15)."""

TERMINAL = frozenset({"Success", "Failed", "Stopped", "NotSupported"})


class Unit(Enum):
    """What is moved."""

    USER = "OneDrive"
    SITE = "site"
    GROUP = "group site"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWish:
    """One move as typed: UPNs, site URLs or group aliases, by unit. Times are UTC (R-6.11).

    `unmapped` is a UPN of the target for what people and groups outside the map had; None: their names stay as text, and they
    have no access. It is an extension of our service (settled C 1).
    """

    unit: Unit
    source: str
    target: str
    partner: HostUrl
    begin: datetime | None = None
    end: datetime | None = None
    validate_only: bool = False
    force: bool = False
    unmapped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Which moves to list. Without times: all of the last year and the next (our choice; the wire wants two dates)."""

    partner: HostUrl | None = None
    partner_role: PartnerRole | None = None
    state: str | None = None
    direction: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveJob:
    """A move job. Counts are None where the tenant does not tell them, as Microsoft does not (R-6.20)."""

    id: UUID
    source_url: str
    target_url: str
    state: str
    state_name: str
    phase: str | None = None
    direction: str = "MoveOut"
    source_host_url: str = ""
    target_host_url: str = ""
    items_done: int | None = None
    items_total: int | None = None
    bytes_done: int | None = None
    bytes_total: int | None = None
    error: str | None = None
    triggered_by: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    last_modified: datetime | None = None
    unmapped: str | None = None
    items_rate: float | None = None
    bytes_rate: float | None = None
    expected_end: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL

    def concerns(self, partner: HostUrl) -> bool:
        """Whether a partner takes part; the client filters, the REST functions do not (spo-admin.md 5.8)."""
        hosts = {url.rstrip("/").lower() for url in (self.source_host_url, self.target_host_url) if url}
        return not hosts or str(partner).rstrip("/") in hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameWhom:
    """Who became whom, and why: by the `map`, by the job's `policy`, a SharePoint group made again (`site`), the `system`'s
    account, or `unmapped`: a name without access."""

    source: str
    target: str
    rule: str


class MoveClient:
    """The move calls of one tenant or geo; starts and cancels belong to the source, reading to either side."""

    def __init__(
        self,
        session: Session,
        admin_url: str,
        *,
        own_host_url: Callable[[], Awaitable[HostUrl]],
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._session = session
        self._admin_url = admin_url
        self._own_host_url = own_host_url
        self._clock = clock
        self._ids = ids

    async def start(self, wish: StartWish) -> MoveJob:
        """Start a move (R-6.1 to R-6.9). Raises what Validation refuses; there is no job then (R-6.66)."""
        _check_times(wish)
        own = await self._own_host_url()
        source_url = await self._source_url(wish.unit, wish.source)
        members: dict[str, object] = {
            "SourceSiteUrl": source_url,
            "TargetSiteUrl": target_url(wish),
            "TenantMergeSourceMySiteHostUrl": str(own),
            "TenantMergeTargetMySiteHostUrl": str(wish.partner),
            "Option": (jobs.VALIDATION_ONLY if wish.validate_only else 0) + (jobs.FORCE if wish.force else 0),
        }
        if wish.unmapped:
            members["UnmappedTargetUpn"] = wish.unmapped
        if wish.begin:
            members["PreferredMoveBeginDateInUtc"] = _wire_date(wish.begin)
        if wish.end:
            members["PreferredMoveEndDateInUtc"] = _wire_date(wish.end)
        return _job(await jobs.create(self._session, self._admin_url, members, key=str(self._ids.new_id())))

    async def validate(self, kind: JobKind, source: str, target: str, partner: HostUrl) -> tasks.Verdict:
        """Ask the source whether a move could start, by UPNs, site URLs or aliases; nothing is queued (R-6.5)."""
        return await tasks.validate(self._session, kind, source, target, partner)

    async def stop(self, unit: Unit, source: str) -> None:
        """Stop-…ContentMove by UPN, site URL or alias."""
        await self.cancel(await self._source_url(unit, source))

    async def cancel(self, source_url: str) -> None:
        """Stop the job of a source site. Raises Refused when it has begun (R-6.78)."""
        await jobs.cancel(self._session, self._admin_url, source_url)

    async def refuse(self, job_id: UUID) -> None:
        """As the target: refuse a move before it is published (settled B 6). Raises Refused once it is."""
        await jobs.refuse(self._session, self._admin_url, job_id)

    async def settle(self, job_id: UUID, outcome: str, site_url: str) -> MoveJob:
        """As the source: say what happened at a target that will never answer (settled B 7), `published` or `refused`."""
        return _job(await jobs.settle(self._session, self._admin_url, job_id, outcome, site_url))

    async def people(self, job_id: UUID) -> list[BecameWhom]:
        """As the target: everybody a move named and who they became here. Raises NotFound on the source."""
        return [
            BecameWhom(source=row.SourceLogin, target=row.TargetLogin, rule=row.Rule)
            for row in await jobs.people(self._session, self._admin_url, job_id)
        ]

    async def by_id(self, job_id: UUID) -> MoveJob | None:
        found = await jobs.by_id(self._session, self._admin_url, job_id)
        return _job(found) if found else None

    async def of_source(self, unit: Unit, source: str) -> MoveJob | None:
        """The newest job of a UPN, site URL or alias; None when there never was one (R-6.21)."""
        found = await jobs.by_url(self._session, self._admin_url, await self._source_url(unit, source))
        return _job(found) if found else None

    async def report(self, wish: Report) -> list[MoveJob]:
        """Jobs that fit, newest first as the tenant gives them. Raises UsageError for an unknown state or direction."""
        now = self._clock.security_now()
        found = await jobs.report(
            self._session,
            self._admin_url,
            state=_number(STATE_NUMBERS, wish.state, "state"),
            direction=_number(DIRECTION_NUMBERS, wish.direction, "direction"),
            start=wish.begin or now - REPORT_SPAN,
            end=wish.end or now + REPORT_SPAN,
            limit=wish.limit or REPORT_LIMIT,
        )
        rows = [_job(one) for one in found]
        return [row for row in rows if _fits(row, wish)]

    async def _source_url(self, unit: Unit, source: str) -> str:
        """The address of what moves: a site's own, or the OneDrive of a UPN, which the tenant tells."""
        if unit is Unit.SITE:
            return source
        if unit is Unit.USER:
            found = await csom.personal_site_url(self._session, self._admin_url, source)
            if not found:
                raise errors.NotFound(f"'{source}' has no OneDrive here.", remedy="Check the UPN (R-6.1).")
            return found
        return f"{_root(await self._own_host_url())}/sites/{source}"


def target_url(wish: StartWish) -> str:
    """Where a move lands (spo-admin.md 5.8): a OneDrive under the target's personal sites, a group under `/sites`.

    The managed path of a group is inferred; a tenant that answers otherwise says so when the move starts.
    """
    if wish.unit is Unit.SITE:
        return wish.target
    if wish.unit is Unit.USER:
        return f"{wish.partner}personal/{paths.personal_path(wish.target)}"
    return f"{_root(wish.partner)}/sites/{wish.target}"


def _root(host_url: HostUrl) -> str:
    return f"https://{host_url.label}.sharepoint.com"


def _check_times(wish: StartWish) -> None:
    if wish.begin and wish.end and wish.end <= wish.begin:
        raise errors.UsageError("The end of the move lies before its begin.", remedy="Both are UTC (R-6.11).")


def _number(table: Mapping[str, int], text: str | None, what: str) -> int:
    if text is None:
        return table["All"]
    for name, number in table.items():
        if name.lower() == text.lower():
            return number
    raise errors.UsageError(f"There is no {what} '{text}'.", remedy=f"There are {', '.join(table)}.")


def _fits(job: MoveJob, wish: Report) -> bool:
    """Partner and role, which the wire cannot ask for."""
    role = None if wish.partner_role is None else ("MoveOut" if wish.partner_role is PartnerRole.TARGET else "MoveIn")
    return (wish.partner is None or job.concerns(wish.partner)) and role in (None, job.direction)


def _job(wire: jobs.SiteMoveJob) -> MoveJob:
    state = wire.State if isinstance(wire.State, str) else _STATE_NAMES.get(wire.State, str(wire.State))
    phase = (
        wire.JobPhase if isinstance(wire.JobPhase, str) else _PHASES.get(-1 if wire.JobPhase is None else wire.JobPhase)
    )
    direction = wire.Direction if isinstance(wire.Direction, str) else DIRECTIONS[wire.Direction]
    return MoveJob(
        id=wire.Id,
        source_url=wire.SourceSiteUrl,
        target_url=wire.TargetSiteUrl or "",
        state=state,
        state_name=wire.StateName or state,
        phase=phase,
        direction=direction,
        source_host_url=wire.TenantMergeSourceMySiteHostUrl or "",
        target_host_url=wire.TenantMergeTargetMySiteHostUrl or "",
        items_done=wire.ItemsDone,
        items_total=wire.ItemsTotal,
        bytes_done=wire.BytesDone,
        bytes_total=wire.BytesTotal,
        error=wire.ErrorMessage or None,
        triggered_by=wire.TriggeredBy,
        begin=_moment(wire.PreferredMoveBeginDateInUtc),
        end=_moment(wire.PreferredMoveEndDateInUtc),
        started_at=_moment(wire.StartedDateInUtc),
        finished_at=_moment(wire.FinishedDateInUtc),
        last_modified=_moment(wire.LastModified),
        unmapped=wire.UnmappedTargetUpn,
        items_rate=wire.ItemsPerSecond,
        bytes_rate=wire.BytesPerSecond,
        expected_end=_moment(wire.ExpectedEndDateInUtc),
    )


def _wire_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str | None) -> datetime | None:
    """A date of the wire; outside 1900 to 9000 it means 'unset' (spo-admin.md 5.3)."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) if 1900 < moment.year < 9000 else None
