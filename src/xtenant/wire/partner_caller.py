"""Who a partner's call comes from: the token out of the address or header, the caller's key, and the memory against replay.

Asking a caller's host for its key is the one exception to 'answering never asks back' (settled B 17): the answer is static,
cached, never asked for inside a unit of work and at most once a minute per host.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import anyio
import anyio.to_thread
from starlette.requests import Request

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, HostUrl, Tenant
from xtenant.wire.partner_tokens import KeysDocument, PartnerClaims, check_times, take_apart, verified
from xtenant.wire.routes import Match

TOKEN_ARGUMENTS = ("encodedNotificationQuery", "encodedVerificationQuery", "encodedQuery")
"""Function arguments that carry a token (`spo-admin.md` 5.2); posted calls carry it in `Authorization`."""

_CLAIMS = "xtenant.partner_claims"
FETCH_SECONDS = 60.0
RETRY_SECONDS = 5.0
KEEP_SECONDS = 3_600.0
PURGE_EVERY = 256

FetchKeys = Callable[[HostUrl], Awaitable[KeysDocument]]
"""Reads a host's key document; raises PartnerUnreachable, UnknownPartner or a UsageError."""


def claims_of(request: Request) -> PartnerClaims:
    """The verified claims behind a partner's request. Raises NotSignedIn where no partner was let in."""
    claims = request.scope.get(_CLAIMS)
    if not isinstance(claims, PartnerClaims):
        raise errors.NotSignedIn("Only a partner's service may ask this.")
    return claims


class PartnerAuthenticator:
    """`Authenticator` for routes of `Who.PARTNER`. Whatever is wrong with a token is NotSignedIn, never a fault."""

    def __init__(self, tenant: Tenant, units: Units, fetch_keys: FetchKeys, *, clock: Clock, limits: Limits) -> None:
        self._tenant = tenant
        self._clock = clock
        self._limits = limits
        self._keys = KeyCache(fetch_keys, clock, limits.partner_keys)
        self._memory = ReplayMemory(units, clock, limits)

    async def caller_of(self, request: Request, match: Match, geo: Geo) -> Caller:
        """The partner behind a request; its claims are found again by `claims_of`."""
        claims = await self.read(_token_in(request, match), geo)
        request.scope[_CLAIMS] = claims
        return Caller(kind=CallerKind.PARTNER, partner=claims.issuer, tenant_id=claims.tenant_id)

    async def read(self, text: str, geo: Geo) -> PartnerClaims:
        """Check a token addressed to one of our geos: form, audience, times, key, signature, replay, in this order."""
        token = take_apart(text)
        claims = token.claims
        if claims.audience != geo.host_url:
            raise errors.NotSignedIn("The partner's token is addressed to another host.")
        if self._tenant.owns(claims.issuer) or claims.tenant_id == self._tenant.tenant_id:
            raise errors.NotSignedIn("A tenant is not its own partner.")
        check_times(claims, self._clock.security_now(), self._limits)
        verified(token, await self._keys.document_of(claims.issuer, token.kid))
        await anyio.to_thread.run_sync(self._memory.remember, claims)
        return claims


def _token_in(request: Request, match: Match) -> str:
    for name, value in match.values.items():
        if name in TOKEN_ARGUMENTS:
            return value.strip("'")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise errors.NotSignedIn("A partner's call carries a signed token.")
    return token.strip()


@dataclass(slots=True, kw_only=True)
class _Entry:
    """What is known of one host; `asked_at` is the last fetch, whether it went well or not."""

    document: KeysDocument | None = None
    read_at: float = 0.0
    asked_at: float | None = None
    lock: anyio.Lock = field(default_factory=anyio.Lock)

    def fresh(self, kid: str, now: float) -> KeysDocument | None:
        """The document, if it is young enough and holds the key."""
        known = self.document is not None and self.document.key(kid) is not None
        return self.document if known and now - self.read_at < KEEP_SECONDS else None


class KeyCache:
    """Key documents by host, at most so many hosts, each asked at most once a minute and again after an hour.

    A fetch that failed may be tried again after five seconds.
    """

    def __init__(self, fetch_keys: FetchKeys, clock: Clock, most_hosts: int) -> None:
        self._fetch = fetch_keys
        self._clock = clock
        self._most = most_hosts
        self._entries: OrderedDict[HostUrl, _Entry] = OrderedDict()

    async def document_of(self, host: HostUrl, kid: str) -> KeysDocument:
        """The document that holds a key. Raises NotSignedIn when the host does not publish it or cannot be asked now."""
        entry = self._entry(host)
        async with entry.lock:
            now = self._clock.monotonic()
            document = entry.fresh(kid, now)
            if document is None and (entry.asked_at is None or now - entry.asked_at >= FETCH_SECONDS):
                entry.asked_at = now
                await self._ask(host, entry)
                document = entry.fresh(kid, self._clock.monotonic())
        if document is None:
            raise errors.NotSignedIn(f"{host} does not publish the key of this call, or could not be asked for it.")
        return document

    async def _ask(self, host: HostUrl, entry: _Entry) -> None:
        try:
            entry.document = await self._fetch(host)
        except errors.XTenantError as error:
            # a partner that was down for a moment must not be refused for a whole minute (decision 3)
            entry.asked_at = self._clock.monotonic() - FETCH_SECONDS + RETRY_SECONDS
            raise errors.NotSignedIn(f"The keys of {host} could not be read.") from error
        entry.read_at = self._clock.monotonic()

    def _entry(self, host: HostUrl) -> _Entry:
        entry = self._entries.setdefault(host, _Entry())
        self._entries.move_to_end(host)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)
        return entry


class ReplayMemory:
    """Each token counts once; remembered for its life and the leeway, in the store, so that every worker knows it."""

    def __init__(self, units: Units, clock: Clock, limits: Limits) -> None:
        self._units = units
        self._clock = clock
        self._limits = limits
        self._calls = 0

    def remember(self, claims: PartnerClaims) -> None:
        """Raises NotSignedIn for a token seen before, Throttled when there are too many to remember."""
        until = claims.expires_at + timedelta(seconds=self._limits.partner_leeway_seconds + 1)
        try:
            with self._units.write() as uow:
                if self._calls % PURGE_EVERY == 0:
                    uow.replay.forget_before(self._clock.security_now())
                    if uow.replay.count() > self._limits.partner_replay_rows:
                        raise errors.Throttled("Too many partner calls in a short time.", retry_after_seconds=60)
                uow.replay.remember(claims.issuer, claims.token_id, until=until)
        except errors.Conflict as error:
            raise errors.NotSignedIn("This token was used before; each call needs a fresh one.") from error
        self._calls += 1
