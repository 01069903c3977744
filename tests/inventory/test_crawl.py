"""The crawl of a tenant finds what was planted: directory, sites, scopes and rights; it goes on after a kill."""

from __future__ import annotations

from uuid import UUID

import pytest

from inventory.asked import Asked, crawl, killed_after
from inventory.estate import (
    CONTRIBUTE,
    DOMAIN,
    FULL,
    ROOT,
    Estate,
    Planting,
    unified,
)
from neighbours import Neighbours
from xtenant.domain import errors
from xtenant.domain.content import LockState
from xtenant.domain.directory import GroupKind
from xtenant.inventory.crawl import ended
from xtenant.inventory.facts import Member, PrincipalKind, Right, ScopeKind, SiteKind
from xtenant.inventory.store import Inventory
from xtenant.operations import sites as site_operations
from xtenant.wire.site_properties import SITE_PROPERTIES_OF

pytestmark = pytest.mark.anyio

Rights = dict[str, dict[str, Right]]


def rights_in(inventory: Inventory, site_id: UUID) -> Rights:
    paths = {scope.scope_id: scope.path for scope in inventory.scopes(site_id)}
    found: Rights = {path: {} for path in paths.values()}
    for each in inventory.assignments(site_id):
        found[paths[each.scope_id]][each.principal_id] = each.right
    return found


async def test_the_directory_is_read_as_it_was_planted(planting: Planting, estate: Estate) -> None:
    ids = estate.ids
    with Inventory.memory() as inventory:
        await crawl(planting, inventory, [])
        tenant = inventory.tenant()
        assert (tenant.display_name, tenant.initial_domain) == ("Contoso", DOMAIN)
        assert tenant.host_urls == ("https://contoso-my.sharepoint.com/",)
        assert tenant.site_creation_enabled is True
        guest = inventory.principal(ids["gus"])
        assert guest is not None and guest.kind is PrincipalKind.GUEST and guest.mail == "gus@northwind.com"
        assert guest.upn == f"gus_northwind.com#EXT#@{DOMAIN}"
        ann = inventory.principal_by_upn(f"ANN@{DOMAIN}")
        assert ann is not None and (ann.principal_id, ann.name, ann.kind) == (ids["ann"], "Ann", PrincipalKind.USER)
        assert inventory.members(ids["outer"]) == sorted(
            [Member(group_id=ids["outer"], member_id=ids[name]) for name in ("ann", "middle")],
            key=lambda each: each.member_id,
        )
        assert [each.member_id for each in inventory.members(ids["middle"])] == [ids["inner"]]
        assert {each.member_id for each in inventory.members(ids["inner"])} == {ids["bob"], ids["gus"]}
        assert ended(inventory)


async def test_a_microsoft_365_group_has_its_owners_its_site_and_its_method(planting: Planting, estate: Estate) -> None:
    ann, bob = estate.ids["ann"], estate.ids["bob"]
    team = await planting.group("team", [bob], owners=[ann], kind=GroupKind.UNIFIED, on_demand=False)
    later = await planting.group("later", [], owners=[ann], kind=GroupKind.UNIFIED)
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        found = inventory.principal(team)
        assert found is not None and found.kind is PrincipalKind.M365_GROUP and not found.on_demand
        site = inventory.site_of_group(team)
        assert site is not None and site.kind is SiteKind.GROUP and site.url == found.site_url
        assert inventory.principal_by_alias("TEAM") == found
        owners = {each.member_id for each in inventory.members(team) if each.owner}
        assert owners == {ann}
        assert f"{team}_o" in site.admins
        assert [each.member_id for each in inventory.members(f"{team}_o")] == [ann]
        waiting = inventory.principal(later)
        assert waiting is not None and waiting.on_demand and waiting.site_url == ""
        assert inventory.site_of_group(later) is None


async def test_broken_inheritance_is_found_at_folder_and_file(planting: Planting, estate: Estate) -> None:
    with Inventory.memory() as inventory:
        report = await crawl(planting, inventory)
        assert (report.unread, report.missing) == ([], ())
        site_id = estate.site.site_id
        assert rights_in(inventory, site_id) == {
            "": {estate.visitors: Right.READ},
            "Shared Documents/Plans": {estate.ids["outer"]: Right.WRITE},
            "Shared Documents/Plans/Secret/own.txt": {estate.ids["ann"]: Right.READ},
        }
        scopes = {scope.scope_id: scope for scope in inventory.scopes(site_id)}
        assert {scope.kind for scope in scopes.values()} == {ScopeKind.WEB, ScopeKind.FOLDER, ScopeKind.FILE}
        nearest = {item.path: scopes[item.scope_id].path for item in inventory.items(site_id)}
        plans, own = "Shared Documents/Plans", "Shared Documents/Plans/Secret/own.txt"
        assert nearest == {
            "Shared Documents": "",
            "Shared Documents/top.txt": "",
            plans: plans,
            f"{plans}/open.txt": plans,
            f"{plans}/Secret": plans,
            f"{plans}/Secret/other.txt": plans,
            own: own,
        }


async def test_site_groups_their_members_and_administrators_are_found(planting: Planting, estate: Estate) -> None:
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        site = inventory.site_by_url(f"{ROOT}/sites/PROJECT/")
        assert site is not None
        assert {estate.ids["ann"], estate.ids["bob"]} <= set(site.admins)
        assert (site.owner_id, site.kind, site.items) == (estate.ids["ann"], SiteKind.SITE, 6)
        visitors = next(group for group in inventory.site_groups(site.site_id) if group.name == "Visitors")
        members = {each.member_id for each in inventory.members(visitors.principal_id)}
        assert members == {estate.ids["outer"], estate.ids["bob"]}
        sizes = {item.path: item.size_bytes for item in inventory.items(site.site_id)}
        assert sizes["Shared Documents/top.txt"] == len("top.txt")


