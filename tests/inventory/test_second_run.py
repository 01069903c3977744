"""A second run asks only for what changed, and ends with the same inventory as a first one would (settled C 18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from inventory.asked import Asked, Killed, crawl, kill_at, killed_after, refuse
from inventory.estate import FULL, READ, ROOT, Estate, Planting, login
from neighbours import Neighbours
from xtenant.domain.content import Site
from xtenant.inventory.facts import Right, ScopeKind
from xtenant.inventory.store import Inventory
from xtenant.operations.site_facts import Statements, state_facts
from xtenant.protocols.graph.call import drives

pytestmark = pytest.mark.anyio

ITEMS = r"(/(?:sites|personal)/[^/]+)/_api/web/lists\(guid'[^']+'\)/items"
PLANS = "Shared Documents/Plans"
OWN = f"{PLANS}/Secret/own.txt"


async def several(planting: Planting, number: int = 4) -> list[Site]:
    """Sites with a few files each."""
    made = [planting.site(f"place{each}") for each in range(number)]
    for site in made:
        planting.fill(site, "Plans/a.txt", "Plans/b.txt", "c.txt")
    return made


def told(inventory: Inventory) -> dict[str, object]:
    """What an inventory tells but for the times it was read at, and for how far drives were followed."""
    sites = [replace(site, read_at=None) for site in inventory.sites()]
    return {
        "sites": sites,
        "unread": [site.url for site in inventory.sites() if site.read_at is None],
        "principals": list(inventory.principals()),
        "members": list(inventory.all_members()),
        "scopes": [[replace(each, read_at=None) for each in inventory.scopes(site.site_id)] for site in sites],
        "assignments": [inventory.assignments(site.site_id) for site in sites],
        "items": list(inventory.all_items()),
        "lists": [inventory.lists(site.site_id) for site in sites],
        "users": list(inventory.all_site_users()),
        "not read": list(inventory.not_read()),
    }


async def as_of_now(planting: Planting) -> dict[str, object]:
    with Inventory.memory() as fresh:
        await crawl(planting, fresh)
        return told(fresh)


@pytest.mark.parametrize(("number", "more"), [(4, 0), pytest.param(60, 8, marks=pytest.mark.faults)])
async def test_items_are_asked_for_only_where_something_changed(
    planting: Planting, estate: Estate, block: Neighbours, number: int, more: int
) -> None:
    sites = await several(planting, number)
    asked = Asked(block)
    with Inventory.memory() as inventory:
        asked.forget()
        await crawl(planting, inventory)
        every = {"/sites/project", *(site.url.removeprefix(ROOT) for site in sites)}
        assert every <= set(asked.like(ITEMS))
        asked.forget()
        await crawl(planting, inventory)
        assert asked.like(ITEMS) == [] and asked.like(r"(items\(\d+\)/roleassignments)") == []
        assert asked.like(r"(token=latest)") == [] and asked.like(r"(/sites/[^/]+/drives)") == []
        assert len(asked.like(r"/root/delta\?.*token=(s\.\d+)")) == len(asked.like(r"/(web/lists)\?"))
        await change_two(planting, sites)
        for site in sites[10 : 10 + more]:
            planting.fill(site, "more.txt")
        asked.forget()
        await crawl(planting, inventory)
        changed = {1, 3, *range(10, 10 + more)}
        assert set(asked.like(ITEMS)) == {f"/sites/place{each}" for each in changed}
        assert told(inventory) == await as_of_now(planting)
        paths = [each.path for each in inventory.items(sites[1].site_id)]
        assert f"{PLANS}/new.txt" in paths and f"{PLANS}/a.txt" not in paths
        file = next(each for each in inventory.items(sites[3].site_id) if each.path == "Shared Documents/c.txt")
        assert (file.versions, file.size_bytes) == (2, len(b"another content"))
        found = inventory.site(sites[3].site_id)
        assert found is not None and (found.items, found.versions) == (4, 5)


async def change_two(planting: Planting, sites: Sequence[Site]) -> None:
    """A file comes and another goes in one site; a third gets a version in another."""
    planting.fill(sites[1], "Plans/new.txt")
    session = planting.client.session
    drive = await drives.drive_of_site_url(session, sites[1].url)
    gone = await drives.item_by_path(session, drive.id, "Plans/a.txt")
    await drives.delete_item(session, drive.id, gone.id)
    other = await drives.drive_of_site_url(session, sites[3].url)
    await drives.put_small(session, other.id, "c.txt", b"another content")


async def test_rights_on_items_carry_the_time_they_were_read_at(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        first = block.clock.security_now()
        block.clock.advance(seconds=600)
        await crawl(planting, inventory)
        read_at = {scope.path: scope.read_at for scope in inventory.scopes(estate.site.site_id)}
        now = block.clock.security_now()
        plans = read_at[PLANS]
        assert read_at[""] == now and plans is not None and plans <= first < now
        assert read_at[OWN] == read_at[PLANS]
        rights = {each.right for each in inventory.assignments(estate.site.site_id) if each.right is Right.WRITE}
        assert rights == {Right.WRITE}


async def test_a_right_given_on_an_item_is_seen_when_permissions_are_read_in_full(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    site, bob = estate.site, estate.ids["bob"]
    asked = Asked(block)
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        number = await planting.user(site, login("bob"))
        await planting.give(site, OWN, number, FULL)
        asked.forget()
        report = await crawl(planting, inventory, whole=True)
        assert not report.went_on and "/sites/project" in asked.like(ITEMS)
        ids = {scope.scope_id for scope in inventory.scopes(site.site_id) if scope.path == OWN}
        found = {each.principal_id for each in inventory.assignments(site.site_id) if each.scope_id in ids}
        assert found == {estate.ids["ann"], bob}


async def test_rights_on_the_web_and_its_groups_are_read_each_time(planting: Planting, estate: Estate) -> None:
    site = estate.site
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        group = await planting.site_group(site, "Reviewers", login("ann"))
        await planting.give(site, "", group, READ)
        await crawl(planting, inventory)
        reviewers = f"sp:{site.site_id}:{group}"
        assert [each.member_id for each in inventory.members(reviewers)] == [estate.ids["ann"]]
        assert any(each.principal_id == reviewers for each in inventory.assignments(site.site_id))


async def test_a_library_that_gets_permissions_of_its_own_is_read_again(planting: Planting, estate: Estate) -> None:
    site = planting.site("second")
    planting.fill(site, "a.txt")
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        await planting.break_at(site, "Shared Documents")
        await crawl(planting, inventory)
        library = next(scope for scope in inventory.scopes(site.site_id) if scope.kind is ScopeKind.LIST)
        assert {each.scope_id for each in inventory.items(site.site_id)} == {library.scope_id}


async def test_a_token_that_is_too_old_makes_the_library_be_read_again(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(block)
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        before = told(inventory)
        struck = refuse(block, monkeypatch, r"/root/delta\?.*token=s\.", status=410)
        asked.forget()
        await crawl(planting, inventory)
        assert struck and "/sites/project" in asked.like(ITEMS)
        assert told(inventory) == before


async def test_a_drive_without_tokens_is_read_each_time(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(block, monkeypatch, r"/sites/[^/]+/drives")
    asked = Asked(block)
    with Inventory.memory() as inventory:
        report = await crawl(planting, inventory, [estate.site.url])
        assert report.unread == [] and report.sites_read == 1
        planting.fill(estate.site, "new.txt")
        block.clock.advance(seconds=5)
        asked.forget()
        await crawl(planting, inventory, [estate.site.url])
        assert set(asked.like(ITEMS)) == {"/sites/project"}
        assert "Shared Documents/new.txt" in {each.path for each in inventory.items(estate.site.site_id)}


async def test_a_second_run_that_is_killed_loses_no_change(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    sites = await several(planting)
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        await change_two(planting, sites)
        planting.fill(estate.site, "late.txt")
        for requests in (9, 20):
            await killed_after(planting, inventory, Asked(block), requests)
        report = await crawl(planting, inventory)
        assert report.went_on
        assert told(inventory) == await as_of_now(planting)


async def test_a_library_that_was_being_read_when_the_crawl_was_killed_is_read_again(
    planting: Planting, estate: Estate, block: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Inventory.memory() as inventory:
        await crawl(planting, inventory)
        before = told(inventory)
        kill_at(block, monkeypatch, "/sites/project/.*/items\\?")
        with pytest.raises((Killed, BaseExceptionGroup)):
            await crawl(planting, inventory, whole=True)
        found = inventory.site(estate.site.site_id)
        assert found is not None and found.read_at is None
        monkeypatch.undo()
        await crawl(planting, inventory)
        assert told(inventory) == before


async def test_a_library_that_is_gone_goes_with_its_items(
    planting: Planting, estate: Estate, block: Neighbours
) -> None:
    site = planting.site("wide")
    planting.fill(site, "a.txt")
    service = block["contoso"]
    stated = Statements(lists={"History": 140, "Tasks": 107})
    state_facts(service.units, url=site.url, stated=stated, clock=service.clock, ids=service.ids)
    with Inventory.memory() as inventory:
        await crawl(planting, inventory, [site.url])
        lists = {each.title: each for each in inventory.lists(site.site_id)}
        assert [(lists[title].hidden, lists[title].is_workflow) for title in ("History", "Tasks")] == [
            (True, True),
            (False, False),
        ]
        found = inventory.site(site.site_id)
        assert found is not None and found.workflows == 1
        tasks = lists["Tasks"]
        inventory.put_lists(site.site_id, [*lists.values(), replace(tasks, list_id=estate.site.site_id, path="Gone")])
        inventory.put_list_states(site.site_id, {estate.site.site_id: "=x/1"})
        await crawl(planting, inventory, [site.url])
        assert {each.title for each in inventory.lists(site.site_id)} == set(lists)
        assert estate.site.site_id not in inventory.list_states(site.site_id)
