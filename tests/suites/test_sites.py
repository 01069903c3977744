"""The site repository's contract."""

from __future__ import annotations

import dataclasses

import pytest

from clock import CountingIds
from content_samples import NOW, add_site, put_blobs, row, site
from xtenant.domain import errors
from xtenant.domain.content import LockState, NameTaken, SiteKey
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import GeoCode, TenantId
from xtenant.storage.database import SqlUnits

URL = "https://contoso.sharepoint.com/sites/x"


def test_a_site_comes_back_as_it_was_added(units: Units, ids: CountingIds) -> None:
    with units.write() as uow:
        added = uow.sites.add(site(ids, group_id=ids.new_id(), origin_id=ids.new_id()))
    with units.read() as uow:
        assert uow.sites.by_key(added.key) == added
        assert uow.sites.visible_by_id(added.site_id) == added


@pytest.mark.parametrize("spelling", [URL, URL.upper().replace("HTTPS", "https"), URL + "/"])
def test_an_address_is_found_in_any_spelling(units: Units, ids: CountingIds, spelling: str) -> None:
    with units.write() as uow:
        uow.sites.add(site(ids, URL))
    with units.read() as uow:
        assert uow.sites.visible_by_url(spelling) is not None


def test_a_hidden_site_reserves_its_address_and_is_not_found(units: Units, ids: CountingIds) -> None:
    job = ids.new_id()
    with units.write() as uow:
        uow.sites.add(site(ids, URL, published_at=None, hidden_job=job))
    with pytest.raises(NameTaken), units.write() as uow:
        uow.sites.add(site(ids, URL.replace("/x", "/X")))
    with units.read() as uow:
        assert uow.sites.visible_by_url(URL) is None
        assert not uow.sites.visible_page(geo=None, template=None, personal=None, after=SiteKey(0), limit=9)
        assert uow.sites.by_hidden_job(job) is not None
        assert uow.sites.hidden_of_partner([job, ids.new_id()]) == 1


def test_a_recycled_site_frees_its_address(units: Units, ids: CountingIds) -> None:
    with units.write() as uow:
        first = uow.sites.add(site(ids, URL))
        uow.sites.update(dataclasses.replace(first, deleted_at=NOW))
        uow.sites.add(site(ids, URL))
    with units.read() as uow:
        assert len(uow.sites.any_by_url(URL)) == 2
        assert [found.site_id for found in uow.sites.deleted_page(after=SiteKey(0), limit=9)] == [first.site_id]


def test_a_page_filters_by_geo_template_and_kind(units: Units, ids: CountingIds) -> None:
    with units.write() as uow:
        team = uow.sites.add(site(ids, URL))
        personal = uow.sites.add(site(ids, URL + "2", template="SPSPERS#10", geo=GeoCode("EUR")))
    with units.read() as uow:
        page = uow.sites.visible_page
        assert [s.key for s in page(geo=GeoCode("EUR"), template=None, personal=None, after=SiteKey(0), limit=9)] == [
            personal.key
        ]
        assert [s.key for s in page(geo=None, template="STS#3", personal=None, after=SiteKey(0), limit=9)] == [team.key]
        assert [s.key for s in page(geo=None, template=None, personal=False, after=SiteKey(0), limit=9)] == [team.key]
        assert [s.key for s in page(geo=None, template=None, personal=None, after=team.key, limit=9)] == [personal.key]


def test_an_update_leaves_the_counters_to_the_writer(units: Units, ids: CountingIds) -> None:
    stale, library = add_site(units, ids)
    with units.write() as uow:
        uow.write_site(stale.key, now=NOW).add_item(row(ids, "a", parent=library))
        uow.sites.update(dataclasses.replace(stale, lock_state=LockState.READ_ONLY, epoch=4))
    with units.read() as uow:
        found = uow.sites.by_key(stale.key)
    assert found is not None
    assert (found.lock_state, found.epoch, found.item_count) == (LockState.READ_ONLY, 4, 1)


def test_a_visible_site_is_not_purged_and_a_deleted_one_goes_in_batches(units: Units, ids: CountingIds) -> None:
    added, library = add_site(units, ids)
    put_blobs(units, b"1", b"2")
    with units.write() as uow:
        writer = uow.write_site(added.key, now=NOW)
        writer.add_rows([row(ids, f"f{n}", parent=library, contents=[b"1", b"2"]) for n in range(20)])
    with pytest.raises(errors.Refused), units.write() as uow:
        uow.sites.purge(added.key, limit=10)
    passes = 0
    with units.write() as uow:
        uow.sites.update(dataclasses.replace(added, deleted_at=NOW))
        while uow.sites.purge(added.key, limit=12):
            passes += 1
    assert passes >= 6
    with units.read() as uow:
        assert uow.sites.by_key(added.key) is None
        assert uow.items.root_of(added.key) is None
    with units.write() as uow:
        assert len(uow.blobs.doomed(put_before=NOW, limit=9)) == 2


def test_another_tenant_sees_nothing_of_it(units: SqlUnits, ids: CountingIds) -> None:
    added, library = add_site(units, ids)
    other = SqlUnits(units._engine, TenantId(ids.new_id()))
    with other.write() as uow:
        assert uow.sites.by_key(added.key) is None
        assert uow.sites.visible_by_url(added.url) is None
        assert uow.items.root_of(added.key) is None
        assert uow.items.by_path(library, ["x"]) is None
        uow.sites.add(site(ids, added.url))
