"""Port of the partner channel as far as moves go: plain, blocking calls, made by the engine between units of work.

Source to target: `can_start`, `offer`, `offer_state`, `restore`, `restore_state`, `publish`, `abort`, `finish`. Target to
source: `manifest`, `blobs`, `job_state`, `rehash` (settled B 1). Each handler writes or reads one row and returns; every
call may be lost, repeated, delayed and overtaken. All raise PartnerUnreachable when no answer came, and StalePeer when the
partner has heard a younger claim. The contents are our choice: Microsoft's are not public.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from xtenant.domain.content import BlobKey, LockState
from xtenant.domain.move import Decision, Direction, JobKind, MoveJobId
from xtenant.domain.snapshot import Snapshot
from xtenant.domain.tenant import Geo, GeoCode, HostUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """From which of our geos to which partner a call goes."""

    own: Geo
    partner: HostUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class StartQuestion:
    """What a source asks before a job exists: would these addresses and people do? (settled B 14)

    `word_age_seconds` is how long ago the source's administrator gave its own word, as a verification would say it; None
    says that it has not. So the target knows both halves of GoodToProceed without asking back. `unmapped` is the UPN of the
    target's person for what unmapped principals had, empty for none; `source_id` the source group's object id where a group's site moves.
    """

    kind: JobKind
    source_key: str
    target_key: str
    source_url: str
    target_url: str
    schema_version: str
    word_age_seconds: int | None = None
    unmapped: str = ""
    source_id: UUID | None = None
    licensed: bool = True
    """Whether the source asks for no further migration licence: its user holds one, or its setting requires none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObstacle:
    """What the target found: code, text and remedy of an error of `domain/obstacles.py`."""

    code: str
    text: str
    remedy: str
    microsoft_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAnswer:
    """`trusted` False says nothing of users and addresses; `geo` is the target's data location, `schema_version` its schema.

    `requested`, `age_seconds` and `waiting_seconds` are the target's own word, as a verification would say it, so that one
    call answers both (settled B 14).
    """

    trusted: bool
    requested: bool = False
    age_seconds: int = 0
    waiting_seconds: int = 0
    geo: str = ""
    schema_version: str = ""
    obstacles: tuple[FoundObstacle, ...] = ()
    farm: str = ""
    domains: tuple[str, ...] = ()
    """The target's verified domains, which anybody may look up; no user of a source site may bear one (E-13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A job, offered. `fence` is the source's claim."""

    job_id: MoveJobId
    kind: JobKind
    source_key: str
    target_key: str
    source_url: str
    target_url: str
    fence: int
    supersedes: MoveJobId | None = None
    unmapped: str = ""
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """What the target has stored of a job: its answer to every call of the source.

    `known` False = it has never heard of it (or lost it). `late` belongs to `publish` alone: the deadline had passed and
    nothing was changed.
    """

    known: bool = True
    given: bool = False
    root: bytes | None = None
    verified: bool = False
    decision: Decision = Decision.NONE
    late: bool = False
    items_done: int = 0
    bytes_done: int = 0
    reason_code: str = ""
    reason_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """What the source says of a job to its target: whether it is still meant, and whether it will ever publish."""

    known: bool
    ended: bool
    succeeded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJob:
    """A job as the tenant that is asked knows it (settled B 5). `direction` is its own: OUT where it is the source.

    `fence` is the highest claim of the source that it knows of. `decision` is the target's, as decided or as it was told;
    `root` names the snapshot that the target was asked to restore. `collected`: the source holds the content no longer.
    """

    job_id: MoveJobId
    direction: Direction
    kind: JobKind
    source_key: str
    target_key: str
    source_url: str
    target_url: str
    fence: int
    ended: bool
    succeeded: bool
    decision: Decision
    root: bytes | None = None
    reason_code: str = ""
    reason_text: str = ""
    unmapped: str = ""
    source_id: UUID | None = None
    collected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJobs:
    """One page of the jobs between two tenants, by the tenant that was asked; `more` says that others follow the last."""

    tenant_id: UUID
    jobs: tuple[KnownJob, ...]
    more: bool = False


Frame = tuple[BlobKey, int, Iterator[bytes]]
"""Key, size in bytes, content in pieces. The pieces of a frame must be read before the next frame is asked for."""


class MoveChannel(Protocol):
    def can_start(self, peer: Peer, question: StartQuestion) -> StartAnswer: ...

    def offer(self, peer: Peer, offer: Offer) -> TargetView: ...

    def offer_state(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView: ...

    def restore(self, peer: Peer, job_id: MoveJobId, fence: int, snapshot: Snapshot) -> TargetView: ...

    def restore_state(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView: ...

    def publish(
        self, peer: Peer, job_id: MoveJobId, fence: int, root: bytes, deadline_seconds: float, *, lock: LockState
    ) -> TargetView:
        """The administrator's lock comes into force with the visibility."""
        ...

    def abort(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView: ...

    def finish(self, peer: Peer, job_id: MoveJobId, fence: int, *, lock: LockState) -> TargetView:
        """A lock that was tightened since the publication is tightened there too."""
        ...

    def restart(self, peer: Peer, job_id: MoveJobId, fence: int, root: bytes) -> TargetView:
        """Give up what was restored of this snapshot: another will follow. Changes nothing once decided."""
        ...

    def known_jobs(self, peer: Peer, after: UUID) -> KnownJobs:
        """What the partner knows of the jobs between it and us, a page behind a job id."""
        ...

    def reopen(self, peer: Peer, job_id: MoveJobId) -> JobState:
        """The target to the source: I lost what I had published of this job; it goes back to Restore."""
        ...

    def manifest(self, peer: Peer, job_id: MoveJobId, ordinal: int) -> bytes:
        """A part as stored. Raises UnknownJob."""
        ...

    def blobs(self, peer: Peer, job_id: MoveJobId, keys: Sequence[BlobKey]) -> Iterator[Frame]:
        """Many blobs in one body, in the order asked. Raises UnknownJob when one is not pinned for the job."""
        ...

    def job_state(self, peer: Peer, job_id: MoveJobId) -> JobState: ...

    def rehash(self, peer: Peer, job_id: MoveJobId, key: BlobKey) -> bool:
        """Whether the source's own copy still has this hash."""
        ...


class TrustCheck(Protocol):
    """Both sides' relationship rows, asked afresh, from blocking code (`operations.trust.verify_trust` behind it)."""

    def good(self, geo: GeoCode, partner: HostUrl, *, partner_is_source: bool) -> bool:
        """Whether both sides say GoodToProceed. Raises PartnerUnreachable."""
        ...
