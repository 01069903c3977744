"""The proof of whole sites, asked without any move: twins have no differences, and every attribute altered is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path

import pytest

from moves.two_tenants import TwoTenants, two_tenants
from proof.altering import ALTERATIONS, NOT_TOLD, TOLD, Alteration, Altered, altered
from whole_moves import Grounds
from xtenant.domain.estates import EstateRecord
from xtenant.lab.generating.estate import people_records, sites_of
from xtenant.lab.generating.plan import EstatePlan
from xtenant.proof.whole.differences import FactDifference
from xtenant.wire.estates import write_records

PLAN = EstatePlan(sites=3, items=300, seed=11, unique_permissions=0.05, with_versions=0.4, links=0.2, attachments=0.5)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path, trusted=False) as pair:
        yield pair


def plant_in(pair: TwoTenants, name: str, records: list[EstateRecord]) -> None:
    answer = pair.call(name, "POST", "/_api/xtenant/estates", content=b"".join(write_records(records)))
    assert answer.status_code == 200, answer.text


def test_the_same_estate_in_two_tenants_has_no_differences(pair: TwoTenants, tmp_path: Path) -> None:
    grounds = Grounds(pair=pair, folder=tmp_path)
    plan = EstatePlan(sites=3, items=60, seed=5, unique_permissions=0.1)
    grounds.plant(plan)
    plant_in(pair, "fabrikam", [*people_records(plan), *chain.from_iterable(sites_of(plan))])
    assert len(grounds.sites) == 3
    for site in grounds.sites:
        found = grounds.differences(grounds.before(site), grounds.after(site))
        assert found == [], "\n".join(map(str, found[:20]))


def test_every_attribute_that_was_altered_is_found(pair: TwoTenants, tmp_path: Path) -> None:
    grounds = Grounds(pair=pair, folder=tmp_path)
    grounds.plant(PLAN)
    changed = altered(list(next(sites_of(PLAN))))
    plant_in(pair, "fabrikam", [*people_records(PLAN), *changed.records])
    site = next(site for site in grounds.sites if site.url.endswith(PLAN.site_name(0)))
    found = grounds.differences(grounds.before(site), grounds.after(site))
    missed = [one.label for one in ALTERATIONS if not any(is_told(one, changed, difference) for difference in found)]
    assert missed == []


def is_told(one: Alteration, changed: Altered, difference: FactDifference) -> bool:
    return changed.words[one.label] in difference.subject and one.aspect in difference.aspect


def test_no_attribute_of_an_estate_is_left_out_of_the_alterations() -> None:
    tried = {one.label.split()[0] for one in ALTERATIONS} | NOT_TOLD.keys()
    known = {f"{of.__name__}.{field.name}" for of in TOLD for field in fields(of)}
    assert known - tried - {"EstateSite.web", "EstateRights.item_id", "EstateLink.item_id"} == set()
