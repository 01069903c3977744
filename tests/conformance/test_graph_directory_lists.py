"""Lists of the directory over Graph: query options, advanced questions, pages, delta, memberships, deleted objects.

Forms and codes follow graph-migrations.md 1 and 4.2 to 4.4; what is an advanced question, Microsoft's documentation of
directory objects.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BOB, DOMAIN, GRAPH, GraphTenant, graph_tenant
from xtenant.domain.directory import Group, GroupId, GroupKind
from xtenant.operations import deleted

EVENTUAL = {"ConsistencyLevel": "eventual"}
OUTER, INNER = UUID(int=0xD1), UUID(int=0xD2)


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        with tenant.units.write() as uow:
            for number, name in ((OUTER, "Outer circle"), (INNER, "Inner circle")):
                uow.groups.add(
                    Group(
                        group_id=GroupId(number),
                        kind=GroupKind.SECURITY,
                        display_name=name,
                        mail_nickname=name.partition(" ")[0].lower(),
                        created_at=clock.business_now(),
                    )
                )
            uow.memberships.add(GroupId(OUTER), INNER)
            uow.memberships.add(GroupId(INNER), ANN.user_id)
            uow.memberships.add(GroupId(OUTER), BOB.user_id, owner=True)
        yield tenant


def names(graph: GraphTenant, query: dict[str, str], *, path: str = "/users", **more: Any) -> list[str]:
    answer = graph.ask("GET", path, params=query, **more)
    assert answer.status_code == 200, answer.text
    return [row["displayName"] for row in answer.json()["value"]]


def refusal(graph: GraphTenant, query: dict[str, str], *, path: str = "/users", **more: Any) -> tuple[int, str]:
    answer = graph.ask("GET", path, params=query, **more)
    return answer.status_code, answer.json()["error"]["code"]


def test_only_the_properties_selected_are_shown(graph: GraphTenant) -> None:
    query = {"$select": "displayName,assignedLicenses", "$filter": f"userPrincipalName eq '{ANN.upn}'"}
    answer = graph.ask("GET", "/users", params=query).json()
    assert answer["value"] == [{"displayName": ANN.display_name, "assignedLicenses": []}]


def test_an_unknown_property_is_a_bad_request_in_graphs_words(graph: GraphTenant) -> None:
    for path in (f"/users/{ANN.upn}", f"/groups/{OUTER}", f"/groups/{OUTER}/members", "/users/delta", "/me"):
        assert graph.ask("GET", path, ANN, params={"$select": "shoeSize"}).status_code == 400, path
    for query in ({"$select": "shoeSize"}, {"$filter": "shoeSize eq '44'"}, {"$orderby": "shoeSize"}):
        answer = graph.ask("GET", "/users", params=query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
        assert "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'" in answer.text


def test_a_list_comes_in_the_order_asked_for(graph: GraphTenant) -> None:
    forward = names(graph, {"$orderby": "displayName"})
    assert forward == sorted(forward, key=str.lower)
    assert names(graph, {"$orderby": "displayName desc"}) == forward[::-1]


@pytest.mark.parametrize("top", ["0", "1000", "-1", "x", "9" * 12])
def test_a_page_has_one_to_999_rows(graph: GraphTenant, top: str) -> None:
    assert refusal(graph, {"$top": top}) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "displayName ne 'x'"},
        {"$filter": "not(displayName eq 'x')"},
        {"$filter": "endswith(mail,'com')"},
        {"$filter": "startswith(displayName,'a')", "$orderby": "displayName"},
    ],
)
def test_an_advanced_question_needs_the_header_and_the_count(graph: GraphTenant, query: dict[str, str]) -> None:
    assert refusal(graph, query) == (400, "Request_UnsupportedQuery")
    assert refusal(graph, query, headers=EVENTUAL) == (400, "Request_UnsupportedQuery")
    assert refusal(graph, {**query, "$count": "true"}) == (400, "Request_UnsupportedQuery")
    answer = graph.ask("GET", "/users", params={**query, "$count": "true"}, headers=EVENTUAL)
    assert answer.json()["@odata.count"] == len(answer.json()["value"])


def test_a_search_needs_the_header_and_finds_by_words(graph: GraphTenant) -> None:
    query = {"$search": '"displayName:circ" AND "displayName:inn"'}
    assert refusal(graph, query, path="/groups") == (400, "Request_UnsupportedQuery")
    assert names(graph, query, path="/groups", headers=EVENTUAL) == ["Inner circle"]


def test_counts_are_plain_text(graph: GraphTenant) -> None:
    answer = graph.ask("GET", "/users/$count", headers=EVENTUAL)
    assert (answer.text, answer.headers["content-type"]) == ("3", "text/plain; charset=utf-8")
    filtered = {"$filter": "mailNickname eq 'outer'"}
    assert graph.ask("GET", "/groups/$count", params=filtered, headers=EVENTUAL).text == "1"
    assert refusal(graph, {}, path="/users/$count") == (400, "Request_UnsupportedQuery")


def test_pages_tell_the_count_once_and_every_row_once(graph: GraphTenant) -> None:
    url, seen, counts = "/users?$top=1&$count=true&$orderby=displayName desc", list[str](), list[int | None]()
    while url:
        page = graph.ask("GET", url, headers=EVENTUAL).json()
        seen += [row["displayName"] for row in page["value"]]
        counts.append(page.get("@odata.count"))
        url = page.get("@odata.nextLink")
    assert seen == names(graph, {"$orderby": "displayName desc"})
    assert counts == [3, None, None]


@pytest.mark.parametrize("token", ["x", "e30", "WyJpZCJd", "WyJpZCIsNSwiMSJd", "////", "é", "W" * 5_000, "AAAA"])
def test_a_made_up_token_is_a_bad_request_on_every_list(graph: GraphTenant, token: str) -> None:
    for path in ("/users", "/groups", "/users/delta", f"/groups/{OUTER}/members", f"/users/{ANN.user_id}/memberOf"):
        assert refusal(graph, {"$skiptoken": token}, path=path) == (400, "Directory_ExpiredPageToken"), path
    assert refusal(graph, {"$deltatoken": token}, path="/groups/delta") == (400, "Directory_ExpiredPageToken")


def test_a_token_of_another_list_is_refused(graph: GraphTenant) -> None:
    link = graph.ask("GET", "/users?$top=1").json()["@odata.nextLink"]
    assert graph.ask("GET", link + "&$orderby=createdDateTime").status_code == 400
    delta = graph.ask("GET", "/users/delta").json()["@odata.deltaLink"]
    assert graph.ask("GET", delta.replace("/users/", "/groups/")).status_code == 400


@pytest.mark.parametrize("query", [{"$skip": "1"}, {"$apply": "x"}, {"$filter": "a" * 9_000}, {"$filter": "("}])
def test_other_options_are_refused(graph: GraphTenant, query: dict[str, str]) -> None:
    assert graph.ask("GET", "/users", params=query).status_code == 400


def delta_round(graph: GraphTenant, url: str) -> tuple[list[dict[str, Any]], str]:
    """All pages of a round, and the link to the next."""
    rows = list[dict[str, Any]]()
    while True:
        page = graph.ask("GET", url).json()
        rows += page["value"]
        if "@odata.deltaLink" in page:
            return rows, page["@odata.deltaLink"]
        url = page["@odata.nextLink"]


def test_a_delta_of_users_tells_who_came_changed_and_went(graph: GraphTenant) -> None:
    graph.ask("DELETE", f"/users/{BOB.upn}")
    first, link = delta_round(graph, "/users/delta?$top=1&$select=displayName")
    assert {row["id"] for row in first} == {str(ADMIN.user_id), str(ANN.user_id)}
    assert set(first[0]) == {"id", "displayName"}
    assert delta_round(graph, link)[0] == []
    graph.ask("PATCH", f"/users/{ANN.upn}", json={"displayName": "Ann B"})
    graph.ask("DELETE", f"/users/{ADMIN.upn}")
    second, link = delta_round(graph, link)
    assert second == [
        {"id": str(ANN.user_id), "displayName": "Ann B"},
        {"id": str(ADMIN.user_id), "@removed": {"reason": "changed"}},
    ]
    graph.ask("DELETE", f"/directory/deletedItems/{ADMIN.user_id}")
    third, _ = delta_round(graph, link)
    assert third == [{"id": str(ADMIN.user_id), "@removed": {"reason": "deleted"}}]


def test_somebody_deleted_between_two_pages_of_the_first_round_is_told(graph: GraphTenant) -> None:
    page = graph.ask("GET", "/users/delta()?$top=1").json()
    seen = page["value"][0]["id"]
    graph.ask("DELETE", f"/users/{seen}")
    rest, _ = delta_round(graph, page["@odata.nextLink"])
    assert {"id": seen, "@removed": {"reason": "changed"}} in rest


def test_a_delta_from_now_on_begins_with_a_token_alone(graph: GraphTenant) -> None:
    rows, link = delta_round(graph, "/groups/delta?$deltatoken=latest")
    assert rows == []
    reference = {"@odata.id": f"{GRAPH}/directoryObjects/{BOB.user_id}"}
    assert graph.ask("POST", f"/groups/{INNER}/members/$ref", json=reference).status_code == 204
    rows, _ = delta_round(graph, link)
    assert [row["id"] for row in rows] == [str(INNER)]


def ids(graph: GraphTenant, path: str, who: Any = ADMIN, **more: Any) -> list[str]:
    answer = graph.ask("GET", path, who, **more)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["value"]]


def test_members_are_listed_directly_and_through_nesting(graph: GraphTenant) -> None:
    direct = graph.ask("GET", f"/groups/{OUTER}/members?$select=id,displayName").json()["value"]
    assert direct == [{"@odata.type": "#microsoft.graph.group", "id": str(INNER), "displayName": "Inner circle"}]
    whole = ids(graph, f"/groups/{OUTER}/transitiveMembers")
    assert sorted(whole) == sorted([str(INNER), str(ANN.user_id)])
    paged = graph.ask("GET", f"/groups/{OUTER}/transitiveMembers?$top=1").json()
    following = graph.ask("GET", paged["@odata.nextLink"]).json()
    assert [paged["value"][0]["id"], following["value"][0]["id"]] == whole
    assert "@odata.nextLink" not in following
    people = f"/groups/{OUTER}/transitiveMembers/microsoft.graph.user"
    assert ids(graph, f"{people}?$filter=displayName eq '{ANN.display_name}'") == [str(ANN.user_id)]
    assert ids(graph, f"/groups/{OUTER}/owners") == [str(BOB.user_id)]
    assert graph.ask("GET", f"/groups/{OUTER}/transitiveMembers/$count", headers=EVENTUAL).text == "2"
    assert refusal(graph, {"$filter": "id eq 'x'"}, path=f"/groups/{OUTER}/members")[0] == 400


def test_somebodys_groups_are_listed_directly_and_through_nesting(graph: GraphTenant) -> None:
    assert ids(graph, f"/users/{ANN.upn}/memberOf") == [str(INNER)]
    assert ids(graph, "/me/transitiveMemberOf", ANN) == [str(OUTER), str(INNER)]
    assert ids(graph, f"/users/{ANN.upn}/transitiveMemberOf/microsoft.graph.group?$top=1") == [str(OUTER)]
    assert ids(graph, f"/groups/{INNER}/memberOf") == [str(OUTER)]
    assert graph.ask("GET", "/users/nobody@contoso.com/memberOf").status_code == 404


def test_groups_that_hide_their_members_are_named_to_these_alone(graph: GraphTenant) -> None:
    with graph.units.write() as uow:
        inner = uow.groups.by_id(GroupId(INNER))
        assert inner is not None
        uow.groups.update(dataclasses.replace(inner, visibility="HiddenMembership"))
    everything = {"securityEnabledOnly": False}
    for who, told in ((ANN, [str(OUTER), str(INNER)]), (ADMIN, [str(OUTER), str(INNER)]), (BOB, [str(OUTER)])):
        assert ids(graph, f"/users/{ANN.upn}/transitiveMemberOf", who) == told
        answer = graph.ask("POST", f"/users/{ANN.upn}/getMemberGroups", who, json=everything)
        assert answer.json()["value"] == told
    assert ids(graph, f"/users/{ANN.upn}/memberOf", BOB) == []
    for path in ("", "/$count", "/microsoft.graph.user"):
        answer = graph.ask("GET", f"/groups/{INNER}/members{path}", BOB, headers=EVENTUAL)
        assert answer.status_code == 403


def test_effective_membership_is_told_and_checked(graph: GraphTenant) -> None:
    asked = {"groupIds": [str(OUTER), str(UUID(int=5)), str(OUTER)]}
    assert graph.ask("POST", f"/users/{ANN.upn}/checkMemberGroups", json=asked).json()["value"] == [str(OUTER)]
    assert graph.ask("POST", f"/users/{BOB.upn}/checkMemberGroups", json=asked).json()["value"] == []
    everything = {"securityEnabledOnly": True}
    told = graph.ask("POST", "/me/getMemberGroups", ANN, json=everything).json()["value"]
    assert told == [str(OUTER), str(INNER)]
    too_many = {"groupIds": [str(UUID(int=number)) for number in range(21)]}
    assert graph.ask("POST", f"/users/{ANN.upn}/checkMemberGroups", json=too_many).status_code == 400


def test_a_deleted_user_is_listed_and_restored_with_their_memberships(graph: GraphTenant) -> None:
    gone = f"/directory/deletedItems/{ANN.user_id}"
    assert graph.ask("GET", gone).status_code == 404
    graph.ask("DELETE", f"/users/{ANN.upn}")
    assert ids(graph, f"/groups/{INNER}/members") == []
    listed = graph.ask("GET", "/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime").json()["value"]
    assert [row["id"] for row in listed] == [str(ANN.user_id)]
    assert listed[0]["deletedDateTime"] is not None
    assert graph.ask("GET", gone).json()["@odata.type"] == "#microsoft.graph.user"
    restored = graph.ask("POST", f"{gone}/restore")
    assert (restored.status_code, restored.json()["userPrincipalName"]) == (200, ANN.upn)
    assert ids(graph, f"/groups/{INNER}/members") == [str(ANN.user_id)]
    assert ids(graph, "/directory/deletedItems/microsoft.graph.user") == []


def test_a_name_taken_meanwhile_stops_the_restoration(graph: GraphTenant) -> None:
    graph.ask("DELETE", f"/groups/{INNER}")
    body = {"displayName": "New", "mailNickname": "INNER", "mailEnabled": False, "securityEnabled": True}
    assert graph.ask("POST", "/groups", json=body).status_code == 201
    answer = graph.ask("POST", f"/directory/deletedItems/{INNER}/restore")
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, "ObjectConflict")


def test_after_30_days_nobody_comes_back(graph: GraphTenant, clock: FakeClock) -> None:
    graph.ask("DELETE", f"/users/{ANN.upn}")
    assert deleted.forget_expired(graph.units, clock=clock) == 0
    clock.advance_business(days=30.01)
    assert ids(graph, "/directory/deletedItems/microsoft.graph.user") == []
    assert graph.ask("POST", f"/directory/deletedItems/{ANN.user_id}/restore").status_code == 404
    assert deleted.forget_expired(graph.units, clock=clock) == 1
    assert deleted.forget_expired(graph.units, clock=clock) == 0
    with graph.units.read() as uow:
        assert uow.memberships.groups_of(ANN.user_id) == frozenset()


def test_only_administrators_see_what_was_deleted(graph: GraphTenant) -> None:
    for method, path in (
        ("GET", "/microsoft.graph.user"),
        ("GET", f"/{ANN.user_id}"),
        ("POST", f"/{ANN.user_id}/restore"),
    ):
        answer = graph.ask(method, f"/directory/deletedItems{path}", BOB)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_an_apostrophe_and_a_percent_sign_stand_for_themselves(graph: GraphTenant) -> None:
    for local in ("o'neil", "x_y"):
        body = {
            "accountEnabled": True,
            "displayName": f"{local} 100%",
            "mailNickname": "n",
            "userPrincipalName": f"{local}@{DOMAIN}",
            "passwordProfile": {"password": "Correct-Horse-7"},
        }
        assert graph.ask("POST", "/users", json=body).status_code == 201
    assert names(graph, {"$filter": "startswith(userPrincipalName,'o''n')"}) == ["o'neil 100%"]
    advanced = {"$count": "true", "$filter": "contains(displayName,'y 100%') and contains(displayName,'x_')"}
    assert names(graph, advanced, headers=EVENTUAL) == ["x_y 100%"]
