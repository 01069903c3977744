"""Tokens of the partner channel: short-lived, signed ES256, one call each (settled A 14; the contents are our choice).

`PartnerTokens` signs with this tenant's key and publishes the public half; `wire/partner_caller.py` reads what partners
send. The algorithm is fixed here and never taken from a token.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from xtenant.domain import errors
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import Geo, HostUrl, Tenant, TenantId, parse_host_url
from xtenant.domain.trust import PartnerRole, Scenario

ALGORITHM = "ES256"
CURVE = "P-256"
LONGEST_TOKEN = 4_096

NOTIFY = "notify"
VERIFY = "verify"
SCHEMA = "schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerClaims:
    """What a partner's token says. `body_hash` binds the body of a posted call; `job` and `fence` belong to engine calls.

    `scenario` and `role` stay text until the call's codec reads them: a value that does not exist is a wrong question, not
    a wrong signature.
    """

    issuer: HostUrl
    audience: HostUrl
    tenant_id: TenantId
    token_id: UUID
    issued_at: datetime
    expires_at: datetime
    op: str
    scenario: str | None = None
    role: str | None = None
    job: UUID | None = None
    fence: int | None = None
    body_hash: str | None = None

    def covers(self, body: bytes) -> bool:
        """Whether the token was signed for exactly this body; without a hash only an empty one is covered."""
        return body == b"" if self.body_hash is None else self.body_hash == hash_of_body(body)


class PublicKey(msgspec.Struct, frozen=True):
    """One key as a JWK (RFC 7517); only EC P-256 exists here."""

    kty: str
    crv: str
    x: Annotated[str, msgspec.Meta(max_length=64)]
    y: Annotated[str, msgspec.Meta(max_length=64)]
    kid: Annotated[str, msgspec.Meta(max_length=64)]
    use: str = "sig"
    alg: str = ALGORITHM


class KeysDocument(msgspec.Struct, frozen=True):
    """What `/_api/xtenant/partner-keys` answers: the tenant behind a host URL and the keys it signs with."""

    tid: UUID
    issuer: str
    keys: Annotated[list[PublicKey], msgspec.Meta(max_length=8)]

    def key(self, kid: str) -> PublicKey | None:
        return next((key for key in self.keys if key.kid == kid), None)


class _Wire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The claims as they travel."""

    iss: Annotated[str, msgspec.Meta(max_length=255)]
    aud: Annotated[str, msgspec.Meta(max_length=255)]
    tid: UUID
    jti: UUID
    iat: Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000)]
    exp: Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000)]
    op: Annotated[str, msgspec.Meta(max_length=32)]
    scenario: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    role: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    job: UUID | None = None
    fence: Annotated[int, msgspec.Meta(ge=0, le=9_007_199_254_740_992)] | None = None
    bh: Annotated[str, msgspec.Meta(max_length=64)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedToken:
    """A token taken apart; nothing of it is to be believed before `verified`."""

    text: str
    kid: str
    claims: PartnerClaims


class PartnerTokens:
    """Signs this tenant's calls to partners. `pem` is the private key (EC P-256) and never leaves this object."""

    def __init__(self, tenant: Tenant, pem: str, *, clock: Clock, ids: IdSource, limits: Limits) -> None:
        self.tenant = tenant
        self._key = ECKey.import_key(pem)
        self._kid = self._key.thumbprint()
        self._clock = clock
        self._ids = ids
        self._limits = limits

    def document(self, geo: Geo) -> KeysDocument:
        """The public half, as partners fetch it from this geo's host URL; fixed while the service runs."""
        public = self._key.as_dict(private=False)
        key = PublicKey(kty="EC", crv=CURVE, x=str(public["x"]), y=str(public["y"]), kid=self._kid)
        return KeysDocument(tid=self.tenant.tenant_id, issuer=geo.host_url.text, keys=[key])

    def issue(
        self,
        own: Geo,
        partner: HostUrl,
        op: str,
        *,
        scenario: Scenario | None = None,
        role: PartnerRole | None = None,
        job: UUID | None = None,
        fence: int | None = None,
        body: bytes | None = None,
    ) -> str:
        """A token for one call from one of our geos to one partner, good for `Limits.partner_token_seconds`."""
        issued = int(self._clock.security_now().timestamp())
        wire = _Wire(
            iss=own.host_url.text,
            aud=partner.text,
            tid=self.tenant.tenant_id,
            jti=self._ids.new_id(),
            iat=issued,
            exp=issued + self._limits.partner_token_seconds,
            op=op,
            scenario=scenario.value if scenario else None,
            role=role.value if role else None,
            job=job,
            fence=fence,
            bh=None if body is None else hash_of_body(body),
        )
        header = {"alg": ALGORITHM, "kid": self._kid, "typ": "JWT"}
        return jwt.encode(header, msgspec.to_builtins(wire), self._key, algorithms=[ALGORITHM])


def hash_of_body(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def new_partner_key() -> str:
    """A fresh private key in PEM."""
    return ECKey.generate_key(CURVE).as_pem(private=True).decode("ascii")


def take_apart(text: str) -> UnverifiedToken:
    """Read header and claims without believing them. Raises NotSignedIn for anything but a well-formed ES256 token."""
    if len(text) > LONGEST_TOKEN or not text.isascii():
        raise _refused("The partner's token cannot be read.")
    try:
        compact = jws.extract_compact(text.encode("ascii"))
        header = compact.headers()
        wire = msgspec.json.decode(compact.payload, type=_Wire)
        issuer, audience = parse_host_url(wire.iss), parse_host_url(wire.aud)
    except (JoseError, msgspec.MsgspecError, ValueError, errors.UsageError) as error:
        raise _refused("The partner's token cannot be read.") from error
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str) or set(header) - {"alg", "kid", "typ"}:
        raise _refused(f"A partner's token is signed with {ALGORITHM} and names its key.")
    return UnverifiedToken(text=text, kid=kid, claims=_claims(wire, issuer, audience))


def _claims(wire: _Wire, issuer: HostUrl, audience: HostUrl) -> PartnerClaims:
    return PartnerClaims(
        issuer=issuer,
        audience=audience,
        tenant_id=TenantId(wire.tid),
        token_id=wire.jti,
        issued_at=datetime.fromtimestamp(wire.iat, UTC),
        expires_at=datetime.fromtimestamp(wire.exp, UTC),
        op=wire.op,
        scenario=wire.scenario,
        role=wire.role,
        job=wire.job,
        fence=wire.fence,
        body_hash=wire.bh,
    )


def check_times(claims: PartnerClaims, now: datetime, limits: Limits) -> None:
    """Raises NotSignedIn for a token that is expired, from the future, or good for too long (leeway of settled B 16)."""
    leeway = timedelta(seconds=limits.partner_leeway_seconds)
    life = claims.expires_at - claims.issued_at
    if not timedelta(0) < life <= timedelta(seconds=limits.partner_token_seconds):
        raise _refused(f"A partner's token lives at most {limits.partner_token_seconds} seconds.")
    if now > claims.expires_at + leeway or now < claims.issued_at - leeway:
        raise _refused("The partner's token is expired, or the two services' clocks differ by more than ten minutes.")


def verified(token: UnverifiedToken, document: KeysDocument) -> PartnerClaims:
    """The claims, once the signature fits a key that the issuer's own host published for this tenant. Raises NotSignedIn."""
    key = document.key(token.kid)
    if key is None or document.tid != token.claims.tenant_id or document.issuer != token.claims.issuer.text:
        raise _refused("The partner's token is not signed by the tenant it names.")
    if (key.kty, key.crv, key.alg, key.use) != ("EC", CURVE, ALGORITHM, "sig"):
        raise _refused("The partner's key is of a kind that does not count here.")
    try:
        public = ECKey.import_key({"kty": "EC", "crv": CURVE, "x": key.x, "y": key.y})
        jwt.decode(token.text, public, algorithms=[ALGORITHM])
    except (JoseError, ValueError) as error:
        raise _refused("The signature of the partner's token does not fit.") from error
    return token.claims


def _refused(text: str) -> errors.NotSignedIn:
    return errors.NotSignedIn(
        text, remedy="The calling service signs each call afresh; check its clock and its host URL."
    )
