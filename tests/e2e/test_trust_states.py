"""The statuses of step 3 in a lab with two geos on each side: waiting, partner away, and the matrix of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from e2e.labs import Done, Lab, lab_up

HOSTS = {
    ("contoso", "NAM"): "https://contoso-my.sharepoint.com/",
    ("contoso", "EUR"): "https://contosoeur-my.sharepoint.com/",
    ("fabrikam", "NAM"): "https://fabrikam-my.sharepoint.com/",
    ("fabrikam", "GBR"): "https://fabrikamgbr-my.sharepoint.com/",
}
NAM_TO_NAM = ("--source", "contoso", "--source-geo", "NAM", "--target", "fabrikam", "--target-geo", "NAM")
CONTOSO_TO_NAM = ("-t", "contoso", "--geo", "NAM", "--partner-role", "Target", "--partner", HOSTS["fabrikam", "NAM"])
FABRIKAM_TO_NAM = ("-t", "fabrikam", "--geo", "NAM", "--partner-role", "Source", "--partner", HOSTS["contoso", "NAM"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    geos = ("--geos", "contoso=NAM,EUR", "--geos", "fabrikam=NAM,GBR")
    with lab_up(tmp_path_factory.mktemp("states") / "home", *geos, "--waiting-period", "7d") as running:
        yield running


@pytest.fixture(autouse=True)
def without_trust(lab: Lab) -> None:
    """Each test begins with no relationship on either side."""
    for tenant in ("contoso", "fabrikam"):
        for row in lab.tools("trust", "list", "-t", tenant).json:
            place = ("-t", tenant, "--geo", row["geo"], "--partner-role", row["partner_role"])
            assert lab.tools("trust", "remove", *place, "--partner", row["partner_host_url"]).code == 0


@pytest.fixture
def without_waiting(lab: Lab) -> Iterator[None]:
    for period in ("0", "7d"):
        for tenant in ("contoso", "fabrikam"):
            assert lab.run("set", "-t", tenant, f"waiting_period={period}").code == 0
        if period == "0":
            yield


def business_time(lab: Lab) -> datetime:
    return datetime.fromisoformat(lab.run("clock").json["business_time"])


def exit_and_status(done: Done) -> tuple[int, str]:
    return done.code, done.json["status"]


def test_a_request_is_dormant_for_seven_days_of_the_labs_time(lab: Lab) -> None:
    begun = business_time(lab)
    done = lab.tools("trust", "set", *NAM_TO_NAM, "--yes")
    assert exit_and_status(done) == (3, "DormantByPartner"), done.err
    assert (done.json["this_side"], done.json["partner_side"]) == ("DormantByPartner", "DormantByPartner")
    earliest = datetime.fromisoformat(done.json["earliest_start"])
    assert timedelta(days=7) - timedelta(seconds=1) <= earliest - begun <= timedelta(days=7, minutes=2)
    assert exit_and_status(lab.tools("trust", "test", *CONTOSO_TO_NAM)) == (3, "DormantByPartner")
    assert exit_and_status(lab.tools("trust", "test", *FABRIKAM_TO_NAM)) == (3, "DormantByPartner")

    assert lab.run("set", "-t", "contoso", "status_set=preview").code == 0
    assert exit_and_status(lab.tools("trust", "test", *CONTOSO_TO_NAM)) == (3, "Dormant")
    assert exit_and_status(lab.tools("trust", "test", *FABRIKAM_TO_NAM)) == (3, "DormantByPartner")
    assert lab.run("set", "-t", "contoso", "status_set=current").code == 0

    assert lab.run("clock", "--advance", "6d").code == 0
    assert exit_and_status(lab.tools("trust", "test", *CONTOSO_TO_NAM)) == (3, "DormantByPartner")
    again = lab.tools("trust", "set", *CONTOSO_TO_NAM, "--yes", "--resend")
    assert datetime.fromisoformat(again.json["earliest_start"]) - earliest < timedelta(seconds=2), "it kept its age"
    assert lab.run("clock", "--advance", "1d").code == 0
    done = lab.tools("trust", "test", *NAM_TO_NAM)
    assert exit_and_status(done) == (0, "GoodToProceed")
    assert (done.json["partner_side"], done.json["start_allowed"]) == ("GoodToProceed", True)


@pytest.mark.usefixtures("without_waiting")
def test_a_partner_that_is_away_could_not_be_contacted_and_nothing_is_lost(lab: Lab) -> None:
    assert lab.tools("trust", "set", *NAM_TO_NAM, "--yes").code == 0
    assert lab.run("stop", "fabrikam").json["state"] == "stopped"
    try:
        away = lab.tools("trust", "test", *CONTOSO_TO_NAM)
        assert exit_and_status(away) == (6, "CouldNotContactPartner"), away.err
        assert (away.json["partner_side"], away.json["start_allowed"]) == (None, False)
        other = ("--partner-role", "Target", "--partner", HOSTS["fabrikam", "GBR"])
        unsent = lab.tools("trust", "set", "-t", "contoso", "--geo", "NAM", *other, "--yes")
        assert (unsent.code, unsent.out) == (6, "")
        assert "fabrikamgbr-my.sharepoint.com" in unsent.err
    finally:
        assert lab.run("start", "fabrikam").json["state"] == "running"
    assert exit_and_status(lab.tools("trust", "test", *CONTOSO_TO_NAM)) == (0, "GoodToProceed")
    assert len(lab.tools("trust", "list", "-t", "contoso").json) == 1


def pairs(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Own geo and partner's host URL to the statuses of both sides."""
    return {(row["geo"], row["partner_host_url"]): (row["this_side"], row["partner_side"]) for row in rows}


