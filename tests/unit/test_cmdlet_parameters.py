"""Binding a line's arguments to a cmdlet's parameters in PowerShell's manner."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from xtenant.cmdlets.line import LineError, parse_line
from xtenant.cmdlets.parameters import BadValue, Bound, Kind, Parameter, UnknownParameter, bind, read_date

PARAMETERS = (
    Parameter(name="Scenario", kind=Kind.CHOICE, choices=("None", "MnA"), position=0, mandatory=True),
    Parameter(name="PartnerRole", kind=Kind.CHOICE, choices=("None", "Source", "Target"), position=1),
    Parameter(name="PartnerCrossTenantHostUrl", position=2),
    Parameter(name="Force", kind=Kind.SWITCH),
    Parameter(name="Include", kind=Kind.FLAG),
    Parameter(name="Limit", kind=Kind.LIMIT),
    Parameter(name="Begin", kind=Kind.DATE),
    Parameter(name="Id", kind=Kind.GUID, sets=frozenset({"one"})),
    Parameter(name="Url", aliases=("Address",), sets=frozenset({"two"})),
)


def bound(arguments: str) -> Bound:
    line = parse_line(f"Set-Thing {arguments}")
    assert line is not None
    return bind("Set-Thing", PARAMETERS, line)


@pytest.mark.parametrize(
    "arguments",
    [
        "-Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl u",
        "-scenario mna -PARTNERROLE target -partnercrosstenanthosturl u",
        "MnA Target u",
        "-PartnerRole Target MnA u",
        "u -Scen MnA -PartnerR Target",
        "-Scenario:MnA –PartnerRole Target —PartnerC u",
    ],
)
def test_names_positions_cases_and_beginnings_mean_the_same(arguments: str) -> None:
    assert dict(bound(arguments)) == {"Scenario": "MnA", "PartnerRole": "Target", "PartnerCrossTenantHostUrl": "u"}


def test_a_beginning_that_fits_two_names_is_refused_with_both() -> None:
    with pytest.raises(UnknownParameter, match="-PartnerRole, -PartnerCrossTenantHostUrl"):
        bound("MnA -Partner x")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownParameter) as caught:
        bound("MnA -PartnerRoll Target")
    assert "-PartnerRole" in caught.value.remedy


def test_an_unknown_value_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadValue) as caught:
        bound("MnA Targt")
    assert "Did you mean Target" in caught.value.remedy


@pytest.mark.parametrize(("typed", "on"), [("-Force", True), ("-Force:$false", False), ("-Force:$true", True)])
def test_a_switch_takes_a_value_only_behind_a_colon(typed: str, on: bool) -> None:
    assert bound(f"MnA {typed}").on("Force") is on


def test_a_value_behind_a_switch_goes_by_position() -> None:
    given = bound("-Force MnA Target")
    assert given.on("Force") and given.text("Scenario") == "MnA" and given.text("PartnerRole") == "Target"


@pytest.mark.parametrize(("typed", "on"), [("$true", True), ("$false", False), ("1", True), ("0", False)])
def test_a_flag_takes_true_and_false(typed: str, on: bool) -> None:
    assert bound(f"MnA -Include {typed}").on("Include") is on


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "-PartnerRole Target",
        "MnA -Scenario MnA",
        "MnA Target u v",
        "MnA -Scenario",
        "MnA -Include yes",
        "MnA -Include",
        "MnA -Limit many",
        "MnA -Limit -1",
        "MnA -Limit 99999999999",
        "MnA -Begin tomorrow",
        "MnA -Id nonsense",
        "MnA Target a,b",
        "MnA Target ''",
        "MnA Target $null",
        "MnA -Id b298219e-3440-40b8-8931-46e805e2b85b -Url x",
    ],
)
def test_what_does_not_fit_is_refused(arguments: str) -> None:
    with pytest.raises(LineError):
        bound(arguments)


def test_typed_values_arrive_typed() -> None:
    given = bound("MnA -Limit all -Begin 2026-12-01 -Id '{b298219e-3440-40b8-8931-46e805e2b85b}'")
    assert given["Limit"] == "All"
    assert given.moment("Begin") == datetime(2026, 12, 1, tzinfo=UTC)
    assert given["Id"] == UUID("b298219e-3440-40b8-8931-46e805e2b85b")
    assert bound("MnA -Limit 5").number("Limit") == 5
    assert bound("MnA -Address x").text("Url") == "x"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01T20:00:00Z", datetime(2026, 12, 1, 20, tzinfo=UTC)),
        ("2026-12-01T20:00:00+01:00", datetime(2026, 12, 1, 19, tzinfo=UTC)),
        ("12/1/2026", datetime(2026, 12, 1, tzinfo=UTC)),
        ("12/1/2026 8:30 PM", datetime(2026, 12, 1, 20, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_utc_and_month_comes_first(text: str, moment: datetime) -> None:
    assert read_date(text) == moment


def test_a_date_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="0001"):
        read_date("0001-01-01T00:00:00+14:00")
