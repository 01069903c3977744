"""Client assertions: a JWT that an app signs with the private key of a registered certificate (content-api.md 3.3).

RS256 with `x5t` and PS256 with `x5t#S256`, padded or not; `exp` may be fractional; a `jti` may be used again until `exp`,
since MSAL Python signs once for several resources (settled A 8).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from xtenant.domain.directory import App
from xtenant.domain.sign_in import ASSERTION_ALGORITHMS, ClientRefused, assertion_audiences
from xtenant.domain.tenant import Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY_SECONDS = 300
LONGEST_SECONDS = 24 * 3600
LARGEST_CHARACTERS = 32 * 1024


class _RoomyHeaders(jws.JWSRegistry):
    """MSAL sends its certificate along (`x5c`), far beyond joserfc's 512 bytes of header; members we do not know are left."""

    max_header_length = 24 * 1024


HOSTILE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What parsing a stranger's token may raise below joserfc."""


def check_assertion(tenant: Tenant, app: App, assertion: str, now: datetime) -> None:
    """Raise ClientRefused unless the assertion is the app's own, for this tenant, and timely.

    AADSTS700027 for the signature, the certificate and the form, 700024 for the times, 700023 for the audience, 700021
    for a wrong issuer or subject.
    """
    claims = _signed_claims(app, assertion)
    app_id = str(app.app_id)
    if str(claims.get("iss")).lower() != app_id or str(claims.get("sub")).lower() != app_id:
        raise _refused(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    _check_audience(tenant, claims)
    _check_times(claims, now.timestamp())


def _signed_claims(app: App, assertion: str) -> Mapping[str, object]:
    if len(assertion) > LARGEST_CHARACTERS:
        raise _refused(700027, "Client assertion is too long.")
    try:
        header = jws.extract_compact(assertion.encode(), registry=_RoomyHeaders(strict_check_header=False)).headers()
        algorithm = header["alg"]
        member = ASSERTION_ALGORITHMS[algorithm]
        key = _key_of(app, member, header[member])
        registry = _RoomyHeaders(algorithms=[algorithm], strict_check_header=False)
        return jwt.decode(assertion, key, algorithms=[algorithm], registry=registry).claims
    except HOSTILE as error:
        raise _refused(700027, "Client assertion failed signature validation.") from error


def _key_of(app: App, member: str, thumbprint: str) -> RSAKey:
    """The public key of the registered certificate with this thumbprint; KeyError when there is none."""
    wanted = _unpadded(thumbprint)
    for pem in app.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        # SHA-1 names the certificate here, as RFC 7515 4.1.7 has it; it secures nothing
        kind = hashes.SHA1() if member == "x5t" else hashes.SHA256()  # noqa: S303
        if base64.urlsafe_b64encode(certificate.fingerprint(kind)).rstrip(b"=") == wanted:
            public = certificate.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return RSAKey.import_key(public)
    raise KeyError("no such certificate")


def _unpadded(thumbprint: str) -> bytes:
    try:
        return base64.urlsafe_b64encode(base64.urlsafe_b64decode(thumbprint.rstrip("=") + "==")).rstrip(b"=")
    except binascii.Error as error:
        raise KeyError("no thumbprint") from error


def _check_audience(tenant: Tenant, claims: Mapping[str, object]) -> None:
    named = claims.get("aud")
    audiences: list[object] = list(named) if isinstance(named, list) else [named]  # pyright: ignore[reportUnknownArgumentType]
    ours = assertion_audiences(tenant)
    if not any(isinstance(one, str) and one.lower().rstrip("/") in ours for one in audiences):
        raise _refused(700023, "Client assertion audience claim does not match the token endpoint of this tenant.")


def _check_times(claims: Mapping[str, object], now: float) -> None:
    begins, ends = _number(claims.get("nbf"), 0.0), _number(claims.get("exp"), -1.0)
    if ends < now - LEEWAY_SECONDS or ends > now + LONGEST_SECONDS or begins > now + LEEWAY_SECONDS:
        raise _refused(700024, "Client assertion is not within its valid time range.")


def _number(value: object, missing: float) -> float:
    if value is None:
        return missing
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(700027, "Client assertion holds a time that is no number.")
    return float(value)


def _refused(number: int, text: str) -> ClientRefused:
    return ClientRefused(number, "invalid_client", text)
