"""Two administrators in two homes, each with one profile, who exchange a file and a host URL only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desk import Desk

CONTOSO = "https://contoso-my.sharepoint.com/"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"


def test_part_a_goes_by_the_files_alone(make_desk: Callable[..., Desk]) -> None:
    bob = make_desk("fabrikam", home="bob")
    ann = make_desk("contoso", home="ann")
    asked = ann.run("trust", "set", "--source", "contoso", "--target", FABRIKAM, "--yes")
    assert asked.code == 3
    file = Path(asked.json["partner_file"])
    assert file == ann.home / "trust-for-fabrikam.txt"
    assert CONTOSO in file.read_text()
    answered = bob.run("shell", stdin=file.read_text())
    assert answered.code == 0, answered.err
    assert answered.out.splitlines()[-1] == "GoodToProceed"
    assert ann.run("trust", "test", "--source", "contoso", "--target", "fabrikam", "--partner", FABRIKAM).code == 0
    removal = ann.run("trust", "remove", "--source", "contoso", "--target", "fabrikam")
    assert removal.json["removals"][0]["removed"] is True
    rest = Path(removal.json["partner_file"]).read_text()
    assert bob.run("shell", stdin=rest).code == 0
    assert bob.run("trust", "list", "-t", "fabrikam").json == []


def test_the_other_side_may_begin(make_desk: Callable[..., Desk]) -> None:
    bob = make_desk("fabrikam", home="bob")
    answer = bob.run("trust", "set", "--source", "contoso", "--target", "fabrikam", "--yes")
    assert "taken for the tenant at https://contoso-my.sharepoint.com/" in answer.err
    assert answer.json["partner_lines"][1] == (
        f"Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl {FABRIKAM}"
    )


def test_a_name_close_to_a_profile_is_a_typing_mistake(make_desk: Callable[..., Desk]) -> None:
    desk: Desk = make_desk("contoso")
    answer = desk.run("trust", "set", "--source", "contosso", "--target", FABRIKAM, "--yes")
    assert answer.code == 5
    assert "Did you mean contoso?" in answer.err
