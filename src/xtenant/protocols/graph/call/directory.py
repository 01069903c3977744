"""The whole directory of a tenant in few requests, as an inventory reads it (graph-migrations.md 4.1 to 4.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.protocols.graph.call import batch
from xtenant.protocols.graph.call.answers import BASE, ask, rows
from xtenant.wire.transport import Session

PAGE = 999
_USER_FIELDS = (
    "id,userPrincipalName,displayName,mail,mailNickname,userType,accountEnabled,usageLocation,assignedLicenses,"
    "onPremisesSyncEnabled"
)
_GROUP_FIELDS = (
    "id,displayName,mail,mailNickname,groupTypes,visibility,mailEnabled,securityEnabled,resourceBehaviorOptions,"
    "onPremisesSyncEnabled"
)

T = TypeVar("T")


class _Told(msgspec.Struct, rename="camel", kw_only=True):
    """An answer of which unknown members are left aside."""


class Domain(_Told):
    name: str
    is_default: bool = False
    is_initial: bool = False


class Organization(_Told):
    id: UUID
    display_name: str | None = None
    verified_domains: list[Domain] = msgspec.field(default_factory=list[Domain])


class SharePointSettings(_Told):
    """Of which the switches of self-creation matter here (R-4.8, R-4.9); None where the tenant does not say."""

    is_site_creation_enabled: bool | None = None


class Units(_Told):
    enabled: int = 0


class ServicePlan(_Told):
    service_plan_name: str = ""


class SubscribedSku(_Told):
    sku_id: UUID
    sku_part_number: str = ""
    service_plans: list[ServicePlan] = msgspec.field(default_factory=list[ServicePlan])
    consumed_units: int = 0
    prepaid_units: Units = msgspec.field(default_factory=Units)


class HeldLicence(_Told):
    sku_id: UUID


class Person(_Told):
    """A user or guest; `user_type` is Member or Guest."""

    id: UUID
    user_principal_name: str
    display_name: str | None = None
    mail: str | None = None
    mail_nickname: str | None = None
    user_type: str | None = None
    account_enabled: bool | None = None
    usage_location: str | None = None
    assigned_licenses: list[HeldLicence] = msgspec.field(default_factory=list[HeldLicence])
    on_premises_sync_enabled: bool | None = None


class DirectoryGroup(_Told):
    id: UUID
    display_name: str | None = None
    mail: str | None = None
    mail_nickname: str | None = None
    group_types: list[str] = msgspec.field(default_factory=list[str])
    visibility: str | None = None
    mail_enabled: bool | None = None
    security_enabled: bool | None = None
    resource_behavior_options: list[str] = msgspec.field(default_factory=list[str])
    on_premises_sync_enabled: bool | None = None


class GroupPeople(msgspec.Struct, frozen=True, kw_only=True):
    """Object ids of a group's direct members and of its owners; members may be groups again."""

    group_id: UUID
    members: tuple[UUID, ...]
    owners: tuple[UUID, ...]


class _Object(_Told):
    id: UUID


async def organization(session: Session) -> Organization:
    """The tenant itself. Raises AccessDenied."""
    async for row in rows(session, f"{BASE}/organization"):
        return _read(row, Organization)
    raise errors.Unexpected("The tenant names no organization.")


async def sharepoint_settings(session: Session) -> SharePointSettings:
    """Raises AccessDenied without `SharePointTenantSettings.Read.All`, NotFound where they are not served."""
    return _read(await ask(session, "GET", f"{BASE}/admin/sharepoint/settings"), SharePointSettings)


async def subscribed_skus(session: Session) -> AsyncIterator[SubscribedSku]:
    """Raises AccessDenied."""
    async for row in rows(session, f"{BASE}/subscribedSkus"):
        yield _read(row, SubscribedSku)


async def people(session: Session) -> AsyncIterator[Person]:
    """Every live user and guest with the licences they hold. Raises AccessDenied."""
    async for row in rows(session, f"{BASE}/users?$select={_USER_FIELDS}&$top={PAGE}"):
        yield _read(row, Person)


async def groups(session: Session) -> AsyncIterator[DirectoryGroup]:
    """Every live group. Raises AccessDenied."""
    async for row in rows(session, f"{BASE}/groups?$select={_GROUP_FIELDS}&$top={PAGE}"):
        yield _read(row, DirectoryGroup)


async def people_of_groups(session: Session, group_ids: Sequence[UUID], *, clock: Clock) -> list[GroupPeople]:
    """Direct members and owners of groups, ten groups a request; long lists are read on by their links.

    A group that was deleted meanwhile has nobody. Raises AccessDenied.
    """
    urls = [f"/groups/{each}/{noun}?$select=id&$top={PAGE}" for each in group_ids for noun in ("members", "owners")]
    parts = [batch.Part(url=url) for url in urls]
    answers = await batch.send(session, parts, clock=clock, idempotent=True)
    lists = [await _ids_in(session, answer) for answer in answers]
    return [
        GroupPeople(group_id=each, members=lists[2 * number], owners=lists[2 * number + 1])
        for number, each in enumerate(group_ids)
    ]


async def _ids_in(session: Session, answer: batch.Answer) -> tuple[UUID, ...]:
    if isinstance(answer.failure, errors.NotFound):
        return ()
    if answer.failure is not None:
        raise answer.failure
    found = [_read(row, _Object).id for row in answer.row.get("value") or ()]
    following = answer.row.get("@odata.nextLink")
    if following:
        found += [_read(row, _Object).id async for row in rows(session, following)]
    return tuple(found)


def _read(row: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(row, kind, strict=False)
    except msgspec.ValidationError as error:
        raise errors.Unexpected(f"The tenant answered in another form: {error}.") from error
