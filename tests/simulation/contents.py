"""What the simulated site holds besides files in its default library: webs, lists, drafts, links, and what lies in the bin.

Bob is in no row of the map: at the target he stands in the columns as text, and has no part in links.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from clock import CountingIds
from content_samples import NOW, row, stored, version
from simulation.rights import ANN, BOB, TEAM
from xtenant.domain import sharing
from xtenant.domain.content import (
    NOTHING_STORED,
    WEB,
    Item,
    ItemKind,
    NewAttachment,
    NewVersion,
    PrincipalKey,
    Role,
)
from xtenant.domain.fields import Address, FieldValue, Lookup, People, fields_text
from xtenant.domain.lists import (
    GENERIC_LIST,
    Column,
    ColumnKind,
    ContentType,
    ListDefinition,
    WebDefinition,
)
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.sharing import LinkKind, LinkScope, SharingLink

QUOTA = 7 * 1024**3
ATTACHED = (b"an attachment", b"another attachment", b"attached to what was deleted")
DRAFTS = (b"draft", b"first", b"second draft")
IN_SUBWEB = (
    b"in the subweb",
    b"deleted",
    b"deleted with its folder",
    b"deleted before its folder",
    b"in a deleted list",
)
CONTENTS = (*ATTACHED, *DRAFTS, *IN_SUBWEB)
"""The bytes of all of it."""

LATER = NOW.replace(microsecond=0) + timedelta(days=1)
OWNER_COLUMN = Column(column_id=UUID(int=0xC1), name="Owner", title="Who does it", kind=ColumnKind.PERSON)
COLUMNS = (
    OWNER_COLUMN,
    Column(column_id=UUID(int=0xC2), name="Crew", title="Crew", kind=ColumnKind.PEOPLE, description="all of them"),
    Column(column_id=UUID(int=0xC3), name="Weight", title="Weight", kind=ColumnKind.NUMBER, default="7", indexed=True),
    Column(column_id=UUID(int=0xC4), name="State", title="State", kind=ColumnKind.CHOICE, choices=("new", "done")),
    Column(column_id=UUID(int=0xC5), name="See", title="See", kind=ColumnKind.ADDRESS, group="Links", hidden=True),
)
TASK = ContentType(type_id="0x01080001", name="Task of X", group="X", columns=(OWNER_COLUMN.column_id,))
ROOT_WEB = WebDefinition(description="the root", language=1031, time_zone=4, columns=COLUMNS[:1], content_types=(TASK,))
SUBWEB = WebDefinition(title="Below", description="a web below", template="STS#3", language=1036, time_zone=3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seeding:
    """What is at hand while the site is filled."""

    uow: UnitOfWork
    writer: SiteWriter
    ids: CountingIds
    keys: Mapping[UUID, PrincipalKey]

    def item(
        self,
        name: str,
        kind: ItemKind,
        *,
        parent: Item | None = None,
        versions: Sequence[NewVersion] = (),
        by: UUID = ANN,
        **more: object,
    ) -> Item:
        made = row(self.ids, name, parent=parent, kind=kind, by=self.keys[by])
        return self.writer.add_item(dataclasses.replace(made, versions=tuple(versions), **more))  # type: ignore[arg-type]

    def file(self, name: str, parent: Item, content: bytes, *, by: UUID = ANN) -> Item:
        return self.item(name, ItemKind.FILE, parent=parent, versions=[version(content, 1, by=self.keys[by])])

    def delete(self, item: Item, *, by: UUID, days: int) -> None:
        self.writer.delete_by(item, by=self.keys[by], now=NOW + timedelta(days=days))


def seed_contents(seeding: Seeding, items: Mapping[str, Item]) -> dict[str, Item]:
    """Everything, and by name what gets permissions of its own."""
    seeding.uow.blobs.put([stored(content) for content in CONTENTS], now=NOW)
    site = seeding.uow.sites.by_key(seeding.writer.site.key, lock=True)
    assert site is not None
    seeding.uow.sites.update(dataclasses.replace(site, quota_bytes=QUOTA))
    seeding.writer.put_web(WEB, ROOT_WEB)
    made = _webs(seeding) | _tasks(seeding)
    _drafts(seeding, items["library"])
    _links(seeding, items)
    _bin(seeding, items["library"], made)
    return made


def _webs(seeding: Seeding) -> dict[str, Item]:
    web = seeding.item("below", ItemKind.WEB)
    seeding.writer.put_web(web.key, SUBWEB)
    deeper = seeding.item("deeper", ItemKind.WEB, parent=web, by=BOB)
    library = seeding.item("Papers", ItemKind.LIBRARY, parent=web)
    seeding.file("paper.txt", library, IN_SUBWEB[0])
    listed = seeding.item("Notes", ItemKind.LIST, parent=deeper)
    seeding.item("", ItemKind.LIST_ITEM, parent=listed, versions=[_list_version(seeding, 1, {"Title": "n"})])
    return {"web": web, "papers": library}


def _list_version(
    seeding: Seeding, major: int, values: Mapping[str, FieldValue], *, by: UUID = ANN, comment: str = ""
) -> NewVersion:
    return NewVersion(
        major=major,
        minor=0,
        stored=NOTHING_STORED,
        modified_at=NOW + timedelta(hours=major),
        editor=seeding.keys[by],
        comment=comment,
        fields=fields_text(values),
    )


def _tasks(seeding: Seeding) -> dict[str, Item]:
    """A list whose items name people, have versions, attachments and a folder."""
    tasks = seeding.item("Tasks", ItemKind.LIST)
    looks_at = Column(
        column_id=UUID(int=0xC6), name="After", title="After", kind=ColumnKind.LOOKUPS, looks_at=tasks.item_id
    )
    definition = ListDefinition(
        template=GENERIC_LIST,
        title="Tasks of X",
        description="what is to be done",
        version_limit=50,
        moderation=True,
        attachments=True,
        content_types_enabled=True,
        columns=(*COLUMNS, looks_at),
        content_types=(TASK,),
    )
    seeding.writer.put_list(tasks.key, definition)
    people = [seeding.keys[guid] for guid in (ANN, BOB, TEAM)]
    first = {"Title": "dig", "Owner": People((people[1],)), "Crew": People(tuple(people)), "Weight": 1.5, "Done": True}
    second = first | {"After": Lookup((1, 2)), "State": ("new", "done"), "See": Address("https://x.example/", "x")}
    task = seeding.item(
        "",
        ItemKind.LIST_ITEM,
        parent=tasks,
        versions=[_list_version(seeding, 1, first, by=BOB), _list_version(seeding, 2, second, comment="well")],
    )
    for number, content in enumerate(ATTACHED[:2], start=1):
        seeding.writer.attach(task, _attached(seeding, f"a{number}.bin", content))
    folder = seeding.item("Later", ItemKind.FOLDER, parent=tasks, fields=fields_text({"Title": "for later"}))
    seeding.item("", ItemKind.LIST_ITEM, parent=folder, versions=[_list_version(seeding, 1, {"Title": "fill"})])
    return {"tasks": tasks, "task": task}


def _attached(seeding: Seeding, name: str, content: bytes) -> NewAttachment:
    return NewAttachment(
        name=name,
        stored=stored(content),
        created_at=NOW + timedelta(minutes=1),
        modified_at=NOW + timedelta(minutes=2),
        author=seeding.keys[BOB],
        editor=seeding.keys[ANN],
    )


def _drafts(seeding: Seeding, library: Item) -> None:
    """A library with minor versions, and a file of which a draft is the newest."""
    seeding.writer.put_list(library.key, ListDefinition(minor_versions=True, columns=COLUMNS[:2]))
    numbers = ((0, 1, ""), (1, 0, "published"), (1, 1, "again"))
    seeding.item(
        "draft.txt",
        ItemKind.FILE,
        parent=library,
        versions=[
            dataclasses.replace(
                version(content, major, by=seeding.keys[ANN]),
                minor=minor,
                comment=comment,
                fields=fields_text({"Owner": People((seeding.keys[BOB],)), "Weight": major}),
            )
            for content, (major, minor, comment) in zip(DRAFTS, numbers, strict=True)
        ],
    )


def _links(seeding: Seeding, items: Mapping[str, Item]) -> None:
    def link(number: int, item: Item, kind: LinkKind, scope: LinkScope, *members: UUID, days: int = 0) -> SharingLink:
        return SharingLink(
            link_id=UUID(int=0x11F0 + number),
            item_key=item.key,
            kind=kind,
            scope=scope,
            token_hash=sharing.token_hash(f"token {number}"),
            created_at=LATER,
            created_by=seeding.keys[BOB if members else ANN],
            expires_at=LATER + timedelta(days=days) if days else None,
            members=tuple(sorted(seeding.keys[guid] for guid in members)),
        )

    seeding.writer.put_links(
        [
            link(1, items["a.txt"], LinkKind.VIEW, LinkScope.ANONYMOUS, days=30),
            link(2, items["deep"], LinkKind.EDIT, LinkScope.ORGANIZATION),
            link(3, items["b.txt"], LinkKind.EDIT, LinkScope.USERS, ANN, BOB),
        ]
    )


def _bin(seeding: Seeding, library: Item, made: Mapping[str, Item]) -> None:
    """A file by itself, a folder that took its content along, an item with an attachment, a list, something of a subweb."""
    seeding.delete(seeding.file("gone.txt", library, IN_SUBWEB[1]), by=BOB, days=1)
    folder = seeding.item("old", ItemKind.FOLDER, parent=library)
    seeding.file("with.txt", folder, IN_SUBWEB[2])
    before = seeding.file("before.txt", folder, IN_SUBWEB[3], by=BOB)
    seeding.delete(before, by=ANN, days=2)
    seeding.delete(folder, by=BOB, days=3)
    item = seeding.item(
        "", ItemKind.LIST_ITEM, parent=made["tasks"], versions=[_list_version(seeding, 1, {"Title": "no"})]
    )
    seeding.writer.attach(item, _attached(seeding, "lost.bin", ATTACHED[2]))
    seeding.delete(item, by=ANN, days=4)
    listed = seeding.item("Dead", ItemKind.LIBRARY, parent=made["web"])
    seeding.writer.put_list(listed.key, ListDefinition(description="dead"))
    seeding.file("within.txt", listed, IN_SUBWEB[4])
    seeding.delete(listed, by=ANN, days=5)


ROLES = {"web": {ANN: Role.OWNER}, "papers": {TEAM: Role.READ, BOB: Role.READ}, "tasks": {}, "task": {ANN: Role.WRITE}}
"""Permissions of their own below the root web, by the names of `seed_contents`."""
