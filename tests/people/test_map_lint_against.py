"""The linter with moves, inventories and a previous map: who is missing, who is not ready, what would be lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from xtenant.domain import plan
from xtenant.inventory.facts import (
    Assignment,
    Licence,
    Member,
    Principal,
    PrincipalKind,
    Right,
    Site,
    SiteKind,
    TenantFacts,
)
from xtenant.inventory.store import Inventory
from xtenant.people.maplint import comparing
from xtenant.people.maplint.comparing import Change
from xtenant.people.maplint.findings import Finding
from xtenant.people.maplint.given import Given, Side
from xtenant.people.maplint.linting import Lint

SOURCE = "aaaaaaaa-1111-4111-8111-111111111111"
TARGET = "bbbbbbbb-2222-4222-8222-222222222222"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OFFICE = UUID("05e9a617-0261-4cee-bb44-138d3ef5d965")
USER_MIGRATION = UUID("946ce899-873d-44bb-9d8b-671870cbfdbf")
SITE = UUID("aaaaaaaa-5555-4555-8555-555555555555")
DRIVE = UUID("aaaaaaaa-6666-4666-8666-666666666666")
SALES, TEAM = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
NEW_SALES, NEW_TEAM = "bbbbbbbb-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
ROWS = [
    f"User,{SOURCE},ann@contoso.com,ann@fabrikam.com,ann@fabrikam.com,RegularUser",
    f"User,{SOURCE},bob@contoso.com,bob@fabrikam.com,bob@fabrikam.com,RegularUser",
    f"Group,{SOURCE},{SALES},{NEW_SALES},{NEW_SALES},RegularGroup",
    f"Group,{SOURCE},{TEAM},{NEW_TEAM},team-x,O365Group",
]
MOVES = plan.read_moves(
    "kind,source,target\n"
    "user,ann@contoso.com,ann@fabrikam.com\n"
    "group,oldteam,team-x\n"
    "site,https://contoso.sharepoint.com/sites/x,https://fabrikam.sharepoint.com/sites/x\n"
)


def person(principal_id: str, upn: str, kind: PrincipalKind = PrincipalKind.USER, **more: object) -> Principal:
    facts = replace(Principal(principal_id=principal_id, kind=kind, name=upn, upn=upn, licences=(OFFICE,)))
    return replace(facts, **more)  # type: ignore[arg-type]


def facts(tenant_id: str, name: str) -> TenantFacts:
    return TenantFacts(
        tenant_id=UUID(tenant_id),
        display_name=name,
        initial_domain=f"{name}.onmicrosoft.com",
        domains=(f"{name}.onmicrosoft.com", f"{name}.com"),
        read_at=NOW,
    )


def site(site_id: UUID, kind: SiteKind, url: str, **more: object) -> Site:
    return replace(
        Site(site_id=site_id, kind=kind, url=url, title="", template="", read_at=NOW),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def source() -> Iterator[Inventory]:
    """Ann's OneDrive, a site where Bob and Sales have rights, and a group that has a site."""
    with ExitStack() as stack:
        inventory = stack.enter_context(Inventory.memory())
        inventory.put_tenant(facts(SOURCE, "contoso"))
        inventory.put_principals(
            [
                person("ann", "ann@contoso.com"),
                person("bob", "bob@contoso.com"),
                Principal(principal_id=SALES, kind=PrincipalKind.SECURITY_GROUP, name="Sales"),
                Principal(principal_id=TEAM, kind=PrincipalKind.M365_GROUP, name="Team", alias="oldteam"),
            ]
        )
        host = "https://contoso"
        drive = site(DRIVE, SiteKind.PERSONAL, f"{host}-my.sharepoint.com/personal/ann_contoso_com", owner_id="ann")
        inventory.put_site(replace(drive, admins=("ann",)))
        inventory.put_site(site(SITE, SiteKind.SITE, f"{host}.sharepoint.com/sites/x", owner_id="ann"))
        teams = site(UUID(TEAM), SiteKind.GROUP, f"{host}.sharepoint.com/sites/oldteam", group_id=TEAM)
        inventory.put_site(teams)
        give(inventory, "bob", SALES)
        yield inventory


