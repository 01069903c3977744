"""A folder that two tenants' content lies in: what is taken from the partner's part, how, and what is not."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from xtenant.domain.content import BlobKey
from xtenant.domain.quick_xor import quick_xor
from xtenant.domain.tenant import TenantId
from xtenant.storage.folder_blobs import FolderBlobs
from xtenant.storage.packs import TRAILER
from xtenant.storage.shared_folder import SharedFolder

OWNER, OURS, OTHER = (TenantId(UUID(int=number)) for number in (7, 8, 9))
LARGE = bytes(range(256)) * 12_000


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[FolderBlobs]:
    opened = FolderBlobs(tmp_path, OWNER)
    yield opened
    opened.close()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[FolderBlobs]:
    opened = FolderBlobs(tmp_path, OURS)
    yield opened
    opened.close()


@pytest.fixture
def shared(tmp_path: Path, ours: FolderBlobs) -> SharedFolder:
    return SharedFolder(tmp_path, ours)


def kept(blobs: FolderBlobs, content: bytes) -> BlobKey:
    key = blobs.put([content]).key
    blobs.settle([key])
    return key


def loose(root: Path, owner: TenantId, key: BlobKey) -> Path:
    return root / owner.hex / "loose" / key.hex()[:2] / key.hex()


def drafts(root: Path) -> list[Path]:
    return [path for path in (root / OURS.hex / "temp").rglob("*") if path.is_file() and path.name != ".lock"]


@pytest.mark.parametrize("content", [b"", b"a few bytes", LARGE], ids=["empty", "small", "large"])
def test_a_file_of_the_partner_becomes_a_second_name_of_the_same_file(
    tmp_path: Path, theirs: FolderBlobs, ours: FolderBlobs, shared: SharedFolder, content: bytes
) -> None:
    key = kept(theirs, content)
    [stored] = shared.take(OWNER, {key: len(content)})
    assert (stored.key, stored.size_bytes, stored.quick_xor) == (key, len(content), quick_xor(content))
    assert ours.missing([key])  # not settled yet
    ours.settle([key])
    assert loose(tmp_path, OURS, key).samefile(loose(tmp_path, OWNER, key))
    theirs.delete([key])
    assert b"".join(ours.open(key)) == content
    assert not drafts(tmp_path)


def test_members_of_packs_are_copied_never_linked(
    tmp_path: Path, theirs: FolderBlobs, ours: FolderBlobs, shared: SharedFolder
) -> None:
    contents = {theirs.put([text]).key: text for text in (b"packed %d" % n for n in range(40))}
    theirs.settle(list(contents))
    taken = list(shared.take(OWNER, {key: len(text) for key, text in contents.items()}))
    assert {stored.key for stored in taken} == set(contents)
    ours.settle([stored.key for stored in taken])
    for key, text in contents.items():
        assert b"".join(ours.open(key)) == text
    [pack] = (tmp_path / OURS.hex / "packs").glob("*.pack")
    assert pack.stat().st_nlink == 1


@pytest.mark.parametrize("fault", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_no_link_can_be_made_the_bytes_are_copied(
    tmp_path: Path,
    theirs: FolderBlobs,
    ours: FolderBlobs,
    shared: SharedFolder,
    monkeypatch: pytest.MonkeyPatch,
    fault: int,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(fault, os.strerror(fault))

    key = kept(theirs, LARGE)
    monkeypatch.setattr(os, "link", refuse)
    [stored] = shared.take(OWNER, {key: len(LARGE)})
    ours.settle([stored.key])
    assert b"".join(ours.open(key)) == LARGE
    assert loose(tmp_path, OURS, key).stat().st_nlink == 1


def test_what_is_not_what_its_name_says_is_left_to_the_wire(
    tmp_path: Path, theirs: FolderBlobs, ours: FolderBlobs, shared: SharedFolder
) -> None:
    keys = {name: kept(theirs, name.encode() * 9_000) for name in ("sound", "damaged", "longer", "symlink", "folder")}
    places = {name: loose(tmp_path, OWNER, key) for name, key in keys.items()}
    places["damaged"].write_bytes(b"x" * 63_000)
    places["longer"].write_bytes(b"longer" * 9_001)
    for name in ("symlink", "folder"):
        places[name].unlink()
    places["symlink"].symlink_to(places["sound"])
    places["folder"].mkdir()
    wanted = {key: len(name) * 9_000 for name, key in keys.items()}
    wanted[BlobKey(bytes(32))] = 5
    assert [stored.key for stored in shared.take(OWNER, wanted)] == [keys["sound"]]
    ours.settle([keys["sound"]])
    assert not drafts(tmp_path)


def test_only_the_partners_own_part_is_looked_at(tmp_path: Path, theirs: FolderBlobs, shared: SharedFolder) -> None:
    key = kept(theirs, LARGE)
    assert not list(shared.take(OTHER, {key: len(LARGE)}))


@pytest.mark.parametrize("count", [5, 1 << 40, (1 << 64) - 1])
def test_a_pack_that_was_made_to_harm_is_passed_over(
    tmp_path: Path, theirs: FolderBlobs, shared: SharedFolder, count: int
) -> None:
    pack = tmp_path / OWNER.hex / "packs" / "evil.pack"
    pack.write_bytes(TRAILER.pack(b"xtpack01", count, hashlib.sha256(b"").digest()))
    assert not list(shared.take(OWNER, {BlobKey(bytes(32)): 5}))
