"""Licences (graph-migrations.md 4.3).

GET /subscribedSkus, /subscribedSkus/{id} · POST /users/{id}/assignLicense, /me/assignLicense · GET /users/{id}/licenseDetails,
/me/licenseDetails
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from xtenant.domain.directory import User, UserId
from xtenant.domain.licence import Holding, SkuId
from xtenant.operations import licences as operations
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import licences as codec
from xtenant.protocols.graph.codec import users as users_codec
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.3"


def routes(backend: Backend) -> list[Route]:
    licences = Licences(backend)
    table = [
        ("GET", "/subscribedSkus", licences.list, "licences.list"),
        ("GET", "/subscribedSkus/{sku}", licences.get, "licences.list"),
        ("POST", "/users/{user}/assignLicense", licences.assign, "licences.assign"),
        ("POST", "/me/assignLicense", licences.assign, "licences.assign"),
        ("GET", "/users/{user}/licenseDetails", licences.details, "licences.list"),
        ("GET", "/me/licenseDetails", licences.details, "licences.list"),
    ]
    return [
        row
        for method, path, handler, verb in table
        for row in rows(method, path, handler, verb=verb, source=_SOURCE, evidence=Evidence.INFERRED)
    ]


async def holdings_for(
    call: Call, backend: Backend, users: Sequence[User], select: frozenset[str]
) -> Mapping[UserId, Sequence[Holding]]:
    """The licences of people about to be shown; empty where `$select` asks for none of the properties that tell them."""
    if select and not {name.lower() for name in select} & users_codec.LICENCE_FIELDS:
        return {}
    return await call.run(operations.read_holdings, backend.units, [user.user_id for user in users])


class Licences:
    """Handlers of subscriptions and of what people hold."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def list(self, call: Call) -> Response:
        options = options_of(call)
        found = await call.run(operations.list_subscriptions, self._backend.units, call.caller)
        shown = [bodies.selected(codec.subscription_json(row, self._backend.tenant), options.select) for row in found]
        return json_answer(bodies.page(shown, context=context(call, "subscribedSkus")))

    async def get(self, call: Call) -> Response:
        tenant = self._backend.tenant
        sku_id = codec.sku_id_in(call.values["sku"], tenant.tenant_id)
        found = await call.run(operations.get_subscription, self._backend.units, call.caller, sku_id)
        shown = bodies.selected(codec.subscription_json(found, tenant), options_of(call).select)
        return json_answer({"@odata.context": context(call, "subscribedSkus/$entity"), **shown})

    async def assign(self, call: Call) -> Response:
        backend, body = self._backend, await body_of(call, codec.AssignBody)
        wishes = [
            operations.Wish(sku_id=SkuId(added.sku_id), disabled_plans=frozenset(added.disabled_plans or ()))
            for added in body.add_licenses
        ]
        user, held = await call.run(
            operations.assign_licences,
            backend.units,
            call.caller,
            call.values.get("user"),
            wishes,
            [SkuId(sku_id) for sku_id in body.remove_licenses],
            clock=backend.clock,
        )
        shown = users_codec.user_json(user, held)
        return json_answer({"@odata.context": context(call, "users/$entity"), **shown})

    async def details(self, call: Call) -> Response:
        options, name = options_of(call), call.values.get("user")
        found = await call.run(operations.list_details, self._backend.units, call.caller, name)
        shown = [bodies.selected(codec.details_json(row, name or "me"), options.select) for row in found]
        return json_answer(bodies.page(shown, context=context(call, "licenseDetails")))
