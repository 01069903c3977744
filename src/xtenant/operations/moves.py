"""Step 6: start, report, show and cancel moves; refuse one as the target (R-6.1 to R-6.88).

A start gathers every obstacle, asks the partner outside any unit of work, and rechecks by the constraints of the store when it
records (one open job per site, the queue). A refused start leaves no job behind (R-10.1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from xtenant.domain import errors, obstacles, paths, trust
from xtenant.domain.caller import Caller
from xtenant.domain.content import GROUP_TEMPLATE, Site, SiteKey
from xtenant.domain.directory import GroupId, UserId
from xtenant.domain.limits import Limits
from xtenant.domain.move import CANCELLABLE, Direction, JobKind, MoveJob, MoveJobId, MoveState
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.move import ReportFilter
from xtenant.domain.ports.partner import PartnerChannel
from xtenant.domain.ports.partner_moves import StartAnswer, StartQuestion
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, HostUrl, Tenant, TenantId, TenantSettings
from xtenant.operations import preconditions
from xtenant.operations.grants import ended
from xtenant.operations.recovery import require_over
from xtenant.operations.trust import may_start_on, own_word

KEEP_KEYS = timedelta(days=7)
UNASKED = (errors.PartnerUnreachable, trust.UnknownPartner)
AskTarget = Callable[[StartQuestion], Awaitable[StartAnswer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWish:
    """What a caller asks for. `unmapped` is the UPN of the target's person for what unmapped principals had, empty for none
    (our extension); with `updates` a job that has not begun takes what is asked for in place of a second one
    (graph-migrations.md 2.7); `body_hash` is the SHA-256 of the request under an `idempotency_key` (settled B 14)."""

    source_url: str
    target_url: str
    partner: HostUrl
    begin_at: datetime | None = None
    end_at: datetime | None = None
    latest_start_at: datetime | None = None
    updates: bool = False
    validate_only: bool = False
    unmapped: str = ""
    idempotency_key: str | None = None
    body_hash: bytes = b""


async def start_move(
    units: Units,
    partner: PartnerChannel,
    ask_target: AskTarget,
    *,
    tenant: Tenant,
    geo: Geo,
    caller: Caller,
    wish: StartWish,
    clock: Clock,
    ids: IdSource,
    limits: Limits,
) -> MoveJob:
    """Start a move, or with `validate_only` check everything and move nothing: the job returned is then not recorded.

    The target is asked once: its answer carries what a verification would say, and what it found (settled B 14).

    Raises AccessDenied, NoTrust (also when the partner could not be asked), WrongDirection, DatesWrong, StartRefused with
    every obstacle, Conflict for a key used with another body. The same key and body again give the same job.
    """
    earlier = _earlier(units, caller, wish, clock)
    if earlier is not None:
        return earlier
    _check_dates(wish, clock.business_now())
    standing = own_word(units, tenant=tenant, geo=geo, caller=caller, target=wish.partner)
    try:
        partner_tenant = standing.partner_tenant_id or await partner.tenant_id_of(wish.partner)
    except UNASKED:
        may_start_on(units, standing, None, clock=clock)
        raise
    job, found, settings = _examined(units, geo, caller, wish, partner_tenant, clock=clock, ids=ids)
    answer = await _asked(ask_target, _question(units, geo, job, settings.schema_version, clock))
    may_start_on(units, standing, preconditions.word_in(answer), clock=clock)
    found += preconditions.from_answer(wish.partner, answer, schema_version=settings.schema_version, farm=settings.farm)
    if wish.validate_only and answer is not None:
        found += _domains(units, job, answer.domains)
    if found:
        # what else speaks against a source that is moving or has moved only follows from that (graph-migrations.md 2.7: 409)
        moving = [one for one in found if isinstance(one, obstacles.AlreadyMoving)]
        found = moving[:1] or found
        raise found[0] if len(found) == 1 else obstacles.StartRefused(found)
    if wish.validate_only:
        return dataclasses.replace(job, state=MoveState.SUCCESS, validation_only=True)
    return _record(units, caller, wish, job, clock=clock, limits=limits)


def _question(units: Units, geo: Geo, job: MoveJob, version: str, clock: Clock) -> StartQuestion:
    with units.read() as uow:
        age = preconditions.own_word_age(uow, geo.code, job.partner, now=clock.business_now())
        licensed = preconditions.source_is_licensed(uow, uow.settings.get(), job)
    return preconditions.question_of(job, version, age, licensed=licensed)


async def _asked(ask_target: AskTarget, question: StartQuestion) -> StartAnswer | None:
    """The target's answer; None when it could not be asked, which is one of the statuses of trust (R-3.9)."""
    try:
        return await ask_target(question)
    except UNASKED:
        return None


