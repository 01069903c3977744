"""Parts that a partner altered: each gives objects that a store can hold, or is refused as damaged; nothing else happens."""

from __future__ import annotations

import dataclasses
import json
import zlib
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from manifest_samples import elements, plain_item, without_element
from xtenant.domain.fields import LONGEST_TEXT, fields_text
from xtenant.domain.lists import Column, ColumnKind, ListDefinition, WebDefinition
from xtenant.domain.sharing import LinkKind, LinkScope
from xtenant.domain.snapshot import (
    ManifestDeleted,
    ManifestFile,
    ManifestFolder,
    ManifestLibrary,
    ManifestLink,
    ManifestListItem,
    ManifestObject,
    ManifestSubweb,
    ManifestVersion,
)
from xtenant.package import manifest
from xtenant.package.manifest import PartWriter
from xtenant.package.reader import read_part
from xtenant.package.text import DamagedPackage

MOMENT = datetime(2026, 1, 5, 9, 15, 30, tzinfo=UTC)
MADE: dict[str, Any] = {"created_at": MOMENT, "modified_at": MOMENT, "author": 11, "editor": 12}
PLACE: dict[str, Any] = {"library_id": UUID(int=2), "parent_id": UUID(int=2), "int_id": 1, **MADE}
FOLDER = ManifestFolder(item_id=UUID(int=3), name="2026", path="Contracts/2026", **PLACE)
VERSION = ManifestVersion(
    major=1, minor=0, sha256=b"\1" * 32, size_bytes=10, quick_xor=b"\2" * 20, modified_at=MOMENT, editor=12
)
FILE = ManifestFile(item_id=UUID(int=4), name="lease", path="Contracts/lease", versions=(VERSION, VERSION), **PLACE)
COLUMN = Column(column_id=UUID(int=9), name="Status", title="Status", kind=ColumnKind.CHOICE, choices=("a", "b"))
LIBRARY = ManifestLibrary(
    list_id=UUID(int=2), name="Contracts", path="Contracts", definition=ListDefinition(columns=(COLUMN,)), **MADE
)
WEB = ManifestSubweb(
    web_id=UUID(int=5),
    parent_id=None,
    name="hr",
    path="hr",
    definition=WebDefinition(title="HR", columns=(COLUMN,)),
    **MADE,
)
LINK = ManifestLink(
    link_id=UUID(int=6),
    object_id=UUID(int=4),
    path="Contracts/lease",
    kind=LinkKind.VIEW,
    scope=LinkScope.USERS,
    token_hash=b"\3" * 32,
    created_at=MOMENT,
    created_by=11,
    members=(11, 12),
)
DELETED = ManifestDeleted(thing=FILE, deleted_at=MOMENT, deleted_by=11, with_id=UUID(int=4))


def written(*things: ManifestObject) -> bytes:
    writer = PartWriter(1)
    for thing in things:
        writer.add(thing)
    return writer.stored()


def read_or_refused(stored: bytes) -> None:
    try:
        found = list(read_part(stored))
    except DamagedPackage:
        return
    writer = PartWriter(1)
    for thing in found:  # what comes through is as sound as what we write ourselves
        writer.add(thing)
    assert list(read_part(writer.stored())) == found


JUNK = st.sampled_from(
    ["", "-1", "0", "x", "1.0.0", "9" * 30, "\u0663", "true", "{}", "_x0000_", "_xD800_", "1;2", "NaN", "1e999", "[]"]
) | st.text(max_size=8)

OTHER: st.SearchStrategy[Any] = st.one_of(JUNK, st.none(), st.integers(), st.floats(), st.sampled_from(([[]], {}, [1])))


@given(elements, st.data())
@settings(deadline=None, print_blob=True)
def test_an_altered_manifest_is_read_as_something_sound_or_refused(thing: ManifestObject, data: st.DataObject) -> None:
    root = etree.fromstring(zlib.decompress(written(thing)))
    nodes: list[Any] = list(root.iter())[1:]
    node = data.draw(st.sampled_from(nodes))
    change = data.draw(st.sampled_from(["drop", "twice", "empty", "attribute", "attribute gone"]))
    names = sorted(node.attrib)
    if change == "drop":
        node.getparent().remove(node)
    elif change == "twice":
        node.addnext(etree.fromstring(etree.tostring(node)))
    elif change == "empty" or not names:
        node.clear()
    elif change == "attribute":
        name = data.draw(st.sampled_from(names))
        node.set(name, "".join(c for c in data.draw(JUNK) if c.isprintable()))
    else:
        del node.attrib[data.draw(st.sampled_from(names))]
    read_or_refused(zlib.compress(etree.tostring(root)))


