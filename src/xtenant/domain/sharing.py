"""Sharing links: an address that leads to one item, for anybody, for the tenant's people, or for those it names.

The token in the address is a secret and is never stored: the tenant that made the link derives it from the link's id and a
key of its own, and keeps its hash. A move takes the hash along, so that the token goes on leading to the item; the target
cannot tell the address any more (content-api.md 1.12, settled D 3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from xtenant.domain.content import ItemKey, PrincipalKey


class LinkKind(Enum):
    VIEW = "view"
    EDIT = "edit"


class LinkScope(Enum):
    """Who may use a link: anybody who has it, the tenant's own people, or those it names."""

    ANONYMOUS = "anonymous"
    ORGANIZATION = "organization"
    USERS = "users"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingLink:
    """`link_id` is unique per site; `members` are principals, for the scope `USERS` only. `item_key` is a folder or file.

    `token_hash` is the SHA-256 of the token's text. Dates are whole seconds; `expires_at` unset = never.
    """

    link_id: UUID
    item_key: ItemKey
    kind: LinkKind
    scope: LinkScope
    token_hash: bytes
    created_at: datetime
    created_by: PrincipalKey
    expires_at: datetime | None = None
    members: tuple[PrincipalKey, ...] = ()

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def token_hash(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()
