"""Every attribute of a made-up estate altered once, each on a thing of its own, so that a proof can be asked for all of them.

`ALTERATIONS` names what is altered by class and attribute; a test holds it against the classes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from xtenant.domain.content import ItemKind, Role
from xtenant.domain.estates import (
    EstateAttachment,
    EstateItem,
    EstateLink,
    EstateRecord,
    EstateRights,
    EstateSite,
    EstateSiteGroup,
    EstateVersion,
)
from xtenant.domain.sharing import LinkKind, LinkScope
from xtenant.lab.generating.moments import FAR

LATER = timedelta(hours=1)
NOT_TOLD = {
    "EstateSite.name": "the address, by which both sides are asked",
    "EstateSite.group": "the group's own id, which the map exchanges",
    "EstateSite.modified_at": "rises with every write to a site, a move's too",
    "EstateSiteGroup.number": "a number of the records only",
    "EstateItem.kind": "nothing else would be left as it was",
    "EstateItem.list_id": "goes with the parent",
    "EstateItem.deleted_with": "the recycle bin tells only what was deleted by itself",
    "EstateLink.created_at": "Graph tells it of no link",
    "EstateLink.created_by": "Graph tells it of no link",
}
"""Attributes that no call tells, with the reason."""

Alter = Callable[[Any], Any]


def has_history(item: EstateItem) -> bool:
    return len(item.versions) > 1


def is_a(*kinds: ItemKind, only: Callable[[EstateItem], bool] = lambda _: True) -> Callable[[EstateRecord], bool]:
    return lambda record: (
        isinstance(record, EstateItem) and record.kind in kinds and not record.deleted_at and only(record)
    )


def deleted(kind: ItemKind) -> Callable[[EstateRecord], bool]:
    """What was deleted by itself."""
    return lambda record: (
        isinstance(record, EstateItem) and record.kind is kind and record.deleted_with == record.item_id
    )


FILES, ROWS = is_a(ItemKind.FILE), is_a(ItemKind.LIST_ITEM)
FOLDERS, WEBS = is_a(ItemKind.FOLDER), is_a(ItemKind.WEB)
LISTS = is_a(ItemKind.LIST, ItemKind.LIBRARY)
FULL_FILES = is_a(ItemKind.FILE, only=lambda item: len(item.versions) == 1 and len(item.versions[-1].content) > 20)
DEEP_FILES = is_a(ItemKind.FILE, only=lambda item: item.parent_id != item.list_id)
DELETED_FILES, DELETED_ROWS = deleted(ItemKind.FILE), deleted(ItemKind.LIST_ITEM)
DELETED_FOLDERS = deleted(ItemKind.FOLDER)
OLD_FILES, OLD_ROWS = is_a(ItemKind.FILE, only=has_history), is_a(ItemKind.LIST_ITEM, only=has_history)
ATTACHED = is_a(ItemKind.LIST_ITEM, only=lambda item: bool(item.attachments))
OWN_RIGHTS = lambda record: isinstance(record, EstateRights) and record.item_id is not None and record.given  # noqa: E731
PEOPLE_LINKS = lambda record: isinstance(record, EstateLink) and record.scope is LinkScope.USERS  # noqa: E731


def kind(wanted: type) -> Callable[[EstateRecord], bool]:
    return lambda record: isinstance(record, wanted)


def put(**changes: Callable[[Any], Any]) -> Alter:
    """The record with attributes altered, each from what it was."""
    return lambda record: replace(record, **{name: make(getattr(record, name)) for name, make in changes.items()})


def put_apart(item: EstateItem) -> EstateItem:
    """Another id, for the item and for what it was deleted with: itself."""
    return replace(item, item_id=UUID(int=6), deleted_with=UUID(int=6))


def other_person(number: int) -> int:
    return number + 1 if number < 3 else number - 1


def first_version(**changes: Callable[[Any], Any]) -> Alter:
    return lambda item: replace(item, versions=(put(**changes)(item.versions[0]), *item.versions[1:]))


def last_version(**changes: Callable[[Any], Any]) -> Alter:
    return lambda item: replace(item, versions=(*item.versions[:-1], put(**changes)(item.versions[-1])))


def attachment(**changes: Callable[[Any], Any]) -> Alter:
    return lambda item: replace(item, attachments=(put(**changes)(item.attachments[0]), *item.attachments[1:]))


def new_field(text: str) -> str:
    return json.dumps({**json.loads(text or "{}"), "Title": "another title"}, sort_keys=True)


def defined(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """A definition's text after a change to what it says."""

    def altered(text: str) -> str:
        found: dict[str, Any] = json.loads(text)
        change(found)
        return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    return altered


