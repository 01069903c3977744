"""Opening a tenant: the profile's way, its sign-in, a session, a `TenantClient`; all closed again on exit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from xtenant.client import sign_in
from xtenant.client.budget import Budgets
from xtenant.client.clouds import NationalCloud, cloud_of
from xtenant.client.lab import LabUser, read_lab
from xtenant.client.profiles import CredentialKind, Drill, Profile, ProfileKind, ProfileStore, way_to, write_private
from xtenant.client.sending import Sending
from xtenant.client.tenant import TenantClient
from xtenant.client.validating import ValidationWatch
from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT, Limits
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import LOGIN_HOST, GeoCode, TenantId
from xtenant.protocols.partner.call import tenant_in_challenge
from xtenant.wire.transport import Connection, Session, network_error, open_http, open_http_sync
from xtenant.wire.watching import Watch


class Network(Protocol):
    """Where a profile's requests lead; raises LabMissing before any socket is opened (settled A 5).

    With `read_only` nothing is sent but what `wire/readonly.py` lists; a watch is asked before every other call.
    """

    def asynchronous(
        self, profile: Profile, *, read_only: bool = False, watch: Watch | None = None
    ) -> httpx.AsyncClient: ...

    def synchronous(self, profile: Profile, *, read_only: bool = False, watch: Watch | None = None) -> httpx.Client: ...


class ProfileNetwork:
    """The real network, by way of the company's proxy where one is set (HTTPS_PROXY); or a lab's proxy.

    The company's proxy is for profiles of Microsoft 365 only: a lab profile takes its lab's, never the environment's.
    """

    def __init__(
        self,
        lab_home: Path | None,
        *,
        company_proxy: str | None = None,
        company_ca: Path | None = None,
        drill: Drill | None = None,
    ) -> None:
        self._lab_home = lab_home
        self._drill = drill
        self._company_proxy = company_proxy
        self._company_ca = company_ca

    def asynchronous(
        self, profile: Profile, *, read_only: bool = False, watch: Watch | None = None
    ) -> httpx.AsyncClient:
        return open_http(replace(self._connection(profile), read_only=read_only, watch=watch))

    def synchronous(self, profile: Profile, *, read_only: bool = False, watch: Watch | None = None) -> httpx.Client:
        return open_http_sync(replace(self._connection(profile), read_only=read_only, watch=watch))

    def _connection(self, profile: Profile) -> Connection:
        way = way_to(profile, self._lab_home, self._drill)
        if way.proxy is None:
            if self._company_ca is not None and not self._company_ca.is_file():
                raise errors.UsageError(
                    f"XTENANT_CA_FILE names no file: {self._company_ca}.", remedy="Name a PEM file, or unset it."
                )
            proxy = proxy_url(self._company_proxy) if self._company_proxy else None
            return Connection(proxy_url=proxy, ca_file=self._company_ca)
        return Connection(proxy_url=way.proxy, ca_file=Path(way.ca_file) if way.ca_file else None)


def proxy_url(text: str) -> str:
    """`HTTPS_PROXY` as httpx takes it; `proxy.example:3128` alone is meant as http. Raises UsageError for other kinds.

    The text is never shown: it may hold a password.
    """
    url = text.strip() if "://" in text else f"http://{text.strip()}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise errors.UsageError(
            "HTTPS_PROXY does not name an HTTP proxy.", remedy="Write it as http://HOST:PORT, or unset it."
        )
    return url


class TokenFile:
    """MSAL's cache in a 0600 file of the profile home; it holds a refresh token."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def save(self, text: str) -> None:
        write_private(self._path, text.encode())


class WrongTenant(errors.UsageError):
    """The admin host belongs to another tenant than the one whose id was given."""

    code = "wrongTenant"
    remedy = "Leave --tenant-id out, or give the address of that tenant's own admin centre. Nothing was kept."

    def __init__(self, profile: Profile, owner: TenantId) -> None:
        super().__init__(f"{profile.admin_url} belongs to the tenant {owner}, not to {profile.tenant_id}.")


