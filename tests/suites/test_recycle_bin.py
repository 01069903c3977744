"""The recycle bin of a site: what goes in together comes out together, and what is removed for good leaves nothing behind."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from clock import CountingIds
from content_samples import NOW, add_site, person, put_blobs, row, stored
from xtenant.domain import errors
from xtenant.domain.content import (
    NO_CONTENT,
    NOTHING_STORED,
    Item,
    ItemKind,
    ItemRow,
    NewAttachment,
    NewVersion,
    PrincipalKey,
    Role,
    Site,
)
from xtenant.domain.fields import NO_FIELDS, People, fields_text
from xtenant.domain.ports.units import Units


def list_item(ids: CountingIds, parent: Item | ItemRow, *, fields: str = NO_FIELDS, attached: bytes = b"") -> ItemRow:
    plain = row(ids, "", parent=parent, kind=ItemKind.LIST_ITEM)
    version = NewVersion(
        major=1, minor=0, stored=NOTHING_STORED, modified_at=NOW, editor=PrincipalKey(1), fields=fields
    )
    by = PrincipalKey(1)
    attachment = NewAttachment(
        name="Plan.txt", stored=stored(attached), created_at=NOW, modified_at=NOW, author=by, editor=by
    )
    return dataclasses.replace(plain, versions=(version,), attachments=(attachment,) if attached else ())


def tree(units: Units, ids: CountingIds) -> tuple[Site, dict[str, Item]]:
    """A library with `a/b/f`, and `a/lone`; a list with one item that has an attachment."""
    added, library = add_site(units, ids)
    put_blobs(units, b"f", b"lone", b"attached")
    a = row(ids, "a", parent=library)
    b = row(ids, "b", parent=a)
    f = row(ids, "f", parent=b, contents=[b"f"])
    lone = row(ids, "lone", parent=a, contents=[b"lone"])
    tasks = row(ids, "Tasks", kind=ItemKind.LIST)
    task = list_item(ids, tasks, attached=b"attached")
    rows = {"a": a, "b": b, "f": f, "lone": lone, "tasks": tasks, "task": task}
    with units.write() as uow:
        uow.write_site(added.key, now=NOW).add_rows(list(rows.values()))
    with units.read() as uow:
        found = {name: uow.items.by_id(added.key, one.item_id) for name, one in rows.items()}
        site = uow.sites.by_key(added.key)
    assert site is not None
    return site, {name: one for name, one in found.items() if one is not None}


def delete(units: Units, site: Site, item: Item, *, by: int = 7) -> None:
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).delete_by(item, by=PrincipalKey(by), now=NOW)


def counters(units: Units, site: Site) -> tuple[int, int, int]:
    with units.read() as uow:
        found = uow.sites.by_key(site.key)
    assert found is not None
    return found.item_count, found.version_count, found.size_bytes


def test_list_items_and_attachments_count_and_containers_do_not(units: Units, ids: CountingIds) -> None:
    site, _ = tree(units, ids)
    assert counters(units, site) == (5, 3, len(b"f") + len(b"lone") + len(b"attached"))


def test_a_deleted_folder_is_one_entry_with_who_did_it(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    delete(units, site, items["a"])
    with units.read() as uow:
        assert [one.item_id for one in uow.recycle_bin.page(site.key, after=items["a"].key.__class__(0), limit=9)] == [
            items["a"].item_id
        ]
        entry = uow.recycle_bin.by_id(site.key, items["a"].item_id)
        assert entry is not None
        assert (entry.deleted_by, entry.deleted_with) == (7, items["a"].key)
        assert uow.recycle_bin.by_id(site.key, items["f"].item_id) is None
        assert uow.recycle_bin.count(site.key) == 4
    assert counters(units, site) == (1, 1, len(b"attached"))


def test_what_was_deleted_before_stays_when_its_folder_comes_back(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    before = counters(units, site)
    delete(units, site, items["f"])
    delete(units, site, items["a"])
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        with pytest.raises(errors.NotFound):
            writer.restore_deleted(items["f"], now=NOW)
        assert writer.restore_deleted(items["a"], now=NOW).deleted_at is None
    with units.read() as uow:
        assert uow.items.by_id(site.key, items["lone"].item_id) is not None
        assert uow.items.by_id(site.key, items["f"].item_id) is None
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).restore_deleted(items["f"], now=NOW)
    assert counters(units, site) == before


def test_nothing_comes_back_over_another_item_of_its_name(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    delete(units, site, items["lone"])
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "LONE", parent=items["a"]))
    with pytest.raises(errors.Conflict), units.write() as uow:
        uow.write_site(site.key, now=NOW).restore_deleted(items["lone"], now=NOW)


def test_what_is_removed_for_good_takes_all_in_it_and_leaves_a_tombstone(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.put_scopes([items["f"].key], [])
        writer.assign(PrincipalKey(1), Role.READ, scope=items["f"].key)
    delete(units, site, items["f"])
    delete(units, site, items["a"])
    delete(units, site, items["task"])
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        before = writer.site.change_no
        writer.purge_deleted(items["a"])
        writer.purge_deleted(items["task"])
    with units.read() as uow:
        assert uow.recycle_bin.count(site.key) == 0
        assert list(uow.items.versions([items["f"].key, items["lone"].key, items["task"].key])) == []
        assert list(uow.attachments.of_items([items["task"].key])) == []
        assert uow.scopes.count(site.key) == (0, 0)
        told = {one.item_id for one in uow.items.changes(site.key, after=before, limit=9) if one.deleted_at}
        assert told == {items[name].item_id for name in ("a", "b", "f", "lone", "task")}
    with units.write() as uow:
        later = NOW + timedelta(days=9)
        gone = {bytes(key) for key in uow.blobs.doomed(put_before=later, limit=9)}
    assert gone == {stored(content).key for content in (b"f", b"lone", b"attached")}


def test_content_of_what_lies_in_the_bin_is_not_collected(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    delete(units, site, items["task"])
    delete(units, site, items["a"])
    with units.write() as uow:
        assert list(uow.blobs.doomed(put_before=NOW + timedelta(days=9), limit=9)) == []


def test_a_bin_written_in_bulk_is_read_folders_first(units: Units, ids: CountingIds) -> None:
    added, library = add_site(units, ids)
    put_blobs(units, b"x")
    folder = dataclasses.replace(row(ids, "old", parent=library), deleted_at=NOW, deleted_by=PrincipalKey(3))
    file = dataclasses.replace(
        row(ids, "x", parent=folder, contents=[b"x"]),
        deleted_at=NOW,
        deleted_by=PrincipalKey(3),
        deleted_with=folder.item_id,
    )
    with units.write() as uow:
        uow.write_site(added.key, now=NOW).add_rows([folder])
        uow.write_site(added.key, now=NOW).add_rows([file])
    with units.read() as uow:
        first, second = uow.recycle_bin.all_page(added.key, after=library.key.__class__(0), limit=9)
        assert (first.name, second.name) == ("old", "x")
        assert second.deleted_with == first.key == first.deleted_with
        assert list(uow.recycle_bin.all_page(added.key, after=first.key, limit=9)) == [second]
    assert counters(units, added) == (0, 0, 0)


def test_a_live_row_is_put_into_no_deleted_folder(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    delete(units, site, items["a"])
    with pytest.raises(errors.NotFound), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_rows([row(ids, "new", parent=items["a"])])


def test_deleted_items_move_with_their_folder_so_that_they_stay_below_it(units: Units, ids: CountingIds) -> None:
    site, items = tree(units, ids)
    delete(units, site, items["f"])
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        library = uow.items.root_of(site.key)
        assert library is not None
        writer.move_item(items["b"], parent=library, name="b")
        assert writer.restore_deleted(items["f"], now=NOW).depth == library.depth + 2


def test_everybody_whom_fields_attachments_and_the_bin_name_is_a_principal_of_the_site(
    units: Units, ids: CountingIds
) -> None:
    added, _library = add_site(units, ids)
    put_blobs(units, b"attached")
    with units.write() as uow:
        people = [person(ids.new_id(), name) for name in ("Ann", "Bob", "Cid")]
        ann, bob, cid = (uow.principals.ensure([one])[one.directory_id] for one in people)
    tasks = row(ids, "Tasks", kind=ItemKind.LIST, by=ann)
    item = list_item(ids, tasks, fields=fields_text({"Who": People((bob,))}), attached=b"attached")
    gone = dataclasses.replace(list_item(ids, tasks), deleted_at=NOW, deleted_by=cid)
    with units.write() as uow:
        uow.write_site(added.key, now=NOW).add_rows([tasks, item, gone])
    with units.read() as uow:
        named = [one.name for one in uow.principals.of_site(added.key)]
        found = uow.items.by_id(added.key, item.item_id)
    assert named == ["Ann", "Bob", "Cid"]
    assert found is not None
    assert (found.name, found.blob) == ("1_.000", None)
    assert NO_CONTENT == b""
