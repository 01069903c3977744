"""Ports of sign-in: the tenant's private keys, device codes under way, refresh tokens given."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from xtenant.domain.sign_in import DeviceCode, RefreshToken


class KeyRepository(Protocol):
    """Private keys in PEM by name."""

    def get(self, name: str) -> str | None: ...

    def keep(self, name: str, pem: str) -> str:
        """Store the key unless the name has one already; the key that stands."""
        ...


class DeviceCodeRepository(Protocol):
    def add(self, code: DeviceCode) -> None: ...

    def by_hash(self, code_hash: str) -> DeviceCode | None: ...

    def by_user_code(self, user_code: str) -> DeviceCode | None: ...

    def update(self, code: DeviceCode) -> None: ...

    def take(self, code_hash: str) -> bool:
        """Delete the code; whether this call was the one that did (a code is redeemed once)."""
        ...

    def remove_expired(self, now: datetime) -> None: ...


class RefreshTokenRepository(Protocol):
    def add(self, token: RefreshToken) -> None: ...

    def by_hash(self, token_hash: str) -> RefreshToken | None: ...

    def remove_expired(self, now: datetime) -> None: ...
