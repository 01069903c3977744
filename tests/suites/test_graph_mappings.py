"""Identity mappings over Graph beta: deltas, alternate keys, ids, lists, and the same map behind the cmdlets' calls."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BARE, CONTOSO, MOVER, TENANT, GraphTenant, graph_tenant
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.directory import App, AppId, User
from xtenant.domain.identity import UserField
from xtenant.domain.limits import Limits
from xtenant.operations import identity_map

ROOT = "https://graph.microsoft.com/beta/solutions/sharePoint/migrations"
USERS, GROUPS = f"{ROOT}/crossOrganizationUserMappings", f"{ROOT}/crossOrganizationGroupMappings"
SOURCE = "c0c0c0c0-0000-4000-8000-00000000c001"
GROUP_A, GROUP_B = "0c0c0c0c-3333-4333-8333-000000000009", "0f0f0f0f-4444-4444-8444-000000000009"
READER = App(
    app_id=AppId(UUID(int=0xC1)),
    object_id=UUID(int=0xC2),
    display_name="Reader",
    permissions=frozenset({"SharePointCrossTenantMigration.Read.All"}),
)


@pytest.fixture
def tenant(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield tenant


def user(name: str, **more: Any) -> dict[str, Any]:
    return {
        "sourceOrganizationId": SOURCE,
        "userType": "regularUser",
        "sourceUserIdentity": {"userPrincipalName": f"{name}@fabrikam.com"},
        "targetUserIdentity": {"userPrincipalName": f"{name}@contoso.com"},
        "targetUserMigrationData": {"email": f"{name}@contoso.com"},
        **more,
    }


def group(**more: Any) -> dict[str, Any]:
    return {
        "sourceOrganizationId": SOURCE,
        "groupType": "m365Group",
        "sourceGroupIdentity": {"id": GROUP_A},
        "targetGroupIdentity": {"id": GROUP_B},
        "targetGroupMigrationData": {"mailNickname": "design-team"},
        **more,
    }


def gone(name: str) -> dict[str, Any]:
    return {"@removed": {"reason": "deleted"}, "sourceUserIdentity": {"userPrincipalName": f"{name}@fabrikam.com"}}


def patch(
    tenant: GraphTenant, *items: dict[str, Any], url: str = USERS, who: User | App | None = MOVER, **more: Any
) -> httpx.Response:
    return tenant.ask("PATCH", url, who, json={"@context": "#$delta", "value": list(items), **more})


def test_a_delta_answers_in_its_order_and_the_row_is_found_by_key_and_by_id(tenant: GraphTenant) -> None:
    answer = patch(tenant, user("ann"), gone("left"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["@odata.context"].endswith("migrations/crossOrganizationUserMappings/$delta")
    added, removed = answer.json()["value"]
    assert {name: added[name] for name in user("ann")} == user("ann")
    assert (removed["deleted"], removed["sourceUserIdentity"]) == (
        {"state": "deleted"},
        {"userPrincipalName": "left@fabrikam.com"},
    )
    by_key = tenant.ask("GET", f"{USERS}(sourceUserPrincipalName='ANN@fabrikam.com')")
    assert by_key.json()["@odata.context"].endswith("crossOrganizationUserMappings/$entity")
    by_id = tenant.ask("GET", f"{USERS}/{added['id']}")
    assert by_key.json()["id"] == by_id.json()["id"] == added["id"]


def test_the_id_is_that_of_microsofts_samples(tenant: GraphTenant) -> None:
    item = user("ana")
    item["sourceUserIdentity"] = {"userPrincipalName": "user1@contoso.com"}
    assert patch(tenant, item).json()["value"][0]["id"] == "AQAAAAEAAAB1c2VyMUBjb250b3NvLmNvbQ"


@pytest.mark.parametrize("place", ["/{}", "('{}')", "/{}%3D%3D"])
@pytest.mark.parametrize("alphabet", ["standard", "url-safe"])
def test_an_id_is_read_in_both_alphabets_padded_or_not(tenant: GraphTenant, place: str, alphabet: str) -> None:
    item = user("x")
    item["sourceUserIdentity"] = {"userPrincipalName": "~~~???>>>@fabrikam.com"}
    made = patch(tenant, item).json()["value"][0]["id"]
    assert "/" in made or "+" in made
    text = made.replace("/", "_").replace("+", "-") if alphabet == "url-safe" else quote(made, safe="")
    assert tenant.ask("GET", USERS + place.format(text)).json().get("id") == made


def test_groups_speak_graphs_words_and_admin_groups_are_read_only(tenant: GraphTenant) -> None:
    assert patch(tenant, group(), url=GROUPS).json()["value"][0]["groupType"] == "m365Group"
    shown = tenant.ask("GET", f"{GROUPS}(sourceGroupObjectId='{GROUP_A.upper()}')").json()
    assert (shown["targetGroupIdentity"], shown["targetGroupMigrationData"]) == (
        {"id": GROUP_B},
        {"mailNickname": "design-team"},
    )
    identity_map.replace_map(
        tenant.units,
        own=CONTOSO,
        geo=TENANT.default_geo,
        caller=Caller(kind=CallerKind.APP),
        lines=[f"Group,{SOURCE},{GROUP_A},{GROUP_B},admins,AdminGroup"],
        limits=Limits(),
        clock=tenant.clock,
    )
    assert tenant.ask("GET", GROUPS).json()["value"][0]["groupType"] == "unknownFutureValue"
    assert patch(tenant, group(), url=GROUPS).status_code == 400


def test_the_cmdlets_find_what_graph_wrote(tenant: GraphTenant) -> None:
    patch(tenant, user("ann"))
    found = identity_map.lookup_user(
        tenant.units, geo=TENANT.default_geo, field=UserField.TARGET_USER_UPN, value="ann@contoso.com"
    )
    assert [row.source_upn for row in found] == ["ann@fabrikam.com"]


def test_a_list_is_paged_and_counted(tenant: GraphTenant) -> None:
    patch(tenant, *(user(f"u{n:02}") for n in range(5)))
    patch(tenant, group(), url=GROUPS)
    page = tenant.ask("GET", f"{USERS}?$top=2&$select=id,userType")
    names, pages = list[str](), 1
    while True:
        names += [row["id"] for row in page.json()["value"]]
        assert all(set(row) == {"id", "userType"} for row in page.json()["value"])
        if "@odata.nextLink" not in page.json():
            break
        page, pages = tenant.ask("GET", page.json()["@odata.nextLink"]), pages + 1
    assert (len(set(names)), pages) == (5, 3)
    assert tenant.ask("GET", f"{USERS}/$count").text == "5"
    assert tenant.ask("GET", f"{GROUPS}/$count").text == "1"


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{}],
        [{"sourceUserIdentity": {}}],
        [user("ann", userType="member")],
        [user("ann", userType="unknownFutureValue")],
        [user("ann", sourceOrganizationId="x")],
        [user("ann", groupType="m365Group")],
        [user("ann", targetUserIdentity={"userPrincipalName": "ann"})],
        [user("ann", colour="red")],
        [user("bob"), user("ann", sourceOrganizationId=str(CONTOSO))],
        [user(f"u{n}") for n in range(51)],
    ],
)
def test_what_is_no_delta_is_refused_whole(tenant: GraphTenant, items: list[dict[str, Any]]) -> None:
    answer = patch(tenant, *items)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalidRequest"), answer.text
    assert tenant.ask("GET", f"{USERS}/$count").text == "0"


def test_both_spellings_of_the_context_count_and_none_does_not(tenant: GraphTenant) -> None:
    for body, status in (
        ({"@odata.context": "https://graph.microsoft.com/beta/$metadata#x/$delta"}, 200),
        ({"@odata.context": "#$delta"}, 200),
        ({"@context": "#other"}, 400),
        ({}, 400),
    ):
        assert tenant.ask("PATCH", USERS, json={**body, "value": [user("ann")]}).status_code == status


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("(sourceUserPrincipalName='nobody@fabrikam.com')", 404),
        ("(other='x')", 400),
        ("()", 400),
        ("/AQAAAAIAAAB4", 400),
        ("/" + base64.b64encode(b"\x01\x00\x00\x00\x01\x00\x00\x00\xff\xfe").decode().rstrip("="), 400),
        ("/%C3%A4", 400),
        ("/" + "A" * 3000, 400),
        ("?$skiptoken=abc", 400),
        ("?$skiptoken=MTIzNDU2Nzg5MDEyMzQ1Njc4OTA6MQ", 400),
        ("?$filter=id%20eq%20'x'", 501),
    ],
)
def test_addresses_that_mean_nothing_are_refused(tenant: GraphTenant, address: str, status: int) -> None:
    answer = tenant.ask("GET", USERS + address)
    assert answer.status_code == status, answer.text


def test_reading_and_writing_ask_for_their_permission(tenant: GraphTenant) -> None:
    for who, reads, writes in (
        (READER, 200, 403),
        (MOVER, 200, 200),
        (BARE, 403, 403),
        (ANN, 403, 403),
        (ADMIN, 200, 200),
    ):
        assert tenant.ask("GET", USERS, who).status_code == reads
        assert patch(tenant, user("ann"), who=who).status_code == writes
    assert tenant.ask("GET", USERS.replace("/beta/", "/v1.0/")).status_code == 404
