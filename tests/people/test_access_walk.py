"""Access before and after, walked by hand: kinds of move, groups in groups, links, policies, and what cannot be foretold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from xtenant.domain import errors, plan
from xtenant.inventory.facts import (
    Assignment,
    Item,
    Member,
    Principal,
    PrincipalKind,
    Right,
    Scope,
    ScopeKind,
    Site,
    SiteKind,
    TenantFacts,
)
from xtenant.inventory.store import Inventory
from xtenant.people.access.prediction import Change, Prediction, predicted
from xtenant.people.access.telling import Totals, full_rows, site_row

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SOURCE = UUID("aaaaaaaa-1111-4111-8111-111111111111")
TARGET = UUID("bbbbbbbb-2222-4222-8222-222222222222")
SITE, SECRET, DRIVE, TEAMS = (UUID(f"aaaaaaaa-5555-4555-8555-55555555555{number}") for number in range(4))
FILE, FOLDER = UUID("aaaaaaaa-6666-4666-8666-666666666660"), UUID("aaaaaaaa-6666-4666-8666-666666666661")
SITE_URL = "https://contoso.sharepoint.com/sites/x"
DRIVE_URL = "https://contoso-my.sharepoint.com/personal/ann_contoso_com"
TEAM_URL = "https://contoso.sharepoint.com/sites/team"
OUTER, INNER = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
TEAM = "aaaaaaaa-0000-4000-8000-000000000003"
NEW_OUTER, NEW_TEAM = "bbbbbbbb-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000003"
MOVES = plan.read_moves(
    "id,kind,source,target\n"
    f"s,site,{SITE_URL},https://fabrikam.sharepoint.com/sites/x\n"
    "u,user,ann@contoso.com,ann@fabrikam.com\n"
    "g,group,team,new-team\n"
)
NONE, READ, WRITE, FULL = Right


def put_people(inventory: Inventory, domain: str, *names: str) -> None:
    inventory.put_principals(
        Principal(principal_id=f"{domain}-{name}", kind=PrincipalKind.USER, name=name, upn=f"{name}@{domain}.com")
        for name in names
    )


def put_group(inventory: Inventory, group_id: str, members: list[str], *owners: str, alias: str = "") -> None:
    kind = PrincipalKind.M365_GROUP if alias else PrincipalKind.SECURITY_GROUP
    inventory.put_principals([Principal(principal_id=group_id, kind=kind, name=f"group {group_id[-1]}", alias=alias)])
    rows = [Member(group_id=group_id, member_id=each) for each in members]
    inventory.put_members(group_id, rows + [Member(group_id=group_id, member_id=each, owner=True) for each in owners])


def put_site(inventory: Inventory, site_id: UUID, kind: SiteKind, url: str, **more: object) -> None:
    site = Site(site_id=site_id, kind=kind, url=url, title="", template="", read_at=NOW)
    inventory.put_site(replace(site, **more))  # type: ignore[arg-type]
    inventory.put_scopes(site_id, [Scope(site_id=site_id, scope_id=site_id, kind=ScopeKind.WEB, path="")])


def give(inventory: Inventory, site_id: UUID, *rights: tuple[UUID, str, Right]) -> None:
    inventory.put_assignments(
        site_id,
        [Assignment(site_id=site_id, scope_id=scope, principal_id=who, right=right) for scope, who, right in rights],
    )


def tenant(tenant_id: UUID, name: str) -> TenantFacts:
    return TenantFacts(
        tenant_id=tenant_id, display_name=name, initial_domain=f"{name}.com", domains=(f"{name}.com",), read_at=NOW
    )


@pytest.fixture
def source() -> Iterator[Inventory]:
    """Ann owns the site, Bob is in a group in a group, Cid may write one file, which nobody else may."""
    with Inventory.memory() as inventory:
        inventory.put_tenant(tenant(SOURCE, "contoso"))
        put_people(inventory, "contoso", "ann", "bob", "cid", "dan")
        put_group(inventory, INNER, ["contoso-bob", OUTER])
        put_group(inventory, OUTER, [INNER], "contoso-dan")
        put_group(inventory, TEAM, ["contoso-bob"], "contoso-cid", alias="team")
        put_site(inventory, SITE, SiteKind.SITE, SITE_URL, owner_id="contoso-ann", admins=("contoso-ann",))
        scopes = [(SITE, ScopeKind.WEB, ""), (FILE, ScopeKind.FILE, "Docs/secret.txt")]
        inventory.put_scopes(
            SITE, [Scope(site_id=SITE, scope_id=one, kind=kind, path=path) for one, kind, path in scopes]
        )
        inventory.put_items(
            SITE,
            [
                Item(site_id=SITE, item_id=FOLDER, kind=ScopeKind.LIST, path="Docs", scope_id=SITE),
                Item(site_id=SITE, item_id=FILE, kind=ScopeKind.FILE, path="Docs/secret.txt", scope_id=FILE),
            ],
        )
        give(inventory, SITE, (SITE, OUTER, READ), (FILE, "contoso-cid", WRITE))
        put_site(inventory, DRIVE, SiteKind.PERSONAL, DRIVE_URL, owner_id="contoso-ann", admins=("contoso-ann",))
        owners = f"{TEAM}_o"
        inventory.put_principals([Principal(principal_id=owners, kind=PrincipalKind.OTHER, name="Owners")])
        inventory.put_members(owners, [Member(group_id=owners, member_id="contoso-cid")])
        put_site(inventory, TEAMS, SiteKind.GROUP, TEAM_URL, group_id=TEAM, admins=(owners,))
        give(inventory, TEAMS, (TEAMS, TEAM, WRITE))
        yield inventory


@pytest.fixture
def target() -> Iterator[Inventory]:
    """Over there Dan is in the outer group and Eve is the team's owner."""
    with Inventory.memory() as inventory:
        inventory.put_tenant(tenant(TARGET, "fabrikam"))
        put_people(inventory, "fabrikam", "ann", "bob", "cid", "dan", "eve")
        put_group(inventory, NEW_OUTER, ["fabrikam-dan"])
        put_group(inventory, NEW_TEAM, ["fabrikam-bob"], "fabrikam-eve", alias="new-team")
        yield inventory


