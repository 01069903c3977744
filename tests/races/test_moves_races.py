"""Two at once: dispatchers on one queue, freeze against uploads, publish against publish, refuse against publish."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import pytest

from blob_stores import ForgetfulBlobStore
from clock import CountingIds, FakeClock
from content_samples import add_site, put_blobs, row
from move_samples import NOW, PARTNER, PARTNER_ID, grant, job, job_id, snapshot
from xtenant.domain import content
from xtenant.domain.content import LockState
from xtenant.domain.limits import DEFAULT
from xtenant.domain.move import Decision, Direction, MoveState
from xtenant.domain.ports.move import Claim
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, Tenant, TenantId
from xtenant.engine import places
from xtenant.engine.dispatcher import Dispatcher
from xtenant.engine.phases.validation import _freeze  # pyright: ignore[reportPrivateUsage]
from xtenant.engine.places import BackupPlace
from xtenant.engine.workbench import Workbench, checked
from xtenant.operations import grants
from xtenant.operations.grants import PartnerCall

T = TypeVar("T")
GEO = Geo(code=GeoCode("NAM"), label="contoso")


def together(count: int, work: Callable[[int], T]) -> list[T]:
    """Run so many at once, as near to the same instant as threads allow."""
    barrier = threading.Barrier(count)

    def one(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def bench_on(units: Units) -> Workbench:
    tenant = Tenant(
        tenant_id=TenantId(PARTNER_ID),
        name="contoso",
        display_name="C",
        initial_domain="c.onmicrosoft.com",
        geos=(GEO,),
    )
    nobody = cast("Any", None)
    return Workbench(
        tenant=tenant,
        units=units,
        blobs=ForgetfulBlobStore(),
        clock=FakeClock(NOW),
        ids=CountingIds(),
        channel=nobody,
        trust=nobody,
        limits=DEFAULT,
        stop=checked(lambda name: None),
    )


class NoRunner:
    def running(self) -> frozenset[Claim]:
        return frozenset()


def test_two_dispatchers_claim_each_job_once(units: Units) -> None:
    with units.write() as uow:
        for number in range(1, 13):
            uow.jobs.add(job(number), queue_limit=100)
    bench = bench_on(units)
    dispatchers = [Dispatcher(bench, cast("Any", NoRunner()), worker=f"w{number}", most_out=20) for number in range(4)]
    claimed = [claim for claims in together(4, lambda n: dispatchers[n].claim_due(frozenset())) for claim in claims]
    assert sorted(claim.job_id for claim in claimed) == [job_id(number) for number in range(1, 13)]
    assert {claim.fence for claim in claimed} == {1}


def test_a_freeze_lets_no_acknowledged_write_pass_unseen(units: Units) -> None:
    ids = CountingIds()
    site, library = add_site(units, ids)
    put_blobs(units, b"content")
    with units.write() as uow:
        uow.jobs.add(job(1, site_key=site.key, state=MoveState.IN_PROGRESS), queue_limit=10)
        uow.jobs.claim(job(1), worker="w", until=NOW, security_now=NOW)
    bench = bench_on(units)
    claimed = job(1, site_key=site.key, state=MoveState.IN_PROGRESS, fence=1)
    acknowledged: list[str] = []
    rows = [
        row(ids, f"f{number}-{turn}", parent=library, contents=[b"content"]) for number in range(3) for turn in range(8)
    ]

    def write_or_freeze(number: int) -> None:
        if number == 3:
            _freeze(bench, claimed)
            return
        for one in rows[number * 8 : number * 8 + 8]:
            try:
                with units.write() as uow:
                    uow.write_site(site.key, now=NOW).add_rows([one])
            except content.SiteFrozen:
                return
            acknowledged.append(one.name)

    together(4, write_or_freeze)
    with units.read() as uow:
        frozen = uow.sites.by_key(site.key)
        stored = uow.jobs.get(job_id(), Direction.OUT)
        names = {item.name for item in uow.items.children(library, after_name="", limit=100)}
    assert frozen is not None and stored is not None
    assert (frozen.frozen_by, frozen.epoch) == (job_id(), 1)
    assert names == set(acknowledged)
    assert places.read(stored.cursor, BackupPlace).change_no == frozen.change_no, "a write after the freeze was noted"


def ready_to_publish(units: Units) -> PartnerCall:
    """A hidden, verified site of a granted job."""
    site, _ = add_site(
        units, CountingIds(), url="https://contoso.sharepoint.com/sites/b", published_at=None, hidden_job=job_id()
    )
    with units.write() as uow:
        hidden = uow.sites.by_key(site.key)
        assert hidden is not None
        uow.jobs.add(job(1, direction=Direction.IN, state=MoveState.IN_PROGRESS, site_key=site.key), queue_limit=10)
        uow.grants.add(
            grant(
                given_at=NOW,
                root=snapshot().root,
                site_key=site.key,
                verified_change_no=hidden.change_no,
            )
        )
    return PartnerCall(geo=GEO, partner=PARTNER, partner_tenant_id=PARTNER_ID, job_id=job_id(), fence=1)


@pytest.mark.parametrize("refusing", [False, True])
def test_publish_and_its_rivals_give_one_decision_for_ever(units: Units, refusing: bool) -> None:
    call = ready_to_publish(units)
    clock = FakeClock(NOW)

    def decide(number: int) -> Decision:
        if refusing and number % 2:
            return grants.receive_abort(units, call, clock=clock).decision
        return grants.receive_publish(
            units, call, snapshot().root, deadline_seconds=30, received=clock.monotonic(), clock=clock
        ).decision

    decisions = set(together(4, decide))
    assert len(decisions) == 1 and decisions <= {Decision.PUBLISHED, Decision.REFUSED}
    with units.read() as uow:
        stored = uow.grants.get(job_id())
        visible = uow.sites.visible_by_url("https://contoso.sharepoint.com/sites/b")
    assert stored is not None and {stored.decision} == decisions
    assert (visible is not None) is (stored.decision is Decision.PUBLISHED)


def test_a_late_publish_changes_nothing_and_the_next_one_in_time_publishes(units: Units) -> None:
    call = ready_to_publish(units)
    clock = FakeClock(NOW)
    received = clock.monotonic()
    clock.advance(seconds=31)
    root = snapshot().root
    late = grants.receive_publish(units, call, root, deadline_seconds=30, received=received, clock=clock)
    assert (late.late, late.decision) == (True, Decision.NONE)
    now = clock.monotonic()
    assert grants.receive_publish(units, call, root, deadline_seconds=30, received=now, clock=clock).decision is (
        Decision.PUBLISHED
    )


def test_an_older_claim_of_the_source_is_refused_at_the_target(units: Units) -> None:
    call = ready_to_publish(units)
    clock = FakeClock(NOW)
    younger = dataclasses.replace(call, fence=5)
    grants.receive_finish(units, younger, clock=clock)
    with pytest.raises(grants.obstacles.StalePeer):
        grants.receive_publish(
            units, call, snapshot().root, deadline_seconds=30, received=clock.monotonic(), clock=clock
        )


def test_a_hidden_site_that_changed_after_verification_is_never_published(units: Units) -> None:
    call = ready_to_publish(units)
    with units.write() as uow:
        hidden = uow.sites.by_hidden_job(job_id())
        assert hidden is not None
        library = uow.items.root_of(hidden.key)
        assert library is not None
        uow.write_site(hidden.key, now=NOW, job=job_id()).add_rows([row(CountingIds(500), "late", parent=library)])
    clock = FakeClock(NOW)
    view = grants.receive_publish(
        units, call, snapshot().root, deadline_seconds=30, received=clock.monotonic(), clock=clock
    )
    assert view.decision is Decision.REFUSED
    with units.read() as uow:
        assert uow.sites.any_by_url("https://contoso.sharepoint.com/sites/b")[0].deleted_at is not None


def test_a_partner_reaches_its_own_jobs_only(units: Units) -> None:
    call = ready_to_publish(units)
    stranger = dataclasses.replace(
        call, partner=dataclasses.replace(PARTNER, text="https://northwind-my.sharepoint.com/")
    )
    clock = FakeClock(NOW)
    assert grants.answer_state(units, stranger) == grants.UNKNOWN
    assert not grants.receive_publish(
        units, stranger, snapshot().root, deadline_seconds=30, received=clock.monotonic(), clock=clock
    ).known
    grants.receive_abort(units, stranger, clock=clock)
    assert grants.answer_state(units, call).decision is Decision.NONE


def test_a_lock_comes_with_the_publication_and_is_only_tightened_at_the_end(units: Units) -> None:
    call, clock = ready_to_publish(units), FakeClock(NOW)
    grants.receive_publish(
        units,
        call,
        snapshot().root,
        deadline_seconds=30,
        lock=LockState.READ_ONLY,
        received=clock.monotonic(),
        clock=clock,
    )
    assert lock_at_the_target(units) is LockState.READ_ONLY
    grants.receive_finish(units, call, lock=LockState.UNLOCK, clock=clock)
    assert lock_at_the_target(units) is LockState.READ_ONLY


def test_a_lock_set_while_the_target_published_is_in_force_there_when_the_move_ends(units: Units) -> None:
    call, clock = ready_to_publish(units), FakeClock(NOW)
    grants.receive_publish(units, call, snapshot().root, deadline_seconds=30, received=clock.monotonic(), clock=clock)
    assert lock_at_the_target(units) is LockState.UNLOCK
    grants.receive_finish(units, call, lock=LockState.NO_ACCESS, clock=clock)
    assert lock_at_the_target(units) is LockState.NO_ACCESS


def lock_at_the_target(units: Units) -> LockState:
    with units.read() as uow:
        site = uow.sites.visible_by_url("https://contoso.sharepoint.com/sites/b")
    assert site is not None
    return site.lock_state
