"""Misconfigurations to plant, each as an administrator or their network would make it; the doctor's code reads none of this."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from desk import Desk
from neighbours import APP_ID, APP_WITHOUT_PERMISSIONS_ID, PASSWORD, TENANT_IDS, Neighbours
from xtenant.client.opening import TokenFile
from xtenant.client.profiles import Credential, CredentialKind, Profile
from xtenant.client.sign_in import PersonPassword, SignIn
from xtenant.domain.caller import AppCredential
from xtenant.domain.directory import App, AppId
from xtenant.domain.sign_in import SignedIn
from xtenant.domain.tenant import TenantId
from xtenant.lab.switches import switch
from xtenant.operations.licences import subscribe
from xtenant.wire.transport import Connection, open_http_sync

PARTNER = "https://fabrikam-my.sharepoint.com/"
READING = (
    "graph/Organization.Read.All",
    "graph/User.Read.All",
    "graph/Group.Read.All",
    "graph/SharePointTenantSettings.Read.All",
    "graph/Sites.Read.All",
    "sharepoint/Sites.FullControl.All",
)
"""What level `admin` needs, and nothing else."""


@dataclass
class Planting:
    """The profile under test and the world it lives in; `undo` puts the world right again."""

    desk: Desk
    profile: Profile
    folder: Path
    undo: ExitStack = field(default_factory=ExitStack)

    @property
    def block(self) -> Neighbours:
        return self.desk.block

    def save(self, **changes: Any) -> None:
        self.desk.store.save(replace(self.profile, **changes))

    def certificate(self, content: bytes) -> None:
        """Another file in place of the profile's certificate."""
        file = self.folder / "other.pem"
        file.write_bytes(content)
        file.chmod(0o600)
        self.save(credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(file)))

    def lab_set(self, tenant: str, key: str, value: str) -> None:
        """As `xtenant lab set` does."""
        units = self.block[tenant].backend.units
        with units.write() as uow:
            before = uow.settings.get()
            uow.settings.put(switch(before, key, value))

        def back() -> None:
            with units.write() as uow:
                uow.settings.put(before)

        self.undo.callback(back)

    def network(self, change: Callable[[httpx.Request, httpx.Response | None], httpx.Response | None]) -> None:
        """Something between the desk and the tenants: sees each request before (None) and each answer."""
        honest = self.block.transport
        self.block.transport = Between(honest, change)  # type: ignore[assignment]
        self.undo.callback(setattr, self.block, "transport", honest)


class Between(httpx.AsyncBaseTransport):
    """A proxy of the company's, a firewall, or a host with another clock."""

    def __init__(self, inner: Any, change: Callable[..., httpx.Response | None]) -> None:
        self._inner = inner
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        instead = self._change(request, None)
        if instead is not None:
            return instead
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        return self._change(request, answer) or answer


@functools.cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """Made once a run: it takes a fifth of a second."""
    return rsa.generate_private_key(65537, 2048)


def pem_of(*, begins: datetime, key: bool = True, certificate: bool = True, kind: int | None = 0) -> bytes:
    """A certificate of ten years and its key: RSA of that number, or on a curve."""
    own = ec.generate_private_key(ec.SECP256R1()) if kind is None else rsa_key(kind)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "doctor")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3_650))
        .sign(own, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return (private if key else b"") + (made.public_bytes(serialization.Encoding.PEM) if certificate else b"")


def years(count: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=365 * count)


def wrong_tenant(at: Planting) -> None:
    at.save(tenant_id=str(TENANT_IDS["fabrikam"]))


def unknown_tenant(at: Planting) -> None:
    at.save(tenant_id=str(UUID(int=0xDEAD)))


def unknown_client(at: Planting) -> None:
    at.save(client_id=str(UUID(int=7)))


def no_consent_at_all(at: Planting) -> None:
    at.save(client_id=str(APP_WITHOUT_PERMISSIONS_ID))


def consent_missing(name: str) -> Callable[[Planting], None]:
    def plant(at: Planting) -> None:
        at.lab_set("contoso", "app_permissions", ",".join(one for one in READING if one != name))

    return plant


def consent_at_the_wrong_api(at: Planting) -> None:
    held = [*READING[:-1], "graph/Sites.FullControl.All"]
    at.lab_set("contoso", "app_permissions", ",".join(held))


def secret_on_sharepoint(at: Planting) -> None:
    file = at.folder / "secret"
    file.write_text("app-secret-of-the-tests")
    file.chmod(0o600)
    at.save(credential=Credential(kind=CredentialKind.SECRET, file=str(file)))


def secret_wrong(at: Planting) -> None:
    secret_on_sharepoint(at)
    (at.folder / "secret").write_text("the secret's id, not its value")


def certificate_expired(at: Planting) -> None:
    at.certificate(pem_of(begins=years(-20)))


def certificate_of_tomorrow(at: Planting) -> None:
    at.certificate(pem_of(begins=years(0.1)))


def certificate_without_key(at: Planting) -> None:
    at.certificate(pem_of(begins=years(-0.1), key=False))


def key_without_certificate(at: Planting) -> None:
    at.certificate(pem_of(begins=years(-0.1), certificate=False))


def key_of_another_certificate(at: Planting) -> None:
    begins = years(-0.1)
    at.certificate(pem_of(begins=begins, certificate=False) + pem_of(begins=begins, key=False, kind=1))


def key_on_a_curve(at: Planting) -> None:
    at.certificate(pem_of(begins=years(-0.1), kind=None))


def certificate_not_registered(at: Planting) -> None:
    at.certificate(pem_of(begins=years(-0.1)))


def certificate_near_its_end(at: Planting) -> None:
    at.certificate(pem_of(begins=datetime.now(UTC) - timedelta(days=3_640)))


def certificate_gone(at: Planting) -> None:
    at.save(credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(at.folder / "gone.pem")))


