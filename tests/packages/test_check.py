"""`package check`: each kind of damage is found by its rule, whatever a stranger put there; a clean package has no finding."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import package_samples as samples
from package_samples import CONTRACTS, HR, LEASE, ROOT, TASKS, Contents
from xtenant.client.packages import FolderTree
from xtenant.package.checking import NoPackage, check, overview
from xtenant.package.checking.findings import RULES
from xtenant.package.text import DamagedPackage

FILES = f"webs/{ROOT}/lists/{CONTRACTS}/p-1/manifest"
ITEMS = f"webs/{HR}/lists/{TASKS}/p-1/manifest"
LIST = f"webs/{ROOT}/lists/{CONTRACTS}/structure"
RIGHTS = f"webs/{ROOT}/lists/{CONTRACTS}/security"
CONTENT = f"webs/{ROOT}/lists/{CONTRACTS}/p-1/content"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    contents = Contents()
    folder = tmp_path_factory.mktemp("clean") / "out"
    return samples.written(folder, samples.sealed(contents, samples.objects(contents)))


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "copy"))


def found(folder: Path) -> set[str]:
    return {finding.rule for finding in check(FolderTree(folder))}


def swap(place: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / place
        text = file.read_text("utf-8")
        assert old in text, (place, old)
        file.write_text(text.replace(old, new, 1), "utf-8")

    return change


def gone(place: str) -> Callable[[Path], None]:
    return lambda folder: (folder / place).unlink()


def put(place: str, text: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / place).write_bytes(text)

    return change


M = "Manifest.xml"
DAMAGE: list[tuple[str, Callable[[Path], None]]] = [
    ("P-01", gone(f"{FILES}/UserGroup.xml")),
    ("P-01", gone(f"{FILES}/Requirements.xml")),
    ("P-02", swap(f"{FILES}/{M}", "</SPObjects>", "")),
    ("P-02", swap(f"{FILES}/{M}", "<SPObjects", "<!DOCTYPE a [<!ENTITY x 'y'>]><SPObjects")),
    ("P-02", swap(f"{FILES}/{M}", "urn:deployment-manifest-schema", "urn:another")),
    ("P-02", swap(f"{FILES}/ViewFormsList.xml", "viewformlist", "viewformslist")),
    ("P-03", swap(f"{FILES}/{M}", "<Versions>", "<Links/><Versions>")),
    ("P-03", swap(f"{LIST}/{M}", "<Fields>", "<Widgets/><Fields>")),
    ("P-03", swap(f"{FILES}/{M}", 'ObjectType="SPFile"', 'ObjectType="SPBlob"')),
    ("P-03", swap(f"{FILES}/{M}", 'ObjectType="SPFile"', 'ObjectType="SPFolder"')),
    ("P-04", swap(f"{LIST}/{M}", "<Folder ", '<Folder ScopeId="1" ')),
    ("P-04", swap(f"{LIST}/{M}", ' Title="Contracts"', "")),
    ("P-05", swap(f"{FILES}/{M}", 'TimeCreated="2026-01-05T09:15:30Z"', 'TimeCreated="2026-01-05T09:15:30+01:00"')),
    ("P-05", swap(f"{FILES}/{M}", f'Id="{LEASE}"', 'Id="not-a-guid"')),
    ("P-05", swap(f"{FILES}/{M}", 'Version="1.1"', 'Version="one"')),
    ("P-06", swap(f"{FILES}/UserGroup.xml", 'Id="12"', 'Id="13"')),
    ("P-06", swap(f"{FILES}/UserGroup.xml", 'Id="12"', 'Id="11"')),
    ("P-06", swap(f"{FILES}/{M}", "12;UserInfo", "14;UserInfo")),
    ("P-07", swap(f"{LIST}/{M}", f'<Folder Id="{samples.FOLDER}"', f'<Folder Id="{CONTRACTS}"')),
    ("P-08", swap(f"{FILES}/SystemData.xml", f'Id="{CONTRACTS}"', f'Id="{TASKS}"')),
    ("P-09", swap(f"{FILES}/{M}", ' Url="Contracts/2026', ' Url="/sites/finance/Contracts/2026')),
    ("P-09", swap(f"{LIST}/{M}", 'RootFolderUrl="/sites', 'RootFolderUrl="sites')),
    ("P-09", swap(f"{RIGHTS}/{M}", 'ObjectUrl="sites', 'ObjectUrl="/sites')),
    ("P-10", gone(f"{CONTENT}/00000001.dat")),
    ("P-10", put(f"{CONTENT}/00000009.dat", b"nobody's")),
    ("P-11", put(f"{CONTENT}/00000001.dat", b"draft vX\n")),
    ("P-11", put(f"{CONTENT}/00000001.dat", b"draft v2 and more\n")),
    ("P-11", swap(f"{FILES}/{M}", 'FileSize="9"', 'FileSize="8"')),
    ("P-12", swap(f"{FILES}/{M}", 'Version="1.1"', 'Version="1.0"')),
    ("P-12", swap(f"{FILES}/{M}", 'Version="2.0"', 'Version="1.0"')),
    ("P-13", swap(f"{FILES}/SystemData.xml", f'Id="{samples.FOLDER}"', f'Id="{TASKS}"')),
    ("P-14", swap(f"{FILES}/{M}", 'IntId="2" DocId', 'IntId="3" DocId')),
    ("P-14", swap(f"{FILES}/{M}", f'DocId="{LEASE}"', f'DocId="{TASKS}"')),
    ("P-15", swap(f"{FILES}/{M}", ' Url="Contracts/2026', f' Url="{"x" * 400}')),
    ("P-16", swap("ledger.jsonl", '"files":', '"files":1')),
    ("P-16", put("webs/extra.bin", b"?")),
    ("P-16", gone("snapshot.json")),
    ("P-16", put("ledger.jsonl", b"{")),
    ("P-16", swap("site/site-00007.json", '"kind":"links"', '"kind":"lists"')),
    ("P-17", swap(f"{FILES}/SystemData.xml", "Manifest.xml", "Other.xml")),
    ("P-17", swap(f"{FILES}/SystemData.xml", "<SchemaVersion Version", "<SchemaVersion Wersion")),
    ("P-18", swap(f"{FILES}/ExportSettings.xml", samples.URL, "")),
    ("P-18", swap(f"{FILES}/ExportSettings.xml", ' SourceType="SharePointOnline"', "")),
    ("P-19", swap(f"{RIGHTS}/{M}", '<Assignment RoleId="1073741829"', '<Assignment RoleId="1073741828"')),
    ("P-19", swap(f"{RIGHTS}/{M}", 'PrincipalId="12"', 'PrincipalId="15"')),
    ("P-20", swap(f"{FILES}/RootObjectMap.xml", f'Id="{CONTRACTS}"', f'Id="{samples.GONE}"')),
]


@pytest.mark.parametrize(("rule", "damage"), DAMAGE, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(DAMAGE)])
def test_each_kind_of_damage_is_found_by_its_rule(rule: str, damage: Callable[[Path], None], folder: Path) -> None:
    damage(folder)
    rules = found(folder)
    assert rule in rules
    assert "P-16" in rules, "the ledger knows every file"


def test_every_rule_has_a_damage_that_it_finds() -> None:
    assert {rule for rule, _ in DAMAGE} == set(RULES)


def test_a_package_without_ledger_is_checked_with_less_to_compare_with(folder: Path) -> None:
    checked = check(FolderTree((folder / FILES).parent))
    assert list(checked) == []
    assert checked.not_checked == ("P-16",)


def test_a_package_that_other_hands_made_is_clean_and_its_encrypted_content_held_against_md5() -> None:
    """The composed sample of migration-package 8, valid against the published schemas."""
    tree = FolderTree(Path(__file__).parent / "sample")
    checked = check(tree)
    assert list(checked) == []
    assert checked.not_checked == ("P-11", "P-16")
    (row,) = overview(tree)[1]
    assert (row.title, row.counts["files"], row.counts["versions"], row.counts["scopes"]) == ("Contracts", 1, 2, 1)


def test_encrypted_content_is_held_against_its_md5_only(folder: Path) -> None:
    md5 = "OpyRcGxsW3YFdwfVCuQzZw=="
    swap(f"{FILES}/{M}", 'FileSize="9"', f'FileSize="9" InitializationVector="x" MD5Hash="{md5}"')(folder)
    checked = check(FolderTree((folder / FILES).parent))
    assert [one.message for one in checked if one.rule == "P-11"] == [
        "'00000000.dat' has another MD5 than the manifest says."
    ]
    assert "P-11" in checked.not_checked


def test_a_folder_without_a_package_is_no_clean_one(tmp_path: Path) -> None:
    with pytest.raises(NoPackage):
        list(check(FolderTree(tmp_path)))
    with pytest.raises(NoPackage):
        overview(FolderTree(tmp_path))


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"draft v2\n")
    (folder / CONTENT / "00000001.dat").unlink()
    (folder / CONTENT / "00000001.dat").symlink_to(secret)
    assert {"P-10", "P-16"} <= found(folder)


@given(st.data())
@settings(deadline=None, print_blob=True, max_examples=60)
def test_whatever_bytes_stand_in_a_file_the_check_ends_with_findings(clean: Path, data: st.DataObject) -> None:
    tree = FolderTree(clean)
    path = data.draw(st.sampled_from(sorted(tree.sizes)))
    text = (clean / path).read_bytes()
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    length = data.draw(st.integers(0, 40))
    altered = text[:start] + data.draw(st.binary(max_size=20)) + text[start + length :]
    with Altered(clean, path, altered) as folder:
        rules = found(folder)
        assert rules or altered == text
        try:
            for _ in overview(FolderTree(folder))[1]:
                continue
        except DamagedPackage:
            pass


class Altered:
    """A file with other bytes for a while."""

    def __init__(self, folder: Path, path: str, text: bytes) -> None:
        self._folder, self._place, self._text = folder, folder / path, text
        self._before = self._place.read_bytes()

    def __enter__(self) -> Path:
        self._place.write_bytes(self._text)
        return self._folder

    def __exit__(self, *_: object) -> None:
        self._place.write_bytes(self._before)
