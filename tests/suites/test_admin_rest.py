"""SharePoint REST as served: challenge, context, compatibility, inbox, the twins of site administration; and as called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import content_samples
from admin_host import ADMIN, FABRIKAM, FABRIKAM_ID, NAM, PLAIN_USER, AdminHost, admin_host, sqlite_units
from clock import CountingIds
from xtenant.domain import errors
from xtenant.domain.content import LockState
from xtenant.domain.trust import Compatibility, PartnerRole, ReceivedRequest, Scenario
from xtenant.operations import sites
from xtenant.protocols.csom import call as csom
from xtenant.protocols.sharepoint_rest import call as rest
from xtenant.wire.digest import DigestCache

pytestmark = pytest.mark.anyio
SITE = "https://contoso.sharepoint.com/sites/a"
TWINS = f"{ADMIN}/_api/Microsoft.Online.SharePoint.TenantAdministration.Tenant"
BETA = f"{ADMIN}/_api/Microsoft.Online.SharePoint.MultiGeo.Service.MultiGeoServicesBeta"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AdminHost]:
    with sqlite_units(tmp_path) as units, admin_host(units) as host:
        sites.create_site(units, geo=NAM, url=SITE, title="A", owner=None, clock=host.clock, ids=CountingIds(500))
        yield host


@pytest.mark.parametrize("name", ["contoso-admin", "contoso-my", "contoso", "contosoeur-my"])
async def test_every_host_tells_a_stranger_its_tenant(host: AdminHost, name: str) -> None:
    host.caller = None
    page = await host.http.get(f"https://{name}.sharepoint.com/")
    assert page.status_code == 401
    assert page.text.startswith("Contoso Ltd (contoso)")
    for method in ("GET", "POST"):
        answer = await host.http.request(method, f"https://{name}.sharepoint.com/_vti_bin/client.svc/")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="11111111-1111-4111-8111-111111111111"')


async def test_context_info_knows_its_host_and_site_in_any_letter_case(host: AdminHost) -> None:
    answer = await host.http.post("https://contoso-my.sharepoint.com/personal/ann_contoso_com/_API/ContextInfo")
    assert answer.json()["WebFullUrl"] == "https://contoso-my.sharepoint.com/personal/ann_contoso_com"
    assert (await host.http.post("https://contoso.sharepoint.com/anything/else/_api/contextinfo")).status_code == 404


async def test_a_digest_is_fetched_once_and_kept_until_it_ends(host: AdminHost) -> None:
    cache = DigestCache(host.clock)
    first = await rest.form_digest(host.session, ADMIN, cache)
    host.clock.advance(seconds=1700)
    assert await rest.form_digest(host.session, ADMIN, cache) == first
    host.clock.advance(seconds=60)
    assert await rest.form_digest(host.session, ADMIN, cache) != first


async def test_compatibility_needs_trust_and_reads_the_partners_schema(host: AdminHost) -> None:
    assert await rest.compatibility(host.session, ADMIN, str(FABRIKAM)) is Compatibility.INCOMPATIBLE
    await csom.new_org_relation(host.session, ADMIN, "MnA", "Target", str(FABRIKAM))
    assert await rest.compatibility(host.session, ADMIN, str(FABRIKAM)) is Compatibility.COMPATIBLE
    host.partner.version = "17.0"
    assert await rest.compatibility(host.session, ADMIN, str(FABRIKAM)) is Compatibility.INCOMPATIBLE
    host.partner.reachable = False
    with pytest.raises(errors.PartnerUnreachable):
        await rest.compatibility(host.session, ADMIN, str(FABRIKAM))


@pytest.mark.parametrize(
    "address",
    [
        f"{ADMIN}/_api/XTenantMoveCompatibilityCheck(targetTenantHostUrl='https%3A%23%23fabrikam-my.sharepoint.com%23')",
        f"{BETA}/XTenantMoveCompatibilityCheck(targetTenantHostUrl='https%3A%2F%2Ffabrikam-my.sharepoint.com%2F')",
        f"{BETA}/xtenantmovecompatibilitycheck('https%3A%23%23fabrikam-my.sharepoint.com')?api-version=1.6.0",
        f"{ADMIN}/_api/XTenantMoveCompatibilityCheck(targetTenantHostUrl=%27https://fabrikam-my.sharepoint.com/%27)",
        f"{ADMIN}/_api/XTenantMoveCompatibilityCheck(targetTenantHostUrl=@t)?@t=%27https:%23%23fabrikam-my.sharepoint.com%27",
    ],
)
async def test_both_roots_take_every_spelling_of_a_key(host: AdminHost, address: str) -> None:
    answer = await host.http.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "SourceTenantHostUrl": "https://contoso-my.sharepoint.com/",
        "TargetTenantHostUrl": str(FABRIKAM),
        "XTenantMoveCompatibilityResult": 1,
    }


@pytest.mark.parametrize(
    "tail",
    [
        "()",
        "(x='1')",
        "('a','b')",
        "(targetTenantHostUrl='a)",
        "('https%3A%23%23fabrikam-my.sharepoint.com')?api-version=0.1",
    ],
)
async def test_arguments_that_mean_nothing_are_refused(host: AdminHost, tail: str) -> None:
    answer = await host.http.get(f"{ADMIN}/_api/XTenantMoveCompatibilityCheck{tail}")
    assert answer.status_code == 400
    assert answer.json()["odata.error"]["code"] == "-2147024809, System.ArgumentException"


async def test_api_versions_are_listed(host: AdminHost) -> None:
    assert (await rest.api_versions(host.session, ADMIN))[-1] == "1.6.0"


async def test_the_inbox_shows_who_asked_and_what_to_answer(host: AdminHost) -> None:
    assert await rest.inbox(host.session, ADMIN) == []
    with host.units.write() as uow:
        uow.inbox.put(
            ReceivedRequest(
                request_id=CountingIds(900).new_id(),
                geo=NAM.code,
                partner=FABRIKAM,
                partner_tenant_id=FABRIKAM_ID,
                answer_role=PartnerRole.TARGET,
                scenario=Scenario.MNA,
                received_at=datetime(2026, 11, 23, tzinfo=UTC),
            )
        )
    (row,) = await rest.inbox(host.session, ADMIN)
    assert (row.tenant, row.partner_host_url, row.partner_role, row.geo) == ("contoso", str(FABRIKAM), "Target", "NAM")


async def test_administration_is_for_administrators(host: AdminHost) -> None:
    host.caller = PLAIN_USER
    for method, address in (
        ("GET", f"{ADMIN}/_api/xtenant/inbox"),
        ("GET", f"{ADMIN}/_api/MultiGeoApiVersions"),
        ("POST", f"{TWINS}/RemoveSite"),
    ):
        answer = await host.http.request(method, address)
        assert answer.status_code == 403
        assert answer.json()["odata.error"]["code"] == "-2147024891, System.UnauthorizedAccessException"


async def test_a_site_goes_to_the_recycle_bin_and_out_of_it(host: AdminHost) -> None:
    removed = await host.http.post(f"{TWINS}/RemoveSite", json={"siteUrl": SITE})
    assert removed.json() == {"HasTimedout": False, "IsComplete": True, "PollingInterval": 0}
    gone = await host.http.post(f"{TWINS}/GetSitePropertiesByUrl", json={"url": SITE, "includeDetail": False})
    assert gone.status_code == 404
    assert gone.json()["odata.error"]["code"] == "-1, Microsoft.Online.SharePoint.Common.SpoNoSiteException"
    assert (await host.http.post(f"{TWINS}/RemoveDeletedSite", json={"siteUrl": SITE})).status_code == 200
    again = await host.http.post(f"{TWINS}/RemoveDeletedSite", json={"siteUrl": SITE})
    assert again.json()["odata.error"]["code"] == "-1, Microsoft.SharePoint.Client.UnknownError"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"siteUrl": 1}', b'{"siteUrl": "x", "more": 1}', b"\xff"])
async def test_bodies_of_another_shape_are_refused(host: AdminHost, body: bytes) -> None:
    answer = await host.http.post(f"{TWINS}/RemoveSite", content=body)
    assert answer.status_code in (400, 404)
    assert "odata.error" in answer.json()


async def test_error_envelopes_follow_accept(host: AdminHost) -> None:
    address = f"{ADMIN}/_api/nothing"
    verbose = await host.http.get(address, headers={"Accept": "application/json;odata=verbose"})
    assert verbose.json()["error"]["message"]["lang"] == "en-US"
    fourth = await host.http.get(address, headers={"Accept": "application/json;odata.metadata=none"})
    assert isinstance(fourth.json()["error"]["message"], str)


async def test_sites_over_csom_are_listed_page_by_page_locked_and_removed(host: AdminHost) -> None:
    ids = CountingIds(1000)
    with host.units.write() as uow:
        for number in range(305):
            uow.sites.add(content_samples.site(ids, f"https://contoso.sharepoint.com/sites/n{number}"))
    listed = [site.url async for site in csom.list_sites(host.session, ADMIN)]
    assert len(listed) == len(set(listed)) == 306
    await csom.update_site(host.session, ADMIN, SITE, {"LockState": "NoAccess"}, clock=host.clock)
    assert sites.site_by_url(host.units, url=SITE).lock_state is LockState.NO_ACCESS
    found = await csom.get_site(host.session, ADMIN, SITE)
    assert (found.lock_state, found.title) == ("NoAccess", "A")
    await csom.remove_site(host.session, ADMIN, SITE, clock=host.clock)
    with pytest.raises(errors.NotFound):
        await csom.get_site(host.session, ADMIN, SITE)
    await csom.remove_deleted_site(host.session, ADMIN, SITE, clock=host.clock)
    with pytest.raises(errors.NotFound):
        await csom.remove_deleted_site(host.session, ADMIN, SITE, clock=host.clock)
