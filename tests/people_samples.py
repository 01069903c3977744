"""Two small directories in memory: who is at contoso, who is at fabrikam, and sites of contoso that name people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from xtenant.domain.plan import PlannedMove, read_moves
from xtenant.inventory.facts import (
    Assignment,
    Licence,
    Member,
    Principal,
    PrincipalKind,
    Right,
    Scope,
    ScopeKind,
    Site,
    SiteKind,
    TenantFacts,
)
from xtenant.inventory.store import Inventory

READ_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SPACE = UUID("c0ffee00-0000-4000-8000-000000000000")
CONTOSO = UUID("11111111-1111-4111-8111-111111111111")
FABRIKAM = UUID("22222222-2222-4222-8222-222222222222")


def id_of(name: str) -> str:
    """The object id of whoever has a name in these samples."""
    return str(uuid5(SPACE, name))


def user(local: str, domain: str = "contoso.com", **more: Any) -> Principal:
    upn = f"{local}@{domain}"
    shown = {"name": local.replace(".", " ").title(), "mail": upn, "usage_location": "DE"} | more
    return Principal(principal_id=id_of(upn), kind=PrincipalKind.USER, upn=upn, **shown)


def guest(mail: str, host: str = "contoso.onmicrosoft.com") -> Principal:
    upn = f"{mail.replace('@', '_')}#EXT#@{host}"
    return Principal(principal_id=id_of(upn), kind=PrincipalKind.GUEST, name=mail, upn=upn, mail=mail)


def group(alias: str, tenant: str = "contoso", *, unified: bool = False, **more: Any) -> Principal:
    kind = PrincipalKind.M365_GROUP if unified else PrincipalKind.SECURITY_GROUP
    shown = {"name": alias.title(), "visibility": "Private" if unified else "", "on_demand": unified} | more
    return Principal(principal_id=id_of(f"{tenant}/{alias}"), kind=kind, alias=alias, **shown)


def directory(name: str, principals: Sequence[Principal], **more: Any) -> Inventory:
    """An inventory with a tenant and principals."""
    inventory = Inventory.memory()
    inventory.put_tenant(
        TenantFacts(
            tenant_id={"contoso": CONTOSO, "fabrikam": FABRIKAM}[name],
            display_name=name.title(),
            initial_domain=f"{name}.onmicrosoft.com",
            domains=(f"{name}.onmicrosoft.com", f"{name}.com"),
            read_at=READ_AT,
            **more,
        )
    )
    inventory.put_principals(principals)
    return inventory


def members(inventory: Inventory, of: Principal, *these: Principal, owner: Principal | None = None) -> None:
    rows = [Member(group_id=of.principal_id, member_id=each.principal_id) for each in these]
    if owner is not None:
        rows.append(Member(group_id=of.principal_id, member_id=owner.principal_id, owner=True))
    inventory.put_members(of.principal_id, rows)


def site(
    inventory: Inventory,
    url: str,
    *,
    kind: SiteKind = SiteKind.SITE,
    owner: Principal | None = None,
    group: Principal | None = None,
    reads: Sequence[Principal] = (),
    below: Sequence[tuple[str, Principal]] = (),
    **more: Any,
) -> Site:
    """A site whose web `reads` may read, and folders `below` with one reader each."""
    made = Site(
        site_id=uuid5(SPACE, url),
        kind=kind,
        url=url,
        title=url.rpartition("/")[2],
        template="STS#3",
        owner_id=owner.principal_id if owner else "",
        group_id=group.principal_id if group else "",
        read_at=READ_AT,
        **more,
    )
    inventory.put_site(made)
    web = Scope(site_id=made.site_id, scope_id=made.site_id, kind=ScopeKind.WEB, path="")
    folders = [
        (Scope(site_id=made.site_id, scope_id=uuid5(made.site_id, path), kind=ScopeKind.FOLDER, path=path), reader)
        for path, reader in below
    ]
    given = [(web, reader) for reader in reads] + folders
    inventory.put_scopes(made.site_id, [web, *(scope for scope, _ in folders)])
    inventory.put_assignments(
        made.site_id,
        [
            Assignment(site_id=made.site_id, scope_id=scope.scope_id, principal_id=who.principal_id, right=Right.READ)
            for scope, who in given
        ],
    )
    return made


def onedrive(inventory: Inventory, owner: Principal, **more: Any) -> Site:
    part = owner.upn.replace("@", "_").replace(".", "_")
    url = f"https://contoso-my.sharepoint.com/personal/{part}"
    return site(inventory, url, kind=SiteKind.PERSONAL, owner=owner, **more)


def moves(*rows: str) -> list[PlannedMove]:
    """Moves from `kind,source,target` lines."""
    return list(read_moves("kind,source,target\n" + "\n".join(rows) + "\n"))


def onedrive_licences(enabled: int, consumed: int = 0) -> Licence:
    sku = UUID("946ce899-873d-44bb-9d8b-671870cbfdbf")
    return Licence(sku_id=sku, part_number="Cross_tenant_user_data_migration", enabled=enabled, consumed=consumed)
