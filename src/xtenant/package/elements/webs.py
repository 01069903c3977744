"""The root web with its site, and subwebs. A web's own columns and content types follow it as objects of their own."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain.lists import Column, ContentType, WebDefinition
from xtenant.domain.snapshot import ManifestSubweb, ManifestWeb
from xtenant.package.elements import columns
from xtenant.package.elements.markup import (
    COUNTS_BELOW,
    add_properties,
    count_of,
    element,
    id_or_none,
    number,
    optional,
    properties,
    ref_of,
    text_of,
    truth_of,
    wrapped,
)
from xtenant.package.text import date_of, date_text


def root(web: ManifestWeb) -> list[Any]:
    site = wrapped("SPSite", web.site_id, element("Site", Id=str(web.site_id)))
    path = urlsplit(web.url).path or "/"
    payload = element(
        "Web",
        Id=str(web.web_id),
        ParentId=str(web.site_id),
        Title=web.title,
        IsRootWeb="true",
        ServerRelativeUrl=path,
        Created=date_text(web.created_at),
        WebTemplate=web.template,
        **_described(web.definition),
    )
    own = {
        "xt_url": web.url,
        "xt_modified": date_text(web.modified_at),
        "xt_owner": optional(web.owner),
        "xt_quota": str(web.quota_bytes),
        "xt_title": web.definition.title or None,
        "xt_template": web.definition.template or None,
    }
    add_properties(payload, {**own, **_amounts(web.definition)})
    shell = wrapped("SPWeb", web.web_id, payload, ParentId=str(web.site_id), Url=path)
    return [site, shell, *_belongings(web.definition, web.web_id)]


def subweb(web: ManifestSubweb) -> list[Any]:
    """`ParentId` is missing below the root web; `ServerRelativeUrl` is below the root web until the package is exported."""
    payload = element(
        "Web",
        Id=str(web.web_id),
        ParentId=optional(web.parent_id),
        Name=web.name,
        Title=web.definition.title,
        IsRootWeb="false",
        ServerRelativeUrl=web.path,
        Author=str(web.author),
        Created=date_text(web.created_at),
        WebTemplate=web.definition.template,
        **_described(web.definition),
    )
    own = {"xt_editor": str(web.editor), "xt_modified": date_text(web.modified_at)}
    add_properties(payload, {**own, **_amounts(web.definition)})
    shell = wrapped("SPWeb", web.web_id, payload, ParentId=optional(web.parent_id), Url=web.path)
    return [shell, *_belongings(web.definition, web.web_id)]


def _described(definition: WebDefinition) -> dict[str, str]:
    return {
        "Description": definition.description,
        "Language": str(definition.language),
        "Locale": str(definition.language),
        "TimeZoneId": str(definition.time_zone),
    }


def _amounts(definition: WebDefinition) -> dict[str, str | None]:
    """How many objects that belong to the web follow it."""
    return {
        "xt_columns": str(len(definition.columns)) if definition.columns else None,
        "xt_content_types": str(len(definition.content_types)) if definition.content_types else None,
    }


def _belongings(definition: WebDefinition, web_id: UUID) -> list[Any]:
    return [
        *columns.site_columns(definition.columns, web_id),
        *columns.site_content_types(definition.content_types, web_id),
    ]


class WebBeingRead:
    """A web until everything that belongs to it has come. Raises ValueError for what does not."""

    def __init__(self, found: Any) -> None:
        self._bag = properties(found)
        self._columns = number(self._bag.get("xt_columns", "0"), COUNTS_BELOW)
        self._types = number(self._bag.get("xt_content_types", "0"), COUNTS_BELOW)
        self._got_columns: list[Column] = []
        self._got_types: list[ContentType] = []
        self._web = _root_of(found, self._bag) if truth_of(found, "IsRootWeb") else _subweb_of(found, self._bag)

    def take(self, kind: str, payload: Any) -> None:
        if kind == "DeploymentFieldTemplate" and len(self._got_columns) < self._columns:
            self._got_columns.append(columns.column_of(payload[0]))
        elif kind == "SPContentType" and len(self._got_types) < self._types:
            self._got_types.append(columns.content_type_of(payload))
        else:
            raise ValueError(f"'{kind}' stands where columns and content types of a web should")

    def whole(self) -> ManifestWeb | ManifestSubweb | None:
        """The web, once nothing is missing."""
        if len(self._got_columns) < self._columns or len(self._got_types) < self._types:
            return None
        definition = dataclasses.replace(
            self._web.definition, columns=tuple(self._got_columns), content_types=tuple(self._got_types)
        )
        return dataclasses.replace(self._web, definition=definition)


def _root_of(found: Any, bag: dict[str, str]) -> ManifestWeb:
    owner = bag.get("xt_owner")
    return ManifestWeb(
        web_id=UUID(found.attrib["Id"]),
        site_id=UUID(found.attrib["ParentId"]),
        url=bag["xt_url"],
        title=text_of(found, "Title"),
        template=text_of(found, "WebTemplate"),
        created_at=date_of(found.attrib["Created"]),
        modified_at=date_of(bag["xt_modified"]),
        owner=None if owner is None else number(owner),
        definition=_definition_of(found, title=bag.get("xt_title", ""), template=bag.get("xt_template", "")),
        quota_bytes=number(bag["xt_quota"]),
    )


def _subweb_of(found: Any, bag: dict[str, str]) -> ManifestSubweb:
    return ManifestSubweb(
        web_id=UUID(found.attrib["Id"]),
        parent_id=id_or_none(found, "ParentId"),
        name=text_of(found, "Name"),
        path=text_of(found, "ServerRelativeUrl"),
        created_at=date_of(found.attrib["Created"]),
        modified_at=date_of(bag["xt_modified"]),
        author=ref_of(found, "Author"),
        editor=number(bag["xt_editor"]),
        definition=_definition_of(found, title=text_of(found, "Title"), template=text_of(found, "WebTemplate")),
    )


def _definition_of(found: Any, *, title: str, template: str) -> WebDefinition:
    return WebDefinition(
        title=title,
        description=text_of(found, "Description"),
        template=template,
        language=count_of(found, "Language"),
        time_zone=count_of(found, "TimeZoneId"),
    )
