"""The identity map from plan and sites: columns by kind, order, reasons, whoever gets no row (R-5.1 to R-5.20)."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from people_samples import CONTOSO, directory, group, guest, members, moves, onedrive, site, user
from xtenant.inventory.facts import Principal, PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.mapbuild.building import BuiltMap, build_map
from xtenant.people.plan.matching import Wishes
from xtenant.people.plan.planning import plan_people
from xtenant.people.rows import Method, PersonRow, Rule

ANN, BOB, GUS = user("ann"), user("bob"), guest("gus@northwind.com")
SALES, TEAM = group("sales"), group("team", unified=True)
SITE = "https://contoso.sharepoint.com/sites/plans"
MOVES = moves(
    "user,ann@contoso.com,ann@fabrikam.com",
    f"site,{SITE},https://fabrikam.sharepoint.com/sites/plans",
    "group,team,team-new",
)
THERE = (
    user("ann", "fabrikam.com"),
    user("bob", "fabrikam.com", mail=""),
    guest("gus@northwind.com", "fabrikam.onmicrosoft.com"),
    group("sales", "fabrikam"),
    group("team-new", "fabrikam", unified=True),
)


@pytest.fixture
def source() -> Inventory:
    inventory = directory("contoso", [ANN, BOB, GUS, SALES, TEAM])
    members(inventory, SALES, BOB, GUS)
    members(inventory, TEAM, BOB, owner=ANN)
    onedrive(inventory, ANN)
    site(inventory, SITE, owner=ANN, reads=[SALES])
    site(inventory, "https://contoso.sharepoint.com/sites/team", group=TEAM)
    return inventory


def people(source: Inventory, target: Inventory) -> list[PersonRow]:
    wishes = Wishes(initial_domain="fabrikam.onmicrosoft.com", domains={"contoso.com": "fabrikam.com"})
    return list(plan_people(source, target, MOVES, wishes=wishes).rows)


def built(source: Inventory, *there: Principal, rows: list[PersonRow] | None = None) -> BuiltMap:
    target = directory("fabrikam", list(there or THERE))
    return build_map(rows or people(source, directory("fabrikam", list(THERE))), source, target, MOVES)


def test_every_kind_has_its_six_columns_and_people_come_first(source: Inventory) -> None:
    rows = list(csv.reader("".join(built(source).lines()).splitlines()))
    company, sales, team = str(CONTOSO), THERE[3].principal_id, THERE[4].principal_id
    assert rows[:3] == [
        ["User", company, "ann@contoso.com", "ann@fabrikam.com", "ann@fabrikam.com", "RegularUser"],
        ["User", company, "bob@contoso.com", "bob@fabrikam.com", "bob@fabrikam.com", "RegularUser"],
        ["User", company, GUS.upn, THERE[2].upn, "gus@northwind.com", "GuestUser"],
    ]
    assert sorted(rows[3:]) == sorted(
        [
            ["Group", company, SALES.principal_id, sales, sales, "RegularGroup"],
            ["Group", company, TEAM.principal_id, team, "team-new", "O365Group"],
        ]
    )


def test_the_same_input_gives_the_same_bytes_whatever_the_order_of_the_people_file(source: Inventory) -> None:
    rows = people(source, directory("fabrikam", list(THERE)))
    assert list(built(source, rows=rows).lines()) == list(built(source, rows=rows[::-1]).lines())


def test_every_row_tells_the_site_and_the_group_that_brought_it(source: Inventory) -> None:
    rows = built(source).rows
    because = {row.person.source_upn: " ".join(map(str, row.explained(1)["because"])) for row in rows}  # type: ignore[call-overload]
    assert "OneDrive moves" in because["ann@contoso.com"]
    assert f"in 'Sales', read on {SITE}" in because[GUS.upn]


def test_whoever_the_target_does_not_have_gets_no_row_and_is_told_as_lost(source: Inventory) -> None:
    made = built(source, *THERE[:1])
    told = {each.name: each for each in made.no_row}
    assert set(told) == {"bob@contoso.com", GUS.upn, "sales", "team"}
    assert all(each.wanted for each in told.values())


def test_a_skipped_row_is_a_decision_and_an_unconfirmed_one_is_a_loss(source: Inventory) -> None:
    rows = people(source, directory("fabrikam", list(THERE)))
    skipped = [replace(row, method=Method.SKIP) if row.source_upn == "bob@contoso.com" else row for row in rows]
    (left,) = built(source, rows=skipped).no_row
    assert not left.wanted
    unsure = [replace(row, rules=(Rule.NAME,)) if row.source_upn == "bob@contoso.com" else row for row in rows]
    (left,) = built(source, rows=unsure).no_row
    assert left.wanted and "not confirmed" in left.why


def test_somebody_on_a_site_whom_the_people_file_forgot_is_told(source: Inventory) -> None:
    rows = [row for row in people(source, directory("fabrikam", list(THERE))) if row.source_upn != "sales"]
    (left,) = built(source, rows=rows).no_row
    assert (left.name, left.wanted) == ("sales", True) and "plan again" in left.why


def test_two_sources_of_one_target_are_warned_of_and_two_targets_of_one_source_never_written(source: Inventory) -> None:
    rows = people(source, directory("fabrikam", list(THERE)))
    ann = next(row for row in rows if row.source_upn == "ann@contoso.com")
    bob = next(row for row in rows if row.source_upn == "bob@contoso.com")
    both = [ann, replace(bob, target_id=ann.target_id, target_upn=ann.target_upn)]
    assert any("R-5.19" in text for text in built(source, rows=both).warnings)
    twice = [ann, replace(ann, source_id="", target_id=bob.target_id, target_upn=bob.target_upn)]
    made = built(source, rows=twice)
    assert len(made.rows) == 1 and any("R-5.18" in text for text in made.warnings)


def test_a_map_that_contradicts_the_moves_is_warned_of(source: Inventory) -> None:
    rows = people(source, directory("fabrikam", list(THERE)))
    other = [replace(row, target_id=THERE[1].principal_id) if row.onedrive_moves else row for row in rows]
    warnings = " ".join(built(source, rows=other).warnings)
    assert "R-5.56" in warnings
    renamed = replace(THERE[4], alias="another")
    assert "R-5.57" in " ".join(built(source, *THERE[:4], renamed).warnings)


def test_everyone_and_other_claims_have_no_row_and_are_named(source: Inventory) -> None:
    everyone = Principal(principal_id="c:0(.s|true", kind=PrincipalKind.OTHER, name="Everyone")
    source.put_principals([everyone])
    site(source, SITE, owner=ANN, reads=[SALES, everyone])
    (left,) = built(source).no_row
    assert left.name == "Everyone" and not left.wanted
