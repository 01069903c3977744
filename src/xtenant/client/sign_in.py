"""Signing in to one tenant: by certificate, by secret, with a device code, or by password (a lab's people).

`SignIn` hands out access tokens per resource and keeps what MSAL caches through a store of the caller's. A token of another
tenant than the expected one is refused before anybody uses it. Secrets and tokens are never printed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import anyio.to_thread
import httpx

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import TenantId
from xtenant.protocols.oauth import call

SLOWER_SECONDS = 5.0
"""How much longer to wait after `slow_down` (RFC 8628 3.5)."""

REMEDIES = {
    7000215: "The client secret is wrong or has expired: make a new one and sign in again with `xtenant connect`.",
    700027: "The certificate is not registered with the app: upload it to the app registration of this tenant.",
    700024: "The assertion's times do not fit: set this machine's clock right.",
    700016: "The app is not known in this tenant: register it, or have an administrator consent to it.",
    65001: "An administrator of the tenant must consent to the app's permissions.",
    50126: "Check user name and password.",
    500011: "The tenant has no such host: check the URL of the profile.",
    7000218: "The app does not allow device codes: in the app registration, Authentication, allow public client flows.",
    7000222: "The client secret has expired: use a certificate, which SharePoint hosts take too.",
    53003: "A conditional access policy keeps this sign-in out: the tenant's sign-in log names it.",
    70020: "The code was not used in time: sign in again.",
    700082: "The sign-in has expired: sign in again with `xtenant connect`.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSecret:
    """An app with a client secret: good for Graph, refused by SharePoint hosts (R-1.9)."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCertificate:
    """An app with a certificate; `pem` holds the private key and the certificate."""

    client_id: str
    pem: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSignIn:
    """A person on another device; `show` is given the line to print."""

    client_id: str
    show: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPassword:
    """A person's name and password, for labs."""

    client_id: str
    upn: str
    password: str = field(repr=False)


Credential = AppSecret | AppCertificate | DeviceSignIn | PersonPassword


class TokenCacheStore(Protocol):
    """Where MSAL's cache is kept between runs; it holds secrets, so a 0600 file or the keyring."""

    def load(self) -> str | None: ...

    def save(self, text: str) -> None: ...


class SignIn:
    """Access tokens of one tenant for one credential; safe to share between threads."""

    def __init__(
        self,
        tenant_id: TenantId,
        credential: Credential,
        http: httpx.Client,
        *,
        clock: Clock,
        cache: TokenCacheStore | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self._credential = credential
        self._http = http
        self._clock = clock
        self._cache = cache
        self._lock = threading.Lock()
        self._made: call.MsalClient | None = None

    def token_for(self, resource: str) -> str:
        """An access token for `https://HOST`. Raises NotSignedIn with a remedy, NetworkError when nobody answers."""
        scopes = [f"{resource.rstrip('/')}/.default"]
        with self._lock:
            answer = self._acquire(self._msal(), scopes)
            token = self._accepted(answer)
            self._keep_cache()
        return token

    async def token_for_async(self, resource: str) -> str:
        """The same, in a worker thread."""
        return await anyio.to_thread.run_sync(self.token_for, resource)

    def _msal(self) -> call.MsalClient:
        if self._made is None:
            self._made = self._opened()
            stored = self._cache.load() if self._cache else None
            if stored:
                self._made.load(stored)
        return self._made

    def _opened(self) -> call.MsalClient:
        match self._credential:
            case AppSecret(client_id=client_id, secret=secret):
                return call.MsalClient(self._tenant_id, client_id, self._http, secret=secret)
            case AppCertificate(client_id=client_id, pem=pem):
                return call.MsalClient(self._tenant_id, client_id, self._http, pem=pem)
            case DeviceSignIn(client_id=client_id) | PersonPassword(client_id=client_id):
                return call.MsalClient(self._tenant_id, client_id, self._http)

    def _acquire(self, msal: call.MsalClient, scopes: list[str]) -> call.Answer:
        match self._credential:
            case AppSecret() | AppCertificate():
                return msal.for_app(scopes)
            case PersonPassword(upn=upn, password=password):
                return _token_in(msal.silent(scopes)) or msal.by_password(upn, password, scopes)
            case DeviceSignIn(show=show):
                return _token_in(msal.silent(scopes)) or self._by_device(msal, scopes, show)

    def _by_device(self, msal: call.MsalClient, scopes: list[str], show: Callable[[str], None]) -> call.Answer:
        flow = msal.start_device(scopes)
        if "user_code" not in flow:
            return flow
        show(str(flow["message"]))
        ends, interval = self._clock.monotonic() + float(flow["expires_in"]), float(flow["interval"])
        while True:
            answer = msal.poll_device(flow)
            word = answer.get("error")
            if word not in ("authorization_pending", "slow_down") or self._clock.monotonic() >= ends:
                return answer
            interval += SLOWER_SECONDS if word == "slow_down" else 0.0
            self._clock.wait(interval)

    def _accepted(self, answer: call.Answer) -> str:
        """The token of an answer, if it is one of the expected tenant's."""
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise refusal_of(answer)
        if call.tenant_of_token(token) != self._tenant_id:
            self._made = None
            raise ForeignToken()
        return token

    def _keep_cache(self) -> None:
        changed = self._made.changed_cache() if self._made and self._cache else None
        if changed is not None and self._cache is not None:
            self._cache.save(changed)


class ForeignToken(errors.NotSignedIn):
    """A token whose `tid` is not the profile's: it is thrown away before anybody could send it."""

    code = "foreignToken"
    remedy = "Check the profile's tenant id; sign in again with `xtenant connect`."

    def __init__(self) -> None:
        super().__init__("The sign-in service gave a token of another tenant than the profile's; it was not used.")


def _token_in(answer: call.Answer | None) -> call.Answer | None:
    return answer if answer and "access_token" in answer else None


def refusal_of(answer: dict[str, Any]) -> errors.NotSignedIn:
    """The error behind MSAL's error answer, with Entra's number and a remedy."""
    described = str(answer.get("error_description") or answer.get("error") or "Sign-in failed.")
    text = described.split(" Trace ID:")[0].splitlines()[0]
    codes: object = answer.get("error_codes")
    number = next((code for code in codes if isinstance(code, int)), None) if isinstance(codes, list) else None  # pyright: ignore[reportUnknownVariableType]
    return errors.NotSignedIn(
        text,
        remedy=REMEDIES.get(number or 0),
        microsoft_code=f"AADSTS{number}" if number else None,
    )
