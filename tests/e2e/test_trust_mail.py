"""The mail of a trust request: it survives an outage of the mail server, comes once, reads as R-2.21, and can be answered."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import cast

import pytest

from e2e.labs import Lab, lab_up

CONTOSO = "https://contoso-my.sharepoint.com/"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"
LINE = (
    "SPO Tenant [https://contoso-my.sharepoint.com/] [setuporupdate] Organization Relation "
    "[Scenario=MnA, Role=Source] with us"
)
"""R-2.21, when the source asks."""
REQUEST = ("trust", "set", "-t", "contoso", "--partner", FABRIKAM, "--yes", "--resend")
ANSWER = f"Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Source -PartnerCrossTenantHostUrl {CONTOSO}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_up(tmp_path_factory.mktemp("mail") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def notice(lab: Lab) -> Path:
    """The mail of a request that was sent while the mail server was away, as the mail server kept it."""
    assert lab.run("stop", "smtp").json["state"] == "stopped"
    requested = lab.tools(*REQUEST, "--partner-role", "Target")
    assert (requested.code, requested.json["status"]) == (3, "NotEstablishedByPartner"), requested.err
    assert lab.mails("fabrikam") == []
    assert lab.run("start", "smtp").json["state"] == "running"
    (mail,) = lab.wait_for_mails("fabrikam", bool)
    assert mail["recipients"] == [lab.env["tenants"]["fabrikam"]["users"]["global_admin"]["upn"]]
    return Path(mail["file"])


def test_the_mail_reads_as_the_article_shows_it(notice: Path) -> None:
    raw = notice.read_bytes()
    message = cast(EmailMessage, message_from_bytes(raw, policy=SMTP))
    assert str(message["Subject"]) == LINE
    assert message.get_payload(decode=True) == LINE.encode() + b"\r\n"
    assert raw.isascii()


def test_an_equal_request_within_the_hour_brings_no_second_mail(lab: Lab, notice: Path) -> None:
    assert lab.tools(*REQUEST, "--partner-role", "Target").json["requests"][0]["sent"] is True
    other_way = lab.tools(*REQUEST, "--partner-role", "Source")
    assert other_way.json["requests"][0]["sent"] is True
    found = lab.wait_for_mails("fabrikam", lambda seen: any("Role=Target" in mail["subject"] for mail in seen))
    assert [mail["subject"] for mail in found] == [LINE, LINE.replace("Role=Source", "Role=Target")]
    assert lab.tools("trust", "remove", "-t", "contoso", "--partner-role", "Source", "--partner", FABRIKAM).code == 0


def test_the_inbox_and_the_mail_give_the_same_answer_and_it_establishes_the_trust(lab: Lab, notice: Path) -> None:
    explained = lab.tools("trust", "explain-mail", str(notice)).json
    assert (explained["partner_host_url"], explained["answer"]) == (CONTOSO, ANSWER)
    answers = [row["answer"] for row in lab.tools("trust", "inbox", "-t", "fabrikam").json]
    assert ANSWER in answers
    test = ANSWER.replace("Set-", "Test-")
    answered = lab.tools("shell", "-t", "fabrikam", stdin=f"{explained['answer']}\n{test}\n")
    assert answered.code == 0, answered.err
    assert answered.out.splitlines()[-1] == "GoodToProceed"


def test_the_inbox_names_a_command_of_ours_that_does_the_same(
    lab: Lab, notice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the answer leaves a file for the other side where it is given
    lab.tools("trust", "remove", "-t", "fabrikam", "--partner-role", "Source", "--partner", CONTOSO)
    (row,) = [row for row in lab.tools("trust", "inbox", "-t", "fabrikam").json if row["partner_role"] == "Source"]
    program, *arguments = row["command"].split()
    assert program == "xtenant"
    answered = lab.tools(*arguments, "--yes")
    assert (answered.code, answered.json["status"]) == (0, "GoodToProceed"), answered.err
