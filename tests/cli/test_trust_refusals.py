"""What a tenant or the tools refuse when trust is asked for: a clear text, what to do about it, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from desk import Answer, Desk
from neighbours import TENANT_IDS

CONTOSO = "https://contoso-my.sharepoint.com/"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"
NOBODY = "https://nobody-my.sharepoint.com/"
SET = ("trust", "set", "-t", "contoso", "--partner-role", "Target", "--yes", "--partner")
CONNECT = "Connect-SPOService -Url https://contoso-admin.sharepoint.com"


def line(partner: str, *, scenario: str = "MnA", role: str = "Target", verb: str = "Set") -> str:
    return f"{verb}-SPOCrossTenantRelationship -Scenario {scenario} -PartnerRole {role} -PartnerCrossTenantHostUrl {partner}"


def in_shell(desk: Desk, *lines: str) -> Answer:
    return desk.run("shell", stdin="\n".join([CONNECT, *lines]))


@pytest.fixture
def nothing_changes(desk: Desk) -> Iterator[None]:
    """Neither a relationship nor a request received, on either side."""
    yield
    for tenant in ("contoso", "fabrikam"):
        assert desk.run("trust", "list", "-t", tenant).json == []
        assert desk.run("trust", "inbox", "-t", tenant).json == []


def switch(desk: Desk, **features: bool) -> None:
    units = desk.block["contoso"].units
    with units.write() as uow:
        uow.settings.put(replace(uow.settings.get(), **features))


@pytest.mark.usefixtures("nothing_changes")
def test_a_partner_that_does_not_exist_is_refused(desk: Desk) -> None:
    for answer in (desk.run(*SET, NOBODY), in_shell(desk, line(NOBODY))):
        assert answer.code in (4, 6), answer.err
        assert "nobody-my.sharepoint.com" in answer.err
        assert "Check the host URL" in answer.err
        assert answer.out == ""


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    ("partner", "said"),
    [
        (CONTOSO, "own"),
        ("https://fabrikam-admin.sharepoint.com", "TargetCrossTenantHostUrl value is incorrect"),
        ("https://fabrikam.sharepoint.com", "https://fabrikam-my.sharepoint.com/"),
        ("https://fabrikam-my.sharepoint.com/personal/x", "only the host belongs here"),
        ("http://fabrikam-my.sharepoint.com", "https://"),
        ("https://10.0.0.5/", "address"),
        ("https://fabrikam-my.sharepoint.com.example.com/", "sharepoint.com"),
    ],
)
def test_what_is_no_partners_host_url_is_refused_by_cmdlets_too(desk: Desk, partner: str, said: str) -> None:
    answer = in_shell(desk, line(partner))
    assert (answer.code, answer.out) == (5, "")
    assert said in answer.err.replace("itself", "own")


@pytest.mark.usefixtures("nothing_changes")
@pytest.mark.parametrize(
    ("scenario", "role", "said"),
    [
        ("MnB", "Target", "MnA"),
        ("None", "Target", "MnA"),
        ("MnA", "Targets", "Target"),
        ("MnA", "None", "Source or Target"),
    ],
)
def test_an_unknown_scenario_or_role_is_refused(desk: Desk, scenario: str, role: str, said: str) -> None:
    answer = in_shell(desk, line(FABRIKAM, scenario=scenario, role=role))
    assert (answer.code, answer.out) == (5, "")
    assert said in answer.err


@pytest.mark.usefixtures("nothing_changes")
def test_with_the_feature_off_the_text_for_microsoft_support_is_ready(desk: Desk) -> None:
    switch(desk, feature_od_move=False, feature_site_move=False)
    for answer in (desk.run(*SET, FABRIKAM), in_shell(desk, line(FABRIKAM))):
        assert (answer.code, answer.out) == (4, "")
        assert "FeatureIsNotEnabled" in answer.err
        assert "Ask Microsoft support" in answer.err and str(TENANT_IDS["contoso"]) in answer.err
    assert in_shell(desk, "Get-SPOCrossTenantHostUrl").out == f"{CONTOSO}\n"


@pytest.mark.parametrize(("switched", "kind"), [("feature_od_move", "a OneDrive"), ("feature_site_move", "a site")])
def test_with_one_kind_of_move_off_the_request_goes_and_a_warning_says_so(desk: Desk, switched: str, kind: str) -> None:
    assert "Warning" not in desk.run(*SET, FABRIKAM, "--what-if").err
    switch(desk, **{switched: False})
    answer = desk.run(*SET, FABRIKAM)
    assert (answer.code, answer.json["requests"][0]["sent"]) == (3, True)
    assert f"no move of {kind} can start" in answer.err


def test_removing_what_is_not_there_says_so(desk: Desk) -> None:
    answer = in_shell(desk, line(FABRIKAM, verb="Remove"))
    assert answer.code == 0
    assert answer.out == f"There is no trust with {FABRIKAM} as Target to remove from contoso (lab).\n"
    other_role = in_shell(desk, line(FABRIKAM), line(FABRIKAM, role="Source", verb="Remove"))
    assert other_role.out.splitlines()[-1].startswith("There is no trust")
    assert len(desk.run("trust", "list", "-t", "contoso").json) == 1


def test_a_stranger_is_not_let_in(make_desk: Callable[..., Desk]) -> None:
    alone = make_desk("contoso")
    answer = alone.run("trust", "inbox", "-t", "fabrikam")
    assert answer.code == 5
    assert "fabrikam" in answer.err
