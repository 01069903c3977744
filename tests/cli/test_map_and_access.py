"""`map lint`, `map diff` and `access diff` as an administrator types them, over two tenants in one process."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from cli.conftest import MakeDesk
from desk import Desk
from moves.scene import Rights
from moves.two_tenants import SOURCE_URL, TARGET_URL, add_site, fill
from neighbours import TENANT_IDS, Neighbours
from xtenant.domain.content import Role

CONTOSO, FABRIKAM = TENANT_IDS["contoso"], TENANT_IDS["fabrikam"]
BOTH = ("--source", "contoso", "--target", "fabrikam")


def row(name: str, kind: str = "RegularUser", target: str = "") -> str:
    there = f"{target or name}@fabrikam.onmicrosoft.com"
    return f"User,{CONTOSO},{name}@contoso.onmicrosoft.com,{there},{there},{kind}"


def put(desk: Desk, name: str, *lines: str) -> str:
    (desk.home / name).write_text("".join(f"{line}\n" for line in lines))
    return name


@pytest.fixture
def moves(desk: Desk, block: Neighbours) -> str:
    """Ann's site, where Bob may read and may write in one folder; it moves."""
    site = add_site(block["contoso"])
    fill(block["contoso"], site, {"deep/a.txt": [b"x"], "b.txt": [b"y"]})
    rights = Rights(block["contoso"], site)
    rights.give("", bob=Role.READ)
    rights.give("deep", bob=Role.WRITE, spadmin=Role.READ)
    return put(desk, "moves.csv", "kind,source,target", f"site,{SOURCE_URL},{TARGET_URL}")


def test_lint_says_everything_at_once_in_the_shape_that_scripts_rely_on(desk: Desk) -> None:
    file = put(desk, "map.csv", row("ann", "Member"), row("bob", target="ann"), row("bob"))
    answer = desk.run("map", "lint", file)
    assert answer.code == 1
    assert [set(each) for each in answer.json["findings"]] == [
        {"rule", "severity", "line", "column", "message", "remedy"}
    ] * 3
    told = [(each["rule"], each["severity"], each["line"], each["column"]) for each in answer.json["findings"]]
    assert told == [("R-5.46", "error", 1, 6), ("R-5.52", "warning", 2, 4), ("R-5.51", "error", 3, 3)]
    assert list(answer.json) == ["findings", "rows", "errors", "warnings", "not_checked"]
    assert "R-5.56" in answer.json["not_checked"]
    assert "--moves" in answer.err


def test_lint_is_clean_only_when_every_rule_had_its_input(desk: Desk, moves: str) -> None:
    file = put(desk, "map.csv", row("ann"), row("bob"), row("spadmin"))
    assert desk.run("map", "lint", file).code == 2
    assert desk.run("map", "lint", file, "--source", str(CONTOSO), "--target", str(FABRIKAM)).code == 2
    answer = desk.run("map", "lint", file, "--moves", moves, *BOTH, "--previous", file)
    assert (answer.code, answer.json["findings"], answer.json["not_checked"]) == (0, [], [])
    file = put(desk, "less.csv", row("ann"))
    answer = desk.run("map", "lint", file, "--moves", moves, *BOTH, "--cached", "--previous", "map.csv")
    assert answer.code == 1
    assert sorted(each["rule"] for each in answer.json["findings"]) == ["R-5.58"] * 2 + ["R-5.59"] * 2
    swapped = desk.run("map", "lint", file, "--source", str(FABRIKAM), "--target", str(CONTOSO))
    assert [each["rule"] for each in swapped.json["findings"]] == ["R-5.44"]


@pytest.mark.parametrize("form", ["csv", "yaml", "table"])
def test_lint_tells_the_same_in_every_form(desk: Desk, form: str) -> None:
    file = put(desk, "map.csv", *(row(f"p{number}", "Member") for number in range(130)))
    out = desk.run("map", "lint", file, "-o", form).out
    match form:
        case "csv":
            assert [each["line"] for each in csv.DictReader(out.splitlines())] == [str(n) for n in range(1, 131)]
        case "yaml":
            told = yaml.safe_load(out)
            assert (len(told["findings"]), told["errors"], list(told)[-1]) == (130, 130, "not_checked")
        case _:
            assert out.count("'Member' is no type") == 100
            assert "R-5.46: 30 more" in out


def test_lint_writes_the_clean_form_and_overwrites_nothing(desk: Desk) -> None:
    place = desk.home / "excel.csv"
    place.write_bytes(b"\xef\xbb\xbf" + f"{row('ann')};;\r\n\r\n{row('bob')}\r\n".replace(",", ";").encode())
    answer = desk.run("map", "lint", "excel.csv", "--fix", "clean.csv")
    assert answer.code == 1
    assert (desk.home / "clean.csv").read_text() == f"{row('ann')}\n{row('bob')}\n"
    assert desk.run("map", "lint", "clean.csv").json["findings"] == []
    assert desk.run("map", "lint", "excel.csv", "--fix", "clean.csv").code == 5
    assert sorted(path.name for path in desk.home.glob("*clean*")) == ["clean.csv"]