def later(moment: Any) -> Any:
    return moment + LATER


def more(text: str) -> str:
    return f"{text} more"


def flip(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda found: found.update({name: not found[name]})


def in_column(number: int, name: str, value: Any) -> Alter:
    return put(definition=defined(lambda found: found["columns"][number].update({name: value})))


def in_type(name: str, value: Any) -> Alter:
    return put(definition=defined(lambda found: found["content_types"][0].update({name: value})))


def defining(name: str, value: Any) -> Alter:
    return put(definition=defined(lambda found: found.update({name: value})))


def in_web(name: str, value: Any) -> Alter:
    return put(web=defined(lambda found: found.update({name: value})))


def renamed(name: str) -> str:
    return f"x{name}"


def another_role(given: tuple[tuple[int, Role], ...]) -> tuple[tuple[int, Role], ...]:
    number, role = given[0]
    return ((number, Role.READ if role is not Role.READ else Role.OWNER), *given[1:])


@dataclass(frozen=True, kw_only=True)
class Alteration:
    """`aspect` is a word of the respect in which a difference must be told; empty: any."""

    label: str
    aspect: str = ""
    of: Callable[[EstateRecord], object]
    alter: Alter


Case = tuple[str, str, Callable[[EstateRecord], object], Alter]
SITE, GROUP, LIST = kind(EstateSite), kind(EstateSiteGroup), is_a(ItemKind.LIST)


def of_sites() -> Iterator[Case]:
    yield "EstateSite.title", "title", SITE, put(title=more)
    yield "EstateSite.template", "template", SITE, put(template=lambda _: "STS#0")
    yield "EstateSite.owner", "owner", SITE, put(owner=other_person)
    yield "EstateSite.admins", "administrators", SITE, put(admins=lambda _: (3,))
    yield "EstateSite.created_at", "created", SITE, put(created_at=later)
    yield "EstateSite.quota_bytes", "quota", SITE, put(quota_bytes=lambda size: size * 2)
    for name, value in (("description", "d"), ("language", 1045), ("time_zone", 15)):
        yield f"EstateSite.web {name}", name.replace("_", " "), SITE, in_web(name, value)
    yield "EstateSiteGroup.title", "", GROUP, put(title=more)
    yield "EstateSiteGroup.description", "description", GROUP, put(description=more)
    yield "EstateSiteGroup.members", "members", GROUP, put(members=lambda members: members[1:] or (4,))
    webs = (("title", "t"), ("description", "d"), ("template", "STS#3"), ("language", 1045), ("time_zone", 15))
    for name, value in webs:
        yield f"EstateItem.definition web {name}", name.replace("_", " "), WEBS, defining(name, value)
    yield "EstateItem.created_at web", "created", WEBS, put(created_at=later)


def of_lists() -> Iterator[Case]:
    for name, aspect in (
        ("hidden", "Hidden"),
        ("versioning", "EnableVersioning"),
        ("minor_versions", "EnableMinorVersions"),
        ("moderation", "EnableModeration"),
        ("attachments", "EnableAttachments"),
        ("content_types_enabled", "ContentTypesEnabled"),
    ):
        yield f"EstateItem.definition list {name}", aspect, LISTS, put(definition=defined(flip(name)))
    for name, value, aspect in (
        ("title", "t", "Title"),
        ("description", "d", "Description"),
        ("template", 106, "BaseTemplate"),
        ("version_limit", 33, "MajorVersionLimit"),
    ):
        yield f"EstateItem.definition list {name}", aspect, LIST, defining(name, value)
    for name, value, aspect in (
        ("title", "t", "Title"),
        ("kind", "Note", "TypeAsString"),
        ("required", True, "Required"),
        ("hidden", True, "Hidden"),
        ("indexed", True, "Indexed"),
        ("description", "d", "Description"),
        ("group", "g", "Group"),
        ("default", "d", "DefaultValue"),
        ("choices", ["c"], "Choices"),
        ("column_id", str(UUID(int=7)), "Id"),
    ):
        yield f"EstateItem.definition column {name}", aspect, LIST, in_column(0, name, value)
    yield "EstateItem.definition column name", "", LIST, in_column(4, "name", "Other")
    for name, value, aspect in (
        ("name", "n", "Name"),
        ("description", "d", "Description"),
        ("group", "g", "Group"),
        ("hidden", True, "Hidden"),
        ("columns", [], "columns"),
    ):
        yield f"EstateItem.definition type {name}", aspect, LIST, in_type(name, value)
    yield "EstateItem.created_at list", "Created", LISTS, put(created_at=later)
    yield "EstateItem.modified_at list", "modified", LISTS, put(modified_at=later)


def of_items() -> Iterator[Case]:
    yield "EstateItem.item_id", "id", FILES, put(item_id=lambda _: UUID(int=5))
    yield "EstateItem.name", "", FILES, put(name=renamed)
    yield "EstateItem.number", "number", FILES, put(number=lambda number: number + 5_000)
    yield "EstateItem.created_at", "created", FILES, put(created_at=later)
    yield "EstateItem.modified_at", "modified", FILES, put(modified_at=later)
    yield "EstateItem.author", "author", FILES, put(author=other_person)
    yield "EstateItem.editor", "editor", FILES, put(editor=other_person)
    yield "EstateItem.versions", "versions", OLD_FILES, put(versions=lambda versions: versions[1:])
    yield "EstateItem.parent_id", "", DEEP_FILES, lambda item: replace(item, parent_id=item.list_id)
    yield "EstateItem.fields", "field Title", FOLDERS, put(fields=new_field)
    for name, aspect in (("created_at", "created"), ("modified_at", "modified")):
        yield f"EstateItem.{name} folder", aspect, FOLDERS, put(**{name: later})
    for name in ("author", "editor"):
        yield f"EstateItem.{name} row", name, ROWS, put(**{name: other_person})
    yield "EstateItem.attachments", "", ATTACHED, put(attachments=lambda _: ())
    for name, change in (
        ("name", renamed),
        ("content", lambda content: content + b"!"),
        ("created_at", later),
        ("modified_at", later),
        ("author", other_person),
        ("editor", other_person),
    ):
        yield f"EstateAttachment.{name}", "", ATTACHED, attachment(**{name: change})


def of_the_bin() -> Iterator[Case]:
    yield "EstateItem.deleted_at", "deleted", DELETED_FOLDERS, put(deleted_at=lambda moment: moment - LATER)
    yield "EstateItem.deleted_by", "deleted by", DELETED_FOLDERS, put(deleted_by=other_person)
    yield "EstateItem.author deleted", "author", DELETED_FOLDERS, put(author=other_person)
    yield "EstateItem.name deleted", "", DELETED_FILES, put(name=renamed)
    yield "EstateItem.item_id deleted", "existence", DELETED_ROWS, put_apart
    yield "EstateVersion.content deleted", "size", DELETED_FILES, last_version(content=lambda content: content + b"!")


def of_versions() -> Iterator[Case]:
    yield "EstateVersion.major", "version", OLD_FILES, last_version(major=lambda number: number + 9)
    yield "EstateVersion.minor", "version", OLD_FILES, last_version(minor=lambda number: number + 3)
    yield "EstateVersion.modified_at", "written", OLD_FILES, first_version(modified_at=lambda moment: moment - LATER)
    yield "EstateVersion.editor", "editor", OLD_FILES, first_version(editor=other_person)
    yield "EstateVersion.content", "size", OLD_FILES, first_version(content=lambda content: content + b"!")
    same_size = last_version(content=lambda content: b"#" * len(content))
    yield "EstateVersion.content of the same size", "quickXorHash", FULL_FILES, same_size
    yield "EstateVersion.comment", "comment", OLD_FILES, first_version(comment=more)
    yield "EstateVersion.comment current", "comment", FILES, last_version(comment=more)
    yield "EstateVersion.fields", "field Title", OLD_ROWS, first_version(fields=new_field)
    yield "EstateVersion.fields current", "field Title", ROWS, last_version(fields=new_field)


def of_rights() -> Iterator[Case]:
    yield "EstateRights.given", "rights", OWN_RIGHTS, put(given=another_role)
    yield "EstateRights.given nobody", "rights", OWN_RIGHTS, put(given=lambda _: ())
    yield (
        "EstateLink.kind",
        "links",
        kind(EstateLink),
        put(kind=lambda was: next(one for one in LinkKind if one != was)),
    )
    without = put(scope=lambda _: LinkScope.ORGANIZATION, members=lambda _: ())
    yield "EstateLink.scope", "links", PEOPLE_LINKS, without
    yield "EstateLink.expires_at", "links", kind(EstateLink), put(expires_at=lambda was: None if was else FAR)
    yield "EstateLink.members", "links", PEOPLE_LINKS, put(members=lambda members: members[1:] or (4,))
    yield "EstateLink.link_id", "links", kind(EstateLink), put(link_id=lambda _: UUID(int=9))


ALTERATIONS = tuple(
    Alteration(label=label, aspect=aspect, of=of, alter=alter)
    for label, aspect, of, alter in chain(of_sites(), of_lists(), of_items(), of_the_bin(), of_versions(), of_rights())
)


@dataclass(frozen=True, kw_only=True)
class Altered:
    """An estate with every alteration, and for each where a difference must stand: a word of its subject."""

    records: Sequence[EstateRecord]
    words: dict[str, str]


def altered(records: Sequence[EstateRecord]) -> Altered:
    """Alter each thing at most once, where there are enough; what there is one of only takes several."""
    found = list(records)
    names = {record.item_id: record.name for record in records if isinstance(record, EstateItem)}
    used: set[int] = set()
    words: dict[str, str] = {}
    for one in ALTERATIONS:
        # whoever gets another id must not be named by rights or links
        named = named_in(records) if one.label == "EstateItem.item_id" else set()
        fitting = [
            at for at, record in enumerate(found) if one.of(record) and getattr(record, "item_id", 0) not in named
        ]
        free = [at for at in fitting if at not in used] or fitting
        assert fitting, f"the estate has nothing for {one.label}"
        at = free[-1] if isinstance(found[free[-1]], EstateItem) else free[0]
        was = records[at]
        found[at] = one.alter(found[at])
        used.add(at)
        words[one.label] = _word(was, names)
    return Altered(records=found, words=words)


def named_in(records: Sequence[EstateRecord]) -> set[object]:
    return {record.item_id for record in records if isinstance(record, EstateRights | EstateLink)}


def _word(record: EstateRecord, names: dict[UUID, str]) -> str:
    match record:
        case EstateItem():
            return record.name
        case EstateSiteGroup():
            return record.title
        case EstateRights() | EstateLink():
            return names[record.item_id] if record.item_id else "web /"
        case _:
            return ""  # the site itself: its respects have names of their own


TOLD = (EstateSite, EstateSiteGroup, EstateItem, EstateVersion, EstateAttachment, EstateRights, EstateLink)
