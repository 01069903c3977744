"""The inventory file: what is put in comes out, replaced as a whole, streamed, private."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from xtenant.inventory.directory_rows import EmptyInventory
from xtenant.inventory.facts import (
    Assignment,
    Item,
    Licence,
    Member,
    NotRead,
    Principal,
    PrincipalKind,
    Right,
    Scope,
    ScopeKind,
    Site,
    SiteKind,
    SiteList,
    TenantFacts,
)
from xtenant.inventory.store import Inventory, UnreadableInventory

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
SKU = UUID(int=0x5C)
SITE = UUID(int=0x51)
TENANT = TenantFacts(
    tenant_id=UUID(int=1),
    display_name="Contoso",
    initial_domain="contoso.onmicrosoft.com",
    domains=("contoso.onmicrosoft.com", "contoso.com"),
    host_urls=("https://contoso-my.sharepoint.com/",),
    site_creation_enabled=False,
    read_at=NOW,
)
ANN = Principal(
    principal_id="a",
    kind=PrincipalKind.USER,
    name="Ann",
    upn="Ann@Contoso.com",
    mail="ann.a@contoso.com",
    usage_location="NO",
    licences=(SKU, UUID(int=7)),
)
GUEST = Principal(
    principal_id="g", kind=PrincipalKind.GUEST, name="Gus", upn="gus_x.org#EXT#@contoso.com", mail="gus@x.org"
)
TEAM = Principal(
    principal_id="t",
    kind=PrincipalKind.M365_GROUP,
    name="Team",
    alias="Team",
    visibility="Private",
    on_demand=True,
    site_url="https://contoso.sharepoint.com/sites/team",
)
OWNERS = Principal(principal_id=f"sp:{SITE}:3", kind=PrincipalKind.SITE_GROUP, name="Team Owners")
PLACE = Site(
    site_id=SITE,
    kind=SiteKind.GROUP,
    url="https://contoso.sharepoint.com/sites/Team Røom",
    title="Team",
    template="GROUP#0",
    group_id="t",
    admins=("a", "g"),
    storage_mb=12,
    items=3,
    sharing_links=1,
    read_at=NOW,
)


@pytest.fixture
def inventory() -> Iterator[Inventory]:
    with Inventory.memory() as inventory:
        yield inventory


def scope(number: int, kind: ScopeKind, path: str) -> Scope:
    return Scope(site_id=SITE, scope_id=UUID(int=number), kind=kind, path=path)


def item(number: int, path: str, scope_number: int, kind: ScopeKind = ScopeKind.FILE) -> Item:
    return Item(site_id=SITE, item_id=UUID(int=number), kind=kind, path=path, scope_id=UUID(int=scope_number))


def test_an_empty_inventory_says_what_to_do(inventory: Inventory) -> None:
    with pytest.raises(EmptyInventory) as caught:
        inventory.tenant()
    assert caught.value.remedy and "discover" in caught.value.remedy


def test_a_tenant_and_its_licences_come_back_as_they_were(inventory: Inventory) -> None:
    licence = Licence(sku_id=SKU, part_number="OneDrive_CT", enabled=10, consumed=4)
    inventory.put_tenant(TENANT)
    inventory.put_licences([licence])
    assert inventory.tenant() == TENANT
    assert inventory.licences() == [licence]
    inventory.put_licences([])
    assert inventory.licences() == []


def test_principals_are_found_by_id_name_mail_and_alias_in_any_case(inventory: Inventory) -> None:
    inventory.put_principals([ANN, GUEST, TEAM])
    assert list(inventory.principals()) == [ANN, GUEST, TEAM]
    assert list(inventory.principals([PrincipalKind.GUEST])) == [GUEST]
    assert inventory.principal("a") == ANN
    assert inventory.principal_by_upn("ANN@contoso.COM") == ANN
    assert inventory.principal_by_mail("GUS@x.org") == GUEST
    assert inventory.principal_by_alias("team") == TEAM
    assert inventory.principal_by_upn("") is None
    assert inventory.principal_by_mail("") is None
    assert inventory.principal("nobody") is None


def test_principals_put_instead_of_a_kind_leave_the_other_kinds(inventory: Inventory) -> None:
    inventory.put_principals([ANN, GUEST, TEAM])
    inventory.put_principals([GUEST], instead_of=(PrincipalKind.USER, PrincipalKind.GUEST))
    assert list(inventory.principals()) == [GUEST, TEAM]


def test_members_of_a_group_replace_those_before(inventory: Inventory) -> None:
    inventory.put_members("t", [Member(group_id="t", member_id="a"), Member(group_id="t", member_id="g")])
    inventory.put_members("u", [Member(group_id="u", member_id="t")])
    both = [Member(group_id="t", member_id="a"), Member(group_id="t", member_id="a", owner=True)]
    inventory.put_members("t", both)
    assert inventory.members("t") == both
    assert list(inventory.all_members()) == [*both, Member(group_id="u", member_id="t")]
    assert inventory.memberships_of("t") == [Member(group_id="u", member_id="t")]


def test_a_site_is_found_by_address_owner_and_group(inventory: Inventory) -> None:
    personal = Site(
        site_id=UUID(int=0x52),
        kind=SiteKind.PERSONAL,
        url="https://contoso-my.sharepoint.com/personal/ann",
        title="Ann",
        template="SPSPERS#10",
        owner_id="a",
    )
    inventory.put_site(PLACE)
    inventory.put_site(personal)
    assert inventory.site_by_url("https://CONTOSO.sharepoint.com/sites/team%20r%C3%B8om/") == PLACE
    assert inventory.site_of_owner("a") == personal
    assert inventory.site_of_group("t") == PLACE
    assert list(inventory.sites()) == [personal, PLACE]
    assert inventory.site(SITE) == PLACE


def test_what_stands_below_a_site_replaces_what_stood_there(inventory: Inventory) -> None:
    inventory.put_site(PLACE)
    scopes = [scope(1, ScopeKind.WEB, ""), scope(2, ScopeKind.LIST, "Docs")]
    rights = [Assignment(site_id=SITE, scope_id=UUID(int=1), principal_id="a", right=Right.FULL)]
    items = [item(2, "Docs", 2, ScopeKind.LIST), item(3, "Docs/a.txt", 2)]
    for _ in range(2):
        inventory.put_scopes(SITE, scopes)
        inventory.put_assignments(SITE, rights)
        inventory.put_items(SITE, iter(items))
    assert inventory.scopes(SITE) == scopes
    assert inventory.assignments(SITE) == rights
    assert list(inventory.items(SITE)) == items
    assert inventory.scopes(UUID(int=9)) == []


def test_site_groups_go_with_their_site_and_with_no_other(inventory: Inventory) -> None:
    other = Principal(principal_id=f"sp:{UUID(int=0x52)}:3", kind=PrincipalKind.SITE_GROUP, name="Others")
    inventory.put_principals([ANN])
    inventory.put_site(PLACE)
    inventory.put_site_groups(SITE, [OWNERS], [Member(group_id=OWNERS.principal_id, member_id="a")])
    inventory.put_site_groups(UUID(int=0x52), [other], [])
    assert list(inventory.site_groups(SITE)) == [OWNERS]
    assert [each.member_id for each in inventory.members(OWNERS.principal_id)] == ["a"]
    inventory.forget_site(SITE)
    assert inventory.site(SITE) is None
    assert inventory.members(OWNERS.principal_id) == []
    assert list(inventory.principals()) == [ANN, other]


def test_the_nearest_folder_scope_holds_for_what_lies_below_it(inventory: Inventory) -> None:
    upper, inner = scope(10, ScopeKind.FOLDER, "Docs/Plans"), scope(11, ScopeKind.FOLDER, "Docs/Plans/Secret")
    rows = [
        item(2, "Docs", 2, ScopeKind.LIST),
        item(10, "Docs/Plans", 10, ScopeKind.FOLDER),
        item(11, "Docs/Plans/Secret", 11, ScopeKind.FOLDER),
        item(12, "Docs/Plans/Secret/a.txt", 2),
        item(13, "Docs/Plans/Secret/own.txt", 13),
        item(14, "Docs/Plans/b.txt", 2),
        item(15, "Docs/Plans 2.txt", 2),
        item(16, "Docs/Plans0/c.txt", 2),
    ]
    inventory.put_items(SITE, rows)
    inventory.spread_scopes(SITE, [inner, upper])
    nearest = {each.item_id.int: each.scope_id.int for each in inventory.items(SITE)}
    assert nearest == {2: 2, 10: 10, 11: 11, 12: 11, 13: 13, 14: 10, 15: 2, 16: 2}


def test_a_list_is_forgotten_with_its_items_and_its_state_and_no_other(inventory: Inventory) -> None:
    inventory.put_site(PLACE)
    inventory.put_items(SITE, [item(number, path, 2) for number, path in enumerate(("Docs", "Docs/a", "Docs 2/b"))])
    docs, other = (
        SiteList(site_id=SITE, list_id=UUID(int=number), path=path, title=path, template=101)
        for number, path in ((7, "Docs"), (8, "Docs 2"))
    )
    inventory.put_lists(SITE, [docs, other])
    inventory.put_list_states(SITE, {docs.list_id: "t1", other.list_id: "t2"})
    inventory.forget_items_of(docs)
    assert [each.path for each in inventory.items(SITE)] == ["Docs 2/b"]
    assert inventory.list_states(SITE) == {other.list_id: "t2"}
    assert inventory.lists(SITE) == [docs, other]
    found = inventory.site(SITE)
    assert found is not None and found.read_at is None
    inventory.put_lists(SITE, [docs])
    assert inventory.list_states(SITE) == {}


def test_strangers_without_a_right_are_forgotten_and_those_with_one_stay(inventory: Inventory) -> None:
    strangers = [Principal(principal_id=each, kind=PrincipalKind.OTHER, name=each) for each in ("i:1", "i:2", "g_o")]
    inventory.put_principals([ANN, *strangers])
    inventory.put_members("g_o", [Member(group_id="g_o", member_id="a")])
    inventory.put_site(replace(PLACE, admins=("g_o",)))
    inventory.put_assignments(SITE, [Assignment(site_id=SITE, scope_id=SITE, principal_id="i:1", right=Right.READ)])
    inventory.forget_strangers()
    assert {each.principal_id for each in inventory.principals()} == {"a", "i:1", "g_o"}
    assert len(inventory.members("g_o")) == 1
    inventory.put_site(PLACE)
    inventory.forget_strangers()
    assert {each.principal_id for each in inventory.principals()} == {"a", "i:1"}
    assert inventory.members("g_o") == []


def test_what_was_not_read_is_kept_by_site_until_the_site_is_read_again(inventory: Inventory) -> None:
    rows = [NotRead(subject="licences", reason="no"), NotRead(subject="x", reason="locked", site_id=SITE)]
    inventory.put_not_read(rows)
    assert list(inventory.not_read_rows()) == rows
    assert list(inventory.not_read()) == [("licences", "no"), ("x", "locked")]
    inventory.clear_not_read(None)
    assert list(inventory.not_read_rows()) == rows[1:]
    inventory.put_site(PLACE)
    inventory.forget_site(SITE)
    assert list(inventory.not_read()) == []


def test_an_emptied_site_counts_as_not_read(inventory: Inventory) -> None:
    inventory.put_site(PLACE)
    inventory.put_items(SITE, [item(3, "Docs/a.txt", 2)])
    inventory.empty_site(SITE)
    found = inventory.site(SITE)
    assert found is not None and found.read_at is None
    assert list(inventory.items(SITE)) == []


def test_a_failed_writer_leaves_what_stood_there(inventory: Inventory) -> None:
    def broken() -> Iterator[Principal]:
        yield GUEST
        raise RuntimeError

    inventory.put_principals([ANN])
    with pytest.raises(RuntimeError):
        inventory.put_principals(broken(), instead_of=list(PrincipalKind))
    assert list(inventory.principals()) == [ANN]


def test_a_run_remembers_its_parts_until_the_next_one(inventory: Inventory) -> None:
    run = inventory.begin_run("*", NOW)
    inventory.note_part(run, "users")
    assert inventory.last_run() == run
    assert inventory.parts_done(run) == {"users"}
    inventory.end_run(run, NOW)
    ended = inventory.last_run()
    assert ended is not None and ended.ended_at == NOW
    following = inventory.begin_run("some", NOW)
    assert inventory.parts_done(following) == set() == inventory.parts_done(run)


def test_a_file_is_its_owners_only_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "inventory" / "x.db"
    with Inventory(path) as inventory:
        inventory.put_tenant(TENANT)
        rights = [stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()]
        assert rights and set(rights) == {0o600}
    with Inventory(path) as inventory:
        assert inventory.tenant() == TENANT
        assert inventory.counts()["items"] == 0


def test_a_file_that_is_no_inventory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"no database " * 1_000)
    with pytest.raises(UnreadableInventory):
        Inventory(path)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Inventory(path) as inventory:
        inventory._database.execute("PRAGMA user_version = 99")
    with pytest.raises(UnreadableInventory):
        Inventory(path)
