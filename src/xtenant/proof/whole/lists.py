"""Lists and libraries of a web with everything in them, over REST: items with the values of their columns, versions with
comments, attachments with the hash of their content, rights (content-api.md 4.4, 4.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from xtenant.proof.permissions import rights_of
from xtenant.proof.whole.facts import Facts, Plain, rights
from xtenant.proof.whole.scene import Row, Scene, each
from xtenant.proof.whole.webs import ColumnFacts, WebPlace, read_design
from xtenant.protocols.sharepoint_rest.call import feeds, role_assignments
from xtenant.protocols.sharepoint_rest.call.exchange import send

PAGE = 2_000
ONLY_VERSIONS = ("1.0", "0.1")
"""The labels of what was never written a second time."""

LIBRARY, FOLDER = 1, 1

_SETTINGS = (
    "Title,Description,BaseTemplate,BaseType,Hidden,ItemCount,EnableVersioning,EnableMinorVersions,MajorVersionLimit,"
    "EnableModeration,EnableAttachments,ContentTypesEnabled,Created"
)
_ITEM = (
    "Id,UniqueId,FileRef,FSObjType,OData__UIVersionString,AuthorId,EditorId,Created,Modified,HasUniqueRoleAssignments,"
    "Title,ContentTypeId"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A list being read; `api` is its address below `_api`."""

    web_url: str
    list_id: UUID
    path: str
    is_library: bool
    columns: Sequence[ColumnFacts]

    def api(self, rest: str = "") -> str:
        return feeds.api(self.web_url, f"web/lists(guid'{self.list_id}'){rest}")


async def read_lists(scene: Scene, web: WebPlace) -> None:
    """Every list of a web, hidden ones too."""
    select = f"Id,{_SETTINGS},HasUniqueRoleAssignments,RootFolder/ServerRelativeUrl&$expand=RootFolder"
    url = feeds.api(web.url, f"web/lists?$select={select}")
    async for row in feeds.rows(scene.session, url, dict[str, Any]):
        path = scene.below(row["RootFolder"]["ServerRelativeUrl"])
        subject, list_id = f"list {path}", UUID(row["Id"])
        told = {name: row[name] for name in _SETTINGS.split(",")}
        folder = await feeds.entity(
            scene.session, feeds.api(web.url, f"web/lists(guid'{list_id}')/rootfolder"), dict[str, Any]
        )
        scene.ledger.add([Facts(subject, {**told, "id": row["Id"], "modified": folder["TimeLastModified"]})])
        if row["HasUniqueRoleAssignments"]:
            given = await role_assignments.of_list(scene.session, web.url, list_id)
            scene.ledger.add([Facts(subject, rights(rights_of(given)), "rights")])
        columns = await read_design(scene, feeds.api(web.url, f"web/lists(guid'{list_id}')"), subject)
        place = ListPlace(
            web_url=web.url, list_id=list_id, path=path, is_library=row["BaseType"] == LIBRARY, columns=columns
        )
        await _read_items(scene, place)


async def _read_items(scene: Scene, place: ListPlace) -> None:
    names = [column.wire_name for column in place.columns]
    more = ["OData__CheckinComment"] if place.is_library else ["Attachments"]
    select = ",".join([_ITEM, *names, *more])
    waiting: list[Row] = []
    async for row in feeds.rows(scene.session, place.api(f"/items?$select={select}&$top={PAGE}"), dict[str, Any]):
        waiting.append(row)
        if len(waiting) == PAGE:
            await _record(scene, place, waiting)
            waiting = []
    await _record(scene, place, waiting)


async def _record(scene: Scene, place: ListPlace, rows: Sequence[Row]) -> None:
    scene.ledger.add(Facts(_subject(scene, row), _told(scene, place, row)) for row in rows)

    async def deeper(row: Row) -> None:
        found = await _read_deeper(scene, place, row)
        scene.ledger.add(found)

    await each([row for row in rows if _has_more(row)], deeper)


def _subject(scene: Scene, row: Row) -> str:
    return f"item {scene.below(row['FileRef'])}"


