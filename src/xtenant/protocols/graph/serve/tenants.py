"""The own organization and other tenants (graph-migrations.md 4.1, settled A 10).

GET /organization, /organization/{id}, /domains, /domains/{name} · GET /tenantRelationships/findTenantInformationByTenantId(tenantId='…'), …ByDomainName(domainName='…')
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.operations import directory
from xtenant.operations.directory import as_guid
from xtenant.protocols.graph.codec import bodies, query
from xtenant.protocols.graph.codec import directory as codec
from xtenant.protocols.graph.serve.answers import context, json_answer, options_of, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.1"
_INFERRED = Evidence.INFERRED
_CONTEXT = "microsoft.graph.tenantInformation"


def routes(backend: Backend) -> list[Route]:
    tenants = Tenants(backend)
    return [
        *(
            row
            for path, handler in (
                ("/organization", tenants.organizations),
                ("/organization/{tenant}", tenants.organization),
                ("/domains", tenants.domains),
                ("/domains/{domain}", tenants.domain),
            )
            for row in rows("GET", path, handler, verb="tenant.find", source=_SOURCE, evidence=_INFERRED)
        ),
        *rows(
            "GET",
            "/tenantRelationships/findTenantInformationByTenantId({arguments:arg})",
            tenants.by_id,
            verb="tenant.find",
            source=_SOURCE,
            evidence=_INFERRED,
        ),
        *rows(
            "GET",
            "/tenantRelationships/findTenantInformationByDomainName({arguments:arg})",
            tenants.by_domain,
            verb="tenant.find",
            source=_SOURCE,
            evidence=_INFERRED,
        ),
    ]


class Tenants:
    """Handlers of what may be learnt of this tenant and of others."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def organizations(self, call: Call) -> Response:
        shown = self._organization(call)
        return json_answer(bodies.page([shown], context=context(call, "organization")))

    async def organization(self, call: Call) -> Response:
        if as_guid(call.values["tenant"]) != self._backend.tenant.tenant_id:
            raise directory.TenantNotFound(f"Resource '{call.values['tenant']}' does not exist.")
        return json_answer({"@odata.context": context(call, "organization/$entity"), **self._organization(call)})

    def _organization(self, call: Call) -> bodies.Json:
        own = directory.own_tenant(self._backend.tenant, call.caller)
        return bodies.selected(codec.organization_json(own), options_of(call).select)

    async def domains(self, call: Call) -> Response:
        own, select = directory.own_tenant(self._backend.tenant, call.caller), options_of(call).select
        shown = [bodies.selected(codec.domain_json(own, name), select) for name in own.verified_domains]
        return json_answer(bodies.page(shown, context=context(call, "domains")))

    async def domain(self, call: Call) -> Response:
        name = directory.own_domain(self._backend.tenant, call.caller, call.values["domain"])
        shown = bodies.selected(codec.domain_json(self._backend.tenant, name), options_of(call).select)
        return json_answer({"@odata.context": context(call, "domains/$entity"), **shown})

    async def by_id(self, call: Call) -> Response:
        text = query.function_argument(call.values["arguments"], "tenantId")
        tenant_id = as_guid(text or "")
        if tenant_id is None:
            raise query.InvalidOption("Write findTenantInformationByTenantId(tenantId='GUID').")
        found = directory.find_tenant_by_id(self._backend.tenant, call.caller, tenant_id)
        return json_answer({"@odata.context": context(call, _CONTEXT), **codec.tenant_json(found)})

    async def by_domain(self, call: Call) -> Response:
        domain = query.function_argument(call.values["arguments"], "domainName")
        if not domain:
            raise query.InvalidOption("Write findTenantInformationByDomainName(domainName='DOMAIN').")
        found = directory.find_tenant_by_domain(self._backend.tenant, call.caller, domain)
        return json_answer({"@odata.context": context(call, _CONTEXT), **codec.tenant_json(found)})
