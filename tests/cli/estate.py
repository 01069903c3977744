"""People, nested groups, a guest and sites of contoso in process, put there behind the wire so that tests begin at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from clock import CountingIds
from neighbours import Neighbours
from xtenant.domain.content import Principal, Role
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId, UserType
from xtenant.operations import access, sites
from xtenant.service import TenantService

SPACE = UUID("c0ffee00-0000-4000-8000-000000000000")
PLANS = "https://contoso.sharepoint.com/sites/plans"
TEAM = "https://contoso.sharepoint.com/sites/team"


@dataclass
class Estate:
    """What was put there. Names are the parts before the @ and aliases."""

    service: TenantService
    domain: str
    users: dict[str, User] = field(default_factory=dict[str, User])
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    ids: CountingIds = field(default_factory=lambda: CountingIds(start=500_000_000))

    def add_people(self, *names: str, location: str | None = "DE") -> None:
        now = self.service.backend.clock.business_now()
        people = [
            User(
                user_id=UserId(uuid5(SPACE, f"{name}@{self.domain}")),
                upn=f"{name}@{self.domain}",
                display_name=name.replace(".", " ").title(),
                mail=f"{name}@{self.domain}",
                mail_nickname=name,
                usage_location=location,
                created_at=now,
            )
            for name in names
        ]
        self.users |= {user.upn.partition("@")[0]: user for user in people}
        with self.service.backend.units.write() as uow:
            uow.users.add_many(people)

    def add_guest(self, mail: str) -> None:
        upn = f"{mail.replace('@', '_')}#EXT#@{self.domain}"
        guest = User(
            user_id=UserId(uuid5(SPACE, upn)),
            upn=upn,
            display_name=mail,
            mail=mail,
            user_type=UserType.GUEST,
            created_at=self.service.backend.clock.business_now(),
        )
        self.users[mail] = guest
        with self.service.backend.units.write() as uow:
            uow.users.add(guest)

    def add_group(self, alias: str, *members: str, owner: str | None = None, unified: bool = False) -> None:
        group = Group(
            group_id=GroupId(uuid5(SPACE, f"{self.domain}/{alias}")),
            kind=GroupKind.UNIFIED if unified else GroupKind.SECURITY,
            display_name=alias.title(),
            mail_nickname=alias,
            visibility="Public" if unified else "Private",
            created_at=self.service.backend.clock.business_now(),
        )
        self.groups[alias] = group
        with self.service.backend.units.write() as uow:
            uow.groups.add(group)
            for member in members:
                uow.memberships.add(group.group_id, self.id_of(member))
            if owner is not None:
                uow.memberships.add(group.group_id, self.id_of(owner), owner=True)

    def add_onedrive(self, name: str) -> None:
        backend = self.service.backend
        geo = self.service.tenant.default_geo
        sites.create_personal_site(backend.units, geo=geo, user=self.users[name], clock=backend.clock, ids=self.ids)

    def add_site(self, url: str, *, owner: str, readers: Sequence[str] = (), group: str | None = None) -> None:
        backend = self.service.backend
        site = sites.create_site(
            backend.units,
            geo=self.service.tenant.default_geo,
            url=url,
            title=url.rpartition("/")[2],
            owner=self.id_of(owner),
            clock=backend.clock,
            ids=self.ids,
            group_id=self.groups[group].group_id if group else None,
        )
        with backend.units.write() as uow:
            if group:
                uow.groups.update(dataclasses.replace(self.groups[group], site_url=site.url))
            principals = [self._principal(name) for name in readers]
            keys = uow.principals.ensure(principals)
            writer = uow.write_site(site.key, now=backend.clock.business_now())
            for key in keys.values():
                writer.assign(key, Role.READ)

    def id_of(self, name: str) -> UUID:
        return self.groups[name].group_id if name in self.groups else self.users[name].user_id

    def _principal(self, name: str) -> Principal:
        if name in self.groups:
            return access.group_as_principal(self.groups[name])
        return access.user_as_principal(self.users[name])


def small_estate(block: Neighbours) -> Estate:
    """Ann's OneDrive and a team's site move; Bob, nested groups and a guest have permissions; Zoe has none."""
    estate = Estate(block["contoso"], "contoso.onmicrosoft.com")
    with estate.service.backend.units.read() as uow:
        ann = uow.users.by_upn("ann@contoso.onmicrosoft.com")
    assert ann is not None
    estate.users["ann"] = ann
    estate.add_people("cat", "dan", "pat.o'brien", "zoe")
    estate.add_guest("gus@northwind.com")
    estate.add_group("inner", "dan", "gus@northwind.com")
    estate.add_group("outer", "cat", "inner")
    estate.add_group("team", "cat", owner="ann", unified=True)
    estate.add_onedrive("ann")
    estate.add_site(PLANS, owner="ann", readers=["outer", "pat.o'brien"])
    estate.add_site(TEAM, owner="ann", group="team")
    return estate
