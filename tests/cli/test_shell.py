"""Microsoft's lines in `xtenant shell`, and cmdlets as commands of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desk import Desk

CONTOSO = "https://contoso-my.sharepoint.com/"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"
TO_CONTOSO = "Connect-SPOService -url https://contoso-admin.sharepoint.com"
TO_FABRIKAM = "Connect-SPOService -url https://fabrikam-admin.sharepoint.com"
ON_SOURCE = f"-Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl {FABRIKAM}"
ON_TARGET = f"-Scenario MnA -PartnerRole Source -PartnerCrossTenantHostUrl {CONTOSO}"

STEPS_1_TO_3 = f"""\
# Step 1 and 2
{TO_CONTOSO}
Get-SPOCrossTenantHostURL
Test-SPOCrossTenantRelationship {ON_SOURCE}
Set-SPOCrossTenantRelationship {ON_SOURCE}
Test-SPOCrossTenantRelationship {ON_SOURCE}
{TO_FABRIKAM}
Get-SPOCrossTenantHostURL
Verify-SPOCrossTenantRelationship {ON_TARGET}

Set-SPOCrossTenantRelationship {ON_TARGET}
Test-SPOCrossTenantRelationship {ON_TARGET}
{TO_CONTOSO}
Test-SPOCrossTenantRelationship –Scenario mna `
    -partnerrole TARGET -PartnerCrossTenantHostURL {FABRIKAM}
"""


def test_the_lines_of_steps_1_to_3_give_the_promised_statuses(desk: Desk) -> None:
    answer = desk.run("shell", stdin=STEPS_1_TO_3)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        CONTOSO,
        "NotEstablished",
        f"Requested trust of {FABRIKAM} as Target, scenario MnA, from contoso (lab).",
        "NotEstablishedByPartner",
        FABRIKAM,
        "NotEstablished",
        f"Requested trust of {CONTOSO} as Source, scenario MnA, from fabrikam (lab).",
        "GoodToProceed",
        "GoodToProceed",
    ]


def test_step_7_ends_the_trust_and_its_misprinted_line_is_refused_with_the_right_one(desk: Desk) -> None:
    desk.run("shell", stdin=STEPS_1_TO_3)
    printed = f"Remove-SPOCrossTenantRelationship {ON_SOURCE}"
    answer = desk.run("shell", stdin=f"{TO_CONTOSO}\n{printed}\n{TO_FABRIKAM}\n{printed}\n")
    assert answer.code == 5
    assert answer.out.splitlines() == [f"Removed trust with {FABRIKAM} as Target, scenario MnA, from contoso (lab)."]
    right = f"Remove-SPOCrossTenantRelationship {ON_TARGET}"
    assert right in answer.err
    corrected = desk.run("shell", stdin=f"{TO_FABRIKAM}\n{right}\nTest-SPOCrossTenantRelationship {ON_TARGET}\n")
    assert corrected.code == 0
    assert corrected.out.splitlines()[-1] == "NotEstablished"


def test_an_error_ends_its_line_only_and_gives_the_exit_code(desk: Desk) -> None:
    lines = [
        TO_CONTOSO,
        "Get-SPOCrossTenantHostUrll",
        "Get-SPOCrossTenantHostUrl | Out-Null",
        "Get-SPOCrossTenantHostUrl",
    ]
    answer = desk.run("shell", stdin="\n".join(lines))
    assert answer.code == 5
    assert answer.out.splitlines() == [CONTOSO]
    assert "The nearest: Get-SPOCrossTenantHostUrl" in answer.err
    assert "not the PowerShell language" in answer.err


def test_a_connect_that_fails_leaves_no_connection(desk: Desk) -> None:
    unknown = "Connect-SPOService -Url https://northwind-admin.sharepoint.com"
    answer = desk.run("shell", stdin=f"{TO_CONTOSO}\n{unknown}\nGet-SPOCrossTenantHostUrl\n")
    assert answer.code == 7
    assert answer.out == ""
    assert "Connect-SPOService" in answer.err.splitlines()[-1]


def test_a_wrong_role_is_sent_and_warned_about(desk: Desk) -> None:
    wrong = f"Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl {CONTOSO}"
    lines = [TO_CONTOSO, f"Set-SPOCrossTenantRelationship {ON_SOURCE}", TO_FABRIKAM, wrong]
    answer = desk.run("shell", stdin="\n".join(lines))
    assert answer.code == 0
    assert "Warning" in answer.err
    assert "this tenant's Source; the line says Target" in answer.err
    assert answer.out.splitlines()[-1].startswith(f"Requested trust of {CONTOSO} as Target")


def test_relationships_are_listed_as_blocks(desk: Desk) -> None:
    lines = [
        TO_CONTOSO,
        f"Set-SPOCrossTenantRelationship {ON_SOURCE}",
        "Get-SPOCrossTenantRelationship",
        f"Get-SPOCrossTenantRelationshipByPartner {FABRIKAM}",
        "Get-SPOCrossTenantRelationshipByScenario MnA Target",
        "Get-SPOCrossTenantRelationshipByScenario -Scenario MnA -PartnerRole Source",
        "Disconnect-SPOService",
    ]
    answer = desk.run("shell", stdin="\n".join(lines))
    assert answer.code == 0, answer.err
    assert answer.out.count(f"PartnerCrossTenantHostUrl : {FABRIKAM}") == 3


def test_a_cmdlet_is_a_command_in_any_letter_case(desk: Desk) -> None:
    answer = desk.run(
        "-t", "contoso", "set-SPOCROSSTENANTrelationship", "MnA", "-partnerrole:target", "-PartnerC", FABRIKAM
    )
    assert answer.code == 0, answer.err
    assert answer.out.startswith(f"Requested trust of {FABRIKAM}")
    nobody = desk.run("Get-SPOCrossTenantHostUrl")
    assert nobody.code == 7
    assert "-t NAME" in nobody.err
    assert desk.run("Connect-SPOService", "-Url", "https://fabrikam-admin.sharepoint.com").code == 0
    assert desk.run("get–spocrosstenanthosturl").out == f"{FABRIKAM}\n"
    assert desk.run("Disconnect-SPOService").code == 0
    assert desk.run("Get-SPOCrossTenantHostUrl").code == 7


def test_with_one_profile_there_is_no_doubt_which_tenant_is_meant(make_desk: Callable[..., Desk]) -> None:
    alone = make_desk("fabrikam")
    assert alone.run("Get-SPOCrossTenantHostUrl").out == f"{FABRIKAM}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Set-SPOCrossTenantRelationship -Scenario MnX -PartnerRole Target -PartnerCrossTenantHostUrl x", "MnA"),
        ("Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target", "PartnerCrossTenantHostUrl"),
        ("Set-SPOCrossTenantRelationship -Scenaro MnA", "-Scenario"),
        (f"Set-SPOCrossTenantRelationship MnA Target {FABRIKAM.replace('-my', '-admin')}", "-my.sharepoint.com"),
        (f"Set-SPOCrossTenantRelationship MnA None {FABRIKAM}", "role"),
        ("Stop-SPOCrossTenantUserContentMove – SourceUserPrincipalName a@b.c", "Remove the blank"),
        ("Add-SPOTenantIdentityMap -IdentityMapPath nowhere.csv", "nowhere.csv"),
        ("Get-SPOSites", "Get-SPOSite"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_right(make_desk: Callable[..., Desk], line: str, said: str) -> None:
    answer = make_desk("contoso").run("shell", "-t", "contoso", stdin=line)
    assert answer.code == 5
    assert answer.out == ""
    assert said in answer.err


def test_the_cmdlets_there_are_are_listed(desk: Desk) -> None:
    rows = desk.run("shell", "--list").json
    assert {"Connect-SPOService", "Set-SPOCrossTenantRelationship"} <= {row["cmdlet"] for row in rows}