def test_diff_shows_what_is_lost_and_says_so_by_its_exit_code(desk: Desk) -> None:
    old = put(desk, "old.csv", row("ann"), row("bob"))
    new = put(desk, "new.csv", row("bob", "GuestUser"), row("cid"))
    answer = desk.run("map", "diff", old, new)
    assert answer.code == 1
    assert [(each["change"], each["old_line"], each["new_line"]) for each in answer.json["rows"]] == [
        ("lost", 1, None), ("changed", 2, 1), ("added", None, 2),
    ]  # fmt: skip
    assert (answer.json["lost"], answer.json["changed"], answer.json["added"]) == (1, 1, 1)
    more = put(desk, "more.csv", row("bob"), row("ann"), row("cid"))
    assert desk.run("map", "diff", old, more).code == 0
    assert desk.run("map", "diff", old, old).json["rows"] == []
    absent = desk.run("map", "diff", old, "absent.csv")
    assert (absent.code, absent.out) == (5, "")


def test_access_diff_foretells_and_forbids(desk: Desk, moves: str) -> None:
    file = put(desk, "map.csv", row("ann"), row("bob"), row("admin"))
    plain = ("access", "diff", "--moves", moves, "--map", file, *BOTH)
    answer = desk.run(*plain, "--full", "all.csv")
    assert answer.code == 0
    [site] = answer.json["sites"]
    assert (site["site"], site["target"], site["predicted"]) == (SOURCE_URL, TARGET_URL, True)
    assert (site["gaining"], site["losing"]) == ([], ["spadmin@contoso.onmicrosoft.com"])
    assert site["unmapped"] == ["spadmin@contoso.onmicrosoft.com"]
    assert answer.json["totals"]["loses"] == 1
    rows = list(csv.DictReader((desk.home / "all.csv").read_text().splitlines()))
    bob = {each["path"]: (each["before"], each["after"]) for each in rows if each["person"].startswith("bob@")}
    assert bob[""] == ("read", "read")
    assert bob["Shared Documents/deep/a.txt"] == ("write", "write")
    assert all(UUID(each["item_id"]) for each in rows)
    assert desk.run(*plain, "--cached", "--forbid", "widening").code == 0
    assert desk.run(*plain, "--cached", "--forbid", "loss").code == 1
    heir = ("--unmapped", "bob@fabrikam.onmicrosoft.com")
    widened = desk.run(*plain, "--cached", "--forbid", "widening", *heir, "--full", "all.jsonl")
    assert widened.code == 0, "what Bob inherits on the folder is less than what he has"
    told = [json.loads(line) for line in (desk.home / "all.jsonl").read_text().splitlines()]
    assert {each["site"] for each in told} == {SOURCE_URL}
    assert desk.run(*plain, "--cached", "--full", "all.csv").code == 5
    assert desk.run(*plain, "--cached", "--unmapped", "nobody@fabrikam.com").code == 5


def test_access_diff_notices_widening_by_a_policy(desk: Desk, moves: str) -> None:
    file = put(desk, "map.csv", row("ann"), row("bob", target="spadmin"))
    plain = ("access", "diff", "--moves", moves, "--map", file, *BOTH, "--unmapped", "bob@fabrikam.onmicrosoft.com")
    answer = desk.run(*plain, "--forbid", "widening")
    assert answer.code == 1
    assert answer.json["sites"][0]["gaining"] == ["bob@fabrikam.onmicrosoft.com"]


def test_access_diff_says_what_it_cannot_foretell(desk: Desk, moves: str) -> None:
    put(desk, "moves.csv", "kind,source,target", f"site,{SOURCE_URL}x,{TARGET_URL}")
    file = put(desk, "map.csv", row("ann"))
    answer = desk.run("access", "diff", "--moves", "moves.csv", "--map", file, *BOTH)
    assert answer.code == 2
    assert answer.json["sites"][0]["predicted"] is False
    assert answer.json["sites"][0]["reason"]
    assert answer.json["totals"]["not_predicted"] == 1


def test_a_desk_with_one_profile_judges_what_it_can(make_desk: MakeDesk) -> None:
    desk = make_desk("fabrikam", home="theirs")
    file = put(desk, "map.csv", row("ann"), row("zoe"))
    answer = desk.run("map", "lint", file, "--target", "fabrikam", "--source", str(CONTOSO))
    assert [(each["rule"], each["line"]) for each in answer.json["findings"]] == [("R-5.63", 2)]
    assert desk.run("map", "lint", file, "--source", "contoso").code == 5
    assert Path(desk.home / "inventory" / f"{FABRIKAM}.db").exists()
