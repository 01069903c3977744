"""An inventory with something of everything, and what all its readers tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from xtenant.inventory.facts import (
    Assignment,
    Item,
    Licence,
    Member,
    NotRead,
    Principal,
    PrincipalKind,
    Right,
    Scope,
    ScopeKind,
    Site,
    SiteKind,
    SiteList,
    SiteUser,
    TenantFacts,
)
from xtenant.inventory.store import Inventory

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
TENANT_ID = UUID("11111111-1111-4111-8111-111111111111")
TEAM_SITE, ANNS_SITE, GONE_SITE = (UUID(int=0x51 + n) for n in range(3))
LIBRARY, FOLDER, FILE, SECRET = (UUID(int=0x100 + n) for n in range(4))
ANN, BOB, GUS, EVE = (str(UUID(int=0xA0 + n)) for n in range(4))
TEAM, STAFF, INNER = (str(UUID(int=0xB0 + n)) for n in range(3))
OWNERS = f"sp:{TEAM_SITE}:3"
GONE = "i:0#.f|membership|gone@contoso.com"


def person(principal_id: str, name: str, kind: PrincipalKind = PrincipalKind.USER) -> Principal:
    address = f"{name.lower()}@contoso.com"
    return Principal(
        principal_id=principal_id, kind=kind, name=name, upn=address, mail=f"mail.{address}", licences=(UUID(int=7),)
    )


def group(principal_id: str, name: str, kind: PrincipalKind) -> Principal:
    return Principal(principal_id=principal_id, kind=kind, name=name, alias=name.lower())


def member(group_id: str, member_id: str, *, owner: bool = False) -> Member:
    return Member(group_id=group_id, member_id=member_id, owner=owner)


def right(site_id: UUID, scope_id: UUID, principal_id: str, right: Right) -> Assignment:
    return Assignment(site_id=site_id, scope_id=scope_id, principal_id=principal_id, right=right)


def planted() -> Inventory:
    """Ann and Bob, a guest, a deleted account; nested groups; a team site with broken inheritance; Ann's OneDrive."""
    inventory = Inventory.memory()
    _plant_directory(inventory)
    _plant_sites(inventory)
    run = inventory.begin_run("*", NOW)
    inventory.end_run(run, NOW)
    return inventory


def _plant_directory(inventory: Inventory) -> None:
    inventory.put_tenant(
        TenantFacts(
            tenant_id=TENANT_ID,
            display_name="Contoso",
            initial_domain="contoso.onmicrosoft.com",
            domains=("contoso.onmicrosoft.com", "contoso.com"),
            host_urls=("https://contoso-my.sharepoint.com/",),
            site_creation_enabled=True,
            read_at=NOW,
        )
    )
    inventory.put_licences([Licence(sku_id=UUID(int=7), part_number="MOVE", enabled=10, consumed=2)])
    inventory.put_principals(
        [
            person(ANN, "Ann"),
            person(BOB, "Bob"),
            person(EVE, "Eve"),
            person(GUS, "Gus", PrincipalKind.GUEST),
            group(TEAM, "Team", PrincipalKind.M365_GROUP),
            group(STAFF, "Staff", PrincipalKind.SECURITY_GROUP),
            group(INNER, "Inner", PrincipalKind.SECURITY_GROUP),
            Principal(principal_id=GONE, kind=PrincipalKind.OTHER, name="Gone Gale"),
        ]
    )
    inventory.put_members(TEAM, [member(TEAM, BOB), member(TEAM, ANN, owner=True)])
    inventory.put_members(STAFF, [member(STAFF, INNER)])
    inventory.put_members(INNER, [member(INNER, GUS)])


