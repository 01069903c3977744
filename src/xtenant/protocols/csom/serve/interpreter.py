"""Runs a ProcessQuery request: actions in order, each a unit of work of its own (settled A 18).

Object paths are evaluated when first needed, once. Actions before a failing one stay done; the failing one ends the reply.
The interpreter knows the protocol and nothing of tenants: what exists stands in a `Catalogue`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.protocols.csom.codec.reply import Json
from xtenant.protocols.csom.codec.request import evaluation_order
from xtenant.protocols.csom.codec.values import (
    Action,
    Constructor,
    IdentityPath,
    IdentityQuery,
    Instantiate,
    InvalidClientQuery,
    MethodCall,
    MethodPath,
    ObjectPath,
    Parameters,
    PathRef,
    PropertyPath,
    Query,
    Request,
    Selection,
    SetProperty,
    StaticMethodCall,
    StaticMethodPath,
    StaticPropertyPath,
    Unserved,
    references,
)
from xtenant.protocols.csom.serve.objects import FARM_ID, Catalogue, Context, Form, MethodRow, ServerObject
from xtenant.wire.permissions import MAKING, admits_method

Entries = list[tuple[int, Json]]
_READING = (Instantiate, IdentityQuery, Query)


class Interpreter:
    """One request's run. `run` returns the reply's entries or raises the first error."""

    def __init__(self, catalogue: Catalogue, context: Context, request: Request, trace_id: UUID) -> None:
        self._catalogue = catalogue
        self._context = context
        self._request = request
        self._trace_id = trace_id
        self._objects: dict[int, ServerObject | None] = {}
        self._only_reads = all(isinstance(action, _READING) for action in request.actions)

    async def run(self) -> Entries:
        """Entries of all actions in order. Raises XTenantError of the first action that failed."""
        entries: Entries = []
        for action in self._request.actions:
            found = await self._act(action)
            if found is not None:
                entries.append((action.action_id, found[0]))
        return entries

    async def _act(self, action: Action) -> tuple[Json] | None:
        match action:
            case Instantiate():
                return ({"IsNull": await self._object(action.path_id) is None},)
            case IdentityQuery():
                present = await self._present(action.path_id)
                return ({"_ObjectIdentity_": self._identity_of(present)},)
            case Query():
                present = await self._object(action.path_id)
                return (None if present is None else self._selected(present, action.selection, action.children),)
            case MethodCall():
                return await self._call_method(action)
            case SetProperty():
                await self._set_property(action)
                return None
            case StaticMethodCall():
                raise InvalidClientQuery(f'The static method "{action.name}" does not exist.')
            case Unserved():
                raise InvalidClientQuery(f"The action {action.element} is not served.")

    async def _object(self, path_id: int) -> ServerObject | None:
        if path_id not in self._objects:
            for needed in evaluation_order(self._request.paths, (path_id,)):
                if needed not in self._objects:
                    self._objects[needed] = await self._evaluated(self._request.paths[needed])
        return self._objects[path_id]

    async def _present(self, path_id: int) -> ServerObject:
        found = await self._object(path_id)
        if found is None:
            raise errors.UsageError("Object reference not set to an instance of an object on server.")
        return found

    async def _evaluated(self, path: ObjectPath) -> ServerObject | None:
        match path:
            case Constructor():
                self._require(self._catalogue.who, MAKING)
                make = self._catalogue.constructors.get(path.type_id)
                if make is None or path.parameters:
                    raise InvalidClientQuery(f"No type {{{path.type_id}}} with these parameters can be made.")
                return await self._context.call.run(make, self._context)
            case MethodPath():
                parent = await self._present(path.parent_id)
                row = parent.type.method(path.name, Form.PATH)
                if row.together is not None and self._only_reads:
                    return await self._together(path, row, parent)
                result: ServerObject | None = await self._run(row, parent, path.name, path.parameters)
                return result
            case StaticPropertyPath():
                made = self._catalogue.static_properties.get((path.type_id, path.name))
                if made is None:
                    raise InvalidClientQuery(f'The static property "{path.name}" does not exist.')
                return made(self._context)
            case IdentityPath():
                self._require(self._catalogue.who, "")
                return await self._context.call.run(self._resolved, path.name)
            case PropertyPath():
                raise InvalidClientQuery(f'The object property "{path.name}" does not exist.')
            case StaticMethodPath():
                raise InvalidClientQuery(f'The static method "{path.name}" does not exist.')

    async def _together(self, path: MethodPath, row: MethodRow, parent: ServerObject) -> ServerObject | None:
        """Answer all calls of a reading method in the query with the first: no action stands between that could change it."""
        assert row.together is not None
        self._require(row.who, path.name)
        alike = [
            other
            for other in self._request.paths.values()
            if isinstance(other, MethodPath)
            and (other.parent_id, other.name) == (path.parent_id, path.name)
            and other.path_id not in self._objects
            and not references(other.parameters)
        ]
        if path not in alike:
            return await self._run(row, parent, path.name, path.parameters)
        arguments = [row.arguments(other.parameters) for other in alike]
        found = await self._context.call.run(row.together, self._context, parent, arguments)
        self._objects.update({other.path_id: result for other, result in zip(alike, found, strict=True)})
        return self._objects[path.path_id]

    def _resolved(self, name: str) -> ServerObject:
        """An object from its identity alone; the part before `|` is the trace that minted it and means nothing."""
        origin, *parts = name.partition("|")[2].replace("\r\n", "\n").split("\n")
        owner = f"{FARM_ID}:{self._context.backend.tenant.tenant_id}"
        resolve = self._catalogue.identities.get(parts[0] if parts else "")
        if resolve is None or origin.lower() != owner:
            raise InvalidClientQuery("The identity names no object of this tenant.")
        return resolve(self._context, tuple(parts))

    async def _call_method(self, action: MethodCall) -> tuple[Json] | None:
        target = await self._present(action.path_id)
        row = target.type.method(action.name, Form.ACTION)
        result: Json = await self._run(row, target, action.name, action.parameters)
        return None if row.void else (result,)

    async def _run(self, row: MethodRow, target: ServerObject, name: str, parameters: Parameters) -> Any:
        self._require(row.who, name)
        for path_id in references(parameters):
            await self._object(path_id)
        if any(isinstance(value, PathRef) for value in parameters):
            raise InvalidClientQuery("Objects are not taken as parameters here.")
        arguments = row.arguments(parameters)
        if inspect.iscoroutinefunction(row.function):
            return await row.function(self._context, target, *arguments)
        return await self._context.call.run(row.function, self._context, target, *arguments)

    def _require(self, who: Who, name: str) -> None:
        if not admits_method(who, self._context.call.caller, name):
            raise errors.AccessDenied("Attempted to perform an unauthorized operation.")

    async def _set_property(self, action: SetProperty) -> None:
        target = await self._present(action.path_id)
        read = target.type.writable.get(action.name)
        if read is None:
            raise InvalidClientQuery(f'The property "{action.name}" cannot be set.')
        target.pending[action.name] = read(action.value)

    def _selected(self, found: ServerObject, selection: Selection, children: Selection | None) -> dict[str, Json]:
        entry: dict[str, Json] = {"_ObjectType_": found.type.name}
        if found.identity is not None:
            entry["_ObjectIdentity_"] = self._identity_of(found)
        for name in self._names(found, selection):
            entry[name] = found.type.properties[name](found.facts)
        if found.children is not None and children is not None:
            entry["_Child_Items_"] = self._children(found.children, children)
        return entry

    def _children(self, items: Sequence[ServerObject], selection: Selection) -> list[Json]:
        return [self._selected(item, selection, None) for item in items]

    def _names(self, found: ServerObject, selection: Selection) -> Sequence[str]:
        known = found.type.properties
        for chosen in selection.properties:
            if chosen.name not in known:
                raise InvalidClientQuery(f'Field or property "{chosen.name}" does not exist.')
        if selection.all_scalars:
            return tuple(known)
        return tuple(chosen.name for chosen in selection.properties)

    def _identity_of(self, found: ServerObject) -> str | None:
        if found.identity is None:
            return None
        owner = f"{FARM_ID}:{self._context.backend.tenant.tenant_id}"
        return "\n".join((f"{self._trace_id}|{owner}", *found.identity))
