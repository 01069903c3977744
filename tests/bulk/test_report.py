"""The report of a check: everything is in it, nothing in it runs but its own script, whatever titles the partner chose."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import stat
from pathlib import Path

import pytest
from lxml import html

from xtenant.bulk import findings
from xtenant.bulk.findings import Evidence, Finding, NotChecked, Object, ObjectKind, Remedy, Severity, Who
from xtenant.bulk.report.rows import COLUMNS, Report
from xtenant.bulk.report.writing import ReportForm, write_report
from xtenant.domain import errors, sheets

HOSTILE = "</script><script>alert(1)</script>\" onmouseover='x' <img src=x onerror=y> {{ 7*7 }} \u202etxt.exe \x07"


def finding(rule: str, severity: Severity, name: str, *commands: str, cause: str = "Because.") -> Finding:
    return findings.found(
        rule,
        severity,
        Object(kind=ObjectKind.SITE, name=name, moves=("1", "2")),
        cause,
        Remedy(who=Who.SOURCE, text="Do this.", commands=commands, waits_for="a day"),
        evidence=Evidence.DOCUMENTED,
        depends_on=("R-6.22/pair/x",),
    )


UNJUDGED = NotChecked(rule="R-6.27", reason="Nobody said.", question="Is Customer Key on?", who=Who.SOURCE)


def report(*found: Finding, unjudged: tuple[NotChecked, ...] = (UNJUDGED,), title: str = "moves.csv") -> Report:
    return Report(context={"plan": title, "source": "contoso"}, findings=found, not_checked=unjudged)


def page_of(tmp_path: Path, told: Report) -> html.HtmlElement:
    place = tmp_path / "report.html"
    write_report(place, ReportForm.HTML, told)
    return html.document_fromstring(place.read_text())


MIXED = (
    finding("R-7.23", Severity.NOTE, "https://c/sites/n"),
    finding("R-6.34", Severity.WARNING, "https://c/sites/w"),
    finding("R-6.30", Severity.ERROR, "https://c/sites/e", "Connect-SPOService -Url x", "Set-SPOSite -Identity y"),
)


def test_a_page_tells_every_finding_errors_first_and_what_was_not_checked(tmp_path: Path) -> None:
    page = page_of(tmp_path, report(*MIXED))
    first, second = page.xpath("//table")
    assert [row.get("data-severity") for row in first.xpath("./tbody/tr")] == ["error", "warning", "note"]
    words = first.text_content()
    for told in (
        "R-6.30",
        "https://c/sites/e",
        "Because.",
        "Do this.",
        "source administrator",
        "a day",
        "R-6.22/pair/x",
    ):
        assert told in words
    assert first.xpath(".//pre")[0].text_content().splitlines() == [
        "Connect-SPOService -Url x",
        "Set-SPOSite -Identity y",
    ]
    assert "Is Customer Key on?" in second.text_content() and "Nobody said." in second.text_content()
    assert "1 errors, 1 warnings" in page.xpath("//title")[0].text


def test_a_page_loads_nothing_and_lets_only_its_own_script_run(tmp_path: Path) -> None:
    page = page_of(tmp_path, report(*MIXED))
    assert not page.xpath("//@src | //link | //iframe | //object | //img | //*[@style] | //base")
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert not [name for element in page.iter() for name in element.attrib if name.lower().startswith("on")]
    [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        [element] = page.xpath(f"//{tag}")
        digest = base64.b64encode(hashlib.sha256((element.text or "").encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_titles_of_a_partner_are_shown_and_never_run(tmp_path: Path) -> None:
    bad = finding(HOSTILE, Severity.ERROR, HOSTILE, HOSTILE, cause=HOSTILE)
    unjudged = NotChecked(rule=HOSTILE, reason=HOSTILE, question=HOSTILE, who=Who.SOURCE, object=bad.object)
    told = Report(context={HOSTILE: HOSTILE}, findings=[bad], not_checked=[unjudged])
    page = page_of(tmp_path, told)
    assert len(page.xpath("//script")) == 1 and not page.xpath("//img")
    assert not [name for element in page.iter() for name in element.attrib if name.lower().startswith("on")]
    shown = HOSTILE.replace("\x07", "\ufffd")
    assert [each.text_content() for each in page.xpath("//bdi")].count(shown) == 7
    assert page.xpath("//@data-rule") == [shown]
    assert "{{ 7*7 }}" in page.text_content()


def test_a_page_can_be_read_by_everybody(tmp_path: Path) -> None:
    page = page_of(tmp_path, report(*MIXED))
    assert page.get("lang") == "en"
    assert len(page.xpath("//h1")) == 1 and page.xpath("//main") and page.xpath("//meta[@name='viewport']")
    for table in page.xpath("//table"):
        assert table.xpath("./caption")
        assert all(head.get("scope") == "col" for head in table.xpath("./thead//th"))
        assert all(len(row.xpath("./th[@scope='row']")) == 1 for row in table.xpath("./tbody/tr"))
    for control in page.xpath("//form//input | //form//select"):
        assert control.getparent().tag == "label"
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(page.xpath("//@aria-labelledby")) <= set(ids)
    assert page.xpath("//form[@hidden]"), "without a script there is nothing to filter with"


def test_a_clean_report_says_so_in_every_form(tmp_path: Path) -> None:
    clean = report(unjudged=())
    assert "None." in page_of(tmp_path, clean).text_content()
    write_report(tmp_path / "r.json", ReportForm.JSON, clean)
    told = json.loads((tmp_path / "r.json").read_text())
    assert (told["findings"], told["not_checked"], told["errors"]) == ([], [], 0)
    write_report(tmp_path / "r.csv", ReportForm.CSV, clean)
    assert (tmp_path / "r.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_a_table_shields_what_a_spreadsheet_would_run(tmp_path: Path) -> None:
    write_report(
        tmp_path / "r.csv", ReportForm.CSV, report(finding("R-6.30", Severity.ERROR, "=HYPERLINK(1)", "a", "b"))
    )
    with (tmp_path / "r.csv").open(newline="") as file:
        found, unjudged = csv.DictReader(file)
    assert found["object"] == "'=HYPERLINK(1)" and sheets.restored(found["object"]) == "=HYPERLINK(1)"
    assert (found["severity"], found["moves"], found["commands"]) == ("error", "1 2", "a\nb")
    assert (unjudged["severity"], unjudged["rule"], unjudged["remedy"]) == (
        "not checked", "R-6.27", "Is Customer Key on?",
    )  # fmt: skip


def test_json_holds_findings_whole(tmp_path: Path) -> None:
    write_report(tmp_path / "r.json", ReportForm.JSON, report(*MIXED))
    told = json.loads((tmp_path / "r.json").read_text())
    assert (told["errors"], told["warnings"], told["notes"], told["context"]["source"]) == (1, 1, 1, "contoso")
    assert told["findings"][0]["remedy"]["commands"] == ["Connect-SPOService -Url x", "Set-SPOSite -Identity y"]
    assert told["not_checked"][0]["question"] == "Is Customer Key on?"


@pytest.mark.parametrize("form", list(ReportForm))
def test_a_report_is_for_its_owner_and_replaces_the_one_before(tmp_path: Path, form: ReportForm) -> None:
    place = tmp_path / "report"
    place.write_text("old")
    place.chmod(0o644)
    write_report(place, form, report(*MIXED))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "R-6.30" in place.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["report"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError, match="cannot be written"):
        write_report(tmp_path / "absent" / "report.html", ReportForm.HTML, report())
