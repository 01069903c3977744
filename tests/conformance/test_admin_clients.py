"""What CLI for Microsoft 365 and office365-rest-python-client send to the administration host, byte for byte as recorded."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from admin_host import ADMIN, CONTOSO, NAM, AdminHost, admin_host, sqlite_units
from clock import CountingIds
from recorded import Exchange, exchanges
from xtenant.domain.content import LockState
from xtenant.domain.directory import User, UserId
from xtenant.domain.licence import AssignedLicence
from xtenant.operations import licences, sites

pytestmark = pytest.mark.anyio
SITE = "https://contoso.sharepoint.com/sites/a"
OWNER = User(
    user_id=UserId(UUID(int=77)),
    upn="o@contoso.com",
    display_name="O",
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
)
LIST, GET, SET, ADD = exchanges("csom/cli-microsoft365.txt")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AdminHost]:
    with sqlite_units(tmp_path) as units, admin_host(units) as host:
        sites.create_site(units, geo=NAM, url=SITE, title="A", owner=None, clock=host.clock, ids=CountingIds(500))
        yield host


async def replay(host: AdminHost, exchange: Exchange) -> httpx.Response:
    """Send it as recorded, but for the digest, which is fetched as the client fetched it."""
    headers = dict(exchange.headers)
    for name in list(headers):
        if name.lower() in ("host", "content-length", "authorization", "connection", "accept-encoding"):
            del headers[name]
    if "X-RequestDigest" in headers:
        issued = await host.http.post(f"{ADMIN}/_api/contextinfo")
        headers["X-RequestDigest"] = issued.json()["FormDigestValue"]
    return await host.http.request(exchange.method, ADMIN + exchange.target, headers=headers, content=exchange.body)


async def last_of(host: AdminHost, exchange: Exchange) -> dict[str, Any]:
    """CLI for Microsoft 365 takes the last element of a reply."""
    answer = await replay(host, exchange)
    assert answer.status_code == 200
    reply = json.loads(answer.text)
    assert reply[0]["ErrorInfo"] is None, reply[0]
    return reply[-1]


async def test_spo_site_list_finds_the_sites(host: AdminHost) -> None:
    found = await last_of(host, LIST)
    assert [site["Url"] for site in found["_Child_Items_"]] == [SITE]
    assert found["NextStartIndexFromSharePoint"] is None
    assert found["_Child_Items_"][0]["_ObjectIdentity_"].endswith(
        "\nSiteProperties\nhttps%3a%2f%2fcontoso.sharepoint.com%2fsites%2fa"
    )


async def test_spo_site_get_reads_the_tenant(host: AdminHost) -> None:
    found = await last_of(host, GET)
    assert found["_ObjectType_"] == "Microsoft.Online.SharePoint.TenantAdministration.Tenant"
    assert found["_ObjectIdentity_"].endswith("\nTenant")


async def test_spo_site_set_locks_the_site_and_says_it_is_done(host: AdminHost) -> None:
    done = await last_of(host, SET)
    assert done["IsComplete"] is True
    assert "\nSpoOperation\nSetSite\n" in done["_ObjectIdentity_"]
    assert sites.site_by_url(host.units, url=SITE).lock_state is LockState.READ_ONLY


async def test_spo_site_set_on_a_missing_site_says_which(host: AdminHost) -> None:
    missing = dataclasses.replace(SET, body=SET.body.replace("/sites/a", "/sites/none"))
    info = json.loads((await replay(host, missing)).text)[0]["ErrorInfo"]
    assert info["ErrorTypeName"] == "Microsoft.Online.SharePoint.Common.SpoNoSiteException"
    assert info["ErrorMessage"] == "Cannot get site https://contoso.sharepoint.com/sites/none."


async def test_spo_site_add_is_understood(host: AdminHost) -> None:
    with host.units.write() as uow:
        uow.users.add(OWNER)
    done = await last_of(host, ADD)
    assert done["IsComplete"] is True
    assert sites.site_by_url(host.units, url="https://contoso.sharepoint.com/sites/b").title == "B"


@pytest.mark.parametrize("client", ["cli-microsoft365", "office365-rest-python-client"])
async def test_context_info_in_the_clients_envelope(host: AdminHost, client: str) -> None:
    exchange = exchanges(f"sharepoint_rest/{client}.txt")[0]
    answer = (await replay(host, exchange)).json()
    if client == "office365-rest-python-client":
        answer = answer["d"]["GetContextWebInformation"]
        assert answer["SupportedSchemaVersions"] == {"results": ["14.0.0.0", "15.0.0.0"]}
    else:
        assert answer["SupportedSchemaVersions"] == ["14.0.0.0", "15.0.0.0"]
    assert answer["FormDigestTimeoutSeconds"] == 1800
    assert answer["FormDigestValue"].endswith("23 Nov 2026 12:00:00 -0000")
    assert answer["WebFullUrl"] == answer["SiteFullUrl"] == ADMIN


async def test_office365_reads_a_site_and_the_list(host: AdminHost) -> None:
    _, by_url, by_filters = exchanges("sharepoint_rest/office365-rest-python-client.txt")
    site = (await replay(host, by_url)).json()["d"]
    assert (site["Url"], site["LockState"], site["Status"]) == (SITE, "Unlock", "Active")
    assert site["__metadata"]["type"] == "Microsoft.Online.SharePoint.TenantAdministration.SiteProperties"
    listed = (await replay(host, by_filters)).json()["d"]
    assert listed["results"] == []
    all_of_them = dataclasses.replace(by_filters, body=by_filters.body.replace("'x'", "'sites/a'"))
    assert [each["Url"] for each in (await replay(host, all_of_them)).json()["d"]["results"]] == [SITE]


HOST_URL, TRUST, REPLACE, LOOKUP, LICENCE, REDIRECTS, REMOVE, POLL = exchanges("csom/examples.txt")


async def values_of(host: AdminHost, exchange: Exchange) -> list[Any]:
    """What follows the header."""
    reply = json.loads((await replay(host, exchange)).text)
    assert reply[0]["ErrorInfo"] is None, reply[0]
    return reply[1:]


async def test_the_composed_examples_get_the_answers_written_beside_them(host: AdminHost) -> None:
    assert await values_of(host, HOST_URL) == [2, {"IsNull": False}, 3, "https://contoso-my.sharepoint.com/"]
    assert await values_of(host, TRUST) == [2, {"IsNull": False}, 4, 1]
    assert await values_of(host, REPLACE) == [2, {"IsNull": False}, 3, []]
    found = await values_of(host, LOOKUP)
    assert found[:4] == [2, {"IsNull": False}, 4, {"IsNull": False}]
    assert found[5]["_Child_Items_"] == [
        {
            "_ObjectType_": "Microsoft.Online.SharePoint.TenantAdministration.SPOTenantUserIdentityMapping",
            "SourceTenantCompanyId": "/Guid(11111111-2222-3333-4444-555555555555)/",
            "SourceUserKey": "ann@contoso.com",
            "TargetUserEmail": "ann@fabrikam.com",
            "TargetUserPuid": "",
            "TargetUserUpn": "ann@fabrikam.com",
            "UserType": 1,
        }
    ]
    assert await values_of(host, LICENCE) == [2, {"IsNull": False}, 3, 5], "nobody holds the licence yet"
    _license(host, "ann@contoso.com")
    assert await values_of(host, LICENCE) == [2, {"IsNull": False}, 3, 0]
    redirects = await values_of(host, REDIRECTS)
    assert redirects[5] == {
        "_ObjectType_": "Microsoft.Online.SharePoint.TenantAdministration.SPOSitePropertiesEnumerable",
        "NextStartIndex": -1,
        "NextStartIndexFromSharePoint": None,
        "_Child_Items_": [],
    }


def _license(host: AdminHost, upn: str) -> None:
    now = host.clock.business_now()
    with host.units.write() as uow:
        uow.users.add(User(user_id=UserId(UUID(int=1)), upn=upn, display_name="Ann", created_at=now))
        sku = licences.subscribe(uow, "Cross_tenant_user_data_migration", 1)
        uow.licences.assign(UserId(UUID(int=1)), AssignedLicence(sku_id=sku.sku_id, assigned_at=now))


async def test_the_composed_removal_is_polled_by_its_identity(host: AdminHost) -> None:
    here = dataclasses.replace(
        REMOVE, body=REMOVE.body.replace("https://contoso-my.sharepoint.com/personal/ann_contoso_com", SITE)
    )
    removed = await values_of(host, here)
    assert "\nSpoOperation\nRemoveSite\n" in removed[5]["_ObjectIdentity_"]
    own = POLL.body.replace("67753f63-bc14-4012-869e-f808a43fe023", str(CONTOSO.tenant_id))
    polled = await values_of(host, dataclasses.replace(POLL, body=own))
    assert (polled[0], polled[1]["IsComplete"], polled[1]["PollingInterval"]) == (188, True, 0)
