"""Made-up estates in a store: every record is there afterwards, on both databases, and half a site never is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from admin_host import CONTOSO, NAM
from clock import CountingIds, FakeClock
from estates import Held, hash_of_link, held_in, planted, records_of, sites_in
from xtenant.domain import errors
from xtenant.domain.content import Item, ItemKind, Site
from xtenant.domain.estates import (
    EstateItem,
    EstateLink,
    EstateRecord,
    EstateRights,
    EstateSite,
    EstateTally,
    EstateVersion,
)
from xtenant.domain.fields import field_values
from xtenant.domain.lists import ListDefinition, WebDefinition, definition_text
from xtenant.domain.ports.units import Units
from xtenant.lab.generating.plan import EstatePlan
from xtenant.operations.estate_people import UnknownNumber
from xtenant.operations.estates import EstateOrder, Ground, plant
from xtenant.storage.folder_blobs import FolderBlobs

PLAN = EstatePlan(sites=4, items=200, seed=3, unique_permissions=0.2)


@pytest.fixture
def ground(units: Units, tmp_path: Path, clock: FakeClock, ids: CountingIds) -> Iterator[Ground]:
    blobs = FolderBlobs(tmp_path / "blobs", CONTOSO.tenant_id)
    yield Ground(units=units, store=blobs, tenant=CONTOSO, geo=NAM, clock=clock, ids=ids, link_hash=hash_of_link)
    blobs.close()


def is_file(record: EstateRecord) -> bool:
    return isinstance(record, EstateItem) and record.kind is ItemKind.FILE


def site_of(units: Units, wanted: EstateSite) -> Site:
    return next(site for site in sites_in(units) if site.title == wanted.title)


def by_site(records: list[EstateRecord]) -> Iterator[tuple[EstateSite, list[EstateRecord]]]:
    at = [number for number, record in enumerate(records) if isinstance(record, EstateSite)]
    for start, end in zip(at, [*at[1:], len(records)], strict=True):
        site = records[start]
        assert isinstance(site, EstateSite)
        yield site, records[start + 1 : end]


def test_every_record_of_an_estate_stands_in_the_store(ground: Ground) -> None:
    tally = planted(ground, PLAN)
    assert (tally.sites, tally.items, tally.unique_permissions) == (4, PLAN.items, 40)
    for wanted, records in by_site(records_of(PLAN)):
        site = site_of(ground.units, wanted)
        assert (site.template, site.quota_bytes, site.hidden_job) == (wanted.template, wanted.quota_bytes, None)
        held = held_in(ground.units, site)
        items = [record for record in records if isinstance(record, EstateItem)]
        assert {item.item_id for item in items if item.deleted_at is None} == held.live.keys()
        assert {item.item_id for item in items if item.deleted_at is not None} == held.deleted.keys()
        for item in items:
            same_item(ground, item, held)
        same_rights_and_links(ground, site, records, held)


def same_item(ground: Ground, wanted: EstateItem, held: Held) -> None:
    found = held.live.get(wanted.item_id) or held.deleted[wanted.item_id]
    parent = held.live | held.deleted
    assert (found.kind, found.name, found.int_id) == (wanted.kind, wanted.name, wanted.number)
    assert (found.created_at, found.modified_at, found.deleted_at) == (
        wanted.created_at,
        wanted.modified_at,
        wanted.deleted_at,
    )
    assert {item.key for item in parent.values() if item.item_id == wanted.parent_id} == (
        {found.parent_key} - {None, 0}
    )
    assert field_values(found.fields).keys() == field_values(wanted.fields).keys()
    with ground.units.read() as uow:
        versions = list(uow.items.versions([found.key]))
        attachments = list(uow.attachments.of_items([found.key]))
        if wanted.definition and wanted.deleted_at is None:
            assert definition_text(definition_of(ground, found)) == wanted.definition
    assert [(one.major, one.minor, one.modified_at, one.comment) for one in versions] == [
        (one.major, one.minor, one.modified_at, one.comment) for one in wanted.versions
    ]
    if wanted.kind is ItemKind.FILE:
        contents = [b"".join(ground.store.open(one.blob)) for one in versions]
        assert contents == [one.content for one in wanted.versions]
    attached = {one.name: b"".join(ground.store.open(one.blob)) for one in attachments}
    assert attached == {one.name: one.content for one in wanted.attachments}


def definition_of(ground: Ground, item: Item) -> ListDefinition | WebDefinition:
    with ground.units.read() as uow:
        if item.kind is ItemKind.WEB:
            return uow.definitions.webs(item.site_key, [item.key])[item.key]
        return uow.definitions.lists(item.site_key, [item.key])[item.key]


def same_rights_and_links(ground: Ground, site: Site, records: list[EstateRecord], held: Held) -> None:
    rights = [record for record in records if isinstance(record, EstateRights) and record.item_id]
    links = {record.link_id: record for record in records if isinstance(record, EstateLink)}
    with ground.units.read() as uow:
        keys = [held.live[one.item_id].key for one in rights if one.item_id]
        given = dict.fromkeys(keys, 0)
        for one in uow.scopes.assignments(site.key, keys):
            given[one.scope] += 1
        assert given == {held.live[one.item_id].key: len(one.given) for one in rights if one.item_id}
        found = {link.link_id: link for link in uow.links.page(site.key, after=None, limit=1_000)}
    assert found.keys() == links.keys()
    for link_id, link in links.items():
        stands = found[link_id]
        assert (stands.kind, stands.scope, stands.expires_at) == (link.kind, link.scope, link.expires_at)
        assert (stands.item_key, len(stands.members)) == (held.live[link.item_id].key, len(link.members))
        assert stands.token_hash == hash_of_link(link_id)


def test_people_and_groups_are_made_once(ground: Ground) -> None:
    planted(ground, PLAN)
    other = replace(PLAN, seed=4)
    people = [record for record in records_of(PLAN) if not isinstance(record, EstateSite)][:1]
    again = plant(ground, people)
    assert again == EstateTally(people=1)
    assert planted(ground, other).sites == 4
    assert len(sites_in(ground.units)) == 8


def test_a_site_that_is_there_is_refused_and_the_others_stay(ground: Ground) -> None:
    planted(ground, PLAN)
    before = sites_in(ground.units)
    with pytest.raises(errors.Conflict):
        planted(ground, PLAN)
    assert sites_in(ground.units) == before


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda item: replace(item, author=99_999), UnknownNumber),
        (lambda item: replace(item, name="a:b"), errors.UsageError),
        (lambda item: replace(item, versions=(replace(item.versions[0], fields="[1]"),)), errors.UsageError),
        (lambda item: replace(item, parent_id=item.item_id), errors.XTenantError),
    ],
    ids=["author", "name", "fields", "parent"],
)
def test_a_site_that_cannot_be_ended_leaves_nothing(ground: Ground, spoil: object, error: type[Exception]) -> None:
    records = records_of(replace(PLAN, sites=1, items=60))
    at = max(number for number, record in enumerate(records) if is_file(record))
    records[at] = spoil(records[at])  # type: ignore[operator]
    with pytest.raises(error):
        plant(ground, records)
    assert sites_in(ground.units) == []
    with ground.units.read() as uow:
        assert uow.sites.any_by_url(f"{NAM.root_url}/sites/{PLAN.site_name(0)}") == []


def test_records_out_of_order_are_refused(ground: Ground) -> None:
    records = records_of(replace(PLAN, sites=1, items=60))
    version = EstateVersion(major=1, minor=0, modified_at=ground.clock.business_now(), editor=1)
    assert isinstance(records[-1], EstateLink) and version.content == b""
    with pytest.raises(EstateOrder):
        plant(ground, [*records, next(record for record in records if isinstance(record, EstateItem))])
