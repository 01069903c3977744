"""Lists in Graph's form, written and read, and the query options of lists and their items (content-api.md 1.13)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain import paths
from xtenant.domain.columns import (
    with_column,
)
from xtenant.domain.content import Item
from xtenant.domain.list_views import LIBRARY_TEMPLATES, ListView
from xtenant.domain.lists import DOCUMENT_LIBRARY, GENERIC_LIST, Column, ListDefinition
from xtenant.protocols.graph.codec import query
from xtenant.protocols.graph.codec.bodies import Json
from xtenant.protocols.graph.codec.columns import ColumnBody
from xtenant.protocols.graph.codec.dates import date_text

TEMPLATES = {
    100: "genericList",
    101: "documentLibrary",
    102: "survey",
    103: "links",
    104: "announcements",
    105: "contacts",
    106: "events",
    107: "tasks",
    108: "discussionBoard",
    109: "pictureLibrary",
    119: "webPageLibrary",
    171: "tasksWithTimelineAndHierarchy",
    1100: "issueTracking",
}
"""Names of templates; others are told by their number."""

NEW_LIST_VERSIONS = 50
_TEMPLATE_OF = {name.lower(): number for number, name in TEMPLATES.items()}
_EXPAND = re.compile(r"\s*(?P<name>\w+)\s*(?:\(\s*\$?select\s*=\s*(?P<select>[^()]*)\))?\s*(?:,|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """Query options of a list; `fields` is None where they are not expanded, empty for all of them."""

    plain: query.Options
    fields: frozenset[str] | None = None
    with_columns: bool = False


def parse_list_options(pairs: Iterable[tuple[str, str]]) -> ListOptions:
    """`$expand=fields($select=Title)` and what every list takes. Raises InvalidOption, NotSupported."""
    given = list(pairs)
    expand = next((value for name, value in given if name.lower().removeprefix("$") == "expand"), "")
    rest = [(name, value) for name, value in given if name.lower().removeprefix("$") != "expand"]
    plain = query.parse_options(rest)
    if plain.filter or plain.search:
        raise query.NotSupported("Items of a list are not filtered here.", remedy="Page through them.")
    fields: frozenset[str] | None = None
    columns, at = False, 0
    while at < len(expand):
        found = _EXPAND.match(expand, at)
        if found is None or found["name"].lower() not in ("fields", "columns"):
            raise query.NotSupported(f"'{expand[:60]}' is not expanded here.")
        if found["name"].lower() == "fields":
            fields = frozenset(part.strip() for part in (found["select"] or "").split(",") if part.strip())
        else:
            columns = True
        at = found.end()
    return ListOptions(plain=plain, fields=fields, with_columns=columns)


def list_json(view: ListView, site_id: str) -> dict[str, object]:
    """A list; `site_id` is Graph's id of its web."""
    library, definition = view.library, view.definition
    return {
        "@odata.etag": etag_of(library),
        "id": str(library.item_id),
        "eTag": etag_of(library),
        "name": library.name,
        "displayName": view.title,
        "description": definition.description,
        "webUrl": paths.web_url(view.site.url, view.address),
        "createdDateTime": date_text(library.created_at),
        "lastModifiedDateTime": date_text(library.modified_at),
        "parentReference": {"siteId": site_id},
        "list": {
            "template": TEMPLATES.get(view.template, str(view.template)),
            "hidden": definition.hidden,
            "contentTypesEnabled": definition.content_types_enabled,
        },
    }


def etag_of(item: Item) -> str:
    """Rises with every change."""
    return f'"{item.item_id},{item.change_no}"'


class _Body(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class ListFacet(_Body):
    template: str | None = None
    hidden: bool | None = None
    content_types_enabled: bool | None = None


class ListBody(_Body):
    """A list to be made."""

    display_name: str
    name: str | None = None
    description: str | None = None
    columns: list[ColumnBody] = msgspec.field(default_factory=list[ColumnBody])
    facet: ListFacet = msgspec.field(name="list", default_factory=ListFacet)

    def new(self, new_ids: Iterable[UUID]) -> ListDefinition:
        """Raises NotSupported for a template we have no number of, WrongDefinition for a wrong column."""
        name = self.facet.template or TEMPLATES[GENERIC_LIST]
        template = _TEMPLATE_OF.get(name.lower())
        if template is None:
            raise query.NotSupported(f"Lists are not made from the template '{name[:40]}'.")
        columns: tuple[Column, ...] = ()
        for body, column_id in zip(self.columns, new_ids, strict=False):
            columns = with_column(columns, body.new(column_id))
        is_library = template in LIBRARY_TEMPLATES
        return ListDefinition(
            template=template,
            title=self.display_name,
            description=self.description or "",
            hidden=bool(self.facet.hidden),
            content_types_enabled=bool(self.facet.content_types_enabled),
            attachments=not is_library,
            version_limit=ListDefinition().version_limit if template == DOCUMENT_LIBRARY else NEW_LIST_VERSIONS,
            columns=columns,
        )


class ListPatch(_Body):
    """What is to change of a list."""

    display_name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteList:
    """A list as another side tells it."""

    id: str
    name: str
    title: str
    description: str
    url: str
    template: str
    hidden: bool
    content_types_enabled: bool


def list_from_json(row: Json) -> RemoteList:
    """Raises KeyError where even the id is missing."""
    found: Mapping[str, Any] = dict(row)
    facet: Mapping[str, Any] = found.get("list") or {}
    return RemoteList(
        id=found["id"],
        name=found.get("name") or "",
        title=found.get("displayName") or "",
        description=found.get("description") or "",
        url=found.get("webUrl") or "",
        template=facet.get("template") or "",
        hidden=bool(facet.get("hidden")),
        content_types_enabled=bool(facet.get("contentTypesEnabled")),
    )