@pytest.mark.usefixtures("without_waiting")
def test_three_pairs_of_geos_set_and_one_not_are_what_the_matrix_shows_on_both_sides(lab: Lab) -> None:
    for source_geo, target_geo in (("NAM", "NAM"), ("NAM", "GBR"), ("EUR", "NAM")):
        geos = ("--source-geo", source_geo, "--target-geo", target_geo)
        done = lab.tools("trust", "set", "--source", "contoso", "--target", "fabrikam", *geos, "--yes")
        assert exit_and_status(done) == (0, "GoodToProceed"), done.err
    both = ("GoodToProceed", "GoodToProceed")
    seen = lab.tools("trust", "matrix", "-t", "contoso")
    assert seen.code == 3
    assert pairs(seen.json) == {
        ("NAM", HOSTS["fabrikam", "NAM"]): both,
        ("NAM", HOSTS["fabrikam", "GBR"]): both,
        ("EUR", HOSTS["fabrikam", "NAM"]): both,
        ("EUR", HOSTS["fabrikam", "GBR"]): ("NotEstablished", None),
    }
    seen = lab.tools("trust", "matrix", "-t", "fabrikam")
    assert seen.code == 3
    assert pairs(seen.json) == {
        ("NAM", HOSTS["contoso", "NAM"]): both,
        ("GBR", HOSTS["contoso", "NAM"]): both,
        ("NAM", HOSTS["contoso", "EUR"]): both,
        ("GBR", HOSTS["contoso", "EUR"]): ("NotEstablished", None),
    }
    whole = lab.tools("trust", "matrix", "--source", "contoso", "--target", "fabrikam").json
    allowed = {(row["geo"], row["partner_geo"]): row["start_allowed"] for row in whole}
    assert allowed == {("NAM", "NAM"): True, ("NAM", "GBR"): True, ("EUR", "NAM"): True, ("EUR", "GBR"): False}


def test_a_geo_of_ones_own_is_no_partner(lab: Lab) -> None:
    own = ("--partner-role", "Target", "--partner", HOSTS["contoso", "EUR"])
    done = lab.tools("trust", "set", "-t", "contoso", "--geo", "NAM", *own, "--yes")
    assert (done.code, done.out) == (5, ""), done.err
    line = f"Set-SPOCrossTenantRelationship MnA Target {HOSTS['contoso', 'EUR']}"
    connect = "Connect-SPOService -Url https://contoso-admin.sharepoint.com"
    done = lab.tools("shell", stdin=f"{connect}\n{line}\n")
    assert (done.code, done.out) == (5, ""), done.err
    assert "R-0.8" in done.err
    assert lab.tools("trust", "list", "-t", "contoso").json == []
    asked = {row["partner_host_url"] for row in lab.tools("trust", "inbox", "-t", "contoso").json}
    assert not asked & {HOSTS["contoso", "NAM"], HOSTS["contoso", "EUR"]}


def test_a_geo_must_be_named_where_there_are_several(lab: Lab) -> None:
    done = lab.tools("trust", "test", "-t", "contoso", *CONTOSO_TO_NAM[4:])
    assert done.code == 5
    assert "--geo" in done.err and "EUR" in done.err
