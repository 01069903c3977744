"""Races again and again on PostgreSQL: the few statements between which something can go wrong are met by chance only.

A round is two or more threads at once on rows of its own. Hundreds run always; `make faults` runs thousands of each kind.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from blob_stores import ForgetfulBlobStore
from clock import CountingIds, FakeClock
from content_samples import add_site, put_blobs, row
from databases import PostgresServer
from move_samples import NOW, PARTNER, PARTNER_ID, grant, job, job_id, snapshot
from races.test_moves_races import GEO, NoRunner, bench_on
from xtenant.domain import content, obstacles
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import Item, Site
from xtenant.domain.drive import DriveRef, Where
from xtenant.domain.move import Decision, Direction, MoveJob, MoveState
from xtenant.domain.ports.move import Claim
from xtenant.domain.tenant import TenantId
from xtenant.engine import places
from xtenant.engine.dispatcher import Dispatcher
from xtenant.engine.phases.validation import _freeze  # pyright: ignore[reportPrivateUsage]
from xtenant.engine.places import BackupPlace
from xtenant.operations import grants, uploads
from xtenant.operations.grants import PartnerCall
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata
from xtenant.storage.uploads import FolderUploads

ROUNDS = [pytest.param(50, id="fifty"), pytest.param(2_000, id="two thousand", marks=pytest.mark.faults)]
TENANT = TenantId(PARTNER_ID)
APP = Caller(kind=CallerKind.APP, app_id=UUID(int=9), permissions=frozenset({"Sites.FullControl.All"}))


@pytest.fixture
def units(postgres_server: PostgresServer | None) -> Iterator[SqlUnits]:
    if postgres_server is None:
        pytest.skip("PostgreSQL is not installed here; `make test` installs it where it may (see CONTRIBUTING.md)")
    engine = open_engine(postgres_server.new_store())
    assert metadata.tables
    yield SqlUnits(engine, TENANT)
    engine.dispose()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def at_once(pool: ThreadPoolExecutor, *works: Any) -> list[Any]:
    """Run all of them, as near to the same instant as threads allow; what each gave or raised."""
    barrier = threading.Barrier(len(works))

    def one(work: Any) -> Any:
        barrier.wait()
        try:
            return work()
        except Exception as failure:
            return failure

    return list(pool.map(one, works))


def claimed_site(units: SqlUnits, ids: CountingIds, number: int) -> tuple[Site, Item, MoveJob]:
    site, library = add_site(units, ids, url=f"https://contoso.sharepoint.com/sites/r{number}")
    moving = job(number, site_key=site.key, state=MoveState.IN_PROGRESS)
    with units.write() as uow:
        uow.jobs.add(moving, queue_limit=100_000)
        uow.jobs.claim(moving, worker="w", until=NOW, security_now=NOW)
    return site, library, dataclasses.replace(moving, fence=1)


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_write_beside_the_freeze_is_in_the_snapshot_or_refused(
    units: SqlUnits, pool: ThreadPoolExecutor, rounds: int
) -> None:
    """Before the freeze a write counts into the number that the freeze notes; after it, it is refused: never a third way."""
    ids, bench = CountingIds(), bench_on(units)
    put_blobs(units, b"content")
    fell = {True: 0, False: 0}
    for number in range(1, rounds + 1):
        site, library, moving = claimed_site(units, ids, number)
        file = row(ids, "file", parent=library, contents=[b"content"])

        def write(site: Site = site, file: Any = file) -> bool:
            with units.write() as uow:
                uow.write_site(site.key, now=NOW).add_rows([file])
            return True

        wrote, _ = at_once(pool, write, lambda moving=moving: _freeze(bench, moving))
        assert wrote is True or isinstance(wrote, content.SiteFrozen), wrote
        with units.read() as uow:
            frozen, stored = uow.sites.by_key(site.key), uow.jobs.get(job_id(number), Direction.OUT)
            names = [item.name for item in uow.items.children(library, after_name="", limit=9)]
        assert frozen is not None and stored is not None
        assert frozen.frozen_by == job_id(number)
        assert names == (["file"] if wrote is True else [])
        assert places.read(stored.cursor, BackupPlace).change_no == frozen.change_no
        fell[wrote is True] += 1
    assert rounds < 1_000 or min(fell.values()) > 0, f"every round fell the same way: {fell}"


def granted(units: SqlUnits, number: int) -> PartnerCall:
    """A hidden, verified site of a granted job of its own."""
    url = f"https://contoso.sharepoint.com/sites/p{number}"
    site, _ = add_site(units, CountingIds(number * 100), url=url, published_at=None, hidden_job=job_id(number))
    with units.write() as uow:
        hidden = uow.sites.by_key(site.key)
        assert hidden is not None
        moving = job(number, direction=Direction.IN, state=MoveState.IN_PROGRESS, site_key=site.key)
        uow.jobs.add(moving, queue_limit=100_000)
        uow.grants.add(
            grant(
                number,
                given_at=NOW,
                root=snapshot(number).root,
                site_key=site.key,
                target_url=url,
                verified_change_no=hidden.change_no,
            )
        )
    return PartnerCall(geo=GEO, partner=PARTNER, partner_tenant_id=PARTNER_ID, job_id=job_id(number), fence=1)


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_publish_publish_and_refuse_come_to_one_decision(
    units: SqlUnits, pool: ThreadPoolExecutor, rounds: int
) -> None:
    clock = FakeClock(NOW)
    fell = {Decision.PUBLISHED: 0, Decision.REFUSED: 0}
    for number in range(1, rounds + 1):
        call, root = granted(units, number), snapshot(number).root

        def publish(call: PartnerCall = call, root: bytes = root) -> Decision:
            now = clock.monotonic()
            return grants.receive_publish(units, call, root, deadline_seconds=30, received=now, clock=clock).decision

        def refuse(call: PartnerCall = call) -> Decision:
            return grants.receive_abort(units, call, clock=clock).decision

        told = set(at_once(pool, publish, refuse, publish))
        assert len(told) == 1, told
        with units.read() as uow:
            stored = uow.grants.get(job_id(number))
            visible = uow.sites.visible_by_url(f"https://contoso.sharepoint.com/sites/p{number}")
        assert stored is not None and {stored.decision} == told
        assert (visible is not None) is (stored.decision is Decision.PUBLISHED)
        fell[stored.decision] += 1
    assert rounds < 1_000 or min(fell.values()) > 0, f"every round fell the same way: {fell}"


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_two_dispatchers_never_claim_the_same_job(units: SqlUnits, pool: ThreadPoolExecutor, rounds: int) -> None:
    """Four jobs a round; each is claimed exactly once, whoever comes first."""
    bench = bench_on(units)
    dispatchers = [Dispatcher(bench, cast("Any", NoRunner()), worker=f"w{number}", most_out=8) for number in range(2)]
    both = dict.fromkeys(("w0", "w1"), 0)
    for number in range(rounds):
        wanted = range(1 + number * 4, 5 + number * 4)
        with units.write() as uow:
            for each in wanted:
                uow.jobs.add(job(each), queue_limit=100_000)
        told: list[Sequence[Claim]] = at_once(
            pool, *(lambda one=one: one.claim_due(frozenset()) for one in dispatchers)
        )
        claims = [claim for some in told for claim in some]
        assert sorted(claim.job_id for claim in claims) == [job_id(each) for each in wanted]
        assert {claim.fence for claim in claims} == {1}
        with units.write() as uow:
            for claim in claims:
                held = uow.jobs.hold(claim.job_id, claim.direction, claim.fence)
                both[held.worker] += 1
                uow.jobs.save(
                    grants.ended(dataclasses.replace(held, state=MoveState.READY_TO_TRIGGER), MoveState.STOPPED, NOW)
                )
    assert rounds < 1_000 or min(both.values()) > 0, f"one of them claimed everything: {both}"


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_worker_that_was_cut_off_and_comes_back_writes_nothing(
    units: SqlUnits, pool: ThreadPoolExecutor, rounds: int
) -> None:
    """Its lease has run out; while another worker takes the job over, it tries to write what it had begun."""
    bench = bench_on(units)
    fell = {True: 0, False: 0}
    later = NOW + timedelta(minutes=1)
    for number in range(1, rounds + 1):
        moving = job(number, state=MoveState.IN_PROGRESS)
        with units.write() as uow:
            uow.jobs.add(moving, queue_limit=100_000)
            uow.jobs.claim(moving, worker="old", until=NOW + timedelta(seconds=30), security_now=NOW)
        old = dataclasses.replace(moving, fence=1)

        def write(old: MoveJob = old) -> bool:
            with bench.held(old) as (uow, now_job):
                bench.save(uow, now_job, cursor="by the old one")
            return True

        def take_over(old: MoveJob = old) -> bool:
            with units.write() as uow:
                claim = uow.jobs.claim(old, worker="new", until=later, security_now=later)
            assert claim is not None and claim.fence == 2
            with bench.held(dataclasses.replace(old, fence=2)) as (uow, now_job):
                seen = now_job.cursor
                bench.save(uow, now_job, cursor=f"{seen}, then by the new one")
            return True

        wrote, took = at_once(pool, write, take_over)
        assert took is True, took
        assert wrote is True or isinstance(wrote, obstacles.StaleFence), wrote
        with units.read() as uow:
            stored = uow.jobs.get(job_id(number), Direction.OUT)
        assert stored is not None and (stored.fence, stored.worker) == (2, "new")
        assert stored.cursor == ("by the old one, then by the new one" if wrote is True else ", then by the new one")
        fell[wrote is True] += 1
        with pytest.raises(obstacles.StaleFence), bench.held(old):
            raise AssertionError("the old claim still writes")
    assert rounds < 1_000 or min(fell.values()) > 0, f"every round fell the same way: {fell}"


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_end_of_an_upload_beside_the_freeze_is_in_the_snapshot_or_refused(
    units: SqlUnits, pool: ThreadPoolExecutor, rounds: int, tmp_path: Path
) -> None:
    """A session opened before the freeze may end before it, and then counts; afterwards it is refused, whole."""
    ids, clock, bench = CountingIds(), FakeClock(NOW), bench_on(units)
    store, sessions = ForgetfulBlobStore(), FolderUploads(tmp_path, TENANT)
    fell = {True: 0, False: 0}
    for number in range(1, rounds + 1):
        site, library, moving = claimed_site(units, ids, number)
        session = uploads.create_session(
            units, APP, ref=DriveRef(site_id=site.site_id), where=Where(names=("file",)), clock=clock, ids=ids
        )
        text = b"content %d" % number
        where = {"start": 0, "end": len(text) - 1, "total": len(text)}
        uploads.receive_fragment(units, sessions, session_id=session.session_id, pieces=[text], clock=clock, **where)

        def end(session: Any = session) -> bool:
            uploads.finish(units, sessions, store, session_id=session.session_id, clock=clock, ids=ids)
            return True

        ended, _ = at_once(pool, end, lambda moving=moving: _freeze(bench, moving))
        assert ended is True or isinstance(ended, content.SiteFrozen), ended
        with units.read() as uow:
            frozen, stored = uow.sites.by_key(site.key), uow.jobs.get(job_id(number), Direction.OUT)
            names = [item.name for item in uow.items.children(library, after_name="", limit=9)]
        assert frozen is not None and stored is not None and frozen.frozen_by == job_id(number)
        assert names == (["file"] if ended is True else [])
        assert places.read(stored.cursor, BackupPlace).change_no == frozen.change_no
        fell[ended is True] += 1
    assert rounds < 1_000 or min(fell.values()) > 0, f"every round fell the same way: {fell}"
