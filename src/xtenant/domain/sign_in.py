"""Sign-in: the keys of a tenant, what a grant gave, device codes and refresh tokens, and the refusals with their codes.

Wire facts follow `content-api.md` 3. Refusals carry Entra's number (AADSTS) and OAuth's word, never an HTTP status.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import AppCredential
from xtenant.domain.directory import App, AppId, User, UserId
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, Tenant

OWN_TOKEN_ALGORITHMS = ("RS256",)
"""The only algorithms accepted on tokens of our own; the token's header never chooses."""

ASSERTION_ALGORITHMS = {"RS256": "x5t", "PS256": "x5t#S256"}
"""Algorithms of client assertions and the header member that names the certificate (settled A 8)."""

GRAPH_APP_ID = UUID("00000003-0000-0000-c000-000000000000")
SHAREPOINT_APP_ID = UUID("00000003-0000-0ff1-ce00-000000000000")

OPEN_ID_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
DEFAULT_SCOPE = ".default"
ANY_TENANT = frozenset({"common", "organizations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantKeys:
    """Private keys in PEM: RSA 2048 for tokens we issue, EC P-256 for the partner channel. Never printed."""

    token_pem: str = field(repr=False)
    partner_pem: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a scope asks for: the resource (`https://HOST`), its scope names and the OpenID scopes beside them."""

    audience: str
    names: frozenset[str]
    open_id: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The wish as one scope text, which `wish_of` reads back."""
        return " ".join([*sorted(self.open_id), *(f"{self.audience}/{name}" for name in sorted(self.names))])


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A grant that was given: for `user`, or for the app itself when `user` is None.

    `scopes` are the consented ones; `by_default` says that `.default` was asked for, which the answer repeats.
    """

    app: App
    credential: AppCredential
    audience: str
    user: User | None = None
    scopes: frozenset[str] = frozenset()
    by_default: bool = False
    open_id: frozenset[str] = frozenset()
    refresh_token: str | None = field(default=None, repr=False)


class DeviceCodeState(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """A device sign-in under way; the code itself is kept as its SHA-256 only. Times are security time."""

    code_hash: str
    user_code: str
    app_id: AppId
    scope: str
    state: DeviceCodeState = DeviceCodeState.PENDING
    user_id: UserId | None = None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedDeviceCode:
    """What the device is told once: the secret code to poll with and the code a person types."""

    device_code: str = field(repr=False)
    user_code: str
    expires_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token, kept as its SHA-256; `scope` is what it was first given for. Times are security time."""

    token_hash: str
    app_id: AppId
    user_id: UserId
    scope: str
    expires_at: datetime


class GrantRefused(errors.UsageError):
    """The grant asked for is not given; `number` is Entra's AADSTS code, `word` OAuth's `error` (content-api.md 3.3)."""

    code = "grantRefused"
    remedy = "Read the AADSTS text; correct the grant and ask again."

    def __init__(self, number: int, word: str, text: str, *, remedy: str | None = None) -> None:
        super().__init__(text, remedy=remedy, microsoft_code=f"AADSTS{number}")
        self.number = number
        self.word = word


class ClientRefused(errors.NotSignedIn):
    """The app could not prove itself: wrong secret, or an assertion that does not count."""

    code = "clientRefused"
    remedy = "Check the client secret or the certificate registered with the app."

    def __init__(self, number: int, word: str, text: str) -> None:
        super().__init__(text, microsoft_code=f"AADSTS{number}")
        self.number = number
        self.word = word


def names_of(tenant: Tenant) -> frozenset[str]:
    """How a tenant may be called in an authority: GUID, name, and each of its domains."""
    return frozenset({str(tenant.tenant_id), tenant.name.lower(), *tenant.verified_domains})


def check_authority(tenant: Tenant, segment: str) -> None:
    """Raise GrantRefused (AADSTS90002) unless a path's first segment means this tenant, `common` or `organizations`."""
    if segment.lower() not in names_of(tenant) | ANY_TENANT:
        raise GrantRefused(90002, "invalid_request", "The tenant named in the address was not found here.")


def assertion_audiences(tenant: Tenant) -> frozenset[str]:
    """The audiences a client assertion may name: this tenant's token endpoints and authority, in each spelling."""
    endings = ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "")
    return frozenset(f"https://{LOGIN_HOST}/{name}{ending}" for name in names_of(tenant) for ending in endings)


def resource_hosts(tenant: Tenant) -> frozenset[str]:
    """Hosts a token of this tenant may be for: Graph and every SharePoint host of every geo."""
    return frozenset({GRAPH_HOST} | {host for geo in tenant.geos for host in geo.hosts})


def audience_of(tenant: Tenant, resource: str) -> str:
    """`https://HOST` of a resource named by URL or by well-known id; GrantRefused AADSTS500011 for a stranger's."""
    text = resource.strip().rstrip("/").lower()
    if text == str(GRAPH_APP_ID):
        return f"https://{GRAPH_HOST}"
    if text == str(SHAREPOINT_APP_ID):
        return tenant.default_geo.root_url
    ours, _, host = text.partition(str(SHAREPOINT_APP_ID) + "/")
    host = host.split("@")[0] if not ours and host else text.removeprefix("https://")
    if host not in resource_hosts(tenant):
        raise GrantRefused(
            500011, "invalid_resource", "The resource principal named in the scope was not found in this tenant."
        )
    return f"https://{host}"


def wish_of(tenant: Tenant, scope: str, *, resource: str | None = None) -> Wish:
    """Read a scope (v2) or a resource (v1) into a Wish (content-api.md 3.4).

    A bare name or `.default` means Graph. Raises GrantRefused: AADSTS70011 for a malformed scope, 28000 for two
    resources at once, 500011 for a resource that is not this tenant's.
    """
    words = scope.split()
    open_id = frozenset(words) & OPEN_ID_SCOPES
    wanted = [_resource_and_name(word) for word in words if word not in OPEN_ID_SCOPES]
    if resource is not None:
        return Wish(audience=audience_of(tenant, resource), names=frozenset({DEFAULT_SCOPE}), open_id=open_id)
    if not wanted and not open_id:
        raise GrantRefused(70011, "invalid_scope", "The scope is missing or empty.")
    audiences = {audience_of(tenant, place) for place, _ in wanted} or {f"https://{GRAPH_HOST}"}
    if len(audiences) > 1:
        raise GrantRefused(28000, "invalid_scope", "A scope may name one resource only.")
    return Wish(audience=audiences.pop(), names=frozenset(name for _, name in wanted), open_id=open_id)


def _resource_and_name(word: str) -> tuple[str, str]:
    place, slash, name = word.rpartition("/")
    if not slash:
        place, name = f"https://{GRAPH_HOST}", word
    if not name or not name.replace(".", "").replace("-", "").replace("_", "").isalnum():
        raise GrantRefused(70011, "invalid_scope", "The scope is not well formed.")
    return place.rstrip("/"), name
