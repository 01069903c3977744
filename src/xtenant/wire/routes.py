"""Routes: one row says host, method, path, who may call, and who answers. No route without its `who`.

A path template is matched against the raw, undecoded path, without regard to case; `{name}` takes one segment or function
argument, `{name:path}` takes the rest; values are percent-decoded after splitting, since clients send `%2F` inside one
segment (recorded with msgraph-beta-sdk, `recordings/msgraph-beta-sdk.txt`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole

if TYPE_CHECKING:
    from xtenant.wire.edge import Call

Handler = Callable[["Call"], Awaitable[Response]]


class Evidence(Enum):
    """How sure we are of a wire form; generates the page 'What is inferred'."""

    VERIFIED = "verified"
    INFERRED = "inferred"
    NOT_PUBLIC = "not public"
    OUR_CHOICE = "our choice"


@dataclass(frozen=True, kw_only=True)
class Route:
    """One thing a tenant answers.

    `verb` names the row of `domain/verbs.py` it serves; `source` is the recording or page the form comes from.
    """

    hosts: frozenset[HostRole]
    method: str
    path: str
    who: Who
    handler: Handler
    protocol: str
    evidence: Evidence
    verb: str = ""
    source: str = ""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(_pattern_of(self.path), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    values: dict[str, str]


_HOLE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_KINDS = {
    None: r"[^/]+?",
    "path": r".*?",
    "arg": r"[^/)]*?",
    "guid": r"[0-9a-fA-F-]{36}",
    # relations of the directory that one row answers for
    "people": r"members|transitiveMembers|owners",
    "groups": r"memberOf|transitiveMemberOf",
    # what SharePoint's lists, and the columns and content types of webs, are addressed by; files and folders by path
    "lists": r"(?:lists|getlist\(|fields|contenttypes).*?",
    "item": r"get(?:file|folder)byserverrelative(?:path|url)\(.*?\)",
}


def _pattern_of(template: str) -> str:
    parts: list[str] = []
    at = 0
    for hole in _HOLE.finditer(template):
        parts.append(re.escape(template[at : hole.start()]))
        parts.append(f"(?P<{hole.group(1)}>{_KINDS[hole.group(2)]})")
        at = hole.end()
    parts.append(re.escape(template[at:]))
    return "^" + "".join(parts) + "/?$"


class Router:
    """Finds the route of a request; knows all of them, for the access table and the coverage page."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes: Sequence[Route] = tuple(routes)
        self._by_place: dict[tuple[HostRole, str], list[Route]] = {}
        for route in self.routes:
            for host in route.hosts:
                self._by_place.setdefault((host, route.method), []).append(route)

    def match(self, host: HostRole, method: str, raw_path: str) -> Match | None:
        """The first route in table order that fits, with its decoded values."""
        wanted = "GET" if method == "HEAD" else method
        for route in self._by_place.get((host, wanted), ()):
            found = route.pattern.match(raw_path)
            if found:
                return Match(route, {k: unquote(v) for k, v in found.groupdict().items() if v is not None})
        return None

    def methods_at(self, host: HostRole, raw_path: str) -> list[str]:
        """Which methods a path knows, for 405."""
        return [
            route.method for route in self.routes if host in route.hosts and route.pattern.match(raw_path) is not None
        ]
