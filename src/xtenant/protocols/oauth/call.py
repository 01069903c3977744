"""Sign-in from the calling side: MSAL, unchanged, over an httpx client of ours.

MSAL brings `requests` and with it the environment's proxies and certificates; handing it an adapter over httpx keeps a lab's
proxy, its certificate authority and in-process transports in force, and REQUESTS_CA_BUNDLE out.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import msal  # pyright: ignore[reportMissingTypeStubs]
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msal.exceptions import MsalError  # pyright: ignore[reportMissingTypeStubs]

from xtenant.domain import errors
from xtenant.domain.tenant import LOGIN_HOST, TenantId
from xtenant.wire.transport import network_error

Answer = dict[str, Any]
"""MSAL's answer: a token answer, or `error` and `error_description`."""


class MsalAnswer:
    """What MSAL wants to see of a response."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.text = response.text
        self.headers = dict(response.headers)
        self._host = response.url.host

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise errors.NetworkError(f"{self._host} answered with status {self.status_code}.")


class MsalHttp:
    """`http_client` of MSAL over httpx; its own TLS and proxy arguments do not exist here."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_: object
    ) -> MsalAnswer:
        return self._send("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> MsalAnswer:
        # MSAL's client assertion is bytes, which requests takes as they are and httpx would print as b'…'
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in (data or {}).items()}
        return self._send("POST", url, params=params, data=form, headers=headers)

    def close(self) -> None:
        """The client belongs to whoever opened it."""

    def _send(self, method: str, url: str, *, headers: Mapping[str, str] | None, **rest: Any) -> MsalAnswer:
        sent = {name: value for name, value in (headers or {}).items() if value}
        try:
            return MsalAnswer(self._http.request(method, url, headers=sent, **rest))
        except httpx.HTTPError as error:
            raise network_error(error, httpx.URL(url).host) from error


class MsalClient:
    """One app at one tenant's authority; made with the first call, since MSAL reads the authority when it is made.

    `credential` is a secret, a PEM holding private key and certificate, or None for a public client.
    """

    def __init__(
        self,
        tenant_id: TenantId,
        client_id: str,
        http: httpx.Client,
        *,
        secret: str | None = None,
        pem: str | None = None,
    ) -> None:
        self._cache: Any = msal.SerializableTokenCache()
        settings: dict[str, Any] = {
            "client_id": client_id,
            "authority": f"https://{LOGIN_HOST}/{tenant_id}",
            "http_client": MsalHttp(http),
            "token_cache": self._cache,
        }
        self._app: Any
        if pem is not None:
            _require_rsa_key(pem)
        with _sign_in_errors():
            if secret is None and pem is None:
                self._app = msal.PublicClientApplication(**settings)
            else:
                credential = secret or {"private_key": pem, "public_certificate": pem}
                self._app = msal.ConfidentialClientApplication(client_credential=credential, **settings)

    def load(self, text: str) -> None:
        """Take over a stored token cache; one that cannot be read is left aside."""
        try:
            self._cache.deserialize(text)
        except ValueError:
            self._cache.deserialize("{}")

    def changed_cache(self) -> str | None:
        """The token cache as text when it has changed since the last call. It holds secrets."""
        return self._cache.serialize() if self._cache.has_state_changed else None

    def for_app(self, scopes: list[str]) -> Answer:
        """Client credentials; MSAL's cache first."""
        with _sign_in_errors():
            return self._app.acquire_token_for_client(scopes)

    def silent(self, scopes: list[str]) -> Answer | None:
        """From the cache or by refresh token; None when nobody is signed in."""
        with _sign_in_errors():
            accounts = self._app.get_accounts()
            return self._app.acquire_token_silent(scopes, account=accounts[0]) if accounts else None

    def by_password(self, upn: str, password: str, scopes: list[str]) -> Answer:
        """Password grant, for the people of a lab; MSAL's advice against it is known."""
        with _sign_in_errors(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return self._app.acquire_token_by_username_password(upn, password, scopes)

    def start_device(self, scopes: list[str]) -> Answer:
        """Begin a device code sign-in: `message` is for the person, `interval` in seconds."""
        with _sign_in_errors():
            return self._app.initiate_device_flow(scopes)

    def poll_device(self, flow: Answer) -> Answer:
        """Ask once; waiting is the caller's affair, so MSAL is shown a flow that was never polled."""
        with _sign_in_errors():
            return self._app.acquire_token_by_device_flow(dict(flow), exit_condition=_at_once)


def _key_in(pem: str) -> object:
    """The key unproved: proving it takes longer than a sign-in, and MSAL does it too."""
    return load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)


def _require_rsa_key(pem: str) -> None:
    """MSAL fails in odd ways over any other key. Raises NotSignedIn."""
    try:
        usable = isinstance(_key_in(pem), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        usable = False
    if not usable:
        raise errors.NotSignedIn(
            "The certificate's file holds no RSA private key that can be read without a password.",
            remedy="`xtenant doctor` says what is wrong with it; `xtenant setup app --script certificate` makes a new one.",
        )


def _at_once(flow: object) -> bool:
    return True


class _sign_in_errors:
    """MSAL raises what it meets (ValueError for an unknown tenant, KeyError for half a document): all become NotSignedIn."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError | KeyError | RuntimeError | MsalError):
            raise errors.NotSignedIn(
                "The sign-in service does not know this tenant, or answered with something else than sign-in.",
                remedy="Check the tenant id of the profile and the proxy that leads to login.microsoftonline.com.",
            ) from error


def tenant_of_token(token: str) -> TenantId | None:
    """The `tid` of an access token, looked up without trust; None when it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return TenantId(msgspec.json.decode(payload, type=_Tid).tid)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


class _Tid(msgspec.Struct):
    tid: UUID


class TokenClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token says of its holder, looked up without trust (content-api.md 3.5).

    `roles` are an app's consented permissions, `scp` what a person's app may do in their name, `wids` the person's
    directory roles by template id, None where the token is silent about them; `acct` is 1 for a guest.
    """

    tid: str = ""
    roles: frozenset[str] = frozenset()
    scp: str = ""
    wids: frozenset[str] | None = None
    upn: str = ""
    acct: int = 0
    idtyp: str = ""

    @property
    def is_person(self) -> bool:
        """Whether it stands for somebody; an app's own token has roles, or says so."""
        return bool(self.scp) or self.idtyp == "user"


def claims_of_token(token: str) -> TokenClaims:
    """The claims of an access token; empty ones when it cannot be read."""
    try:
        payload = token.split(".")[1]
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return msgspec.json.decode(raw, type=TokenClaims)
    except (IndexError, binascii.Error, ValueError, msgspec.MsgspecError):
        return TokenClaims()
