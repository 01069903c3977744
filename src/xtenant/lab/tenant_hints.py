"""Which tenant a request at the two shared hosts is for: found in its path, its token, or its form.

The login host names the tenant in the path; where that says `common`, the client id, the tokens and the user name in the
form tell (design section 4). Graph's tenant is the `tid` of the bearer token. Tokens are only looked into here, never
trusted: the tenant's service verifies them.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qs, unquote

import msgspec

ANY_TENANT = frozenset({"common", "organizations", "consumers"})
FORM_BYTES = 64 * 1024
FORM_FIELDS = 64

_PREFIX = re.compile(r"(?:\d+\.)?([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})(?:\.|$)")
_TOKEN_FIELDS = ("refresh_token", "device_code", "code", "assertion", "access_token")
_NAME_FIELDS = ("username", "login_hint", "domain_hint")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTenant:
    """What the front knows of a tenant: its id, the domains it may be called by, and the apps registered in it."""

    name: str
    tenant_id: str
    domains: frozenset[str]
    client_ids: frozenset[str]

    def is_called(self, word: str) -> bool:
        return word in (self.tenant_id, self.name) or word in self.domains


class Doubt(Enum):
    """Why no tenant was found."""

    NO_SUCH_TENANT = "no such tenant"
    NO_HINT = "nothing in the request names a tenant"
    NO_TOKEN = "no token that names a tenant"  # noqa: S105 (a reason, not a secret)


class Signposts:
    """Finds tenants by hints. Answers hold no state; the table is fixed for a lab's run."""

    def __init__(self, tenants: Iterable[KnownTenant]) -> None:
        self.tenants = tuple(tenants)

    def for_graph(self, authorization: str) -> KnownTenant | Doubt:
        """By the bearer token's `tid`."""
        scheme, _, token = authorization.partition(" ")
        claims = claims_of(token) if scheme.lower() == "bearer" else Claims()
        return self._called(claims.tid) or Doubt.NO_TOKEN

    def for_login(self, path: str, query: str, authorization: str, form: bytes) -> KnownTenant | Doubt:
        """By the path's first segment; where that may be any tenant, by what was sent with it.

        A document that reads the same for every tenant (instance discovery, OpenID configuration of `common`) is
        answered by the first tenant.
        """
        first, _, rest = path.lstrip("/").partition("/")
        word = unquote(first).lower()
        if word not in ANY_TENANT:
            return self._called(word) or Doubt.NO_SUCH_TENANT
        hints = [*_fields(query), *_fields(form.decode("latin-1"))]
        found = self._by_fields(hints, authorization)
        if found is None and rest.startswith("userrealm/"):
            found = self._called(domain_of(unquote(rest.split("/")[1])))
        if found is None and _is_neutral(rest):
            return next(iter(self.tenants), Doubt.NO_HINT)
        return found or Doubt.NO_HINT

    def _by_fields(self, fields: list[tuple[str, str]], authorization: str) -> KnownTenant | None:
        for name, value in fields:
            if name in _TOKEN_FIELDS and (found := self._by_token(value)):
                return found
        for name, value in fields:
            if name in _NAME_FIELDS and (found := self._called(domain_of(value))):
                return found
        return self._by_client_id(client_ids_in(fields, authorization))

    def _by_token(self, token: str) -> KnownTenant | None:
        prefix = _PREFIX.match(token)
        return self._called(prefix[1] if prefix else claims_of(token).tid)

    def _by_client_id(self, client_ids: Iterator[str]) -> KnownTenant | None:
        """An app registered in one tenant only; one that several know tells nothing."""
        for client_id in client_ids:
            owners = [tenant for tenant in self.tenants if client_id in tenant.client_ids]
            if len(owners) == 1:
                return owners[0]
        return None

    def _called(self, word: str) -> KnownTenant | None:
        name = word.strip().lower()
        return next((tenant for tenant in self.tenants if name and tenant.is_called(name)), None)


class Claims(msgspec.Struct, frozen=True):
    """The two claims of a JWT that lead somewhere: its tenant, and the issuer of a client assertion."""

    tid: str = ""
    iss: str = ""


def claims_of(token: str) -> Claims:
    """What an unverified JWT claims; empty for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return Claims()
    try:
        return msgspec.json.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=Claims)
    except (binascii.Error, ValueError, RecursionError):
        return Claims()


def domain_of(user_name: str) -> str:
    """The part behind `@`, or the whole where there is none."""
    return user_name.rpartition("@")[2]


def client_ids_in(fields: Iterable[tuple[str, str]], authorization: str) -> Iterator[str]:
    """Client ids named in a form, as issuer of a client assertion, or in a Basic header."""
    for name, value in fields:
        if name == "client_id":
            yield value.lower()
        elif name == "client_assertion":
            yield claims_of(value).iss.lower()
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            yield unquote(b64decode(credentials).decode("latin-1").partition(":")[0]).lower()
        except (binascii.Error, ValueError):
            return


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        parsed = parse_qs(text, max_num_fields=FORM_FIELDS)
    except ValueError:
        return []
    return [(name, values[0]) for name, values in parsed.items()]


def _is_neutral(rest: str) -> bool:
    return rest.startswith("discovery/") or rest.endswith(".well-known/openid-configuration")
