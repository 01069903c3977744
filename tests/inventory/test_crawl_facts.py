"""What a plan is checked by is found at the place where a tenant shows it; what it does not show is never taken for none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from inventory.asked import Asked, crawl, refuse
from inventory.estate import DOMAIN, ROOT, Estate, Planting, login, security
from neighbours import Neighbours
from xtenant.domain import errors
from xtenant.domain.content import LockState, Site, SiteStatus
from xtenant.domain.item_facts import ItemFacts
from xtenant.inventory import crawl_versions
from xtenant.inventory.crawl_items import versions_in
from xtenant.inventory.crawl_versions import VersionCount
from xtenant.inventory.facts import Right, SiteKind
from xtenant.inventory.store import Inventory
from xtenant.operations import sites as site_operations
from xtenant.operations.deleted_sites import restore_site
from xtenant.operations.site_facts import Statements, state_facts
from xtenant.protocols.graph.call import drives

pytestmark = pytest.mark.anyio

FILE = "Shared Documents/top.txt"


@pytest.fixture
async def known() -> AsyncIterator[Inventory]:
    with Inventory.memory() as inventory:
        yield inventory


def state(block: Neighbours, site: Site, stated: Statements) -> None:
    service = block["contoso"]
    state_facts(service.units, url=site.url, stated=stated, clock=service.clock, ids=service.ids)


async def overwrite(planting: Planting, site: Site, path: str, times: int) -> None:
    drive = await drives.drive_of_site_url(planting.client.session, site.url)
    for number in range(times):
        await drives.put_small(planting.client.session, drive.id, path, f"content {number}".encode())


async def test_a_site_tells_holds_label_lock_status_size_and_dates(
    planting: Planting, estate: Estate, block: Neighbours, known: Inventory
) -> None:
    site, making, moved = (planting.site(name) for name in ("stated", "making", "moved"))
    stated = Statements(has_holds=True, label="Internal", lock_state=LockState.READ_ONLY, stated_bytes=6 * 2**40)
    state(block, site, stated)
    state(block, making, Statements(status=SiteStatus.CREATING))
    state(block, moved, Statements(redirect_url="https://fabrikam.sharepoint.com/sites/moved"))
    await crawl(planting, known, [])
    found = known.site(site.site_id)
    assert found is not None
    assert (found.has_holds, found.label, found.lock_state, found.status) == (True, "Internal", "ReadOnly", "Active")
    assert found.storage_mb == 6 * 2**20
    assert found.created_at is not None and abs(found.created_at - site.created_at) < timedelta(seconds=1)
    assert found.modified_at is not None
    other = known.site(estate.site.site_id)
    assert other is not None and (other.has_holds, other.label) == (False, "")
    told = {site.url: (site.status, site.is_redirect) for site in known.sites()}
    assert told[making.url] == ("Creating", False) and told[moved.url][1]


async def test_an_item_tells_number_size_date_versions_and_label_and_a_site_whom_it_knows(
    planting: Planting, estate: Estate, block: Neighbours, known: Inventory
) -> None:
    site = estate.site
    await overwrite(planting, site, "top.txt", 3)
    state(block, site, Statements(files={FILE: ItemFacts(label="Secret")}))
    report = await crawl(planting, known, [site.url])
    items = {each.path: each for each in known.items(site.site_id)}
    file = items[FILE]
    assert (file.versions, file.size_bytes, file.label) == (4, len("content 2"), "Secret")
    assert file.modified_at is not None and abs(file.modified_at - block.clock.business_now()) < timedelta(minutes=1)
    assert file.item_number > 0 and items["Shared Documents"].item_number == 0
    assert items["Shared Documents/Plans"].versions == 1
    assert list(known.labels()) == [(site.site_id, "Secret", 1)]
    found = known.site(site.site_id)
    assert found is not None and (found.versions, found.versions_exact) == (9, False)
    assert report.unread == []
    assert [each.path for each in known.all_items()] == sorted(items)
    users = {each.login_name: each for each in known.site_users(site.site_id)}
    bob, group = users[login("bob")], users[security(estate.ids["outer"])]
    assert (bob.upn, bob.is_admin) == (f"bob@{DOMAIN}", True)
    assert (group.upn, group.is_admin) == ("", False)
    assert set(known.all_site_users()) == set(users.values())


async def test_sites_in_the_recycle_bin_are_told_apart_from_live_ones(
    planting: Planting, estate: Estate, block: Neighbours, known: Inventory
) -> None:
    service = block["contoso"]
    gone, drive = planting.site("gone"), planting.onedrive("bob")
    await crawl(planting, known)
    for url in (gone.url, drive.url):
        site_operations.remove_site(service.units, url=url, clock=service.clock)
    again = planting.site("gone")
    await crawl(planting, known)
    found = {each.site_id: each for each in known.deleted_sites()}
    assert set(found) == {gone.site_id, drive.site_id}
    assert found[drive.site_id].kind is SiteKind.PERSONAL and found[gone.site_id].deleted_at is not None
    live = known.site_by_url(gone.url)
    assert live is not None and live.site_id == again.site_id
    assert known.counts()["deleted_sites"] == 2
    assert known.site_of_owner(estate.ids["bob"]) is None
    service_sites = {site.site_id for site in known.sites()}
    assert again.site_id in service_sites and gone.site_id not in service_sites


async def test_an_empty_site_is_one_that_was_read_and_holds_nothing(
    planting: Planting, estate: Estate, known: Inventory
) -> None:
    empty, unread = planting.site("empty"), planting.site("unread")
    await crawl(planting, known, [empty.url, estate.site.url])
    assert known.empty_sites() == {empty.site_id}
    assert known.site(unread.site_id) is not None


async def test_what_is_refused_of_a_site_is_told_and_the_rest_of_it_read(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch, known: Inventory
) -> None:
    url, parts = estate.site.url, r"web/roleassignments|web/siteusers|web/sitegroups|/items\?"
    struck = refuse(block, monkeypatch, f"GET /sites/project/.*({parts})")
    report = await crawl(planting, known, [url])
    subjects = [f"permissions of {url}", f"users of {url}", f"groups of {url}", f"{url}/Shared Documents"]
    assert struck and sorted(report.unread) == sorted((subject, "The tenant says 403.") for subject in subjects)
    assert sorted(report.unread) == sorted(known.not_read()) and report.sites_read == 0
    found = known.site(estate.site.site_id)
    assert found is not None and found.read_at is None
    assert known.lists(estate.site.site_id)
    monkeypatch.undo()
    assert (await crawl(planting, known, [url])).unread == [] == list(known.not_read())
    renewed = known.site(estate.site.site_id)
    assert renewed is not None and renewed.read_at is not None and renewed.items == 6


async def test_one_item_whose_rights_are_refused_leaves_its_site_not_read(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch, known: Inventory
) -> None:
    url = estate.site.url
    struck = refuse(block, monkeypatch, r"items\(\d+\)/roleassignments")
    report = await crawl(planting, known, [url])
    assert len(struck) == 2 == len(report.unread) and report.sites_read == 0
    assert (f"permissions of {url}/Shared Documents/Plans", "The tenant says 403.") in report.unread
    monkeypatch.undo()
    report = await crawl(planting, known, [url])
    assert (report.unread, report.sites_read) == ([], 1)
    assert any(each.right is Right.WRITE for each in known.assignments(estate.site.site_id))


async def test_what_a_tenant_refuses_as_a_whole_is_told(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch, known: Inventory
) -> None:
    refuse(block, monkeypatch, "GetDeletedSitePropertiesFromSharePoint|/subscribedSkus|/admin/sharepoint/settings")
    report = await crawl(planting, known, [])
    subjects = ["SharePoint settings", "deleted sites", "licences"]
    assert [each for each, _ in report.unread] == subjects == [each for each, _ in known.not_read()]
    monkeypatch.undo()
    assert (await crawl(planting, known, [])).unread == []


async def test_who_may_see_the_directory_only_learns_that_much(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch, known: Inventory
) -> None:
    refuse(block, monkeypatch, "/_vti_bin/client.svc/ProcessQuery")
    report = await crawl(planting, known)
    assert {subject for subject, _ in report.unread} == {"sites, OneDrives and geos", "deleted sites"}
    counts = known.counts()
    assert (counts["sites"], counts["guest"]) == (0, 1) and known.members(estate.ids["outer"])
    monkeypatch.undo()
    assert (await crawl(planting, known)).unread == []
    refuse(block, monkeypatch, "GetSitePropertiesFromSharePointByFilters")
    with pytest.raises(errors.AccessDenied):
        await crawl(planting, known)
    assert known.counts()["sites"] == 2


async def test_libraries_without_a_column_of_labels_are_asked_no_further(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch, known: Inventory
) -> None:
    for number in range(10):
        planting.site(f"site{number}")
    struck = refuse(block, monkeypatch, "/items\\?.*OData__DisplayName", status=400)
    report = await crawl(planting, known)
    assert report.unread == [("sensitivity labels of files", "The libraries that were asked have no column of labels.")]
    assert 3 <= len(struck) <= 9
    found = known.site(estate.site.site_id)
    assert found is not None and found.items == 6 and found.read_at is not None


async def test_versions_are_counted_only_where_their_bound_is_beyond_the_limit(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch, known: Inventory
) -> None:
    monkeypatch.setattr(crawl_versions, "COUNTED_AT_ONCE", 1)
    site, session = estate.site, planting.client.session
    for path, times in (("top.txt", 5), ("Plans/open.txt", 2), ("Plans/new.txt", 2)):
        await overwrite(planting, site, path, times)
    await crawl(planting, known, [site.url])
    place = known.site(site.site_id)
    assert place is not None and place.versions == 6 + 3 + 2 + 4
    asked = Asked(block)
    within = VersionCount(session, known, place, limit=15)
    await within.run(known.lists(site.site_id))
    assert asked.count() == 0 and not within.exact
    pretended = [(item_id, path, 50) for item_id, path, _ in known.most_versions(site.site_id)]
    known.put_versions(site.site_id, pretended)
    enough = VersionCount(session, known, place, limit=110)
    await enough.run(known.lists(site.site_id))
    assert 0 < len(asked.like("(/versions)")) < 3 and not enough.exact
    known.put_versions(site.site_id, pretended)
    asked.forget()
    every = VersionCount(session, known, place, limit=14)
    await every.run(known.lists(site.site_id))
    assert every.exact and known.sums_of(site.site_id) == (7, 15)
    assert len(asked.like("(/versions)")) == 3


def test_a_label_of_a_version_bounds_how_many_there_are() -> None:
    told = {"1.0": 1, "4.0": 4, "4.2": 6, "0.3": 3, "": 1, "odd": 1, "512.0": 512, "9" * 30: 1}
    assert {label: versions_in(label) for label in told} == told
    assert versions_in(None) == 1


async def test_a_deleted_site_that_comes_back_is_live_again(
    planting: Planting, estate: Estate, block: Neighbours, known: Inventory
) -> None:
    service, site = block["contoso"], planting.site("boomerang")
    site_operations.remove_site(service.units, url=site.url, clock=service.clock)
    await crawl(planting, known)
    assert known.site_by_url(f"{ROOT}/sites/boomerang") is None
    restore_site(service.units, url=site.url)
    await crawl(planting, known)
    found = known.site_by_url(f"{ROOT}/sites/boomerang")
    assert found is not None and found.deleted_at is None and list(known.deleted_sites()) == []
