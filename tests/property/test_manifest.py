"""A manifest part gives back what was written, the same bytes each time, and refuses anything else without crashing."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from xtenant.domain.content import PrincipalKind, Role
from xtenant.domain.snapshot import (
    PART_OBJECTS,
    ManifestAssignment,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestVersion,
    ManifestWeb,
    ScopeKind,
    Snapshot,
)
from xtenant.package.manifest import PartWriter
from xtenant.package.reader import read_part
from xtenant.package.seal import read_seal, seal_bytes
from xtenant.package.text import DamagedPackage

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
dates = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda d: d.replace(microsecond=0, tzinfo=UTC)
)
numbers = st.integers(min_value=1, max_value=2**40)
versions = st.builds(
    ManifestVersion,
    major=st.integers(0, 600),
    minor=st.integers(0, 511),
    sha256=st.binary(min_size=32, max_size=32),
    size_bytes=st.integers(0, 2**50),
    quick_xor=st.binary(min_size=20, max_size=20),
    modified_at=dates,
    editor=numbers,
    comment=texts,
)
assignments = st.builds(ManifestAssignment, principal=numbers, role=st.sampled_from(Role))
scopes = st.builds(
    ManifestScope,
    kind=st.sampled_from(ScopeKind),
    object_id=st.uuids(),
    path=texts.filter(lambda text: not text.startswith("/")),
    web_id=st.uuids(),
    web_path=st.sampled_from(["", "sites/finance"]),
    assignments=st.lists(assignments, max_size=4).map(tuple),
)
objects: st.SearchStrategy[ManifestObject] = st.one_of(
    st.builds(
        ManifestPrincipal,
        ref=numbers,
        kind=st.sampled_from([kind for kind in PrincipalKind if kind is not PrincipalKind.SITE_GROUP]),
        directory_id=st.uuids(),
        name=texts,
        login=texts,
        mail=st.none() | texts,
        admin=st.booleans(),
    ),
    st.builds(
        ManifestGroup,
        ref=numbers,
        group_id=st.uuids(),
        name=texts,
        description=texts,
        members=st.lists(numbers, max_size=4).map(tuple),
    ),
    st.builds(
        ManifestWeb,
        web_id=st.uuids(),
        site_id=st.uuids(),
        url=st.just("https://contoso.sharepoint.com/sites/a b"),
        title=texts,
        template=st.just("STS#3"),
        created_at=dates,
        modified_at=dates,
        owner=st.none() | numbers,
    ),
    st.builds(
        ManifestLibrary,
        list_id=st.uuids(),
        name=texts,
        path=texts,
        created_at=dates,
        modified_at=dates,
        author=numbers,
        editor=numbers,
    ),
    st.builds(
        ManifestFolder,
        item_id=st.uuids(),
        library_id=st.uuids(),
        parent_id=st.uuids(),
        name=texts,
        path=texts,
        int_id=st.integers(0, 2**31 - 1),
        created_at=dates,
        modified_at=dates,
        author=numbers,
        editor=numbers,
    ),
    st.builds(
        ManifestFile,
        item_id=st.uuids(),
        library_id=st.uuids(),
        parent_id=st.uuids(),
        name=texts,
        path=texts,
        int_id=st.integers(0, 2**31 - 1),
        created_at=dates,
        modified_at=dates,
        author=numbers,
        editor=numbers,
        versions=st.lists(versions, min_size=1, max_size=4).map(tuple),
    ),
    scopes,
)


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


@given(st.lists(objects, max_size=6))
@settings(deadline=None, print_blob=True)
def test_a_part_gives_back_what_was_written_into_it(things: list[ManifestObject]) -> None:
    assert list(read_part(written(things))) == things
    assert written(things) == written(things)


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
        list(read_part(zlib.compress(b"\0" * (40 * 1024 * 1024), 9)))


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
