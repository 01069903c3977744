"""Users, groups, guests and tenants over Graph, with Graph's own errors (graph-migrations.md 4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BARE, BOB, CONTOSO, DOMAIN, FABRIKAM, GRAPH, GraphTenant, graph_tenant

NEW_USER = {
    "accountEnabled": True,
    "displayName": "Cleo",
    "mailNickname": "cleo",
    "userPrincipalName": f"cleo@{DOMAIN}",
    "passwordProfile": {"password": "Correct-Horse-7", "forceChangePasswordNextSignIn": True},
    "usageLocation": "DE",
}
NEW_GROUP: dict[str, Any] = {
    "displayName": "Design team",
    "groupTypes": ["Unified"],
    "mailNickname": "design-team",
    "mailEnabled": False,
    "securityEnabled": True,
    "resourceBehaviorOptions": ["ProvisionSiteOnDemand"],
}


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield tenant


def test_a_user_is_created_read_changed_and_deleted(graph: GraphTenant) -> None:
    made = graph.ask("POST", "/users", json=NEW_USER)
    assert made.status_code == 201
    assert made.json()["userPrincipalName"] == f"cleo@{DOMAIN}"
    user_id = made.json()["id"]
    assert graph.ask("GET", f"/users/{user_id}").json()["usageLocation"] == "DE"
    assert graph.ask("PATCH", f"/users/cleo%40{DOMAIN}", json={"displayName": "Cleo K"}).status_code == 204
    shown = graph.ask("GET", f"/users/CLEO@{DOMAIN}?$select=id,displayName").json()
    assert shown == {"@odata.context": f"{GRAPH}/$metadata#users/$entity", "id": user_id, "displayName": "Cleo K"}
    assert graph.ask("DELETE", f"/users/{user_id}").status_code == 204
    gone = graph.ask("GET", f"/users/{user_id}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_a_taken_upn_is_refused_as_graph_does(graph: GraphTenant) -> None:
    answer = graph.ask("POST", "/users", json={**NEW_USER, "userPrincipalName": ANN.upn.upper()})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["details"][0]["code"]) == ("Request_BadRequest", "ObjectConflict")
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


@pytest.mark.parametrize("upn", ["cleo", "cleo@", "cleo@elsewhere.com", "cl eo@" + DOMAIN, "a" * 65 + "@" + DOMAIN])
def test_an_illegal_upn_is_a_bad_request(graph: GraphTenant, upn: str) -> None:
    answer = graph.ask("POST", "/users", json={**NEW_USER, "userPrincipalName": upn})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")


def test_an_apostrophe_in_a_upn_is_legal_as_at_microsoft(graph: GraphTenant) -> None:
    upn = f"o'neil@{DOMAIN}"
    assert graph.ask("POST", "/users", json={**NEW_USER, "userPrincipalName": upn}).status_code == 201
    found = graph.ask("GET", "/users", params={"$filter": f"userPrincipalName eq 'o''neil@{DOMAIN}'"}).json()["value"]
    assert [row["userPrincipalName"] for row in found] == [upn]


def test_every_user_is_listed_once_through_next_links(graph: GraphTenant) -> None:
    url, seen = "/users?$top=2&$select=userPrincipalName", []
    while url:
        page = graph.ask("GET", url).json()
        seen += [row["userPrincipalName"] for row in page["value"]]
        url = page.get("@odata.nextLink")
    assert seen == [ADMIN.upn, ANN.upn, BOB.upn]


def test_only_the_right_callers_write_the_directory(graph: GraphTenant) -> None:
    assert graph.ask("POST", "/users", ADMIN, json=NEW_USER).status_code == 201
    for who in (ANN, BARE):
        refused = graph.ask("DELETE", f"/users/{BOB.upn}", who)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert graph.ask("GET", f"/users/{BOB.upn}", ANN).status_code == 200
    assert graph.ask("GET", f"/users/{BOB.upn}", BARE).status_code == 403
    assert graph.ask("GET", "/users", None).status_code == 401


def test_me_is_the_person_signed_in_and_nobody_for_an_app(graph: GraphTenant) -> None:
    assert graph.ask("GET", "/me", ANN).json()["id"] == str(ANN.user_id)
    assert graph.ask("GET", "/me").status_code == 400


def test_a_guest_gets_microsofts_form_of_upn(graph: GraphTenant) -> None:
    body = {"invitedUserEmailAddress": "ana.silva@fabrikam.com", "inviteRedirectUrl": "https://contoso.sharepoint.com"}
    made = graph.ask("POST", "/invitations", json=body)
    assert made.status_code == 201
    guest = graph.ask("GET", f"/users/{made.json()['invitedUser']['id']}").json()
    assert guest["userType"] == "Guest"
    assert guest["userPrincipalName"] == f"ana.silva_fabrikam.com#EXT#@{DOMAIN}"
    again = graph.ask("POST", "/invitations", json=body).json()
    assert again["invitedUser"]["id"] == guest["id"]
    assert graph.ask("GET", "/users/ana.silva_fabrikam.com%23EXT%23%40" + DOMAIN).json()["id"] == guest["id"]


def test_a_group_is_created_with_members_and_read(graph: GraphTenant) -> None:
    body = {**NEW_GROUP, "owners@odata.bind": [f"{GRAPH}/users/{ANN.user_id}"]}
    made = graph.ask("POST", f"{GRAPH.replace('v1.0', 'beta')}/groups", json=body)
    assert made.status_code == 201
    group = made.json()
    assert group["groupTypes"] == ["Unified"]
    assert group["resourceBehaviorOptions"] == ["ProvisionSiteOnDemand"]
    reference = {"@odata.id": f"{GRAPH}/directoryObjects/{BOB.user_id}"}
    assert graph.ask("POST", f"/groups/{group['id']}/members/$ref", json=reference).status_code == 204
    assert graph.ask("POST", f"/groups/{group['id']}/members/$ref", json=reference).status_code == 400
    members = graph.ask("GET", f"/groups/{group['id']}/members").json()["value"]
    assert [row["id"] for row in members] == [str(BOB.user_id)]
    owners = graph.ask("GET", f"/groups/{group['id']}/owners").json()["value"]
    assert [row["id"] for row in owners] == [str(ANN.user_id)]
    found = graph.ask("GET", "/groups?$filter=mailNickname eq 'DESIGN-team'").json()["value"]
    assert [row["id"] for row in found] == [group["id"]]
    assert graph.ask("DELETE", f"/groups/{group['id']}/members/{BOB.user_id}/$ref").status_code == 204
    assert graph.ask("GET", f"/groups/{group['id']}/members").json()["value"] == []


@pytest.mark.parametrize("alias", ["design.team", "design team", "", "größe", "a" * 65])
def test_an_illegal_alias_is_a_bad_request(graph: GraphTenant, alias: str) -> None:
    answer = graph.ask("POST", "/groups", json={**NEW_GROUP, "mailNickname": alias})
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "mailNickname")


def test_a_taken_alias_is_refused_as_graph_does(graph: GraphTenant) -> None:
    assert graph.ask("POST", "/groups", json=NEW_GROUP).status_code == 201
    answer = graph.ask("POST", "/groups", json={**NEW_GROUP, "mailNickname": "Design-Team"})
    assert answer.json()["error"]["details"][0]["code"] == "ObjectConflict"


def test_other_tenants_are_found_by_id_and_domain(graph: GraphTenant) -> None:
    base = "/tenantRelationships/findTenantInformationBy"
    by_id = graph.ask("GET", f"{base}TenantId(tenantId='{FABRIKAM}')").json()
    by_domain = graph.ask("GET", f"{base}DomainName(domainName='Fabrikam.com')").json()
    for found in (by_id, by_domain):
        assert (found["tenantId"], found["displayName"]) == (str(FABRIKAM), "Fabrikam")
        assert found["defaultDomainName"] == "fabrikam.com"
    unknown = graph.ask("GET", f"{base}TenantId(tenantId='{UUID(int=5)}')")
    assert unknown.status_code == 404
    assert graph.ask("GET", f"{base}DomainName(domainName='x.example')").status_code == 404
    assert graph.ask("GET", f"{base}TenantId(tenantId='nonsense')").status_code == 400


def test_the_organization_is_this_tenant(graph: GraphTenant) -> None:
    row = graph.ask("GET", "/organization", ANN).json()["value"][0]
    assert row["id"] == str(CONTOSO)
    assert [domain["name"] for domain in row["verifiedDomains"] if domain["isInitial"]] == [DOMAIN]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"displayName": 5}', b'{"unknown": 1}', b"\xff", b"[" * 5000])
def test_hostile_bodies_are_bad_requests(graph: GraphTenant, body: bytes) -> None:
    for path in ("/users", "/groups", "/invitations"):
        assert graph.ask("POST", path, content=body).status_code == 400


def test_unknown_options_are_refused(graph: GraphTenant) -> None:
    assert graph.ask("GET", "/users?bogus=1").status_code == 400
    refused = graph.ask("GET", "/users?$expand=manager")
    assert (refused.status_code, refused.json()["error"]["code"]) == (501, "notSupported")