def _plant_sites(inventory: Inventory) -> None:
    team = Site(
        site_id=TEAM_SITE,
        kind=SiteKind.GROUP,
        url="https://contoso.sharepoint.com/sites/team",
        title="Team",
        template="GROUP#0",
        group_id=TEAM,
        admins=(ANN, GONE),
        items=2,
        storage_mb=5,
        has_holds=True,
        label="Internal",
        created_at=NOW,
        modified_at=NOW,
        versions=9,
        workflows=1,
        read_at=NOW,
    )
    anns = Site(
        site_id=ANNS_SITE,
        kind=SiteKind.PERSONAL,
        url="https://contoso-my.sharepoint.com/personal/ann_contoso_com",
        title="Ann",
        template="SPSPERS#10",
        owner_id=ANN,
        admins=(ANN,),
        read_at=NOW,
    )
    inventory.put_site(team)
    inventory.put_site(anns)
    owners = Principal(principal_id=OWNERS, kind=PrincipalKind.SITE_GROUP, name="Team Owners")
    inventory.put_site_groups(TEAM_SITE, [owners], [member(OWNERS, STAFF)])
    for site_id in (TEAM_SITE, ANNS_SITE):
        web = Scope(site_id=site_id, scope_id=site_id, kind=ScopeKind.WEB, path="")
        inventory.put_scopes(site_id, [web, *_broken(site_id)])
    inventory.put_assignments(
        TEAM_SITE,
        [right(TEAM_SITE, TEAM_SITE, OWNERS, Right.FULL), right(TEAM_SITE, FOLDER, GONE, Right.READ)],
    )
    inventory.put_assignments(ANNS_SITE, [right(ANNS_SITE, ANNS_SITE, ANN, Right.FULL)])
    inventory.put_items(TEAM_SITE, _items())
    _plant_the_rest(inventory)


def _plant_the_rest(inventory: Inventory) -> None:
    """Lists, whom sites know, a deleted site, and what could not be read."""
    gone = f"https://contoso.sharepoint.com/sites/gone{GONE_SITE.int}"
    inventory.put_site(
        Site(site_id=GONE_SITE, kind=SiteKind.SITE, url=gone, title="", template="", status="Recycled", deleted_at=NOW)
    )
    lists = [(LIBRARY, "Documents", 101), (UUID(int=0x200), "Workflow History", 140)]
    inventory.put_lists(
        TEAM_SITE,
        [
            SiteList(
                site_id=TEAM_SITE,
                list_id=list_id,
                path=path,
                title=path,
                template=template,
                items=2,
                hidden=template != 101,
                drive_id="b!x" if template == 101 else "",
                modified_at=NOW,
            )
            for list_id, path, template in lists
        ],
    )
    people = [
        SiteUser(
            site_id=TEAM_SITE,
            login_name="i:0#.f|membership|ann@contoso.com",
            upn="ann@contoso.com",
            mail="ann_mail@contoso.com",
            is_admin=True,
        ),
        SiteUser(site_id=TEAM_SITE, login_name="c:0(.s|true"),
    ]
    inventory.put_site_users(TEAM_SITE, people)
    inventory.put_site_users(ANNS_SITE, [replace(people[0], site_id=ANNS_SITE)])
    anns = "https://contoso-my.sharepoint.com/personal/ann_contoso_com"
    inventory.put_not_read(
        [
            NotRead(subject="deleted sites", reason="Access denied."),
            NotRead(subject=anns, reason=f"{anns} is locked.", site_id=ANNS_SITE),
        ]
    )


def _broken(site_id: UUID) -> list[Scope]:
    if site_id != TEAM_SITE:
        return []
    return [Scope(site_id=site_id, scope_id=FOLDER, kind=ScopeKind.FOLDER, path="Documents/Plans")]


def _items() -> list[Item]:
    rows = [
        (LIBRARY, ScopeKind.LIST, "Documents", TEAM_SITE, 0, 0),
        (FOLDER, ScopeKind.FOLDER, "Documents/Plans", FOLDER, 0, 1),
        (FILE, ScopeKind.FILE, "Documents/Plans/ä & b.txt", FOLDER, 12, 2),
    ]
    return [
        Item(
            site_id=TEAM_SITE,
            item_id=item_id,
            kind=kind,
            path=path,
            scope_id=scope_id,
            size_bytes=size,
            versions=number + 1,
            modified_at=NOW if number else None,
            item_number=number,
            label="Secret" if size else "",
        )
        for item_id, kind, path, scope_id, size, number in rows
    ]


def told_by(inventory: Inventory) -> dict[str, object]:
    """What every reader of an inventory tells."""
    sites = list(inventory.sites())
    return {
        "tenant": inventory.tenant(),
        "licences": inventory.licences(),
        "principals": list(inventory.principals()),
        "members": list(inventory.all_members()),
        "sites": sites,
        "groups": [list(inventory.site_groups(site.site_id)) for site in sites],
        "scopes": [inventory.scopes(site.site_id) for site in sites],
        "assignments": [inventory.assignments(site.site_id) for site in sites],
        "items": [list(inventory.items(site.site_id)) for site in sites],
        "all items": list(inventory.all_items()),
        "lists": [inventory.lists(site.site_id) for site in sites],
        "site users": [inventory.site_users(site.site_id) for site in sites],
        "deleted": list(inventory.deleted_sites()),
        "not read": list(inventory.not_read()),
        "counts": inventory.counts(),
    }
