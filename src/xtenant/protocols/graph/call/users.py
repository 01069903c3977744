"""Users and guests of a tenant over Graph."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote
from uuid import UUID

from xtenant.domain.directory import User
from xtenant.protocols.graph.call.answers import BASE, ask, rows
from xtenant.protocols.graph.codec.users import user_from_json
from xtenant.wire.transport import Session

_FIELDS = "id,userPrincipalName,displayName,mail,mailNickname,userType,accountEnabled,usageLocation,createdDateTime"


async def list_users(session: Session) -> AsyncIterator[User]:
    """Every live user."""
    async for row in rows(session, f"{BASE}/users?$select={_FIELDS}&$top=999"):
        yield user_from_json(row)


async def get_user(session: Session, name: str) -> User:
    """By object id or UPN. Raises NotFound."""
    return user_from_json(await ask(session, "GET", f"{BASE}/users/{quote(name, safe='@')}?$select={_FIELDS}"))


async def create_user(
    session: Session,
    *,
    upn: str,
    display_name: str,
    password: str,
    mail: str | None = None,
    usage_location: str | None = None,
    account_enabled: bool = True,
) -> User:
    """Raises Conflict when the UPN is taken. `usage_location` is two letters and comes before a licence."""
    body: dict[str, object] = {
        "accountEnabled": account_enabled,
        "displayName": display_name,
        "mailNickname": upn.partition("@")[0],
        "userPrincipalName": upn,
        "passwordProfile": {"password": password, "forceChangePasswordNextSignIn": True},
    }
    if mail is not None:
        body["mail"] = mail
    if usage_location is not None:
        body["usageLocation"] = usage_location
    return user_from_json(await ask(session, "POST", f"{BASE}/users", json=body))


async def delete_user(session: Session, name: str) -> None:
    await ask(session, "DELETE", f"{BASE}/users/{quote(name, safe='@')}")


async def invite_guest(session: Session, *, mail: str, redirect_url: str, display_name: str | None = None) -> UUID:
    """The new guest's object id, which the identity map needs (graph-migrations.md 4.2)."""
    body: dict[str, object] = {"invitedUserEmailAddress": mail, "inviteRedirectUrl": redirect_url}
    if display_name is not None:
        body["invitedUserDisplayName"] = display_name
    answer = await ask(session, "POST", f"{BASE}/invitations", json=body)
    return UUID(answer["invitedUser"]["id"])