ROWS = [
    f"User,{SOURCE},{name}@contoso.com,{name}@fabrikam.com,{name}@fabrikam.com,RegularUser"
    for name in ("ann", "bob", "dan")
]
ROWS += [f"Group,{SOURCE},{OUTER},{NEW_OUTER},{NEW_OUTER},RegularGroup"]
ROWS += [f"Group,{SOURCE},{TEAM},{NEW_TEAM},new-team,O365Group"]
CID = f"User,{SOURCE},cid@contoso.com,cid@fabrikam.com,cid@fabrikam.com,RegularUser"


@pytest.fixture
def foretell(tmp_path: Path, source: Inventory, target: Inventory):  # type: ignore[no-untyped-def]
    def run(*rows: str, unmapped: str = "text") -> Prediction:
        file = tmp_path / "map.csv"
        file.write_text("\n".join(rows))
        return predicted(source, target, MOVES, file, unmapped)

    return run


def test_members_at_the_target_decide_not_those_of_today(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS, CID)
    assert told.rights(SITE_URL, "bob@contoso.com") == (READ, NONE), "in the group today, through another"
    assert told.rights(SITE_URL, "DAN@contoso.com") == (NONE, READ), "an owner of the group is no member of it"
    assert told.rights(SITE_URL, "ann@contoso.com", "docs") == (FULL, FULL)


def test_broken_inheritance_counts_at_its_own_scope_only(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS, CID)
    assert told.rights(SITE_URL, "cid@contoso.com", FILE) == (WRITE, WRITE)
    assert told.rights(SITE_URL, "cid@contoso.com", FOLDER) == (NONE, NONE)
    assert told.rights(SITE_URL, "bob@contoso.com", "Docs/secret.txt") == (NONE, NONE)
    assert told.rights(SITE_URL, "ann@contoso.com", FILE) == (FULL, FULL)


def test_a_onedrive_goes_to_the_account_of_its_move(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS)
    assert told.rights(DRIVE_URL, "ann@contoso.com") == (FULL, FULL)
    assert told.right_after(DRIVE_URL, "eve@fabrikam.com") is NONE


def test_a_groups_site_has_the_members_and_owners_of_its_target_group(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS)
    assert told.rights(TEAM_URL, "bob@contoso.com") == (WRITE, WRITE)
    assert told.rights(TEAM_URL, "cid@contoso.com") == (FULL, NONE), "owner of the source's group, of nothing there"
    assert told.right_after(TEAM_URL, "eve@fabrikam.com") is FULL


def test_whoever_is_not_in_the_map_loses_and_is_named(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS)
    assert told.rights(SITE_URL, "cid@contoso.com", FILE) == (WRITE, NONE)
    [site, _, _] = [site_row(told, access, Totals()) for access in told.sites()]
    assert site["unmapped"] == ["cid@contoso.com"]
    assert site["losing"] == ["bob@contoso.com", "cid@contoso.com"]
    assert site["gaining"] == ["dan@contoso.com"]
    assert (site["people_today"], site["people_after"], site["same"]) == (3, 2, 1)


def test_the_heir_of_the_policy_gets_what_the_unmapped_had(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS, unmapped="eve@fabrikam.com")
    assert told.right_after(SITE_URL, "eve@fabrikam.com", FILE) is WRITE
    assert told.right_after(SITE_URL, "eve@fabrikam.com") is NONE
    with pytest.raises(errors.UsageError, match="nobody"):
        foretell(*ROWS, unmapped="nobody@fabrikam.com")


