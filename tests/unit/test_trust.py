"""The status of trust, cell by cell of the state table (R-3.13 to R-3.23), and what the mail says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xtenant.domain import errors, trust
from xtenant.domain.tenant import HostUrl, NotAHostUrl, StatusSet, parse_host_url
from xtenant.domain.trust import PartnerAnswer, PartnerRole, Scenario, TrustStatus

WEEK = timedelta(days=7)
YOUNG, OLD = timedelta(days=2), timedelta(days=8)
CONTOSO = HostUrl("https://contoso-my.sharepoint.com/")

CELLS = [
    ("R-3.13", None, PartnerAnswer(requested=False), "NotEstablished", "NotEstablished"),
    ("R-3.14", YOUNG, PartnerAnswer(requested=False), "NotEstablishedByPartner", "NotEstablishedByPartner"),
    ("R-3.15", None, PartnerAnswer(requested=True, age=OLD), "NotEstablished", "NotEstablished"),
    ("R-3.16", YOUNG, PartnerAnswer(requested=True, age=YOUNG), "DormantByPartner", "Dormant"),
    ("R-3.17 source", OLD, PartnerAnswer(requested=True, age=YOUNG), "DormantByPartner", "DormantByPartner"),
    ("R-3.17 target", YOUNG, PartnerAnswer(requested=True, age=OLD), "GoodToProceed", "Dormant"),
    ("R-3.19", OLD, PartnerAnswer(requested=True, age=OLD), "GoodToProceed", "GoodToProceed"),
    ("R-3.20", OLD, PartnerAnswer(requested=False), "NotEstablishedByPartner", "NotEstablishedByPartner"),
    ("R-3.23", OLD, None, "CouldNotContactPartner", "CouldNotContactPartner"),
    ("no row, partner down", None, None, "NotEstablished", "NotEstablished"),
]


@pytest.mark.parametrize(("rule", "own", "answer", "current", "preview"), CELLS, ids=[c[0] for c in CELLS])
def test_each_cell_of_the_state_table_reads_as_the_rulebook_says(
    rule: str, own: timedelta | None, answer: PartnerAnswer | None, current: str, preview: str
) -> None:
    assert trust.trust_status_of(own, answer, waiting=WEEK).value == current
    assert trust.trust_status_of(own, answer, waiting=WEEK, status_set=StatusSet.PREVIEW).value == preview


def test_a_request_exactly_as_old_as_the_waiting_period_is_ripe() -> None:
    answer = PartnerAnswer(requested=True, age=WEEK)
    assert trust.trust_status_of(WEEK, answer, waiting=WEEK) is TrustStatus.GOOD_TO_PROCEED


def test_the_earliest_start_is_the_later_request_plus_the_waiting_period() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    answer = PartnerAnswer(requested=True, age=timedelta(days=1))
    assert trust.earliest_start(now - OLD, answer, now=now, waiting=WEEK) == now + timedelta(days=6)
    assert trust.earliest_start(now, PartnerAnswer(requested=False), now=now, waiting=WEEK) is None


def test_the_mail_of_a_source_reads_as_the_articles_sample() -> None:
    asker = HostUrl("https://a830edad9050849mnaus093022-my.sharepoint.com/")
    assert trust.mail_line(asker, Scenario.MNA, PartnerRole.SOURCE) == (
        "SPO Tenant [https://a830edad9050849mnaus093022-my.sharepoint.com/] [setuporupdate] Organization Relation "
        "[Scenario=MnA, Role=Source] with us"
    )


def test_a_pasted_mail_gives_the_answering_role_even_when_folded() -> None:
    line = trust.mail_line(CONTOSO, Scenario.MNA, PartnerRole.SOURCE)
    notice = trust.read_mail("Subject: " + line.replace("Organization", "\r\n Organization"))
    assert notice == trust.MailNotice(CONTOSO, Scenario.MNA, PartnerRole.SOURCE)


def test_any_other_text_is_refused_as_no_trust_mail() -> None:
    with pytest.raises(errors.UsageError, match="not the mail"):
        trust.read_mail("Dear administrator, please trust us.")


@pytest.mark.parametrize(
    "text",
    ["https://Contoso-My.SharePoint.com", "https://contoso-my.sharepoint.com/", " https://contoso-my.sharepoint.com "],
)
def test_host_urls_compare_without_case_and_trailing_slash(text: str) -> None:
    assert parse_host_url(text) == CONTOSO


@pytest.mark.parametrize("text", ["https://contoso-admin.sharepoint.com", "https://contoso.sharepoint.com/"])
def test_an_admin_or_root_url_is_refused_with_the_right_one(text: str) -> None:
    with pytest.raises(NotAHostUrl) as refused:
        parse_host_url(text)
    assert "https://contoso-my.sharepoint.com/" in refused.value.remedy
    assert refused.value.microsoft_code == "MnAFatalErrorAdminSiteCouldNotBeUsedAsMySiteHost"


@pytest.mark.parametrize(
    "text",
    [
        "http://contoso-my.sharepoint.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://10.0.0.8/",
        "https://localhost/",
        "https://contoso-my.sharepoint.com.evil.example/",
        "https://contoso-my.sharepoint.com@evil.example/",
        "https://contoso-my.sharepoint.com:8443/",
        "https://contoso-my.sharepoint.com/sites/x",
        "https://contoso-my.sharepoint.com/?x=1",
        "https://a.b-my.sharepoint.com/",
        "https://-my.sharepoint.com/",
        "https://contoso-my.sharepoint.com:port/",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_no_host_url_is_refused_before_any_connection(text: str) -> None:
    with pytest.raises(errors.UsageError):
        parse_host_url(text)


@pytest.mark.parametrize(
    ("own", "partner", "expected"),
    [
        ("16.0", "16.0", "Compatible"),
        ("16.1", "16.0", "Warning"),
        ("16.0", "16.4", "Compatible"),
        ("16.0", "17.0", "Incompatible"),
        ("16.0", "15.9", "Incompatible"),
        ("16.9", "16.10", "Compatible"),
        ("16.0", "", "Incompatible"),
        ("16.0", "sixteen", "Incompatible"),
        ("16.0", "16.0.1", "Incompatible"),
        ("16.0", "1" * 9000 + ".0", "Incompatible"),
    ],
)
def test_compatibility_compares_major_and_minor(own: str, partner: str, expected: str) -> None:
    assert trust.compatibility_of(own, partner).value == expected


def test_without_trust_tenants_are_incompatible() -> None:
    assert trust.compatibility_of("16.0", None) is trust.Compatibility.INCOMPATIBLE
