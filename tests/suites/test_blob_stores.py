"""The stores against the contract, and what only a folder has: packs, sweeping, a full disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from blob_stores import ForgetfulBlobStore
from suites.blob_store import LARGE, SMALL, BlobStoreContract
from xtenant.domain import errors
from xtenant.domain.tenant import TenantId
from xtenant.storage import folder_blobs, packs
from xtenant.storage.folder_blobs import FolderBlobs
from xtenant.storage.syncing import can_sync_at_once, sync_file_system

TENANT = TenantId(UUID(int=7))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[FolderBlobs]:
    opened = FolderBlobs(tmp_path, TENANT)
    yield opened
    opened.close()


def files(root: Path, kind: str) -> list[Path]:
    return [path for path in (root / TENANT.hex / kind).rglob("*") if path.is_file() and path.name != ".lock"]


class TestFolder(BlobStoreContract):
    @pytest.fixture
    def store(self, folder: FolderBlobs) -> FolderBlobs:
        return folder


class TestForgetful(BlobStoreContract):
    @pytest.fixture
    def store(self) -> ForgetfulBlobStore:
        return ForgetfulBlobStore()


def test_a_crash_forgets_what_was_not_settled() -> None:
    store = ForgetfulBlobStore()
    kept, lost = store.put([SMALL]), store.put([LARGE])
    store.settle([kept.key])
    store.crash()
    assert store.missing([kept.key, lost.key]) == {lost.key}
    with pytest.raises(KeyError):
        store.settle([lost.key])


def test_31_small_blobs_lie_loose_and_32_in_one_pack(folder: FolderBlobs, tmp_path: Path) -> None:
    folder.settle([folder.put([b"loose %d" % n]).key for n in range(31)])
    assert (len(files(tmp_path, "loose")), len(files(tmp_path, "packs"))) == (31, 0)
    folder.settle([folder.put([b"packed %d" % n]).key for n in range(32)])
    assert (len(files(tmp_path, "loose")), len(files(tmp_path, "packs"))) == (31, 1)


def test_blobs_from_16_kib_on_are_never_packed(folder: FolderBlobs, tmp_path: Path) -> None:
    folder.settle([folder.put([b"%5d" % n + bytes(16_379)]).key for n in range(40)])
    assert (len(files(tmp_path, "loose")), len(files(tmp_path, "packs"))) == (40, 0)


def test_packs_are_cut_at_their_size(folder: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES", 30_000)
    keys = [folder.put([b"%4d" % n * 500]).key for n in range(64)]
    folder.settle(keys)
    assert len(files(tmp_path, "packs")) > 3
    assert not folder.missing(keys)


def test_packed_blobs_are_found_by_a_new_process_and_by_one_that_runs(folder: FolderBlobs, tmp_path: Path) -> None:
    other = FolderBlobs(tmp_path, TENANT)
    contents = {folder.put([text]).key: text for text in (b"packed %d" % n for n in range(9_000))}
    folder.settle(list(contents))
    fresh = FolderBlobs(tmp_path, TENANT)
    for store in (other, fresh):
        assert not store.missing(contents)
        key = max(contents)
        assert b"".join(store.open(key)) == contents[key]
    folder.delete(sorted(contents)[:8_000])  # rewritten: the pack the others know is gone
    assert b"".join(other.open(key)) == contents[key]
    other.close()
    fresh.close()


def test_deleted_members_stay_deleted_and_an_empty_pack_goes(folder: FolderBlobs, tmp_path: Path) -> None:
    keys = [folder.put([b"%032d" % n]).key for n in range(40)]
    folder.settle(keys)
    folder.delete(keys[:5])
    fresh = FolderBlobs(tmp_path, TENANT)
    assert fresh.missing(keys) == set(keys[:5])
    fresh.delete(keys[5:])
    assert fresh.missing(keys) == set(keys)
    assert not files(tmp_path, "packs")
    fresh.close()


def test_tenants_share_nothing(folder: FolderBlobs, tmp_path: Path) -> None:
    stored = folder.put([SMALL])
    folder.settle([stored.key])
    other = FolderBlobs(tmp_path, TenantId(UUID(int=8)))
    assert other.missing([stored.key])
    other.close()


def test_what_a_killed_process_left_is_swept_and_a_living_one_is_left_alone(
    folder: FolderBlobs, tmp_path: Path
) -> None:
    waiting = folder.put([LARGE])
    program = (
        "import os, pathlib, uuid\n"
        "from xtenant.storage.folder_blobs import FolderBlobs\n"
        f"store = FolderBlobs(pathlib.Path({str(tmp_path)!r}), uuid.UUID(int=7))\n"
        "store.put([bytes(50_000)])\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parent)
    assert len(files(tmp_path, "temp")) == 2
    fresh = FolderBlobs(tmp_path, TENANT)
    assert len(files(tmp_path, "temp")) == 1
    folder.settle([waiting.key])
    assert not folder.missing([waiting.key])
    fresh.close()


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_a_full_disk_is_told_and_leaves_nothing_broken(
    folder: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    stored = folder.put([content])
    others = [folder.put([b"other %d" % n]) for n in range(40)]
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(errors.StorageFull):
            folder.settle([stored.key, *(other.key for other in others)])
    assert folder.missing([stored.key]) == {stored.key}
    folder.settle([stored.key, *(other.key for other in others)])
    assert b"".join(folder.open(stored.key)) == content
    assert not files(tmp_path, "temp")


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
def test_many_files_are_synced_before_they_are_named_and_their_folders_after(
    folder: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    named: list[int] = []

    def seen(path: str) -> None:
        named.append(len(files(tmp_path, "loose")))

    monkeypatch.setattr(folder, "_syncs_at_once", at_once)
    monkeypatch.setattr(folder_blobs, "sync_file_system", seen)
    monkeypatch.setattr(folder_blobs, "sync_path", seen)
    keys = [folder.put([b"%5d" % n + bytes(20_000)]).key for n in range(300)]
    folder.settle(keys)
    folders = len({key[:1] for key in keys})
    assert named == ([0, 300] if at_once else [0] * 300 + [300] * folders)
    assert not folder.missing(keys)


def test_a_disk_that_is_full_for_many_files_is_told_and_they_settle_later(
    folder: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    keys = [folder.put([b"%5d" % n + bytes(20_000)]).key for n in range(70)]
    with monkeypatch.context() as patch:
        patch.setattr(folder_blobs, "sync_file_system", full)
        patch.setattr(folder, "_syncs_at_once", True)
        with pytest.raises(errors.StorageFull):
            folder.settle(keys)
    assert folder.missing(keys) == set(keys)
    folder.settle(keys)
    assert not folder.missing(keys)
    assert not files(tmp_path, "temp")


def test_a_file_system_is_synced_and_one_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert can_sync_at_once() is (sys.platform == "linux")
    sync_file_system(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        sync_file_system(str(tmp_path / "nothing"))


def test_a_damaged_pack_is_named(folder: FolderBlobs, tmp_path: Path) -> None:
    folder.settle([folder.put([b"packed %d" % n]).key for n in range(32)])
    [pack] = files(tmp_path, "packs")
    pack.write_bytes(pack.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is no pack"):
        FolderBlobs(tmp_path, TENANT)
