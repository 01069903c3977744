"""One request to a partner's host, bounded in time and size, every failure in the words of the trust verbs.

No redirects, no retries but one on a connection that broke: each call carries a token of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from uuid import UUID

import anyio
import httpx

from xtenant.domain import errors, trust
from xtenant.domain.limits import Limits
from xtenant.domain.tenant import HostUrl, TenantId
from xtenant.wire.transport import network_error

_BUSY = frozenset({408, 425, 429})
_BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_REALM = re.compile(r'Bearer\b[^,]*\brealm="([0-9a-fA-F-]{36})"')

Headers = Callable[[], Mapping[str, str]]


def _no_headers() -> Mapping[str, str]:
    return {}


class Channel:
    """Sends to partners over a client of `open_http`, which keeps the limits of addresses, redirects and sizes."""

    def __init__(self, http: httpx.AsyncClient, limits: Limits) -> None:
        self._http = http
        self._limits = limits

    async def ask(
        self,
        partner: HostUrl,
        path: Callable[[], str],
        *,
        method: str = "GET",
        headers: Headers = _no_headers,
        content: bytes | None = None,
    ) -> bytes:
        """The body of a 200. `path` and `headers` are made afresh for each try, since a token counts once.

        Raises PartnerUnreachable when the partner could not be asked or is busy, UnknownPartner when it refused or the
        host is no tenant, PrivateAddress when its name leads to a private address.
        """
        answer = await self.send(partner, path, method=method, headers=headers, content=content)
        if answer.status_code == 200:
            return answer.content
        if answer.status_code >= 500 or answer.status_code in _BUSY:
            raise errors.PartnerUnreachable(f"{partner.host} cannot answer now ({answer.status_code}).")
        raise trust.UnknownPartner(f"{partner.host} refused the call ({answer.status_code}), or is no tenant's host.")

    async def send(
        self,
        partner: HostUrl,
        path: Callable[[], str],
        *,
        method: str = "GET",
        headers: Headers = _no_headers,
        content: bytes | None = None,
    ) -> httpx.Response:
        """The whole answer, whatever its status; raises PartnerUnreachable, UnknownPartner, PrivateAddress."""
        try:
            with anyio.fail_after(self._limits.partner_seconds):
                return await self._once_more(partner, path, method, headers, content)
        except TimeoutError as error:
            raise errors.PartnerUnreachable(f"{partner.host} did not answer in time.") from error
        except httpx.HTTPError as error:
            if isinstance(error, httpx.ProxyError) and str(error).startswith("403"):
                raise trust.UnknownPartner(f"There is no tenant at {partner.host}.") from error
            raise errors.PartnerUnreachable(network_error(error, partner.host).text) from error
        except errors.NetworkError as error:
            raise errors.PartnerUnreachable(f"{partner.host}: {error.text}") from error

    async def _once_more(
        self, partner: HostUrl, path: Callable[[], str], method: str, headers: Headers, content: bytes | None
    ) -> httpx.Response:
        """A connection kept from an earlier call may have been closed meanwhile; then a new one is tried."""

        async def once() -> httpx.Response:
            url = f"https://{partner.host}{path()}"
            return await self._http.request(method, url, headers=headers(), content=content)

        try:
            return await once()
        except _BROKEN:
            return await once()


def tenant_in_challenge(answer: httpx.Response) -> TenantId:
    """The tenant id in a 401's `WWW-Authenticate: Bearer realm=…` (settled A 10). Raises UnknownPartner without one."""
    found = _REALM.search(answer.headers.get("www-authenticate", ""))
    if answer.status_code != 401 or found is None:
        host = answer.request.url.host
        raise trust.UnknownPartner(f"{host} answered, but not as a tenant's service does.")
    try:
        return TenantId(UUID(found[1]))
    except ValueError as error:
        raise trust.UnknownPartner("The host names no tenant in its challenge.") from error
