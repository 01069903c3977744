"""The collector: what it takes, what it leaves, and that a put or a reference beside it never ends without its bytes."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from blob_stores import ForgetfulBlobStore
from clock import CountingIds, FakeClock
from content_samples import NOW, add_site, row
from xtenant.domain.content import BlobGone, StoredBlob
from xtenant.domain.ports.units import Units
from xtenant.operations import blobs
from xtenant.operations.collect import LEASE, collect
from xtenant.outside.clock import SystemClock
from xtenant.storage.database import SqlUnits
from xtenant.storage.folder_blobs import FolderBlobs


def keep(units: Units, store: ForgetfulBlobStore, clock: FakeClock, content: bytes) -> StoredBlob:
    return blobs.keep(units, store, lambda: [content], clock=clock)


def test_only_unreferenced_unpinned_blobs_past_their_grace_go(units: Units, clock: FakeClock, ids: CountingIds) -> None:
    store = ForgetfulBlobStore()
    job = ids.new_id()
    site, library = add_site(units, ids)
    used = keep(units, store, clock, b"used")
    pinned = keep(units, store, clock, b"pinned")
    lost = keep(units, store, clock, b"lost")
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "f", parent=library, contents=[b"used"]))
        uow.blobs.pin(job, [pinned.key])
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=60) == 0
    clock.advance(seconds=50)
    young = keep(units, store, clock, b"young")
    clock.advance(seconds=10)
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=60) == 1
    assert store.settled == {used.key, pinned.key, young.key}
    with units.write() as uow:
        assert uow.blobs.known([lost.key, used.key]) == {used.key}
        uow.blobs.unpin(job)
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=0) == 2
    assert store.settled == {used.key}


def test_content_put_again_is_young_again(units: Units, clock: FakeClock, ids: CountingIds) -> None:
    store = ForgetfulBlobStore()
    keep(units, store, clock, b"same")
    clock.advance(seconds=100)
    keep(units, store, clock, b"same")
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=60) == 0


def test_a_reference_or_pin_to_a_doomed_blob_is_refused(units: Units, clock: FakeClock, ids: CountingIds) -> None:
    store = ForgetfulBlobStore()
    site, library = add_site(units, ids)
    stored = keep(units, store, clock, b"doomed")
    with units.write() as uow:
        assert uow.blobs.doomed(put_before=clock.security_now(), limit=9) == [stored.key]
        assert uow.blobs.deleting([stored.key]) == {stored.key}
    with pytest.raises(BlobGone), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "f", parent=library, contents=[b"doomed"]))
    with pytest.raises(BlobGone), units.write() as uow:
        uow.blobs.pin(ids.new_id(), [stored.key])
    with pytest.raises(BlobGone), units.write() as uow:
        uow.blobs.put([stored], now=clock.security_now())


def test_a_collector_that_died_is_followed_by_one_that_ends_its_work(
    units: Units, clock: FakeClock, ids: CountingIds
) -> None:
    store = ForgetfulBlobStore()
    stored = keep(units, store, clock, b"half gone")
    with units.write() as uow:
        assert uow.leases.take(LEASE, ids.new_id(), now=clock.security_now(), seconds=300)
        uow.blobs.doomed(put_before=clock.security_now(), limit=9)
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=0) == 0
    clock.advance(seconds=301)
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=0) == 1
    assert not store.settled
    with units.read() as uow:
        assert not uow.blobs.deleting([stored.key])


def test_rows_are_not_written_for_bytes_the_collector_took(units: Units, clock: FakeClock, ids: CountingIds) -> None:
    store = ForgetfulBlobStore()
    stored = keep(units, store, clock, b"taken")
    # a second put of the same content is settled, then the collector runs whole before its row is written
    store.settle([store.put([b"taken"]).key])
    assert collect(units, store, clock=clock, ids=ids, grace_seconds=0) == 1
    with pytest.raises(BlobGone), units.write() as uow:
        blobs.write_rows(uow, store, [stored], clock=clock)
    with units.read() as uow:
        assert not uow.blobs.known([stored.key])


def test_puts_beside_a_busy_collector_always_keep_their_bytes(
    units: SqlUnits, ids: CountingIds, tmp_path: Path
) -> None:
    clock = SystemClock()
    store = FolderBlobs(tmp_path, units._tenant_id)
    site, library = add_site(units, ids)
    ended = threading.Event()
    faults: list[BaseException] = []
    taken: list[int] = []

    def collector() -> None:
        own = CountingIds(50_000)
        try:
            while not ended.is_set():
                taken.append(collect(units, store, clock=clock, ids=own, grace_seconds=0))
                ended.wait(0.01)  # SQLite's writers do not queue fairly
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=collector)
    thread.start()
    try:
        for number in range(30):
            content = b"%d" % (number // 3) * 9_000
            blobs.keep(units, store, lambda number=number: [b"lost %d" % number], clock=clock)
            for _attempt in range(100):
                blobs.keep(units, store, lambda content=content: [content], clock=clock)
                try:
                    with units.write() as uow:
                        new = row(ids, f"file{number}", parent=library, contents=[content])
                        item = uow.write_site(site.key, now=NOW).add_item(new)
                    break
                except BlobGone:
                    continue
            assert item.blob is not None
            assert b"".join(store.open(item.blob)) == content
    finally:
        ended.set()
        thread.join()
        store.close()
    assert not faults
    assert sum(taken) > 0


def test_one_holder_at_a_time_has_a_lease(units: Units, clock: FakeClock, ids: CountingIds) -> None:
    first, second = ids.new_id(), ids.new_id()
    with units.write() as uow:
        now = clock.security_now()
        assert uow.leases.take("x", first, now=now, seconds=10)
        assert not uow.leases.take("x", second, now=now, seconds=10)
        assert uow.leases.take("x", first, now=now, seconds=20)
        assert not uow.leases.take("x", second, now=now + timedelta(seconds=15), seconds=10)
        uow.leases.release("x", second)
        assert not uow.leases.take("x", second, now=now, seconds=10)
        uow.leases.release("x", first)
        assert uow.leases.take("x", second, now=now, seconds=10)
