"""The move job: states, phases, who may go where, and the two rows a move consists of (settled B 1).

The source's row decides outcome, state and phase; the target's grant decides hidden, published or refused. Nothing here
touches a store: storage keeps the rows, the engine carries the job through the table of phases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import NewType
from uuid import UUID

from xtenant.domain.content import SiteKey
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId

MoveJobId = NewType("MoveJobId", UUID)


class JobKind(Enum):
    USER = "user"
    SITE = "site"
    GROUP = "group"


class Direction(IntEnum):
    """MoveDirection (spo-admin.md 5.5): the source's row is OUT, the target's IN."""

    OUT = 0
    IN = 1


class MoveState(IntEnum):
    """Stored and sent with the same numbers (settled B 15)."""

    READY_TO_TRIGGER = 0
    IN_PROGRESS = 1
    SUCCESS = 2
    FAILED = 3
    STOPPED = 4
    SCHEDULED = 5
    RESCHEDULED = 8

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL

    @property
    def wire_name(self) -> str:
        """`StateName` as Microsoft prints it (R-6.55 to R-6.63)."""
        return STATE_NAMES[self]


TERMINAL = frozenset({MoveState.SUCCESS, MoveState.FAILED, MoveState.STOPPED})
OPEN_STATES = tuple(state for state in MoveState if state not in TERMINAL)
CANCELLABLE = frozenset({MoveState.SCHEDULED, MoveState.READY_TO_TRIGGER})

STATE_NAMES: dict[MoveState, str] = {
    MoveState.READY_TO_TRIGGER: "ReadyToTrigger",
    MoveState.IN_PROGRESS: "InProgress",
    MoveState.SUCCESS: "Success",
    MoveState.FAILED: "Failed",
    MoveState.STOPPED: "Stopped",
    MoveState.SCHEDULED: "Scheduled",
    MoveState.RESCHEDULED: "Rescheduled",
}

TRANSITIONS: dict[MoveState, frozenset[MoveState]] = {
    MoveState.SCHEDULED: frozenset({MoveState.READY_TO_TRIGGER, MoveState.STOPPED}),
    MoveState.READY_TO_TRIGGER: frozenset({MoveState.IN_PROGRESS, MoveState.STOPPED}),
    MoveState.IN_PROGRESS: frozenset({MoveState.SUCCESS, MoveState.FAILED, MoveState.RESCHEDULED}),
    MoveState.RESCHEDULED: frozenset({MoveState.IN_PROGRESS, MoveState.SUCCESS, MoveState.FAILED}),
    MoveState.SUCCESS: frozenset({MoveState.RESCHEDULED}),
    MoveState.FAILED: frozenset(),
    MoveState.STOPPED: frozenset(),
}
"""R-6.65 to R-6.77. Failed and Stopped are left only by a new job; Success only by a move back, or when the target's database
was put back and what it had published is lost (settled B 5): then the move goes back to Restore."""


def may_become(state: MoveState, new: MoveState) -> bool:
    """Whether the table allows the step; staying is always allowed."""
    return new is state or new in TRANSITIONS[state]


class MovePhase(IntEnum):
    """MoveJobPhase (settled B 15)."""

    VALIDATION = 0
    BACKUP = 1
    RESTORE = 2
    CLEANUP = 3
    ENDED = 255


class Decision(Enum):
    """What the target has decided of a job, for ever. The source stores the answer it was given (settled B 3)."""

    NONE = "none"
    PUBLISHED = "published"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveJob:
    """One side's row of a move.

    `fence` counts claims; every engine write carries it. `begin_at`, `end_at`, `next_pass_at` are business time,
    `lease_until` is security time. On the source, `offered` says that the target may have heard of the job, `answer` is the
    target's stored decision as told to us, `aborting` that the job will not be published. `cursor` is the engine's place
    inside the phase. `stalled_since` is the business time of the last progress. `unmapped` is the UPN of the target's person
    to whom everything of unmapped principals goes; empty: they stay as text, with no access (settled C 1). `source_id` is the
    object id of the source's group whose site moves. A job that has not begun by `latest_start_at` is stopped (graph-migrations.md 2.4);
    `phase_at` is the business time its present phase began; `source_template` is the source site's before its redirect.
    """

    job_id: MoveJobId
    direction: Direction
    partner: HostUrl
    partner_tenant_id: TenantId
    geo: GeoCode
    kind: JobKind
    source_key: str
    target_key: str
    source_url: str
    target_url: str
    site_key: SiteKey | None = None
    state: MoveState = MoveState.SCHEDULED
    phase: MovePhase = MovePhase.VALIDATION
    begin_at: datetime | None = None
    end_at: datetime | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    modified_at: datetime
    fence: int = 0
    worker: str = ""
    lease_until: datetime | None = None
    next_pass_at: datetime
    passes: int = 0
    stalled_since: datetime | None = None
    items_done: int = 0
    items_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    error_code: str = ""
    error_text: str = ""
    offered: bool = False
    aborting: bool = False
    answer: Decision = Decision.NONE
    cursor: str = ""
    triggered_by: str = ""
    cancelled_by: str = ""
    validation_only: bool = False
    idempotency_key: str | None = None
    supersedes: UUID | None = None
    unmapped: str = ""
    source_id: UUID | None = None
    collected: bool = False
    latest_start_at: datetime | None = None
    phase_at: datetime | None = None
    source_template: str = ""

    @property
    def is_open(self) -> bool:
        return not self.state.is_terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a phase goes on, and when it would end at that rate."""

    items_per_second: float
    bytes_per_second: float
    expected_end: datetime | None


