"""The site and its webs (content-api.md 4.5).

Paths, below the address of a site or subweb: GET `/_api/site`, `/_api/web`, `/_api/web/webs`, `/_api/web/roledefinitions`,
`/_api/web/regionalsettings/timezone`; POST `/_api/web/webs/add`; POST `/_api/web` with `X-HTTP-Method: MERGE` or `DELETE`.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.list_views import WebRef
from xtenant.domain.tenant import HostRole
from xtenant.operations import webs
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import lists as shapes
from xtenant.protocols.sharepoint_rest.codec import roles
from xtenant.protocols.sharepoint_rest.codec.selection import Selection, next_link, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import WEB_PATH, check_digest, digests_of, host_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.odata import Json
from xtenant.wire.routes import Evidence, Handler, Route

SITE_HOSTS = frozenset({HostRole.MY, HostRole.ROOT})
MEMBERS = "recordings/cli-microsoft365.txt, recordings/office365-rest-python-client.txt; content-api.md 4.4, 4.5"
TIME_ZONE_KIND = "SP.TimeZone"


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
    """The address of the site or subweb a request is for. Raises NotFound for an address that cannot be one."""
    site = call.values["site"]
    if not WEB_PATH.fullmatch(site):
        raise errors.NotFound("There is no web at this address.")
    return f"https://{host_of(call)}{site}"


def ref_of(call: Call) -> WebRef:
    """The same as the name of a web."""
    return WebRef(url=url_of(call))


def options_of(call: Call) -> list[tuple[str, str]]:
    return call.request.query_params.multi_items()


def method_of(call: Call) -> str:
    """What is asked for, `X-HTTP-Method` of a POST unwrapped: POST, PATCH (MERGE means the same) or DELETE.

    Raises UsageError for PUT, which would empty what it does not name, and for other words.
    """
    if call.route.method != "POST":
        return call.route.method
    wanted = call.request.headers.get("x-http-method", "POST").upper()
    known = {"POST": "POST", "MERGE": "PATCH", "PATCH": "PATCH", "DELETE": "DELETE"}
    if wanted not in known:
        raise errors.UsageError(f"X-HTTP-Method '{wanted[:20]}' is not served here.", remedy="Use MERGE or DELETE.")
    return known[wanted]


def following(call: Call, after: int | None) -> str | None:
    """The address of the next page."""
    if after is None:
        return None
    return next_link(str(call.request.url.replace(query="", scheme="https")), options_of(call), after)


def answer(
    call: Call, row: dict[str, Json], selection: Selection, kind: str, *navigations: str, status: int = 200
) -> Response:
    return odata.single(call.request, shaped(row, selection, *navigations), kind=kind, status=status)


class Webs:
    """Handlers of a web, of those below it, and of what belongs to the whole site."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    async def site(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        found = await call.run(webs.find_web, self._backend.units, call.caller, ref=ref_of(call))
        return answer(call, shapes.site_json(found.site), selection, "SP.Site")

    async def web(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        found = await call.run(webs.find_web, self._backend.units, call.caller, ref=ref_of(call))
        return answer(call, shapes.web_json(found), selection, shapes.WEB_KIND)

    async def time_zone(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        found = await call.run(webs.find_web, self._backend.units, call.caller, ref=ref_of(call))
        return answer(call, shapes.time_zone_json(found), selection, TIME_ZONE_KIND)

    async def below(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        found = await call.run(webs.webs_below, self._backend.units, call.caller, ref=ref_of(call))
        return odata.feed(call.request, [shaped(shapes.web_json(view), selection) for view in found])

    async def role_definitions(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        await call.run(webs.find_web, self._backend.units, call.caller, ref=ref_of(call))
        rows = [shaped(roles.definition_json(one), selection) for one in roles.DEFINITIONS]
        return odata.feed(call.request, rows)

    async def add(self, call: Call) -> Response:
        check_digest(self._digests, call)
        body = codec.read_body(await call.body(call.limits.json_body), shapes.NewWebBody)
        made = await call.run(
            webs.add_web,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            new=body.parameters.new(),
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        return odata.single(call.request, shapes.web_json(made), kind=shapes.WEB_KIND)

    async def change(self, call: Call) -> Response:
        check_digest(self._digests, call)
        units, clock, ref = self._backend.units, self._backend.clock, ref_of(call)
        match method_of(call):
            case "PATCH":
                body = codec.read_body(await call.body(call.limits.json_body), shapes.WebBody)
                changes = {"title": body.Title, "description": body.Description}
                await call.run(webs.change_web, units, call.caller, ref=ref, **changes, clock=clock)
            case "DELETE":
                await call.run(webs.delete_web, units, call.caller, ref=ref, clock=clock)
            case _:
                raise errors.UsageError("A web is changed by X-HTTP-Method: MERGE or DELETE.")
        return Response(status_code=204)


def routes(backend: Backend) -> list[Route]:
    handlers = Webs(backend)
    return [
        route("GET", "site", handlers.site, verb="lists.read"),
        route("GET", "web", handlers.web, verb="lists.read"),
        route("POST", "web", handlers.change, verb="lists.write"),
        route("GET", "web/webs", handlers.below, verb="lists.read"),
        route("POST", "web/webs/add", handlers.add, verb="lists.write"),
        route("GET", "web/regionalsettings/timezone", handlers.time_zone, verb="lists.read"),
        route("GET", "web/roledefinitions", handlers.role_definitions, verb="lists.read"),
    ]
