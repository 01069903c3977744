"""Device code sign-in: start, poll, approve, decline (content-api.md 3.3).

Polling early is always answered `authorization_pending`, since abraunegg's client gives up on any other word, `slow_down`
included.
"""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import datetime, timedelta

from xtenant.domain.directory import App
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.sign_in import (
    DeviceCode,
    DeviceCodeState,
    GrantRefused,
    SignedIn,
    StartedDeviceCode,
    wish_of,
)
from xtenant.domain.tenant import Tenant
from xtenant.operations.sign_in import ClientProof, check_password, find_app, grant_delegated, hash_of, prove_client

LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
USER_CODE_LENGTH = 9


def start_device_code(
    units: Units, tenant: Tenant, client_id: str, scope: str, *, clock: Clock, ids: IdSource, life_seconds: int
) -> StartedDeviceCode:
    """Begin a sign-in on a device without a browser. The device code begins with the tenant id (our choice)."""
    app = find_app(units, client_id)
    wish = wish_of(tenant, scope)
    code = f"{tenant.tenant_id}.{ids.secret(32)}"
    now = clock.security_now()
    row = DeviceCode(
        code_hash=hash_of(code),
        user_code=_user_code(ids.secret(32)),
        app_id=app.app_id,
        scope=wish.text,
        expires_at=now + timedelta(seconds=life_seconds),
    )
    with units.write() as uow:
        uow.device_codes.remove_expired(now - timedelta(seconds=life_seconds))
        uow.device_codes.add(row)
    return StartedDeviceCode(device_code=code, user_code=row.user_code, expires_seconds=life_seconds)


def _user_code(secret: str) -> str:
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest(), "big")
    letters: list[str] = []
    for _ in range(USER_CODE_LENGTH):
        number, at = divmod(number, len(LETTERS))
        letters.append(LETTERS[at])
    return "".join(letters)


def poll_device_code(
    units: Units,
    tenant: Tenant,
    proof: ClientProof,
    device_code: str,
    *,
    clock: Clock,
    ids: IdSource,
    refresh_seconds: int,
) -> SignedIn:
    """The grant, once a person has approved; a code is redeemed once.

    Raises GrantRefused: `authorization_pending` (70016), `authorization_declined` (65004), `expired_token` (70020),
    `bad_verification_code` (70018).
    """
    app, credential = prove_client(units, tenant, proof, clock=clock)
    with units.read() as uow:
        row = uow.device_codes.by_hash(hash_of(device_code))
        user = uow.users.by_id(row.user_id) if row and row.user_id else None
    if row is None or row.app_id != app.app_id:
        raise _bad_code()
    _check_open(row, clock.security_now())
    if row.state is DeviceCodeState.DECLINED:
        raise GrantRefused(65004, "authorization_declined", "The user declined the sign-in.")
    if row.state is DeviceCodeState.PENDING:
        raise GrantRefused(70016, "authorization_pending", "The user has not yet finished signing in.")
    if user is None or not user.account_enabled:
        raise GrantRefused(50057, "invalid_grant", "The user account is disabled or deleted.")
    with units.write() as uow:
        if not uow.device_codes.take(row.code_hash):
            raise _bad_code()
    wish = wish_of(tenant, row.scope)
    return grant_delegated(
        units, app, credential, user, wish, tenant=tenant, clock=clock, ids=ids, refresh_seconds=refresh_seconds
    )


def approve_device_code(units: Units, user_code: str, upn: str, *, clock: Clock) -> App:
    """Approve in a user's name without a password: for the lab's own control only. Returns the app that asked."""
    with units.write() as uow:
        user = uow.users.by_upn(upn)
        if user is None or not user.account_enabled:
            raise GrantRefused(50034, "invalid_grant", "The user account does not exist or is disabled.")
        row = _pending(uow, user_code, clock.security_now())
        uow.device_codes.update(dataclasses.replace(row, state=DeviceCodeState.APPROVED, user_id=user.user_id))
        return _app_of(uow, row)


def answer_device_code(units: Units, user_code: str, upn: str, password: str, *, approve: bool, clock: Clock) -> App:
    """Approve or decline as a person does in the form, with name and password. Returns the app that asked."""
    user = check_password(units, upn, password)
    state = DeviceCodeState.APPROVED if approve else DeviceCodeState.DECLINED
    with units.write() as uow:
        row = _pending(uow, user_code, clock.security_now())
        uow.device_codes.update(dataclasses.replace(row, state=state, user_id=user.user_id))
        return _app_of(uow, row)


def _pending(uow: UnitOfWork, user_code: str, now: datetime) -> DeviceCode:
    row = uow.device_codes.by_user_code(user_code.strip().upper().replace("-", ""))
    if row is None or row.state is not DeviceCodeState.PENDING:
        raise _bad_code()
    _check_open(row, now)
    return row


def _app_of(uow: UnitOfWork, row: DeviceCode) -> App:
    app = uow.apps.by_id(row.app_id)
    if app is None:
        raise _bad_code()
    return app


def _check_open(row: DeviceCode, now: datetime) -> None:
    if row.expires_at <= now:
        raise GrantRefused(70020, "expired_token", "The device code has expired; start the sign-in again.")


def _bad_code() -> GrantRefused:
    return GrantRefused(70018, "bad_verification_code", "The code is not one of ours, was used, or was mistyped.")
