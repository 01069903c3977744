"""The queue of moves on both engines: partners take turns, late ones are stopped, counts are told; what a recovery asks for."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from clock import CountingIds
from content_samples import site
from move_samples import NOW, PARTNER, PARTNER_ID, grant, job, job_id
from xtenant.domain import content, obstacles
from xtenant.domain.content import SiteKey
from xtenant.domain.move import Decision, Direction, MoveJob, MovePhase, MoveState
from xtenant.domain.ports.recovery import FENCES_SKIPPED
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import GeoCode, HostUrl, TenantId
from xtenant.engine.dispatcher import in_turn
from xtenant.storage.database import SqlUnits

SMALL = HostUrl("https://northwind-my.sharepoint.com/")
QUEUE = 4_000
LEASE = timedelta(seconds=30)


def waiting(number: int, partner: HostUrl = PARTNER, **changes: object) -> MoveJob:
    since = NOW + timedelta(seconds=number)
    return job(number, partner=partner, site_key=SiteKey(number), next_pass_at=since, **changes)


def test_a_partner_with_one_move_does_not_wait_behind_anothers_hundreds(units: Units) -> None:
    with units.write() as uow:
        for number in range(1, 301):
            uow.jobs.add(waiting(number), queue_limit=QUEUE)
        uow.jobs.add(waiting(301, SMALL), queue_limit=QUEUE)
    later = NOW + timedelta(hours=1)
    with units.read() as uow:
        due = uow.jobs.due(business_now=later, security_now=NOW, limit=100)
    assert [each.partner for each in due[:2]] == [PARTNER, SMALL]
    assert len(due) == 100
    assert [each.next_pass_at for each in due if each.partner == PARTNER] == sorted(
        each.next_pass_at for each in due if each.partner == PARTNER
    )


def test_the_next_to_begin_is_of_the_partner_with_the_fewest_moves_going_on() -> None:
    due = [waiting(1), waiting(2), waiting(3), waiting(9, SMALL), waiting(10, SMALL)]
    going = [(Direction.OUT, PARTNER), (Direction.OUT, PARTNER)]
    order = [each.partner for each in in_turn(due, going)]
    assert order == [SMALL, SMALL, PARTNER, PARTNER, PARTNER]


def test_each_source_geo_has_a_queue_of_its_own(units: Units) -> None:
    """R-6.47."""
    with units.write() as uow:
        uow.jobs.add(job(1), queue_limit=1)
        uow.jobs.add(job(2, geo=GeoCode("EUR")), queue_limit=1)
    for geo in ("NAM", "EUR"):
        with pytest.raises(obstacles.QueueFull), units.write() as uow:
            uow.jobs.add(job(3, geo=GeoCode(geo)), queue_limit=1)


def test_a_job_that_has_not_begun_by_its_latest_start_is_found_and_no_other(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(1, latest_start_at=NOW - timedelta(seconds=1)), queue_limit=QUEUE)
        uow.jobs.add(job(2, latest_start_at=NOW + timedelta(seconds=1)), queue_limit=QUEUE)
        uow.jobs.add(job(3), queue_limit=QUEUE)
        begun = job(4, latest_start_at=NOW - timedelta(seconds=1), state=MoveState.IN_PROGRESS)
        uow.jobs.add(begun, queue_limit=QUEUE)
    with units.read() as uow:
        assert [each.job_id for each in uow.queue.expired(NOW, limit=10)] == [job_id(1)]


def test_living_claims_and_states_are_counted(units: Units) -> None:
    with units.write() as uow:
        for number in (1, 2, 3):
            uow.jobs.add(job(number), queue_limit=QUEUE)
        assert uow.jobs.claim(job(1), worker="a", until=NOW + LEASE, security_now=NOW)
        uow.jobs.save(job(3, state=MoveState.STOPPED, phase=MovePhase.ENDED))
    with units.read() as uow:
        assert uow.queue.busy(NOW) == {Direction.OUT: 1}
        assert uow.queue.busy(NOW + 2 * LEASE) == {}
        assert uow.queue.counts() == {
            (Direction.OUT, MoveState.SCHEDULED, MovePhase.VALIDATION): 2,
            (Direction.OUT, MoveState.STOPPED, MovePhase.ENDED): 1,
        }


def test_a_recovery_moves_the_fences_of_open_jobs_beyond_every_old_claim(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(1, fence=7), queue_limit=QUEUE)
        uow.jobs.add(job(2, fence=7, state=MoveState.FAILED), queue_limit=QUEUE)
        uow.recovery.begin(NOW)
    with units.write() as uow:
        assert uow.recovery.stands()
        fences = [uow.jobs.get(job_id(number), Direction.OUT) for number in (1, 2)]
        assert [each.fence for each in fences if each] == [7 + FENCES_SKIPPED, 7]
        assert uow.recovery.partners() == [(GeoCode("NAM"), PARTNER)]
        uow.recovery.cut_off(job_id(1), Direction.OUT, at_least=5)
        first = uow.jobs.get(job_id(1), Direction.OUT)
        assert first is not None and first.fence == 8 + FENCES_SKIPPED
        uow.recovery.cut_off(job_id(1), Direction.OUT, at_least=9_000_000)
        first = uow.jobs.get(job_id(1), Direction.OUT)
        assert first is not None and first.fence == 9_000_000
        uow.recovery.end()
        assert not uow.recovery.stands()


def test_a_partner_is_told_of_its_own_jobs_only_page_by_page(units: SqlUnits) -> None:
    with units.write() as uow:
        for number in (1, 2, 3):
            uow.jobs.add(job(number), queue_limit=QUEUE)
        uow.jobs.add(job(4, partner=SMALL), queue_limit=QUEUE)
        uow.jobs.add(job(5, direction=Direction.IN), queue_limit=0)
        uow.grants.add(grant(5, decision=Decision.PUBLISHED, peer_fence=12, root=bytes(range(32))))
    with units.read() as uow:
        first = uow.recovery.known_to(PARTNER, PARTNER_ID, after=UUID(int=0), limit=2)
        rest = uow.recovery.known_to(PARTNER, PARTNER_ID, after=first[-1].job_id, limit=10)
        stranger = uow.recovery.known_to(PARTNER, TenantId(UUID(int=9)), after=UUID(int=0), limit=10)
    assert [each.job_id for each in first] == [job_id(1), job_id(2)]
    assert [each.job_id for each in rest] == [job_id(3), job_id(5)]
    assert (rest[1].decision, rest[1].fence, rest[1].root) == (Decision.PUBLISHED, 12, bytes(range(32)))
    assert stranger == []


def test_one_tenant_sees_nothing_of_anothers_queue(units: SqlUnits) -> None:
    other = SqlUnits(units._engine, TenantId(UUID(int=77)))  # pyright: ignore[reportPrivateUsage] (a second tenant on it)
    with units.write() as uow:
        uow.jobs.add(job(1, latest_start_at=NOW - LEASE), queue_limit=QUEUE)
        uow.recovery.begin(NOW)
    with other.read() as uow:
        assert not uow.recovery.stands()
        assert uow.queue.counts() == {} and uow.queue.busy(NOW) == {} and not uow.queue.expired(NOW, limit=1)


def test_a_reopened_job_takes_its_place_in_the_queue_again(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(1), queue_limit=2)
        for state in (MoveState.READY_TO_TRIGGER, MoveState.IN_PROGRESS, MoveState.SUCCESS, MoveState.RESCHEDULED):
            uow.jobs.save(job(1, state=state))
        uow.jobs.add(job(2), queue_limit=2)
    with pytest.raises(obstacles.QueueFull), units.write() as uow:
        uow.jobs.add(job(3), queue_limit=2)


def test_no_site_is_written_while_a_recovery_stands(units: Units) -> None:
    with units.write() as uow:
        made = uow.sites.add(site(CountingIds()))
        uow.recovery.begin(NOW)
    with pytest.raises(content.NotRecovered), units.write() as uow:
        uow.write_site(made.key, now=NOW)
    with units.write() as uow:
        uow.recovery.end()
        uow.write_site(made.key, now=NOW)
