"""What clients read before they sign in: OpenID configuration, instance discovery, keys, user realm; and the front page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import JSONResponse, PlainTextResponse, Response

from xtenant.domain.caller import Who
from xtenant.domain.sign_in import check_authority
from xtenant.domain.tenant import HostRole
from xtenant.protocols.oauth import codec
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

HOSTS = frozenset({HostRole.LOGIN})
CACHED = {"Cache-Control": "max-age=86400, private"}


def mount(backend: Backend) -> list[Route]:
    """Rows of the documents, all GET."""
    pages = Documents(backend)
    rows: list[tuple[str, Callable[[Call], Awaitable[Response]], Evidence]] = [
        ("/common/discovery/instance", pages.instance, Evidence.VERIFIED),
        ("/{tenant}/v2.0/.well-known/openid-configuration", pages.openid, Evidence.VERIFIED),
        ("/{tenant}/.well-known/openid-configuration", pages.openid_v1, Evidence.VERIFIED),
        ("/{tenant}/discovery/v2.0/keys", pages.keys, Evidence.VERIFIED),
        ("/{tenant}/discovery/keys", pages.keys, Evidence.VERIFIED),
        ("/common/userrealm/{user}", pages.realm, Evidence.VERIFIED),
        ("/{tenant}/oauth2/v2.0/logout", pages.logout, Evidence.INFERRED),
        ("/{tenant}/oauth2/logout", pages.logout, Evidence.INFERRED),
        ("/", pages.front, Evidence.OUR_CHOICE),
    ]
    return [
        Route(
            hosts=HOSTS,
            method="GET",
            path=path,
            who=Who.ANYONE,
            handler=handler,
            protocol="oauth",
            evidence=evidence,
            verb=f"sign_in.{handler.__name__}",
            source="content-api.md 3.1",
        )
        for path, handler, evidence in rows
    ]


class Documents:
    """Static answers; none of them asks the store."""

    def __init__(self, backend: Backend) -> None:
        self._tenant = backend.tenant
        self._keys = backend.tokens.jwks()

    async def instance(self, call: Call) -> Response:
        """Instance discovery; MSAL asks it for aliases in silent flows."""
        version = "1.0" if call.query("api-version") == "1.0" else "1.1"
        return JSONResponse(codec.instance_document(call.query("authorization_endpoint"), version), headers=CACHED)

    async def openid(self, call: Call) -> Response:
        """OpenID configuration, v2."""
        check_authority(self._tenant, call.values["tenant"])
        return JSONResponse(codec.openid_document(self._tenant, call.values["tenant"].lower(), version=2))

    async def openid_v1(self, call: Call) -> Response:
        """OpenID configuration, v1."""
        check_authority(self._tenant, call.values["tenant"])
        return JSONResponse(codec.openid_document(self._tenant, call.values["tenant"].lower(), version=1))

    async def keys(self, call: Call) -> Response:
        """The public key our tokens are signed with."""
        check_authority(self._tenant, call.values["tenant"])
        return JSONResponse(self._keys, headers=CACHED)

    async def realm(self, call: Call) -> Response:
        """User realm, asked by MSAL before a password grant."""
        return JSONResponse(codec.realm_document(call.values["user"]))

    async def logout(self, call: Call) -> Response:
        """There is no session to end; a redirect target in the query is not followed."""
        check_authority(self._tenant, call.values["tenant"])
        return PlainTextResponse("You are signed out.")

    async def front(self, call: Call) -> Response:
        """`GET /` and `HEAD /`: abraunegg's client asks it to see whether it is online."""
        text = "" if call.request.method == "HEAD" else f"Sign-in of {self._tenant.display_name}."
        return PlainTextResponse(text)
