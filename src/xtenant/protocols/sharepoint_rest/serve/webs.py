"""The site and its web (content-api.md 4.5).

Paths, below the address of a site: GET `/_api/site`, `/_api/web`, `/_api/web/roledefinitions`.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.operations import lists
from xtenant.protocols.sharepoint_rest.codec import lists as shapes
from xtenant.protocols.sharepoint_rest.codec import roles
from xtenant.protocols.sharepoint_rest.codec.selection import Selection, next_link, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import WEB_PATH, host_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.odata import Json
from xtenant.wire.routes import Evidence, Handler, Route

SITE_HOSTS = frozenset({HostRole.MY, HostRole.ROOT})
MEMBERS = "recordings/cli-microsoft365.txt, recordings/office365-rest-python-client.txt; content-api.md 4.4, 4.5"


def route(method: str, path: str, handler: Handler, *, verb: str, evidence: Evidence = Evidence.VERIFIED) -> Route:
    """A member of a site, for everybody of the tenant; what each caller is shown the operation decides."""
    return Route(
        hosts=SITE_HOSTS,
        method=method,
        path=f"{{site:path}}/_api/{path}",
        who=Who.OWN_USER,
        handler=handler,
        protocol="sharepoint_rest",
        evidence=evidence,
        verb=verb,
        source=MEMBERS,
    )


def url_of(call: Call) -> str:
    """The address of the site a request is for. Raises NotFound for an address that cannot be one."""
    site = call.values["site"]
    if not WEB_PATH.fullmatch(site):
        raise errors.NotFound("There is no web at this address.")
    return f"https://{host_of(call)}{site}"


def options_of(call: Call) -> list[tuple[str, str]]:
    return call.request.query_params.multi_items()


def following(call: Call, after: int | None) -> str | None:
    """The address of the next page."""
    if after is None:
        return None
    return next_link(str(call.request.url.replace(query="", scheme="https")), options_of(call), after)


def answer(call: Call, row: dict[str, Json], selection: Selection, kind: str, *navigations: str) -> Response:
    return odata.single(call.request, shaped(row, selection, *navigations), kind=kind)


def routes(backend: Backend) -> list[Route]:
    async def site(call: Call) -> Response:
        selection = read_selection(options_of(call))
        found = await call.run(lists.find_web, backend.units, call.caller, url=url_of(call))
        return answer(call, shapes.site_json(found), selection, "SP.Site")

    async def web(call: Call) -> Response:
        selection = read_selection(options_of(call))
        found = await call.run(lists.find_web, backend.units, call.caller, url=url_of(call))
        return answer(call, shapes.web_json(found), selection, "SP.Web")

    async def role_definitions(call: Call) -> Response:
        selection = read_selection(options_of(call))
        await call.run(lists.find_web, backend.units, call.caller, url=url_of(call))
        rows = [shaped(roles.definition_json(one), selection) for one in roles.DEFINITIONS]
        return odata.feed(call.request, rows)

    return [
        route("GET", "site", site, verb="lists.read"),
        route("GET", "web", web, verb="lists.read"),
        route("GET", "web/roledefinitions", role_definitions, verb="lists.read"),
    ]
