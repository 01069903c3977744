"""A small site with one of everything, sealed as Backup seals it: what export, show and check are tried with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from xtenant.domain import quick_xor
from xtenant.domain.content import BlobKey, PrincipalKind, Role
from xtenant.domain.fields import Address, Lookup, People, fields_text
from xtenant.domain.lists import Column, ColumnKind, ContentType, ListDefinition, WebDefinition
from xtenant.domain.sharing import LinkKind, LinkScope
from xtenant.domain.snapshot import (
    ManifestAssignment,
    ManifestAttachment,
    ManifestDeleted,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestLink,
    ManifestListItem,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestSubweb,
    ManifestVersion,
    ManifestWeb,
    PartSeal,
    ScopeKind,
    Snapshot,
    counted,
)
from xtenant.package.exporting import Sealed, export
from xtenant.package.manifest import PartWriter

MOMENT = datetime(2026, 1, 5, 9, 15, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 16, 40, 11, tzinfo=UTC)
URL = "https://contoso.sharepoint.com/sites/finance"
MADE: dict[str, Any] = {"created_at": MOMENT, "modified_at": LATER, "author": 11, "editor": 12}
ROOT, HR = UUID(int=100), UUID(int=101)
CONTRACTS, TASKS = UUID(int=200), UUID(int=201)
FOLDER, LEASE, TASK, GONE = UUID(int=300), UUID(int=301), UUID(int=302), UUID(int=303)
STATUS = Column(
    column_id=UUID(int=400), name="Status", title="Status", kind=ColumnKind.CHOICE, choices=("Draft", "Signed")
)
OWNER = Column(column_id=UUID(int=401), name="Owner", title="Owner", kind=ColumnKind.PERSON)
OTHER = Column(column_id=UUID(int=402), name="Other", title="Other", kind=ColumnKind.LOOKUP, looks_at=TASKS)


class Contents:
    """Content by its SHA-256."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    def put(self, text: bytes) -> dict[str, Any]:
        key = hashlib.sha256(text).digest()
        self.kept[key] = text
        digest = quick_xor.QuickXor()
        digest.update(text)
        return {"sha256": key, "size_bytes": len(text), "quick_xor": digest.digest()}


def version(contents: Contents, text: bytes | None, label: str = "1.0", **facts: Any) -> ManifestVersion:
    major, minor = label.split(".")
    stored: dict[str, Any] = {"sha256": b"", "size_bytes": 0, "quick_xor": b""} if text is None else contents.put(text)
    told: dict[str, Any] = {"modified_at": MOMENT, "editor": 11, **stored, **facts}
    return ManifestVersion(major=int(major), minor=int(minor), **told)


def lease(contents: Contents) -> ManifestFile:
    return ManifestFile(
        item_id=LEASE,
        library_id=CONTRACTS,
        parent_id=FOLDER,
        name="lease.docx",
        path="Contracts/2026/lease.docx",
        int_id=2,
        **MADE,
        versions=(
            version(
                contents,
                b"draft v1\n",
                comment="first draft",
                fields=fields_text({"Title": "Lease draft", "Status": "Draft"}),
            ),
            version(contents, b"draft v2\n", "1.1", fields=fields_text({"Title": "Lease", "Status": "Draft"})),
            version(
                contents,
                b"signed v2\n",
                "2.0",
                editor=12,
                modified_at=LATER,
                fields=fields_text({"Title": "Lease, building 7", "Status": "Signed", "Owner": People((12,))}),
            ),
        ),
    )


def task(contents: Contents) -> ManifestListItem:
    values = {"Title": "Call\nback", "Owner": People((11,)), "Other": Lookup((1,)), "Link": Address(URL, "there")}
    plan = ManifestAttachment(name="plan.txt", **contents.put(b"a plan"), **MADE)
    return ManifestListItem(
        item_id=TASK,
        library_id=TASKS,
        parent_id=TASKS,
        name="1_.000",
        path="hr/Lists/Tasks/1_.000",
        int_id=1,
        **MADE,
        versions=(
            version(contents, None, fields=fields_text({"Title": "Call"})),
            version(contents, None, "2.0", comment="again", fields=fields_text(values)),
        ),
        attachments=(plan,),
    )


