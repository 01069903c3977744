"""Users with all their fields, and guests, over Graph (graph-migrations.md 4.2, R-4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from clock import FakeClock
from graph_tenant import ANN, DOMAIN, GraphTenant, graph_tenant
from xtenant.domain.directory import UserId
from xtenant.operations import users

NEW: dict[str, Any] = {
    "accountEnabled": False,
    "displayName": "Cleo K",
    "mailNickname": "cleo",
    "userPrincipalName": "cleo@contoso.com",
    "passwordProfile": {"password": "Correct-Horse-7", "forceChangePasswordNextSignIn": True},
}
FIELDS: dict[str, Any] = {
    "givenName": "Cleo",
    "surname": "K",
    "jobTitle": "Designer",
    "department": "Design",
    "companyName": "Contoso",
    "officeLocation": "2/11",
    "mobilePhone": "+49 30 1",
    "employeeId": "E7",
    "city": "Berlin",
    "country": "Germany",
    "preferredLanguage": "de-DE",
    "preferredDataLocation": "EUR",
    "usageLocation": "DE",
    "mail": "cleo.k@contoso.com",
    "businessPhones": ["+49 30 2"],
    "otherMails": ["cleo@home.example"],
    "onPremisesImmutableId": "abc==",
}
INVITATION = {"invitedUserEmailAddress": "ana@fabrikam.com", "inviteRedirectUrl": "https://contoso.sharepoint.com"}


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield tenant


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_every_field_sent_is_read_back_changed_and_cleared(graph: GraphTenant) -> None:
    user_id = graph.ask("POST", "/users", json={**NEW, **FIELDS}).json()["id"]
    shown = graph.ask("GET", f"/users/{user_id}?$select={','.join(['id', 'accountEnabled', *FIELDS])}").json()
    assert {name: shown[name] for name in FIELDS} == FIELDS
    assert shown["accountEnabled"] is False
    changes = {"jobTitle": None, "department": "Sales", "businessPhones": [], "accountEnabled": True}
    assert graph.ask("PATCH", f"/users/{user_id}", json=changes).status_code == 204
    shown = graph.ask("GET", f"/users/{user_id}").json()
    assert {name: shown[name] for name in changes} == changes
    assert (shown["givenName"], shown["onPremisesSyncEnabled"]) == ("Cleo", None)


def test_a_new_mail_becomes_the_primary_address_and_the_old_one_stays(graph: GraphTenant) -> None:
    user_id = graph.ask("POST", "/users", json={**NEW, "mail": "a@contoso.com"}).json()["id"]
    assert graph.ask("PATCH", f"/users/{user_id}", json={"mail": "b@contoso.com"}).status_code == 204
    shown = graph.ask("GET", f"/users/{user_id}?$select=proxyAddresses").json()
    assert shown["proxyAddresses"] == ["SMTP:b@contoso.com", "smtp:a@contoso.com"]


def test_extension_attributes_are_merged(graph: GraphTenant) -> None:
    marked = {"onPremisesExtensionAttributes": {"extensionAttribute15": "xtenant:people", "extensionAttribute1": "x"}}
    user_id = graph.ask("POST", "/users", json={**NEW, **marked}).json()["id"]
    change = {"onPremisesExtensionAttributes": {"extensionAttribute1": None, "extensionAttribute2": "y"}}
    assert graph.ask("PATCH", f"/users/{user_id}", json=change).status_code == 204
    shown = graph.ask("GET", f"/users/{user_id}?$select=onPremisesExtensionAttributes").json()
    held = {name: text for name, text in shown["onPremisesExtensionAttributes"].items() if text}
    assert held == {"extensionAttribute15": "xtenant:people", "extensionAttribute2": "y"}


@pytest.mark.parametrize("password", ["Short-1", "alllowercase", "lower123456", "A1-" + "x" * 254])
def test_a_weak_password_is_refused(graph: GraphTenant, password: str) -> None:
    answer = graph.ask("POST", "/users", json={**NEW, "passwordProfile": {"password": password}})
    assert error_of(answer) == (400, "Request_BadRequest")
    assert "complexity" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"preferredDataLocation": "Europe"},
        {"otherMails": ["nobody"]},
        {"mail": "not a mail"},
        {"usageLocation": "Germany"},
        {"businessPhones": ["1", "2"]},
        {"onPremisesExtensionAttributes": {"extensionAttribute16": "x"}},
        {"givenName": "x" * 65},
        {"userType": "Guest"},
        {"onPremisesSyncEnabled": True},
        {"surname": 7},
        {"passwordProfile": {}},
    ],
)
def test_a_value_that_cannot_be_is_a_bad_request(graph: GraphTenant, wrong: dict[str, Any]) -> None:
    assert graph.ask("POST", "/users", json={**NEW, **wrong}).status_code == 400


def test_an_account_mastered_on_premises_is_changed_there(graph: GraphTenant) -> None:
    users.set_synced(graph.units, [ANN.upn], on=True)
    refused = graph.ask("PATCH", f"/users/{ANN.user_id}", json={"displayName": "Ann B"})
    assert error_of(refused) == (400, "Request_BadRequest")
    assert graph.ask("PATCH", f"/users/{ANN.user_id}", json={"usageLocation": "FR"}).status_code == 204
    shown = graph.ask("GET", f"/users/{ANN.user_id}").json()
    assert (shown["onPremisesSyncEnabled"], shown["displayName"], shown["usageLocation"]) == (True, "Ann", "FR")


def test_a_guest_stands_in_the_directory_with_their_state(graph: GraphTenant) -> None:
    made = graph.ask("POST", "/invitations", json={**INVITATION, "invitedUserDisplayName": "Ana S"}).json()
    assert (made["status"], made["invitedUserType"]) == ("PendingAcceptance", "Guest")
    assert made["inviteRedeemUrl"].startswith("https://login.microsoftonline.com/redeem?rd=")
    name = quote(f"ana_fabrikam.com#EXT#@{DOMAIN}", safe="")
    guest = graph.ask("GET", f"/users/{name}").json()
    assert (guest["id"], guest["mail"], guest["displayName"]) == (
        made["invitedUser"]["id"],
        "ana@fabrikam.com",
        "Ana S",
    )
    assert (guest["userType"], guest["externalUserState"]) == ("Guest", "PendingAcceptance")
    listed = graph.ask("GET", "/users?$filter=userType eq 'Guest'").json()["value"]
    assert [row["id"] for row in listed] == [guest["id"]]


def test_a_guest_sees_their_own_account_and_no_directory(graph: GraphTenant) -> None:
    guest_id = graph.ask("POST", "/invitations", json=INVITATION).json()["invitedUser"]["id"]
    with graph.units.read() as uow:
        guest = uow.users.by_id(UserId(UUID(guest_id)))
    assert guest is not None
    for own in ("/me", f"/users/{guest_id}", f"/users/{quote(guest.upn, safe='')}"):
        assert graph.ask("GET", own, guest).json()["id"] == guest_id
    for others in ("/users", "/groups", "/domains", "/subscribedSkus", f"/users/{ANN.user_id}"):
        refused = graph.ask("GET", others, guest)
        assert error_of(refused) == (403, "Authorization_RequestDenied"), others


def test_a_repeated_invitation_answers_the_same_guest(graph: GraphTenant) -> None:
    first = graph.ask("POST", "/invitations", json=INVITATION).json()["invitedUser"]["id"]
    again = {**INVITATION, "invitedUserEmailAddress": "ANA@fabrikam.com", "invitedUserType": "Member"}
    assert graph.ask("POST", "/invitations", json=again).json()["invitedUser"]["id"] == first
    reset = {**INVITATION, "resetRedemption": True, "invitedUser": {"id": first}}
    assert graph.ask("POST", "/invitations", json=reset).json()["status"] == "PendingAcceptance"


def test_an_external_member_can_be_invited(graph: GraphTenant) -> None:
    made = graph.ask("POST", "/invitations", json={**INVITATION, "invitedUserType": "Member"}).json()
    shown = graph.ask("GET", f"/users/{made['invitedUser']['id']}").json()
    assert (shown["userType"], shown["creationType"]) == ("Member", "Invitation")
    assert graph.ask("PATCH", f"/users/{shown['id']}", json={"userType": "Guest"}).status_code == 204
    assert graph.ask("GET", f"/users/{shown['id']}").json()["userType"] == "Guest"


@pytest.mark.parametrize(
    "wrong",
    [
        {"invitedUserEmailAddress": ANN.mail},
        {"invitedUserEmailAddress": "nobody"},
        {"inviteRedirectUrl": "javascript:alert(1)"},
        {"invitedUserType": "Owner"},
        {"resetRedemption": True},
        {"unknown": 1},
    ],
)
def test_an_invitation_that_cannot_be_is_refused(graph: GraphTenant, wrong: dict[str, Any]) -> None:
    assert graph.ask("POST", "/invitations", json={**INVITATION, **wrong}).status_code == 400