def clock_skewed(at: Planting) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=20), usegmt=True)

    def change(request: httpx.Request, answer: httpx.Response | None) -> httpx.Response | None:
        if answer is not None:
            answer.headers["Date"] = later
        return answer

    at.network(change)


def failing(host: str, error: Callable[[httpx.Request], Exception]) -> Callable[[Planting], None]:
    """Nothing for this host gets through."""

    def change(request: httpx.Request, answer: httpx.Response | None) -> httpx.Response | None:
        if request.url.host == host:
            raise error(request)
        return answer

    return lambda at: at.network(change)


blocked_host = failing("graph.microsoft.com", lambda request: httpx.ProxyError("403 Forbidden", request=request))
company_proxy = failing(
    "contoso-admin.sharepoint.com",
    lambda request: httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", request=request),
)
proxy_with_password = failing(
    "login.microsoftonline.com",
    lambda request: httpx.ProxyError("407 Proxy Authentication Required", request=request),
)


def service_stopped(at: Planting) -> None:
    failing("contoso-admin.sharepoint.com", lambda request: httpx.ProxyError("503 Stopped", request=request))(at)


def nobody_listens(at: Planting) -> None:
    failing("contoso-my.sharepoint.com", lambda request: httpx.ConnectError("refused", request=request))(at)


def feature_off(at: Planting) -> None:
    at.lab_set("contoso", "MnAODMove", "off")
    at.lab_set("contoso", "MnASiteMove", "off")


def no_licence(at: Planting) -> None:
    units = at.block["contoso"].backend.units
    with units.write() as uow:
        subscribe(uow, "Cross_tenant_user_data_migration", 0)

    def back() -> None:
        with units.write() as uow:
            subscribe(uow, "Cross_tenant_user_data_migration", 25)

    at.undo.callback(back)


def geo_that_is_none(at: Planting) -> None:
    at.save(geos={"NAM": at.profile.admin_url, "EUR": "https://contosoeur-admin.sharepoint.com"})


def loose_profile(at: Planting) -> None:
    (at.desk.home / "profiles" / "contoso.json").chmod(0o644)


def loose_certificate(at: Planting) -> None:
    copy = at.folder / "loose.pem"
    copy.write_bytes(Path(at.profile.credential.file or "").read_bytes())
    copy.chmod(0o640)
    at.save(credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(copy)))


def token_of_another_tenant(at: Planting) -> None:
    app = App(app_id=AppId(APP_ID), object_id=UUID(int=5), display_name="x")
    grant = SignedIn(app=app, credential=AppCredential.CERTIFICATE, audience="https://graph.microsoft.com")
    token = at.block["fabrikam"].backend.tokens.access_token(grant)
    body = {"token_type": "Bearer", "expires_in": 3599, "access_token": token}

    def change(request: httpx.Request, answer: httpx.Response | None) -> httpx.Response | None:
        is_token = request.url.host == "login.microsoftonline.com" and request.url.path.endswith("/token")
        return httpx.Response(200, json=body) if is_token and answer is None else None

    at.network(change)


def government_cloud(at: Planting) -> None:
    def change(request: httpx.Request, answer: httpx.Response | None) -> httpx.Response | None:
        if answer is None or not request.url.path.endswith("openid-configuration"):
            return None
        return httpx.Response(
            200, json={**answer.json(), "tenant_region_sub_scope": "GCC"}, headers={"date": answer.headers["date"]}
        )

    at.network(change)


def person(name: str) -> Callable[[Planting], None]:
    """A profile by device code at which somebody has signed in already."""

    def plant(at: Planting) -> None:
        at.save(credential=Credential(kind=CredentialKind.DEVICE_CODE))
        credential = PersonPassword(client_id=str(APP_ID), upn=f"{name}@contoso.onmicrosoft.com", password=PASSWORD)
        with open_http_sync(Connection(), transport=at.block.sync_transport) as login:
            cache = TokenFile(at.desk.store.token_cache("contoso"))
            signing_in = SignIn(TenantId(TENANT_IDS["contoso"]), credential, login, clock=at.block.clock, cache=cache)
            for host in ("graph.microsoft.com", "contoso-admin.sharepoint.com"):
                signing_in.token_for(f"https://{host}")

    return plant


def not_a_public_client(at: Planting) -> None:
    at.save(credential=Credential(kind=CredentialKind.DEVICE_CODE), client_id=str(APP_WITHOUT_PERMISSIONS_ID))


def partner_stopped(at: Planting) -> None:
    at.block.stopped.add("fabrikam")
    at.undo.callback(at.block.stopped.discard, "fabrikam")