def objects(contents: Contents) -> list[ManifestObject]:
    """In a snapshot's order."""
    note = replace(
        lease(contents), item_id=GONE, name="old.docx", path="Contracts/old.docx", parent_id=CONTRACTS, int_id=3
    )
    folder = ManifestFolder(
        item_id=FOLDER,
        library_id=CONTRACTS,
        parent_id=CONTRACTS,
        name="2026",
        path="Contracts/2026",
        int_id=1,
        **MADE,
        fields=fields_text({"Title": "This year"}),
    )
    return [
        _user(11, "alice"),
        _user(12, "bob"),
        ManifestGroup(ref=21, group_id=UUID(int=21), name="Finance Owners", members=(11,)),
        ManifestWeb(
            web_id=ROOT,
            site_id=UUID(int=99),
            url=URL,
            title="Finance",
            template="STS#3",
            created_at=MOMENT,
            modified_at=LATER,
            owner=11,
            definition=WebDefinition(
                language=1031,
                time_zone=4,
                columns=(STATUS,),
                content_types=(ContentType(type_id="0x010100AA", name="Contract", columns=(STATUS.column_id,)),),
            ),
        ),
        ManifestSubweb(
            web_id=HR, parent_id=None, name="hr", path="hr", definition=WebDefinition(title="People"), **MADE
        ),
        ManifestLibrary(
            list_id=CONTRACTS,
            name="Contracts",
            path="Contracts",
            definition=ListDefinition(columns=(STATUS, OWNER), minor_versions=True),
            **MADE,
        ),
        ManifestLibrary(
            list_id=TASKS,
            name="Tasks",
            path="hr/Lists/Tasks",
            is_library=False,
            web_id=HR,
            definition=ListDefinition(template=171, title="Tasks", attachments=True, columns=(OWNER, OTHER)),
            **MADE,
        ),
        folder,
        lease(contents),
        task(contents),
        ManifestDeleted(thing=note, deleted_at=LATER, deleted_by=12, with_id=GONE),
        _scope(ScopeKind.WEB, ROOT, "", (21, Role.OWNER)),
        _scope(ScopeKind.LIBRARY, CONTRACTS, "Contracts", (21, Role.OWNER), (11, Role.WRITE)),
        _scope(ScopeKind.ITEM, LEASE, "Contracts/2026/lease.docx", (12, Role.READ)),
        _scope(ScopeKind.ITEM, TASK, "Lists/Tasks/1_.000", (12, Role.WRITE), web=(HR, "/hr")),
        _scope(ScopeKind.ITEM, GONE, "Contracts/old.docx", (11, Role.READ)),
        ManifestLink(
            link_id=UUID(int=500),
            object_id=LEASE,
            path="Contracts/2026/lease.docx",
            kind=LinkKind.VIEW,
            scope=LinkScope.ANONYMOUS,
            token_hash=b"\3" * 32,
            created_at=MOMENT,
            created_by=11,
        ),
    ]


def _user(ref: int, name: str) -> ManifestPrincipal:
    return ManifestPrincipal(
        ref=ref,
        kind=PrincipalKind.USER,
        directory_id=UUID(int=ref),
        name=name.title(),
        login=f"{name}@contoso.com",
        mail=f"{name}@contoso.com",
    )


def _scope(
    kind: ScopeKind, object_id: UUID, path: str, *given: tuple[int, Role], web: tuple[UUID, str] = (ROOT, "")
) -> ManifestScope:
    return ManifestScope(
        kind=kind,
        object_id=object_id,
        path=path,
        web_id=web[0],
        web_path=f"sites/finance{web[1]}",
        assignments=tuple(ManifestAssignment(principal=ref, role=role) for ref, role in given),
    )


def sealed(contents: Contents, things: Iterable[ManifestObject], *, part_objects: int = 4) -> Sealed:
    """The objects in parts of a few, with their content, as a source keeps them."""
    stored: dict[bytes, bytes] = {}
    seals: list[PartSeal] = []
    writer = PartWriter(1)
    waiting = list(things)
    counts = counted({}, waiting)
    for thing in waiting:
        if writer.objects >= part_objects or not writer.takes(thing):
            writer = _closed(writer, stored, seals)
        writer.add(thing)
    _closed(writer, stored, seals)
    snapshot = Snapshot(
        job_id=UUID(int=7),
        epoch=1,
        change_no=1,
        items=3,
        versions=8,
        size_bytes=sum(map(len, contents.kept.values())),
        parts=tuple(seals),
        counts=tuple(sorted(counts.items())),
    )

    def content(key: BlobKey) -> Iterator[bytes]:
        yield contents.kept[key]

    return Sealed(snapshot=snapshot, part=stored.__getitem__, content=content)


def _closed(writer: PartWriter, stored: dict[bytes, bytes], seals: list[PartSeal]) -> PartWriter:
    text = writer.stored()
    seal = writer.seal(text)
    stored[seal.sha256] = text
    seals.append(seal)
    return PartWriter(writer.ordinal + 1)


def written(folder: Path, package: Sealed) -> Path:
    """The exported package as files."""
    for file in export(package):
        place = folder.joinpath(*file.names)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = b"".join(file.pieces)
        assert len(text) == file.size_bytes, file.names
        place.write_bytes(text)
    return folder
