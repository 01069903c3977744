"""The table of Graph's routes, noun by noun, and Graph's error envelope."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.tenant import LOGIN_HOST
from xtenant.protocols.graph.codec import failures
from xtenant.protocols.graph.serve import (
    addressed,
    batch,
    deleted,
    downloads,
    group_lists,
    groups,
    invitations,
    licences,
    mappings,
    memberships,
    sharepoint_settings,
    sharing,
    sites,
    tasks,
    tenants,
    uploads,
    user_lists,
    users,
)
from xtenant.protocols.graph.serve.answers import json_answer
from xtenant.wire.backend import Backend
from xtenant.wire.routes import Route
from xtenant.wire.throttling import headers_of


def mount(backend: Backend) -> list[Route]:
    """Every route of this protocol, the more particular ones first."""
    table = [
        *licences.routes(backend),
        *invitations.routes(backend),
        *user_lists.routes(backend),
        *group_lists.routes(backend),
        *memberships.routes(backend),
        *deleted.routes(backend),
        *users.routes(backend),
        *tenants.routes(backend),
        *sharepoint_settings.routes(backend),
        *groups.routes(backend),
        *mappings.routes(backend),
        *tasks.routes(backend),
        *sites.routes(backend),
        *sharing.routes(backend),
        *downloads.routes(backend),
        *uploads.routes(backend),
        *addressed.routes(backend),
    ]
    return [*table, *batch.routes(backend, table, render_error)]


def render_error(error: errors.XTenantError, status: int, request_id: str, request: Request) -> Response:
    """Graph's envelope; the client's own request id is echoed (content-api.md 1.16)."""
    client_id = request.headers.get("client-request-id") or request_id
    headers = {"client-request-id": client_id}
    status = failures.words_of(error).status or status
    if status == 401:
        headers["WWW-Authenticate"] = (
            f'Bearer realm="", authorization_uri="https://{LOGIN_HOST}/common/oauth2/authorize"'
        )
    headers |= headers_of(error)
    body = failures.envelope(error, request_id=request_id, client_request_id=client_id)
    return json_answer(body, status, headers)