class TenantOpener:
    """Opens tenants by profile. `show` is given the line a device code sign-in prints."""

    def __init__(
        self,
        store: ProfileStore,
        network: Network,
        *,
        clock: Clock,
        ids: IdSource,
        show: Callable[[str], None],
        limits: Limits = DEFAULT,
        read_only: bool = False,
        budgets: Budgets | None = None,
    ) -> None:
        self._read_only = read_only
        self.budgets = budgets or Budgets(store.home, clock=clock, ids=ids)
        self.sending = Sending(store.home, clock=clock, ids=ids)
        self._watch: Callable[[Profile], Watch] = self.sending.watch
        self._store = store
        self._network = network
        self._clock = clock
        self._ids = ids
        self._show = show
        self._limits = limits

    @property
    def ids(self) -> IdSource:
        """Where ids come from, for what is made here beside tenants."""
        return self._ids

    def reading_only(self, limits: Limits | None = None) -> TenantOpener:
        """An opener whose clients send nothing that could change a tenant: ReadOnlyRefused instead."""
        return TenantOpener(
            self._store,
            self._network,
            clock=self._clock,
            ids=self._ids,
            show=self._show,
            limits=limits or self._limits,
            read_only=True,
            budgets=self.budgets,
        )

    def validating(self) -> TenantOpener:
        """An opener whose clients only read, but may ask a lab's tenant to check a move and not make it (settled C 13)."""
        opener = self.reading_only()
        opener._read_only = False
        opener._watch = ValidationWatch
        return opener

    @asynccontextmanager
    async def unsigned(self, profile: Profile) -> AsyncGenerator[Session]:
        """A session on the profile's way that holds no token: for calls with `bearer=False` only."""

        async def no_token(resource: str) -> str:
            raise errors.NotSignedIn(f"This session has no token for {resource}.")

        async with self._asynchronous(profile) as http:
            yield Session(http, no_token, clock=self._clock, ids=self._ids, limits=self._limits)

    def _synchronous(self, profile: Profile) -> httpx.Client:
        return self._network.synchronous(profile, read_only=self._read_only, watch=self._watch(profile))

    def _asynchronous(self, profile: Profile) -> httpx.AsyncClient:
        return self._network.asynchronous(profile, read_only=self._read_only, watch=self._watch(profile))

    @asynccontextmanager
    async def open(self, profile: Profile, geo: GeoCode | None = None) -> AsyncGenerator[TenantClient]:
        """A client of the tenant, or of one of its geos. Signing in happens with the first call.

        Raises UsageError when a geo must be named, LabMissing for a profile that must not be used here.
        """
        admin_url = profile.admin_url_of(geo)
        with self._synchronous(profile) as login:
            async with self._asynchronous(profile) as http:
                signing_in = self._sign_in(profile, login)
                session = Session(
                    http,
                    signing_in.token_for_async,
                    clock=self._clock,
                    ids=self._ids,
                    limits=self._limits,
                    budget=self.budgets.of(profile),
                )
                yield TenantClient(
                    session,
                    admin_url,
                    token_for=signing_in.token_for_async,
                    clock=self._clock,
                    ids=self._ids,
                    has_inbox=profile.kind is ProfileKind.LAB,
                )

    async def token(self, profile: Profile, resource: str, *, who: str | None = None) -> str:
        """An access token; `who` names a person of the lab (`global_admin`, `sharepoint_admin`, `user`)."""
        with self._synchronous(profile) as login:
            signing_in = self._sign_in(profile, login) if who is None else self._person(profile, login, who)
            return await signing_in.token_for_async(resource)

    async def tenant_behind(self, profile: Profile) -> TenantId:
        """The tenant id an admin host names in its challenge, without signing in (settled A 10)."""
        url = f"{profile.admin_url}/_vti_bin/client.svc/"
        async with self._asynchronous(profile) as http:
            try:
                return tenant_in_challenge(await http.get(url))
            except httpx.HTTPError as error:
                raise network_error(error, httpx.URL(url).host) from error

    async def with_tenant_id(self, profile: Profile, given: str | None) -> Profile:
        """The profile with its tenant id: as given, as known, or as the admin host names it. Raises UsageError for no GUID."""
        if given is None:
            return replace(profile, tenant_id=profile.tenant_id or str(await self.tenant_behind(profile)))
        try:
            return replace(profile, tenant_id=str(UUID(given)))
        except ValueError as error:
            raise errors.UsageError(
                f"'{given}' is no tenant id.", remedy="Give the GUID, or leave it out: the admin host knows it."
            ) from error

    async def require_own_cloud(self, profile: Profile, *, owner_checked: bool) -> None:
        """Raises NationalCloud for a tenant of another cloud (R-0.9); WrongTenant where the admin host is another tenant's.

        A tenant id that came from the admin host itself need not be compared with it: `owner_checked` is False then.
        """
        if owner_checked and (owner := await self.tenant_behind(profile)) != UUID(profile.tenant_id):
            raise WrongTenant(profile, owner)
        async with self.unsigned(profile) as session:
            url = f"https://{LOGIN_HOST}/{profile.tenant_id}/v2.0/.well-known/openid-configuration"
            answer = await session.request("GET", url, bearer=False)
        try:
            document = msgspec.json.decode(answer.content, type=dict[str, object])
        except msgspec.MsgspecError:
            return  # signing in tells what is wrong there
        if (cloud := cloud_of(document)) is not None:
            raise NationalCloud(f"The tenant {profile.tenant_id}", cloud)

    def _sign_in(self, profile: Profile, login: httpx.Client) -> sign_in.SignIn:
        by_device = profile.credential.kind is CredentialKind.DEVICE_CODE
        cache = TokenFile(self._store.token_cache(profile.name)) if by_device else None
        return sign_in.SignIn(_tenant_id(profile), self._credential(profile), login, clock=self._clock, cache=cache)

    def _credential(self, profile: Profile) -> sign_in.Credential:
        match profile.credential.kind:
            case CredentialKind.CERTIFICATE:
                return sign_in.AppCertificate(client_id=profile.client_id, pem=_read(profile))
            case CredentialKind.SECRET:
                return sign_in.AppSecret(client_id=profile.client_id, secret=_read(profile).strip())
            case CredentialKind.DEVICE_CODE:
                return sign_in.DeviceSignIn(client_id=profile.client_id, show=self._show)

    def _person(self, profile: Profile, login: httpx.Client, who: str) -> sign_in.SignIn:
        person = _lab_user(profile, who)
        credential = sign_in.PersonPassword(client_id=profile.client_id, upn=person.upn, password=person.password)
        return sign_in.SignIn(_tenant_id(profile), credential, login, clock=self._clock)


