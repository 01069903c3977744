"""Step 5 on the source: whether both sides' schemas fit, asked of the partner each time (R-5.33 to R-5.38)."""

from __future__ import annotations

import dataclasses

import pytest

from desk import Desk
from xtenant.lab.switches import switch

PARTNER = ("--partner", "https://fabrikam-my.sharepoint.com/")


def trusted(desk: Desk) -> None:
    assert desk.run("trust", "set", "--source", "contoso", "--target", "fabrikam", "--yes").code == 0


def set_schema(desk: Desk, tenant: str, version: str) -> None:
    """As `lab set -t TENANT schema_version=…` does."""
    with desk.block[tenant].units.write() as uow:
        uow.settings.put(switch(uow.settings.get(), "schema_version", version))


def asked(desk: Desk) -> tuple[int, str]:
    answer = desk.run("compatibility", "--source", "contoso", *PARTNER)
    return answer.code, answer.json["status"]


@pytest.mark.parametrize(
    ("source", "target", "status", "code"),
    [
        ("16.0", "16.0", "Compatible", 0),
        ("16.0", "16.3", "Compatible", 0),
        ("16.3", "16.0", "Warning", 0),
        ("16.0", "15.9", "Incompatible", 3),
        ("15.9", "16.0", "Incompatible", 3),
    ],
)
def test_the_target_may_be_newer_within_the_same_major_version(
    desk: Desk, source: str, target: str, status: str, code: int
) -> None:
    trusted(desk)
    set_schema(desk, "contoso", source)
    set_schema(desk, "fabrikam", target)
    assert asked(desk) == (code, status)
    line = "Get-SPOCrossTenantCompatibilityStatus -PartnerCrossTenantHostURL https://fabrikam-my.sharepoint.com/"
    assert desk.run("-t", "contoso", *line.split()).out.strip() == status


def test_without_trust_on_both_sides_nothing_fits(desk: Desk) -> None:
    assert asked(desk) == (3, "Incompatible")
    trusted(desk)
    assert asked(desk) == (0, "Compatible")
    half = ("--partner-role", "Source", "--partner", "https://contoso-my.sharepoint.com/")
    removed = desk.run("trust", "remove", "-t", "fabrikam", *half)
    assert removed.code == 0, removed.err
    assert asked(desk) == (3, "Incompatible")


def test_what_to_do_now_stands_beside_the_verdict(desk: Desk) -> None:
    answer = desk.run("compatibility", "--source", "contoso", *PARTNER)
    assert "wait 48 hours" in answer.err and "trust stands on both sides" in answer.err


def test_an_answer_is_never_remembered(desk: Desk) -> None:
    trusted(desk)
    assert asked(desk) == (0, "Compatible")
    set_schema(desk, "fabrikam", "17.0")
    assert asked(desk) == (3, "Incompatible")


def test_a_partner_that_is_down_is_an_error_and_no_verdict(desk: Desk) -> None:
    trusted(desk)
    desk.block.stopped.add("fabrikam")
    answer = desk.run("compatibility", "--source", "contoso", *PARTNER)
    assert (answer.code, answer.out) == (6, "")
    assert "fabrikam-my.sharepoint.com" in answer.err


def test_the_own_host_url_is_no_partner(desk: Desk) -> None:
    answer = desk.run("compatibility", "--source", "contoso", "--partner", "https://contoso-my.sharepoint.com/")
    assert answer.code == 5, answer.err


def test_a_partner_that_states_no_version_does_not_fit(desk: Desk) -> None:
    trusted(desk)
    with desk.block["fabrikam"].units.write() as uow:
        uow.settings.put(dataclasses.replace(uow.settings.get(), schema_version="…"))
    assert asked(desk) == (3, "Incompatible")
