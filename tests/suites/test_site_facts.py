"""Facts stated of sites and items, owners, and the recycle bin of sites, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

import content_samples
from clock import CountingIds, FakeClock
from xtenant.domain import content, errors
from xtenant.domain.content import LockState, SiteStatus
from xtenant.domain.directory import User, UserId
from xtenant.domain.item_facts import ItemFacts
from xtenant.domain.site import NothingDeleted, SiteFacts
from xtenant.domain.tenant import Geo, GeoCode
from xtenant.lab.site_switches import statements_of
from xtenant.operations import deleted_sites, sites
from xtenant.operations.site_facts import state_facts
from xtenant.storage.database import SqlUnits
from xtenant.wire.site_properties import SITE_PROPERTIES_OF

GEO = Geo(code=GeoCode("NAM"), label="contoso")
URL = "https://contoso.sharepoint.com/sites/x"
ANNA, BEN = "anna@contoso.com", "ben@contoso.com"


@pytest.fixture(autouse=True)
def furnished(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    with units.write() as uow:
        for upn in (ANNA, BEN):
            user_id = UserId(ids.new_id())
            uow.users.add(User(user_id=user_id, upn=upn, display_name=upn, created_at=content_samples.NOW))
        anna = uow.users.by_upn(ANNA)
    assert anna is not None
    sites.create_site(units, geo=GEO, url=URL, title="X", owner=anna.user_id, clock=clock, ids=ids)
    sites.create_personal_site(units, geo=GEO, user=anna, clock=clock, ids=ids)
    content_samples.put_blobs(units, b"plan")
    with units.write() as uow:
        site = uow.sites.visible_by_url(URL)
        assert site is not None
        (library,) = uow.items.libraries(site.key)
        uow.write_site(site.key, now=content_samples.NOW).add_item(
            content_samples.row(ids, "Plan.docx", parent=library, contents=[b"plan"], by=library.author)
        )


def state(
    units: SqlUnits, clock: FakeClock, ids: CountingIds, pairs: Sequence[tuple[str, str]], url: str = URL
) -> SiteFacts:
    return state_facts(units, url=url, stated=statements_of(pairs), clock=clock, ids=ids)


def test_what_is_stated_of_a_site_is_what_administrators_see(
    units: SqlUnits, clock: FakeClock, ids: CountingIds
) -> None:
    state(units, clock, ids, [("holds", "on"), ("label", "Secret"), ("storage", "6T"), ("status", "Creating")])
    facts = state(units, clock, ids, [("lock", "noaccess"), ("owner", BEN)])
    assert facts == sites.site_by_url(units, url=URL)
    assert (facts.has_holds, facts.label, facts.status) == (True, "Secret", SiteStatus.CREATING)
    assert (facts.storage_bytes, facts.lock_state, facts.owner_upn) == (6 * 1024**4, LockState.NO_ACCESS, BEN)
    shown = {name: read(facts) for name, read in SITE_PROPERTIES_OF.items()}
    assert (shown["HasHolds"], shown["SensitivityLabel2"], shown["StorageUsage"]) == (True, "Secret", 6 * 1024**2)


def test_one_wrong_fact_changes_nothing(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    for wrong in (("label:Shared Documents/None.docx", "Secret"), ("owner", "nobody@contoso.com")):
        with pytest.raises(errors.UsageError):
            state(units, clock, ids, [("holds", "on"), wrong])
        assert not sites.site_by_url(units, url=URL).has_holds


@pytest.mark.parametrize(
    "pair", [("holds", "perhaps"), ("lock", "Closed"), ("storage", "big"), ("list:Tasks", "-1"), ("colour", "red")]
)
def test_a_fact_that_cannot_be_read_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(errors.UsageError):
        statements_of([pair])


def test_labels_and_list_templates_belong_to_live_items_and_go_with_the_site(
    units: SqlUnits, clock: FakeClock, ids: CountingIds
) -> None:
    state(units, clock, ids, [("label:shared documents/plan.docx", "Secret,user-defined"), ("list:History", "140")])
    with units.read() as uow:
        site = uow.sites.visible_by_url(URL)
        assert site is not None
        found = set(uow.item_facts.of_site(site.key).values())
        assert found == {ItemFacts(label="Secret", user_defined=True), ItemFacts(list_template=140)}
    state(units, clock, ids, [("label:Shared Documents/Plan.docx", ""), ("list:History", "0")])
    with units.read() as uow:
        assert not uow.item_facts.of_site(site.key)
    state(units, clock, ids, [("label:Shared Documents/Plan.docx", "Secret")])
    sites.remove_site(units, url=URL, clock=clock)
    sites.remove_deleted_site(units, url=URL)
    with units.read() as uow:
        assert not uow.item_facts.of_site(site.key)


def test_a_redirect_stands_where_one_is_stated(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    facts = state(units, clock, ids, [("redirect", "https://fabrikam.sharepoint.com/sites/y")])
    assert facts.template == content.REDIRECT_TEMPLATE


def test_a_deleted_site_is_shown_with_its_days_and_comes_back_under_its_id(units: SqlUnits, clock: FakeClock) -> None:
    before = sites.site_by_url(units, url=URL)
    sites.remove_site(units, url=URL, clock=clock)
    clock.advance_business(days=3)
    found = deleted_sites.deleted_site_by_url(units, url=URL, clock=clock)
    assert (found.status, found.days_remaining, found.site_id) == (SiteStatus.RECYCLED, 90, before.site_id)
    assert [facts.url for facts in deleted_sites.list_deleted_sites(units, clock=clock).sites] == [URL]
    assert deleted_sites.restore_site(units, url=URL) == before
    with pytest.raises(NothingDeleted):
        deleted_sites.deleted_site_by_url(units, url=URL, clock=clock)
    clock.advance_business(days=timedelta(days=100).days)
    sites.remove_site(units, url=URL, clock=clock)
    assert deleted_sites.restore_site_by_id(units, site_id=before.site_id).url == URL


def test_a_deleted_site_does_not_come_back_onto_another(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    old = sites.site_by_url(units, url=URL)
    sites.remove_site(units, url=URL, clock=clock)
    sites.create_site(units, geo=GEO, url=URL, title="New", owner=None, clock=clock, ids=ids)
    with pytest.raises(content.NameTaken):
        deleted_sites.restore_site_by_id(units, site_id=old.site_id)
    assert sites.site_by_url(units, url=URL).title == "New"


def test_a_onedrive_stays_its_persons_when_another_owns_it(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    url = sites.personal_site_url(GEO, ANNA)
    state(units, clock, ids, [("owner", BEN)], url)
    with units.read() as uow:
        anna, ben = uow.users.by_upn(ANNA), uow.users.by_upn(BEN)
        assert anna is not None and ben is not None
        site = uow.sites.visible_personal_of(anna.user_id)
        assert site is not None and (site.owner_id, site.person_id) == (ben.user_id, anna.user_id)
        assert uow.sites.visible_personal_of(ben.user_id) is None
    sites.set_owner(units, url=url, upn=ANNA)
    with units.read() as uow:
        site = uow.sites.visible_personal_of(anna.user_id)
        assert site is not None and (site.owner_id, site.person_id) == (anna.user_id, None)