def _told(scene: Scene, place: ListPlace, row: Row) -> dict[str, Plain]:
    return {
        "number": row["Id"],
        "id": row["UniqueId"],
        "is a folder": int(row["FSObjType"]) == FOLDER,
        "version": row["OData__UIVersionString"],
        "author": scene.person(row["AuthorId"]),
        "editor": scene.person(row["EditorId"]),
        "created": row["Created"],
        "modified": row["Modified"],
        "comment": row.get("OData__CheckinComment") or "",
        **_values(scene, place, row),
    }


def _values(scene: Scene, place: ListPlace, row: Row) -> dict[str, Plain]:
    """Title, content type and columns; people by name, for their numbers are each tenant's own."""
    told: dict[str, Plain] = {"field Title": row.get("Title"), "field ContentTypeId": row.get("ContentTypeId")}
    for column in place.columns:
        value: Any = row.get(column.wire_name)
        if isinstance(value, dict) and "results" in value:
            value = cast("dict[str, Any]", value)["results"]
        if column.names_people and value is not None:
            value = _people(scene, cast(object, value))
        told[f"field {column.name}"] = value
    return told


def _people(scene: Scene, value: object) -> Plain:
    return scene.people(cast("list[int]", value)) if isinstance(value, list) else scene.person(value)


def _has_more(row: Row) -> bool:
    is_folder = int(row["FSObjType"]) == FOLDER
    has_history = not is_folder and row["OData__UIVersionString"] not in ONLY_VERSIONS
    return bool(has_history or row.get("Attachments") or row["HasUniqueRoleAssignments"])


async def _read_deeper(scene: Scene, place: ListPlace, row: Row) -> list[Facts]:
    """Versions, attachments and rights of an item, as far as it has any."""
    subject, number = _subject(scene, row), int(row["Id"])
    facts: list[Facts] = []
    if row["HasUniqueRoleAssignments"]:
        given = await role_assignments.of_item(scene.session, place.web_url, place.list_id, number)
        facts.append(Facts(subject, rights(rights_of(given)), "rights"))
    if int(row["FSObjType"]) != FOLDER and row["OData__UIVersionString"] not in ONLY_VERSIONS:
        labels: list[str] = []
        async for version in feeds.rows(scene.session, place.api(f"/items({number})/versions"), dict[str, Any]):
            labels.append(version["VersionLabel"])
            told = _version(scene, place, version)
            facts.append(Facts(f"{subject} version {version['VersionLabel']}", told))
        facts.append(Facts(subject, {"versions": labels}, "history"))
    if row.get("Attachments"):
        facts += await _attachments(scene, place, subject, number)
    return facts


def _version(scene: Scene, place: ListPlace, row: Row) -> dict[str, Plain]:
    return {
        "current": row["IsCurrentVersion"],
        "written": row["Created"],
        "editor": scene.person(row["Editor"]["LookupId"]),
        "comment": row.get("CheckInComment") or "",
        "size": row.get("Size"),
        **_values(scene, place, row),
    }


async def _attachments(scene: Scene, place: ListPlace, subject: str, number: int) -> list[Facts]:
    facts: list[Facts] = []
    names: list[str] = []
    files = place.api(f"/items({number})/AttachmentFiles")
    async for row in feeds.rows(scene.session, files, dict[str, Any]):
        name = str(row["FileName"])
        names.append(name)
        quoted = name.replace("'", "''")
        content = await send(scene.session, "GET", f"{files}('{quote(quoted, safe='')}')/$value")
        told = {
            "size": len(content.content),
            "sha256": hashlib.sha256(content.content).hexdigest(),
            "author": scene.person(row.get("AuthorId")),
            "editor": scene.person(row.get("EditorId")),
            "created": row.get("TimeCreated"),
            "modified": row.get("TimeLastModified"),
        }
        facts.append(Facts(f"{subject} attachment {name}", told))
    return [*facts, Facts(subject, {"attachments": sorted(names)}, "attached")]
