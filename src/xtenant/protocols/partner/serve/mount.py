"""The partner channel's routes and its error envelope.

Paths: `/_api/OrgRelationNotification(…)`, `/_api/OrgRelationVerification(…)`, `/_api/OrgRelationSchema(…)`,
`/_api/xtenant/partner-keys`; `POST /_api/xtenant/partner/OP` for moves.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.protocols.partner import codec
from xtenant.protocols.partner.serve import moves, trust
from xtenant.wire.backend import Backend
from xtenant.wire.partner_tokens import PartnerTokens
from xtenant.wire.routes import Route

JSON = "application/json"


def mount(backend: Backend, tokens: PartnerTokens) -> list[Route]:
    """Every route of the channel."""
    return [*trust.routes(backend, tokens), *moves.routes(backend)]


def render_error(error: errors.XTenantError, status: int, request_id: str, request: Request) -> Response:
    """`{"error": {"code", "message"}}` (our choice); the text never depends on whether a user or URL exists."""
    return Response(codec.encode_error(error.code, error.text), status, media_type=JSON)
