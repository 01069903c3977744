"""Sign-in: the grants a tenant gives (content-api.md 3.3 and 3.4), and the directory it starts with.

An operation here decides who signed in, for which resource and with which scopes; `wire/tokens.py` signs. Device codes are
in `operations/device_codes.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from xtenant.domain import errors
from xtenant.domain.caller import AppCredential
from xtenant.domain.directory import App, AppId, User, UserId
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import Units
from xtenant.domain.sign_in import (
    DEFAULT_SCOPE,
    ClientRefused,
    GrantRefused,
    RefreshToken,
    SignedIn,
    TenantKeys,
    Wish,
    wish_of,
)
from xtenant.domain.tenant import Tenant
from xtenant.operations import passwords
from xtenant.operations.client_assertions import check_assertion

NOBODYS_HASH = "scrypt$nobody$00"
"""Checked when the account does not exist, so that both refusals cost the same time."""

TOKEN_KEY = "token"  # noqa: S105 (the key's name)
PARTNER_KEY = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProof:
    """How a client names and proves itself: id with a secret, an assertion, or nothing (a public client)."""

    client_id: str
    secret: str | None = field(default=None, repr=False)
    assertion: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedUser:
    """A person to be there from the first start; the password comes in clear and is stored hashed."""

    upn: str
    display_name: str
    password: str = field(repr=False)
    directory_roles: frozenset[UUID] = frozenset()
    usage_location: str = "DE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedApp:
    """An app to be there from the first start; secrets come in clear and are stored hashed."""

    app_id: AppId
    display_name: str
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    certificates: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    public_client: bool = False


def ensure_keys(units: Units) -> TenantKeys:
    """The tenant's private keys, made at the first call and the same ever after, whoever else starts at the same time."""
    with units.read() as uow:
        token, partner = uow.keys.get(TOKEN_KEY), uow.keys.get(PARTNER_KEY)
    if token is None or partner is None:
        made_token, made_partner = _pem_of(rsa.generate_private_key(65537, 2048)), _pem_of(_partner_key())
        with units.write() as uow:
            token, partner = uow.keys.keep(TOKEN_KEY, made_token), uow.keys.keep(PARTNER_KEY, made_partner)
    return TenantKeys(token_pem=token, partner_pem=partner)


def _partner_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def seed_directory(
    units: Units, users: Iterable[SeedUser], apps: Iterable[SeedApp], *, clock: Clock, ids: IdSource
) -> None:
    """Make the users and apps that are not there yet; present users stay as they are, present apps take the new registration."""
    with units.write() as uow:
        for seed in users:
            if uow.users.by_upn(seed.upn) is None:
                uow.users.add(_user_of(seed, clock, ids))
        for app in apps:
            uow.apps.put(_app_of(app, uow.apps.by_id(app.app_id), ids))


def _user_of(seed: SeedUser, clock: Clock, ids: IdSource) -> User:
    return User(
        user_id=UserId(ids.new_id()),
        upn=seed.upn,
        display_name=seed.display_name,
        mail=seed.upn,
        mail_nickname=seed.upn.split("@")[0],
        usage_location=seed.usage_location,
        directory_roles=seed.directory_roles,
        password_hash=passwords.hash_password(seed.password, ids),
        created_at=clock.business_now(),
    )


def _app_of(seed: SeedApp, standing: App | None, ids: IdSource) -> App:
    kept = standing.secret_hashes if standing else ()
    return App(
        app_id=seed.app_id,
        object_id=standing.object_id if standing else ids.new_id(),
        display_name=seed.display_name,
        permissions=seed.permissions,
        scopes=seed.scopes,
        certificates=seed.certificates,
        secret_hashes=tuple(_hash_kept_or_made(secret, kept, ids) for secret in seed.secrets),
        public_client=seed.public_client,
    )


def _hash_kept_or_made(secret: str, kept: tuple[str, ...], ids: IdSource) -> str:
    same = next((stored for stored in kept if passwords.password_matches(stored, secret)), None)
    return same or passwords.hash_password(secret, ids)


