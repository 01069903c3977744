"""Sign-in on the login host: tokens, device codes, discovery, keys.

POST /{tenant}/oauth2/v2.0/token        /{tenant}/oauth2/token (v1, resource=)
POST /{tenant}/oauth2/v2.0/devicecode   GET, POST /{tenant}/deviceauth
GET  /{tenant}/v2.0/.well-known/openid-configuration (and v1)    /common/discovery/instance
GET  /{tenant}/discovery/v2.0/keys (and v1)    /common/userrealm/{user}    /{tenant}/oauth2/v2.0/logout    /
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from xtenant.domain import errors
from xtenant.protocols.oauth import codec
from xtenant.protocols.oauth.serve import device_form, discovery, tokens
from xtenant.wire.backend import Backend
from xtenant.wire.routes import Route

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def mount(backend: Backend) -> list[Route]:
    """Every route of the login host; anyone may call them, since signing in is what they are for."""
    return [*tokens.mount(backend), *device_form.mount(backend), *discovery.mount(backend)]


def render_error(error: errors.XTenantError, status: int, request_id: str, request: Request) -> Response:
    """The AADSTS envelope (content-api.md 3.3); Entra answers 400 where a tenant or path is unknown."""
    correlation = request.headers.get("client-request-id") or request.query_params.get("client-request-id")
    body = codec.error_document(error, request_id, correlation)
    return JSONResponse(body, 400 if status in (403, 404) else status, NO_STORE)
