"""Tokens we issue and tokens we check: RS256 with the tenant's one key, by joserfc; a token's header never chooses.

Access tokens have the v1 shape and id tokens the v2 shape (content-api.md 3.5). Reading refuses everything that is not our
own token for this tenant, these hosts and this time with NotSignedIn; nothing a caller sends becomes another error.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from xtenant.domain import errors
from xtenant.domain.caller import AppCredential, Caller, CallerKind
from xtenant.domain.consents import Api, held_at
from xtenant.domain.directory import User, UserType
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.sign_in import OWN_TOKEN_ALGORITHMS, SignedIn, TenantKeys, resource_hosts
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, Tenant, TenantId

DEFAULT_WID = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""The `wids` value of app-only tokens (content-api.md 3.5)."""

GUEST_ACCOUNT = 1
"""The claim `acct` of a guest; 0 is a member's."""

LARGEST_CHARACTERS = 32 * 1024
LEEWAY_SECONDS = 300

_HOSTILE = (JoseError, msgspec.ValidationError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class _Payload(msgspec.Struct, kw_only=True):
    """The claims of our own access tokens that a request is judged by."""

    aud: str
    iss: str
    tid: UUID
    nbf: int
    exp: int
    appid: UUID
    appidacr: AppCredential
    oid: UUID
    idtyp: str
    upn: str | None = None
    scp: str = ""
    roles: frozenset[str] = frozenset()
    wids: frozenset[UUID] = frozenset()
    acct: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a verified access token says; `host` is the host it is for."""

    host: str
    caller: Caller


class TokenIssuer:
    """Signs and reads the tokens of one tenant. Times are security time."""

    def __init__(self, *, tenant: Tenant, keys: TenantKeys, clock: Clock, ids: IdSource, limits: Limits) -> None:
        self._tenant = tenant
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._issuer = f"https://sts.windows.net/{tenant.tenant_id}/"
        self._audiences = {f"https://{host}": host for host in resource_hosts(tenant)}
        self._key = _key_of(keys.token_pem)
        self._kid = self._key.thumbprint()
        self.digest_secret = _derived_secret(self._key, b"form digest")
        """Key of the form digests (`wire/digest.py`), derived from the token key."""

    def jwks(self) -> dict[str, Any]:
        """The public half as a JWK set with our one `kid`."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": OWN_TOKEN_ALGORITHMS[0], "kid": self._kid, "x5t": self._kid}]}

    def access_token(self, grant: SignedIn) -> str:
        """A signed access token for a grant, good for `limits.access_token_seconds`."""
        own = _user_claims(grant, grant.user) if grant.user else _app_claims(grant)
        shared = {
            "aud": grant.audience,
            "iss": self._issuer,
            "tid": str(self._tenant.tenant_id),
            "appid": str(grant.app.app_id),
            "appidacr": grant.credential.value,
            "app_displayname": grant.app.display_name,
            "uti": _short(self._ids.secret(16)),
            "rh": "0.",
            "ver": "1.0",
        }
        return self._signed({**shared, **self._times(), **own})

    def id_token(self, grant: SignedIn) -> str:
        """A v2 id token for a delegated grant; UsageError for an app's own grant, which has none."""
        user = grant.user
        if user is None:
            raise errors.UsageError("An app signed in for itself has no id token.")
        return self._signed(
            {
                "aud": str(grant.app.app_id),
                "iss": f"https://{LOGIN_HOST}/{self._tenant.tenant_id}/v2.0",
                "tid": str(self._tenant.tenant_id),
                "oid": str(user.user_id),
                "sub": _pairwise(grant, user),
                "name": user.display_name,
                "preferred_username": user.upn,
                "uti": _short(self._ids.secret(16)),
                "ver": "2.0",
                **self._times(),
            }
        )

    def client_info(self, user: User) -> str:
        """`client_info` of a token answer: gives MSAL's account its id."""
        info = {"uid": str(user.user_id), "utid": str(self._tenant.tenant_id)}
        return base64.urlsafe_b64encode(msgspec.json.encode(info)).rstrip(b"=").decode()

    def read(self, token: str) -> Claims:
        """The verified claims of an access token of ours; NotSignedIn for anything else."""
        payload = self._verified(token)
        if payload.iss != self._issuer or payload.tid != self._tenant.tenant_id:
            raise errors.NotSignedIn("The token was issued for another tenant.")
        host = self._audiences.get(payload.aud)
        if host is None:
            raise errors.NotSignedIn("The token is for another resource.")
        now = self._clock.security_now().timestamp()
        if now >= payload.exp:
            raise errors.NotSignedIn("Lifetime validation failed, the token is expired.")
        if now < payload.nbf - LEEWAY_SECONDS:
            raise errors.NotSignedIn("Lifetime validation failed, the token is not yet valid.")
        return Claims(host=host, caller=_caller_of(payload))

    def _verified(self, token: str) -> _Payload:
        try:
            if len(token) > LARGEST_CHARACTERS:
                raise ValueError("too long")
            decoded = jwt.decode(token, self._key, algorithms=list(OWN_TOKEN_ALGORITHMS))
            if decoded.header.get("kid") != self._kid:
                raise ValueError("foreign key id")
            return msgspec.convert(decoded.claims, _Payload)
        except _HOSTILE as error:
            raise errors.NotSignedIn("The token is not one this tenant issued.") from error

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": OWN_TOKEN_ALGORITHMS[0], "kid": self._kid, "x5t": self._kid}
        return jwt.encode(header, claims, self._key, algorithms=list(OWN_TOKEN_ALGORITHMS))

    def _times(self) -> dict[str, int]:
        now = int(self._clock.security_now().timestamp())
        return {"iat": now, "nbf": now, "exp": now + self._limits.access_token_seconds}


