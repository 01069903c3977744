"""Made-up estates: what a seed gives, and what of it reaches a tenant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtenant.domain import errors, paths
from xtenant.domain.content import ItemKind
from xtenant.domain.estates import EstateItem, EstateLink, EstateRecord, EstateRights, EstateSite, EstateTally
from xtenant.domain.fields import field_values
from xtenant.domain.lists import ColumnKind, list_definition_of
from xtenant.domain.sharing import LinkScope
from xtenant.lab.generating.estate import people_records, sites_of
from xtenant.lab.generating.plan import EstatePlan, shares
from xtenant.wire.estates import BadEstate, read_records, write_records

PLAN = EstatePlan(sites=12, items=3_000, seed=7)


def records_of(plan: EstatePlan) -> list[EstateRecord]:
    return [*people_records(plan), *chain.from_iterable(sites_of(plan))]


@pytest.fixture(scope="module")
def estate() -> list[EstateRecord]:
    return records_of(PLAN)


def items_in(estate: list[EstateRecord]) -> Iterator[EstateItem]:
    return (record for record in estate if isinstance(record, EstateItem))


def tally_of(estate: list[EstateRecord]) -> EstateTally:
    tally = EstateTally()
    for record in estate:
        tally.count(record)
    return tally


def test_the_same_seed_gives_the_same_records_and_another_seed_others(estate: list[EstateRecord]) -> None:
    assert records_of(PLAN) == estate
    assert records_of(replace(PLAN, seed=8)) != estate


def test_an_estate_has_exactly_what_was_asked_for(estate: list[EstateRecord]) -> None:
    tally = tally_of(estate)
    assert (tally.sites, tally.items, tally.unique_permissions) == (12, 3_000, 60)
    assert tally.with_versions >= 300


def test_sites_of_every_kind_hold_webs_lists_bins_and_links_of_three_kinds(estate: list[EstateRecord]) -> None:
    templates = {record.template for record in estate if isinstance(record, EstateSite)}
    assert templates == {"STS#0", "STS#3", "GROUP#0", "SPSPERS#10", "SITEPAGEPUBLISHING#0"}
    tally = tally_of(estate)
    assert min(tally.subwebs, tally.lists, tally.attachments, tally.deleted, tally.links) > 0
    assert {record.scope for record in estate if isinstance(record, EstateLink)} == set(LinkScope)


def test_histories_reach_from_one_to_five_hundred_and_half_are_of_two(estate: list[EstateRecord]) -> None:
    lengths = [len(item.versions) for item in items_in(estate) if len(item.versions) > 1]
    assert max(lengths) == 500
    assert 0.35 < lengths.count(2) / len(lengths) < 0.65
    versions = [version for item in items_in(estate) for version in item.versions]
    assert any(version.minor for version in versions) and any(version.comment for version in versions)


def test_every_path_fits_and_some_are_nearly_too_long(estate: list[EstateRecord]) -> None:
    longest = 0
    for site in sites_of(PLAN):
        known: dict[object, tuple[str, ...]] = {None: ()}
        url = ""
        for record in site:
            if isinstance(record, EstateSite):
                url = f"https://contoso.sharepoint.com/sites/{record.name}"
            elif isinstance(record, EstateItem):
                known[record.item_id] = (*known[record.parent_id], record.name)
                paths.check_length(url, known[record.item_id])
                longest = max(longest, len(paths.full_path(url, known[record.item_id])))
    assert longest >= 396


def test_versions_of_an_item_differ_and_follow_each_other(estate: list[EstateRecord]) -> None:
    for item in items_in(estate):
        labels = [(version.major, version.minor) for version in item.versions]
        moments = [version.modified_at for version in item.versions]
        assert labels == sorted(set(labels)) and moments == sorted(moments)
        if item.kind is ItemKind.FILE and len(item.versions) > 1:
            assert len({version.content for version in item.versions}) == len(item.versions)


def test_lists_have_values_in_columns_of_every_kind(estate: list[EstateRecord]) -> None:
    kinds = {
        column.kind
        for item in items_in(estate)
        if item.kind is ItemKind.LIST
        for column in list_definition_of(item.definition).columns
    }
    assert kinds == set(ColumnKind)
    filled = {name for item in items_in(estate) for name in field_values(item.fields)}
    assert {f"Gen{kind.value}" for kind in ColumnKind} <= filled


def test_rights_of_their_own_stand_at_every_level(estate: list[EstateRecord]) -> None:
    kinds = {item.item_id: item.kind for item in items_in(estate)}
    levels = {kinds[one.item_id] for one in estate if isinstance(one, EstateRights) and one.item_id}
    assert levels == set(ItemKind)


def test_an_estate_comes_off_the_wire_as_it_went_on(estate: list[EstateRecord]) -> None:
    pieces = b"".join(write_records(estate))
    cut = [pieces[start : start + 70_001] for start in range(0, len(pieces), 70_001)]
    assert list(read_records(cut)) == estate


@given(st.binary(max_size=200))
def test_lines_that_are_no_estate_are_refused_and_never_crash(line: bytes) -> None:
    try:
        list(read_records([b'["item",', line, b"]\n", line]))
    except BadEstate:
        pass


@given(total=st.integers(100, 5_000), parts=st.integers(1, 50))
@settings(max_examples=50)
def test_shares_add_up_and_leave_nobody_out(total: int, parts: int) -> None:
    found = shares(total, parts, least=2)
    assert sum(found) == total and min(found) >= 2 and found == sorted(found, reverse=True)


@pytest.mark.parametrize(("sites", "items"), [(0, 100), (50, 100), (5_000, 100_000), (1, 10**9)])
def test_estates_that_cannot_be_are_refused(sites: int, items: int) -> None:
    with pytest.raises(errors.UsageError):
        EstatePlan(sites=sites, items=items, seed=1)
