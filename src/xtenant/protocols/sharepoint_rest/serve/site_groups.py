"""SharePoint groups of a site (content-api.md 4.5).

Paths, below `/_api/web/sitegroups` of a site: GET and POST the collection, GET `(N)`, GET and POST `(N)/users`, POST
`(N)/users/removebyid(M)`, POST `/removebyid(N)`.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.operations import site_groups
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import site_principals as shapes
from xtenant.protocols.sharepoint_rest.codec.securables import parse_number
from xtenant.protocols.sharepoint_rest.codec.selection import read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.role_assignments import done
from xtenant.protocols.sharepoint_rest.serve.webs import answer, options_of, route, url_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Route

KIND, USERS = "SP.Group", "Users"


class SiteGroups:
    """Handlers of the collection, of one group and of its users."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    async def list(self, call: Call) -> Response:
        selection = read_selection(options_of(call), USERS)
        expanded = selection.expands(USERS)
        found = await call.run(
            site_groups.list_site_groups,
            self._backend.units,
            call.caller,
            url=url_of(call),
            with_users=expanded,
        )
        rows = [shaped(shapes.group_json(view, with_users=expanded), selection, USERS) for view in found]
        return odata.feed(call.request, rows)

    async def one(self, call: Call) -> Response:
        selection = read_selection(options_of(call), USERS)
        expanded = selection.expands(USERS)
        view = await self._find(call, with_users=expanded)
        return answer(call, shapes.group_json(view, with_users=expanded), selection, KIND, USERS)

    async def users(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        view = await self._find(call, with_users=True)
        return odata.feed(call.request, [shaped(shapes.user_json(user), selection) for user in view.members])

    async def create(self, call: Call) -> Response:
        check_digest(self._digests, call)
        body = codec.read_body(await call.body(call.limits.json_body), shapes.SiteGroupBody)
        view = await call.run(
            site_groups.create_site_group,
            self._backend.units,
            call.caller,
            url=url_of(call),
            title=body.Title,
            description=body.Description,
            clock=self._backend.clock,
            ids=self._backend.ids,
        )
        return odata.single(call.request, shapes.group_json(view, with_users=False), kind=KIND, status=201)

    async def add(self, call: Call) -> Response:
        check_digest(self._digests, call)
        body = codec.read_body(await call.body(call.limits.json_body), shapes.LoginBody)
        user = await call.run(
            site_groups.add_member,
            self._backend.units,
            call.caller,
            url=url_of(call),
            number=parse_number(call.values["group"]),
            login=body.name,
            clock=self._backend.clock,
        )
        return odata.single(call.request, shapes.user_json(user), kind="SP.User", status=201)

    async def remove(self, call: Call) -> Response:
        check_digest(self._digests, call)
        await call.run(
            site_groups.remove_member,
            self._backend.units,
            call.caller,
            url=url_of(call),
            number=parse_number(call.values["group"]),
            member=parse_number(call.values["user"]),
            clock=self._backend.clock,
        )
        return done(call, "RemoveById")

    async def delete(self, call: Call) -> Response:
        check_digest(self._digests, call)
        await call.run(
            site_groups.remove_site_group,
            self._backend.units,
            call.caller,
            url=url_of(call),
            number=parse_number(call.values["group"]),
            clock=self._backend.clock,
        )
        return done(call, "RemoveById")

    async def _find(self, call: Call, *, with_users: bool) -> site_groups.SiteGroupView:
        return await call.run(
            site_groups.find_site_group,
            self._backend.units,
            call.caller,
            url=url_of(call),
            number=parse_number(call.values["group"]),
            with_users=with_users,
        )


def routes(backend: Backend) -> list[Route]:
    groups = SiteGroups(backend)
    return [
        route("GET", "web/sitegroups", groups.list, verb="permissions.read"),
        route("POST", "web/sitegroups", groups.create, verb="permissions.write"),
        route("POST", "web/sitegroups/removebyid({group:arg})", groups.delete, verb="permissions.write"),
        route("GET", "web/sitegroups({group:arg})", groups.one, verb="permissions.read"),
        route("GET", "web/sitegroups({group:arg})/users", groups.users, verb="permissions.read"),
        route("POST", "web/sitegroups({group:arg})/users", groups.add, verb="permissions.write"),
        route(
            "POST", "web/sitegroups({group:arg})/users/removebyid({user:arg})", groups.remove, verb="permissions.write"
        ),
    ]
