"""Part A by two administrators on two machines: each with a profile home of one profile, real processes, one lab between them.

They exchange only what people would: the files the tool writes for the partner, and the mails of the mail server.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.labs import XTENANT, Done, Lab, lab_up

CONTOSO = "https://contoso-my.sharepoint.com/"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_up(tmp_path_factory.mktemp("homes") / "home") as running:
        yield running


@dataclass(frozen=True)
class Desk:
    """One administrator: a folder to work in, and in it a profile home with the own tenant only."""

    lab: Lab
    folder: Path

    @property
    def profiles(self) -> Path:
        return self.folder / "profiles"

    def run(self, *arguments: str, stdin: str = "") -> Done:
        """One command line, in this process, of a profile home of its own."""
        return self.lab.tools(*arguments, stdin=stdin, profiles=self.profiles)

    def script(self, *lines: str) -> Done:
        """Lines of a shell script with the lab's environment, each `xtenant …` a process of its own."""
        program = shlex.join(XTENANT)
        start = f"cd {shlex.quote(str(self.folder))}; export XTENANT_HOME={shlex.quote(str(self.profiles))}"
        return self.lab.program("sh", "-c", "\n".join([start, f'xtenant() {{ {program} "$@"; }}', *lines]))


def desk_of(lab: Lab, folder: Path, tenant: str) -> Desk:
    folder.mkdir()
    desk = Desk(lab, folder)
    kept = desk.run("connect", tenant, "--url", f"https://{tenant}-admin.sharepoint.com")
    assert kept.code == 0, kept.err
    assert [row["name"] for row in desk.run("profiles", "list").json] == [tenant]
    return desk


def answers(done: Done) -> list[Any]:
    """The JSON documents of a script, in order."""
    decoder, rest, found = json.JSONDecoder(), done.out.strip(), list[Any]()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found


def test_two_administrators_carry_out_part_a_by_files_and_mail(lab: Lab, tmp_path: Path) -> None:
    ann = desk_of(lab, tmp_path / "ann", "contoso")
    bob = desk_of(lab, tmp_path / "bob", "fabrikam")

    foreign = ann.run("trust", "inbox", "-t", "fabrikam")
    assert (foreign.code, foreign.out) == (5, ""), "Ann holds no sign-in of fabrikam"

    # Ann asks. The tool does her half and writes what Bob is to run.
    asked = ann.script(
        f"xtenant trust set --source contoso --target {FABRIKAM} --yes; test $? -eq 3 || exit 97",
        f"xtenant trust test -t contoso --partner-role Target --partner {FABRIKAM}",
    )
    assert asked.code == 3, asked.err
    requested, tested = answers(asked)
    assert (tested["this_side"], tested["partner_side"]) == ("NotEstablishedByPartner", "NotEstablished")
    handed_over = Path(requested["partner_file"])
    assert handed_over.parent == ann.folder

    # Bob has the mail and the file. Both say the same, and running the file is his answer.
    received = bob.run("trust", "inbox", "-t", "fabrikam").json[0]
    assert received["partner_host_url"] == CONTOSO
    mail = lab.wait_for_mails("fabrikam", bool)[0]["file"]
    line = bob.run("trust", "explain-mail", mail).json["answer"]
    assert line == received["answer"]
    assert line in handed_over.read_text().splitlines()
    answered = bob.script(f"xtenant shell < {shlex.quote(str(handed_over))}")
    assert answered.code == 0, answered.err
    assert answered.out.splitlines()[-1] == "GoodToProceed"

    # Each sees both sides; a second call sends nothing.
    seen = ann.run("trust", "set", "--source", "contoso", "--target", FABRIKAM)
    assert (seen.code, seen.json["start_allowed"], seen.json["requests"][0]["sent"]) == (0, True, False)
    good = bob.run("trust", "test", "-t", "fabrikam", "--partner-role", "Source", "--partner", CONTOSO)
    assert (good.code, good.json["partner_side"]) == (0, "GoodToProceed")

    # The end: Ann's half first, then Bob's by the file.
    removed = ann.script(f"xtenant trust remove --source contoso --target {FABRIKAM}")
    assert removed.code == 0, removed.err
    (removal,) = answers(removed)
    half_gone = bob.run("trust", "test", "-t", "fabrikam", "--partner-role", "Source", "--partner", CONTOSO)
    assert (half_gone.code, half_gone.json["status"]) == (3, "NotEstablishedByPartner")
    ended = bob.script(f"xtenant shell < {shlex.quote(removal['partner_file'])} && xtenant trust list -t fabrikam")
    assert ended.code == 0, ended.err
    assert ended.out.rstrip().endswith("[]")
    assert ann.run("trust", "list", "-t", "contoso").json == []
