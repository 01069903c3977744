"""The wire forms of sign-in: forms in, discovery documents, token answers and AADSTS errors out (content-api.md 3.1 to 3.3).

Unknown form fields are ignored here, against the habit of the house: OAuth asks for it (RFC 6749 3.2), and MSAL sends
telemetry fields of its own with every request.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.sign_in import ClientRefused, GrantRefused, StartedDeviceCode
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, Tenant

MOST_FIELDS = 64
POLL_SECONDS = 5
ALIASES = ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net")

WORDS: tuple[tuple[type[errors.XTenantError], int, str], ...] = (
    (errors.TooLarge, 90014, "invalid_request"),
    (errors.UsageError, 900144, "invalid_request"),
    (errors.NotSignedIn, 50001, "invalid_request"),
    (errors.NotFound, 90002, "invalid_request"),
    (errors.Throttled, 90055, "temporarily_unavailable"),
    (errors.Refused, 90014, "invalid_request"),
)
"""Number and word for errors that carry none of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """The parts of a token answer; those that are None stay away."""

    access_token: str
    audience: str
    scope: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None
    client_info: str | None = None


def read_form(body: bytes) -> dict[str, str]:
    """A form body. Raises UsageError for bad encoding, NUL bytes, too many fields; GrantRefused for a repeated field."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise errors.UsageError("The request body is not a form.") from error
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise GrantRefused(9000411, "invalid_request", "A parameter of the request is duplicated.")
        if "\x00" in value:
            raise errors.UsageError("The request body holds a NUL character.")
        form[name] = value
    return form


def required(form: Mapping[str, str], name: str) -> str:
    """A field that must be there; GrantRefused AADSTS900144 names the missing one."""
    value = form.get(name, "")
    if not value:
        raise GrantRefused(
            900144, "invalid_request", f"The request body must contain the following parameter: '{name}'."
        )
    return value


def basic_client(authorization: str) -> tuple[str, str] | None:
    """Client id and secret of a Basic header (rclone), form-decoded as RFC 6749 2.3.1 has it; None without one."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError) as error:
        raise errors.UsageError("The Authorization header is not well formed.") from error
    return unquote_plus(client_id), unquote_plus(secret)


def token_document(answer: TokenAnswer, seconds: int) -> dict[str, Any]:
    """The answer of the v2 token endpoint."""
    optional = {
        "scope": answer.scope,
        "refresh_token": answer.refresh_token,
        "id_token": answer.id_token,
        "client_info": answer.client_info,
    }
    return {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": answer.access_token,
        **{name: value for name, value in optional.items() if value is not None},
    }


def token_document_v1(answer: TokenAnswer, seconds: int, now: datetime) -> dict[str, Any]:
    """The answer of the v1 token endpoint: numbers as text, and the resource."""
    second = int(now.timestamp())
    numbers = {"expires_in": seconds, "ext_expires_in": seconds, "expires_on": second + seconds, "not_before": second}
    texts = {name: str(number) for name, number in numbers.items()}
    return {**token_document(answer, seconds), **texts, "resource": answer.audience}


def device_code_document(started: StartedDeviceCode, tenant: Tenant) -> dict[str, Any]:
    """The answer of the device code endpoint."""
    place = f"https://{LOGIN_HOST}/{tenant.initial_domain}/deviceauth"
    return {
        "device_code": started.device_code,
        "user_code": started.user_code,
        "verification_uri": place,
        "expires_in": started.expires_seconds,
        "interval": POLL_SECONDS,
        "message": f"To sign in, use a web browser to open the page {place} and enter the code {started.user_code} "
        "to authenticate.",
    }


def openid_document(tenant: Tenant, segment: str, *, version: int) -> dict[str, Any]:
    """OpenID configuration for an authority; endpoints keep the caller's own way to name the tenant (recorded)."""
    base = f"https://{LOGIN_HOST}/{segment}"
    infix = "/v2.0" if version > 1 else ""
    issuer = f"https://{LOGIN_HOST}/{tenant.tenant_id}/v2.0" if version > 1 else _v1_issuer(tenant)
    return {
        "token_endpoint": f"{base}/oauth2{infix}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery{infix}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "authorization_endpoint": f"{base}/oauth2{infix}/authorize",
        "device_authorization_endpoint": f"{base}/oauth2{infix}/devicecode",
        "end_session_endpoint": f"{base}/oauth2{infix}/logout",
        "tenant_region_scope": tenant.default_geo.code,
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": GRAPH_HOST,
    }


def _v1_issuer(tenant: Tenant) -> str:
    return f"https://sts.windows.net/{tenant.tenant_id}/"


def instance_document(authorization_endpoint: str | None, api_version: str) -> dict[str, Any]:
    """Instance discovery. Raises GrantRefused AADSTS50049 for an authority that is none of Microsoft's public cloud."""
    parts = urlsplit(authorization_endpoint or f"https://{LOGIN_HOST}/common/oauth2/v2.0/authorize")
    segment = parts.path.strip("/").split("/")[0] or "common"
    if parts.scheme != "https" or parts.netloc.lower() not in ALIASES or not _is_plain(segment):
        raise GrantRefused(50049, "invalid_instance", "Unknown or invalid instance.")
    return {
        "tenant_discovery_endpoint": f"https://{LOGIN_HOST}/{segment}/v2.0/.well-known/openid-configuration",
        "api-version": api_version,
        "metadata": [
            {"preferred_network": ALIASES[0], "preferred_cache": ALIASES[1], "aliases": list(ALIASES)},
        ],
    }


def _is_plain(segment: str) -> bool:
    return segment.isascii() and segment.replace("-", "").replace(".", "").isalnum()


def realm_document(user: str) -> dict[str, Any]:
    """User realm discovery: every account is a managed one, whether it exists or not."""
    return {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": user.rpartition("@")[2],
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }


def error_document(error: errors.XTenantError, request_id: str, correlation_id: str | None) -> dict[str, Any]:
    """The AADSTS envelope. Its time is the one inside the request id (UUID version 7), so that no clock is asked twice."""
    number, word = _number_and_word(error)
    stamp = _stamp_of(request_id)
    correlation = _guid_or(correlation_id, request_id)
    return {
        "error": word,
        "error_description": f"AADSTS{number}: {error.text} Trace ID: {request_id} Correlation ID: {correlation} "
        f"Timestamp: {stamp}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": request_id,
        "correlation_id": correlation,
        "error_uri": f"https://{LOGIN_HOST}/error?code={number}",
    }


def _number_and_word(error: errors.XTenantError) -> tuple[int, str]:
    if isinstance(error, GrantRefused | ClientRefused):
        return error.number, error.word
    return next(((number, word) for kind, number, word in WORDS if isinstance(error, kind)), (90033, "server_error"))


def _stamp_of(request_id: str) -> str:
    milliseconds = UUID(request_id).int >> 80
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"


def _guid_or(text: str | None, other: str) -> str:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return other
