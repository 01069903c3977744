"""POST `/_api/contextinfo`, for a host's root and for each of its sites: versions and a form digest (spo-admin.md 1.1)."""

from __future__ import annotations

import re

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.list_views import WebRef
from xtenant.operations import webs
from xtenant.protocols.sharepoint_rest import codec
from xtenant.protocols.sharepoint_rest.serve.front import SHAREPOINT_HOSTS
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.digest import FormDigests
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

WEB_PATH = re.compile(r"(/[^/\x00-\x1f]{1,128}){0,10}")
"""A web's path on its host; empty for the site at the root."""

SITE_PATH = re.compile(r"(/(sites|teams|personal)/[^/\x00-\x1f]{1,128}(/[^/\x00-\x1f]{1,128}){0,8})?", re.IGNORECASE)
"""Where sites and the webs below them stand; all other paths are those of webs below the site at the root."""


def digests_of(backend: Backend) -> FormDigests:
    """The tenant's digests; the same at every mount, since the secret is the tenant's."""
    return FormDigests(secret=backend.tokens.digest_secret, clock=backend.clock, limits=backend.limits)


def host_of(call: Call) -> str:
    return (call.request.headers.get("host") or "").split(":")[0].lower()


def check_digest(digests: FormDigests, call: Call) -> None:
    """A bearer caller may leave the digest out; a bad one is refused (spo-admin.md 1). Raises StaleDigest."""
    value = call.request.headers.get("x-requestdigest")
    if value:
        digests.check(value, host_of(call))


def routes(backend: Backend) -> list[Route]:
    digests = digests_of(backend)

    async def context_information(call: Call) -> Response:
        site = call.values["site"]
        if not WEB_PATH.fullmatch(site):
            raise errors.NotFound("There is no web at this address.")
        if not SITE_PATH.fullmatch(site):
            ref = WebRef(url=f"https://{host_of(call)}{site}")
            await call.run(webs.find_web, backend.units, call.caller, ref=ref)
        information = codec.context_information(
            web_url=f"https://{host_of(call)}{site}",
            digest=digests.issue(host_of(call)),
            seconds=call.limits.digest_seconds,
        )
        return odata.method_result(call.request, "GetContextWebInformation", information)

    return [
        Route(
            hosts=SHAREPOINT_HOSTS,
            method="POST",
            path="{site:path}/_api/contextinfo",
            who=Who.OWN_USER,
            handler=context_information,
            protocol="sharepoint_rest",
            evidence=Evidence.VERIFIED,
            verb="context",
            source="recordings/cli-microsoft365.txt, recordings/office365-rest-python-client.txt",
        )
    ]