def _app_claims(grant: SignedIn) -> dict[str, Any]:
    return {
        "idtyp": "app",
        "oid": str(grant.app.object_id),
        "sub": str(grant.app.object_id),
        "roles": sorted(held_at(grant.app.permissions, _api_of(grant.audience))),
        "wids": [DEFAULT_WID],
    }


def _api_of(audience: str) -> Api:
    return Api.GRAPH if audience == f"https://{GRAPH_HOST}" else Api.SHAREPOINT


def _user_claims(grant: SignedIn, user: User) -> dict[str, Any]:
    return {
        "idtyp": "user",
        "oid": str(user.user_id),
        "sub": _pairwise(grant, user),
        "scp": " ".join(sorted(grant.scopes)),
        "wids": sorted(map(str, user.directory_roles)),
        "upn": user.upn,
        "unique_name": user.upn,
        "name": user.display_name,
        "amr": ["pwd"],
        "acct": GUEST_ACCOUNT if user.user_type is UserType.GUEST else 0,
    }


def _caller_of(payload: _Payload) -> Caller:
    is_app = payload.idtyp == "app"
    return Caller(
        kind=CallerKind.APP if is_app else CallerKind.USER,
        tenant_id=TenantId(payload.tid),
        user_id=None if is_app else payload.oid,
        upn=None if is_app else payload.upn,
        app_id=payload.appid,
        credential=payload.appidacr,
        permissions=payload.roles if is_app else frozenset(payload.scp.split()),
        directory_roles=frozenset() if is_app else payload.wids,
        is_guest=not is_app and payload.acct == GUEST_ACCOUNT,
    )


def _pairwise(grant: SignedIn, user: User) -> str:
    """A subject that differs from app to app, as Entra's does."""
    return _short(_b64(hashlib.sha256(grant.app.app_id.bytes + user.user_id.bytes).digest()), 43)


@lru_cache(maxsize=8)
def _key_of(pem: str) -> RSAKey:
    """Reading a key checks its numbers, which takes as long as a hundred signatures."""
    return RSAKey.import_key(pem)


def _derived_secret(key: RSAKey, purpose: bytes) -> bytes:
    numbers: Any = key.private_key
    seed = str(numbers.private_numbers().d).encode()
    return hashlib.blake2b(purpose, key=hashlib.sha256(seed).digest(), digest_size=32).digest()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _short(text: str, length: int = 22) -> str:
    return text[:length]