def sign_in_app(
    units: Units, tenant: Tenant, proof: ClientProof, scope: str, *, resource: str | None = None, clock: Clock
) -> SignedIn:
    """Client credentials: the app itself, by secret or assertion, with its consented permissions.

    Raises ClientRefused when it cannot prove itself, GrantRefused for a scope that is not `RESOURCE/.default`.
    """
    wish = wish_of(tenant, scope, resource=resource)
    if wish.names != frozenset({DEFAULT_SCOPE}):
        raise GrantRefused(
            1002012, "invalid_scope", "Client credential flows must have a scope that ends in /.default."
        )
    app, credential = prove_client(units, tenant, proof, clock=clock)
    if credential is AppCredential.PUBLIC:
        raise _no_proof()
    return SignedIn(app=_as_consented(units, app), credential=credential, audience=wish.audience)


def _as_consented(units: Units, app: App) -> App:
    """The app with what the tenant's setting `app_permissions` leaves it; one registered without permissions has none."""
    with units.read() as uow:
        said = uow.settings.get().app_permissions
    if not said or not app.permissions:
        return app
    return replace(app, permissions=frozenset(() if said == "none" else said.split(",")))


def sign_in_person(
    units: Units,
    tenant: Tenant,
    proof: ClientProof,
    upn: str,
    password: str,
    scope: str,
    *,
    resource: str | None = None,
    clock: Clock,
    ids: IdSource,
    refresh_seconds: int,
) -> SignedIn:
    """Resource owner password credentials, for the people of a lab. GrantRefused AADSTS50126 for a wrong name or password."""
    wish = wish_of(tenant, scope, resource=resource)
    app, credential = prove_client(units, tenant, proof, clock=clock)
    user = check_password(units, upn, password)
    return grant_delegated(
        units, app, credential, user, wish, clock=clock, ids=ids, refresh_seconds=refresh_seconds, tenant=tenant
    )


def check_password(units: Units, upn: str, password: str) -> User:
    """The enabled user with this name and password, else GrantRefused; the same text for a wrong name and password."""
    with units.read() as uow:
        user = uow.users.by_upn(upn)
    stored = user.password_hash if user and user.password_hash else NOBODYS_HASH
    if not passwords.password_matches(stored, password) or user is None:
        raise GrantRefused(50126, "invalid_grant", "Error validating credentials due to invalid username or password.")
    if not user.account_enabled:
        raise GrantRefused(50057, "invalid_grant", "The user account is disabled.")
    return user


def refresh(
    units: Units,
    tenant: Tenant,
    proof: ClientProof,
    refresh_token: str,
    scope: str | None,
    *,
    resource: str | None = None,
    clock: Clock,
    ids: IdSource,
    refresh_seconds: int,
) -> SignedIn:
    """A new access token and always a new refresh token; the old one keeps working until it expires (content-api.md 3.3).

    Without a scope (rclone, abraunegg) the scope of the first sign-in counts; another resource of the tenant may be asked.
    """
    with units.read() as uow:
        stored = uow.refresh_tokens.by_hash(hash_of(refresh_token))
        user = uow.users.by_id(stored.user_id) if stored else None
    if stored is None:
        raise GrantRefused(9002313, "invalid_grant", "Invalid request. Request is malformed or invalid.")
    if stored.expires_at <= clock.security_now():
        raise GrantRefused(700082, "invalid_grant", "The refresh token has expired due to inactivity.")
    if user is None or not user.account_enabled:
        raise GrantRefused(50057, "invalid_grant", "The user account is disabled or deleted.")
    app, credential = prove_client(units, tenant, proof, clock=clock)
    if app.app_id != stored.app_id:
        raise GrantRefused(700005, "invalid_grant", "The refresh token was given to another application.")
    first = wish_of(tenant, stored.scope)
    asked = (scope is not None and scope.strip() != "") or resource is not None
    wish = wish_of(tenant, scope or "", resource=resource) if asked else first
    if not wish.names:
        wish = Wish(audience=first.audience, names=first.names, open_id=wish.open_id)
    wish = Wish(audience=wish.audience, names=wish.names, open_id=wish.open_id | first.open_id | {"offline_access"})
    return grant_delegated(
        units, app, credential, user, wish, clock=clock, ids=ids, refresh_seconds=refresh_seconds, tenant=tenant
    )


