"""Sharing links over Graph: who may make, see, follow and end them."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BOB, MOVER, GraphTenant, graph_tenant
from xtenant.domain.content import PrincipalKey, SiteKey
from xtenant.domain.drive import Drive
from xtenant.domain.sharepoint_settings import SharingCapability
from xtenant.domain.sharing import LinkKind, LinkScope, SharingLink, address_of, token_hash, token_in
from xtenant.protocols.graph.codec.drives import drive_id


@pytest.fixture
def tenant(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as made:
        yield made


@pytest.fixture
def drive(tenant: GraphTenant) -> Drive:
    made = tenant.make_site()
    base = f"/drives/{drive_id(made)}/root"
    assert tenant.ask("PUT", f"{base}:/a/plan.txt:/content", ANN, content=b"plan").status_code == 201
    assert tenant.ask("PUT", f"{base}:/a/b/deep.txt:/content", ANN, content=b"deep").status_code == 201
    return made


def at(drive: Drive, path: str, rest: str) -> str:
    return f"/drives/{drive_id(drive)}/root:/{path}:/{rest}"


def create(tenant: GraphTenant, drive: Drive, path: str = "a/plan.txt", **body: Any) -> dict[str, Any]:
    answer = tenant.ask("POST", at(drive, path, "createLink"), ANN, json={"type": "view", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def share(url: str) -> str:
    return "u!" + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def test_the_address_of_a_link_has_the_parts_that_clients_split_it_into() -> None:
    plan = address_of("https://contoso.sharepoint.com/sites/sales", "plan.docx", "t" * 43, is_folder=False)
    assert plan == f"https://contoso.sharepoint.com/:w:/s/sales/{'t' * 43}"
    assert len(plan.split("/")) == 7
    folder = address_of("https://contoso-my.sharepoint.com/personal/ann", "x.docx", "t" * 43, is_folder=True)
    assert folder == f"https://contoso-my.sharepoint.com/:f:/g/personal/ann/{'t' * 43}"
    assert token_in(folder) == token_in(plan) == "t" * 43
    assert token_in("https://contoso.sharepoint.com/sites/sales/Shared%20Documents") is None


def test_a_link_asked_for_again_is_the_same(tenant: GraphTenant, drive: Drive) -> None:
    made = create(tenant, drive, scope="anonymous")
    again = tenant.ask("POST", at(drive, "a/plan.txt", "createLink"), ANN, json={"type": "view", "scope": "anonymous"})
    assert (again.status_code, again.json()) == (200, made)
    assert create(tenant, drive, scope="anonymous", type="edit")["id"] != made["id"]


def test_an_anonymous_link_opens_its_item_to_anybody(tenant: GraphTenant, drive: Drive) -> None:
    url = create(tenant, drive, scope="anonymous")["link"]["webUrl"]
    found = tenant.ask("GET", f"https://contoso.sharepoint.com/_api/v2.0/shares/{share(url)}/driveItem", None)
    assert (found.status_code, found.json()["name"]) == (200, "plan.txt")
    content = tenant.ask("GET", f"/shares/{share(url)}/driveItem/content", BOB)
    assert content.status_code == 302
    assert tenant.ask("GET", content.headers["Location"], None).content == b"plan"


def test_a_link_for_the_organization_opens_to_its_people_only(tenant: GraphTenant, drive: Drive) -> None:
    url = create(tenant, drive, scope="organization")["link"]["webUrl"]
    assert tenant.ask("GET", f"/shares/{share(url)}/driveItem", BOB).status_code == 200
    nobody = tenant.ask("GET", f"https://contoso.sharepoint.com/_api/v2.0/shares/{share(url)}/driveItem", None)
    assert nobody.status_code == 404


def test_a_link_for_some_people_opens_to_them_and_to_who_is_added(tenant: GraphTenant, drive: Drive) -> None:
    made = create(tenant, drive, scope="users", recipients=[{"objectId": str(ADMIN.user_id)}])
    url = made["link"]["webUrl"]
    assert tenant.ask("GET", f"/shares/{share(url)}/driveItem", ADMIN).status_code == 200
    assert tenant.ask("GET", f"/shares/{share(url)}/driveItem", BOB).status_code == 404
    body = {"recipients": [{"objectId": str(BOB.user_id)}], "roles": ["read"]}
    assert tenant.ask("POST", f"/shares/{share(url)}/permission/grant", BOB, json=body).status_code == 404
    given = tenant.ask("POST", f"/shares/{share(url)}/permission/grant", ANN, json=body)
    assert len(given.json()["value"][0]["grantedToIdentitiesV2"]) == 2
    assert tenant.ask("GET", f"/shares/{share(url)}/driveItem", BOB).status_code == 200


def test_a_link_to_a_folder_opens_what_is_below_it_but_not_what_has_rights_of_its_own(
    tenant: GraphTenant, drive: Drive
) -> None:
    url = create(tenant, drive, "a", scope="organization")["link"]["webUrl"]
    base = f"/shares/{share(url)}/driveItem"
    names = [row["name"] for row in tenant.ask("GET", f"{base}/children", BOB).json()["value"]]
    assert names == ["b", "plan.txt"]
    assert tenant.ask("GET", f"{base}:/b/deep.txt:", BOB).json()["name"] == "deep.txt"
    body = {"recipients": [{"objectId": str(ADMIN.user_id)}], "roles": ["read"], "retainInheritedPermissions": False}
    assert tenant.ask("POST", at(drive, "a/b", "invite"), ANN, json=body).status_code == 200
    assert tenant.ask("GET", f"{base}:/b/deep.txt:", BOB).status_code == 404
    names = [row["name"] for row in tenant.ask("GET", f"{base}/children", BOB).json()["value"]]
    assert names == ["plan.txt"]


def test_a_link_that_is_over_or_deleted_leads_nowhere(tenant: GraphTenant, drive: Drive, clock: FakeClock) -> None:
    ends = (clock.business_now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = create(tenant, drive, scope="organization", expirationDateTime=ends)
    place = at(drive, "a/plan.txt", f"permissions/{made['id']}")
    path = f"/shares/{share(made['link']['webUrl'])}"
    assert tenant.ask("GET", path, BOB).status_code == 200
    assert tenant.ask("PATCH", place, ANN, json={"roles": ["write"]}).status_code == 400
    changed = tenant.ask("PATCH", place, ANN, json={"expirationDateTime": None})
    assert "expirationDateTime" not in changed.json()
    assert tenant.ask("PATCH", place, ANN, json={"expirationDateTime": ends}).json()["expirationDateTime"] == ends
    clock.advance(seconds=86_401)
    assert tenant.ask("GET", path, BOB).status_code == 404
    assert tenant.ask("DELETE", place, ANN).status_code == 204
    assert tenant.ask("GET", place, ANN).status_code == 404


def test_links_are_made_by_who_may_write_and_told_to_owners_and_their_makers(tenant: GraphTenant, drive: Drive) -> None:
    body = {"type": "view", "scope": "organization"}
    assert tenant.ask("POST", at(drive, "a/plan.txt", "createLink"), BOB, json=body).status_code == 403
    given = {"recipients": [{"objectId": str(BOB.user_id)}], "roles": ["write"]}
    assert tenant.ask("POST", f"/drives/{drive_id(drive)}/root/invite", ANN, json=given).status_code == 200
    mine = create(tenant, drive, scope="anonymous")
    theirs = tenant.ask("POST", at(drive, "a/plan.txt", "createLink"), BOB, json=body).json()

    def told(who: Any) -> set[str]:
        rows = tenant.ask("GET", at(drive, "a/plan.txt", "permissions?$filter=Link ne null"), who).json()["value"]
        return {row["id"] for row in rows}

    assert (told(ANN), told(BOB)) == ({mine["id"], theirs["id"]}, {theirs["id"]})
    place = at(drive, "a/plan.txt", "permissions")
    assert tenant.ask("DELETE", f"{place}/{mine['id']}", BOB).status_code in (403, 404)
    assert tenant.ask("DELETE", f"{place}/{theirs['id']}", BOB).status_code == 204


def test_items_with_links_say_for_whom_the_widest_is(tenant: GraphTenant, drive: Drive) -> None:
    create(tenant, drive, scope="users")
    create(tenant, drive, scope="organization")
    rows = tenant.ask("GET", f"/drives/{drive_id(drive)}/root/delta", ANN).json()["value"]
    assert {row["name"]: row["shared"] for row in rows if "shared" in row} == {"plan.txt": {"scope": "organization"}}


def test_anonymous_links_can_be_switched_off(tenant: GraphTenant, drive: Drive) -> None:
    with tenant.units.write() as uow:
        settings = uow.sharepoint_settings.get()
        uow.sharepoint_settings.put(dataclasses.replace(settings, sharing_capability=SharingCapability.EXTERNAL_USERS))
    body = {"type": "view", "scope": "anonymous"}
    refused = tenant.ask("POST", at(drive, "a/plan.txt", "createLink"), ANN, json=body)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"type": "embed"},
        {"type": "view", "scope": "everybody"},
        {"type": "view", "password": "x"},
        {"type": "view", "expirationDateTime": "2001-01-01T00:00:00Z"},
        {"type": "view", "scope": "organization", "recipients": [{"email": "x@y.zz"}]},
        {"type": "view", "retainInheritedPermissions": False},
        {"type": 5},
    ],
)
def test_what_cannot_be_asked_for_is_refused(tenant: GraphTenant, drive: Drive, body: dict[str, Any]) -> None:
    assert tenant.ask("POST", at(drive, "a/plan.txt", "createLink"), ANN, json=body).status_code in (400, 501)


@pytest.mark.parametrize("name", ["u!", "u!%%%", "x!aHR0cHM6Ly94", "u!aHR0cHM6Ly94", f"u!{'A' * 3_000}", "u!w6k"])
def test_an_address_that_is_no_link_is_refused(tenant: GraphTenant, name: str) -> None:
    assert tenant.ask("GET", f"/shares/{name}/driveItem", BOB).status_code in (400, 404)


def test_a_link_that_came_with_a_move_opens_by_its_old_address_and_is_told_without_one(
    tenant: GraphTenant, drive: Drive, clock: FakeClock
) -> None:
    token = "their-own-token-of-another-tenant-000000000"
    item = tenant.ask("GET", at(drive, "a/plan.txt", "").removesuffix(":/"), ANN).json()
    with tenant.units.write() as uow:
        found = uow.items.by_path(drive.library, ["a", "plan.txt"])
        assert found is not None
        link = SharingLink(
            link_id=tenant.ids.new_id(),
            item_key=found.key,
            kind=LinkKind.VIEW,
            scope=LinkScope.ANONYMOUS,
            token_hash=token_hash(token),
            created_at=clock.business_now(),
            created_by=PrincipalKey(found.author),
        )
        uow.write_site(SiteKey(drive.site.key), now=clock.business_now()).put_links([link])
    old = f"https://fabrikam.sharepoint.com/:t:/s/old/{token}"
    assert tenant.ask("GET", f"/shares/{share(old)}/driveItem", MOVER).json()["id"] == item["id"]
    rows = tenant.ask("GET", at(drive, "a/plan.txt", "permissions"), ANN).json()["value"]
    (told,) = [row for row in rows if "link" in row]
    assert "webUrl" not in told["link"]
    assert "shareId" not in told
    assert create(tenant, drive, scope="anonymous")["id"] != told["id"]