@pytest.fixture
def target() -> Iterator[Inventory]:
    with Inventory.memory() as inventory:
        inventory.put_tenant(facts(TARGET, "fabrikam"))
        inventory.put_licences(
            [
                Licence(sku_id=OFFICE, part_number="SPE_E3", enabled=9, consumed=2),
                Licence(sku_id=USER_MIGRATION, part_number="Cross_tenant_user_data_migration", enabled=9, consumed=2),
            ]
        )
        inventory.put_principals(
            [
                person("t-ann", "ann@fabrikam.com"),
                person("t-bob", "bob@fabrikam.com"),
                Principal(principal_id=NEW_SALES, kind=PrincipalKind.SECURITY_GROUP, name="Sales"),
                Principal(principal_id=NEW_TEAM, kind=PrincipalKind.M365_GROUP, name="Team", alias="team-x"),
            ]
        )
        yield inventory


def give(inventory: Inventory, *principals: str) -> None:
    rights = [Assignment(site_id=SITE, scope_id=SITE, principal_id=each, right=Right.READ) for each in principals]
    inventory.put_assignments(SITE, rights)


class Judged:
    """A lint run through: what was told, and what was not checked."""

    def __init__(self, findings: list[Finding], not_checked: tuple[str, ...]) -> None:
        self.told = [(each.rule, each.line, each.column, each.severity.value) for each in findings]
        self.messages = [each.message for each in findings]
        self.not_checked = not_checked


def judge(folder: Path, rows: list[str], source: Inventory, target: Inventory, **more: object) -> Judged:
    given = Given(sources=(Side.of(source),), target=Side.of(target), moves=MOVES)
    lint = Lint(written(folder / "map.csv", rows), replace(given, **more))  # type: ignore[arg-type]
    return Judged(list(lint), lint.not_checked)


def written(place: Path, rows: list[str]) -> Path:
    place.write_text("".join(f"{row}\n" for row in rows))
    return place


def test_a_good_map_with_everything_known_is_checked_by_every_rule(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    judged = judge(tmp_path, ROWS, source, target, previous=written(tmp_path / "old.csv", ROWS[:2]))
    assert judged.told == []
    assert judged.not_checked == ()


def test_whoever_has_permissions_and_no_row_is_a_warning_with_the_site(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    judged = judge(tmp_path, [ROWS[0], ROWS[3]], source, target)
    assert sorted(judged.told) == [("R-5.58", None, None, "warning")] * 2
    assert any("bob@contoso.com" in message and "/sites/x" in message for message in judged.messages)
    assert any("'Sales'" in message for message in judged.messages)


def test_members_of_sharepoint_groups_and_owners_claims_need_rows_too(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    source.put_principals([person("cid", "cid@contoso.com"), person("dan", "dan@contoso.com")])
    source.put_principals([Principal(principal_id=f"{TEAM}_o", kind=PrincipalKind.OTHER, name="owners")])
    visitors = Principal(principal_id=f"sp:{SITE}:3", kind=PrincipalKind.SITE_GROUP, name="Visitors")
    source.put_site_groups(SITE, [visitors], [Member(group_id=visitors.principal_id, member_id="cid")])
    source.put_members(f"{TEAM}_o", [Member(group_id=f"{TEAM}_o", member_id="dan")])
    give(source, "bob", visitors.principal_id, f"{TEAM}_o")
    judged = judge(tmp_path, ROWS, source, target)
    assert [
        (rule, "cid" in text or "dan" in text) for (rule, *_), text in zip(judged.told, judged.messages, strict=True)
    ] == [("R-5.58", True)] * 2


def test_a_site_whose_permissions_were_not_read_leaves_its_rules_unchecked(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    unread = source.site_by_url("https://contoso.sharepoint.com/sites/x")
    assert unread is not None
    source.put_site(replace(unread, read_at=None))
    judged = judge(tmp_path, ROWS, source, target)
    assert judged.not_checked == ("R-5.58", "R-5.59", "R-5.64", "R-5.65")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"licences": ()}, [("R-5.63", 1, 4, "error")]),
        ({"licences": (USER_MIGRATION,)}, [("R-5.63", 1, 4, "error")]),
        ({"upn": "annabel@fabrikam.com"}, [("R-5.63", 1, 4, "error")]),
        ({"kind": PrincipalKind.GUEST}, [("R-5.61", 1, 6, "warning")]),
    ],
)
def test_an_account_that_is_not_ready_is_told_at_its_row(
    tmp_path: Path, source: Inventory, target: Inventory, change: dict[str, object], told: list[object]
) -> None:
    target.put_principals([person("t-ann", "ann@fabrikam.com", **change)] if "upn" not in change else [])  # type: ignore[arg-type]
    if "upn" in change:
        target.put_principals([person("t-ann", "annabel@fabrikam.com")])
    assert judge(tmp_path, ROWS, source, target).told == told


