"""All routes of SharePoint REST, and its error envelope."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.protocols.sharepoint_rest.serve import (
    administration,
    context,
    estates,
    front,
    inbox,
    lists,
    multi_geo,
    packages,
    publishing,
    recycle_bin,
    resolutions,
    role_assignments,
    site_groups,
    site_move_jobs,
    site_users,
    tenant_sites,
    webs,
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
        *estates.routes(backend),
        *multi_geo.routes(backend),
        *site_move_jobs.routes(backend),
        *resolutions.routes(backend),
        *packages.routes(backend),
        *tenant_sites.routes(backend),
        *webs.routes(backend),
        *role_assignments.routes(backend),
        *site_users.routes(backend),
        *site_groups.routes(backend),
        *recycle_bin.routes(backend),
        *publishing.routes(backend),
        *lists.routes(backend),
    ]


def render_error(error: errors.XTenantError, status: int, request_id: str, request: Request) -> Response:
    """The OData error envelope; the edge adds the 401's challenge."""
    return odata.error(request, error, status)
