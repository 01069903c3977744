"""The parser of cmdlet lines: what the articles print, what PowerShell allows, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.cmdlets.line import (
    Argument,
    LanguageError,
    Line,
    LineError,
    UnfinishedLine,
    is_cmdlet_name,
    line_of_words,
    parse_line,
)

FABRIKAM = "https://fabrikam-my.sharepoint.com/"


def read(text: str) -> Line:
    line = parse_line(text)
    assert line is not None
    return line


def named(line: Line) -> dict[str, object]:
    return {argument.name or "": True if argument.bare else argument.value for argument in line.arguments}


@pytest.mark.parametrize(
    ("text", "cmdlet", "arguments"),
    [
        (
            "Connect-SPOService -url https://contoso-admin.sharepoint.com",
            "Connect-SPOService",
            {"url": "https://contoso-admin.sharepoint.com"},
        ),
        ("Get-SPOCrossTenantHostURL", "Get-SPOCrossTenantHostURL", {}),
        (
            f"Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl {FABRIKAM}",
            "Set-SPOCrossTenantRelationship",
            {"Scenario": "MnA", "PartnerRole": "Target", "PartnerCrossTenantHostUrl": FABRIKAM},
        ),
        (
            f"Test-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Source -PartnerCrossTenantHostUrl {FABRIKAM}",
            "Test-SPOCrossTenantRelationship",
            {"Scenario": "MnA", "PartnerRole": "Source", "PartnerCrossTenantHostUrl": FABRIKAM},
        ),
        (
            r"Add-SPOTenantIdentityMap -IdentityMapPath C:\maps\identity.csv",
            "Add-SPOTenantIdentityMap",
            {"IdentityMapPath": r"C:\maps\identity.csv"},
        ),
        (
            "Get-SPOTenantIdentityMappingUser -Field SourceUserKey -Value usera@Contoso.onmicrosoft.com",
            "Get-SPOTenantIdentityMappingUser",
            {"Field": "SourceUserKey", "Value": "usera@Contoso.onmicrosoft.com"},
        ),
        (
            f"Start-SPOCrossTenantUserContentMove -SourceUserPrincipalName a@contoso.com -TargetUserPrincipalName "
            f"a@fabrikam.com -TargetCrossTenantHostUrl {FABRIKAM}",
            "Start-SPOCrossTenantUserContentMove",
            {
                "SourceUserPrincipalName": "a@contoso.com",
                "TargetUserPrincipalName": "a@fabrikam.com",
                "TargetCrossTenantHostUrl": FABRIKAM,
            },
        ),
        (
            "Start-SPOCrossTenantSiteContentMove -SourceSiteUrl https://sourcetenant.sharepoint.com/sites/sitename "
            f"-TargetSiteUrl https://targettenant.sharepoint.com/sites/newsitename -TargetCrossTenantHostUrl {FABRIKAM}",
            "Start-SPOCrossTenantSiteContentMove",
            {
                "SourceSiteUrl": "https://sourcetenant.sharepoint.com/sites/sitename",
                "TargetSiteUrl": "https://targettenant.sharepoint.com/sites/newsitename",
                "TargetCrossTenantHostUrl": FABRIKAM,
            },
        ),
        (
            f"Start-SPOCrossTenantGroupContentMove -SourceGroupAlias sales -TargetGroupAlias sales-emea "
            f"-TargetCrossTenantHostUrl {FABRIKAM}",
            "Start-SPOCrossTenantGroupContentMove",
            {"SourceGroupAlias": "sales", "TargetGroupAlias": "sales-emea", "TargetCrossTenantHostUrl": FABRIKAM},
        ),
        (
            "Stop-SPOCrossTenantSiteContentMove -SourceSiteUrl https://contoso.sharepoint.com/sites/legal",
            "Stop-SPOCrossTenantSiteContentMove",
            {"SourceSiteUrl": "https://contoso.sharepoint.com/sites/legal"},
        ),
        (
            f"Get-SPOCrossTenantUserContentMoveState -PartnerCrossTenantHostUrl {FABRIKAM} -SourceUserPrincipalName "
            "ann@contoso.com -Verbose",
            "Get-SPOCrossTenantUserContentMoveState",
            {"PartnerCrossTenantHostUrl": FABRIKAM, "SourceUserPrincipalName": "ann@contoso.com", "Verbose": True},
        ),
        (
            f"Remove-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl {FABRIKAM}",
            "Remove-SPOCrossTenantRelationship",
            {"Scenario": "MnA", "PartnerRole": "Target", "PartnerCrossTenantHostUrl": FABRIKAM},
        ),
        (
            "Get-SPOSite -Template RedirectSite#0 -IncludePersonalSite $true -Limit All",
            "Get-SPOSite",
            {"Template": "RedirectSite#0", "IncludePersonalSite": True, "Limit": "All"},
        ),
        (
            "Remove-SPOSite -Identity https://contoso.sharepoint.com/sites/legal",
            "Remove-SPOSite",
            {"Identity": "https://contoso.sharepoint.com/sites/legal"},
        ),
    ],
)
def test_lines_of_the_articles_are_read_as_printed(text: str, cmdlet: str, arguments: dict[str, object]) -> None:
    line = read(text)
    assert line.cmdlet == cmdlet
    assert named(line) == arguments


@pytest.mark.parametrize("dash", ["-", "–", "—", "―"])
def test_every_dash_that_is_printed_counts_as_a_hyphen(dash: str) -> None:
    line = read(f"Get{dash}SPOSite {dash}Template RedirectSite#0")
    assert line == Line("Get-SPOSite", (Argument("Template", "RedirectSite#0"),))


def test_a_dash_with_a_blank_behind_it_is_refused_with_a_hint() -> None:
    with pytest.raises(LineError, match="blank between '–'") as caught:
        parse_line("Stop-SPOCrossTenantSiteContentMove – SourceSiteUrl https://contoso.sharepoint.com/sites/a")
    assert "Remove the blank" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x 'it''s'", "it's"),
        ('x "say ""yes"""', 'say "yes"'),
        ('x "a`"b"', 'a"b'),
        ('x "a`tb"', "a\tb"),
        ("x 'a`tb'", "a`tb"),
        ("x 'C:\\Program Files\\map.csv'", "C:\\Program Files\\map.csv"),
        ("x “typographic”", "typographic"),
        ("x ‘typographic’", "typographic"),
        ("x a` b", "a b"),
        ("x O`'Neill", "O'Neill"),
        ("x 'costs $5'", "costs $5"),
        ('x "costs `$5"', "costs $5"),
        ("x 5$", "5$"),
        ("x ann@contoso.com", "ann@contoso.com"),
        ("x -1", "-1"),
        ("x '-Name'", "-Name"),
        ("x ''", ""),
        ("x $TRUE", True),
        ("x $false", False),
        ("x $null", None),
        ("x a,b", ("a", "b")),
        ("x 'a', \"b\" ,c", ("a", "b", "c")),
        ("x $true,$false", (True, False)),
        ("x RedirectSite#0", "RedirectSite#0"),
    ],
)
def test_values_are_read_as_powershell_reads_them(text: str, value: object) -> None:
    assert read(text).arguments == (Argument(None, value),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("x -NoWait:$false", Argument("NoWait", False, attached=True)),
        ("x -NoWait: $true", Argument("NoWait", True, attached=True)),
        ("x -Url:https://a.b/c:d", Argument("Url", "https://a.b/c:d", attached=True)),
        ("x -Name:'a b'", Argument("Name", "a b", attached=True)),
        ("x -NoWait", Argument("NoWait", bare=True)),
    ],
)
def test_a_colon_attaches_the_value(text: str, argument: Argument) -> None:
    assert read(text).arguments == (argument,)


