"""Who needs an identity, and who is who: the plan over inventories in memory (R-4.1 to R-4.23)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from people_samples import directory, group, guest, id_of, members, moves, onedrive, site, user
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Principal, PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.plan.matching import Wishes
from xtenant.people.plan.planning import PeoplePlan, plan_people
from xtenant.people.rows import Method, PersonRow, Rule

ANN, BOB, CAT = user("ann"), user("bob"), user("cat")
SITE = "https://contoso.sharepoint.com/sites/plans"
MOVE_SITE = f"site,{SITE},https://fabrikam.sharepoint.com/sites/plans"
MOVE_ANN = "user,ann@contoso.com,ann@fabrikam.com"


def planned(
    source: Inventory, target: Iterable[Principal] | Inventory, steps: Sequence[PlannedMove], **more: Any
) -> PeoplePlan:
    others = {"others": more.pop("others")} if "others" in more else {}
    domains = more.pop("domains", {"contoso.com": "fabrikam.com"})
    other = target if isinstance(target, Inventory) else directory("fabrikam", list(target))
    wishes = Wishes(initial_domain="fabrikam.onmicrosoft.com", domains=domains, **others)
    return plan_people(source, other, steps, wishes=wishes, **more)


def row_of(plan: PeoplePlan, principal: Principal) -> PersonRow:
    return next(row for row in plan.rows if row.source_id == principal.principal_id)


def told(plan: PeoplePlan, principal: Principal) -> str:
    return "; ".join(row_of(plan, principal).problems)


def test_everybody_a_moving_site_names_is_in_the_plan_and_nobody_else() -> None:
    inner, outer, unused = group("inner"), group("outer"), group("unused")
    dan, eve = user("dan"), user("eve")
    source = directory("contoso", [ANN, BOB, CAT, dan, eve, inner, outer, unused])
    members(source, outer, BOB, inner)
    members(source, inner, CAT, outer)  # a ring
    members(source, unused, eve)
    site(source, SITE, owner=ANN, reads=[outer], below=[("Shared Documents/Secret", dan)])

    plan = planned(source, [], moves(MOVE_SITE))

    named = {row.source_upn for row in plan.rows}
    assert named == {"ann@contoso.com", "bob@contoso.com", "cat@contoso.com", "dan@contoso.com", "outer", "inner"}


def test_members_of_sharepoint_groups_and_owners_of_a_group_are_found_behind_them() -> None:
    team = group("team", unified=True)
    readers = Principal(principal_id="sp:1:3", kind=PrincipalKind.SITE_GROUP, name="Plans Visitors")
    owners = Principal(principal_id=f"{team.principal_id}_o", kind=PrincipalKind.OTHER, name="Team Owners")
    source = directory("contoso", [ANN, BOB, CAT, team, readers, owners])
    members(source, readers, BOB)
    members(source, team, owner=CAT)
    site(source, SITE, owner=ANN, reads=[readers, owners])
    plan = planned(source, [], moves(MOVE_SITE))
    assert {row.source_upn for row in plan.rows} == {"ann@contoso.com", "bob@contoso.com", "cat@contoso.com", "team"}
    assert not plan.unresolved


def test_a_site_whose_permissions_were_not_read_is_told_as_such() -> None:
    source = directory("contoso", [ANN])
    source.put_site(replace(site(source, SITE, owner=ANN), read_at=None))
    (left,) = planned(source, [], moves(MOVE_SITE)).unresolved
    assert left.unread and left.name == SITE


def test_somebody_who_moves_gets_an_account_and_somebody_who_stays_a_guest() -> None:
    source = directory("contoso", [ANN, BOB])
    onedrive(source, ANN, reads=[BOB])

    plan = planned(source, [], moves(MOVE_ANN))

    ann, bob = row_of(plan, ANN), row_of(plan, BOB)
    assert (ann.method, ann.target_upn, ann.rules, ann.user_type) == (
        Method.CREATE,
        "ann@fabrikam.com",
        (Rule.MOVE,),
        "RegularUser",
    )
    assert (bob.method, bob.target_mail, bob.user_type) == (Method.GUEST, "bob@contoso.com", "GuestUser")
    assert bob.target_upn == "bob_contoso.com#EXT#@fabrikam.onmicrosoft.com"


def test_those_who_stay_get_accounts_when_asked_by_the_domain_rule() -> None:
    source = directory("contoso", [ANN, BOB])
    onedrive(source, ANN, reads=[BOB])
    assert row_of(planned(source, [], moves(MOVE_ANN), others=Method.CREATE), BOB).target_upn == "bob@fabrikam.com"
    without_rule = planned(source, [], moves(MOVE_ANN), others=Method.CREATE, domains={})
    assert row_of(without_rule, BOB).target_upn == "bob@fabrikam.onmicrosoft.com"
    assert without_rule.domains == ["contoso.com"]


def test_the_rules_are_asked_in_order_mail_then_upn_then_display_name() -> None:
    by_mail = user("b.other", "fabrikam.com", name="Bob", mail="bob@contoso.com")
    same_upn = user("bob", "fabrikam.com", name="Bob")
    same_name = user("robert", "fabrikam.com", name="Cat")
    source = directory("contoso", [ANN, BOB, CAT])
    site(source, SITE, owner=ANN, reads=[BOB, CAT])

    plan = planned(source, [by_mail, same_upn, same_name], moves(MOVE_SITE))

    assert row_of(plan, BOB).target_upn == "b.other@fabrikam.com"
    assert row_of(plan, BOB).rules == (Rule.MAIL,)
    assert row_of(planned(source, [same_upn], moves(MOVE_SITE)), BOB).rules == (Rule.UPN,)
    cat = row_of(plan, CAT)
    assert cat.rules == (Rule.NAME,) and cat.awaits_confirmation and not cat.counts


def test_a_stranger_with_the_same_upn_is_no_match_and_the_name_counts_as_taken() -> None:
    stranger = user("bob", "fabrikam.com", name="Roberta Miller", mail="rm@fabrikam.com")
    source = directory("contoso", [ANN, BOB])
    site(source, SITE, owner=ANN, reads=[BOB])
    plan = planned(source, [stranger], moves(MOVE_SITE), others=Method.CREATE)
    assert (row_of(plan, BOB).method, row_of(plan, BOB).target_upn) == (Method.CREATE, "bob2@fabrikam.com")
    assert "R-4.7" in told(plan, BOB)


def test_one_target_account_is_given_to_one_source_account() -> None:
    twin = user("ann", "contoso.onmicrosoft.com", mail="")
    source = directory("contoso", [ANN, twin])
    site(source, SITE, owner=ANN, reads=[twin])
    target = [user("ann", "fabrikam.com")]
    plan = planned(
        source,
        target,
        moves(MOVE_SITE),
        others=Method.CREATE,
        domains={"contoso.com": "fabrikam.com", "contoso.onmicrosoft.com": "fabrikam.com"},
    )
    assert sorted(row.target_upn for row in plan.rows) == ["ann2@fabrikam.com", "ann@fabrikam.com"]


def test_an_apostrophe_is_left_out_of_new_names_and_told_for_old_ones() -> None:
    obrien = user("pat.o'brien", name="Pat O'Brien")
    source = directory("contoso", [ANN, obrien])
    onedrive(source, ANN, reads=[obrien])
    plan = planned(source, [], moves(MOVE_ANN), others=Method.CREATE)
    assert row_of(plan, obrien).target_upn == "pat.obrien@fabrikam.com"
    assert "R-4.11" in told(plan, obrien)


def test_a_guest_of_the_source_meets_the_member_or_guest_the_target_has() -> None:
    known, new = guest("gus@northwind.com"), guest("ned@northwind.com")
    own_member = guest("zoe@fabrikam.com")
    source = directory("contoso", [ANN, known, new, own_member])
    site(source, SITE, owner=ANN, reads=[known, new, own_member])
    there = [guest("gus@northwind.com", "fabrikam.onmicrosoft.com"), user("zoe", "fabrikam.com")]

    plan = planned(source, there, moves(MOVE_SITE))

    assert (row_of(plan, known).method, row_of(plan, known).user_type) == (Method.EXISTS, "GuestUser")
    assert (row_of(plan, own_member).method, row_of(plan, own_member).user_type) == (Method.EXISTS, "RegularUser")
    assert (row_of(plan, new).method, row_of(plan, new).target_mail) == (Method.GUEST, "ned@northwind.com")


def test_a_group_of_the_target_with_members_of_its_own_is_not_taken_for_ours() -> None:
    sales, theirs = group("sales"), group("sales", "fabrikam")
    worker = user("worker", "fabrikam.com")
    source = directory("contoso", [ANN, sales])
    members(source, sales, ANN)
    site(source, SITE, owner=ANN, reads=[sales])
    target = directory("fabrikam", [theirs, worker, user("ann", "fabrikam.com")])
    members(target, theirs, worker)

    plan = planned(source, target, moves(MOVE_SITE))

    assert (row_of(plan, sales).method, row_of(plan, sales).target_upn) == (Method.CREATE, "sales2")
    members(target, theirs, user("ann", "fabrikam.com"))
    assert row_of(planned(source, target, moves(MOVE_SITE)), sales).target_id == theirs.principal_id


@pytest.mark.parametrize(
    ("there", "rule"),
    [
        (group("team", "fabrikam", unified=True, site_url="https://fabrikam.sharepoint.com/sites/team"), "R-4.21"),
        (group("team", "fabrikam", unified=True, on_demand=False), "R-4.15"),
        (group("team", "fabrikam", unified=True, visibility="Public"), "R-4.19"),
        (group("team", "fabrikam", unified=True, name="Team no. 1"), "R-4.22"),
        (group("team", "fabrikam"), "R-4.7"),
    ],
)
def test_a_group_whose_site_moves_is_told_what_its_target_group_lacks(there: Principal, rule: str) -> None:
    team = group("team", unified=True)
    source = directory("contoso", [ANN, team])
    members(source, team, ANN, owner=ANN)
    site(source, "https://contoso.sharepoint.com/sites/team", group=team)
    assert rule in told(planned(source, [there], moves("group,team,team")), team)


def test_a_mover_is_told_everything_that_fails_the_move_of_a_onedrive() -> None:
    source = directory("contoso", [ANN])
    onedrive(source, ANN)
    there = user("ann", "fabrikam.com")
    target = directory("fabrikam", [there])
    problems = told(planned(source, target, moves(MOVE_ANN)), ANN)
    assert "R-4.8" in problems and "R-4.4" in problems and "R-4.25" in problems
    onedrive(target, there)
    assert "R-4.10" in told(planned(source, target, moves(MOVE_ANN)), ANN)
    as_guest = planned(source, [replace(guest("ann@fabrikam.com"), upn="ann@fabrikam.com")], moves(MOVE_ANN))
    assert "R-4.3" in told(as_guest, ANN)
    assert "R-4.3" in told(planned(source, [], moves("user,ann@contoso.com,ann@elsewhere.com")), ANN)


def test_a_new_account_without_usage_location_is_told_unless_one_is_given() -> None:
    nowhere = user("ann", usage_location="")
    source = directory("contoso", [nowhere])
    onedrive(source, nowhere)
    assert "usage location" in told(planned(source, [], moves(MOVE_ANN)), nowhere)
    assert "usage location" not in told(planned(source, [], moves(MOVE_ANN), usage_location="DE"), nowhere)


def test_explicit_rows_stay_and_other_changes_are_told_when_planned_again() -> None:
    source = directory("contoso", [ANN, BOB, CAT])
    site(source, SITE, owner=ANN, reads=[BOB, CAT])
    first = planned(source, [], moves(MOVE_SITE), others=Method.CREATE)
    explicit = replace(row_of(first, BOB), target_upn="robert@fabrikam.com", rules=(Rule.EXPLICIT,))
    forgotten = replace(row_of(first, CAT), target_upn="kitty@fabrikam.com")

    again = planned(
        source, [], moves(MOVE_SITE), others=Method.CREATE, earlier=[row_of(first, ANN), explicit, forgotten]
    )

    assert row_of(again, BOB).target_upn == "robert@fabrikam.com"
    assert row_of(again, CAT).target_upn == "cat@fabrikam.com"
    assert [each.before.target_upn for each in again.changed] == ["kitty@fabrikam.com"]


def test_a_name_chosen_earlier_is_found_again_once_it_exists() -> None:
    stranger = user("bob", "fabrikam.com", name="Roberta Miller", mail="rm@fabrikam.com")
    source = directory("contoso", [ANN, BOB])
    site(source, SITE, owner=ANN, reads=[BOB])
    first = planned(source, [stranger], moves(MOVE_SITE), others=Method.CREATE)
    created = user("bob2", "fabrikam.com", name="Bob", mail="")
    again = planned(source, [stranger, created], moves(MOVE_SITE), others=Method.CREATE, earlier=first.rows)
    assert (row_of(again, BOB).method, row_of(again, BOB).target_id) == (Method.EXISTS, created.principal_id)
    assert not again.changed


def test_a_confirmed_display_name_counts_in_the_next_plan() -> None:
    namesake = user("robert", "fabrikam.com", name="Bob", mail="r@fabrikam.com")
    source = directory("contoso", [ANN, BOB])
    site(source, SITE, owner=ANN, reads=[BOB])
    first = planned(source, [namesake], moves(MOVE_SITE))
    yes = replace(row_of(first, BOB), confirmed=True)
    again = planned(source, [namesake], moves(MOVE_SITE), earlier=[yes])
    assert row_of(again, BOB).counts and row_of(again, BOB).target_id == id_of("robert@fabrikam.com")


def test_what_a_move_names_and_the_source_does_not_know_is_told() -> None:
    source = directory("contoso", [ANN])
    plan = planned(source, [], moves("user,nobody@contoso.com,n@fabrikam.com", MOVE_SITE, "group,none,none"))
    assert {each.name for each in plan.unresolved} == {"nobody@contoso.com", SITE, "none"}


def test_the_order_of_rows_does_not_depend_on_the_order_of_moves() -> None:
    source = directory("contoso", [ANN, BOB, CAT, group("sales")])
    site(source, SITE, owner=ANN, reads=[CAT, BOB, group("sales")])
    onedrive(source, ANN)
    one = planned(source, [], moves(MOVE_SITE, MOVE_ANN))
    other = planned(source, [], moves(MOVE_ANN, MOVE_SITE))
    assert one.rows == other.rows
