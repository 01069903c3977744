"""Identity mappings of this tenant as a target, on Graph beta (graph-migrations.md 2.8): the other view of the cmdlets' map.

Below `/solutions/sharePoint/migrations`, for `crossOrganizationUserMappings` and `crossOrganizationGroupMappings`:
PATCH (a delta) · GET (a list, paged) · GET …/$count · GET …(sourceUserPrincipalName='…'), …(sourceGroupObjectId='…') · GET …/{id}
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response

from xtenant.operations import map_edits
from xtenant.protocols.graph.codec import bodies, query
from xtenant.protocols.graph.codec import mappings as codec
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, link, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

PAGE, PAGE_MAX = 100, 999
ROOT = "/solutions/sharePoint/migrations"
_SOURCE = "graph-migrations.md 2.8"


def routes(backend: Backend) -> list[Route]:
    return [row for groups in (False, True) for row in _routes(Mappings(backend, groups=groups))]


def _routes(mappings: Mappings) -> list[Route]:
    place = f"{ROOT}/{mappings.collection}"
    table = [
        ("PATCH", place, mappings.apply, "map.delta", Evidence.VERIFIED),
        ("GET", place, mappings.list, "map.read", Evidence.INFERRED),
        ("GET", f"{place}/$count", mappings.count, "map.read", Evidence.INFERRED),
        ("GET", f"{place}({{key:path}})", mappings.by_key, "map.read", Evidence.VERIFIED),
        ("GET", f"{place}/{{mapping:path}}", mappings.by_id, "map.read", Evidence.INFERRED),
    ]
    return [
        route
        for method, path, handler, verb, evidence in table
        for route in rows(method, path, handler, verb=verb, source=_SOURCE, evidence=evidence, versions=("beta",))
    ]


class Mappings:
    """Handlers of one kind of mappings."""

    def __init__(self, backend: Backend, *, groups: bool) -> None:
        self._backend = backend
        self._groups = groups
        self.collection = "crossOrganizationGroupMappings" if groups else "crossOrganizationUserMappings"
        self._key_name = "sourceGroupObjectId" if groups else "sourceUserPrincipalName"

    async def apply(self, call: Call) -> Response:
        backend, groups = self._backend, self._groups
        said = codec.said(await body_of(call, codec.DeltaBody), groups=groups)
        changes = [
            map_edits.Change(
                source=one.source,
                company_id=one.company_id,
                target=one.target,
                name=one.name,
                kind=one.kind,
                removed=one.removed,
            )
            for one in said
        ]
        done = await call.run(
            map_edits.apply_delta,
            backend.units,
            changes,
            groups=groups,
            own=backend.tenant.tenant_id,
            geo=call.geo,
            caller=call.caller,
            limits=backend.limits,
            clock=backend.clock,
        )
        shown = [
            codec.removed_json(one.source, groups=groups)
            if isinstance(one, map_edits.Removed)
            else codec.mapping_json(one)
            for one in done
        ]
        return json_answer(bodies.page(shown, context=self._context(call, "/$delta")))

    async def list(self, call: Call) -> Response:
        options = options_of(call)
        if options.filter or options.search:
            raise query.NotSupported("Mappings are listed whole, or asked for by their source.")
        version, after = _place_in(options.skip_token)
        limit = options.limit(PAGE, PAGE_MAX)
        found, version, last = await call.run(
            map_edits.list_mappings,
            self._backend.units,
            groups=self._groups,
            geo=call.geo,
            caller=call.caller,
            version=version,
            after=after,
            limit=limit,
        )
        shown = [bodies.selected(codec.mapping_json(row), options.select) for row in found]
        more = link(call, "$skiptoken", query.pack_token(f"{version}:{last}")) if len(found) == limit else None
        return json_answer(bodies.page(shown, context=self._context(call), next_link=more))

    async def count(self, call: Call) -> Response:
        found = await call.run(
            map_edits.count_mappings, self._backend.units, groups=self._groups, geo=call.geo, caller=call.caller
        )
        return PlainTextResponse(str(found))

    async def by_key(self, call: Call) -> Response:
        text = call.values["key"]
        source = query.function_argument(text, self._key_name)
        if source is None:
            source = codec.key_in(text.strip().strip("'"), groups=self._groups)
        return await self._one(call, source)

    async def by_id(self, call: Call) -> Response:
        return await self._one(call, codec.key_in(call.values["mapping"], groups=self._groups))

    async def _one(self, call: Call, source: str) -> Response:
        found = await call.run(
            map_edits.mapping_of,
            self._backend.units,
            source,
            groups=self._groups,
            geo=call.geo,
            caller=call.caller,
        )
        shown = bodies.selected(codec.mapping_json(found), options_of(call).select)
        return json_answer({"@odata.context": self._context(call, "/$entity"), **shown})

    def _context(self, call: Call, tail: str = "") -> str:
        return context(call, f"{ROOT.removeprefix('/')}/{self.collection}{tail}")


def _place_in(token: str | None) -> tuple[int | None, int]:
    """Version and row a paging token stands at. Raises InvalidOption for one that is not ours."""
    if token is None:
        return None, 0
    version, _, after = query.unpack_token(token).partition(":")
    if not all(part.isdecimal() and part.isascii() and len(part) < 18 for part in (version, after)):
        raise query.InvalidOption("The paging token is not one of this service.", remedy="Start the list again.")
    return int(version), int(after)
