"""Made-up estates move whole: what Graph, REST and CSOM tell of every site is the same before and after, but for who people are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moves.two_tenants import TwoTenants, two_tenants
from whole_moves import Grounds
from xtenant.lab.generating.plan import EstatePlan
from xtenant.proof.whole.ledger import Ledger

CI = EstatePlan(
    sites=3, items=5_000, seed=7, with_versions=0.015, unique_permissions=0.01, links=0.004, attachments=0.01
)
WHOLE = EstatePlan(sites=50, items=100_000, seed=7)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path / "tenants") as pair:
        yield pair


def move_and_compare(
    pair: TwoTenants, folder: Path, plan: EstatePlan, *, seconds: float, reads_one_in: int = 10
) -> None:
    """Plant, crawl, move every site, crawl again; prints what there was, so that a run leaves figures."""
    grounds = Grounds(pair=pair, folder=folder, reads_one_in=reads_one_in)
    grounds.plant(plan)
    assert len(grounds.sites) == plan.sites
    before = {site.key: grounds.before(site) for site in grounds.sites}
    took = grounds.move(grounds.sites, seconds=seconds)
    things = 0
    for site in grounds.sites:
        after = grounds.after(site)
        found = grounds.differences(before[site.key], after)
        assert found == [], f"{site.url}: {len(found)}\n" + "\n".join(map(str, found[:20]))
        with Ledger(after) as ledger:
            things += sum(ledger.subjects().values())
    print(
        f"\n{plan.sites} sites, {plan.items:,} items, {things:,} things compared; moved in {took:.0f} s, no difference"
    )


@pytest.mark.timeout(900)
def test_a_generated_estate_moves_with_no_differences(pair: TwoTenants, tmp_path: Path) -> None:
    move_and_compare(pair, tmp_path, CI, seconds=600, reads_one_in=50)


@pytest.mark.faults
@pytest.mark.timeout(7_200)
def test_a_hundred_thousand_items_move_with_no_differences(pair: TwoTenants, tmp_path: Path) -> None:
    move_and_compare(pair, tmp_path, WHOLE, seconds=3_600)