def _lab_user(profile: Profile, who: str) -> LabUser:
    """The person of a role in the profile's lab. Raises UsageError outside a lab."""
    if profile.lab is None or profile.kind is ProfileKind.MICROSOFT365:
        raise errors.UsageError(
            f"'{profile.name}' is a profile of Microsoft 365: only a lab knows its people's passwords.",
            remedy="Connect a profile with --device-code and sign in as the person.",
        )
    lab = read_lab(Path(profile.lab.home))
    for tenant in lab.tenants.values():
        if tenant.tenant_id == profile.tenant_id and who in tenant.users:
            return tenant.users[who]
    raise errors.UsageError(f"The lab has no '{who}' for '{profile.name}'.")


def _tenant_id(profile: Profile) -> TenantId:
    try:
        return TenantId(UUID(profile.tenant_id))
    except ValueError as error:
        raise errors.UsageError(
            f"The profile '{profile.name}' has no tenant id.", remedy="Make it again with `xtenant connect`."
        ) from error


def _read(profile: Profile) -> str:
    """The certificate with its key, or the secret. Raises NotSignedIn when the file is gone."""
    file = profile.credential.file
    try:
        return Path(file or "").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.NotSignedIn(
            f"The {profile.credential.kind.value} of '{profile.name}' cannot be read: {file}."
        ) from error
