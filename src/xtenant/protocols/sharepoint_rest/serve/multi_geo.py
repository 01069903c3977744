"""The MultiGeo service's versions and compatibility, below both of its roots (spo-admin.md 5).

Paths: GET `MultiGeoApiVersions`, GET `XTenantMoveCompatibilityCheck(targetTenantHostUrl='…')`.
"""

from __future__ import annotations

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole, parse_host_url
from xtenant.operations import trust
from xtenant.protocols.sharepoint_rest import codec
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Handler, Route


def check_api_version(call: Call) -> None:
    """`api-version` may be left out. Raises UsageError for one we do not list."""
    version = call.query("api-version")
    if version is not None and version not in codec.API_VERSIONS:
        raise errors.UsageError(
            f"The api-version '{version}' is not supported.",
            remedy=f"Use one of {', '.join(codec.API_VERSIONS)}.",
        )


def member_routes(
    method: str, path: str, handler: Handler, *, verb: str, evidence: Evidence, source: str
) -> list[Route]:
    """A member of the service at both of its addresses, for own administrators."""
    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method=method,
            path=address,
            who=Who.OWN_SHAREPOINT_ADMIN,
            handler=handler,
            protocol="sharepoint_rest",
            evidence=evidence,
            verb=verb,
            source=source,
        )
        for address in odata.both_roots(path)
    ]


def routes(backend: Backend) -> list[Route]:
    async def versions(call: Call) -> Response:
        return odata.single(call.request, {"SupportedVersions": list(codec.API_VERSIONS)})

    async def compatibility(call: Call) -> Response:
        check_api_version(call)
        aliases = dict(call.request.query_params)
        given = odata.arguments(call.values["arguments"], "targetTenantHostUrl", aliases=aliases)
        target = parse_host_url(odata.unescape_key(given["targetTenantHostUrl"]))
        result = await trust.compatibility(
            backend.units, backend.partner, tenant=backend.tenant, geo=call.geo, target=target
        )
        body = codec.compatibility(call.geo.host_url, target, result)
        return odata.single(call.request, body, kind=codec.COMPATIBILITY_CHECK)

    return [
        *member_routes(
            "GET",
            "MultiGeoApiVersions",
            versions,
            verb="multi_geo.versions",
            evidence=Evidence.VERIFIED,
            source="spo-admin.md 5.1",
        ),
        *member_routes(
            "GET",
            "XTenantMoveCompatibilityCheck({arguments:path})",
            compatibility,
            verb="compatibility.get",
            evidence=Evidence.INFERRED,
            source="spo-admin.md 5.2, 8.9",
        ),
    ]
