"""The site itself, whom it knows, and its webs with their columns and content types (content-api.md 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xtenant.proof.permissions import principal_name, rights_of
from xtenant.proof.whole.facts import Facts, people, person, rights
from xtenant.proof.whole.scene import Row, Scene
from xtenant.protocols.csom import call as csom
from xtenant.protocols.sharepoint_rest.call import feeds, role_assignments, site_users

_WEB = "Title,Description,Url,ServerRelativeUrl,WebTemplate,Configuration,Language,Created,HasUniqueRoleAssignments"
_COLUMN = (
    "Id,InternalName,Title,TypeAsString,Required,Hidden,Indexed,Description,Group,DefaultValue,Choices,LookupList,"
    "CanBeDeleted"
)
_TYPE = "StringId,Name,Description,Group,Hidden,Sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPlace:
    """A web of the site; `path` is below the site, `/` for the root web."""

    url: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """A column as items tell its values: under its own name, or one that says that numbers stand there."""

    name: str
    kind: str

    @property
    def wire_name(self) -> str:
        name = f"OData_{self.name}" if self.name.startswith("_") else self.name
        return f"{name}Id" if self.is_reference else name

    @property
    def is_reference(self) -> bool:
        return self.kind.removesuffix("Multi") in ("User", "Lookup")

    @property
    def names_people(self) -> bool:
        return self.kind.removesuffix("Multi") == "User"


async def read_site(scene: Scene, *, site_id: UUID | None = None) -> None:
    """Template, title, locale, time zone, quota, owner, dates; users by number; SharePoint groups and administrators."""
    site = await csom.get_site(scene.session, scene.admin_url, scene.site_url)
    told = {
        "title": site.title,
        "template": site.template,
        "language": site.language,
        "time zone": site.time_zone,
        "quota in megabytes": site.quota_megabytes,
        "lock state": site.lock_state,
        "owner": person(site.owner),
        "group": None if site.group_id is None else person(str(site.group_id)),
        "webs": site.webs_count,
    }
    scene.ledger.add([Facts("site", told)])
    await _read_people(scene)


async def _read_people(scene: Scene) -> None:
    admins: list[str] = []
    async for user in site_users.site_users(scene.session, scene.site_url):
        scene.names[user.Id] = principal_name(user)
        if user.IsSiteAdmin:
            admins.append(principal_name(user))
    scene.ledger.add([Facts("site", {"administrators": people(admins)}, "people")])
    url = feeds.api(scene.site_url, "web/sitegroups?$expand=Users")
    async for group in feeds.rows(scene.session, url, dict[str, Any]):
        members = [_member(row) for row in group.get("Users") or ()]
        scene.names[int(group["Id"])] = f"group {group['Title']}".lower()
        told = {"members": people(members), "description": group.get("Description") or ""}
        scene.ledger.add([Facts(f"group {group['Title']}", told)])


def _member(row: Row) -> str:
    return str(row["LoginName"]).rpartition("|")[2].lower()


async def read_webs(scene: Scene) -> list[WebPlace]:
    """Every web, the root web first; what each is made of goes to the ledger."""
    root = await feeds.entity(scene.session, feeds.api(scene.site_url, f"web?$select={_WEB}"), dict[str, Any])
    waiting: list[Row] = [root]
    found: list[WebPlace] = []
    while waiting:
        row = waiting.pop(0)
        place = WebPlace(url=str(row["Url"]), path=scene.below(str(row["ServerRelativeUrl"])))
        await _read_web(scene, place, row)
        found.append(place)
        url = feeds.api(place.url, f"web/webs?$select={_WEB}")
        waiting += [below async for below in feeds.rows(scene.session, url, dict[str, Any])]
    return found


async def _read_web(scene: Scene, place: WebPlace, row: Row) -> None:
    zone = await feeds.entity(
        scene.session, feeds.api(place.url, "web/regionalsettings/timezone?$select=Id"), dict[str, Any]
    )
    subject = f"web {place.path}"
    told = {
        "title": row["Title"],
        "description": row.get("Description") or "",
        "template": f"{row['WebTemplate']}#{row['Configuration']}",
        "language": row["Language"],
        "time zone": zone["Id"],
        "created": row["Created"],
    }
    scene.ledger.add([Facts(subject, told)])
    if row["HasUniqueRoleAssignments"]:
        given = await role_assignments.of_web(scene.session, place.url)
        scene.ledger.add([Facts(subject, rights(rights_of(given)), "rights")])
    await read_design(scene, feeds.api(place.url, "web"), subject)


async def read_design(scene: Scene, of: str, subject: str) -> Sequence[ColumnFacts]:
    """Columns and content types of a web or list at an address; its own columns as items tell of them."""
    columns: list[ColumnFacts] = []
    names: list[str] = []
    async for row in feeds.rows(scene.session, f"{of}/fields?$select={_COLUMN}", dict[str, Any]):
        if row.get("CanBeDeleted"):
            columns.append(ColumnFacts(name=row["InternalName"], kind=row["TypeAsString"]))
            names.append(row["InternalName"])
            told = _without(row, "CanBeDeleted")
            scene.ledger.add([Facts(f"column {row['InternalName']} of {subject}", told)])
    types: list[str] = []
    async for row in feeds.rows(
        scene.session, f"{of}/contenttypes?$select={_TYPE},FieldLinks&$expand=FieldLinks", dict[str, Any]
    ):
        if not row.get("Sealed"):
            types.append(row["StringId"])
            links = [link.get("Name") or link.get("FieldInternalName") for link in row.get("FieldLinks") or ()]
            told = {**_without(row, "FieldLinks", "Sealed"), "columns": links}
            scene.ledger.add([Facts(f"content type {row['StringId']} of {subject}", told)])
    scene.ledger.add([Facts(subject, {"columns": names, "content types": types}, "design")])
    return columns


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A row without some members and without what OData says of itself."""
    return {name: value for name, value in row.items() if name not in names and "odata." not in name}
