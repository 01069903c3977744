"""Everything that starts at a drive, a site, a person's or a group's drive: one route a method, the address decides the rest.

The grammar (content-api.md 1.5) is not one of path templates, so the routes take all that follows and `codec/address.py`
reads it. Below `/_api/v2.0` and `/_api/v2.1` of the tenant's own hosts the same is answered (rclone's `tenant_url`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.protocols.graph.codec import query
from xtenant.protocols.graph.codec.address import Address, InvalidAddress, Place
from xtenant.protocols.graph.serve.answers import PROTOCOL, rows
from xtenant.protocols.graph.serve.downloads import Downloads
from xtenant.protocols.graph.serve.items import Items
from xtenant.protocols.graph.serve.keeping import Keeping
from xtenant.protocols.graph.serve.lists import WORDS, Lists
from xtenant.protocols.graph.serve.permissions import Permissions
from xtenant.protocols.graph.serve.places import address_of
from xtenant.protocols.graph.serve.sharing import Links
from xtenant.protocols.graph.serve.sites import Sites
from xtenant.protocols.graph.serve.uploads import Uploads
from xtenant.protocols.graph.serve.writing import Writing
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

Answer = Callable[[Call, Address], Awaitable[Response]]

PLACES = ("/drives/{rest:path}", "/me/drive{rest:path}", "/users/{user}/drive{rest:path}")
PLACES_TOO = ("/groups/{group}/drive{rest:path}", "/sites/{rest:path}")
UNSERVED = frozenset(
    {"copy", "search", "thumbnails", "preview", "checkin", "checkout", "discardcheckout"}
    | {"restore", "permanentdelete", "list", "listitem", "subscriptions", "analytics", "special", "recent"}
    | {"sharedwithme", "following", "bundles"}
)
"""Parts of Graph that are known and not served; anything else is a word Graph does not know either."""

SOURCE = "rclone.txt, onedrive.txt; content-api.md 1.5"


def routes(backend: Backend) -> list[Route]:
    addressed = Addressed(backend)
    table: list[Route] = []
    for method, handler in addressed.methods.items():
        verb = "content.read" if method == "GET" else "content.write"
        for place in (*PLACES, *PLACES_TOO):
            table += rows(method, place, handler, verb=verb, source=SOURCE)
            table += _own_hosts(method, place, handler, verb)
    return table


def _own_hosts(method: str, place: str, handler: Callable[[Call], Awaitable[Response]], verb: str) -> list[Route]:
    return [
        Route(
            hosts=frozenset({HostRole.MY, HostRole.ROOT}),
            method=method,
            path=f"/_api/{version}{place}",
            who=Who.OWN_USER,
            handler=handler,
            protocol=PROTOCOL,
            evidence=Evidence.VERIFIED,
            verb=verb,
            source="rclone.txt (tenant_url); content-api.md 1",
        )
        for version in ("v2.0", "v2.1")
    ]


class Addressed:
    """Reads the address and finds who answers: a table from method and sub-resource to a method of a noun."""

    def __init__(self, backend: Backend) -> None:
        downloads = Downloads(backend)
        self._sites = Sites(backend)
        self._items = items = Items(backend, downloads)
        self._lists = Lists(backend, items)
        writing = Writing(backend, items)
        uploads = Uploads(backend, items)
        links = Links(backend)
        permissions = Permissions(backend, links)
        keeping = Keeping(backend)
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", ""): items.item,
            ("GET", "children"): items.children,
            ("GET", "content"): items.content,
            ("GET", "delta"): items.delta,
            ("GET", "versions"): items.versions,
            ("GET", "permissions"): permissions.list,
            ("POST", "children"): writing.create_folder,
            ("POST", "createuploadsession"): uploads.begin,
            ("POST", "invite"): permissions.invite,
            ("POST", "createlink"): links.create,
            ("POST", "versions"): keeping.restore,
            ("DELETE", "versions"): keeping.delete,
            ("PUT", "content"): uploads.small,
            ("PATCH", ""): writing.change,
            ("PATCH", "permissions"): permissions.change,
            ("DELETE", ""): writing.delete,
            ("DELETE", "permissions"): permissions.remove,
        }
        self.methods: dict[str, Callable[[Call], Awaitable[Response]]] = {
            "GET": self.get,
            "POST": self.other,
            "PUT": self.other,
            "PATCH": self.other,
            "DELETE": self.other,
        }

    async def get(self, call: Call) -> Response:
        address = address_of(call)
        if _is_of_lists(address):
            return await self._lists.answer(call, address)
        if not address.in_drive:
            return await self._above_drives(call, address)
        if address.item is None and not address.rest:
            return await self._items.drive(call, address)
        return await self._answer(call, address)

    async def other(self, call: Call) -> Response:
        address = address_of(call)
        return await (self._lists.answer if _is_of_lists(address) else self._answer)(call, address)

    async def _above_drives(self, call: Call, address: Address) -> Response:
        if address.place is Place.SITE:
            return await self._sites.addressed(call, address)
        if address.verb == "drives" and len(address.rest) == 1:
            return await self._items.drives_of_person(call, address)
        raise errors.NotFound("The address names nothing that is served.")

    async def _answer(self, call: Call, address: Address) -> Response:
        known = self.answers.get((call.route.method, address.verb))
        if known is None and address.verb in (*UNSERVED, *(verb for _, verb in self.answers)):
            raise query.NotSupported(f"{call.route.method} '{address.verb}' of an item is not served yet.")
        if known is None:
            raise InvalidAddress(f"Resource not found for the segment '{address.verb}'.")
        if not address.in_drive or (address.item is None and address.verb not in ("", "permissions")):
            raise errors.NotFound("The address names nothing that is served.")
        if len(address.rest) > _LONGEST.get(address.verb, 1):
            raise query.NotSupported(f"'{address.rest[1].name}' of '{address.verb}' is not served.")
        return await known(call, address)


def _is_of_lists(address: Address) -> bool:
    return address.place is Place.SITE and not address.in_drive and address.verb in WORDS


_LONGEST = {"versions": 3, "permissions": 2}
