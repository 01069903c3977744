"""Drafts, published versions, and what is kept of older ones."""

from __future__ import annotations

import dataclasses

import pytest

from clock import CountingIds
from content_samples import NOW, add_site, put_blobs, row, stored, version
from xtenant.domain import errors, versioning
from xtenant.domain.content import Item, ItemKind, Site
from xtenant.domain.lists import PLAIN_LIBRARY, ListDefinition
from xtenant.domain.ports.units import Units
from xtenant.operations.files import write_version

DRAFTS = dataclasses.replace(PLAIN_LIBRARY, minor_versions=True)


def file_in(units: Units, ids: CountingIds, definition: ListDefinition, *contents: bytes) -> tuple[Site, Item]:
    """A file whose contents are written one after the other as callers write them."""
    added, library = add_site(units, ids)
    put_blobs(units, *contents)
    with units.write() as uow:
        writer = uow.write_site(added.key, now=NOW)
        writer.put_list(library.key, definition)
        major, minor = versioning.first_number(definition)
        first = dataclasses.replace(version(contents[0], major), minor=minor)
        item = writer.add_item(dataclasses.replace(row(ids, "f", parent=library, contents=[b"?"]), versions=(first,)))
        for content in contents[1:]:
            item = write_version(uow, writer, item, stored(content), item.fields, item.editor, NOW)
    return added, item


def numbers(units: Units, item: Item) -> list[tuple[int, int]]:
    with units.read() as uow:
        return [(one.major, one.minor) for one in uow.items.versions([item.key])]


def counted(units: Units, site: Site) -> tuple[int, int]:
    with units.read() as uow:
        found = uow.sites.by_key(site.key)
    assert found is not None
    return found.version_count, found.size_bytes


def test_a_library_with_minor_versions_numbers_drafts(units: Units, ids: CountingIds) -> None:
    _, item = file_in(units, ids, DRAFTS, b"a", b"bb", b"ccc")
    assert numbers(units, item) == [(0, 1), (0, 2), (0, 3)]
    assert item.version == (0, 3)


def test_publishing_turns_the_draft_into_a_version_and_taking_back_puts_it_behind_the_drafts(
    units: Units, ids: CountingIds
) -> None:
    site, item = file_in(units, ids, DRAFTS, b"a", b"bb")
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        item = writer.renumber_version(item, versioning.published(item.version), comment="out")
    assert numbers(units, item) == [(0, 1), (1, 0)]
    assert (item.version, counted(units, site)) == ((1, 0), (2, 3))
    with pytest.raises(versioning.AlreadyPublished):
        versioning.published(item.version)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        item = writer.renumber_version(item, versioning.taken_back(item.version, 1), comment="in")
    assert numbers(units, item) == [(0, 1), (0, 2)]
    with units.read() as uow:
        assert [one.comment for one in uow.items.versions([item.key])] == ["", "in"]
    with pytest.raises(versioning.NotPublished):
        versioning.taken_back(item.version, 1)


def test_a_library_without_versions_keeps_one(units: Units, ids: CountingIds) -> None:
    plain = dataclasses.replace(PLAIN_LIBRARY, versioning=False)
    site, item = file_in(units, ids, plain, b"a", b"bb", b"ccc")
    assert numbers(units, item) == [(1, 0)]
    assert (item.size_bytes, item.blob) == (3, stored(b"ccc").key)
    assert counted(units, site) == (1, 3)


def test_a_library_keeps_as_many_versions_as_it_says(units: Units, ids: CountingIds) -> None:
    few = dataclasses.replace(PLAIN_LIBRARY, version_limit=2)
    site, item = file_in(units, ids, few, b"a", b"bb", b"ccc", b"dddd")
    assert numbers(units, item) == [(3, 0), (4, 0)]
    assert counted(units, site) == (2, 7)


def test_drafts_go_with_the_version_before_them(units: Units, ids: CountingIds) -> None:
    site, item = file_in(units, ids, DRAFTS, b"a", b"b")
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        item = writer.renumber_version(item, (1, 0), comment="")
        item = write_version(uow, writer, item, stored(b"a"), "", item.editor, NOW)
        item = writer.renumber_version(item, (2, 0), comment="")
        item = write_version(uow, writer, item, stored(b"b"), "", item.editor, NOW)
        writer.trim_versions(item, keep=1)
    assert numbers(units, item) == [(2, 0), (2, 1)]


def test_old_versions_are_removed_and_the_current_one_is_not(units: Units, ids: CountingIds) -> None:
    site, item = file_in(units, ids, PLAIN_LIBRARY, b"a", b"bb", b"ccc")
    with units.write() as uow:
        uow.write_site(site.key, now=NOW).remove_versions(item, [(2, 0), (9, 9)])
    assert numbers(units, item) == [(1, 0), (3, 0)]
    assert counted(units, site) == (2, 4)
    with pytest.raises(errors.UsageError), units.write() as uow:
        uow.write_site(site.key, now=NOW).remove_versions(item, [(3, 0)])


def test_list_items_have_no_drafts(units: Units, ids: CountingIds) -> None:
    assert versioning.first_number(DRAFTS, ItemKind.LIST_ITEM) == (1, 0)
    with pytest.raises(errors.UsageError):
        versioning.comment_of("x" * 1_024)
