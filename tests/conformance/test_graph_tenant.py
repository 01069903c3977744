"""The tenant over Graph: domains, SharePoint settings, and the OneDrive that comes of being used (R-4.8 to R-4.10)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BARE, BOB, CONTOSO, DOMAIN, MOVER, GraphTenant, graph_tenant
from xtenant.domain.caller import SHAREPOINT_ADMINISTRATOR
from xtenant.domain.directory import App, AppId, User, UserId
from xtenant.domain.licence import AssignedLicence
from xtenant.domain.tenant import TenantSettings
from xtenant.operations import licences

SETTINGS = "/admin/sharepoint/settings"
READER = App(
    app_id=AppId(UUID(int=0xC1)),
    object_id=UUID(int=0xC2),
    display_name="Reader",
    permissions=frozenset({"SharePointTenantSettings.Read.All"}),
)
SP_ADMIN = User(
    user_id=UserId(UUID(int=0xC3)),
    upn=f"sp@{DOMAIN}",
    display_name="SharePoint",
    directory_roles=frozenset({SHAREPOINT_ADMINISTRATOR}),
    created_at=FakeClock().business_now(),
)


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield tenant


def test_domains_and_organization_name_the_default_and_the_initial_one(graph: GraphTenant) -> None:
    domains = graph.ask("GET", "/domains", ANN).json()["value"]
    assert [(row["id"], row["isDefault"], row["isInitial"], row["isVerified"]) for row in domains] == [
        ("contoso.com", True, False, True),
        (DOMAIN, False, True, True),
    ]
    own = graph.ask("GET", f"/organization/{CONTOSO}").json()
    assert [row["name"] for row in own["verifiedDomains"]] == ["contoso.com", DOMAIN]
    assert graph.ask("GET", "/domains/CONTOSO.com").json()["isDefault"] is True
    for missing in ("/domains/fabrikam.com", f"/organization/{UUID(int=1)}"):
        assert graph.ask("GET", missing).status_code == 404


def test_sharepoint_settings_are_read_changed_and_kept(graph: GraphTenant) -> None:
    assert graph.ask("GET", SETTINGS, READER).json()["isSiteCreationEnabled"] is True
    changes: dict[str, Any] = {
        "isSiteCreationEnabled": False,
        "personalSiteDefaultStorageLimitInMB": 5,
        "sharingCapability": "disabled",
        "allowedDomainGuidsForSyncApp": [str(UUID(int=5))],
        "idleSessionSignOut": {"isEnabled": True, "warnAfterInSeconds": 60, "signOutAfterInSeconds": 90},
    }
    answer = graph.ask("PATCH", SETTINGS, SP_ADMIN, json=changes)
    assert answer.status_code == 200, answer.text
    shown = graph.ask("GET", SETTINGS, ADMIN).json()
    assert {name: shown[name] for name in changes} == changes
    assert shown["isLoopEnabled"] is True


@pytest.mark.parametrize(
    "wrong",
    [
        {"isSiteCreationEnabled": "no"},
        {"unknown": True},
        {"sharingCapability": "unknownFutureValue"},
        {"personalSiteDefaultStorageLimitInMB": -1},
        {"idleSessionSignOut": {"isEnabled": 1}},
        {"allowedDomainGuidsForSyncApp": ["x"]},
        ["isSiteCreationEnabled"],
    ],
)
def test_a_setting_that_cannot_be_is_a_bad_request(graph: GraphTenant, wrong: object) -> None:
    assert graph.ask("PATCH", SETTINGS, ADMIN, json=wrong).status_code == 400


def test_only_administrators_and_permitted_apps_get_at_the_settings(graph: GraphTenant) -> None:
    for who in (ANN, BARE, MOVER):
        assert graph.ask("GET", SETTINGS, who).status_code == 403
    assert graph.ask("PATCH", SETTINGS, READER, json={"isLoopEnabled": False}).status_code == 403


def license_for_sharepoint(graph: GraphTenant, *people: User) -> None:
    with graph.units.write() as uow:
        sku = licences.subscribe(uow, "SPE_E3", 9)
        for person in people:
            licence = AssignedLicence(sku_id=sku.sku_id, assigned_at=graph.clock.business_now())
            uow.licences.assign(person.user_id, licence)


def allow(graph: GraphTenant, creators: str) -> None:
    with graph.units.write() as uow:
        uow.settings.put(TenantSettings(personal_site_creation=creators))


def test_a_licensed_persons_own_call_brings_their_onedrive_about(graph: GraphTenant) -> None:
    assert graph.ask("GET", "/me/drive", ANN).status_code == 404, "nobody without a licence has one"
    license_for_sharepoint(graph, ANN)
    made = graph.ask("GET", "/me/drive", ANN)
    assert made.json()["webUrl"].startswith("https://contoso-my.sharepoint.com/personal/ann_contoso_onmicrosoft_com")
    assert graph.ask("GET", "/me/drive", ANN).json()["id"] == made.json()["id"]


def test_an_app_and_a_colleague_bring_nothing_about(graph: GraphTenant) -> None:
    license_for_sharepoint(graph, ANN)
    for who in (MOVER, BOB):
        assert graph.ask("GET", f"/users/{ANN.user_id}/drive", who).status_code == 404
    graph.ask("GET", f"/users/{ANN.user_id}/drive", SP_ADMIN)
    assert graph.ask("GET", f"/users/{ANN.user_id}/drive", MOVER).status_code == 200, "an administrator's look made it"


def test_who_is_restricted_gets_none_by_signing_in(graph: GraphTenant) -> None:
    license_for_sharepoint(graph, ANN, BOB)
    allow(graph, "nobody")
    assert graph.ask("GET", "/me/drive", ANN).status_code == 404
    body = {"displayName": "May", "mailNickname": "may", "mailEnabled": False, "securityEnabled": True}
    bind = {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{BOB.user_id}"]}
    group = graph.ask("POST", "/groups", json={**body, **bind}).json()["id"]
    allow(graph, group)
    assert [graph.ask("GET", "/me/drive", who).status_code for who in (ANN, BOB)] == [404, 200]


def test_a_disabled_account_gets_none(graph: GraphTenant) -> None:
    license_for_sharepoint(graph, ANN)
    with graph.units.write() as uow:
        uow.users.update(dataclasses.replace(ANN, account_enabled=False))
    assert graph.ask("GET", "/me/drive", ANN).status_code == 404
