"""The target's answers to a source that moves something here: offer, restore, publish, abort, finish (settled B 1).

Each writes or reads this tenant's own rows and returns; none asks the partner back. A decision (published or refused) is
committed before it is said, and is said again to every repeat. Order of locks: job, grant, site.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

from xtenant.domain import content, errors, obstacles, trust
from xtenant.domain.content import LockState, Site
from xtenant.domain.move import (
    LONGEST_UPN,
    Decision,
    Direction,
    Grant,
    JobKind,
    MoveJob,
    MoveJobId,
    MovePhase,
    MoveState,
)
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.partner_moves import Offer, TargetView
from xtenant.domain.ports.stop import StopPoint, never_stop
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.snapshot import Snapshot
from xtenant.domain.tenant import Geo, HostUrl, TenantId
from xtenant.domain.trust import PartnerRole, RelationKey

UNKNOWN = TargetView(known=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCall:
    """Which partner asks which of our geos, in which of its claims of the job."""

    geo: Geo
    partner: HostUrl
    partner_tenant_id: TenantId
    job_id: MoveJobId
    fence: int


def receive_offer(
    units: Units, call: PartnerCall, offer: Offer, *, clock: Clock, stop: StopPoint = never_stop
) -> TargetView:
    """Take an offer down; this tenant's worker then asks the source whether the trust stands, and gives the grant.

    A partner we have no relationship with is refused without a row. Raises StalePeer for an older claim.
    """
    with units.write() as uow:
        job, grant = locked_rows(uow, call)
        if job is None or grant is None:
            if not _knows(uow, call):
                return _refusal(trust.NoTrust.code, f"There is no relationship with {call.partner}.")
            job, grant = _take_down(uow, call, offer, clock)
    stop("grant.offered")
    return view_of(grant, job)


def _take_down(uow: UnitOfWork, call: PartnerCall, offer: Offer, clock: Clock) -> tuple[MoveJob, Grant]:
    if uow.grants.get(call.job_id) is not None:  # another partner's: ids are not shared
        raise obstacles.UnknownJob
    if len(offer.unmapped) > LONGEST_UPN:
        raise errors.UsageError("The offer names somebody by more than a user principal name has characters.")
    most = uow.settings.get().max_hidden_per_partner
    _supersede(uow, call, offer, clock)
    full = uow.grants.open_of(call.partner.text) >= most
    grant = _new_grant(call, offer, clock)
    job = _new_job(call, offer, clock.business_now())
    uow.jobs.add(job, queue_limit=0)
    uow.grants.add(grant)
    if full:
        reason = obstacles.QueueFull(most)
        job, grant = refuse(uow, job, grant, reason.code, reason.text, now=clock.business_now())
    return job, grant


def _supersede(uow: UnitOfWork, call: PartnerCall, offer: Offer, clock: Clock) -> None:
    """An earlier job of the same source that failed there: what it reserved here is given free at once (settled B 12)."""
    if offer.supersedes is None:
        return
    job, grant = uow.jobs.lock(offer.supersedes, Direction.IN), uow.grants.lock(offer.supersedes)
    if job is None or grant is None or not _covers(grant, call) or grant.source_url != offer.source_url:
        return
    if grant.decision is Decision.NONE:
        reason = "The source began this move anew."
        refuse(uow, job, grant, "superseded", reason, now=clock.business_now())


def _new_grant(call: PartnerCall, offer: Offer, clock: Clock) -> Grant:
    return Grant(
        job_id=call.job_id,
        partner=call.partner,
        partner_tenant_id=call.partner_tenant_id,
        geo=call.geo.code,
        kind=offer.kind,
        source_key=offer.source_key,
        target_key=offer.target_key,
        source_url=offer.source_url,
        target_url=offer.target_url,
        unmapped=offer.unmapped,
        peer_fence=call.fence,
        offered_at=clock.business_now(),
        heard_at=clock.security_now(),
    )


def _new_job(call: PartnerCall, offer: Offer, now: datetime) -> MoveJob:
    return MoveJob(
        job_id=call.job_id,
        direction=Direction.IN,
        partner=call.partner,
        partner_tenant_id=call.partner_tenant_id,
        geo=call.geo.code,
        kind=offer.kind,
        source_key=offer.source_key,
        target_key=offer.target_key,
        source_url=offer.source_url,
        target_url=offer.target_url,
        state=MoveState.IN_PROGRESS,
        created_at=now,
        started_at=now,
        modified_at=now,
        next_pass_at=now,
        supersedes=offer.supersedes,
        unmapped=offer.unmapped,
        source_id=offer.source_id,
    )


def answer_state(units: Units, call: PartnerCall) -> TargetView:
    """What is stored of a job: the answer to `offer_state` and `restore_state`. Writes nothing."""
    with units.read() as uow:
        if uow.recovery.stands():
            raise content.NotRecovered
        grant = uow.grants.get(call.job_id)
        job = uow.jobs.get(call.job_id, Direction.IN)
    if grant is None or job is None or not _covers(grant, call):
        return UNKNOWN
    _check(grant, call)
    return view_of(grant, job)


def receive_restore(
    units: Units, call: PartnerCall, snapshot: Snapshot, *, clock: Clock, stop: StopPoint = never_stop
) -> TargetView:
    """The source has sealed: keep the seal and let the worker build. Another snapshot than the first is refused.

    Raises StalePeer, SnapshotDamaged.
    """
    if snapshot.job_id != call.job_id:
        raise errors.UsageError("The seal names another job.")
    with units.write() as uow:
        job, grant = locked_rows(uow, call)
        if job is None or grant is None:
            return UNKNOWN
        if grant.given_at is not None and grant.decision is Decision.NONE:
            if grant.root is None:
                job, grant = _begin_restore(uow, job, grant, snapshot, clock)
            elif grant.root != snapshot.root:
                raise obstacles.SnapshotDamaged("The source has sealed this job twice, and differently.")
    stop("target.asked_to_restore")
    return view_of(grant, job)


def _begin_restore(
    uow: UnitOfWork, job: MoveJob, grant: Grant, snapshot: Snapshot, clock: Clock
) -> tuple[MoveJob, Grant]:
    now = clock.business_now()
    uow.snapshots.seal(snapshot)
    grant = dataclasses.replace(grant, root=snapshot.root)
    uow.grants.save(grant)
    job = dataclasses.replace(
        job,
        phase=MovePhase.RESTORE,
        cursor="",
        items_total=snapshot.items,
        bytes_total=snapshot.size_bytes,
        next_pass_at=now,
        modified_at=now,
    )
    uow.jobs.save(job)
    return job, grant


def receive_publish(
    units: Units,
    call: PartnerCall,
    root: bytes,
    *,
    deadline_seconds: float,
    lock: LockState = LockState.UNLOCK,
    received: float,
    clock: Clock,
    stop: StopPoint = never_stop,
) -> TargetView:
    """The point of no return, one commit: decision, visibility and pointers (settled B 3).

    The commit checks the claim, that the job is not refused, and that the hidden site is what was verified. `received` is
    this side's monotonic time of receipt; past the deadline the answer is late and nothing changes. Raises StalePeer.
    """
    late = False
    with units.write() as uow:
        job, grant = locked_rows(uow, call)
        if job is None or grant is None:
            return UNKNOWN
        ready = grant.decision is Decision.NONE and grant.verified_change_no is not None and grant.root == root
        if ready and clock.monotonic() - received > deadline_seconds:
            late = True
        elif ready:
            job, grant = _publish(uow, job, grant, lock, clock)
        stop("publish.before_commit")
    stop("publish.committed")
    return dataclasses.replace(view_of(grant, job), late=late)


def _publish(uow: UnitOfWork, job: MoveJob, grant: Grant, lock: LockState, clock: Clock) -> tuple[MoveJob, Grant]:
    site = None if grant.site_key is None else uow.sites.by_key(grant.site_key, lock=True)
    if site is None or site.deleted_at is not None or site.change_no != grant.verified_change_no:
        reason = obstacles.NotAsSealed("The hidden site changed after it was verified.")
        return refuse(uow, job, grant, reason.code, reason.text, now=clock.business_now())
    now = clock.business_now()
    uow.sites.update(dataclasses.replace(site, published_at=now, hidden_job=None, lock_state=lock))
    _point_at(uow, grant, site)
    grant = dataclasses.replace(grant, decision=Decision.PUBLISHED, decided_at=now)
    uow.grants.save(grant)
    job = dataclasses.replace(job, phase=MovePhase.CLEANUP, modified_at=now, next_pass_at=now)
    uow.jobs.save(job)
    return job, grant


def _point_at(uow: UnitOfWork, grant: Grant, site: Site) -> None:
    """A group's address changes with the visibility; a OneDrive's owner stands in the hidden row already."""
    if grant.kind is JobKind.GROUP:
        group = uow.groups.by_alias(grant.target_key)
        if group is not None:
            uow.groups.update(dataclasses.replace(group, site_url=site.url))


def receive_abort(units: Units, call: PartnerCall, *, clock: Clock, stop: StopPoint = never_stop) -> TargetView:
    """The source will not publish: refuse, for ever. A job never heard of is refused in advance, so that an offer that
    comes later finds the refusal."""
    with units.write() as uow:
        job, grant = locked_rows(uow, call)
        if job is None or grant is None:
            if not _knows(uow, call):
                return _refusal("aborted", "The source gave the move up.")
            job, grant = _take_down(uow, call, _no_offer(call), clock)
        if grant.decision is Decision.NONE:
            job, grant = refuse(uow, job, grant, "aborted", "The source gave the move up.", now=clock.business_now())
    stop("grant.refused")
    return view_of(grant, job)


def receive_finish(
    units: Units,
    call: PartnerCall,
    *,
    lock: LockState = LockState.UNLOCK,
    clock: Clock,
    stop: StopPoint = never_stop,
) -> TargetView:
    """The redirect stands: the job is a success here too, and its grant ends. A lock set at the source while the target
    published is in force here now; nothing is unlocked by it."""
    with units.write() as uow:
        job, grant = locked_rows(uow, call)
        if job is None or grant is None:
            return UNKNOWN
        if grant.decision is Decision.PUBLISHED and job.is_open:
            now = clock.business_now()
            job = ended(job, MoveState.SUCCESS, now)
            uow.jobs.save(job)
            uow.blobs.unpin(job.job_id)
            _tighten(uow, grant, lock)
    stop("finish.committed")
    return view_of(grant, job)


def _tighten(uow: UnitOfWork, grant: Grant, lock: LockState) -> None:
    site = None if grant.site_key is None else uow.sites.by_key(grant.site_key, lock=True)
    if site is not None and site.lock_state is not (stricter := site.lock_state.stricter(lock)):
        uow.sites.update(dataclasses.replace(site, lock_state=stricter))


def refuse_move(units: Units, job_id: MoveJobId, *, clock: Clock, stop: StopPoint = never_stop) -> Grant:
    """`xtenant move refuse` by the target's administrator, before publication (settled B 6).

    Raises UnknownJob; Conflict once the site is visible.
    """
    with units.write() as uow:
        job = uow.jobs.lock(job_id, Direction.IN)
        grant = uow.grants.lock(job_id)
        if job is None or grant is None:
            raise obstacles.UnknownJob
        if grant.decision is Decision.PUBLISHED:
            raise obstacles.NotCancellable("The site is visible here already; the move can no longer be refused.")
        if grant.decision is Decision.NONE:
            reason = "The target's administrator refused the move."
            _, grant = refuse(uow, job, grant, "refusedByTarget", reason, now=clock.business_now())
    stop("grant.refused")
    return grant


def refuse(
    uow: UnitOfWork, job: MoveJob, grant: Grant, code: str, text: str, *, now: datetime
) -> tuple[MoveJob, Grant]:
    """Inside a unit that has locked both rows: the job will never be published; its address is free again at once."""
    grant = dataclasses.replace(grant, decision=Decision.REFUSED, reason_code=code, reason_text=text, decided_at=now)
    uow.grants.save(grant)
    if grant.site_key is not None:
        site = uow.sites.by_key(grant.site_key, lock=True)
        if site is not None and site.deleted_at is None:
            uow.sites.update(dataclasses.replace(site, deleted_at=now))
    if job.is_open:
        job = dataclasses.replace(ended(job, MoveState.FAILED, now), error_code=code, error_text=text)
        uow.jobs.save(job)
    return job, grant


def ended(job: MoveJob, state: MoveState, now: datetime) -> MoveJob:
    """The job in a terminal state, its claim given up."""
    return dataclasses.replace(
        job, state=state, phase=MovePhase.ENDED, finished_at=now, modified_at=now, lease_until=None, cursor=""
    )


def view_of(grant: Grant, job: MoveJob) -> TargetView:
    """What the source is told."""
    return TargetView(
        known=True,
        given=grant.given_at is not None,
        root=grant.root,
        verified=grant.verified_change_no is not None,
        decision=grant.decision,
        items_done=job.items_done,
        bytes_done=job.bytes_done,
        reason_code=grant.reason_code,
        reason_text=grant.reason_text,
    )


def locked_rows(uow: UnitOfWork, call: PartnerCall) -> tuple[MoveJob | None, Grant | None]:
    """Both rows, locked, checked, and the claim's number noted; another partner's are as good as absent.

    Raises StalePeer; NotRecovered while our own rows may be older than what we told this partner (settled B 5).
    """
    if uow.recovery.stands():
        raise content.NotRecovered
    job = uow.jobs.lock(call.job_id, Direction.IN)
    grant = uow.grants.lock(call.job_id)
    if grant is not None and not _covers(grant, call):
        return None, None
    if grant is not None:
        _check(grant, call)
        if call.fence > grant.peer_fence:
            grant = dataclasses.replace(grant, peer_fence=call.fence)
            uow.grants.save(grant)
    return job, grant


def _covers(grant: Grant, call: PartnerCall) -> bool:
    """A grant covers its own partner's calls only; to anybody else the job was never heard of."""
    return grant.partner == call.partner and grant.partner_tenant_id == call.partner_tenant_id


def _check(grant: Grant, call: PartnerCall) -> None:
    if call.fence < grant.peer_fence:
        raise obstacles.StalePeer("A younger claim of this job has called already.", seen=grant.peer_fence)


def _knows(uow: UnitOfWork, call: PartnerCall) -> bool:
    key = RelationKey(geo=call.geo.code, partner=call.partner, partner_role=PartnerRole.SOURCE)
    return uow.relationships.get(key) is not None


def _refusal(code: str, text: str) -> TargetView:
    return TargetView(known=True, decision=Decision.REFUSED, reason_code=code, reason_text=text)


def _no_offer(call: PartnerCall) -> Offer:
    return Offer(
        job_id=call.job_id,
        kind=JobKind.SITE,
        source_key="",
        target_key="",
        source_url="",
        target_url="",
        fence=call.fence,
    )