def grant_delegated(
    units: Units,
    app: App,
    credential: AppCredential,
    user: User,
    wish: Wish,
    *,
    tenant: Tenant,
    clock: Clock,
    ids: IdSource,
    refresh_seconds: int,
) -> SignedIn:
    """What a user lets an app do: the scopes asked for and consented; a refresh token when `offline_access` is asked.

    Raises GrantRefused AADSTS65001 when nothing asked for is consented.
    """
    asked = wish.names - {DEFAULT_SCOPE}
    scopes = app.scopes if DEFAULT_SCOPE in wish.names or not asked else asked & app.scopes
    if asked and not scopes:
        raise GrantRefused(
            65001, "invalid_grant", "The user or administrator has not consented to use the application."
        )
    token = None
    if "offline_access" in wish.open_id:
        token = issue_refresh_token(
            units, tenant, app.app_id, user.user_id, wish.text, clock=clock, ids=ids, refresh_seconds=refresh_seconds
        )
    return SignedIn(
        app=app,
        credential=credential,
        audience=wish.audience,
        user=user,
        scopes=scopes,
        by_default=DEFAULT_SCOPE in wish.names,
        open_id=wish.open_id,
        refresh_token=token,
    )


def issue_refresh_token(
    units: Units,
    tenant: Tenant,
    app_id: AppId,
    user_id: UserId,
    scope: str,
    *,
    clock: Clock,
    ids: IdSource,
    refresh_seconds: int,
) -> str:
    """A new refresh token, `1.TENANT_ID.SECRET` (our choice: a lab's front finds the tenant in it); only its hash is kept."""
    token = f"1.{tenant.tenant_id}.{ids.secret(32)}"
    now = clock.security_now()
    row = RefreshToken(
        token_hash=hash_of(token),
        app_id=app_id,
        user_id=user_id,
        scope=scope,
        expires_at=now + timedelta(seconds=refresh_seconds),
    )
    with units.write() as uow:
        uow.refresh_tokens.remove_expired(now)
        uow.refresh_tokens.add(row)
    return token


def prove_client(units: Units, tenant: Tenant, proof: ClientProof, *, clock: Clock) -> tuple[App, AppCredential]:
    """The app behind a client id and how it proved itself.

    Raises GrantRefused AADSTS700016 for an unknown app; ClientRefused 7000215 for a wrong secret, 7000218 for a missing
    proof, 700025 for a public client that sends one, and those of `check_assertion`.
    """
    app = find_app(units, proof.client_id)
    if proof.assertion is not None:
        check_assertion(tenant, app, proof.assertion, clock.security_now())
        return app, AppCredential.CERTIFICATE
    if proof.secret:
        if app.public_client and not app.secret_hashes:
            raise ClientRefused(700025, "invalid_client", "Client is public, so no secret should be presented.")
        if not any(passwords.password_matches(stored, proof.secret) for stored in app.secret_hashes):
            raise ClientRefused(7000215, "invalid_client", "Invalid client secret provided.")
        return app, AppCredential.SECRET
    if not app.public_client:
        raise _no_proof()
    return app, AppCredential.PUBLIC


def find_app(units: Units, client_id: str) -> App:
    """The app registered under a client id; GrantRefused AADSTS700016 when there is none here."""
    try:
        app_id = AppId(UUID(client_id))
    except ValueError:
        raise _unknown_app() from None
    with units.read() as uow:
        app = uow.apps.by_id(app_id)
    if app is None:
        raise _unknown_app()
    return app


def hash_of(token: str) -> str:
    """SHA-256 of an opaque token in hex; the tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _unknown_app() -> errors.XTenantError:
    return GrantRefused(700016, "unauthorized_client", "The application was not found in the directory of this tenant.")


def _no_proof() -> errors.XTenantError:
    return ClientRefused(
        7000218, "invalid_client", "The request body must contain the parameter 'client_assertion' or 'client_secret'."
    )
