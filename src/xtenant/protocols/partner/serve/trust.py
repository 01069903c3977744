"""A partner's notices and questions about trust, and the public keys this tenant signs with."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.ports.partner import TrustQuestion
from xtenant.domain.tenant import HostRole
from xtenant.operations import trust as operations
from xtenant.protocols.partner import codec
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.partner_caller import claims_of
from xtenant.wire.partner_tokens import NOTIFY, SCHEMA, VERIFY, PartnerClaims, PartnerTokens
from xtenant.wire.routes import Evidence, Handler, Route

_JSON = "application/json"
_SOURCE = "spo-admin.md 5.2; contents settled A 14"


def routes(backend: Backend, tokens: PartnerTokens) -> list[Route]:
    """The four routes of this module."""

    async def notification(call: Call) -> Response:
        question = _question(_claims(call, NOTIFY))
        await call.run(
            operations.receive_request,
            backend.units,
            tenant=backend.tenant,
            geo=call.geo,
            caller=call.caller,
            question=question,
            clock=backend.clock,
            ids=backend.ids,
        )
        return Response(codec.encode_notification(), media_type=_JSON)

    async def verification(call: Call) -> Response:
        question = _question(_claims(call, VERIFY))
        answer = await call.run(
            operations.answer_verification,
            backend.units,
            geo=call.geo,
            caller=call.caller,
            question=question,
            clock=backend.clock,
        )
        return Response(codec.encode_verification(backend.tenant.tenant_id, answer), media_type=_JSON)

    async def schema(call: Call) -> Response:
        _claims(call, SCHEMA)
        version = await call.run(operations.schema_for_partner, backend.units, geo=call.geo, caller=call.caller)
        return Response(codec.encode_schema(version), media_type=_JSON)

    return [
        _partner(codec.NOTIFICATION_PATH, notification, Evidence.NOT_PUBLIC, "partner.notify"),
        _partner(codec.VERIFICATION_PATH, verification, Evidence.NOT_PUBLIC, "partner.verify"),
        _partner(codec.SCHEMA_PATH, schema, Evidence.OUR_CHOICE, "partner.schema"),
        _keys_route(tokens),
    ]


def _keys_route(tokens: PartnerTokens) -> Route:
    async def keys(call: Call) -> Response:
        return Response(msgspec.json.encode(tokens.document(call.geo)), media_type=_JSON)

    return Route(
        hosts=frozenset({HostRole.MY}),
        method="GET",
        path=codec.KEYS_PATH,
        who=Who.ANYONE,
        handler=keys,
        protocol="partner",
        evidence=Evidence.OUR_CHOICE,
        verb="partner.keys",
        source="settled A 6, B 17: a static answer without a database",
    )


def _partner(path: str, handler: Handler, evidence: Evidence, verb: str) -> Route:
    return Route(
        hosts=frozenset({HostRole.MY}),
        method="GET",
        path=path,
        who=Who.PARTNER,
        handler=handler,
        protocol="partner",
        evidence=evidence,
        verb=verb,
        source=_SOURCE,
    )


def _claims(call: Call, op: str) -> PartnerClaims:
    """The token's claims. Raises UsageError when it was signed for another call than the one asked."""
    claims = claims_of(call.request)
    if claims.op != op:
        raise errors.UsageError(f"The token is for '{claims.op}', the address for '{op}'.")
    return claims


def _question(claims: PartnerClaims) -> TrustQuestion:
    return codec.question_of(claims.scenario, claims.role)
