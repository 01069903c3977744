"""Permissions of the site that the simulation moves, and how an observer of either tenant reads them.

Bob is in no row of the map: what he alone has is nobody's at the target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from xtenant.domain.content import WEB, Item, ItemKey, Principal, PrincipalKey, PrincipalKind, Role, Site
from xtenant.domain.permissions import SiteGroup
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork

ANN, BOB, TEAM, THEIR_TEAM = UUID(int=0xA11), UUID(int=0xB0B), UUID(int=0x7EA), UUID(int=0x7EB)
MEMBERS, VISITORS = UUID(int=0x5A1), UUID(int=0x5A2)
NAMES = {
    "ann@contoso.onmicrosoft.com": "i:0#.f|membership|ann@fabrikam.onmicrosoft.com",
    "bob@contoso.onmicrosoft.com": None,
    f"c:0t.c|tenant|{TEAM}": f"c:0t.c|tenant|{THEIR_TEAM}",
}
"""Who is whom at the target; None for nobody."""

Rights = dict[str, object]


def team(guid: UUID = TEAM) -> Principal:
    """A security group as principal."""
    return Principal(
        key=PrincipalKey(0),
        kind=PrincipalKind.GROUP,
        directory_id=guid,
        name="Team",
        login=f"c:0t.c|tenant|{guid}",
    )


def site_group(guid: UUID, title: str) -> Principal:
    return Principal(key=PrincipalKey(0), kind=PrincipalKind.SITE_GROUP, directory_id=guid, name=title, login=title)


def seed_rights(
    uow: UnitOfWork, writer: SiteWriter, items: Mapping[str, Item], more: Mapping[str, Mapping[UUID, Role]]
) -> None:
    """Groups, administrators, and scopes of each kind, further ones included; one is Bob's alone."""
    keys = uow.principals.ensure([team(), site_group(MEMBERS, "X Members"), site_group(VISITORS, "X Visitors")])
    keys |= {guid: found.key for guid, found in uow.principals.by_directory_ids([ANN, BOB]).items()}
    for group, title, members in ((MEMBERS, "X Members", (ANN, BOB, TEAM)), (VISITORS, "X Visitors", (BOB,))):
        writer.put_site_group(
            SiteGroup(site_key=writer.site.key, principal=keys[group], title=title, description=f"{title} of X")
        )
        for member in members:
            writer.add_site_group_member(keys[group], keys[member])
    for admin in (ANN, TEAM, BOB):
        writer.set_site_admin(keys[admin], True)
    given = {
        "": {ANN: Role.OWNER, BOB: Role.READ, MEMBERS: Role.WRITE},
        "library": {ANN: Role.OWNER, MEMBERS: Role.READ},
        "deep": {TEAM: Role.WRITE, VISITORS: Role.READ},
        "deep/c.txt": {BOB: Role.WRITE},
        "b.txt": {TEAM: Role.READ, ANN: Role.WRITE, BOB: Role.OWNER},
    }
    for path, rights in (*given.items(), *more.items()):
        scope = items[path].key if path else WEB
        if path:
            writer.break_inheritance(scope, copy=False)
        for guid, role in rights.items():
            writer.assign(keys[guid], role, scope=scope)


def rights_of(uow: UnitOfWork, site: Site, paths: Mapping[ItemKey, str], *, translated: bool) -> Rights:
    """Groups, administrators and scopes by path; `translated` tells a source's as they should stand at the target."""
    scopes = [WEB, *uow.scopes.page(site.key, after=WEB, limit=1_000)]
    groups = uow.site_groups.of_site(site.key)
    members = list(uow.site_groups.members(site.key, [group.principal for group in groups]))
    given = uow.scopes.assignments(site.key, scopes)
    admins = uow.site_groups.admins(site.key)
    keys = {one.principal for one in given} | {one.member for one in members} | set(admins)
    logins = {key: found.login for key, found in uow.principals.by_keys(keys).items()}

    def known(keys: object, name: Callable[[PrincipalKey], str | None]) -> list[str]:
        return sorted(found for key in keys if (found := name(key)) is not None)  # type: ignore[attr-defined]

    def name(key: PrincipalKey) -> str | None:
        return NAMES.get(logins[key], logins[key]) if translated else logins[key]

    return {
        "groups": {
            group.title: (
                group.description,
                known([one.member for one in members if one.group == group.principal], name),
            )
            for group in groups
        },
        "admins": known(admins, name),
        "scopes": {
            paths.get(scope, ""): sorted(
                (found, one.role.value) for one in given if one.scope == scope and (found := name(one.principal))
            )
            for scope in scopes
        },
    }
