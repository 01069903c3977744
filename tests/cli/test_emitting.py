"""`--emit powershell`: nothing is sent, scripts appear, and run in our shell they do what the command would have done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.conftest import MakeDesk
from cli.estate import PLANS, Estate, small_estate
from desk import Answer, Desk
from neighbours import Neighbours
from xtenant.cmdlets.script import steps
from xtenant.cmdlets.script.reading import ReadScript, read_script

FABRIKAM = "https://fabrikam-my.sharepoint.com/"


@pytest.fixture
def estate(block: Neighbours) -> Estate:
    return small_estate(block)


@pytest.fixture
def drill(make_desk: MakeDesk, estate: Estate) -> Desk:
    desk = make_desk(home="drill")
    for name in ("contoso", "fabrikam"):
        desk.add(name, drill=True)
    return desk


def written(answer: Answer) -> list[ReadScript]:
    assert answer.code == 0, answer.err
    assert answer.json["sent"] is False
    return [read_script(Path(row["file"]).read_text("utf-8")) for row in answer.json["emitted"]]


def lines_of(answer: Answer) -> list[str]:
    return [line for script in written(answer) for _, line in script.lines]


def test_a_site_is_removed_by_two_plain_lines(drill: Desk) -> None:
    answer = drill.run("sites", "remove", PLANS, "-t", "contoso", "--emit", "powershell", "--emit-to", "out")
    assert lines_of(answer) == [
        "Connect-SPOService -Url 'https://contoso-admin.sharepoint.com'",
        f"Remove-SPOSite -Identity '{PLANS}' -Confirm:$false",
    ]
    (row,) = answer.json["emitted"]
    assert Path(row["file"]).parent == Path("out")
    assert Path(row["file"]).stat().st_mode & 0o777 == 0o600
    text = Path(row["file"]).read_text("utf-8")
    assert text.startswith("\ufeff# xtenant script 1\n")
    assert f"undo: Restore-SPODeletedSite -Identity '{PLANS}'" in text


def test_a_script_run_here_leaves_results_that_are_taken_once_and_looked_up(
    drill: Desk, desk: Desk, block: Neighbours
) -> None:
    answer = drill.run("sites", "remove", PLANS, "-t", "contoso", "--emit", "powershell")
    script = Path(answer.json["emitted"][0]["file"]).absolute()
    ran = desk.run("shell", "--script", str(script))
    assert ran.code == 0, ran.err
    results = script.with_suffix(".results.jsonl")
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    assert [row["ok"] for row in rows] == [True, True]
    assert set(rows[0]) == {"plan_id", "step", "sha256_of_line", "started", "ended", "ok", "error_text", "output"}
    taken = drill.run("import-results", str(results))
    assert taken.code == 0, taken.err
    assert [row["observed"] for row in taken.json] == [None, "stands"]
    again = drill.run("import-results", str(results))
    assert [row["verdict"] for row in again.json] == ["reported before"] * 2
    audited = (drill.home / "audit").glob("*.jsonl")
    outcomes = [json.loads(line)["outcome"] for path in audited for line in path.read_text().splitlines()]
    assert outcomes == ["emitted", "reported"]


def test_results_of_other_lines_plans_and_forms_are_not_taken(drill: Desk) -> None:
    answer = drill.run("sites", "remove", PLANS, "-t", "contoso", "--emit", "powershell")
    script = read_script(Path(answer.json["emitted"][0]["file"]).read_text("utf-8"))
    step, line = script.lines[1]
    good = {
        "plan_id": str(script.plan_id),
        "step": step,
        "sha256_of_line": steps.sha256_of(line),
        "started": "2026-11-23T20:00:00Z",
        "ended": "2026-11-23T20:00:01Z",
        "ok": True,
        "error_text": "",
        "output": "\u001b[2Jcleared",
    }
    bad = [
        {**good, "sha256_of_line": steps.sha256_of("Remove-SPOSite 'https://contoso.sharepoint.com'")},
        {**good, "step": "0-1"},
        {**good, "plan_id": "00000000-0000-4000-8000-000000000000"},
        {**good, "ok": "perhaps"},
        {**good, "more": 1},
    ]
    lines = [json.dumps(one) for one in [*bad, good, good]] + ["no json", "[" * 100_000]
    Path("results.jsonl").write_text("\n".join(lines))
    told = drill.run("import-results", "results.jsonl")
    assert told.code == 1
    assert [row["verdict"] for row in told.json] == [
        "the line that was run is another one",
        "not written out here",
        "of another plan",
        "unreadable",
        "unreadable",
        "taken",
        "reported before",
        "unreadable",
        "unreadable",
    ]
    assert told.json[5]["observed"] == "does not stand"


MOVES = f"""id,kind,source,target,wave,begin,options
1,site,{PLANS},https://fabrikam.sharepoint.com/sites/plans,1,2026-12-01T20:00:00Z,
2,user,o'neil@contoso.com,oneil@fabrikam.com,../../etc,,force=yes
3,group,team,team,1,,
"""


def test_a_plan_is_written_out_by_waves(drill: Desk) -> None:
    Path("moves.csv").write_text(MOVES)
    answer = drill.run("plan", "emit", "moves.csv", "--source", "contoso", "--target", FABRIKAM, "--emit-to", "scripts")
    first, second = written(answer)
    assert [line for _, line in first.lines][1:] == [
        f"Start-SPOCrossTenantSiteContentMove -SourceSiteUrl '{PLANS}' "
        "-TargetSiteUrl 'https://fabrikam.sharepoint.com/sites/plans' "
        f"-TargetCrossTenantHostUrl '{FABRIKAM}' -PreferredMoveBeginDate '2026-12-01T20:00:00'",
        "Start-SPOCrossTenantGroupContentMove -SourceGroupAlias 'team' -TargetGroupAlias 'team' "
        f"-TargetCrossTenantHostUrl '{FABRIKAM}'",
    ]
    assert [line for _, line in second.lines][1:] == [
        "Start-SPOCrossTenantUserContentMove -SourceUserPrincipalName 'o''neil@contoso.com' "
        f"-TargetUserPrincipalName 'oneil@fabrikam.com' -TargetCrossTenantHostUrl '{FABRIKAM}' -Force"
    ]
    assert {Path(row["file"]).parent for row in answer.json["emitted"]} == {Path("scripts")}
    assert Path("moves.csv.state.db").exists()


def test_the_results_of_a_plan_find_the_state_beside_it(drill: Desk, desk: Desk) -> None:
    Path("moves.csv").write_text(MOVES)
    options = ("--source", "contoso", "--target", FABRIKAM, "--wave", "1", "--validate-only")
    answer = drill.run("plan", "emit", str(Path("moves.csv").absolute()), *options)
    script = Path(answer.json["emitted"][0]["file"]).absolute()
    assert desk.run("shell", "--script", str(script)).code == 4  # there is no trust
    told = drill.run("import-results", str(script.with_suffix(".results.jsonl")))
    assert told.code == 1
    assert [row["reported"] for row in told.json] == ["ok", "failed", "failed"]
    assert "relationship" in told.json[1]["error"]


def test_an_option_that_microsofts_cmdlet_does_not_know_is_refused(drill: Desk) -> None:
    Path("moves.csv").write_text("kind,source,target,options\ngroup,team,team,unmapped=text\n")
    answer = drill.run("plan", "emit", "moves.csv", "--source", "contoso", "--target", FABRIKAM)
    assert (answer.code, "unmapped" in answer.err) == (5, True)
    assert list(Path().glob("*.ps1")) == []


def test_one_side_of_a_trust_is_written_out_and_the_partners_lines_are_told(drill: Desk) -> None:
    answer = drill.run("trust", "set", "--source", "contoso", "--target", FABRIKAM, "--emit", "powershell")
    assert lines_of(answer)[1:] == [
        f"Set-SPOCrossTenantRelationship -Scenario 'MnA' -PartnerRole 'Target' -PartnerCrossTenantHostUrl '{FABRIKAM}'"
    ]
    assert "-PartnerRole Source" in answer.err
    assert list(Path().glob("*.txt")) == []


def test_what_stands_already_is_not_written_out(drill: Desk, desk: Desk) -> None:
    half = ("--partner-role", "Target", "--partner", FABRIKAM)
    assert desk.run("trust", "set", "-t", "contoso", *half, "--yes").code == 3
    answer = drill.run("trust", "set", "-t", "contoso", *half, "--emit", "powershell")
    assert (answer.json["emitted"], list(Path().glob("*.ps1"))) == ([], [])
    assert "no script was written" in answer.err


def test_a_name_that_cannot_stand_on_a_line_is_refused_and_nothing_is_written(drill: Desk) -> None:
    row = ("-t", "fabrikam", "--source-tenant", "11111111-1111-4111-8111-111111111111")
    pair = ("--source", "a@b.com\nRemove-SPOSite x", "--target", "c@d.com")
    answer = drill.run("map", "set-user", *row, *pair, "--emit", "powershell", "--emit-to", "out")
    assert answer.code == 5, answer
    assert not Path("out").exists()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(drill: Desk) -> None:
    Path("out").write_text("in the way")
    answer = drill.run("sites", "remove", PLANS, "-t", "contoso", "--emit", "powershell", "--emit-to", "out")
    assert (answer.code, "--emit-to" in answer.err) == (5, True)


def test_a_script_that_was_touched_is_not_run(drill: Desk, desk: Desk) -> None:
    answer = drill.run("sites", "remove", PLANS, "-t", "contoso", "--emit", "powershell")
    script = Path(answer.json["emitted"][0]["file"]).absolute()
    script.write_text(script.read_text("utf-8") + "Get-SPOSite\n")
    assert desk.run("shell", "--script", str(script)).code == 5
    assert not script.with_suffix(".results.jsonl").exists()


def test_a_script_of_another_tenant_ends_at_its_first_line(drill: Desk, make_desk: MakeDesk) -> None:
    answer = drill.run("sites", "remove", PLANS, "-t", "contoso", "--emit", "powershell")
    script = Path(answer.json["emitted"][0]["file"]).absolute()
    stranger = make_desk("fabrikam", home="stranger")
    ran = stranger.run("shell", "--script", str(script))
    assert (ran.code, "the rest of the script was not run" in ran.err) == (7, True), ran
    (row,) = [json.loads(line) for line in script.with_suffix(".results.jsonl").read_text().splitlines()]
    assert row["ok"] is False


def finding(rule: str, *commands: str) -> dict[str, object]:
    return {
        "id": rule,
        "rule": rule,
        "severity": "error",
        "cause": "It is \nlocked.",
        "evidence": "D",
        "object": {"kind": "site", "name": PLANS},
        "remedy": {"who": "source administrator", "text": "Unlock it.", "commands": commands},
    }


def test_the_remedies_of_a_report_become_a_script_for_each_tenant(drill: Desk) -> None:
    there, here = (f"Connect-SPOService -Url https://{name}-admin.sharepoint.com" for name in ("fabrikam", "contoso"))
    unlock = f"Set-SPOSite -Identity '{PLANS}' -LockState Unlock"
    findings = [
        finding("R-6.30", here, unlock),
        finding("R-6.35", there, "New-XtUser -UserPrincipalName 'o''n@f.com' -DisplayName “O’N” -UsageLocation DE"),
        finding("R-6.27", "xtenant plan declare moves.csv byok=no --by NAME"),
        finding("X", here, unlock, "Get-SPOSite; Remove-SPOSite x", "Invoke-Expression 'x'"),
        finding("Z", "Connect-SPOService -Url https://other-admin.sharepoint.com", "Enable-XtUser -User a@b.com"),
        finding("Y", "Remove-SPOSite 'https://contoso.sharepoint.com/sites/x'"),
    ]
    Path("moves.csv").write_text(MOVES)
    Path("report.json").write_text(json.dumps({"findings": findings, "more": 1}))
    answer = drill.run("plan", "emit", "moves.csv", "--source", "contoso", "--remedies", "report.json")
    source, target = written(answer)
    assert [line for _, line in source.lines] == [
        "Connect-SPOService -Url 'https://contoso-admin.sharepoint.com'",
        f"Set-SPOSite -Identity '{PLANS}' -LockState 'Unlock'",
    ]
    assert [line for _, line in target.lines][2:] == [
        "New-XtUser -UserPrincipalName 'o''n@f.com' -DisplayName 'O’’N' -UsageLocation 'DE'"
    ]
    assert [line.split(" ")[0] for line in answer.json["by_hand"]] == [
        "xtenant",
        "Get-SPOSite;",
        "Invoke-Expression",
        "Remove-SPOSite",
        "Enable-XtUser",
    ]
    Path("report.json").write_text("[]")
    assert drill.run("plan", "emit", "moves.csv", "--source", "contoso", "--remedies", "report.json").code == 5