def pace_of(job: MoveJob) -> Pace | None:
    """From the phase's begin to its last progress; None while nothing was done in it, or nothing goes on."""
    if job.state not in (MoveState.IN_PROGRESS, MoveState.RESCHEDULED) or job.phase_at is None or not job.items_done:
        return None
    seconds = (job.modified_at - job.phase_at).total_seconds()
    if seconds <= 0:
        return None
    items, size = job.items_done / seconds, job.bytes_done / seconds
    left = [max(0, job.items_total - job.items_done) / items]
    if size:
        left.append(max(0, job.bytes_total - job.bytes_done) / size)
    end = job.modified_at + timedelta(seconds=max(left)) if max(left) < MAX_EXPECTED_SECONDS else None
    return Pace(items_per_second=items, bytes_per_second=size, expected_end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The target's row: what it allows one job of one partner (settled B 6).

    `given_at` unset = offered, trust not yet asked back. `root` names the snapshot once the source asked for Restore.
    `verified_change_no` is the hidden site's change number after verification. `heard_at` is security time.
    """

    job_id: MoveJobId
    partner: HostUrl
    partner_tenant_id: TenantId
    geo: GeoCode
    kind: JobKind
    source_key: str
    target_key: str
    source_url: str
    target_url: str
    map_version: int = 0
    peer_fence: int = 0
    offered_at: datetime
    given_at: datetime | None = None
    root: bytes | None = None
    site_key: SiteKey | None = None
    verified_change_no: int | None = None
    decision: Decision = Decision.NONE
    reason_code: str = ""
    reason_text: str = ""
    heard_at: datetime
    decided_at: datetime | None = None
    unmapped: str = ""
    collected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """The source's word that it asks for publication; once it stands, only the target's answer ends the doubt."""

    job_id: MoveJobId
    attempt: int
    fence: int
    root: bytes
    answer: str = ""


class ResolutionRule(Enum):
    """Why a source principal became this target principal.

    `policy`: not in the map, and given to the person whom the job names for such; `site`: a SharePoint group, made again.
    """

    MAP = "map"
    SYSTEM = "system"
    SITE = "site"
    POLICY = "policy"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A row of the resolution table: source principal → target principal, and by which rule."""

    job_id: MoveJobId
    source_ref: int
    source_id: UUID
    source_login: str
    target_id: UUID
    target_login: str
    rule: ResolutionRule


MAX_PASSES = 24
MAX_EXPECTED_SECONDS = 366 * 86_400
MAX_STALLED = timedelta(hours=24)
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 3600.0
SILENCE = timedelta(minutes=5)
KEEP_REFUSED = timedelta(days=30)
PATH_LIMIT = 400
LONGEST_UPN = 320
BATCH_ITEMS = 2_000
PULL_BYTES = 16 * 1024 * 1024
PULL_BLOBS = 2_000
HASH_TRIES = 3
PUBLISH_SECONDS = 30.0
LEASE_SECONDS = 30.0


def pause_after(passes: int) -> timedelta:
    """How long a Rescheduled job waits for its next pass: half a second, doubling, at most an hour."""
    return timedelta(seconds=min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(passes, 20)))


def patience_is_over(job: MoveJob, now: datetime) -> bool:
    """Whether a job before its intent has used up its passes or its 24 hours without progress (settled B 7)."""
    since = job.stalled_since or job.started_at or job.created_at
    return job.passes >= MAX_PASSES or now - since >= MAX_STALLED


def may_unlock(job: MoveJob) -> bool:
    """Settled B 5: a frozen source is released only if the target never heard of the job, or stored a refusal."""
    return not job.offered or job.answer is Decision.REFUSED


STOP_POINTS = frozenset(
    {
        "claim.taken",
        "validation.offer_marked",
        "validation.offered",
        "backup.frozen",
        "backup.part_settled",
        "backup.pinned",
        "backup.part_recorded",
        "backup.sealed",
        "restore.asked",
        "restore.intended",
        "restore.publish_answered",
        "restore.answer_recorded",
        "cleanup.redirected",
        "cleanup.finish_answered",
        "cleanup.done",
        "abort.marked",
        "abort.answered",
        "abort.recorded",
        "abort.released",
        "grant.offered",
        "grant.given",
        "grant.refused",
        "target.asked_to_restore",
        "target.reserved",
        "target.part_recorded",
        "target.blobs_settled",
        "target.blobs_recorded",
        "target.rows_written",
        "target.built",
        "target.verified",
        "publish.before_commit",
        "publish.committed",
        "finish.committed",
        "collect.batch",
        "collect.done",
    }
)
"""Every named place at which a test may stop a service; a name that is not here fails (settled B 13)."""
