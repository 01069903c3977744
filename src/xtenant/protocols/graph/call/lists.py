"""Subwebs, lists, columns, content types, list items and their versions over Graph (content-api.md 1.2, 1.13)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from xtenant.protocols.graph.call.answers import BASE, rows
from xtenant.protocols.graph.codec.columns import RemoteColumn, RemoteContentType, column_from_json, type_from_json
from xtenant.protocols.graph.codec.drives import RemoteSite, site_from_json
from xtenant.protocols.graph.codec.list_items import (
    RemoteListItem,
    RemoteListVersion,
    list_item_from_json,
    list_version_from_json,
)
from xtenant.protocols.graph.codec.lists import RemoteList, list_from_json
from xtenant.wire.transport import Session

PAGE = 1_000
_LIST = "id,name,displayName,description,webUrl,list,system"
"""With `system`, hidden lists are told of as well."""


async def subsites_of(session: Session, site_id: str) -> AsyncIterator[RemoteSite]:
    """The webs directly below a site or subweb. Raises NotFound, AccessDenied; so do the others."""
    async for row in rows(session, f"{BASE}/sites/{site_id}/sites"):
        yield site_from_json(row)


async def lists_of(session: Session, site_id: str) -> AsyncIterator[RemoteList]:
    """Every list and library of a web, hidden ones included."""
    async for row in rows(session, f"{BASE}/sites/{site_id}/lists?$select={_LIST}"):
        yield list_from_json(row)


async def columns_of(session: Session, site_id: str, list_id: str | None = None) -> AsyncIterator[RemoteColumn]:
    """Columns of a list, or of the web without one."""
    async for row in rows(session, f"{_place(site_id, list_id)}/columns"):
        yield column_from_json(row)


async def content_types_of(
    session: Session, site_id: str, list_id: str | None = None
) -> AsyncIterator[RemoteContentType]:
    """Content types of a list, or of the web without one."""
    async for row in rows(session, f"{_place(site_id, list_id)}/contentTypes"):
        yield type_from_json(row)


async def items_of(session: Session, site_id: str, list_id: str) -> AsyncIterator[RemoteListItem]:
    """Every item of a list by number, with its fields."""
    async for row in rows(session, f"{_place(site_id, list_id)}/items?$expand=fields&$top={PAGE}"):
        yield list_item_from_json(row)


async def versions_of(session: Session, site_id: str, list_id: str, number: int) -> list[RemoteListVersion]:
    """All versions of an item, newest first, with their fields."""
    url = f"{_place(site_id, list_id)}/items/{number}/versions?$expand=fields"
    return [list_version_from_json(row) async for row in rows(session, url)]


def _place(site_id: str, list_id: str | None) -> str:
    site = f"{BASE}/sites/{site_id}"
    return site if list_id is None else f"{site}/lists/{quote(list_id, safe='')}"