def test_a_row_that_leads_to_nobody_is_as_good_as_none(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS, CID.replace("cid@fabrikam", "gone@fabrikam"))
    assert told.rights(SITE_URL, "cid@contoso.com", FILE) == (WRITE, NONE)
    told = foretell(*(row.replace(str(SOURCE), str(TARGET)) for row in ROWS))
    assert told.rights(SITE_URL, "ann@contoso.com") == (FULL, NONE), "rows of another tenant do not count"


def test_two_who_become_one_have_the_stronger_right_and_neither_is_forgotten(foretell, source: Inventory) -> None:  # type: ignore[no-untyped-def]
    give(source, SITE, (SITE, "contoso-bob", READ), (SITE, "contoso-cid", WRITE))
    told = foretell(*ROWS, CID.replace("cid@fabrikam", "bob@fabrikam"))
    assert told.rights(SITE_URL, "bob@contoso.com") == (READ, WRITE)
    assert told.rights(SITE_URL, "cid@contoso.com") == (WRITE, WRITE)
    [site, *_] = [site_row(told, access, Totals()) for access in told.sites()]
    assert site["gaining"] == ["bob@contoso.com"]


def test_sharepoint_groups_go_with_their_members_and_sharing_links_do_not(foretell, source: Inventory) -> None:  # type: ignore[no-untyped-def]
    crew = Principal(principal_id=f"sp:{SITE}:5", kind=PrincipalKind.SITE_GROUP, name="Crew")
    link = Principal(principal_id=f"sp:{SITE}:6", kind=PrincipalKind.SITE_GROUP, name="SharingLinks.x.Flexible")
    members = [Member(group_id=crew.principal_id, member_id=each) for each in ("contoso-bob", OUTER)]
    source.put_site_groups(SITE, [crew, link], [*members, Member(group_id=link.principal_id, member_id="contoso-dan")])
    give(source, SITE, (SITE, crew.principal_id, WRITE), (FILE, link.principal_id, READ))
    told = foretell(*ROWS)
    assert told.rights(SITE_URL, "bob@contoso.com") == (WRITE, WRITE)
    assert told.rights(SITE_URL, "dan@contoso.com") == (NONE, WRITE), "by the outer group's members over there"
    assert told.rights(SITE_URL, "dan@contoso.com", FILE) == (READ, NONE)
    totals = Totals()
    [site, *_] = [site_row(told, access, totals) for access in told.sites()]
    assert (site["links"], totals.links_not_moved) == (["SharingLinks.x.Flexible"], 1)


def test_a_deleted_person_with_a_row_has_access_again(foretell, source: Inventory) -> None:  # type: ignore[no-untyped-def]
    login = "i:0#.f|membership|gone@contoso.com"
    source.put_principals([Principal(principal_id=login, kind=PrincipalKind.OTHER, name="Gone")])
    give(source, SITE, (SITE, login, READ))
    told = foretell(*ROWS, CID.replace("cid@contoso", "gone@contoso"))
    assert told.right_after(SITE_URL, "cid@fabrikam.com") is READ


def test_what_cannot_be_foretold_says_why(foretell, source: Inventory) -> None:  # type: ignore[no-untyped-def]
    unread = source.site_by_url(SITE_URL)
    assert unread is not None
    source.put_site(replace(unread, read_at=None))
    told = foretell(*(row for row in ROWS if "ann@" not in row and "team" not in row))
    totals = Totals()
    reasons = [site_row(told, access, totals)["reason"] for access in told.sites()]
    assert [bool(reason) for reason in reasons] == [True, True, True]
    assert ("permissions" in reasons[0], "owner" in reasons[1], "new-team" in reasons[2]) == (True, True, True)
    assert totals.not_predicted == 3
    with pytest.raises(errors.NotFound, match="permissions"):
        told.rights(SITE_URL, "bob@contoso.com")


def test_every_row_of_the_full_list_is_somebody_with_a_right(foretell) -> None:  # type: ignore[no-untyped-def]
    told = foretell(*ROWS, CID)
    rows = [row for access in told.sites() for row in full_rows(told, access)]
    assert all((row["before"], row["after"]) != ("none", "none") for row in rows)
    assert {
        (row["path"], row["person"], row["target_person"], row["change"]) for row in rows if row["site"] == SITE_URL
    } == {
        (path, f"{who}@contoso.com", f"{who}@fabrikam.com", change)
        for who, change, paths in (
            ("ann", Change.SAME.value, ("", "Docs", "Docs/secret.txt")),
            ("bob", Change.LOSES.value, ("", "Docs")),
            ("dan", Change.GAINS.value, ("", "Docs")),
            ("cid", Change.SAME.value, ("Docs/secret.txt",)),
        )
        for path in paths
    }
    assert ("eve@fabrikam.com", "", "gains") in {(row["target_person"], row["person"], row["change"]) for row in rows}