@pytest.mark.parametrize("text", ["", "   ", "# only a comment", "\t# comment | with ; language", "\r\n"])
def test_blank_and_comment_lines_are_nothing(text: str) -> None:
    assert parse_line(text) is None


def test_a_comment_ends_the_line() -> None:
    assert read("x a # b").arguments == (Argument(None, "a"),)


def test_a_backtick_at_the_end_wants_the_next_line() -> None:
    with pytest.raises(UnfinishedLine):
        parse_line("Set-SPOCrossTenantRelationship -Scenario MnA `  ")


@pytest.mark.parametrize(
    "text",
    [
        "Get-SPOSite | Remove-SPOSite",
        "Get-SPOSite -Limit All|Out-File x",
        "a; b",
        "$site = 1",
        "Get-SPOSite -Identity $site",
        "Get-SPOSite -Identity $($x)",
        'Get-SPOSite -Identity "https://$tenant.sharepoint.com"',
        "if ($true) { x }",
        "foreach ($s in $t) { x }",
        "& x",
        "x > y",
        "x -Name (a)",
        "x -Name @('a')",
        "x -Name {a}",
        "@args",
        "Remove-SPOSite -Identity <url>",
        "x && y",
        "x -Name(a)",
        "return",
        "[int]5",
        ". ./script.ps1",
    ],
)
def test_the_powershell_language_is_refused_and_said_so(text: str) -> None:
    with pytest.raises(LanguageError, match="runs cmdlets, not the PowerShell language"):
        parse_line(text)


@pytest.mark.parametrize(
    "text",
    ["x 'open", 'x "open', "x a,", "x ,a", "x -Name:", "x 'a'b", "x -Na.me y", "5x", "x " + "a" * 70_000, 'x "a`'],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(LineError):
        parse_line(text)


@given(st.text())
def test_no_text_crashes_the_parser(text: str) -> None:
    try:
        parse_line(text)
    except LineError as error:
        assert error.text


@given(st.lists(st.sampled_from(list("ab-–`'\"“‘ ,:#$@;|(){}\t\n\r0\0&<>=")), max_size=40).map("".join))
def test_no_mixture_of_marks_crashes_the_parser(text: str) -> None:
    try:
        parse_line("x " + text)
    except LineError as error:
        assert error.text


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"), min_size=1, max_size=50))
def test_any_text_in_single_quotes_comes_through(text: str) -> None:
    quoted = "".join(mark * 2 if mark in "'‘’‚‛" else mark for mark in text)
    assert read(f"x '{quoted}'").arguments == (Argument(None, text),)


def test_words_of_another_shell_are_taken_as_they_are() -> None:
    line = line_of_words(["set-spocrosstenantrelationship", "-Scenario", "MnA", "–Force", "-A:$false", "a b", "x;y"])
    assert line == Line(
        "set-spocrosstenantrelationship",
        (
            Argument("Scenario", "MnA"),
            Argument("Force", attached=False, bare=True),
            Argument("A", False, attached=True),
            Argument(None, "a b"),
            Argument(None, "x;y"),
        ),
    )


@pytest.mark.parametrize(
    ("word", "is_one"), [("get-sposite", True), ("Set–SPOAnything", True), ("trust", False), ("host-url", False)]
)
def test_cmdlet_names_are_told_from_commands(word: str, is_one: bool) -> None:
    assert is_cmdlet_name(word) is is_one
