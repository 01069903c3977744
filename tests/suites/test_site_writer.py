"""What the writer refuses, and that two writers, or a writer and a freeze, never miss each other."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import pytest

from clock import CountingIds
from content_samples import NOW, add_site, row, site
from xtenant.domain import content, errors
from xtenant.domain.content import REDIRECT_TEMPLATE, ItemKind, LockState, Site
from xtenant.domain.ports.units import Units


def change(units: Units, key: content.SiteKey, **changes: object) -> None:
    with units.write() as uow:
        found = uow.sites.by_key(key, lock=True)
        assert found is not None
        uow.sites.update(dataclasses.replace(found, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"lock_state": LockState.READ_ONLY}, content.SiteLocked),
        ({"lock_state": LockState.NO_ACCESS}, content.SiteLocked),
        ({"template": REDIRECT_TEMPLATE, "redirect_url": "https://fabrikam.sharepoint.com/sites/x"}, content.SiteMoved),
        ({"deleted_at": NOW}, errors.NotFound),
        ({"published_at": None}, errors.NotFound),
        ({"epoch": 1}, content.StaleEpoch),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else next(iter(value)),
)
def test_a_site_that_may_not_be_written_is_refused(
    units: Units, ids: CountingIds, changes: dict[str, object], error: type[Exception]
) -> None:
    added, _library = add_site(units, ids)
    change(units, added.key, **changes)
    with pytest.raises(error), units.write() as uow:
        uow.write_site(added.key, now=NOW, epoch=0)


def test_a_frozen_site_is_refused_and_nothing_changes(units: Units, ids: CountingIds) -> None:
    added, _library = add_site(units, ids)
    change(units, added.key, frozen_by=ids.new_id())
    with pytest.raises(content.SiteFrozen), units.write() as uow:
        uow.write_site(added.key, now=NOW)
    with units.read() as uow:
        after = uow.sites.by_key(added.key)
        assert after is not None
        assert after.change_no == 1


def test_with_no_additions_one_may_only_delete(units: Units, ids: CountingIds) -> None:
    added, library = add_site(units, ids)
    with units.write() as uow:
        folder = uow.write_site(added.key, now=NOW).add_item(row(ids, "a", parent=library))
    change(units, added.key, lock_state=LockState.NO_ADDITIONS)
    with units.write() as uow:
        writer = uow.write_site(added.key, now=NOW)
        with pytest.raises(content.SiteLocked):
            writer.add_item(row(ids, "b", parent=library))
        with pytest.raises(content.SiteLocked):
            writer.move_item(folder, parent=library, name="c")
        writer.delete(folder, now=NOW)


def test_a_hidden_site_is_written_by_its_own_job_only(units: Units, ids: CountingIds) -> None:
    job = ids.new_id()
    with units.write() as uow:
        hidden = uow.sites.add(site(ids, published_at=None, hidden_job=job, lock_state=LockState.READ_ONLY))
        uow.write_site(hidden.key, now=NOW, job=job).add_item(row(ids, "Documents", kind=ItemKind.LIBRARY))
    for other in (None, ids.new_id()):
        with pytest.raises(errors.NotFound), units.write() as uow:
            uow.write_site(hidden.key, now=NOW, job=other)


def run_both(first: Callable[[], None], second: Callable[[], None]) -> list[BaseException]:
    faults: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_two_writers_queue_and_lose_nothing(units: Units, ids: CountingIds) -> None:
    added, library = add_site(units, ids)

    def write(prefix: str) -> Callable[[], None]:
        own = CountingIds(1_000 if prefix == "a" else 9_000)

        def work() -> None:
            for number in range(25):
                with units.write() as uow:
                    uow.write_site(added.key, now=NOW).add_item(row(own, f"{prefix}{number}", parent=library))

        return work

    assert not run_both(write("a"), write("b"))
    with units.read() as uow:
        after = uow.sites.by_key(added.key)
        assert after is not None
        assert (after.item_count, after.change_no) == (50, 51)
        changes = uow.items.changes(added.key, after=0, limit=99)
        assert [item.change_no for item in changes] == list(range(1, 52))
        assert sorted(item.int_id for item in changes)[1:] == list(range(1, 51))


def test_of_two_writers_of_one_name_one_wins(units: Units, ids: CountingIds) -> None:
    added, library = add_site(units, ids)

    def write(start: int) -> Callable[[], None]:
        def work() -> None:
            with units.write() as uow:
                uow.write_site(added.key, now=NOW).add_item(row(CountingIds(start), "Same", parent=library))

        return work

    [fault] = run_both(write(1_000), write(2_000))
    assert isinstance(fault, content.NameTaken)


def test_after_a_freeze_no_write_is_ever_acknowledged(units: Units, ids: CountingIds) -> None:
    added, library = add_site(units, ids)
    sealed: list[Site] = []
    acknowledged: list[int] = []

    def write() -> None:
        own = CountingIds(5_000)
        for number in range(20_000):
            try:
                with units.write() as uow:
                    writer = uow.write_site(added.key, now=NOW)
                    writer.add_item(row(own, f"n{number}", parent=library))
                    number_after = writer.site.change_no
            except content.SiteFrozen:
                return
            acknowledged.append(number_after)
            threading.Event().wait(0.001)  # PostgreSQL does not queue for a row: without a breath the freeze may starve

    def freeze() -> None:
        while len(acknowledged) < 5:
            threading.Event().wait(0.001)
        with units.write() as uow:
            found = uow.sites.by_key(added.key, lock=True)
            assert found is not None
            uow.sites.update(dataclasses.replace(found, frozen_by=ids.new_id(), epoch=found.epoch + 1))
            sealed.append(found)

    assert not run_both(write, freeze)
    assert len(acknowledged) >= 5
    assert acknowledged[-1] == sealed[0].change_no
    with units.read() as uow:
        after = uow.sites.by_key(added.key)
        assert after is not None
        assert after.change_no == sealed[0].change_no
