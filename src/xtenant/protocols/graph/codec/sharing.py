"""Sharing links as JSON, and the ids under which `/shares` knows their addresses (content-api.md 1.12)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import Principal, PrincipalKind
from xtenant.domain.sharing import LinkKind, LinkScope, LinkView, NoSuchLink, token_in
from xtenant.protocols.graph.codec import query
from xtenant.protocols.graph.codec.dates import date_text, parse_date

PREFIX = "u!"
LONGEST_ID = 2_000
NOBODY: Mapping[str, str] = {}
ROLES = {LinkKind.VIEW: "read", LinkKind.EDIT: "write"}


def link_json(view: LinkView) -> dict[str, object]:
    """A permission with its `link`; without `webUrl` and `shareId` where the address cannot be told (it came with a move)."""
    link = view.link
    facet: dict[str, object] = {"type": link.kind.value, "scope": link.scope.value, "preventsDownload": False}
    row: dict[str, object] = {
        "id": link_permission_id(link.link_id),
        "roles": [ROLES[link.kind]],
        "link": facet,
        "hasPassword": False,
        "grantedToIdentitiesV2": [_identity(person) for person in view.members],
        "grantedToIdentities": [{"user": _shown(person)} for person in view.members],
    }
    if view.url is not None:
        facet["webUrl"] = view.url
        row["shareId"] = share_id(view.url)
    if link.expires_at is not None:
        row["expirationDateTime"] = date_text(link.expires_at)
    return row


def link_permission_id(link_id: UUID) -> str:
    """As a principal's permission id, the GUID in base64 (our choice: stable, opaque)."""
    return base64.urlsafe_b64encode(link_id.bytes).decode().rstrip("=")


def share_id(url: str) -> str:
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def token_of_share(share: str) -> str:
    """The token behind `u!…`, in both alphabets of base64. Raises NoSuchLink, UsageError for what is no share id."""
    if not share.startswith(PREFIX) or len(share) > LONGEST_ID:
        raise errors.UsageError("A sharing address is given as 'u!' and its base64.")
    text = share.removeprefix(PREFIX).replace("+", "-").replace("/", "_").rstrip("=")
    try:
        url = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise errors.UsageError("A sharing address is given as 'u!' and its base64.") from error
    token = token_in(url)
    if token is None:
        raise NoSuchLink
    return token


def kind_of(text: str) -> LinkKind:
    """Raises NotSupported for `embed` and other kinds that SharePoint's own clients make."""
    try:
        return LinkKind(text.lower())
    except ValueError:
        raise query.NotSupported(f"Links of type '{text[:40]}' are not served.") from None


def scope_of(text: str | None) -> LinkScope:
    """The organization where nothing is said, the least that needs no names (our choice of the tenant's default)."""
    if text is None:
        return LinkScope.ORGANIZATION
    try:
        return LinkScope(text.lower())
    except ValueError:
        raise errors.UsageError(
            f"Unknown scope '{text[:40]}'.", remedy="Use anonymous, organization or users."
        ) from None


def _identity(person: Principal) -> dict[str, object]:
    kind = "group" if person.kind is PrincipalKind.GROUP else "user"
    known = {"id": str(person.key), "displayName": person.name, "loginName": person.login}
    return {kind: _shown(person), "siteUser": known}


def _shown(person: Principal) -> dict[str, object]:
    return {"id": str(person.directory_id), "displayName": person.name, "email": person.mail}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLink:
    """A link as another side tells it; `members` are mails, else object ids; `url` is unset where it was not told."""

    id: str
    kind: str
    scope: str
    url: str | None
    expires_at: datetime | None
    members: tuple[str, ...]


def link_from_json(row: Mapping[str, Any]) -> RemoteLink:
    """Read a permission that has a `link`."""
    facet: Mapping[str, Any] = row["link"]
    expires = row.get("expirationDateTime")
    told: Sequence[Mapping[str, Mapping[str, str]]] = row.get("grantedToIdentitiesV2") or ()
    members = [one.get("user") or one.get("group") or NOBODY for one in told]
    return RemoteLink(
        id=row["id"],
        kind=facet["type"],
        scope=facet["scope"],
        url=facet.get("webUrl"),
        expires_at=parse_date(expires) if expires else None,
        members=tuple(sorted(one.get("email") or one.get("id") or "" for one in members)),
    )
