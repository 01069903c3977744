"""Bearer tokens at the door of the OWN_* routes: who the caller is, and whether the token is good for this host.

A token for one SharePoint host of the tenant is good for its others, a Graph token only for Graph, and an app's token
obtained with a secret is refused on SharePoint hosts (settled A 9, content-api.md 3.5).
"""

from __future__ import annotations

from starlette.requests import Request

from xtenant.domain import errors
from xtenant.domain.caller import AppCredential, Caller, CallerKind
from xtenant.domain.sign_in import GRAPH_APP_ID, SHAREPOINT_APP_ID
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, Geo, HostRole, Tenant, host_role
from xtenant.wire.routes import Match
from xtenant.wire.tokens import TokenIssuer

ACCESS_CONTROL = "00000001-0000-0000-c000-000000000000"
SHAREPOINT_ROLES = frozenset({HostRole.ADMIN, HostRole.MY, HostRole.ROOT})


class BearerAuthenticator:
    """`Authenticator` for users and apps of the own tenant."""

    def __init__(self, tokens: TokenIssuer) -> None:
        self._tokens = tokens

    async def caller_of(self, request: Request, match: Match, geo: Geo) -> Caller:
        """The verified caller; NotSignedIn without a token, or with one that does not count at this host."""
        host = (request.headers.get("host") or "").split(":")[0]
        return caller_at(self._tokens, bearer_of(request), host_role(host))


def bearer_of(request: Request) -> str:
    """The token of `Authorization: Bearer …` (any letter case: abraunegg writes `bearer`); NotSignedIn without one."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.NotSignedIn("Access denied. You do not have permission to perform this action without signing in.")
    return token.strip()


def caller_at(tokens: TokenIssuer, token: str, role: HostRole) -> Caller:
    """The caller behind a token, judged for a kind of host; NotSignedIn when the token is for another kind."""
    claims = tokens.read(token)
    if (role in SHAREPOINT_ROLES) != (claims.host != GRAPH_HOST):
        raise errors.NotSignedIn("The token is for another resource; ask for one whose audience is this host.")
    caller = claims.caller
    if (
        role in SHAREPOINT_ROLES
        and caller.kind is CallerKind.APP
        and caller.credential is not AppCredential.CERTIFICATE
    ):
        raise UnsupportedAppToken()
    return caller


class UnsupportedAppToken(errors.NotSignedIn):
    """An app's token obtained with a secret at a SharePoint host."""

    code = "unsupportedAppToken"
    remedy = "Sign the app in with its certificate; SharePoint hosts refuse client secrets (R-1.9)."

    def __init__(self) -> None:
        super().__init__("Unsupported app only token.")


def challenge(tenant: Tenant, role: HostRole) -> str:
    """The `WWW-Authenticate` value of a 401: it names the tenant at SharePoint hosts (settled A 10, known from clients)."""
    if role in SHAREPOINT_ROLES:
        issuers = f"{ACCESS_CONTROL}@*,https://sts.windows.net/*/,https://{LOGIN_HOST}/*/v2.0"
        return (
            f'Bearer realm="{tenant.tenant_id}",client_id="{SHAREPOINT_APP_ID}",trusted_issuers="{issuers}",'
            f'authorization_uri="https://{LOGIN_HOST}/common/oauth2/authorize"'
        )
    authorize = f"https://{LOGIN_HOST}/common/oauth2/authorize"
    return f'Bearer realm="", authorization_uri="{authorize}", client_id="{GRAPH_APP_ID}"'
