"""`plan make`, `show`, `edit`, `convert` as an administrator types them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.conftest import MakeDesk
from desk import Desk
from moves.two_tenants import SOURCE_URL, add_site
from neighbours import TENANT_IDS, Neighbours
from xtenant.domain import plan

MADE = ("plan", "make", "--source", "contoso", "--target", "fabrikam")
CSV = """id,kind,source,target,wave,begin,end,options,note
a,site,https://contoso.sharepoint.com/sites/x,https://fabrikam.sharepoint.com/sites/x,1,,,unmapped=text,first
b,user,ann@contoso.com,ann@fabrikam.com,1,,,,
"""


@pytest.fixture
def sited(desk: Desk, block: Neighbours) -> Desk:
    add_site(block["contoso"])
    return desk


def rows(place: Path) -> list[dict[str, str]]:
    return [dict(plan.cells_of(move)) for move in plan.read_moves(place.read_text(), name=str(place))]


def test_a_plan_is_made_of_what_the_tenant_holds_and_can_be_made_again(sited: Desk) -> None:
    answer = sited.run(*MADE, "--begin", "2026-12-01T20:00:00Z", "--rename", "*=new-*")
    assert answer.code == 0
    told: dict[str, Any] = answer.json
    written = rows(sited.home / "moves.csv")
    assert len(written) == told["added"] > 0
    [site] = [row for row in written if row["source"] == SOURCE_URL]
    name = SOURCE_URL.rpartition("/")[2]
    assert site["target"] == f"https://fabrikam.sharepoint.com/sites/new-{name}"
    assert (site["id"], site["wave"], site["begin"]) == (f"s-{name.lower()}", "1", "2026-12-01T20:00:00Z")
    assert "https://contoso.sharepoint.com" in [each["url"].rstrip("/") for each in told["left_out"]]
    sited.run("plan", "edit", "moves.csv", "--id", site["id"], "--note", "ours")
    again = sited.run(*MADE, "--cached", "--rename", "*=other-*")
    assert (again.code, again.json["added"], again.json["kept"]) == (0, 0, len(written))
    assert [row["note"] for row in rows(sited.home / "moves.csv") if row["id"] == site["id"]] == ["ours"]


def test_what_is_new_comes_in_a_wave_of_its_own_and_what_is_gone_stays(sited: Desk) -> None:
    (sited.home / "moves.yaml").write_text(
        "# waves agreed on Monday\nmoves:\n- id: old\n  kind: site\n  source: https://contoso.sharepoint.com/sites/absent\n"
        "  target: https://fabrikam.sharepoint.com/sites/absent\n  wave: 3 # after the fair\n"
    )
    answer = sited.run(*MADE, "--out", "moves.yaml", "--kind", "site", "--pilot", "5")
    assert (answer.code, answer.json["gone"], answer.json["kept"]) == (0, ["old"], 1)
    text = (sited.home / "moves.yaml").read_text()
    assert text.startswith("# waves agreed on Monday\n") and "# after the fair" in text
    assert {row["wave"] for row in rows(sited.home / "moves.yaml")} == {"3", "4"}


def test_a_target_that_is_taken_is_named_and_left_to_people(sited: Desk, block: Neighbours) -> None:
    add_site(block["fabrikam"], SOURCE_URL.replace("contoso", "fabrikam"))
    answer = sited.run(*MADE, "--kind", "site", "--what-if")
    assert answer.code == 1
    [conflict] = answer.json["conflicts"]
    assert conflict["taken_by"] == conflict["target"] == SOURCE_URL.replace("contoso", "fabrikam")
    assert not (sited.home / "moves.csv").exists()


def test_a_plan_names_its_tenants_in_yaml_and_is_refused_for_others(sited: Desk, make_desk: MakeDesk) -> None:
    assert sited.run(*MADE, "--out", "moves.yaml").code == 0
    told = yaml.safe_load((sited.home / "moves.yaml").read_text())
    assert told["source_tenant_id"] == str(TENANT_IDS["contoso"])
    assert told["target_tenant_id"] == str(TENANT_IDS["fabrikam"])
    assert told["target_host_url"] == "https://fabrikam-my.sharepoint.com/"
    turned = sited.run("plan", "make", "--source", "fabrikam", "--target", "contoso", "--out", "moves.yaml", "--cached")
    assert turned.code == 5 and "source_tenant_id" in turned.err


def test_without_a_target_the_host_url_says_where_the_moves_go(sited: Desk) -> None:
    nowhere = sited.run("plan", "make", "--source", "contoso")
    assert nowhere.code == 5 and "--target-host" in nowhere.err
    host = ("--target-host", "https://fabrikam-my.sharepoint.com/")
    assert sited.run("plan", "make", "--source", "contoso", "--cached", *host).code == 0
    assert {
        row["target"].partition("/sites/")[0] for row in rows(sited.home / "moves.csv") if row["kind"] == "site"
    } == {"https://fabrikam.sharepoint.com"}


WRONG_RULES = (
    ("--rename", "a"),
    ("--rename", "**=b"),
    ("--rename", "a=*"),
    ("--rename", "a@x=b"),
    ("--begin", "tomorrow"),
    ("--domain", "contoso.com"),
    ("--wave-moves", "4001"),
    ("--target-host", "https://fabrikam.sharepoint.com/"),
)


def test_a_rule_that_cannot_be_meant_is_refused_before_anything_is_read(desk: Desk) -> None:
    assert [wrong for wrong in WRONG_RULES if desk.run(*MADE, *wrong).code != 5] == []
    assert not (desk.home / "moves.csv").exists()


def test_show_tells_rows_and_what_the_waves_come_to(desk: Desk) -> None:
    (desk.home / "moves.csv").write_text(CSV)
    told = desk.run("plan", "show", "moves.csv").json
    assert [each["id"] for each in told["moves"]] == ["a", "b"]
    assert told["waves"] == [
        {"wave": "1", "moves": 2, "site": 1, "user": 1, "begin": None, "too_many": False}
    ]  # fmt: skip
    assert [each["id"] for each in desk.run("plan", "show", "moves.csv", "--kind", "user").json["moves"]] == ["b"]
    assert desk.run("plan", "show", "moves.csv", "--wave", "2").json["count"] == 0
    (desk.home / "bad.csv").write_text(CSV + "b,disk,x,y,,,,,\n")
    refused = desk.run("plan", "show", "bad.csv")
    assert refused.code == 5 and "line 4" in refused.err


def test_edit_changes_one_row_and_keeps_the_file_before(desk: Desk) -> None:
    (desk.home / "moves.csv").write_text(CSV)
    new = "https://fabrikam.sharepoint.com/sites/y"
    line = ("plan", "edit", "moves.csv", "--id", "A", "--target", new, "--option", "unmapped=", "--option", "k=v")
    assert desk.run(*line, "--what-if").json["changed"]["target"][1] == new
    assert (desk.home / "moves.csv").read_text() == CSV
    answer = desk.run(*line)
    assert answer.json["changed"]["options"] == ["unmapped=text", "k=v"]
    before, after = CSV.splitlines(), (desk.home / "moves.csv").read_text().splitlines()
    assert [number for number in range(3) if before[number] != after[number]] == [1]
    assert (desk.home / "moves.csv.before").read_text() == CSV
    assert desk.run("plan", "edit", "moves.csv", "--id", "b", "--drop").json["dropped"] is True
    assert [row["id"] for row in rows(desk.home / "moves.csv")] == ["a"]


WRONG_EDITS = (
    ("--id", "z", "--wave", "2"),
    ("--id", "a"),
    ("--id", "a", "--begin", "x"),
    ("--id", "a", "--option", "x"),
    ("--id", "a", "--source", "ann@contoso.com"),
    ("--id", "a", "--target", ""),
    ("--id", "a", "--drop", "--wave", "1"),
)


def test_an_edit_that_would_damage_the_plan_leaves_it_alone(desk: Desk) -> None:
    (desk.home / "moves.csv").write_text(CSV)
    assert [wrong for wrong in WRONG_EDITS if desk.run("plan", "edit", "moves.csv", *wrong).code != 5] == []
    assert (desk.home / "moves.csv").read_text() == CSV


def test_convert_writes_the_other_form_and_overwrites_nothing(desk: Desk) -> None:
    (desk.home / "moves.csv").write_text(CSV)
    assert desk.run("plan", "convert", "moves.csv", "moves.yaml").code == 0
    assert rows(desk.home / "moves.yaml") == rows(desk.home / "moves.csv")
    assert desk.run("plan", "convert", "moves.csv", "moves.yaml").code == 5
    assert desk.run("plan", "convert", "moves.yaml", "back.csv").code == 0
    assert (desk.home / "back.csv").read_text() == CSV
