"""Sites (content-api.md 1.2).

GET /sites?search=… · GET /sites/getAllSites · GET /sites/{id or root or host:/path} · …/drives · …/sites · GET /groups/{id}/sites/root
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import Site, SiteKey
from xtenant.domain.list_views import WebView
from xtenant.operations import content, groups, webs
from xtenant.protocols.graph.codec import bodies, drives, query
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import context, json_answer, link, options_of, rows
from xtenant.protocols.graph.serve.places import ref_of, web_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "content-api.md 1.2"


def routes(backend: Backend) -> list[Route]:
    sites = Sites(backend)
    return [
        *rows("GET", "/sites", sites.search, verb="sites.list", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows("GET", "/sites/getAllSites", sites.every, verb="sites.list", source=_SOURCE, evidence=Evidence.INFERRED),
        *rows(
            "GET",
            "/groups/{group}/sites/root",
            sites.of_group,
            verb="sites.get",
            source="graph-migrations.md 4.4",
            evidence=Evidence.INFERRED,
        ),
    ]


class Sites:
    """Handlers of sites; single ones come through the address grammar (`serve/addressed.py`)."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def search(self, call: Call) -> Response:
        term = options_of(call).search
        if term is None:
            raise query.InvalidOption("Sites are listed by search.", remedy="Ask for /sites?search=* to see all.")
        return await self._page(call, term)

    async def every(self, call: Call) -> Response:
        return await self._page(call, "")

    async def _page(self, call: Call, term: str) -> Response:
        options = options_of(call)
        text = query.unpack_token(options.skip_token) if options.skip_token else "0"
        if not text.isdecimal() or not text.isascii() or len(text) > 18:
            raise query.InvalidOption("The paging token is not one of this service.")
        found, after = await call.run(
            content.list_sites,
            self._backend.units,
            call.caller,
            after=SiteKey(int(text)),
            limit=options.limit(call.limits.page_size, call.limits.page_size_max),
            term=term,
        )
        shown = [bodies.selected(self.row(site), options.select) for site in found]
        more = None if after is None else link(call, "$skiptoken", query.pack_token(str(after)))
        return json_answer(bodies.page(shown, context=context(call, "sites"), next_link=more))

    async def of_group(self, call: Call) -> Response:
        units = self._backend.units
        group = await call.run(groups.get_group, units, call.caller, call.values["group"])
        if group.site_url is None:
            raise errors.NotFound("The group has no site yet.")
        site = await call.run(content.find_site_by_url, units, call.caller, url=group.site_url)
        return self.one(call, site)

    async def addressed(self, call: Call, address: Address) -> Response:
        """A site or subweb that an address names, its drives, or the webs below it."""
        web = await web_of(self._backend, call, address)
        if not address.rest:
            return self._web(call, web)
        if len(address.rest) > 1 or address.verb not in ("drives", "sites"):
            raise query.NotSupported(f"'{address.verb}' of a site is not served.")
        return await (self.drives(call, web) if address.verb == "drives" else self.below(call, web))

    async def drives(self, call: Call, web: WebView) -> Response:
        backend, options = self._backend, options_of(call)
        web_id = None if web.web is None else web.web.item_id
        found = await call.run(content.drives_of, backend.units, call.caller, site_id=web.site.site_id, web_id=web_id)
        with_ids = "sharepointids" in {name.lower() for name in options.select}
        shown = [
            bodies.selected(drives.drive_json(drive, backend.tenant.tenant_id, with_ids=with_ids), options.select)
            for drive in found
        ]
        return json_answer(bodies.page(shown, context=context(call, "drives")))

    async def below(self, call: Call, web: WebView) -> Response:
        select = options_of(call).select
        found = await call.run(webs.webs_below, self._backend.units, call.caller, ref=ref_of(web))
        shown = [bodies.selected(drives.subsite_json(view), select) for view in found]
        return json_answer(bodies.page(shown, context=context(call, "sites")))

    def one(self, call: Call, site: Site) -> Response:
        shown = bodies.selected(self.row(site), options_of(call).select)
        return json_answer({"@odata.context": context(call, "sites/$entity"), **shown})

    def _web(self, call: Call, web: WebView) -> Response:
        if web.web is None:
            return self.one(call, web.site)
        shown = bodies.selected(drives.subsite_json(web), options_of(call).select)
        return json_answer({"@odata.context": context(call, "sites/$entity"), **shown})

    def row(self, site: Site) -> bodies.Json:
        roots = {geo.root_url for geo in self._backend.tenant.geos}
        return drives.site_json(site, default_root=site.url in roots)
