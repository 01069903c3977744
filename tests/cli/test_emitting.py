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
