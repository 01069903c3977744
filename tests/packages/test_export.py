"""A sealed snapshot exported: the layout of migration-package 13.2, elements in a package's own forms, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

import package_samples as samples
from package_samples import CONTRACTS, HR, LEASE, ROOT, TASKS, Contents
from xtenant.client.packages import FolderTree
from xtenant.domain.snapshot import ManifestFile, ManifestFolder
from xtenant.package.checking import check, overview
from xtenant.package.exporting import export
from xtenant.package.text import DamagedPackage

NS = "{urn:deployment-manifest-schema}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    contents = Contents()
    return samples.written(tmp_path / "out", samples.sealed(contents, samples.objects(contents)))


def elements(place: Path, name: str) -> Iterator[Any]:
    return etree.parse(str(place)).iter(f"{NS}{name}")


def list_folder(folder: Path, web: UUID, own: UUID) -> Path:
    return folder / "webs" / str(web) / "lists" / str(own)


def test_an_export_is_clean_by_every_rule_of_the_checker(folder: Path) -> None:
    checked = check(FolderTree(folder))
    assert list(checked) == []
    assert (checked.packages, checked.errors, checked.not_checked) == (9, 0, ())


def test_each_package_has_eight_files_and_its_content_under_counted_names(folder: Path) -> None:
    package = list_folder(folder, ROOT, CONTRACTS) / "p-1"
    assert len(list((package / "manifest").iterdir())) == 8
    assert {place.name: place.read_bytes() for place in (package / "content").iterdir()} == {
        "00000000.dat": b"draft v1\n",
        "00000001.dat": b"draft v2\n",
        "00000002.dat": b"signed v2\n",
    }


def test_a_file_is_written_as_the_sample_package_has_it(folder: Path) -> None:
    """Address forms of migration-package 7.1, versions and link keys of section 8."""
    manifest = list_folder(folder, ROOT, CONTRACTS) / "p-1/manifest/Manifest.xml"
    file, *versions = elements(manifest, "File")
    assert (file.get("Url"), file.get("FileValue"), file.get("Version")) == (
        "Contracts/2026/lease.docx",
        "00000002.dat",
        "2.0",
    )
    assert [(one.get("Version"), one.get("FileValue")) for one in versions] == [
        ("1.0", "00000000.dat"),
        ("1.1", "00000001.dat"),
        ("2.0", "00000002.dat"),
    ]
    wrapper = file.getparent()
    assert wrapper is not None
    assert (wrapper.get("Url"), wrapper.get("ParentWebUrl")) == (
        "/sites/finance/Contracts/2026/lease.docx",
        "/sites/finance",
    )
    item = next(elements(manifest, "ListItem"))
    assert (item.get("DocId"), item.get("FileUrl"), item.get("DirName")) == (
        str(LEASE),
        "Contracts/2026/lease.docx",
        "/sites/finance/Contracts/2026",
    )
    own = item.find(f"{NS}Fields")
    assert own is not None
    assert {(one.get("Name"), one.get("Type"), one.get("Value")) for one in own} == {
        ("Title", "Text", "Lease, building 7"),
        ("Status", "Choice", "Signed"),
        ("Owner", "User", "12;UserInfo"),
    }


def test_addresses_in_a_subweb_begin_at_the_subweb(folder: Path) -> None:
    package = list_folder(folder, HR, TASKS)
    shown = next(elements(package / "structure/Manifest.xml", "List"))
    assert (shown.get("RootFolderUrl"), shown.get("ParentWebUrl")) == (
        "/sites/finance/hr/Lists/Tasks",
        "/sites/finance/hr",
    )
    item = next(elements(package / "p-1/manifest/Manifest.xml", "ListItem"))
    assert item.get("FileUrl") == "Lists/Tasks/1_.000"
    attachment = next(elements(package / "p-1/manifest/Manifest.xml", "Attachment"))
    assert attachment.get("Url") == "Lists/Tasks/Attachments/1/plan.txt"
    web = next(elements(folder / "webs" / str(HR) / "structure/Manifest.xml", "Web"))
    assert (web.get("ServerRelativeUrl"), web.get("ParentId")) == ("/sites/finance/hr", str(ROOT))


def test_only_people_whom_a_package_names_stand_in_it_with_the_members_of_groups(folder: Path) -> None:
    users = etree.parse(str(folder / "webs" / str(ROOT) / "security/UserGroup.xml"))
    named = [one.get("Login") or one.get("Name") for one in users.iter("{*}User", "{*}Group")]
    assert named == ["i:0#.f|membership|alice@contoso.com", "Finance Owners"]


def test_permissions_stand_with_the_list_that_their_object_lies_in(folder: Path) -> None:
    told = {
        (list_folder(folder, web, own) / "security/Manifest.xml", one.get("ObjectUrl"))
        for web, own in ((ROOT, CONTRACTS), (HR, TASKS))
        for one in elements(list_folder(folder, web, own) / "security/Manifest.xml", "RoleAssignment")
    }
    assert {(place.parent.parent.name, url) for place, url in told} == {
        (str(CONTRACTS), "sites/finance/Contracts"),
        (str(CONTRACTS), "sites/finance/Contracts/2026/lease.docx"),
        (str(TASKS), "sites/finance/hr/Lists/Tasks/1_.000"),
    }


def test_what_has_no_element_stands_in_site_files_with_its_content(folder: Path) -> None:
    told = [json.loads(place.read_bytes()) for place in sorted((folder / "site").glob("site-*.json"))]
    assert [one["kind"] for part in told for one in part["objects"]] == ["scopes", "deleted", "links"]
    assert len(list((folder / "site/content").iterdir())) == 3
    site = json.loads((folder / "site.json").read_bytes())
    assert (site["language"], site["template"], site["quota_bytes"]) == (1031, "STS#3", 1024**4)


def test_the_ledger_comes_last_and_tells_size_and_hash_of_every_file() -> None:
    contents = Contents()
    names: list[str] = []
    text = b""
    for file in export(samples.sealed(contents, samples.objects(contents))):
        names.append("/".join(file.names))
        text = b"".join(file.pieces)
        assert len(text) == file.size_bytes
    assert names[-1] == "ledger.jsonl"
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["path"] for line in lines[1:]] == names[:-1]
    assert lines[0]["files"] == len(names) - 1


def test_packages_are_closed_before_they_have_more_than_250_versions(tmp_path: Path) -> None:
    contents = Contents()
    things = samples.objects(contents)
    lease = samples.lease(contents)
    many = [
        replace(lease, item_id=UUID(int=1_000 + n), name=f"{n}", path=f"Contracts/2026/{n}", int_id=9 + n)
        for n in range(200)
    ]
    long = replace(many[0], item_id=UUID(int=5_000), name="long", path="Contracts/2026/long", int_id=999)
    long = replace(long, versions=tuple(replace(long.versions[0], major=n + 1) for n in range(300)))
    at = next(n for n, thing in enumerate(things) if isinstance(thing, ManifestFile))
    sealed = samples.sealed(contents, [*things[: at + 1], *many, long, *things[at + 1 :]], part_objects=40)
    folder = samples.written(tmp_path / "out", sealed)
    _, rows = overview(FolderTree(folder))
    versions = [row.counts["versions"] for row in rows if "/p-" in row.package and row.counts["files"]]
    assert sorted(versions) == [105, 249, 249, 300]
    found = list(check(FolderTree(folder)))
    assert {(one.rule, one.severity.value) for one in found} == {("P-15", "warning")}, (
        "one file has more than a package"
    )


def test_a_snapshot_whose_items_lie_in_no_list_is_refused() -> None:
    contents = Contents()
    things = samples.objects(contents)
    lost = replace(next(thing for thing in things if isinstance(thing, ManifestFolder)), library_id=UUID(int=77))
    with pytest.raises(DamagedPackage, match="list that is not there"):
        list(export(samples.sealed(contents, [*things[:7], lost])))
