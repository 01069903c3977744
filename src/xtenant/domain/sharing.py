"""Sharing links: an address that leads to one item, for anybody, for the tenant's people, or for those it names.

The token in the address is a secret and is never stored: the tenant that made the link derives it from the link's id and a
key of its own, and keeps its hash. A move takes the hash along, so that the token goes on leading to the item; the target
cannot tell the address any more (content-api.md 1.12, settled D 3).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import ItemKey, Principal, PrincipalKey


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link with its people; `url` is unset for one whose token this tenant cannot tell: it came with a move."""

    link: SharingLink
    members: tuple[Principal, ...] = ()
    url: str | None = None


class NoSuchLink(errors.NotFound):
    """A token leads nowhere, or its link is over."""

    code = "sharingLinkNotFound"
    remedy = "Ask whoever sent the link for a new one."

    def __init__(self) -> None:
        super().__init__("The sharing link no longer exists, or you do not have permission to access it.")


_TYPES = {"docx": "w", "doc": "w", "xlsx": "x", "xls": "x", "pptx": "p", "ppt": "p", "pdf": "b", "txt": "t"}
_PLACES = {"sites": "s", "teams": "t"}
_ADDRESS = re.compile(r"/:[a-z]:/[a-z](?:/[^/]{1,260}){0,9}/(?P<token>[A-Za-z0-9_-]{16,128})/?")


def address_of(site_url: str, name: str, token: str, *, is_folder: bool) -> str:
    """`https://contoso.sharepoint.com/:w:/s/sales/TOKEN`, seven parts; `/:f:/g/personal/ann/TOKEN`, eight, in a OneDrive
    (content-api.md 1.12)."""
    parts = urlsplit(site_url)
    kind = "f" if is_folder else _TYPES.get(name.rpartition(".")[2].lower(), "u")
    first, _, rest = parts.path.strip("/").partition("/")
    place = f"{_PLACES[first]}/{rest}" if first in _PLACES and rest else f"g/{parts.path.strip('/')}".rstrip("/")
    return f"https://{parts.netloc}/:{kind}:/{place}/{token}"


def token_in(url: str) -> str | None:
    """The token of a sharing address of any tenant; None for any other address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    found = _ADDRESS.fullmatch(parts.path)
    return None if found is None or parts.scheme != "https" else found["token"]


def token_hash(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()
