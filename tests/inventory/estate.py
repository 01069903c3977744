"""A tenant to be crawled, planted through its own wire and operations: what a crawl must find is what was planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from neighbours import Neighbours
from xtenant.client.tenant import TenantClient
from xtenant.domain.content import Site
from xtenant.domain.directory import GroupKind
from xtenant.operations import access, imports, sites
from xtenant.operations.imports import ImportEntry, ImportVersion
from xtenant.protocols.graph.call import groups, users
from xtenant.protocols.graph.call.answers import BASE, ask
from xtenant.protocols.sharepoint_rest.call import feeds, lists, send

DOMAIN = "contoso.onmicrosoft.com"
ROOT = "https://contoso.sharepoint.com"
FULL, EDIT, CONTRIBUTE, READ = 1073741829, 1073741830, 1073741827, 1073741826


@dataclass
class Planting:
    """Plants into contoso; ids come back as the inventory writes them."""

    block: Neighbours
    client: TenantClient

    async def person(self, name: str) -> str:
        upn = f"{name}@{DOMAIN}"
        found = await users.create_user(
            self.client.session,
            upn=upn,
            display_name=name.capitalize(),
            password="Correct-Horse-7",
            usage_location="NO",
        )
        return str(found.user_id)

    async def known(self, name: str) -> str:
        return str((await users.get_user(self.client.session, f"{name}@{DOMAIN}")).user_id)

    async def guest(self, mail: str) -> str:
        body = {"invitedUserEmailAddress": mail, "inviteRedirectUrl": "https://contoso.sharepoint.com"}
        row = await ask(self.client.session, "POST", f"{BASE}/invitations", json=body)
        return str(row["invitedUser"]["id"])

    async def group(
        self,
        alias: str,
        members: Sequence[str] = (),
        *,
        owners: Sequence[str] = (),
        kind: GroupKind = GroupKind.SECURITY,
        on_demand: bool = True,
    ) -> str:
        made = await groups.create_group(
            self.client.session,
            kind=kind,
            display_name=alias.capitalize(),
            alias=alias,
            owners=[UUID(each) for each in owners],
            members=[UUID(each) for each in members],
            site_on_demand=on_demand,
        )
        return str(made.group_id)

    def site(self, name: str, owner: str | None = None) -> Site:
        service = self.block["contoso"]
        return sites.create_site(
            service.units,
            geo=service.tenant.default_geo,
            url=f"{ROOT}/sites/{name}",
            title=name.capitalize(),
            owner=UUID(owner) if owner else None,
            clock=service.clock,
            ids=service.ids,
        )

    def onedrive(self, name: str) -> Site:
        service = self.block["contoso"]
        with service.units.read() as uow:
            user = uow.users.by_upn(f"{name}@{DOMAIN}")
        assert user is not None
        return sites.create_personal_site(
            service.units, geo=service.tenant.default_geo, user=user, clock=service.clock, ids=service.ids
        )

    def fill(self, site: Site, *paths: str) -> None:
        """Files of as many bytes as their path has characters; folders are made on the way."""
        service = self.block["contoso"]
        now = service.clock.business_now().replace(microsecond=0)
        entries = [
            ImportEntry(
                names=tuple(path.split("/")),
                created_at=now,
                modified_at=now,
                versions=(ImportVersion(modified_at=now, pieces=lambda path=path: [path.encode()]),),
            )
            for path in paths
        ]
        imports.import_items(
            service.units,
            service.backend.blobs,
            site_id=site.site_id,
            author=access.SHAREPOINT_APP,
            entries=entries,
            clock=service.clock,
            ids=service.ids,
        )

    async def numbers(self, site: Site) -> dict[str, str]:
        """Below `_api/web`: where each object of a site is reached, by path; the web's own is empty."""
        found = {"": ""}
        web = site.url.removeprefix(ROOT).strip("/")
        async for each in lists.lists_of(self.client.session, site.url):
            place = f"/lists(guid'{each.Id}')"
            found[each.RootFolder.ServerRelativeUrl.strip("/").removeprefix(f"{web}/")] = place
            async for row in lists.items_of(self.client.session, site.url, each.Id):
                found[row.FileRef.strip("/").removeprefix(f"{web}/")] = f"{place}/items({row.Id})"
        return found

    async def post(self, site: Site, rest: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        answer = await send(
            self.client.session, "POST", feeds.api(site.url, f"web{rest}"), json=body, headers=headers or None
        )
        return answer.json() if answer.content else {}

    async def user(self, site: Site, login: str) -> int:
        """Make a site know somebody; the number it gives them."""
        return int((await self.post(site, "/ensureuser", {"logonName": login}))["Id"])

    async def site_group(self, site: Site, title: str, *logins: str) -> int:
        number = int((await self.post(site, "/sitegroups", {"Title": title}))["Id"])
        for login in logins:
            await self.post(site, f"/sitegroups({number})/users", {"LoginName": login})
        return number

    async def admin(self, site: Site, login: str) -> None:
        number = await self.user(site, login)
        await self.post(site, f"/siteusers({number})", {"IsSiteAdmin": True}, **{"X-HTTP-Method": "MERGE"})

    async def break_at(self, site: Site, path: str) -> None:
        place = (await self.numbers(site))[path]
        await self.post(site, f"{place}/breakroleinheritance(copyRoleAssignments=false,clearSubscopes=false)")

    async def give(self, site: Site, path: str, principal: int, role: int) -> None:
        place = (await self.numbers(site))[path]
        await self.post(site, f"{place}/roleassignments/addroleassignment(principalid={principal},roledefid={role})")


def login(name: str) -> str:
    return f"i:0#.f|membership|{name}@{DOMAIN}"


def security(group_id: str) -> str:
    return f"c:0t.c|tenant|{group_id}"


def unified(group_id: str) -> str:
    return f"c:0o.c|federateddirectoryclaimprovider|{group_id}"


@dataclass
class Estate:
    """A project site whose inheritance is broken at a folder and at a file in it; groups nested three deep; a guest."""

    site: Site
    ids: dict[str, str]
    visitors: str
    """The principal id of the site's SharePoint group."""


async def plant(planting: Planting) -> Estate:
    """Break at `Plans` (Outer may edit) and at one file in it (Ann may read); a SharePoint group reads the web; Bob
    administers the site."""
    ids = {name: await planting.known(name) for name in ("ann", "bob")}
    ids["gus"] = await planting.guest("gus@northwind.com")
    ids["inner"] = await planting.group("inner", [ids["bob"], ids["gus"]])
    ids["middle"] = await planting.group("middle", [ids["inner"]])
    ids["outer"] = await planting.group("outer", [ids["middle"], ids["ann"]])
    site = planting.site("project", owner=ids["ann"])
    planting.fill(site, "Plans/Secret/own.txt", "Plans/Secret/other.txt", "Plans/open.txt", "top.txt")
    visitors = await planting.site_group(site, "Visitors", security(ids["outer"]), login("bob"))
    await planting.give(site, "", visitors, READ)
    outer = await planting.user(site, security(ids["outer"]))
    ann = await planting.user(site, login("ann"))
    await planting.break_at(site, "Shared Documents/Plans")
    await planting.give(site, "Shared Documents/Plans", outer, EDIT)
    await planting.break_at(site, "Shared Documents/Plans/Secret/own.txt")
    await planting.give(site, "Shared Documents/Plans/Secret/own.txt", ann, READ)
    await planting.admin(site, login("bob"))
    return Estate(site=site, ids=ids, visitors=f"sp:{site.site_id}:{visitors}")