async def test_a_library_of_its_own_and_unified_groups_are_told_apart(planting: Planting, estate: Estate) -> None:
    site = planting.site("second")
    team = await planting.group("crew", [], owners=[estate.ids["ann"]], kind=GroupKind.UNIFIED)
    await planting.break_at(site, "Shared Documents")
    await planting.give(site, "Shared Documents", await planting.user(site, unified(team)), CONTRIBUTE)
    await planting.give(site, "", await planting.user(site, unified(team)), FULL)
    with Inventory.memory() as inventory:
        await crawl(planting, inventory, [site.url])
        assert rights_in(inventory, site.site_id) == {
            "": {team: Right.FULL},
            "Shared Documents": {team: Right.WRITE},
        }


async def test_only_the_sites_named_are_read_further(planting: Planting, estate: Estate) -> None:
    onedrive = planting.onedrive("bob")
    names = [f"bob@{DOMAIN}", f"{ROOT}/sites/nowhere", "no-alias", f"nobody@{DOMAIN}"]
    with Inventory.memory() as inventory:
        report = await crawl(planting, inventory, names)
        assert list(report.missing) == names[1:]
        found = inventory.site_of_owner(estate.ids["bob"])
        assert found is not None and found.kind is SiteKind.PERSONAL and found.read_at is not None
        assert found.site_id == onedrive.site_id and estate.ids["bob"] in found.admins
        other = inventory.site(estate.site.site_id)
        assert other is not None and other.read_at is None and not list(inventory.items(other.site_id))


async def test_a_onedrive_is_found_by_its_address_though_its_owner_was_changed(
    planting: Planting, estate: Estate
) -> None:
    service, onedrive = planting.block["contoso"], planting.onedrive("bob")
    site_operations.set_owner(service.units, url=onedrive.url, upn=f"ann@{DOMAIN}")
    with Inventory.memory() as inventory:
        report = await crawl(planting, inventory, [f"bob@{DOMAIN}"])
        assert (report.sites_read, list(report.missing)) == (1, [])
        found = inventory.site(onedrive.site_id)
        assert found is not None and found.read_at is not None and found.owner_id == estate.ids["ann"]


async def test_a_second_crawl_renews_what_is_there(planting: Planting, estate: Estate) -> None:
    gone = planting.site("gone")
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        first = inventory.counts()
        await crawl(planting, inventory)
        assert inventory.counts() == first
        service = planting.block["contoso"]
        site_operations.remove_site(service.units, url=gone.url, clock=service.clock)
        planting.fill(estate.site, "new.txt")
        await planting.person("zoe")
        report = await crawl(planting, inventory)
        assert not report.went_on
        assert inventory.site_by_url(gone.url) is None
        assert inventory.counts()["items"] == first["items"] - 1 + 1
        assert inventory.principal_by_upn(f"zoe@{DOMAIN}") is not None


async def test_a_crawl_that_was_killed_goes_on_where_it_stood(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    for number in range(9):
        planting.site(f"site{number}")
    with Inventory.memory() as whole, Inventory.memory() as inventory:
        await crawl(planting, whole)
        asked = Asked(block)
        await killed_after(planting, inventory, asked, 25)
        assert not ended(inventory)
        asked.forget()
        report = await crawl(planting, inventory)
        assert report.went_on and ended(inventory)
        assert report.sites_read == 11
        assert inventory.counts() == whole.counts()
        paths = asked.paths()
        assert not any(path.startswith("/v1.0/users?") for path in paths)
        assert 0 < sum("/_api/web/lists?" in path for path in paths) < 11


async def test_a_crawl_of_other_sites_begins_anew(planting: Planting, estate: Estate, block: Neighbours) -> None:
    with Inventory.memory() as inventory:
        await killed_after(planting, inventory, Asked(block), 8)
        report = await crawl(planting, inventory, [])
        assert not report.went_on


async def test_what_a_tenant_refuses_to_show_is_reported_and_not_taken_for_empty(
    planting: Planting, estate: Estate
) -> None:
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        service = planting.block["contoso"]
        site_operations.set_lock_state(service.units, url=estate.site.url, lock_state=LockState.NO_ACCESS)
        report = await crawl(planting, inventory)
        assert [url for url, _ in report.unread] == [estate.site.url]
        found = inventory.site(estate.site.site_id)
        assert found is not None and found.read_at is None and found.lock_state == "NoAccess"
        assert inventory.assignments(found.site_id) == []


async def test_a_crawl_sends_nothing_that_changes_or_provisions(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    asked = Asked(block)
    asked.forget()
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
    posts = {path.split("?")[0] for method, path in asked.all() if method != "GET" and "/oauth2/" not in path}
    assert posts == {"/_vti_bin/client.svc/ProcessQuery", "/v1.0/$batch"}
    assert not any(path.endswith("/drive") or "/drive?" in path for path in asked.paths())


async def test_an_unreachable_tenant_is_an_error_and_no_empty_inventory(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    block.stopped.add("contoso")
    with Inventory.memory() as inventory, pytest.raises(errors.NetworkError):
        await crawl(planting, inventory)


async def test_subsites_are_reported_as_not_read(planting: Planting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SITE_PROPERTIES_OF, "WebsCount", lambda site: 3)  # type: ignore[arg-type]
    site = planting.site("parents")
    with Inventory.memory() as inventory:
        report = await crawl(planting, inventory, [site.url])
        assert report.unread == [(site.url, "It has 2 subsites, which are not read.")]
        found = inventory.site_by_url(site.url)
        assert found is not None and found.subsites == 2
