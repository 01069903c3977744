"""How many resource units a request costs (content-api.md 1.17), read from its address: one reading for both ends.

Microsoft prices the SharePoint and OneDrive part of Graph. Users, groups and licences lie in the directory, which counts by rules
of its own and answers 429 like the rest; here they cost nothing. Neither does a `$batch` itself: its parts are priced one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast
from urllib.parse import unquote

import msgspec

from xtenant.domain.budget import PRICES, Prices
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST

SINGLE, SEVERAL, RIGHTS = 1, 2, 5

_VERSION = re.compile(r"^/(v1\.0|beta)(?=/|$)", re.IGNORECASE)
_ITEM_PATH = re.compile(r":/[^:]*(?::/?|$)")
_LISTS = frozenset(
    [
        "children",
        "drives",
        "lists",
        "sites",
        "items",
        "versions",
        "delta",
        "getallsites",
        "search",
        "columns",
        "contenttypes",
        "subscriptions",
        "thumbnails",
    ]
)
_RIGHTS = frozenset(["permissions", "permission", "invite", "createlink", "grant", "revokegrants"])
_REST_RIGHTS = re.compile(r"role(assignment|definition)|permissions|sharinglink|sharinginformation", re.IGNORECASE)
_REST_EXPANDED = re.compile(r"expand=[^&]*(?<!hasunique)roleassignments", re.IGNORECASE)
_TOKEN = re.compile(r"(?:^|&)(?:\$|%24)?(?:token|deltatoken|skiptoken)=([^&]+)", re.IGNORECASE)
_TOKEN_ARGUMENT = re.compile(r"delta\(token='([^']+)'\)", re.IGNORECASE)


def units_of(method: str, host: str, raw_path: str, query: str = "", prices: Prices = PRICES) -> int:
    """The price of one request; `raw_path` and `query` as they are sent, the query without its question mark."""
    name = host.lower()
    if name == LOGIN_HOST:
        return 0
    if name != GRAPH_HOST:
        rights = _REST_RIGHTS.search(raw_path) or _REST_EXPANDED.search(unquote(query))
        return prices.rest_rights if rights else prices.rest
    return _graph_units(method.upper(), unquote(raw_path).replace("//", "/"), query)


def units_of_batch(content: bytes | object, version: str = "/v1.0", prices: Prices = PRICES) -> int:
    """The sum of a batch's parts; nothing for a body that is none."""
    try:
        body = msgspec.json.decode(content) if isinstance(content, bytes) else content
    except (msgspec.DecodeError, RecursionError):
        return 0
    parts = cast(dict[str, object], body).get("requests") if isinstance(body, dict) else None
    rows = cast(Iterable[object], parts) if isinstance(parts, list) else ()
    return sum(_part_units(cast(dict[str, object], row), version, prices) for row in rows if isinstance(row, dict))


def _part_units(part: dict[str, object], version: str, prices: Prices) -> int:
    path, _, query = str(part.get("url", "")).partition("?")
    return units_of(str(part.get("method", "GET")), GRAPH_HOST, f"{version}/{path.lstrip('/')}", query, prices)


def _graph_units(method: str, path: str, query: str) -> int:
    bare = _ITEM_PATH.sub("/", _VERSION.sub("", path))
    segments = [segment.partition("(")[0].lower() for segment in bare.split("/") if segment]
    if not _in_sharepoint(segments):
        return 0
    if _RIGHTS.intersection(segments) or "permissions" in unquote(query).lower():
        return RIGHTS
    if method not in ("GET", "HEAD"):
        return SEVERAL
    if "delta" in segments:
        return SINGLE if _has_token(path, query) else SEVERAL
    return SEVERAL if segments[-1] in _LISTS else SINGLE


def _in_sharepoint(segments: list[str]) -> bool:
    if not segments:
        return False
    if segments[0] in ("sites", "drives", "shares"):
        return True
    return segments[0] in ("me", "users", "groups") and bool({"drive", "drives", "sites"}.intersection(segments[1:3]))


def _has_token(path: str, query: str) -> bool:
    found = _TOKEN_ARGUMENT.search(path) or _TOKEN.search(query)
    return found is not None and found[1].lower() != "latest"
