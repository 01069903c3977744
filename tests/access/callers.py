"""The eleven callers of the access matrix, with real tokens from the real issuers.

An own user signs in with a password, an app with a certificate or a secret, a partner's service signs each call afresh. The
expired token was good once: it is issued before the clock is moved on.
"""

from __future__ import annotations

import base64
import datetime
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc import jwt
from joserfc.jwk import RSAKey

from access.estate import CONTOSO, FABRIKAM, NORTHWIND, Estate
from neighbours import APP_ID, APP_WITHOUT_PERMISSIONS_ID, PASSWORD, SECRET
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST
from xtenant.domain.trust import PartnerRole, Scenario
from xtenant.lab.certificates import create_app_certificate
from xtenant.operations import sign_in
from xtenant.service import TenantService
from xtenant.wire.partner_tokens import PartnerTokens

JOB = UUID(int=0x10B)
"""The job that partners' calls are about; there is none of this id."""

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Asker(Enum):
    """Who asks contoso."""

    SHAREPOINT_ADMIN = "own SharePoint administrator"
    GLOBAL_ADMIN = "own global administrator"
    PLAIN_USER = "own plain user"
    APP = "own app by certificate"
    APP_BY_SECRET = "own app by secret"
    APP_WITHOUT_PERMISSIONS = "own app by certificate without permissions"
    PARTNERS_ADMIN = "partner's administrator"
    PARTNERS_SERVICE = "partner's service"
    THIRD_SERVICE = "third tenant's service"
    EXPIRED = "expired token"
    NOBODY = "no token"


OWN = (
    Asker.SHAREPOINT_ADMIN,
    Asker.GLOBAL_ADMIN,
    Asker.PLAIN_USER,
    Asker.APP,
    Asker.APP_BY_SECRET,
    Asker.APP_WITHOUT_PERMISSIONS,
)
SERVICES = {Asker.PARTNERS_SERVICE: FABRIKAM, Asker.THIRD_SERVICE: NORTHWIND}
PEOPLE = {Asker.SHAREPOINT_ADMIN: "spadmin", Asker.GLOBAL_ADMIN: "admin", Asker.PLAIN_USER: "ann"}


@dataclass(frozen=True)
class AppCertificate:
    """A self-signed certificate, made once a run."""

    certificate_pem: bytes
    key_pem: bytes

    def assertion(self, client_id: str, audience: str, now: datetime.datetime) -> str:
        certificate = x509.load_pem_x509_certificate(self.certificate_pem)
        thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
        header = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
        at = int(now.timestamp())
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "nbf": at, "exp": at + 600, "jti": client_id}
        return jwt.encode(header, claims, RSAKey.import_key(self.key_pem), algorithms=["PS256"])


@functools.cache
def app_certificate() -> AppCertificate:
    pair = create_app_certificate("access matrix", now=datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))
    return AppCertificate(pair.certificate_pem, pair.key_pem)


def certificate_file(folder: Path) -> Path:
    """The public half, as a service's settings name it."""
    file = folder / "app.crt"
    file.write_bytes(app_certificate().certificate_pem)
    return file


class Askers:
    """Tokens of all callers. `await sign_in()` once; it moves the clock on by two hours."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._bearers: dict[tuple[Asker, bool], str] = {}
        self._partner_tokens = {name: partner_tokens_of(estate.block[name]) for name in SERVICES.values()}
        self._expired_call = ""

    async def sign_in(self) -> None:
        for at_graph in (False, True):
            self._bearers[Asker.EXPIRED, at_graph] = await self._person(CONTOSO, "spadmin", at_graph)
        self._expired_call = self._partner_token(FABRIKAM, "verify", None)
        self._estate.clock.advance(seconds=7_200)
        for at_graph in (False, True):
            for asker, name in PEOPLE.items():
                self._bearers[asker, at_graph] = await self._person(CONTOSO, name, at_graph)
            self._bearers[Asker.PARTNERS_ADMIN, at_graph] = await self._person(FABRIKAM, "admin", at_graph)
            self._bearers[Asker.APP, at_graph] = await self._app(str(APP_ID), at_graph)
            self._bearers[Asker.APP_WITHOUT_PERMISSIONS, at_graph] = await self._app(
                str(APP_WITHOUT_PERMISSIONS_ID), at_graph
            )
            self._bearers[Asker.APP_BY_SECRET, at_graph] = await self._app(str(APP_ID), at_graph, client_secret=SECRET)

    def bearer(self, asker: Asker, *, at_graph: bool) -> str | None:
        """What stands behind `Bearer` on a route that is not a partner's; services show a token good for their own calls."""
        if asker in SERVICES:
            return self._partner_token(SERVICES[asker], "verify", None)
        return self._bearers.get((asker, at_graph))

    def call_token(self, asker: Asker, op: str, body: bytes | None = None, job: UUID = JOB) -> str:
        """What a caller puts into a partner's call: services a fresh signature, others whatever they have."""
        if asker in SERVICES:
            return self._partner_token(SERVICES[asker], op, body, job)
        if asker is Asker.EXPIRED:
            return self._expired_call
        return self._bearers.get((asker, False), "none")

    def _partner_token(self, name: str, op: str, body: bytes | None, job: UUID = JOB) -> str:
        """As the tenant's own channel signs; the role says that the caller takes contoso for the source."""
        return self._partner_tokens[name].issue(
            self._estate.block.geo(name),
            self._estate.block.geo(CONTOSO).host_url,
            op,
            scenario=Scenario.MNA,
            role=PartnerRole.SOURCE,
            job=self._estate.contoso.ids.new_id() if job == JOB and op in ("offer", "abort") else job,
            fence=1,
            body=body,
        )

    async def _person(self, tenant: str, name: str, at_graph: bool) -> str:
        upn = f"{name}@{tenant}.onmicrosoft.com"
        form = {"grant_type": "password", "client_id": str(APP_ID), "username": upn, "password": PASSWORD}
        return await self._token(tenant, {**form, "scope": f"{_resource(tenant, at_graph)}/.default"})

    async def _app(self, client_id: str, at_graph: bool, **proof: str) -> str:
        form = {"grant_type": "client_credentials", "client_id": client_id}
        form["scope"] = f"{_resource(CONTOSO, at_graph)}/.default"
        if not proof:
            audience = f"https://{LOGIN_HOST}{_token_path(self._estate.block[CONTOSO])}"
            now = self._estate.clock.security_now()
            assertion = app_certificate().assertion(client_id, audience, now)
            proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return await self._token(CONTOSO, {**form, **proof})

    async def _token(self, tenant: str, form: Mapping[str, str]) -> str:
        service = self._estate.block[tenant]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        answer = await self._estate.ask("POST", LOGIN_HOST, _token_path(service), headers, body, tenant=tenant)
        assert answer.status == 200, answer.body
        return str(msgspec.json.decode(answer.body)["access_token"])


def partner_tokens_of(service: TenantService) -> PartnerTokens:
    """The signer of a service's own calls to partners: made from the same stored key."""
    pem = sign_in.ensure_keys(service.units).partner_pem
    backend = service.backend
    return PartnerTokens(backend.tenant, pem, clock=backend.clock, ids=backend.ids, limits=backend.limits)


def _resource(tenant: str, at_graph: bool) -> str:
    return f"https://{GRAPH_HOST}" if at_graph else f"https://{tenant}-admin.sharepoint.com"


def _token_path(service: TenantService) -> str:
    return f"/{service.tenant.tenant_id}/oauth2/v2.0/token"
