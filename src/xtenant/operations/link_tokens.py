"""Tokens of sharing links: derived from the link's id and a key of the tenant's own, so that only their hash is kept.

Whoever holds the key can tell the address of a link that this tenant made; of a link that came with a move the token is
another tenant's and stays unknown here (`domain/sharing.py`).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from xtenant.domain.ports.clock import IdSource
from xtenant.domain.ports.units import Units
from xtenant.domain.sharing import token_hash

KEY_NAME = "sharing-links"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTokens:
    """Derives tokens. The key is a secret."""

    key: str = field(repr=False)

    def token_of(self, link_id: UUID) -> str:
        """URL-safe text of 43 characters."""
        digest = hmac.digest(self.key.encode(), link_id.bytes, "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def hash_of(self, link_id: UUID) -> bytes:
        return token_hash(self.token_of(link_id))


def link_tokens(units: Units, ids: IdSource) -> LinkTokens:
    """The tenant's tokens; the key is made the first time."""
    with units.read() as uow:
        there = uow.keys.get(KEY_NAME)
    if there is None:
        with units.write() as uow:
            there = uow.keys.keep(KEY_NAME, ids.secret(KEY_BYTES))
    return LinkTokens(key=there)
