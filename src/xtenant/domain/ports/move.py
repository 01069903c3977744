"""Ports of moves: jobs, grants, intents, snapshots, resolutions, workers.

Engine writes go through `MoveJobRepository.hold`, which locks the row and refuses an older fence; a job's new state and its
effect are committed in the same unit of work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from xtenant.domain.content import SiteKey
from xtenant.domain.move import Direction, Grant, Intent, MoveJob, MoveJobId, MoveState, Resolution
from xtenant.domain.snapshot import PartSeal, Snapshot
from xtenant.domain.tenant import GeoCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One worker's right to carry a job on: good while the row's fence is this one."""

    job_id: MoveJobId
    direction: Direction
    fence: int

    @property
    def name(self) -> str:
        """Id of the workflow of this claim (settled B 2)."""
        return f"{self.job_id}-{self.direction.name}-{self.fence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """What a report asks for; unset means all. Times are of the job's last change."""

    state: MoveState | None = None
    direction: Direction | None = None
    since: datetime | None = None
    until: datetime | None = None


class MoveJobRepository(Protocol):
    def add(self, job: MoveJob, *, queue_limit: int) -> None:
        """Insert. Raises AlreadyMoving for a second open job of a source site, QueueFull when the geo's queue is full."""
        ...

    def get(self, job_id: MoveJobId, direction: Direction) -> MoveJob | None: ...

    def hold(self, job_id: MoveJobId, direction: Direction, fence: int) -> MoveJob:
        """Lock the row for this unit of work. Raises StaleFence when the claim is older or the job has ended."""
        ...

    def lock(self, job_id: MoveJobId, direction: Direction) -> MoveJob | None:
        """Lock the row without a claim: for handlers and administrators."""
        ...

    def save(self, job: MoveJob) -> None:
        """Write a row locked before. Raises Unexpected for a transition the table of states does not know."""
        ...

    def due(self, *, business_now: datetime, security_now: datetime, limit: int) -> Sequence[MoveJob]:
        """Open jobs whose time has come and that no living claim holds: the partners take turns, and with each partner the
        oldest pass is first, so that nobody waits behind another's thousands."""
        ...

    def claim(self, job: MoveJob, *, worker: str, until: datetime, security_now: datetime) -> Claim | None:
        """Count the fence up and take the lease; None when somebody was faster."""
        ...

    def renew(self, worker: str, claims: Iterable[Claim], *, until: datetime) -> None:
        """Prolong the leases of claims that still stand."""
        ...

    def forget_worker(self, worker: str) -> None:
        """End every lease of a worker that was started anew."""
        ...

    def report(self, asked: ReportFilter, *, geo: GeoCode | None, limit: int) -> Sequence[MoveJob]:
        """Newest change first."""
        ...

    def latest_of(self, url: str, *, direction: Direction | None = None) -> MoveJob | None:
        """The newest job with this source URL (of a target's rows: the same), any letter case."""
        ...

    def to_collect(self, *, finished_before: datetime, limit: int) -> Sequence[MoveJob]:
        """Successful source jobs whose retention is over and whose content is still there."""
        ...


class MoveRequestRepository(Protocol):
    """Idempotency keys of starts: unique per caller for seven days (settled B 14)."""

    def find(self, caller: str, key: str, *, since: datetime) -> tuple[bytes, MoveJobId] | None:
        """Hash of the body sent with the key, and its job."""
        ...

    def put(self, caller: str, key: str, body_hash: bytes, job_id: MoveJobId, *, now: datetime) -> None: ...


class GrantRepository(Protocol):
    def add(self, grant: Grant) -> None: ...

    def get(self, job_id: MoveJobId) -> Grant | None: ...

    def lock(self, job_id: MoveJobId) -> Grant | None:
        """The row, locked for this unit of work."""
        ...

    def save(self, grant: Grant) -> None:
        """Write a row locked before. A decision once made never changes: raises Unexpected."""
        ...

    def open_of(self, partner: str) -> int:
        """How many undecided grants a partner holds (reservations, settled B 12)."""
        ...

    def to_collect(self, *, limit: int) -> Sequence[Grant]:
        """Refused grants whose hidden site still has rows."""
        ...

    def has_refused(self, *, decided_before: datetime) -> bool:
        """Whether there are collected refused rows as old as that."""
        ...

    def forget_refused(self, *, decided_before: datetime, limit: int) -> int:
        """Delete old refused rows; how many."""
        ...


class IntentRepository(Protocol):
    def add(self, intent: Intent) -> None: ...

    def latest(self, job_id: MoveJobId) -> Intent | None: ...

    def answer(self, intent: Intent, text: str) -> None: ...


class SnapshotRepository(Protocol):
    """The seal and its parts; on both sides. The bytes of a part are a blob, named by the part's SHA-256."""

    def add_part(self, job_id: MoveJobId, part: PartSeal) -> None:
        """Adding a part again replaces it."""
        ...

    def parts(self, job_id: MoveJobId) -> Sequence[PartSeal]:
        """In order."""
        ...

    def seal(self, snapshot: Snapshot) -> None:
        """Store the seal with its parts; sealing again replaces it."""
        ...

    def get(self, job_id: MoveJobId) -> Snapshot | None:
        """None while not sealed."""
        ...


class ResolutionRepository(Protocol):
    def add(self, rows: Sequence[Resolution]) -> None:
        """Insert what is not there yet."""
        ...

    def of_job(self, job_id: MoveJobId) -> Iterator[Resolution]: ...

    def page(self, job_id: MoveJobId, *, after: int, limit: int) -> Sequence[Resolution]:
        """By source ref, behind one of them (0: from the start)."""
        ...

    def by_refs(self, job_id: MoveJobId, refs: Iterable[int]) -> dict[int, Resolution]: ...


class WorkerRepository(Protocol):
    def beat(self, worker: str, now: datetime) -> None:
        """This worker lives (security time)."""
        ...

    def dead(self, *, silent_since: datetime) -> Sequence[str]: ...

    def remove(self, worker: str) -> None: ...


class LeftoverRepository(Protocol):
    """Takes away, in batches, what a moved-away site still holds behind its redirect."""

    def remove_content(self, site_key: SiteKey, *, limit: int) -> bool:
        """Delete at most so many rows of items and versions; whether more remain. Raises Refused unless it is a redirect."""
        ...
