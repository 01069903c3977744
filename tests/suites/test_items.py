"""Items as readers see them and as the site writer makes them: names, versions, counters, change numbers, deletion."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import psutil
import pytest

from clock import CountingIds
from content_samples import ALICE, NOW, add_site, person, put_blobs, row, version
from xtenant.domain import errors
from xtenant.domain.content import BlobGone, Item, ItemKey, ItemKind, NameTaken, PrincipalKey, Role, Site
from xtenant.domain.ports.units import Units

SECOND = NOW.replace(microsecond=0)


def tree(units: Units, ids: CountingIds) -> tuple[Site, Item]:
    """library / Folder / (Sub / deep.txt, a.txt)"""
    site, library = add_site(units, ids)
    put_blobs(units, b"a", b"bb")
    folder = row(ids, "Folder", parent=library)
    sub = row(ids, "Sub", parent=folder)
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).add_rows(
            [
                folder,
                sub,
                row(ids, "deep.txt", parent=sub, contents=[b"a"]),
                row(ids, "a.txt", parent=folder, contents=[b"a", b"bb"]),
            ]
        )
    return site, library


def test_an_item_is_found_by_its_path_in_any_letter_case(units: Units, ids: CountingIds) -> None:
    _site, library = tree(units, ids)
    with units.read() as uow:
        deep = uow.items.by_path(library, ["FOLDER", "sub", "Deep.TXT"])
        assert deep is not None
        assert deep.name == "deep.txt"
        assert deep.depth == 3
        assert uow.items.by_path(library, ["Folder", "nope"]) is None
        assert uow.items.by_path(library, []) == library
        assert uow.items.paths_of([deep, library]) == {
            deep.key: ("Folder", "Sub", "deep.txt"),
            library.key: (),
        }


def test_composed_and_decomposed_spellings_are_one_name(units: Units, ids: CountingIds) -> None:
    site, library = add_site(units, ids)
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "Caf\u00e9", parent=library))
    with units.read() as uow:
        assert uow.items.by_path(library, ["CAFE\u0301"]) is not None
    with pytest.raises(NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "cafe\u0301", parent=library))


def test_counters_follow_every_write(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    with units.write() as uow:
        found = uow.sites.by_key(site.key)
        assert found is not None
        assert (found.item_count, found.version_count, found.size_bytes) == (4, 3, 4)
        file = uow.items.by_path(library, ["Folder", "a.txt"])
        assert file is not None
        writer = uow.write_site(site.key, now=NOW)
        file = writer.add_version(file, version(b"a", 3))
        assert (file.version, file.size_bytes) == ((3, 0), 1)
        assert (writer.site.version_count, writer.site.size_bytes) == (4, 5)
        folder = uow.items.by_path(library, ["Folder"])
        assert folder is not None
        writer.delete(folder, now=NOW)
        assert (writer.site.item_count, writer.site.version_count, writer.site.size_bytes) == (0, 0, 0)


def test_versions_come_oldest_first_and_an_old_number_is_refused(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    with units.read() as uow:
        file = uow.items.by_path(library, ["Folder", "a.txt"])
        assert file is not None
        assert [(v.major, v.size_bytes) for v in uow.items.versions([file.key])] == [(1, 1), (2, 2)]
    with pytest.raises(errors.Conflict), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_version(file, version(b"a", 2))


def test_dates_are_cut_to_whole_seconds(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    assert library.created_at == SECOND
    with units.write() as uow:
        file = uow.items.by_path(library, ["Folder", "a.txt"])
        assert file is not None
        touched = uow.write_site(site.key, now=NOW).touch(
            file, created_at=None, modified_at=NOW + timedelta(days=-9), editor=PrincipalKey(7)
        )
    assert touched.created_at == SECOND
    assert touched.modified_at == SECOND - timedelta(days=9)
    assert touched.editor == 7


def test_children_are_paged_by_name(units: Units, ids: CountingIds) -> None:
    site, library = add_site(units, ids)
    with units.write() as uow:
        names = ["b", "A", "ä", "Z", "c"]
        uow.write_site(site.key, now=NOW).add_rows([row(ids, name, parent=library) for name in names])
    with units.read() as uow:
        first = uow.items.children(library, after_name="", limit=3)
        rest = uow.items.children(library, after_name=first[-1].name, limit=3)
        assert [item.name for item in (*first, *rest)] == ["A", "b", "c", "Z", "ä"]
        assert uow.items.count_children([library.key, first[0].key]) == {library.key: 5, first[0].key: 0}


def test_list_numbers_go_on_where_they_ended(units: Units, ids: CountingIds) -> None:
    site, library = add_site(units, ids)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.add_rows([row(ids, "a", parent=library, int_id=7), row(ids, "b", parent=library)])
        third = writer.add_item(row(ids, "c", parent=library))
    assert third.int_id == 9
    with pytest.raises(NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "d", parent=library, int_id=8))


def test_a_moved_folder_takes_its_content_along_and_pages_stay_in_order(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        newer = writer.add_item(row(ids, "Newer", parent=library))
        inner = writer.add_item(row(ids, "Inner", parent=newer))
        sub = uow.items.by_path(library, ["Folder", "Sub"])
        assert sub is not None
        writer.move_item(sub, parent=inner, name="Moved")
    with units.read() as uow:
        deep = uow.items.by_path(library, ["Newer", "Inner", "Moved", "deep.txt"])
        assert deep is not None
        seen: list[Item] = []
        while page := uow.items.page(site.key, after=seen[-1].key if seen else ItemKey(0), limit=2):
            seen.extend(page)
    assert len(seen) == 7
    known: set[int | None] = {None}
    for item in seen:
        assert item.parent_key in known
        known.add(item.key)


def test_a_folder_is_not_moved_into_itself_nor_onto_a_name(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    with units.read() as uow:
        folder = uow.items.by_path(library, ["Folder"])
        sub = uow.items.by_path(library, ["Folder", "Sub"])
        assert folder is not None
        assert sub is not None
    with pytest.raises(errors.UsageError), units.write() as uow:
        uow.write_site(site.key, now=NOW).move_item(folder, parent=sub, name="x")
    with pytest.raises(NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).move_item(sub, parent=folder, name="A.TXT")
    with units.write() as uow:
        assert uow.write_site(site.key, now=NOW).move_item(sub, parent=folder, name="SUB").name == "SUB"


def test_changes_tell_of_everything_once_and_of_deletions(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    with units.read() as uow:
        before = uow.items.changes(site.key, after=0, limit=99)
        assert len({item.change_no for item in before}) == len(before) == 5
    with units.write() as uow:
        folder = uow.items.by_path(library, ["Folder"])
        assert folder is not None
        uow.write_site(site.key, now=NOW).delete(folder, now=NOW)
    with units.read() as uow:
        after = uow.items.changes(site.key, after=before[-1].change_no, limit=2)
        after = [*after, *uow.items.changes(site.key, after=after[-1].change_no, limit=99)]
        assert [item.name for item in after] == ["deep.txt", "Sub", "a.txt", "Folder"]
        assert all(item.deleted_at == SECOND for item in after)
        assert uow.items.by_id(site.key, folder.item_id) is None
        found = uow.sites.by_key(site.key)
        assert found is not None
        assert found.change_no == after[-1].change_no


def test_a_deleted_name_is_free_again_but_not_its_id(units: Units, ids: CountingIds) -> None:
    site, library = tree(units, ids)
    with units.write() as uow:
        folder = uow.items.by_path(library, ["Folder"])
        assert folder is not None
        writer = uow.write_site(site.key, now=NOW)
        writer.delete(folder, now=NOW)
        again = row(ids, "Folder", parent=library)
        writer.add_item(again)
    with pytest.raises(NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(again)


def test_an_unknown_parent_and_unknown_content_are_refused(units: Units, ids: CountingIds) -> None:
    site, library = add_site(units, ids)
    with pytest.raises(errors.NotFound), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "x", parent=row(ids, "gone")))
    with pytest.raises(BlobGone), units.write() as uow:
        uow.write_site(site.key, now=NOW).add_item(row(ids, "x", parent=library, contents=[b"never put"]))


def test_principals_are_kept_once_and_assignments_replaced(units: Units, ids: CountingIds) -> None:
    site, library = add_site(units, ids)
    with units.write() as uow:
        bob = ids.new_id()
        keys = uow.principals.ensure([person(), person(bob, "Bob")])
        assert uow.principals.ensure([person(name="Alicia")]) == {ALICE: keys[ALICE]}
        writer = uow.write_site(site.key, now=NOW)
        writer.add_item(row(ids, "a", parent=library, by=keys[ALICE]))
        writer.assign(keys[bob], Role.READ)
        writer.assign(keys[bob], Role.WRITE)
    with units.read() as uow:
        assert [found.name for found in uow.principals.of_site(site.key)] == ["Alicia", "Bob"]
        assert [(a.principal, a.role) for a in uow.principals.assignments(site.key)] == [(keys[bob], Role.WRITE)]
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).unassign(keys[bob])
        assert not uow.principals.assignments(site.key)


def test_fifty_thousand_items_are_written_and_paged_with_flat_memory(units: Units, ids: CountingIds) -> None:
    site, library = add_site(units, ids)
    put_blobs(units, b"same")
    same = (version(b"same", 1),)
    process = psutil.Process()
    before = process.memory_info().rss
    most = 0
    for batch in range(12):
        rows = [
            dataclasses.replace(row(ids, f"{batch}-{n}", parent=library), kind=ItemKind.FILE, versions=same)
            for n in range(4_200)
        ]
        with units.write() as uow:
            uow.write_site(site.key, now=NOW).add_rows(rows)
        most = max(most, process.memory_info().rss - before)
    after, count = ItemKey(0), 0
    with units.read() as uow:
        while page := uow.items.page(site.key, after=after, limit=1_000):
            after, count = page[-1].key, count + len(page)
            most = max(most, process.memory_info().rss - before)
    assert count == 50_401
    assert most < 96 * 1024 * 1024  # SQLite's page cache is 32 MiB of it
