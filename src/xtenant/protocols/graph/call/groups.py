"""Groups of a tenant over Graph; a Microsoft 365 group for a move is made without a site (R-4.17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote
from uuid import UUID

from xtenant.domain.directory import Group, GroupKind
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.protocols.graph.call.answers import BASE, ask, rows
from xtenant.protocols.graph.codec.directory import group_from_json
from xtenant.wire.transport import Session

_BETA = f"https://{GRAPH_HOST}/beta"
_OBJECTS = f"{BASE}/directoryObjects"


async def list_groups(session: Session) -> AsyncIterator[Group]:
    """Every live group."""
    async for row in rows(session, f"{BASE}/groups?$top=999"):
        yield group_from_json(row)


async def get_group(session: Session, group_id: UUID) -> Group:
    """Raises NotFound."""
    return group_from_json(await ask(session, "GET", f"{BASE}/groups/{group_id}"))


async def find_group(session: Session, alias: str) -> Group | None:
    """The group with an alias."""
    condition = quote(f"mailNickname eq '{alias.replace(chr(39), chr(39) * 2)}'")
    async for row in rows(session, f"{BASE}/groups?$filter={condition}"):
        return group_from_json(row)
    return None


async def create_group(
    session: Session,
    *,
    kind: GroupKind,
    display_name: str,
    alias: str,
    visibility: str = "Private",
    owners: Sequence[UUID] = (),
    members: Sequence[UUID] = (),
    site_on_demand: bool = True,
) -> Group:
    """Create a group; a Microsoft 365 group gets no site unless `site_on_demand` is off (R-4.17, R-4.18).

    Raises Conflict when the alias is taken.
    """
    body: dict[str, object] = {
        "displayName": display_name,
        "mailNickname": alias,
        "mailEnabled": False,
        "securityEnabled": True,
        "visibility": visibility,
    }
    if kind is GroupKind.UNIFIED:
        body["groupTypes"] = ["Unified"]
        if site_on_demand:
            body["resourceBehaviorOptions"] = ["ProvisionSiteOnDemand"]
    if owners:
        body["owners@odata.bind"] = [f"{BASE}/users/{owner}" for owner in owners]
    if members:
        body["members@odata.bind"] = [f"{_OBJECTS}/{member}" for member in members]
    return group_from_json(await ask(session, "POST", f"{_BETA}/groups", json=body))


async def list_members(session: Session, group_id: UUID, *, owners: bool = False) -> AsyncIterator[UUID]:
    """Object ids of direct members, or of owners."""
    noun = "owners" if owners else "members"
    async for row in rows(session, f"{BASE}/groups/{group_id}/{noun}?$top=999"):
        yield UUID(row["id"])


async def add_member(session: Session, group_id: UUID, member_id: UUID, *, owner: bool = False) -> None:
    """Raises UsageError when they are one already (Graph's 400)."""
    noun = "owners" if owner else "members"
    await ask(session, "POST", f"{BASE}/groups/{group_id}/{noun}/$ref", json={"@odata.id": f"{_OBJECTS}/{member_id}"})


async def remove_member(session: Session, group_id: UUID, member_id: UUID, *, owner: bool = False) -> None:
    noun = "owners" if owner else "members"
    await ask(session, "DELETE", f"{BASE}/groups/{group_id}/{noun}/{member_id}/$ref")
