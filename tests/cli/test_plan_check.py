"""`plan check` and `plan declare` as an administrator types them, over two tenants in one process."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from cli.conftest import MakeDesk
from cli.estate import PLANS, Estate, small_estate
from desk import Answer, Desk
from neighbours import Neighbours

BOTH = ("--source", "contoso", "--target", "fabrikam")
TARGET = "https://fabrikam.sharepoint.com/sites/plans"


def put(desk: Desk, name: str, *lines: str) -> str:
    (desk.home / name).write_text("".join(f"{line}\n" for line in lines))
    return name


def errors(answer: Answer) -> set[str]:
    return {each["rule"] for each in answer.json["findings"] if each["severity"] == "error"}


@pytest.fixture
def estate(block: Neighbours) -> Estate:
    return small_estate(block)


@pytest.fixture
def moves(desk: Desk, estate: Estate) -> str:
    """Ann's OneDrive, a site, and the site of a group."""
    return put(
        desk,
        "moves.csv",
        "id,kind,source,target",
        "ann,user,ann@contoso.onmicrosoft.com,ann@fabrikam.onmicrosoft.com",
        f"plans,site,{PLANS},{TARGET}",
        "team,group,team,team",
    )


def test_everything_is_told_at_once_and_the_lines_of_a_remedy_run_as_they_stand(desk: Desk, moves: str) -> None:
    before = desk.run("plan", "check", moves, *BOTH)
    assert before.code == 1, before.err
    _has_the_shape_that_scripts_rely_on(before)
    mended = ("R-6.22", "R-6.36", "R-6.37", "R-6.39")
    assert {*mended, "R-6.26"} <= errors(before)
    told = [each for each in before.json["findings"] if each["rule"] in mended]
    ran = desk.run("shell", stdin="".join(f"{line}\n" for each in told for line in each["remedy"]["commands"]))
    assert ran.code == 0, ran.err
    after = desk.run("plan", "check", moves, *BOTH)
    assert not {"R-6.36", "R-6.39"} & errors(after)
    gone = {each["id"] for each in before.json["findings"]} - {each["id"] for each in after.json["findings"]}
    assert "R-6.37/person/ann@contoso.onmicrosoft.com" in gone


def _has_the_shape_that_scripts_rely_on(answer: Answer) -> None:
    assert list(answer.json) == ["findings", "errors", "warnings", "notes", "context", "moves", "not_checked"]
    assert all(
        set(each) == {"id", "rule", "severity", "cause", "evidence", "object", "remedy", "depends_on"}
        for each in answer.json["findings"]
    )
    assert [(each["id"], each["verdict"]) for each in answer.json["moves"]] == [
        ("ann", "blocked"), ("plans", "blocked"), ("team", "blocked")
    ]  # fmt: skip
    assert "R-6.27" in {each["rule"] for each in answer.json["not_checked"]}


