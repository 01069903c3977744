"""Quota, language, time zone and the number of webs of a site, as administrators read and set them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_host import NAM, AdminHost, admin_host, sqlite_units
from clock import CountingIds
from content_samples import NOW, row
from xtenant.domain import errors
from xtenant.domain.content import WEB, ItemKind
from xtenant.domain.lists import PLAIN_WEB
from xtenant.operations import sites
from xtenant.protocols.csom import call as csom
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import SITE_CREATION_ID, TENANT_ID
from xtenant.protocols.csom.codec.values import ValueObject

pytestmark = pytest.mark.anyio
ADMIN = "https://contoso-admin.sharepoint.com"
SITE = "https://contoso.sharepoint.com/sites/a"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AdminHost]:
    with sqlite_units(tmp_path) as units, admin_host(units) as host:
        sites.create_site(units, geo=NAM, url=SITE, title="A", owner=None, clock=host.clock, ids=CountingIds(500))
        yield host


async def test_a_site_has_the_quota_language_and_webs_that_it_was_given(host: AdminHost) -> None:
    ids = CountingIds(1_000)
    with host.units.write() as uow:
        site = uow.sites.visible_by_url(SITE)
        assert site is not None
        writer = uow.write_site(site.key, now=NOW)
        writer.put_web(WEB, dataclasses.replace(PLAIN_WEB, language=1031, time_zone=4))
        sub = row(ids, "sub", kind=ItemKind.WEB)
        writer.add_rows([sub, row(ids, "deep", parent=sub, kind=ItemKind.WEB)])
    await csom.update_site(host.session, ADMIN, SITE, {"StorageMaximumLevel": 2_048}, clock=host.clock)
    found = await csom.get_site(host.session, ADMIN, SITE)
    assert (found.language, found.time_zone, found.quota_megabytes) == (1031, 4, 2_048)
    assert sites.site_by_url(host.units, url=SITE).webs_count == 3


async def test_a_quota_that_no_site_has_is_refused(host: AdminHost) -> None:
    for megabytes in (0, -1, 26_214_401, 2**40):
        with pytest.raises(errors.XTenantError):
            await csom.update_site(host.session, ADMIN, SITE, {"StorageMaximumLevel": megabytes}, clock=host.clock)
    assert (await csom.get_site(host.session, ADMIN, SITE)).quota_megabytes == 1_048_576


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"Lcid": 1041, "TimeZoneId": 20, "StorageMaximumLevel": 100}, (1041, 20, 100)),
        ({"Lcid": 0, "TimeZoneId": 0, "StorageMaximumLevel": 0}, (1033, 13, 1_048_576)),
        ({}, (1033, 13, 1_048_576)),
    ],
)
async def test_a_site_is_made_with_what_is_asked_for_or_the_tenants_own(
    host: AdminHost, wish: dict[str, int], told: tuple[int, int, int]
) -> None:
    url = "https://contoso.sharepoint.com/sites/made"
    members = {"Url": url, "Title": "Made", "Template": "STS#3", **wish}
    await make(host, members)
    found = await csom.get_site(host.session, ADMIN, url)
    assert (found.language, found.time_zone, found.quota_megabytes) == told


async def make(host: AdminHost, members: dict[str, str | int]) -> None:
    query = QueryBuilder()
    tenant = query.construct(TENANT_ID)
    query.method(tenant, "CreateSite", ValueObject(SITE_CREATION_ID, tuple(members.items())))
    answer = await host.query(query.content().decode())
    assert answer.json()[0]["ErrorInfo"] is None, answer.text