def keys_of(place: Any) -> list[Any]:
    if isinstance(place, dict):
        return list(cast("dict[str, Any]", place))
    return list(range(len(cast("list[Any]", place)))) if isinstance(place, list) else []


@given(without_element, st.data())
@settings(deadline=None, print_blob=True)
def test_an_altered_site_file_is_read_as_something_sound_or_refused(thing: ManifestObject, data: st.DataObject) -> None:
    document = json.loads(zlib.decompress(written(thing)))
    place: Any = document
    while True:
        key = data.draw(st.sampled_from(keys_of(place)))
        if not keys_of(place[key]) or data.draw(st.booleans()):
            break
        place = place[key]
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(OTHER)
    read_or_refused(zlib.compress(json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("thing", "gone"),
    [(FILE, 1), (FILE, 0), (FOLDER, 1), (LIBRARY, 0), (LIBRARY, 1), (WEB, 1)],
    ids=["file without item", "item without file", "folder without item", "list alone", "root alone", "web's column"],
)
def test_an_object_that_lacks_one_of_its_elements_is_refused(thing: ManifestObject, gone: int) -> None:
    root = etree.fromstring(zlib.decompress(written(thing)))
    root.remove(root[gone])
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(etree.tostring(root))))


@pytest.mark.parametrize(
    "date", ["2026-01-05T09:15:30.5Z", "2026-01-05T09:15:30+05:00", "2026-01-05", "20260105T091530"]
)
def test_a_date_that_is_no_whole_second_in_utc_is_refused(date: str) -> None:
    text = zlib.decompress(written(FOLDER)).replace(b"2026-01-05T09:15:30Z", date.encode(), 1)
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(text)))


def test_a_file_followed_by_another_ones_list_item_is_refused() -> None:
    other = dataclasses.replace(FILE, item_id=UUID(int=40))
    root = etree.fromstring(zlib.decompress(written(FILE, other)))
    root.remove(root[1])
    root.remove(root[1])  # now the first file stands before the second one's list item
    with pytest.raises(DamagedPackage, match="not followed by its list item"):
        list(read_part(zlib.compress(etree.tostring(root))))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (b'"kind":"links"', b'"kind":"files"'),
        (b'"created_by":11', b'"created_by":-1'),
        (b'"created_by":11', b'"created_by":99999999999999999999'),
        (b'09:15:30Z"', b'09:15:30.5Z"'),
        (b'09:15:30Z"', b'09:15:30"'),
        (b'"token_hash":"Aw', b'"token_hash":"AwMDAw'),
        (b'"path":"', b'"path":"\\u0000'),
        (b'"scope":"users"', b'"scope":"everybody"'),
        (b'"format":"xtenant-site-1"', b'"format":"xtenant-site-2"'),
    ],
)
def test_a_link_that_no_store_can_hold_is_refused(text: bytes, other: bytes) -> None:
    told = zlib.decompress(written(LINK))
    assert text in told
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(told.replace(text, other))))


def test_a_deleted_item_whose_kind_is_no_entry_is_refused() -> None:
    told = zlib.decompress(written(DELETED)).replace(b'"kind":"files"', b'"kind":"principals"')
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(told)))


def test_a_site_file_nested_without_end_is_refused() -> None:
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(b'{"format":' + b"[" * 100_000)))


def test_the_longest_text_of_a_field_comes_back_whatever_its_characters() -> None:
    text = "\n\u0001" * (LONGEST_TEXT // 2)
    item = plain_item(fields_text({"Body": text}), item_id=UUID(int=7), name="1_.000", path="Lists/T/1_.000", **PLACE)
    assert list(read_part(written(item))) == [item]


def test_an_object_too_large_for_a_part_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PART_LIMIT", manifest.PART_BYTES + 1_000)
    version = dataclasses.replace(VERSION, sha256=b"", size_bytes=0, quick_xor=b"", comment="c" * 1_000)
    item = ManifestListItem(item_id=UUID(int=7), name="1_.000", path="Lists/Tasks/1_.000", versions=(version,), **PLACE)
    with pytest.raises(manifest.ObjectTooLarge, match=r"Lists/Tasks/1_\.000"):
        PartWriter(1).add(item)


def test_what_has_no_element_is_never_mixed_with_what_has_one() -> None:
    writer = PartWriter(3)
    assert writer.takes(LINK) and writer.takes(FOLDER)
    writer.add(FOLDER)
    assert writer.takes(LIBRARY) and not writer.takes(LINK) and not writer.takes(DELETED)
    assert writer.seal(writer.stored()).name == "Manifest-00003.xml"
    site = PartWriter(4)
    site.add(LINK)
    assert site.takes(DELETED) and not site.takes(FILE)
    assert site.seal(site.stored()).name == "site-00004.json"
