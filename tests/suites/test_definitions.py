"""Webs, lists and what they are made of: places, paths, definitions, attachments, and sharing links beside them."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest

from clock import CountingIds
from content_samples import NOW, add_site, put_blobs, row, stored
from xtenant.domain import content, errors
from xtenant.domain.content import REDIRECT_TEMPLATE, WEB, Item, ItemKind, NewAttachment, PrincipalKey, Site
from xtenant.domain.lists import GENERIC_LIST, PLAIN_LIBRARY, PLAIN_WEB, Column, ColumnKind, ListDefinition
from xtenant.domain.ports.units import Units
from xtenant.domain.sharing import LinkKind, LinkScope, SharingLink, token_hash


def estate(units: Units, ids: CountingIds) -> tuple[Site, dict[str, Item]]:
    """Beside the library a list `Tasks` and a subweb `Tasks` that holds another one with a library of its own."""
    added, library = add_site(units, ids)
    tasks = row(ids, "Tasks", kind=ItemKind.LIST)
    sub = row(ids, "Tasks", kind=ItemKind.WEB)
    deep = row(ids, "deep", parent=sub, kind=ItemKind.WEB)
    docs = row(ids, "Docs", parent=deep, kind=ItemKind.LIBRARY)
    folder = row(ids, "folder", parent=docs)
    rows = {"tasks": tasks, "sub": sub, "deep": deep, "docs": docs, "folder": folder}
    with units.write() as uow:
        uow.write_site(added.key, now=NOW).add_rows(list(rows.values()))
    with units.read() as uow:
        items = {name: uow.items.by_id(added.key, one.item_id) for name, one in rows.items()}
    return added, {"library": library} | {name: one for name, one in items.items() if one is not None}


def test_a_list_a_subweb_and_a_library_of_one_name_stand_beside_each_other(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    with units.read() as uow:
        containers = uow.definitions.containers(site.key)
        paths = uow.definitions.paths_of(containers)
        assert {one.name: paths[one.key] for one in containers if one.kind is not ItemKind.WEB} == {
            "Shared Documents": ("Shared Documents",),
            "Tasks": ("Lists", "Tasks"),
            "Docs": ("Tasks", "deep", "Docs"),
        }
        assert [one.depth for one in containers] == [0, 0, 0, 1, 2]
        assert uow.items.paths_of([items["folder"]])[items["folder"].key] == ("folder",)
        assert items["docs"].library_key is None
        assert items["folder"].library_key == items["docs"].key
        root = uow.items.root_of(site.key)
        assert root is not None
        assert root.name == "Shared Documents"
    with pytest.raises(content.NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "tasks", kind=ItemKind.LIST))


def test_webs_hold_webs_and_lists_and_nothing_else_does(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    for kind, parent in ((ItemKind.WEB, "docs"), (ItemKind.LIST, "folder"), (ItemKind.FOLDER, "sub")):
        with pytest.raises(errors.NotFound), units.write() as uow:
            uow.write_site(site.key, now=NOW).add_item(row(ids, "x", parent=items[parent], kind=kind))


def test_definitions_are_kept_and_what_has_none_is_plain(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    column = Column(column_id=ids.new_id(), name="Due", title="Due on", kind=ColumnKind.DATE)
    tasks = ListDefinition(template=GENERIC_LIST, title="Tasks to do", columns=(column,))
    web = dataclasses.replace(PLAIN_WEB, language=1031, time_zone=4)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        before = writer.site.change_no
        writer.put_list(items["tasks"].key, PLAIN_LIBRARY)
        writer.put_definitions({items["tasks"].key: tasks, WEB: web, items["sub"].key: web})
        assert writer.site.change_no == before + 4
    with units.read() as uow:
        assert uow.definitions.lists(site.key, [items["tasks"].key, items["docs"].key]) == {
            items["tasks"].key: tasks,
            items["docs"].key: PLAIN_LIBRARY,
        }
        assert uow.definitions.webs(site.key, [WEB, items["sub"].key, items["deep"].key]) == {
            WEB: web,
            items["sub"].key: web,
            items["deep"].key: PLAIN_WEB,
        }
    with pytest.raises(errors.NotFound), units.write() as uow:
        uow.write_site(site.key, now=NOW).put_list(items["folder"].key, tasks)


def test_a_deleted_subweb_takes_its_lists_along(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).delete(items["sub"], now=NOW)
    with units.read() as uow:
        assert {one.name for one in uow.definitions.containers(site.key)} == {"Shared Documents", "Tasks"}
        assert [one.name for one in uow.items.libraries(site.key)] == ["Shared Documents"]


def test_attachments_are_found_in_any_letter_case_and_counted(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    put_blobs(units, b"plan")
    by = PrincipalKey(1)
    plan = NewAttachment(name="Plan.txt", stored=stored(b"plan"), created_at=NOW, modified_at=NOW, author=by, editor=by)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        item = writer.add_item(row(ids, "", parent=items["tasks"], kind=ItemKind.LIST_ITEM))
        writer.attach(item, plan)
        assert writer.site.size_bytes == len(b"plan")
        found = uow.attachments.by_name(item, "PLAN.TXT")
        assert found is not None
        assert found.name == "Plan.txt"
    with pytest.raises(content.NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).attach(item, dataclasses.replace(plan, name="plan.TXT"))
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.detach(item, "plan.txt")
        assert writer.site.size_bytes == 0


def link(item: Item, number: int, **changes: object) -> SharingLink:
    values: dict[str, object] = {
        "link_id": UUID(int=number),
        "item_key": item.key,
        "kind": LinkKind.VIEW,
        "scope": LinkScope.USERS,
        "token_hash": token_hash(f"secret {number}"),
        "created_at": NOW.replace(microsecond=0),
        "created_by": PrincipalKey(1),
        "members": (PrincipalKey(2), PrincipalKey(3)),
    }
    return SharingLink(**(values | changes))  # type: ignore[arg-type]


def test_links_are_found_by_item_by_id_and_by_token_while_their_item_lives(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    first, second = link(items["folder"], 1), link(items["folder"], 2, scope=LinkScope.ANONYMOUS, members=())
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.put_links([second, first])
        writer.put_links([first])
    with units.read() as uow:
        assert uow.links.of_items(site.key, [items["folder"].key]) == [first, second]
        assert uow.links.page(site.key, after=first.link_id, limit=9) == [second]
        assert uow.links.by_id(site.key, first.link_id) == first
        assert uow.links.by_token(token_hash("secret 1")) == (site.key, first)
        assert uow.links.by_token(token_hash("another")) is None
        assert uow.links.count(site.key) == 2
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.remove_link(second.link_id)
        writer.delete(items["folder"], now=NOW)
    with units.read() as uow:
        assert uow.links.count(site.key) == 0
        assert uow.links.by_token(token_hash("secret 1")) is None
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).restore_deleted(items["folder"], now=NOW)
    with units.read() as uow:
        assert uow.links.page(site.key, after=None, limit=9) == [first]


def test_a_token_leads_to_the_content_rather_than_to_a_redirect_it_left(units: Units, ids: CountingIds) -> None:
    old, items = estate(units, ids)
    with units.write() as uow:
        uow.write_site(old.key, now=NOW).put_links([link(items["folder"], 1)])
        uow.sites.update(dataclasses.replace(old, template=REDIRECT_TEMPLATE, url=old.url + "-old"))
    with units.read() as uow:
        found = uow.links.by_token(token_hash("secret 1"))
        assert found is not None
        assert found[0] == old.key
    new, library = add_site(units, ids)
    with units.write() as uow:
        uow.write_site(new.key, now=NOW).put_links([link(library, 1)])
    with units.read() as uow:
        found = uow.links.by_token(token_hash("secret 1"))
        assert found is not None
        assert found[0] == new.key


def test_a_purged_site_leaves_no_row(units: Units, ids: CountingIds) -> None:
    site, items = estate(units, ids)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.put_definitions({WEB: PLAIN_WEB, items["sub"].key: PLAIN_WEB})
        writer.put_links([link(items["folder"], 1)])
        uow.sites.update(dataclasses.replace(site, deleted_at=NOW + timedelta(days=1)))
    with units.write() as uow:
        while uow.sites.purge(site.key, limit=4):
            pass
    with units.read() as uow:
        assert uow.definitions.containers(site.key) == []
        assert uow.links.by_id(site.key, UUID(int=1)) is None
        assert uow.definitions.lists(site.key, [items["tasks"].key])
        rows = uow.connection  # type: ignore[attr-defined]
        for table in ("items", "definitions", "sharing_links", "sharing_link_members", "site_users"):
            assert rows.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0, table