def _earlier(units: Units, caller: Caller, wish: StartWish, clock: Clock) -> MoveJob | None:
    if wish.idempotency_key is None:
        return None
    with units.read() as uow:
        since = clock.business_now() - KEEP_KEYS
        known = uow.move_requests.find(caller.name, wish.idempotency_key, since=since)
        if known is None:
            return None
        if known[0] != wish.body_hash:
            raise errors.Conflict("This Idempotency-Key was used with another request.")
        return uow.jobs.get(known[1], Direction.OUT)


def _check_dates(wish: StartWish, now: datetime) -> None:
    """R-6.12; a begin date just past is taken as now."""
    if wish.begin_at is not None and wish.begin_at < now - timedelta(minutes=5):
        raise obstacles.DatesWrong("The preferred begin date lies in the past.")
    if wish.latest_start_at is not None and wish.latest_start_at <= (wish.begin_at or now):
        raise obstacles.DatesWrong("The latest start does not lie after the begin.")
    if wish.end_at is not None and wish.end_at <= (wish.begin_at or now):
        raise obstacles.DatesWrong("The preferred end date does not lie after the begin.")


def _examined(
    units: Units, geo: Geo, caller: Caller, wish: StartWish, partner_tenant: TenantId, *, clock: Clock, ids: IdSource
) -> tuple[MoveJob, list[errors.XTenantError], TenantSettings]:
    """The job as it would be, what speaks against it on this side, and our settings."""
    now = clock.business_now()
    with units.read() as uow:
        settings = uow.settings.get()
        site = uow.sites.visible_by_url(wish.source_url)
        kind, source_key, target_key = _keys_of(uow, site, wish)
        job = MoveJob(
            job_id=MoveJobId(ids.new_id()),
            direction=Direction.OUT,
            partner=wish.partner,
            partner_tenant_id=partner_tenant,
            geo=geo.code,
            kind=kind,
            source_key=source_key,
            target_key=target_key,
            source_url=site.url if site else wish.source_url,
            target_url=paths.site_url(wish.target_url),
            site_key=site.key if site else None,
            begin_at=wish.begin_at,
            end_at=wish.end_at,
            latest_start_at=wish.latest_start_at,
            created_at=now,
            modified_at=now,
            next_pass_at=max(now, wish.begin_at or now),
            triggered_by=caller.name,
            items_total=site.item_count if site else 0,
            bytes_total=site.size_bytes if site else 0,
            idempotency_key=wish.idempotency_key,
            unmapped=wish.unmapped,
            source_id=site.group_id if site and kind is JobKind.GROUP else None,
        )
        found = preconditions.source_problems(settings, site, job)
        other = uow.jobs.latest_of(job.source_url, direction=Direction.OUT)
        found += _in_the_way(other, job, site, wish)
        if other is not None and other.state in (MoveState.FAILED, MoveState.STOPPED):
            job = dataclasses.replace(job, supersedes=other.job_id)
        if wish.validate_only and site is not None:
            found += preconditions.content_problems(uow, site, job.target_url)
    return job, found, settings


def _domains(units: Units, job: MoveJob, domains: Sequence[str]) -> list[errors.XTenantError]:
    with units.read() as uow:
        site = None if job.site_key is None else uow.sites.by_key(job.site_key)
        return [] if site is None else preconditions.domain_problems(uow, site, domains)


def _in_the_way(other: MoveJob | None, job: MoveJob, site: Site | None, wish: StartWish) -> list[errors.XTenantError]:
    """E-19: another job is open and cannot be updated, or has finished and its redirect stands (settled B 14)."""
    if other is None or (wish.updates and other.state in CANCELLABLE):
        return []
    finished = other.state is MoveState.SUCCESS and site is not None and site.is_redirect
    return [obstacles.AlreadyMoving(job.source_url)] if other.is_open or finished else []


