"""A manifest part gives back what was written, the same bytes each time, and refuses anything else without crashing."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from manifest_samples import elements, without_element
from xtenant.domain.content import PrincipalKind, Role
from xtenant.domain.snapshot import (
    KINDS,
    PART_OBJECTS,
    ManifestAssignment,
    ManifestFile,
    ManifestGroup,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestVersion,
    ScopeKind,
    Snapshot,
)
from xtenant.package.manifest import PartWriter
from xtenant.package.reader import read_part
from xtenant.package.seal import read_seal, seal_bytes
from xtenant.package.text import DamagedPackage

SCOPE = ManifestScope(
    kind=ScopeKind.ITEM,
    object_id=UUID(int=3),
    path="Contracts/2026/lease.docx",
    web_id=UUID(int=1),
    web_path="sites/finance",
    assignments=(ManifestAssignment(principal=21, role=Role.OWNER), ManifestAssignment(principal=12, role=Role.READ)),
)


def written(things: list[ManifestObject]) -> bytes:
    writer = PartWriter(1)
    for thing in things:
        writer.add(thing)
    return writer.stored()


@given(st.lists(elements, max_size=6) | st.lists(without_element, max_size=4))
@settings(deadline=None, print_blob=True)
def test_a_part_gives_back_what_was_written_into_it(things: list[ManifestObject]) -> None:
    assert list(read_part(written(things))) == things
    assert written(things) == written(things)


def test_every_kind_of_object_is_among_those_that_come_back() -> None:
    tried = {type(thing) for strategy in (elements, without_element) for thing in samples(strategy)}
    assert tried == set(KINDS)


def samples(strategy: st.SearchStrategy[ManifestObject]) -> list[ManifestObject]:
    found: list[ManifestObject] = []

    @given(strategy)
    @settings(max_examples=120, database=None, derandomize=True, deadline=None)
    def collect(thing: ManifestObject) -> None:
        found.append(thing)

    collect()
    return found


@given(st.binary(max_size=400), st.booleans())
@settings(deadline=None, print_blob=True)
def test_any_other_bytes_are_refused_as_a_damaged_package(raw: bytes, compressed: bool) -> None:
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(raw) if compressed else raw))


def test_entities_and_document_types_are_refused_unread() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "y">]><SPObjects xmlns="urn:deployment-manifest-schema">&x;</SPObjects>'
    with pytest.raises(DamagedPackage, match="document type"):
        list(read_part(zlib.compress(bomb)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("Id", str(2**63)),
        ("Id", "-1"),
        ("Id", "9" * 5_000),
        ("Name", "a_x0000_b"),
        ("Name", "_xD800_"),
        ("Kind", "spgroup"),
    ],
)
def test_what_no_store_can_hold_is_refused_as_damage(place: str, value: str) -> None:
    person = ManifestPrincipal(ref=1, kind=PrincipalKind.USER, directory_id=UUID(int=1), name="n", login="l")
    root = etree.fromstring(zlib.decompress(written([person])))
    root[0][0].set(place, value)
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(etree.tostring(root))))


def test_a_compression_bomb_is_refused_at_the_limit() -> None:
    with pytest.raises(DamagedPackage):
        list(read_part(zlib.compress(b"\0" * (80 * 1024 * 1024), 9)))


def test_a_part_is_full_at_two_thousand_objects() -> None:
    writer = PartWriter(1)
    full = [writer.add(SCOPE) for _ in range(PART_OBJECTS)]
    assert full.index(True) == PART_OBJECTS - 1


def test_a_part_is_a_deployment_manifest_with_files_before_their_list_items() -> None:
    moment = datetime(2026, 1, 5, 9, 15, 30, tzinfo=UTC)
    version = ManifestVersion(
        major=2, minor=0, sha256=b"\1" * 32, size_bytes=10, quick_xor=b"\2" * 20, modified_at=moment, editor=12
    )
    file = ManifestFile(
        item_id=UUID(int=1),
        library_id=UUID(int=2),
        parent_id=UUID(int=3),
        name="lease.docx",
        path="Contracts/2026/lease.docx",
        int_id=2,
        created_at=moment,
        modified_at=moment,
        author=11,
        editor=12,
        versions=(version,),
    )
    root = etree.fromstring(zlib.decompress(written([file])))
    namespace = "{urn:deployment-manifest-schema}"
    assert root.tag == f"{namespace}SPObjects"
    assert [child.get("ObjectType") for child in root] == ["SPFile", "SPListItem"]
    payload = root[0][0]
    assert (payload.get("Version"), payload.get("Url")) == ("2.0", "Contracts/2026/lease.docx")
    assert payload.get("TimeLastModified") == "2026-01-05T09:15:30Z"
    assert root[1][0].get("DocId") == str(UUID(int=1))


def test_scopes_and_groups_are_written_as_a_migration_package_has_them() -> None:
    """Elements and numbers of the package's composed sample (migration-package 7.5 and 8)."""
    web = ManifestScope(
        kind=ScopeKind.WEB, object_id=UUID(int=1), path="", web_id=UUID(int=1), web_path="sites/finance"
    )
    group = ManifestGroup(ref=21, group_id=UUID(int=9), name="Finance Owners", members=(11, 12))
    root = etree.fromstring(zlib.decompress(written([group, web, SCOPE])))
    kinds = [child.get("ObjectType") for child in root]
    assert kinds == [
        "DeploymentGroupX",
        "DeploymentRoles",
        "DeploymentRoleAssignments",
        "DeploymentRoleAssignments",
    ]
    assert [member.get("UserId") for member in root[0][0]] == ["11", "12"]
    assert {(role.get("RoleId"), role.get("Title")) for role in root[1][0]} == {
        ("1073741829", "Full Control"),
        ("1073741827", "Contribute"),
        ("1073741826", "Read"),
    }
    empty, unique = root[2][0][0], root[3][0][0]
    assert (empty.get("ObjectType"), empty.get("ObjectUrl"), len(empty)) == ("0", "sites/finance", 0)
    assert (unique.get("ObjectType"), unique.get("ObjectUrl")) == ("2", "sites/finance/Contracts/2026/lease.docx")
    assert [(one.get("RoleId"), one.get("PrincipalId")) for one in unique] == [
        ("1073741829", "21"),
        ("1073741826", "12"),
    ]


def test_a_seal_comes_back_with_the_same_root() -> None:
    writer = PartWriter(1)
    writer.add(SCOPE)
    seal = Snapshot(
        job_id=UUID(int=7),
        epoch=1,
        change_no=3,
        items=0,
        versions=0,
        size_bytes=0,
        parts=(writer.seal(writer.stored()),),
    )
    assert read_seal(seal_bytes(seal)) == seal
    assert read_seal(seal_bytes(seal)).root == seal.root


@given(st.binary(max_size=200))
@settings(deadline=None, print_blob=True)
def test_any_other_bytes_are_no_seal(raw: bytes) -> None:
    with pytest.raises(DamagedPackage):
        read_seal(raw)
