"""Passwords and app secrets at rest: salted scrypt hashes in one text form, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac

from xtenant.domain.ports.clock import IdSource

COST = 1 << 13
"""How hard a guess is made; read when a hash is made or compared. Tests set it low, nothing else sets it."""

_BLOCK, _LANES = 8, 1
_FORM = "scrypt"


def hash_password(password: str, ids: IdSource) -> str:
    """`scrypt$SALT$HASH`; the salt is fresh for each password."""
    salt = ids.secret(16)
    return f"{_FORM}${salt}${_derive(password, salt)}"


def password_matches(stored: str | None, given: str) -> bool:
    """Whether a password is the one behind a stored hash; False for an account without one."""
    form, _, rest = (stored or "").partition("$")
    salt, _, wanted = rest.partition("$")
    if form != _FORM or not wanted:
        return False
    return hmac.compare_digest(_derive(given, salt), wanted)


def _derive(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=COST, r=_BLOCK, p=_LANES, dklen=32).hex()
