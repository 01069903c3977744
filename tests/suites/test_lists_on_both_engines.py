"""What operations on lists ask of a store, on both engines: comments of current versions, webs and lists found and changed."""

from __future__ import annotations

import dataclasses

from clock import CountingIds, FakeClock
from content_samples import ALICE, NOW, add_site, put_blobs, row, stored, version
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.columns import writable_columns
from xtenant.domain.fields import field_values
from xtenant.domain.list_views import NewWeb, WebRef
from xtenant.domain.lists import GENERIC_LIST, Column, ColumnKind, ListDefinition
from xtenant.domain.permissions import Securable
from xtenant.domain.ports.units import Units
from xtenant.operations import list_design, list_items, lists, webs

ALICES = Caller(kind=CallerKind.USER, user_id=ALICE)


def test_comments_are_those_of_the_current_versions_only(units: Units, ids: CountingIds) -> None:
    put_blobs(units, b"a", b"b")
    site, library = add_site(units, ids)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        said = writer.add_item(row(ids, "said.txt", parent=library, contents=[b"a"]))
        silent = writer.add_item(row(ids, "silent.txt", parent=library, contents=[b"a"]))
        first = dataclasses.replace(version(b"b", 2), comment="for the first time")
        said = writer.add_version(said, first)
        silent = writer.add_version(silent, first)
        silent = writer.add_version(silent, dataclasses.replace(version(b"a", 3), stored=stored(b"a")))
    with units.read() as uow:
        assert uow.list_items.comments([said.key, silent.key, library.key]) == {said.key: "for the first time"}
        assert uow.list_items.comments([]) == {}


def test_a_list_in_a_subweb_lives_from_its_making_to_the_recycle_bin(units: Units, ids: CountingIds) -> None:
    site, _ = add_site(units, ids)
    clock, root = FakeClock(), WebRef(url=site.url)
    new = NewWeb(title="Sub", name="sub", same_permissions=True)
    webs.add_web(units, ALICES, ref=root, new=new, clock=clock, ids=ids)
    sub = WebRef(url=f"{site.url}/SUB")
    hours = Column(column_id=ids.new_id(), name="Hours", title="Hours", kind=ColumnKind.NUMBER)
    definition = ListDefinition(template=GENERIC_LIST, title="Tasks", attachments=True, columns=(hours,))
    made = list_design.add_list(units, ALICES, ref=sub, definition=definition, clock=clock, ids=ids)
    what = Securable(list_id=made.library.item_id)
    list_items.add_item(
        units, ALICES, ref=sub, what=what, read=lambda _: {"Title": "one", "Hours": 1.5}, clock=clock, ids=ids
    )
    one = dataclasses.replace(what, item_number=1)
    list_items.change_item(units, ALICES, ref=sub, what=one, read=lambda _: {"Hours": None}, clock=clock)
    told = lists.history(units, ALICES, ref=sub, what=one)
    assert [field_values(each.fields) for each in told.versions] == [{"Title": "one"}, {"Title": "one", "Hours": 1.5}]
    assert [column.name for column in writable_columns(told.page.view.definition)][-1] == "Hours"
    assert told.page.view.address == ("sub", "Lists", "Tasks")
    assert [view.title for view in lists.lists_of(units, ALICES, ref=sub)] == ["Documents", "Tasks"]
    by_path = Securable(item_path="/sites/x/sub/lists/TASKS/1_.000")
    assert lists.find_list_item(units, ALICES, ref=sub, what=by_path).items[0].item.int_id == 1
    list_design.delete_list(units, ALICES, ref=sub, what=what, clock=clock)
    assert [view.title for view in lists.lists_of(units, ALICES, ref=sub)] == ["Documents"]
    with units.read() as uow:
        assert uow.recycle_bin.count(site.key) == 2
