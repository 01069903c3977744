"""Groups over Graph: the prescribed forms, changes, nesting, hidden members, the site (graph-migrations.md 4.4, R-4.15 on)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BARE, BOB, GRAPH, MOVER, GraphTenant, graph_tenant
from xtenant.domain.directory import App, User

BETA = GRAPH.replace("v1.0", "beta")
PRESCRIBED: dict[str, Any] = {
    "displayName": "Design team",
    "groupTypes": ["Unified"],
    "mailNickname": "design",
    "mailEnabled": False,
    "securityEnabled": True,
    "resourceBehaviorOptions": ["ProvisionSiteOnDemand"],
    "visibility": "Private",
    "owners@odata.bind": [f"{GRAPH}/users/{ANN.user_id}"],
}
SECURITY = {"displayName": "Staff", "mailNickname": "staff", "mailEnabled": False, "securityEnabled": True}


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield tenant


def made(graph: GraphTenant, body: dict[str, Any], by: App | User = MOVER, root: str = BETA) -> dict[str, Any]:
    answer = graph.ask("POST", f"{root}/groups", by, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def add(graph: GraphTenant, group: str, member: object, noun: str = "members", by: App | User = MOVER) -> Any:
    reference = {"@odata.id": f"{GRAPH}/directoryObjects/{member}"}
    return graph.ask("POST", f"/groups/{group}/{noun}/$ref", by, json=reference)


def members(graph: GraphTenant, group: str, by: App | User = MOVER) -> list[str]:
    return [row["id"] for row in graph.ask("GET", f"/groups/{group}/members", by).json()["value"]]


@pytest.mark.parametrize("root", [GRAPH, BETA])
@pytest.mark.parametrize("form", [{}, {"mailEnabled": True, "securityEnabled": False}])
def test_both_prescribed_forms_make_a_group_without_a_site(graph: GraphTenant, root: str, form: dict[str, Any]) -> None:
    group = made(graph, {**PRESCRIBED, **form}, root=root)
    assert (group["groupTypes"], group["visibility"], group["mail"]) == (["Unified"], "Private", "design@contoso.com")
    assert group["resourceBehaviorOptions"] == ["ProvisionSiteOnDemand"]
    missing = graph.ask("GET", f"/groups/{group['id']}/sites/root")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "itemNotFound")


def test_a_group_made_otherwise_has_its_site_at_once(graph: GraphTenant) -> None:
    group = made(graph, {**PRESCRIBED, "resourceBehaviorOptions": []})
    site = graph.ask("GET", f"/groups/{group['id']}/sites/root").json()
    assert site["webUrl"] == "https://contoso.sharepoint.com/sites/design"


def test_without_a_visibility_a_microsoft_365_group_is_public_and_a_security_group_private(graph: GraphTenant) -> None:
    plain = {name: value for name, value in PRESCRIBED.items() if name != "visibility"}
    assert (made(graph, plain)["visibility"], made(graph, SECURITY)["visibility"]) == ("Public", "Private")


def test_a_person_who_makes_a_group_owns_it(graph: GraphTenant) -> None:
    plain = {name: value for name, value in PRESCRIBED.items() if "bind" not in name}
    group = made(graph, plain, by=ADMIN)
    owners = graph.ask("GET", f"/groups/{group['id']}/owners").json()["value"]
    assert [row["id"] for row in owners] == [str(ADMIN.user_id)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mailNickname": "de.sign"},
        {"mailNickname": "de sign"},
        {"mailNickname": "x" * 65},
        {"displayName": ""},
        {"visibility": "Secret"},
        {"groupTypes": ["DynamicMembership"]},
        {"groupTypes": [], "mailEnabled": True},
        {"groupTypes": [], "securityEnabled": False},
        {"groupTypes": [], "visibility": "HiddenMembership"},
        {"preferredDataLocation": "Europe"},
        {"owners@odata.bind": ["https://evil.example/users/x"]},
        {"members@odata.bind": [f"{GRAPH}/users/{BOB.user_id}"] * 21},
        {"creationOptions": "x"},
    ],
)
def test_a_group_that_cannot_be_is_a_bad_request(graph: GraphTenant, wrong: dict[str, Any]) -> None:
    assert graph.ask("POST", f"{BETA}/groups", json={**PRESCRIBED, **wrong}).status_code == 400


def test_a_taken_alias_is_refused_as_graph_does(graph: GraphTenant) -> None:
    made(graph, PRESCRIBED)
    error = graph.ask("POST", "/groups", json={**PRESCRIBED, "mailNickname": "DESIGN"}).json()["error"]
    assert (error["code"], error["details"][0]["code"]) == ("Request_BadRequest", "ObjectConflict")


def test_a_group_is_changed_and_members_bound(graph: GraphTenant) -> None:
    group = made(graph, {**PRESCRIBED, "description": "old"})["id"]
    change = {
        "displayName": "Designers",
        "description": None,
        "visibility": "Public",
        "mailNickname": "designers",
        "members@odata.bind": [f"{GRAPH}/directoryObjects/{BOB.user_id}", f"{GRAPH}/users/{ADMIN.user_id}"],
    }
    assert graph.ask("PATCH", f"/groups/{group}", json=change).status_code == 204
    shown = graph.ask("GET", f"/groups/{group}").json()
    assert {name: shown[name] for name in change if "bind" not in name} == {
        name: value for name, value in change.items() if "bind" not in name
    }
    assert shown["mail"] == "designers@contoso.com"
    assert sorted(members(graph, group)) == sorted([str(BOB.user_id), str(ADMIN.user_id)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"groupTypes": []},
        {"mailEnabled": True},
        {"visibility": "HiddenMembership"},
        {"displayName": None},
        {"mailNickname": "a.b"},
        {"members@odata.bind": [f"{GRAPH}/users/{ANN.user_id}"] * 21},
        {"members@odata.bind": [f"{GRAPH}/users/{BOB.user_id}", f"{GRAPH}/users/{BOB.user_id}"]},
    ],
)
def test_a_change_that_cannot_be_changes_nothing(graph: GraphTenant, wrong: dict[str, Any]) -> None:
    group = made(graph, PRESCRIBED)["id"]
    before = graph.ask("GET", f"/groups/{group}").json()
    assert graph.ask("PATCH", f"/groups/{group}", json={"description": "new", **wrong}).status_code == 400
    assert graph.ask("GET", f"/groups/{group}").json() == before
    assert members(graph, group) == []


def test_what_may_be_in_what(graph: GraphTenant) -> None:
    unified = made(graph, PRESCRIBED)["id"]
    outer, inner = (made(graph, {**SECURITY, "mailNickname": name})["id"] for name in ("outer", "inner"))
    assert add(graph, outer, inner).status_code == 204
    assert members(graph, outer) == [inner]
    for group, member, noun in (
        (unified, inner, "members"),
        (outer, unified, "members"),
        (outer, outer, "members"),
        (outer, inner, "owners"),
        (outer, inner, "members"),
    ):
        refused = add(graph, group, member, noun)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert add(graph, outer, "0e0e0e0e-0000-4000-8000-000000000000").status_code == 404


def test_the_last_owner_of_a_microsoft_365_group_stays(graph: GraphTenant) -> None:
    group = made(graph, PRESCRIBED)["id"]
    assert graph.ask("DELETE", f"/groups/{group}/owners/{ANN.user_id}/$ref").status_code == 400
    assert add(graph, group, BOB.user_id, "owners").status_code == 204
    assert graph.ask("DELETE", f"/groups/{group}/owners/{ANN.user_id}/$ref").status_code == 204


def test_an_owner_changes_the_group_and_a_stranger_does_not(graph: GraphTenant) -> None:
    group = made(graph, PRESCRIBED)["id"]
    assert add(graph, group, BOB.user_id, by=ANN).status_code == 204
    assert graph.ask("PATCH", f"/groups/{group}", ANN, json={"description": "mine"}).status_code == 204
    for who in (BOB, BARE):
        assert graph.ask("PATCH", f"/groups/{group}", who, json={"description": "x"}).status_code == 403
        assert add(graph, group, ADMIN.user_id, by=who).status_code == 403
    assert graph.ask("DELETE", f"/groups/{group}/members/{BOB.user_id}/$ref", BOB).status_code == 204, "leaving"


def test_hidden_members_are_shown_to_each_other_only(graph: GraphTenant) -> None:
    group = made(graph, {**PRESCRIBED, "visibility": "HiddenMembership"})["id"]
    assert graph.ask("GET", f"/groups/{group}/members", BOB).status_code == 403
    assert add(graph, group, BOB.user_id).status_code == 204
    for who in (ANN, BOB, ADMIN):
        assert members(graph, group, who) == [str(BOB.user_id)]
    assert graph.ask("PATCH", f"/groups/{group}", json={"visibility": "Public"}).status_code == 400


def test_a_batch_makes_a_group_and_its_members(graph: GraphTenant) -> None:
    json_type = {"Content-Type": "application/json"}
    first = {"id": "1", "method": "POST", "url": "/groups", "headers": json_type, "body": PRESCRIBED}
    group = graph.ask("POST", f"{BETA}/$batch", json={"requests": [first]}).json()["responses"][0]["body"]["id"]
    parts = [
        {"id": str(n), "method": "POST", "url": f"/groups/{group}/members/$ref", "headers": json_type,
         "body": {"@odata.id": f"{BETA}/directoryObjects/{who.user_id}"}}
        for n, who in enumerate((ANN, BOB, BOB))
    ]  # fmt: skip
    answers = graph.ask("POST", "/$batch", json={"requests": parts}).json()["responses"]
    assert [answer["status"] for answer in answers] == [204, 204, 400]
