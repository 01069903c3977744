"""Role assignments and inheritance of webs, lists and items (content-api.md 4.5).

Paths, below `/_api/web` of a site and below each list and item there: GET `/roleassignments`, POST
`/breakroleinheritance(…)`, `/resetroleinheritance`, `/roleassignments/addroleassignment(…)`,
`/roleassignments/removeroleassignment(…)`.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.operations import securables
from xtenant.protocols.sharepoint_rest.codec import site_principals as shapes
from xtenant.protocols.sharepoint_rest.codec.securables import parse_securable, read_break, read_role
from xtenant.protocols.sharepoint_rest.codec.selection import read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.webs import options_of, route, url_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Route

NAVIGATIONS = ("Member", "RoleDefinitionBindings")


class RoleAssignments:
    """Handlers; what each is about stands in the path before them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    async def list(self, call: Call) -> Response:
        selection = read_selection(options_of(call), *NAVIGATIONS)
        found = await call.run(
            securables.role_assignments,
            self._backend.units,
            call.caller,
            url=url_of(call),
            what=parse_securable(call.values["target"]),
        )
        return odata.feed(
            call.request, [shaped(shapes.assignment_json(grant), selection, *NAVIGATIONS) for grant in found]
        )

    async def break_inheritance(self, call: Call) -> Response:
        check_digest(self._digests, call)
        copy, clear_below = read_break(call.values["arguments"])
        await call.run(
            securables.break_inheritance,
            self._backend.units,
            call.caller,
            url=url_of(call),
            what=parse_securable(call.values["target"]),
            copy=copy,
            clear_below=clear_below,
            clock=self._backend.clock,
        )
        return done(call, "BreakRoleInheritance")

    async def reset_inheritance(self, call: Call) -> Response:
        check_digest(self._digests, call)
        await call.run(
            securables.reset_inheritance,
            self._backend.units,
            call.caller,
            url=url_of(call),
            what=parse_securable(call.values["target"]),
            clock=self._backend.clock,
        )
        return done(call, "ResetRoleInheritance")

    async def add(self, call: Call) -> Response:
        check_digest(self._digests, call)
        principal, role = read_role(call.values["arguments"])
        await call.run(
            securables.add_role,
            self._backend.units,
            call.caller,
            url=url_of(call),
            what=parse_securable(call.values["target"]),
            principal=principal,
            role=role,
            clock=self._backend.clock,
        )
        return done(call, "AddRoleAssignment")

    async def remove(self, call: Call) -> Response:
        check_digest(self._digests, call)
        principal, role = read_role(call.values["arguments"])
        await call.run(
            securables.remove_role,
            self._backend.units,
            call.caller,
            url=url_of(call),
            what=parse_securable(call.values["target"]),
            principal=principal,
            role=role,
            clock=self._backend.clock,
        )
        return done(call, "RemoveRoleAssignment")


def done(call: Call, name: str) -> Response:
    """The answer of a method without a result: a null under its name (verbose) or by itself."""
    return odata.nothing(call.request, name)


def routes(backend: Backend) -> list[Route]:
    handlers = RoleAssignments(backend)
    add, remove = "addroleassignment({arguments})", "removeroleassignment({arguments})"
    return [
        route("GET", "web{target:path}/roleassignments", handlers.list, verb="permissions.read"),
        route(
            "POST",
            "web{target:path}/breakroleinheritance({arguments:path})",
            handlers.break_inheritance,
            verb="permissions.write",
        ),
        route("POST", "web{target:path}/resetroleinheritance", handlers.reset_inheritance, verb="permissions.write"),
        route("POST", f"web{{target:path}}/roleassignments/{add}", handlers.add, verb="permissions.write"),
        route("POST", f"web{{target:path}}/roleassignments/{remove}", handlers.remove, verb="permissions.write"),
    ]