def test_a_onedrive_that_stands_at_the_target_already_is_an_error(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    target.put_site(site(DRIVE, SiteKind.PERSONAL, "https://fabrikam-my.sharepoint.com/personal/ann", owner_id="t-ann"))
    assert judge(tmp_path, ROWS, source, target).told == [("R-5.63", 1, 4, "error")]


def test_groups_are_looked_up_at_the_target_by_id_and_alias(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    target.put_principals([Principal(principal_id=NEW_TEAM, kind=PrincipalKind.M365_GROUP, name="T", alias="team-y")])
    rows = [*ROWS[:2], ROWS[2].replace(NEW_SALES, NEW_SALES.replace("bbbb", "dddd")), ROWS[3]]
    assert judge(tmp_path, rows, source, target).told == [("R-5.63", 3, 4, "error"), ("R-5.50", 4, 5, "error")]


def test_the_row_of_a_moving_group_leads_from_that_group(tmp_path: Path, source: Inventory, target: Inventory) -> None:
    other = ROWS[3].replace("team-x", "team-y")
    target.put_principals([Principal(principal_id=NEW_TEAM, kind=PrincipalKind.M365_GROUP, name="T", alias="team-y")])
    assert judge(tmp_path, [*ROWS[:3], other], source, target).told == [("R-5.57", 4, 5, "error")]


def test_a_user_of_the_targets_domain_on_a_moving_site_is_told(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    source.put_principals(
        [
            person("eve", "eve@fabrikam.com"),
            person("gus", "gus_fabrikam.com#EXT#@contoso.onmicrosoft.com", PrincipalKind.GUEST),
        ]
    )
    give(source, "eve", "gus")
    told = judge(tmp_path, ROWS, source, target).told
    assert [each for each in told if each[0] == "R-5.64"] == [
        ("R-5.64", None, None, "error"),
        ("R-5.64", None, None, "warning"),
    ] or [each for each in told if each[0] == "R-5.64"] == [
        ("R-5.64", None, None, "warning"),
        ("R-5.64", None, None, "error"),
    ]


def test_a_onedrive_owned_by_an_administrator_is_told(tmp_path: Path, source: Inventory, target: Inventory) -> None:
    drive = source.site_by_url("https://contoso-my.sharepoint.com/personal/ann_contoso_com")
    assert drive is not None
    source.put_site(replace(drive, owner_id="bob"))
    assert judge(tmp_path, ROWS, source, target).told == [("R-5.65", 1, 3, "error")]


def test_a_lost_row_is_an_error_and_a_changed_one_a_warning(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    old = written(
        tmp_path / "old.csv",
        [ROWS[0], ROWS[1].replace("bob@fab", "bobby@fab"), ROWS[2].replace(SALES, TEAM[:-1] + "9")],
    )
    judged = judge(tmp_path, ROWS, source, target, previous=old)
    assert judged.told == [("R-5.59", 2, 4, "warning"), ("R-5.59", None, None, "error")]
    assert "its line 3" in judged.messages[1]


def test_the_same_map_in_another_order_and_form_loses_nothing(
    tmp_path: Path, source: Inventory, target: Inventory
) -> None:
    old = tmp_path / "old.csv"
    old.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*reversed(ROWS), ""]).upper().encode())
    assert judge(tmp_path, ROWS, source, target, previous=old).told == []


def test_two_maps_side_by_side_show_what_is_lost_changed_and_added(tmp_path: Path) -> None:
    old = written(tmp_path / "old.csv", ROWS[:3])
    new = written(tmp_path / "new.csv", [ROWS[3], ROWS[1].replace("RegularUser", "GuestUser"), ROWS[0].upper()])
    found = list(comparing.compare(old, new))
    assert [(each.change, each.old_line, each.new_line) for each in found] == [
        (Change.LOST, 3, None),
        (Change.CHANGED, 2, 2),
        (Change.ADDED, None, 1),
    ]
    assert found[1].old is not None
    assert found[1].new is not None
    assert (found[1].old[5], found[1].new[5]) == ("RegularUser", "GuestUser")
    assert list(comparing.compare(old, old)) == []


def test_maps_of_two_tenants_are_kept_apart_by_the_tenant_id(tmp_path: Path) -> None:
    old = written(tmp_path / "old.csv", [ROWS[0]])
    new = written(tmp_path / "new.csv", [ROWS[0].replace(SOURCE, TARGET)])
    assert [each.change for each in comparing.compare(old, new)] == [Change.LOST, Change.ADDED]
