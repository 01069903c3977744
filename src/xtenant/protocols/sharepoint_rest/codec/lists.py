"""The site, its web, lists and list items as JSON (content-api.md 4.4, 4.5)."""

from __future__ import annotations

from datetime import datetime

from xtenant.domain import paths
from xtenant.domain.content import ItemKind, LockState, Site
from xtenant.domain.drive import LIBRARY_TITLES
from xtenant.domain.permissions import ListItemView, ListView
from xtenant.wire.odata import Json

LIBRARY_TEMPLATE = 101
HIDDEN_TEMPLATES = frozenset({118, 140})
"""Instances and history of workflows, which SharePoint keeps out of sight."""
ENGLISH = 1033


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


def web_json(site: Site) -> dict[str, Json]:
    """`SP.Web` of the root web, which always has permissions of its own."""
    name, _, configuration = site.template.partition("#")
    return {
        "Id": site.web_id,
        "Title": site.title,
        "Url": site.url,
        "ServerRelativeUrl": f"/{paths.site_path(site.url)}",
        "WebTemplate": name,
        "Configuration": int(configuration) if configuration.isascii() and configuration.isdecimal() else 0,
        "Language": ENGLISH,
        "Created": site.created_at,
        "LastItemModifiedDate": site.modified_at,
        "HasUniqueRoleAssignments": True,
    }


def list_json(view: ListView) -> dict[str, Json]:
    """`SP.List` with its root folder."""
    library = view.library
    return {
        "Id": library.item_id,
        "Title": LIBRARY_TITLES.get(library.name, library.name),
        "BaseTemplate": view.template or LIBRARY_TEMPLATE,
        "BaseType": 0 if view.template else 1,
        "Hidden": view.template in HIDDEN_TEMPLATES,
        "ItemCount": view.item_count,
        "EnableVersioning": True,
        "Created": library.created_at,
        "LastItemModifiedDate": view.site.modified_at,
        "ParentWebUrl": f"/{paths.site_path(view.site.url)}",
        "HasUniqueRoleAssignments": view.is_unique,
        "RootFolder": {
            "Name": library.name,
            "ServerRelativeUrl": "/" + paths.full_path(view.site.url, (library.name,)),
            "UniqueId": library.item_id,
        },
    }


def list_item_json(view: ListView, one: ListItemView) -> dict[str, Json]:
    """`SP.ListItem` of a library with the fields that crawls read; a folder has no size."""
    item = one.item
    path = "/" + paths.full_path(view.site.url, (view.library.name, *one.path))
    is_file = item.kind is ItemKind.FILE
    major, minor = item.version if is_file else (1, 0)
    return {
        "Id": item.int_id,
        "GUID": item.item_id,
        "UniqueId": item.item_id,
        "Title": None,
        "FileRef": path,
        "FileLeafRef": item.name,
        "FileDirRef": path.rpartition("/")[0],
        "FSObjType": 0 if is_file else 1,
        "FileSystemObjectType": 0 if is_file else 1,
        "OData__UIVersionString": f"{major}.{minor}",
        "OData__DisplayName": one.label or None,
        "File_x0020_Size": str(item.size_bytes) if is_file else None,
        "HasUniqueRoleAssignments": one.is_unique,
        "AuthorId": item.author,
        "EditorId": item.editor,
        "Created": _seconds(item.created_at),
        "Modified": _seconds(item.modified_at),
    }


def _seconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
