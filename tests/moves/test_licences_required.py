"""R-6.36 and R-4.4: with `licences_required`, a OneDrive moves with a migration licence on either side and SharePoint's at
the target."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from moves.two_tenants import TwoTenants, two_tenants, user
from xtenant.domain.licence import AssignedLicence
from xtenant.operations import licences, sites
from xtenant.service import TenantService

TARGET = "https://fabrikam-my.sharepoint.com/personal/ann_fabrikam_onmicrosoft_com"
NEITHER = "Neither source UPN [ann@contoso.onmicrosoft.com], nor target UPN [ann@fabrikam.onmicrosoft.com] are licensed"
MOVE, E3 = "Cross_tenant_user_data_migration", "SPE_E3"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        for service in (pair.source, pair.target):
            with service.units.write() as uow:
                uow.settings.put(dataclasses.replace(uow.settings.get(), licences_required=True))
        yield pair


def give(service: TenantService, part_number: str) -> None:
    with service.units.write() as uow:
        sku = licences.subscribe(uow, part_number, 1)
        now = service.clock.business_now()
        uow.licences.assign(user(service, "ann").user_id, AssignedLicence(sku_id=sku.sku_id, assigned_at=now))


def refusal(pair: TwoTenants) -> str:
    """What a start of Ann's OneDrive says against it; empty where it would move."""
    ann, source = user(pair.source, "ann"), pair.source
    onedrive = sites.create_personal_site(
        source.units, geo=source.tenant.default_geo, user=ann, clock=source.clock, ids=source.ids
    )
    answer = pair.start(onedrive.url, TARGET)
    return "" if answer.status_code == 201 else answer.json()["odata.error"]["message"]["value"]


def test_without_licences_the_start_says_both(pair: TwoTenants) -> None:
    said = refusal(pair)
    assert NEITHER in said
    assert "[ann@fabrikam.onmicrosoft.com] is not allowed to have any SharePoint resources" in said


@pytest.mark.parametrize("side", ["contoso", "fabrikam"])
def test_a_migration_licence_on_either_side_is_enough(pair: TwoTenants, side: str) -> None:
    give(pair.target, E3)
    assert NEITHER in refusal(pair)
    give(pair.block[side], MOVE)
    assert refusal(pair) == ""


def test_a_site_asks_for_no_persons_licence(pair: TwoTenants) -> None:
    answer = pair.start("https://contoso.sharepoint.com/sites/none", "https://fabrikam.sharepoint.com/sites/none")
    assert "licensed" not in answer.text
