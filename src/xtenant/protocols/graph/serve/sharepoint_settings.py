"""The tenant's SharePoint settings (graph-migrations.md 4.6).

GET, PATCH /admin/sharepoint/settings
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.operations import sharepoint_settings as operations
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import sharepoint_settings as codec
from xtenant.protocols.graph.serve.answers import context, json_answer, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.6"
_PATH = "/admin/sharepoint/settings"


def routes(backend: Backend) -> list[Route]:
    settings = Settings(backend)
    inferred = Evidence.INFERRED
    return [
        *rows("GET", _PATH, settings.get, verb="sharepoint_settings.get", source=_SOURCE, evidence=inferred),
        *rows("PATCH", _PATH, settings.update, verb="sharepoint_settings.set", source=_SOURCE, evidence=inferred),
    ]


class Settings:
    """Handlers of the singleton; a PATCH answers the whole of it, as Graph does."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def get(self, call: Call) -> Response:
        found = await call.run(operations.read_settings, self._backend.units, call.caller)
        shown = bodies.selected(codec.settings_json(found), options_of(call).select)
        return json_answer({"@odata.context": context(call, "admin/sharepoint/settings/$entity"), **shown})

    async def update(self, call: Call) -> Response:
        changes = codec.changes_in(await call.body(call.limits.json_body))
        changed = await call.run(operations.change_settings, self._backend.units, call.caller, changes)
        shown = codec.settings_json(changed)
        return json_answer({"@odata.context": context(call, "admin/sharepoint/settings/$entity"), **shown})
