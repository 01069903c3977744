"""All routes of SharePoint REST, and its error envelope."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.protocols.sharepoint_rest.serve import (
    administration,
    context,
    front,
    inbox,
    multi_geo,
    resolutions,
    site_move_jobs,
    tenant_sites,
)
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.routes import Route


def mount(backend: Backend) -> list[Route]:
    """Routes in the order they are tried."""
    return [
        *front.routes(backend),
        *context.routes(backend),
        *inbox.routes(backend),
        *administration.routes(backend),
        *multi_geo.routes(backend),
        *site_move_jobs.routes(backend),
        *resolutions.routes(backend),
        *tenant_sites.routes(backend),
    ]


def render_error(error: errors.XTenantError, status: int, request_id: str, request: Request) -> Response:
    """The OData error envelope; the edge adds the 401's challenge."""
    return odata.error(request, error, status)
