"""`xtenant trust …` against two tenants: what it sends, what it says, how it exits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desk import Desk
from neighbours import TENANT_IDS
from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import PartnerRole, Scenario, mail_line

CONTOSO = "https://contoso-my.sharepoint.com/"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"
TO_FABRIKAM = ("-t", "contoso", "--partner-role", "Target", "--partner", FABRIKAM)
TO_CONTOSO = ("-t", "fabrikam", "--partner-role", "Source", "--partner", CONTOSO)
BOTH = ("--source", "contoso", "--target", "fabrikam")


def set_waiting(desk: Desk, period: timedelta) -> None:
    """Give both tenants a waiting period."""
    for name in ("contoso", "fabrikam"):
        with desk.block[name].units.write() as uow:
            uow.settings.put(replace(uow.settings.get(), waiting_period=int(period.total_seconds())))


def test_the_host_url_is_printed(desk: Desk) -> None:
    answer = desk.run("host-url", "-t", "contoso")
    assert answer.code == 0
    assert answer.json["host_url"] == CONTOSO
    assert answer.json["kind"] == "lab"


def test_both_halves_are_set_tested_and_removed(desk: Desk) -> None:
    answer = desk.run("trust", "set", *BOTH, "--yes")
    assert answer.code == 0, answer.err
    assert answer.json["start_allowed"] is True
    assert [one["sent"] for one in answer.json["requests"]] == [True, True]
    test = desk.run("trust", "test", *BOTH)
    assert test.code == 0
    assert test.json["this_side"] == test.json["partner_side"] == test.json["status"] == "GoodToProceed"
    removal = desk.run("trust", "remove", *BOTH)
    assert [one["removed"] for one in removal.json["removals"]] == [True, True]
    assert desk.run("trust", "test", *BOTH).json["status"] == "NotEstablished"
    assert desk.run("trust", "list", "-t", "contoso").json == []


def test_test_names_both_sides_and_the_exit_code_says_pending(desk: Desk) -> None:
    assert desk.run("trust", "test", *TO_FABRIKAM).json["status"] == "NotEstablished"
    desk.run("trust", "set", *TO_FABRIKAM, "--yes")
    answer = desk.run("trust", "test", *TO_FABRIKAM)
    assert answer.code == 3
    assert set(answer.json) >= {"status", "this_side", "partner_side", "start_allowed", "earliest_start"}
    assert answer.json["this_side"] == "NotEstablishedByPartner"
    assert answer.json["partner_side"] == "NotEstablished"
    assert answer.json["start_allowed"] is False
    assert answer.json["earliest_start"] is None


def test_pending_names_the_earliest_start(desk: Desk) -> None:
    set_waiting(desk, timedelta(days=7))
    answer = desk.run("trust", "set", *BOTH, "--yes")
    assert answer.code == 3
    assert answer.json["this_side"] == answer.json["partner_side"] == "DormantByPartner"
    earliest = datetime.fromisoformat(answer.json["earliest_start"])
    assert abs(earliest - desk.block.clock.business_now() - timedelta(days=7)) < timedelta(minutes=1)
    desk.block.clock.advance_business(days=7.01)
    assert desk.run("trust", "test", *BOTH).code == 0


def test_wait_blocks_until_a_start_is_allowed(desk: Desk) -> None:
    set_waiting(desk, timedelta(minutes=5))
    answer = desk.run("trust", "set", *BOTH, "--yes", "--wait")
    assert answer.code == 0
    assert sum(desk.block.clock.waited) >= 300


def test_what_stands_is_not_sent_again_unless_asked(desk: Desk) -> None:
    desk.run("trust", "set", *TO_FABRIKAM, "--yes")
    again = desk.run("trust", "set", *TO_FABRIKAM)
    assert [one["sent"] for one in again.json["requests"]] == [False]
    assert "stands" in again.err
    resent = desk.run("trust", "set", *TO_FABRIKAM, "--resend", "--yes")
    assert [one["sent"] for one in resent.json["requests"]] == [True]


def test_before_anything_is_sent_the_partner_is_shown_and_a_no_sends_nothing(desk: Desk) -> None:
    desk.answer = False
    answer = desk.run("trust", "set", *TO_FABRIKAM)
    assert answer.code == 5
    (question,) = desk.questions
    assert str(TENANT_IDS["fabrikam"]) in question
    assert "Fabrikam" in question
    assert "fabrikam.onmicrosoft.com" in question
    assert desk.run("trust", "test", *TO_FABRIKAM).json["status"] == "NotEstablished"


def test_without_a_terminal_a_question_is_refused(desk: Desk) -> None:
    answer = desk.run("trust", "set", *TO_FABRIKAM, stdin="")
    assert answer.code == 5
    assert "--yes" in answer.err
    assert answer.out == ""


def test_another_tenant_than_the_expected_one_is_refused(desk: Desk) -> None:
    expected = str(TENANT_IDS["northwind"])
    answer = desk.run("trust", "set", *TO_FABRIKAM, "--yes", "--expect-tenant-id", expected)
    assert answer.code == 4
    assert str(TENANT_IDS["fabrikam"]) in answer.err
    assert desk.run("trust", "test", *TO_FABRIKAM).json["status"] == "NotEstablished"


def test_what_if_sends_nothing(desk: Desk) -> None:
    answer = desk.run("trust", "set", *BOTH, "--what-if")
    assert (answer.code, answer.json["what_if"]) == (0, True)
    assert desk.run("trust", "list", "-t", "contoso").json == []
    assert desk.run("trust", "list", "-t", "fabrikam").json == []


def test_a_role_the_partner_contradicts_is_refused_unless_reversed(desk: Desk) -> None:
    desk.run("trust", "set", *TO_FABRIKAM, "--yes")
    wrong = ("-t", "fabrikam", "--partner-role", "Target", "--partner", CONTOSO)
    answer = desk.run("trust", "set", *wrong, "--yes")
    assert answer.code == 5
    assert "--partner-role Source" in answer.err
    assert desk.run("trust", "list", "-t", "fabrikam").json == []
    assert desk.run("trust", "set", *wrong, "--yes", "--reverse").code == 3


def test_the_inbox_shows_who_asks_and_the_answering_line(desk: Desk) -> None:
    assert desk.run("trust", "inbox", "-t", "fabrikam").json == []
    desk.run("trust", "set", *TO_FABRIKAM, "--yes")
    (row,) = desk.run("trust", "inbox", "-t", "fabrikam").json
    assert row["partner_host_url"] == CONTOSO
    assert row["partner_role"] == "Source"
    assert row["partner"]["display_name"] == "Contoso"
    assert row["answer"] == (
        f"Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Source -PartnerCrossTenantHostUrl {CONTOSO}"
    )
    assert row["created_at"].endswith("Z")


def test_the_list_has_the_contracted_columns(desk: Desk) -> None:
    desk.run("trust", "set", *TO_FABRIKAM, "--yes")
    (row,) = desk.run("trust", "list", "-t", "contoso").json
    assert row["tenant"] == "contoso"
    assert row["geo"] == "NAM"
    assert row["partner_host_url"] == FABRIKAM
    assert (row["partner_role"], row["scenario"]) == ("Target", "MnA")
    assert row["created_at"] is not None


def test_the_matrix_shows_both_sides(desk: Desk) -> None:
    desk.run("trust", "set", *TO_FABRIKAM, "--yes")
    answer = desk.run("trust", "matrix", "-t", "contoso")
    assert answer.code == 3
    (row,) = answer.json
    assert (row["this_side"], row["partner_side"]) == ("NotEstablishedByPartner", "NotEstablished")
    desk.run("trust", "set", *TO_CONTOSO, "--yes")
    both = desk.run("trust", "matrix", *BOTH)
    assert both.code == 0
    assert both.json[0]["start_allowed"] is True


def test_a_partner_that_does_not_answer_gives_exit_code_6(desk: Desk) -> None:
    desk.run("trust", "set", *BOTH, "--yes")
    desk.block.stopped.add("fabrikam")
    answer = desk.run("trust", "test", *TO_FABRIKAM)
    assert answer.code == 6
    assert answer.json["status"] == "CouldNotContactPartner"


def test_setting_trust_with_a_partner_that_is_down_says_so_and_records_nothing(desk: Desk) -> None:
    desk.block.stopped.add("fabrikam")
    assert desk.run("trust", "set", *TO_FABRIKAM, "--yes").code == 6
    desk.block.stopped.clear()
    assert desk.run("trust", "list", "-t", "contoso").json == []


@pytest.mark.parametrize(
    ("partner", "code"),
    [
        (CONTOSO, 5),
        ("https://fabrikam-admin.sharepoint.com", 5),
        ("https://fabrikam.sharepoint.com", 5),
        ("http://fabrikam-my.sharepoint.com", 5),
        ("https://127.0.0.1/", 5),
    ],
)
def test_a_url_that_is_no_partners_is_refused(desk: Desk, partner: str, code: int) -> None:
    answer = desk.run("trust", "set", "-t", "contoso", "--partner-role", "Target", "--partner", partner, "--yes")
    assert answer.code == code
    assert answer.err.startswith("error: ")
    assert answer.out == ""


def test_a_mail_is_explained(desk: Desk, tmp_path: Path) -> None:
    mail = tmp_path / "mail.txt"
    line = mail_line(HostUrl(CONTOSO), Scenario.MNA, PartnerRole.SOURCE)
    folded = line.replace(" Organization", "\r\n Organization")
    mail.write_text(f"Subject: {folded}\r\n\r\nsomething else")
    answer = desk.run("trust", "explain-mail", str(mail))
    assert answer.json["partner_role"] == "Source"
    assert answer.json["answer"].endswith(f"-PartnerRole Source -PartnerCrossTenantHostUrl {CONTOSO}")
    assert desk.run("trust", "explain-mail", stdin="Dear Sir").code == 5


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--source", "contoso"),
        ("-t", "contoso", *BOTH),
        ("-t", "contoso", "--partner", FABRIKAM),
        ("-t", "contoso", "--partner-role", "Boss", "--partner", FABRIKAM),
        (*BOTH, "--partner-role", "Target"),
        ("--nonsense",),
    ],
)
def test_options_that_do_not_go_together_are_refused(desk: Desk, arguments: tuple[str, ...]) -> None:
    answer = desk.run("trust", "test", *arguments)
    assert answer.code == 5
    assert answer.err.startswith("error: ")
