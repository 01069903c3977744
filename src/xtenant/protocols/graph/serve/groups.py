"""Groups, their members and owners (graph-migrations.md 4.4, R-4.15 to R-4.22).

POST /groups · GET, PATCH, DELETE /groups/{id} · POST …/members/$ref, …/owners/$ref · DELETE …/{id}/$ref
"""

from __future__ import annotations

from uuid import UUID

from msgspec import UnsetType
from starlette.responses import Response

from xtenant.domain.query import GROUPS
from xtenant.operations import group_people
from xtenant.operations import groups as operations
from xtenant.operations.directory import as_guid
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import directory as codec
from xtenant.protocols.graph.codec.listing import checked_selection
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, no_content, options_of, rows
from xtenant.protocols.graph.serve.listing import PROPERTIES
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.4"
_CHANGEABLE = (
    *("display_name", "description", "visibility", "mail_nickname", "security_enabled"),
    "preferred_data_location",
)


def routes(backend: Backend) -> list[Route]:
    groups = Groups(backend)
    table = [
        ("POST", "/groups", groups.create, "groups.create"),
        ("GET", "/groups/{group}", groups.get, "groups.get"),
        ("PATCH", "/groups/{group}", groups.update, "groups.create"),
        ("DELETE", "/groups/{group}", groups.delete, "groups.create"),
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

    async def create(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.GroupBody)
        new = operations.NewGroup(
            kind=codec.group_kind(body.group_types),
            display_name=body.display_name,
            alias=body.mail_nickname,
            description=body.description,
            visibility=body.visibility,
            mail_enabled=body.mail_enabled,
            security_enabled=body.security_enabled,
            resource_behavior_options=tuple(body.resource_behavior_options),
            preferred_data_location=body.preferred_data_location,
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
        select = checked_selection(options_of(call).select, PROPERTIES[GROUPS.name], GROUPS)
        shown = bodies.selected(codec.group_json(group), select)
        return json_answer({"@odata.context": context(call, "groups/$entity"), **shown})

    async def update(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.GroupPatch)
        sent = {name: value for name in _CHANGEABLE if not isinstance(value := getattr(body, name), UnsetType)}
        members = tuple(codec.referenced_id(reference) for reference in body.members)
        changes = operations.GroupChanges(**sent, members=members)
        await call.run(
            operations.update_group, backend.units, backend.tenant, call.caller, call.values["group"], changes
        )
        return no_content()

    async def delete(self, call: Call) -> Response:
        backend = self._backend
        await call.run(operations.delete_group, backend.units, call.caller, call.values["group"], clock=backend.clock)
        return no_content()

    async def add_member(self, call: Call) -> Response:
        return await self._add(call, owner=False)

    async def add_owner(self, call: Call) -> Response:
        return await self._add(call, owner=True)

    async def _add(self, call: Call, *, owner: bool) -> Response:
        body = await body_of(call, codec.ReferenceBody)
        member = codec.referenced_id(body.odata_id)
        units, group = self._backend.units, call.values["group"]
        await call.run(group_people.add_person, units, call.caller, group, member, owner=owner)
        return no_content()

    async def remove_member(self, call: Call) -> Response:
        return await self._remove(call, owner=False)

    async def remove_owner(self, call: Call) -> Response:
        return await self._remove(call, owner=True)

    async def _remove(self, call: Call, *, owner: bool) -> Response:
        member = _guid(call.values["member"])
        units, group = self._backend.units, call.values["group"]
        await call.run(group_people.remove_person, units, call.caller, group, member, owner=owner)
        return no_content()


def _guid(text: str) -> UUID:
    found = as_guid(text)
    if found is None:
        raise group_people.MemberNotFound(f"Resource '{text}' does not exist.")
    return found
