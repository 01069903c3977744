"""Groups, their members and owners (graph-migrations.md 4.4, R-4.15 to R-4.22).

GET, POST /groups · GET, DELETE /groups/{id} · GET /groups/{id}/members, /owners · POST …/$ref · DELETE …/{id}/$ref
"""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from xtenant.operations import groups as operations
from xtenant.operations.directory import as_guid
from xtenant.protocols.graph.codec import bodies, query
from xtenant.protocols.graph.codec import directory as codec
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, link, no_content, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

PAGE, PAGE_MAX = 100, 999
_SOURCE = "graph-migrations.md 4.4"


def routes(backend: Backend) -> list[Route]:
    groups = Groups(backend)
    table = [
        ("GET", "/groups", groups.list, "groups.list"),
        ("POST", "/groups", groups.create, "groups.create"),
        ("GET", "/groups/{group}", groups.get, "groups.get"),
        ("DELETE", "/groups/{group}", groups.delete, "groups.create"),
        ("GET", "/groups/{group}/members", groups.members, "groups.get"),
        ("GET", "/groups/{group}/owners", groups.owners, "groups.get"),
        ("POST", "/groups/{group}/members/$ref", groups.add_member, "groups.create"),
        ("POST", "/groups/{group}/owners/$ref", groups.add_owner, "groups.create"),
        ("DELETE", "/groups/{group}/members/{member}/$ref", groups.remove_member, "groups.create"),
        ("DELETE", "/groups/{group}/owners/{member}/$ref", groups.remove_owner, "groups.create"),
    ]
    return [
        row
        for method, path, handler, verb in table
        for row in rows(method, path, handler, verb=verb, source=_SOURCE, evidence=Evidence.INFERRED)
    ]


class Groups:
    """Handlers of groups."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def list(self, call: Call) -> Response:
        backend, options = self._backend, options_of(call)
        more = None
        if options.filter is not None:
            _, alias = query.equality(options.filter, frozenset({"mailnickname"}))
            found = await call.run(operations.find_groups, backend.units, call.caller, alias)
        else:
            limit = options.limit(PAGE, PAGE_MAX)
            after = query.unpack_token(options.skip_token) if options.skip_token else ""
            found = await call.run(operations.list_groups, backend.units, call.caller, after_name=after, limit=limit)
            if len(found) == limit:
                more = query.pack_token(f"{found[-1].display_name}\x00{found[-1].group_id}")
        shown = [bodies.selected(codec.group_json(group), options.select) for group in found]
        next_link = link(call, "$skiptoken", more) if more else None
        return json_answer(bodies.page(shown, context=context(call, "groups"), next_link=next_link))

    async def create(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.GroupBody)
        new = operations.NewGroup(
            kind=codec.group_kind(body.group_types),
            display_name=body.display_name,
            alias=body.mail_nickname,
            description=body.description,
            visibility=body.visibility or "Private",
            mail_enabled=body.mail_enabled,
            security_enabled=body.security_enabled,
            resource_behavior_options=tuple(body.resource_behavior_options),
            owners=tuple(codec.referenced_id(reference) for reference in body.owners),
            members=tuple(codec.referenced_id(reference) for reference in body.members),
        )
        group = await call.run(
            operations.create_group,
            backend.units,
            backend.tenant,
            call.caller,
            new,
            clock=backend.clock,
            ids=backend.ids,
        )
        return json_answer({"@odata.context": context(call, "groups/$entity"), **codec.group_json(group)}, 201)

    async def get(self, call: Call) -> Response:
        group = await call.run(operations.get_group, self._backend.units, call.caller, call.values["group"])
        shown = bodies.selected(codec.group_json(group), options_of(call).select)
        return json_answer({"@odata.context": context(call, "groups/$entity"), **shown})

    async def delete(self, call: Call) -> Response:
        backend = self._backend
        await call.run(operations.delete_group, backend.units, call.caller, call.values["group"], clock=backend.clock)
        return no_content()

    async def members(self, call: Call) -> Response:
        return await self._people(call, owners=False)

    async def owners(self, call: Call) -> Response:
        return await self._people(call, owners=True)

    async def _people(self, call: Call, *, owners: bool) -> Response:
        options = options_of(call)
        limit = options.limit(PAGE, PAGE_MAX)
        text = query.unpack_token(options.skip_token) if options.skip_token else "0"
        if not text.isdecimal() or len(text) > 9:
            raise query.InvalidOption("The paging token is not one of this service.")
        group = call.values["group"]
        found = await call.run(
            operations.list_people,
            self._backend.units,
            call.caller,
            group,
            owners=owners,
            after=int(text),
            limit=limit,
        )
        shown = [codec.member_json(member, kind) for member, kind in found]
        more = link(call, "$skiptoken", query.pack_token(str(int(text) + limit))) if len(found) == limit else None
        return json_answer(bodies.page(shown, context=context(call, "directoryObjects"), next_link=more))

    async def add_member(self, call: Call) -> Response:
        return await self._add(call, owner=False)

    async def add_owner(self, call: Call) -> Response:
        return await self._add(call, owner=True)

    async def _add(self, call: Call, *, owner: bool) -> Response:
        body = await body_of(call, codec.ReferenceBody)
        member = codec.referenced_id(body.odata_id)
        units, group = self._backend.units, call.values["group"]
        await call.run(operations.add_person, units, call.caller, group, member, owner=owner)
        return no_content()

    async def remove_member(self, call: Call) -> Response:
        return await self._remove(call, owner=False)

    async def remove_owner(self, call: Call) -> Response:
        return await self._remove(call, owner=True)

    async def _remove(self, call: Call, *, owner: bool) -> Response:
        member = _guid(call.values["member"])
        units, group = self._backend.units, call.values["group"]
        await call.run(operations.remove_person, units, call.caller, group, member, owner=owner)
        return no_content()


def _guid(text: str) -> UUID:
    found = as_guid(text)
    if found is None:
        raise operations.MemberNotFound(f"Resource '{text}' does not exist.")
    return found