def test_what_is_declared_is_kept_beside_the_plan_with_name_and_time(desk: Desk, moves: str) -> None:
    told = desk.run("plan", "declare", moves, "byok=no", "apps=looked-for", "--by", "Ann Bee")
    assert [(each["key"], each["value"], each["declared_by"]) for each in told.json] == [
        ("apps", "looked-for", "Ann Bee"), ("byok", "no", "Ann Bee")
    ]  # fmt: skip
    place = desk.home / "moves.csv.state.db"
    assert place.stat().st_mode & 0o077 == 0
    rules = {each["rule"] for each in desk.run("plan", "check", moves, *BOTH).json["not_checked"]}
    assert "R-6.28" in rules
    assert not {"R-6.27", "R-7.19"} & rules
    with sqlite3.connect(place) as database:
        assert database.execute("SELECT count(*) FROM moves").fetchone() == (3,)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("byok=perhaps", "--by", "Ann"), "byok"),
        (("sky=blue", "--by", "Ann"), "sky"),
        (("byok",), "KEY=VALUE"),
        (("byok=no",), "--by"),
        (("departures=nowhere.csv", "--by", "Ann"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_declared_is_refused_by_name(desk: Desk, moves: str, words: tuple[str, ...], says: str) -> None:
    answer = desk.run("plan", "declare", moves, *words)
    assert answer.code == 5
    assert says in answer.err


def test_departure_dates_come_from_a_file(desk: Desk, moves: str) -> None:
    today = desk.block.clock.business_now().date()
    put(desk, "left.csv", "upn,departed", f"ann@contoso.onmicrosoft.com,{today - timedelta(days=70)}")
    assert desk.run("plan", "declare", moves, "departures=left.csv", "--by", "Ann").code == 0
    assert "R-7.33" in errors(desk.run("plan", "check", moves, *BOTH))
    put(desk, "left.csv", "upn,departed", "ann@contoso.onmicrosoft.com,soon")
    answer = desk.run("plan", "declare", moves, "departures=left.csv", "--by", "Ann")
    assert answer.code == 5
    assert "line 2" in answer.err


def test_a_report_is_written_in_the_form_its_name_says(desk: Desk, moves: str, tmp_path: Path) -> None:
    answer = desk.run(
        "plan", "check", moves, *BOTH, "--report", "out.html", "--report", "out.csv", "--report", "out.json"
    )
    assert answer.code == 1
    count = len(answer.json["findings"])
    assert "<html" in (desk.home / "out.html").read_text()
    assert len(json.loads((desk.home / "out.json").read_text())["findings"]) == count
    assert len(list(csv.DictReader(io.StringIO((desk.home / "out.csv").read_text())))) >= count
    assert desk.run("plan", "check", moves, *BOTH, "--report", "out.docx").code == 5


def test_two_administrators_check_with_a_file_and_ask_what_it_does_not_tell(
    desk: Desk, make_desk: MakeDesk, moves: str
) -> None:
    told = desk.run("handover", "export", "fabrikam.handover", "-t", "fabrikam", "--yes")
    assert told.code == 0, told.err
    words = told.err.partition("administrator: ")[2].strip()
    own = make_desk("contoso", home="own")
    file = str(desk.home / "fabrikam.handover")
    imported = own.run("handover", "import", file, "--fingerprint", words)
    assert imported.code == 0, imported.err
    plan = put(own, "moves.csv", *(desk.home / moves).read_text().splitlines())
    answer = own.run("plan", "check", plan, "--source", "contoso", "--target", file)
    assert answer.code == 1, answer.err
    asked = {each["rule"] for each in answer.json["not_checked"]}
    assert {"R-6.25", "R-6.37"} <= asked
    assert "R-6.39" in errors(answer)


def test_the_tenant_itself_is_asked_only_when_that_is_allowed(desk: Desk, moves: str) -> None:
    assert desk.run("plan", "check", moves, *BOTH, "--ask-server").code == 5
    answer = desk.run("plan", "check", moves, *BOTH, "--ask-server", "--allow-validation")
    said = [each for each in answer.json["findings"] if each["rule"] == "R-9.1.4"]
    assert {each["object"]["name"] for each in said} == {"row ann", "row plans", "row team"}
    assert all(each["depends_on"] for each in said)
    assert "R-9.1.4" not in {each["rule"] for each in answer.json["not_checked"]}
    assert desk.run("move", "list", "--source", "contoso").json == []


def test_of_microsoft_365_the_question_is_a_script_and_its_results_are_the_answer(
    make_desk: MakeDesk, estate: Estate
) -> None:
    drill = make_desk(home="drill")
    for name in ("contoso", "fabrikam"):
        drill.add(name, drill=True)
    plan = str(drill.home / put(drill, "moves.csv", "id,kind,source,target", f"plans,site,{PLANS},{TARGET}"))
    answer = drill.run("plan", "check", plan, *BOTH, "--ask-server")
    assert answer.code == 1, answer.err
    assert "R-6.22" in errors(answer)
    assert "R-9.1.4" in {each["rule"] for each in answer.json["not_checked"]}
    (script,) = drill.home.glob("*.ps1")
    assert "-ValidationOnly" in script.read_text(encoding="utf-8-sig")
    lab = make_desk("contoso", "fabrikam", home="lab")
    lab.run("shell", "--script", str(script))
    results = script.with_suffix(".results.jsonl")
    assert drill.run("import-results", str(results)).code in (0, 1)
    again = drill.run("plan", "check", plan, *BOTH, "--cached")
    said = [each for each in again.json["findings"] if each["rule"] == "R-9.1.4"]
    assert [each["object"]["moves"] for each in said] == [["plans"]]
