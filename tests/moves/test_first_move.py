"""A whole move over the real wire, from the start call to the redirect, by both kinds of unit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moves.two_tenants import (
    API,
    SOURCE_URL,
    TARGET_URL,
    TwoTenants,
    add_site,
    content_of,
    fill,
    is_visible,
    two_tenants,
    user,
)
from xtenant.domain.content import REDIRECT_TEMPLATE
from xtenant.operations import sites

FILES = {"a.txt": [b"one", b"two"], "deep/b.txt": [b"three"], "deep/c.bin": [bytes(range(256)) * 5_000]}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        yield pair


def test_a_site_moves_with_files_versions_and_authors_and_leaves_a_redirect(pair: TwoTenants) -> None:
    fill(pair.source, add_site(pair.source), FILES)
    before = content_of(pair.source, SOURCE_URL)
    answer = pair.start()
    assert answer.status_code == 201, answer.text
    job = pair.wait_for_end(answer.json()["Id"])
    assert (job["State"], job["StateName"], job["JobPhase"]) == (2, "Success", 255), job
    assert content_of(pair.target, TARGET_URL) == before
    assert content_of(pair.source, SOURCE_URL) is None
    with pair.source.units.read() as uow:
        redirect = uow.sites.visible_by_url(SOURCE_URL)
    assert redirect is not None and redirect.template == REDIRECT_TEMPLATE
    assert (redirect.redirect_url, redirect.frozen_by) == (TARGET_URL, None)
    with pair.target.units.read() as uow:
        site = uow.sites.visible_by_url(TARGET_URL)
        assert site is not None and site.title == "Plans"
        assert site.owner_id == user(pair.target, "ann").user_id
        logins = {person.login for person in uow.principals.of_site(site.key)}
    assert logins == {"i:0#.f|membership|ann@fabrikam.onmicrosoft.com"}
    mirror = pair.show("fabrikam", answer.json()["Id"])
    assert (mirror["State"], mirror["Direction"], mirror["TargetSiteUrl"]) == (2, 1, TARGET_URL)


def test_a_onedrive_moves_to_its_mapped_owner(pair: TwoTenants) -> None:
    ann = user(pair.source, "ann")
    onedrive = sites.create_personal_site(
        pair.source.units, geo=pair.source.tenant.default_geo, user=ann, clock=pair.source.clock, ids=pair.source.ids
    )
    fill(pair.source, onedrive, FILES)
    before = content_of(pair.source, onedrive.url)
    target = "https://fabrikam-my.sharepoint.com/personal/ann_fabrikam_onmicrosoft_com"
    answer = pair.start(onedrive.url, target)
    assert answer.status_code == 201, answer.text
    job = pair.wait_for_end(answer.json()["Id"])
    assert job["StateName"] == "Success", job
    assert content_of(pair.target, target) == before
    with pair.target.units.read() as uow:
        found = uow.sites.visible_personal_of(user(pair.target, "ann").user_id)
    assert found is not None and found.url == target


def test_a_start_names_every_obstacle_and_leaves_no_job(pair: TwoTenants) -> None:
    answer = pair.start("https://contoso.sharepoint.com/sites/none", "https://contoso.sharepoint.com/sites/x")
    assert answer.status_code == 400
    text = answer.json()["odata.error"]["message"]["value"]
    assert "[https://contoso.sharepoint.com/sites/none] does not exist" in text
    assert "[https://contoso.sharepoint.com/sites/x] is not one of the partner" in text
    report = pair.call(
        "contoso",
        "GET",
        f"{API}/GetMoveReport(moveState=-1,moveDirection=2,startTime='2020-01-01 00:00:00Z',"
        "endTime='2100-01-01 00:00:00Z',limit='10')",
    )
    assert report.json()["value"] == []


def test_a_target_that_is_taken_refuses_the_start_with_microsofts_text(pair: TwoTenants) -> None:
    add_site(pair.source)
    add_site(pair.target, TARGET_URL)
    answer = pair.start()
    assert answer.status_code == 400
    assert "The target tenant has a conflict for the site provided." in answer.text


def test_validation_only_moves_nothing(pair: TwoTenants) -> None:
    add_site(pair.source)
    answer = pair.start(body={"Option": 2})
    assert (answer.status_code, answer.json()["StateName"]) == (200, "Success")
    assert not is_visible(pair.target, TARGET_URL)
    assert pair.call("contoso", "GET", f"{API}/GetByMoveId(SiteMoveId='{answer.json()['Id']}')").status_code == 404


def test_a_scheduled_move_can_be_cancelled_once_and_a_second_start_is_refused(pair: TwoTenants) -> None:
    add_site(pair.source)
    later = {"PreferredMoveBeginDateInUtc": "2099-01-01T00:00:00Z"}
    first = pair.start(body=later, headers={"Idempotency-Key": "k1"})
    assert first.json()["StateName"] == "Scheduled"
    assert pair.start(body=later, headers={"Idempotency-Key": "k1"}).json()["Id"] == first.json()["Id"]
    assert pair.start(headers={"Idempotency-Key": "k1"}).status_code == 409
    second = pair.start(body=later)
    assert second.status_code in (400, 409) and "already in progress" in second.text
    key = SOURCE_URL.replace("/", "%23")
    assert pair.call("contoso", "POST", f"{API}(url='{key}')/Cancel").status_code == 204
    stopped = pair.call("contoso", "GET", f"{API}(url='{key}')").json()
    assert (stopped["StateName"], stopped["CancelTriggeredBy"]) == ("Stopped", "spadmin@contoso.onmicrosoft.com")


def test_without_trust_nothing_is_learned_of_users_and_addresses(tmp_path: Path) -> None:
    with two_tenants(tmp_path, trusted=False) as pair:
        add_site(pair.source)
        add_site(pair.target, TARGET_URL)
        taken, free = pair.start(), pair.start(target="https://fabrikam.sharepoint.com/sites/free")
        assert taken.status_code == free.status_code == 400
        assert taken.text == free.text
        assert "There is no Cross-Tenant relationship established" in taken.text


def test_a_plain_user_may_not_start(pair: TwoTenants) -> None:
    add_site(pair.source)
    assert pair.start(upn="ann").status_code == 403