def _keys_of(uow: UnitOfWork, site: Site | None, wish: StartWish) -> tuple[JobKind, str, str]:
    """Kind of the unit and its names on both sides: UPN, URL or alias (spo-admin.md 5.8, inferred).

    The wire names two addresses only; the target knows its user by the last part of the OneDrive's address.
    """
    last = paths.site_path(wish.target_url).rpartition("/")[2]
    personal = "/personal/" in wish.source_url.lower() if site is None else site.is_personal
    if personal:
        person_id = site.person_id or site.owner_id if site else None
        person = uow.users.by_id(UserId(person_id)) if person_id else None
        return JobKind.USER, person.upn if person else wish.source_url, last
    if site is not None and site.template == GROUP_TEMPLATE and site.group_id is not None:
        group = uow.groups.by_id(GroupId(site.group_id))
        return JobKind.GROUP, group.mail_nickname if group else site.url, last
    return JobKind.SITE, site.url if site else wish.source_url, paths.site_url(wish.target_url)


def _record(units: Units, caller: Caller, wish: StartWish, job: MoveJob, *, clock: Clock, limits: Limits) -> MoveJob:
    with units.write() as uow:
        require_over(uow)
        site = uow.sites.by_key(job.site_key or SiteKey(0), lock=True)
        if site is None or site.frozen_by is not None or site.is_redirect:
            raise obstacles.AlreadyMoving(job.source_url)
        if (updated := _updated(uow, wish, job)) is not None:
            return updated
        uow.jobs.add(job, queue_limit=limits.queue)
        if wish.idempotency_key is not None:
            uow.move_requests.put(
                caller.name, wish.idempotency_key, wish.body_hash, job.job_id, now=clock.business_now()
            )
    return job


def _updated(uow: UnitOfWork, wish: StartWish, job: MoveJob) -> MoveJob | None:
    """The job of this source that has not begun, with what is asked for now; None where there is none to update."""
    other = uow.jobs.latest_of(job.source_url, direction=Direction.OUT) if wish.updates else None
    standing = None if other is None else uow.jobs.lock(other.job_id, Direction.OUT)
    if standing is None or standing.state not in CANCELLABLE:
        return None
    kept = {name: getattr(standing, name) for name in ("job_id", "created_at", "state", "supersedes", "fence")}
    job = dataclasses.replace(job, **kept)
    uow.jobs.save(job)
    return job


def too_late(job: MoveJob, now: datetime) -> MoveJob:
    """A job that did not begin in time, cancelled by nobody."""
    text = f"The move had not begun by its latest start, {job.latest_start_at:%Y-%m-%d %H:%M:%S} UTC."
    return dataclasses.replace(ended(job, MoveState.STOPPED, now), error_code="latestStartPassed", error_text=text)


def show_move(units: Units, job_id: UUID) -> MoveJob:
    """A job by its id, on whichever side this is. Raises UnknownJob."""
    with units.read() as uow:
        job = uow.jobs.get(MoveJobId(job_id), Direction.OUT) or uow.jobs.get(MoveJobId(job_id), Direction.IN)
    if job is None:
        raise obstacles.UnknownJob
    return job


def move_of_source(units: Units, url: str) -> MoveJob:
    """The newest job with this source address. Raises UnknownJob when there never was one (R-6.21)."""
    with units.read() as uow:
        job = uow.jobs.latest_of(url)
    if job is None:
        raise obstacles.UnknownJob
    return job


def list_moves(units: Units, asked: ReportFilter, *, geo: Geo, limit: int) -> Sequence[MoveJob]:
    """The report, newest change first."""
    with units.read() as uow:
        return uow.jobs.report(asked, geo=geo.code, limit=limit)


def cancel_move(units: Units, url: str, *, caller: Caller, clock: Clock) -> MoveJob:
    """Stop a job that has not begun (R-6.75, R-6.78); one that failed or was stopped stays as it is (R-6.79).

    Raises UnknownJob, NotCancellable.
    """
    with units.write() as uow:
        require_over(uow)
        found = uow.jobs.latest_of(url, direction=Direction.OUT)
        job = None if found is None else uow.jobs.lock(found.job_id, Direction.OUT)
        if job is None:
            raise obstacles.UnknownJob
        if job.state in (MoveState.FAILED, MoveState.STOPPED):
            return job
        if job.state not in CANCELLABLE:
            raise obstacles.NotCancellable(f"The move is {job.state.wire_name} and cannot be stopped.")
        job = dataclasses.replace(ended(job, MoveState.STOPPED, clock.business_now()), cancelled_by=caller.name)
        uow.jobs.save(job)
    return job
