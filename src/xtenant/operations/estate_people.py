"""People and groups of a made-up estate: in the directory once, however often an estate names them (lab only, settled B 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xtenant.domain import errors
from xtenant.domain.content import Principal
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.estates import FIRST_SITE_GROUP, EstateGroup, EstatePerson
from xtenant.domain.licence import MICROSOFT_365_E3, AssignedLicence
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Tenant
from xtenant.operations import access

MOST_PEOPLE = 5_000


class UnknownNumber(errors.UsageError):
    """An estate names somebody it did not bring."""

    code = "badEstate"


@dataclass(slots=True)
class EstatePeople:
    """Who stands behind the numbers of an estate."""

    users: dict[int, User] = field(default_factory=dict[int, User])
    groups: dict[int, Group] = field(default_factory=dict[int, Group])

    def user(self, number: int) -> User:
        """Raises UnknownNumber."""
        if number not in self.users:
            raise UnknownNumber(f"The estate has no person with the number {number}.")
        return self.users[number]

    def group(self, number: int) -> Group:
        """Raises UnknownNumber."""
        if number not in self.groups:
            raise UnknownNumber(f"The estate has no group with the number {number}.")
        return self.groups[number]

    def principals(self) -> dict[int, Principal]:
        """Everybody as principals of content."""
        found = {number: access.user_as_principal(user) for number, user in self.users.items()}
        return found | {number: access.group_as_principal(group) for number, group in self.groups.items()}


def ensure_people(
    units: Units,
    tenant: Tenant,
    people: Sequence[EstatePerson],
    groups: Sequence[EstateGroup],
    *,
    clock: Clock,
    ids: IdSource,
) -> EstatePeople:
    """Everybody an estate names, made where the directory has them not. Raises UnknownNumber, TooLarge, UsageError."""
    if len(people) + len(groups) > MOST_PEOPLE:
        raise errors.TooLarge(f"An estate has at most {MOST_PEOPLE} people and groups.")
    if any(not 0 < one.number < FIRST_SITE_GROUP for one in (*people, *groups)):
        raise errors.UsageError("A person or group of an estate has a number from 1 on.")
    with units.write() as uow:
        found = EstatePeople(users=_users(uow, tenant, people, clock, ids))
        for group in groups:
            found.groups[group.number] = _group(uow, tenant, group, found, clock, ids)
        return found


def _users(
    uow: UnitOfWork, tenant: Tenant, people: Sequence[EstatePerson], clock: Clock, ids: IdSource
) -> dict[int, User]:
    upns = {one.number: f"{one.user}@{tenant.default_domain}" for one in people}
    there: Mapping[str, User] = uow.users.by_upns(upns.values())
    fresh = [_user(one, upns[one.number], clock, ids) for one in people if upns[one.number].lower() not in there]
    uow.users.add_many(fresh)
    _license(uow, fresh, clock)
    known = {**there, **{user.upn.lower(): user for user in fresh}}
    return {number: known[upn.lower()] for number, upn in upns.items()}


def _user(person: EstatePerson, upn: str, clock: Clock, ids: IdSource) -> User:
    if not person.user.isascii() or not person.user.replace(".", "").isalnum() or len(person.user) > 64:
        raise errors.UsageError(f"'{person.user}' is no name of a user.")
    return User(
        user_id=UserId(ids.new_id()),
        upn=upn,
        display_name=person.name,
        mail=upn,
        mail_nickname=person.user,
        usage_location="US",
        created_at=clock.business_now().replace(microsecond=0),
    )


def _license(uow: UnitOfWork, users: Sequence[User], clock: Clock) -> None:
    """What the lab's own people hold, where the tenant bought it."""
    wanted = MICROSOFT_365_E3.part_number.lower()
    sku = next((sku for sku in uow.licences.skus() if sku.part_number.lower() == wanted), None)
    if sku is None:
        return
    for user in users:
        uow.licences.assign(user.user_id, AssignedLicence(sku_id=sku.sku_id, assigned_at=clock.business_now()))


def _group(
    uow: UnitOfWork, tenant: Tenant, group: EstateGroup, people: EstatePeople, clock: Clock, ids: IdSource
) -> Group:
    there = uow.groups.by_alias(group.alias)
    if there is not None:
        return there
    unified = group.kind is GroupKind.UNIFIED
    made = Group(
        group_id=GroupId(ids.new_id()),
        kind=group.kind,
        display_name=group.name,
        mail_nickname=group.alias,
        mail=f"{group.alias}@{tenant.default_domain}" if unified else None,
        visibility="Private",
        mail_enabled=unified,
        security_enabled=not unified,
        created_at=clock.business_now().replace(microsecond=0),
    )
    uow.groups.add(made)
    uow.memberships.add_many([(made.group_id, people.user(number).user_id) for number in dict.fromkeys(group.members)])
    for number in dict.fromkeys(group.owners):
        uow.memberships.add(made.group_id, people.user(number).user_id, owner=True)
    return made
