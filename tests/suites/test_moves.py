"""The contracts of jobs, grants, intents, snapshots and resolutions, on both engines."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest

from move_samples import NOW, PARTNER, grant, job, job_id, snapshot
from xtenant.domain import errors, obstacles
from xtenant.domain.move import Decision, Direction, Intent, MoveState, Resolution, ResolutionRule
from xtenant.domain.ports.move import Claim, ReportFilter
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import TenantId
from xtenant.storage.database import SqlUnits

QUEUE = 4_000
LEASE = timedelta(seconds=30)


def test_a_job_comes_back_as_it_was_added(units: Units) -> None:
    wanted = job(begin_at=NOW, offered=True, answer=Decision.REFUSED, cursor='{"a":1}', bytes_total=5 * 1024**4)
    with units.write() as uow:
        uow.jobs.add(wanted, queue_limit=QUEUE)
    with units.read() as uow:
        assert uow.jobs.get(job_id(), Direction.OUT) == wanted
        assert uow.jobs.get(job_id(), Direction.IN) is None


def test_a_site_has_one_open_job_and_a_new_one_after_it_failed(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(1), queue_limit=QUEUE)
    with pytest.raises(obstacles.AlreadyMoving), units.write() as uow:
        uow.jobs.add(job(2, site_key=job(1).site_key), queue_limit=QUEUE)
    with units.write() as uow:
        uow.jobs.save(job(1, state=MoveState.STOPPED))
        uow.jobs.add(job(2, site_key=job(1).site_key), queue_limit=QUEUE)


def test_the_queue_of_a_geo_is_bounded_and_frees_its_places(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(1), queue_limit=2)
        uow.jobs.add(job(2), queue_limit=2)
    with pytest.raises(obstacles.QueueFull), units.write() as uow:
        uow.jobs.add(job(3), queue_limit=2)
    with units.write() as uow:
        uow.jobs.save(job(1, state=MoveState.STOPPED))
        uow.jobs.add(job(3), queue_limit=2)


def test_a_step_the_table_of_states_does_not_know_is_refused(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(), queue_limit=QUEUE)
    with pytest.raises(errors.Unexpected), units.write() as uow:
        uow.jobs.save(job(state=MoveState.SUCCESS))


def test_a_claim_counts_the_fence_and_an_older_one_can_write_nothing(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(), queue_limit=QUEUE)
        first = uow.jobs.claim(job(), worker="a", until=NOW + LEASE, security_now=NOW)
        assert first is not None and first.fence == 1
        stored = uow.jobs.get(job_id(), Direction.OUT)
        assert stored is not None
        assert uow.jobs.claim(stored, worker="b", until=NOW + LEASE, security_now=NOW) is None
        second = uow.jobs.claim(
            stored, worker="b", until=NOW + 3 * LEASE, security_now=NOW + LEASE + timedelta(seconds=1)
        )
        assert second is not None and second.fence == 2
    with pytest.raises(obstacles.StaleFence), units.write() as uow:
        uow.jobs.hold(job_id(), Direction.OUT, 1)
    with units.write() as uow:
        assert uow.jobs.hold(job_id(), Direction.OUT, 2).worker == "b"


def test_a_row_saved_by_an_older_reader_never_lowers_the_fence(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(), queue_limit=QUEUE)
        uow.jobs.claim(job(), worker="a", until=NOW, security_now=NOW)
        uow.jobs.save(job(fence=0))
    with units.read() as uow:
        found = uow.jobs.get(job_id(), Direction.OUT)
    assert found is not None and found.fence == 1


def test_due_jobs_are_open_in_time_and_free(units: Units) -> None:
    later = NOW + timedelta(hours=1)
    with units.write() as uow:
        uow.jobs.add(job(1, next_pass_at=NOW + timedelta(seconds=-5)), queue_limit=QUEUE)
        uow.jobs.add(job(2, next_pass_at=later), queue_limit=QUEUE)
        uow.jobs.add(job(3, lease_until=later), queue_limit=QUEUE)
        uow.jobs.add(job(4, state=MoveState.FAILED), queue_limit=QUEUE)
        uow.jobs.add(job(5, direction=Direction.IN), queue_limit=QUEUE)
    with units.read() as uow:
        due = uow.jobs.due(business_now=NOW, security_now=NOW, limit=10)
    assert [found.job_id for found in due] == [job_id(1), job_id(5)]


def test_a_lease_is_prolonged_only_for_claims_that_stand(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(), queue_limit=QUEUE)
        uow.jobs.claim(job(), worker="a", until=NOW, security_now=NOW)
        old = Claim(job_id=job_id(), direction=Direction.OUT, fence=0)
        uow.jobs.renew("a", [old], until=NOW + LEASE)
        stale = uow.jobs.get(job_id(), Direction.OUT)
        uow.jobs.renew("a", [dataclasses.replace(old, fence=1)], until=NOW + LEASE)
        fresh = uow.jobs.get(job_id(), Direction.OUT)
    assert stale is not None and stale.lease_until == NOW
    assert fresh is not None and fresh.lease_until == NOW + LEASE


def test_a_report_filters_and_the_newest_job_of_an_address_is_found(units: Units) -> None:
    with units.write() as uow:
        uow.jobs.add(job(1, state=MoveState.FAILED), queue_limit=QUEUE)
        uow.jobs.add(job(2, source_url=job(1).source_url.upper(), site_key=None), queue_limit=QUEUE)
    with units.read() as uow:
        failed = uow.jobs.report(ReportFilter(state=MoveState.FAILED), geo=job().geo, limit=5)
        newest = uow.jobs.latest_of(job(1).source_url + "/")
    assert [found.job_id for found in failed] == [job_id(1)]
    assert newest is not None and newest.job_id == job_id(2)


def test_an_idempotency_key_counts_for_its_caller_and_for_a_time(units: Units) -> None:
    with units.write() as uow:
        uow.move_requests.put("ann", "k", b"h" * 32, job_id(), now=NOW)
    with units.read() as uow:
        assert uow.move_requests.find("ann", "k", since=NOW) == (b"h" * 32, job_id())
        assert uow.move_requests.find("bob", "k", since=NOW) is None
        assert uow.move_requests.find("ann", "k", since=NOW + timedelta(seconds=1)) is None


def test_a_grants_decision_never_changes(units: Units) -> None:
    with units.write() as uow:
        uow.grants.add(grant())
        uow.grants.save(grant(decision=Decision.REFUSED, reason_text="no"))
    with pytest.raises(errors.Unexpected), units.write() as uow:
        uow.grants.save(grant(decision=Decision.PUBLISHED))
    with units.read() as uow:
        found = uow.grants.get(job_id())
        assert found == grant(decision=Decision.REFUSED, reason_text="no")
        assert uow.grants.open_of(PARTNER.text) == 0
        assert [one.job_id for one in uow.grants.to_collect(limit=5)] == [job_id()]


def test_refused_grants_are_forgotten_once_collected_and_old(units: Units) -> None:
    with units.write() as uow:
        uow.grants.add(grant(1, decision=Decision.REFUSED, decided_at=NOW, collected=True))
        uow.grants.add(grant(2, decision=Decision.REFUSED, decided_at=NOW))
        uow.grants.add(grant(3, decision=Decision.PUBLISHED, decided_at=NOW, collected=True))
        assert uow.grants.has_refused(decided_before=NOW)
        assert uow.grants.forget_refused(decided_before=NOW, limit=10) == 1
        assert not uow.grants.has_refused(decided_before=NOW)


def test_the_latest_intent_and_its_answer_are_kept(units: Units) -> None:
    with units.write() as uow:
        for attempt in (1, 2):
            uow.intents.add(Intent(job_id=job_id(), attempt=attempt, fence=attempt, root=b"r" * 32))
        latest = uow.intents.latest(job_id())
        assert latest is not None
        uow.intents.answer(latest, "late")
    with units.read() as uow:
        assert uow.intents.latest(job_id()) == Intent(
            job_id=job_id(), attempt=2, fence=2, root=b"r" * 32, answer="late"
        )


def test_a_sealed_snapshot_comes_back_with_its_parts_and_root(units: Units) -> None:
    with units.write() as uow:
        for part in snapshot().parts:
            uow.snapshots.add_part(job_id(), part)
            uow.snapshots.add_part(job_id(), part)
        assert uow.snapshots.get(job_id()) is None
        uow.snapshots.seal(snapshot())
    with units.read() as uow:
        found = uow.snapshots.get(job_id())
    assert found == snapshot()
    assert found is not None and found.root == snapshot().root
    assert dataclasses.replace(found, change_no=8).root != found.root


def test_the_resolution_table_keeps_the_first_answer(units: Units) -> None:
    row = Resolution(
        job_id=job_id(),
        source_ref=5,
        source_id=UUID(int=5),
        source_login="ann@contoso.com",
        target_id=UUID(int=6),
        target_login="ann@fabrikam.com",
        rule=ResolutionRule.MAP,
    )
    with units.write() as uow:
        uow.resolutions.add([row])
        uow.resolutions.add([dataclasses.replace(row, target_id=UUID(int=7))])
    with units.read() as uow:
        assert list(uow.resolutions.of_job(job_id())) == [row]
        assert uow.resolutions.by_refs(job_id(), [5, 6]) == {5: row}
        assert uow.resolutions.page(job_id(), after=4, limit=1) == [row]
        assert uow.resolutions.page(job_id(), after=5, limit=1) == []


def test_one_tenant_sees_nothing_of_anothers_moves(units: SqlUnits) -> None:
    other = SqlUnits(units._engine, TenantId(UUID(int=0xBEEF)))  # pyright: ignore[reportPrivateUsage]
    with units.write() as uow:
        uow.jobs.add(job(), queue_limit=QUEUE)
        uow.grants.add(grant())
        uow.snapshots.seal(snapshot())
        uow.intents.add(Intent(job_id=job_id(), attempt=1, fence=1, root=b"r" * 32))
        uow.workers.beat("a", NOW)
    with other.read() as uow:
        assert uow.jobs.get(job_id(), Direction.OUT) is None
        assert uow.jobs.due(business_now=NOW, security_now=NOW, limit=5) == []
        assert uow.jobs.report(ReportFilter(), geo=None, limit=5) == []
        assert uow.grants.get(job_id()) is None
        assert uow.snapshots.get(job_id()) is None
        assert uow.intents.latest(job_id()) is None
        assert uow.workers.dead(silent_since=NOW + LEASE) == []


def test_silent_workers_are_found(units: Units) -> None:
    with units.write() as uow:
        uow.workers.beat("a", NOW)
        uow.workers.beat("b", NOW)
        uow.workers.beat("b", NOW + LEASE)
        assert uow.workers.dead(silent_since=NOW + LEASE) == ["a"]
        uow.workers.remove("a")
        assert uow.workers.dead(silent_since=NOW + LEASE) == []
