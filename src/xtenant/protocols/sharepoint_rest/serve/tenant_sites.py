"""Site administration by REST, the twins of the CSOM methods (spo-admin.md 4.8).

Paths: POST `/_api/Microsoft.Online.SharePoint.TenantAdministration.Tenant/` + GetSitePropertiesByUrl,
GetSitePropertiesFromSharePointByFilters, RemoveSite, RemoveDeletedSite.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.site import PersonalSites, SiteFacts
from xtenant.domain.tenant import HostRole
from xtenant.operations import sites
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.odata import Json
from xtenant.wire.routes import Evidence, Handler, Route
from xtenant.wire.site_properties import SITE_PROPERTIES_OF

PAGE = 300


def routes(backend: Backend) -> list[Route]:
    digests = digests_of(backend)

    async def body_of(call: Call) -> bytes:
        check_digest(digests, call)
        return await call.body(call.limits.json_body)

    async def get_site(call: Call) -> Response:
        wish = codec.read_body(await body_of(call), codec.SiteByUrlBody)
        facts = await call.run(sites.site_by_url, backend.units, url=wish.url)
        return odata.single(call.request, _properties(facts), kind=codec.SITE_PROPERTIES)

    async def list_sites(call: Call) -> Response:
        wish = codec.read_body(await body_of(call), codec.SitesFilterBody).filter
        page = await call.run(
            sites.list_sites,
            backend.units,
            geo=call.geo,
            template=wish.Template or None,
            personal=PersonalSites(codec.personal_site_name(wish.IncludePersonalSite)),
            filter_text=wish.Filter or "",
            after="" if wish.StartIndex in (None, "0") else wish.StartIndex,
            limit=PAGE,
        )
        more: dict[str, Json] = {
            "NextStartIndex": -1 if page.next_key is None else PAGE,
            "NextStartIndexFromSharePoint": page.next_key,
        }
        return odata.feed(call.request, [_properties(facts) for facts in page.sites], more=more)

    async def remove_site(call: Call) -> Response:
        wish = codec.read_body(await body_of(call), codec.SiteUrlBody)
        await call.run(sites.remove_site, backend.units, url=wish.site_url, clock=backend.clock)
        return odata.single(call.request, codec.operation(), kind=codec.SPO_OPERATION)

    async def remove_deleted_site(call: Call) -> Response:
        wish = codec.read_body(await body_of(call), codec.SiteUrlBody)
        await call.run(sites.remove_deleted_site, backend.units, url=wish.site_url)
        return odata.single(call.request, codec.operation(), kind=codec.SPO_OPERATION)

    return [
        _route("GetSitePropertiesByUrl", get_site, "sites.get"),
        _route("GetSitePropertiesFromSharePointByFilters", list_sites, "sites.list"),
        _route("RemoveSite", remove_site, "sites.remove"),
        _route("RemoveDeletedSite", remove_deleted_site, "sites.remove_deleted"),
    ]


def _properties(facts: SiteFacts) -> dict[str, Json]:
    return {name: read(facts) for name, read in SITE_PROPERTIES_OF.items()}


def _route(name: str, handler: Handler, verb: str) -> Route:
    return Route(
        hosts=frozenset({HostRole.ADMIN}),
        method="POST",
        path=f"{codec.TENANT_ROOT}/{name}",
        who=Who.OWN_SHAREPOINT_ADMIN,
        handler=handler,
        protocol="sharepoint_rest",
        evidence=Evidence.VERIFIED,
        verb=verb,
        source="spo-admin.md 4.8",
    )
