"""Users of a site and its administrators (content-api.md 4.5).

Paths, below the address of a site: GET `/_api/web/siteusers`, `/_api/web/siteusers(N)`; POST `/_api/web/siteusers(N)` with
`X-HTTP-Method: MERGE` and `{"IsSiteAdmin": true}`; POST `/_api/web/ensureuser` with `{"logonName": "…"}`, or
`/_api/web/ensureuser('…')`; POST
`/_api/web/siteusers/removebyid(N)`, `…/removebyloginname('…')`.
"""

from __future__ import annotations

import re

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.operations import site_users
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.codec import site_principals as shapes
from xtenant.protocols.sharepoint_rest.codec.securables import parse_number
from xtenant.protocols.sharepoint_rest.codec.selection import MOST, read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.webs import answer, following, options_of, route, url_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Route

KIND = "SP.User"
_ADMINS = re.compile(r"\s*IsSiteAdmin\s+eq\s+(true|false)\s*", re.IGNORECASE)


class SiteUsers:
    """Handlers of the collection, of one user, and of making the site know somebody."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    async def list(self, call: Call) -> Response:
        selection = read_selection(options_of(call), paged=True)
        wanted = _admins_only(selection.filter_text)
        found, after = await call.run(
            site_users.list_site_users,
            self._backend.units,
            call.caller,
            url=url_of(call),
            after=selection.after,
            limit=selection.top or MOST,
        )
        rows = [shaped(shapes.user_json(user), selection) for user in found if wanted in (None, user.is_admin)]
        return odata.feed(call.request, rows, next_link=following(call, after))

    async def one(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        user = await call.run(
            site_users.find_site_user,
            self._backend.units,
            call.caller,
            url=url_of(call),
            number=parse_number(call.values["user"]),
        )
        return answer(call, shapes.user_json(user), selection, KIND)

    async def ensure(self, call: Call) -> Response:
        check_digest(self._digests, call)
        body = codec.read_body(await call.body(call.limits.json_body), shapes.EnsureUserBody)
        return await self._ensured(call, body.logonName)

    async def ensure_named(self, call: Call) -> Response:
        """The login name as an argument, as office365-rest-python-client writes it."""
        check_digest(self._digests, call)
        return await self._ensured(call, odata.arguments(call.values["login"], "logonName")["logonName"])

    async def _ensured(self, call: Call, login: str) -> Response:
        user = await call.run(
            site_users.ensure_user,
            self._backend.units,
            call.caller,
            url=url_of(call),
            login=login,
            clock=self._backend.clock,
        )
        return odata.single(call.request, shapes.user_json(user), kind=KIND)

    async def merge(self, call: Call) -> Response:
        check_digest(self._digests, call)
        if call.request.headers.get("x-http-method", "").upper() not in ("MERGE", "PATCH"):
            raise errors.UsageError("A site user is changed by X-HTTP-Method: MERGE.")
        body = codec.read_body(await call.body(call.limits.json_body), shapes.SiteUserPatch)
        await call.run(
            site_users.set_site_admin,
            self._backend.units,
            call.caller,
            url=url_of(call),
            number=parse_number(call.values["user"]),
            on=body.IsSiteAdmin,
            clock=self._backend.clock,
        )
        return Response(status_code=204)

    async def remove_by_id(self, call: Call) -> Response:
        await self._remove(call, parse_number(call.values["user"]))
        return odata.nothing(call.request, "RemoveById")

    async def remove_by_login(self, call: Call) -> Response:
        aliases = {name: value for name, value in call.request.query_params.items() if name.startswith("@")}
        await self._remove(call, odata.arguments(call.values["user"], "loginName", aliases=aliases)["loginName"])
        return odata.nothing(call.request, "RemoveByLoginName")

    async def _remove(self, call: Call, who: int | str) -> None:
        check_digest(self._digests, call)
        units, clock = self._backend.units, self._backend.clock
        await call.run(site_users.remove_site_user, units, call.caller, url=url_of(call), who=who, clock=clock)


def routes(backend: Backend) -> list[Route]:
    users = SiteUsers(backend)
    return [
        route("GET", "web/siteusers", users.list, verb="permissions.read"),
        route("POST", "web/siteusers/removebyid({user:arg})", users.remove_by_id, verb="permissions.write"),
        route("POST", "web/siteusers/removebyloginname({user:arg})", users.remove_by_login, verb="permissions.write"),
        route("GET", "web/siteusers({user:arg})", users.one, verb="permissions.read"),
        route("POST", "web/siteusers({user:arg})", users.merge, verb="permissions.write"),
        route("POST", "web/ensureuser", users.ensure, verb="permissions.write"),
        route("POST", "web/ensureuser({login:arg})", users.ensure_named, verb="permissions.write"),
    ]


def _admins_only(text: str) -> bool | None:
    """`IsSiteAdmin eq true`, the one filter that clients send. Raises UsageError for another."""
    if not text:
        return None
    found = _ADMINS.fullmatch(text)
    if found is None:
        raise errors.UsageError("Site users are filtered by IsSiteAdmin only.")
    return found[1].lower() == "true"
