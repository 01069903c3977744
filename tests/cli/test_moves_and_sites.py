"""`xtenant move …` and `xtenant sites …`, and the cmdlets beside them, where nothing has moved yet."""

from __future__ import annotations

from desk import Desk

FABRIKAM = "https://fabrikam-my.sharepoint.com/"


def test_nothing_to_show_is_said_as_nothing(desk: Desk) -> None:
    assert desk.run("redirects", "list", "-t", "contoso").json == []
    assert desk.run("move", "list", "--source", "contoso").json == []
    lines = "\n".join(
        [
            "Connect-SPOService -Url https://contoso-admin.sharepoint.com",
            "Get-SPOSite -Template RedirectSite#0 -IncludePersonalSite $true -Limit All",
            f"Get-SPOCrossTenantSiteContentMoveState -PartnerCrossTenantHostUrl {FABRIKAM} -MoveState All",
        ]
    )
    answer = desk.run("shell", stdin=lines)
    assert (answer.code, answer.out) == (0, "")
    assert "No move was found" in answer.err


def test_a_start_without_trust_is_refused_and_leaves_no_job(desk: Desk) -> None:
    site = ("--site", "https://contoso.sharepoint.com/sites/a", "https://fabrikam.sharepoint.com/sites/a")
    answer = desk.run("move", "start", "--source", "contoso", "--partner", FABRIKAM, *site)
    assert answer.code == 4
    assert answer.err.startswith("error: ")
    assert desk.run("move", "list", "--source", "contoso").json == []


def test_what_does_not_exist_is_not_found(desk: Desk) -> None:
    job = "b298219e-3440-40b8-8931-46e805e2b85b"
    assert desk.run("move", "show", job, "--source", "contoso").code == 4
    url = "https://contoso.sharepoint.com/sites/nothing"
    assert desk.run("sites", "show", url, "-t", "contoso").code == 4
    assert desk.run("sites", "remove", url, "-t", "contoso", "--yes").code == 4


def test_the_target_may_refuse_only_what_it_knows(desk: Desk) -> None:
    answer = desk.run("move", "refuse", "b298219e-3440-40b8-8931-46e805e2b85b", "-t", "fabrikam", "--yes")
    assert answer.code == 4
    assert answer.err.startswith("error: ")


def test_a_policy_or_rule_that_is_none_is_a_usage_error(desk: Desk) -> None:
    group = ("--group", "plans", "their-plans", "--unmapped", "bob")
    assert desk.run("move", "start", "--source", "contoso", "--partner", FABRIKAM, *group).code == 5
    job = "b298219e-3440-40b8-8931-46e805e2b85b"
    assert desk.run("move", "people", job, "-t", "fabrikam", "--rule", "none").code == 5
    assert desk.run("move", "people", job, "-t", "fabrikam").code == 4
