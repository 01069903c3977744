"""`xtenant --read-only …`: what only reads is done, what would change a tenant is refused before anything is sent."""

from __future__ import annotations

import pytest

from desk import Desk

FABRIKAM = "https://fabrikam-my.sharepoint.com/"
SITE, THERE = "https://contoso.sharepoint.com/sites/a", "https://fabrikam.sharepoint.com/sites/a"
SET = ("Set-SPOCrossTenantRelationship", "-Scenario", "MnA", "-PartnerRole", "Target")


@pytest.mark.parametrize(
    "words",
    [
        ("host-url", "-t", "contoso"),
        ("sites", "list", "-t", "contoso"),
        ("trust", "list", "-t", "contoso"),
        ("-t", "contoso", "Get-SPOCrossTenantHostUrl"),
    ],
    ids=" ".join,
)
def test_reading_commands_work_where_nothing_may_be_changed(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.run("--read-only", *words).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("trust", "set", "-t", "contoso", "--partner-role", "Target", "--partner", FABRIKAM, "--yes"),
        ("-t", "contoso", *SET, "-PartnerCrossTenantHostUrl", FABRIKAM),
        ("move", "start", "--source", "contoso", "--partner", FABRIKAM, "--site", SITE, THERE),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_changing_commands_are_refused_before_they_are_sent(desk: Desk, words: tuple[str, ...]) -> None:
    refused = desk.run("--read-only", *words)
    assert refused.code == 4, refused
    assert "was not sent" in refused.err
    assert desk.run("trust", "list", "-t", "contoso").json == []
