"""Sites, webs and lists as JSON, and the bodies that make and change them (content-api.md 4.4, 4.5)."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from xtenant.domain import errors, paths
from xtenant.domain.content import LockState, Site
from xtenant.domain.list_views import LIBRARY_TEMPLATES, ListView, NewWeb, WebView
from xtenant.domain.lists import ENGLISH, GENERIC_LIST, ListDefinition
from xtenant.wire.odata import Json

HIDDEN_TEMPLATES = frozenset({118, 140})
"""Instances and history of workflows, which SharePoint keeps out of sight."""

LIST_KIND, WEB_KIND = "SP.List", "SP.Web"
NEW_LIST_VERSIONS = 50
"""What a new list keeps; a new library keeps 500."""


def site_json(site: Site) -> dict[str, Json]:
    """`SP.Site`."""
    return {
        "Id": site.site_id,
        "Url": site.url,
        "ServerRelativeUrl": f"/{paths.site_path(site.url)}",
        "GroupId": site.group_id or "00000000-0000-0000-0000-000000000000",
        "ReadOnly": site.frozen_by is not None or site.lock_state is LockState.READ_ONLY,
        "WriteLocked": site.frozen_by is not None or site.lock_state is LockState.READ_ONLY,
        "LockIssue": None,
    }


def web_json(view: WebView) -> dict[str, Json]:
    """`SP.Web`; the root web always has permissions of its own."""
    name, _, configuration = view.template.partition("#")
    site, web = view.site, view.web
    return {
        "Id": view.web_id,
        "Title": view.title,
        "Description": view.definition.description,
        "Url": view.url,
        "ServerRelativeUrl": f"/{paths.site_path(view.url)}",
        "WebTemplate": name,
        "Configuration": int(configuration) if configuration.isascii() and configuration.isdecimal() else 0,
        "Language": view.definition.language,
        "Created": site.created_at if web is None else web.created_at,
        "LastItemModifiedDate": site.modified_at if web is None else web.modified_at,
        "HasUniqueRoleAssignments": view.is_unique,
    }


def time_zone_json(view: WebView) -> dict[str, Json]:
    """`SP.TimeZone`: SharePoint's number of it; the description is not kept."""
    return {"Id": view.definition.time_zone, "Description": ""}


def list_json(view: ListView) -> dict[str, Json]:
    """`SP.List` with its root folder."""
    library, definition = view.library, view.definition
    return {
        "Id": library.item_id,
        "Title": view.title,
        "Description": definition.description,
        "BaseTemplate": view.template,
        "BaseType": 1 if view.is_library else 0,
        "Hidden": definition.hidden or view.template in HIDDEN_TEMPLATES,
        "ItemCount": view.item_count,
        "EnableVersioning": definition.versioning,
        "EnableMinorVersions": definition.minor_versions,
        "MajorVersionLimit": definition.version_limit,
        "EnableModeration": definition.moderation,
        "EnableAttachments": definition.attachments,
        "ContentTypesEnabled": definition.content_types_enabled,
        "AllowContentTypes": True,
        "EntityTypeName": _entity_name(view),
        "ListItemEntityTypeFullName": f"SP.Data.{_entity_name(view)}Item",
        "Created": library.created_at,
        "LastItemModifiedDate": view.site.modified_at,
        "ParentWebUrl": "/" + paths.full_path(view.site.url, view.above),
        "HasUniqueRoleAssignments": view.is_unique,
        "RootFolder": {
            "Name": library.name,
            "ServerRelativeUrl": view.path,
            "UniqueId": library.item_id,
        },
    }


def root_folder_json(view: ListView) -> dict[str, Json]:
    """`SP.Folder` of a list."""
    return {
        "Name": view.library.name,
        "ServerRelativeUrl": view.path,
        "UniqueId": view.library.item_id,
        "ItemCount": view.item_count,
        "Exists": True,
        "TimeCreated": view.library.created_at,
        "TimeLastModified": view.library.modified_at,
    }


class _Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    metadata: dict[str, Any] | None = msgspec.field(default=None, name="__metadata")
    odata_type: str | None = msgspec.field(default=None, name="odata.type")
    odata_type_4: str | None = msgspec.field(default=None, name="@odata.type")


class ListBody(_Body):
    """A list to be made, or what is to change of one."""

    Title: str | None = None
    Description: str | None = None
    BaseTemplate: int | None = None
    AllowContentTypes: bool | None = None
    ContentTypesEnabled: bool | None = None
    EnableVersioning: bool | None = None
    EnableMinorVersions: bool | None = None
    MajorVersionLimit: int | None = None
    EnableModeration: bool | None = None
    EnableAttachments: bool | None = None
    Hidden: bool | None = None

    def new(self) -> ListDefinition:
        """A definition with what SharePoint gives to new lists. Raises UsageError without a title."""
        if not self.Title:
            raise errors.UsageError("A list needs a Title.")
        template = GENERIC_LIST if self.BaseTemplate is None else self.BaseTemplate
        is_library = template in LIBRARY_TEMPLATES
        plain = ListDefinition(
            template=template,
            title=self.Title,
            version_limit=ListDefinition().version_limit if is_library else NEW_LIST_VERSIONS,
            attachments=not is_library,
        )
        return self._over(plain)

    def over(self, definition: ListDefinition) -> ListDefinition:
        """A definition with what the body says. Raises UsageError for another template."""
        if self.BaseTemplate not in (None, definition.template):
            raise errors.UsageError("A list keeps its template.")
        return self._over(definition)

    def _over(self, definition: ListDefinition) -> ListDefinition:
        said = {
            "title": self.Title,
            "description": self.Description,
            "content_types_enabled": self.ContentTypesEnabled,
            "versioning": self.EnableVersioning,
            "minor_versions": self.EnableMinorVersions,
            "version_limit": self.MajorVersionLimit,
            "moderation": self.EnableModeration,
            "attachments": self.EnableAttachments,
            "hidden": self.Hidden,
        }
        changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return dataclasses.replace(definition, **changes)


class WebInformation(_Body):
    """`SP.WebCreationInformation`."""

    Title: str
    Url: str
    Description: str | None = None
    Language: int | None = None
    UseSamePermissionsAsParentSite: bool | None = None
    WebTemplate: str | None = None

    def new(self) -> NewWeb:
        """Raises UsageError for a language that is no number of one."""
        language = self.Language or ENGLISH
        if not 0 < language < 2**16:
            raise errors.UsageError("Language is the number of a locale.")
        return NewWeb(
            title=self.Title,
            name=self.Url,
            description=self.Description or "",
            template=(self.WebTemplate or "STS#3")[:64],
            language=language,
            same_permissions=bool(self.UseSamePermissionsAsParentSite),
        )


class NewWebBody(_Body):
    parameters: WebInformation


class WebBody(_Body):
    """What is to change of a web."""

    Title: str | None = None
    Description: str | None = None


def _entity_name(view: ListView) -> str:
    """The name of a list's rows as a type, as SharePoint makes it of the address."""
    name = "".join(sign if sign.isalnum() else f"_x{ord(sign):04x}_" for sign in view.library.name)
    return f"{name[:1].upper()}{name[1:]}{'' if view.is_library else 'List'}"
