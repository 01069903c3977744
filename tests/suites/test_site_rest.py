"""SharePoint REST of a site over a real store: what each caller reads of it and may change, and the forms of the answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from admin_host import ADMIN_APP, CONTOSO, NAM, AdminHost, admin_host, sqlite_units
from clock import CountingIds
from content_samples import NOW, put_blobs, row
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import ItemKind
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.operations import access, sites

pytestmark = pytest.mark.anyio

SITE = "https://contoso.sharepoint.com/sites/a"
TEAM_SITE = "https://contoso.sharepoint.com/sites/team"
ANN, BEN, CAT, GUEST = (UUID(int=number) for number in (0xA1, 0xB1, 0xC1, 0xD1))
TEAM, STAFF = UUID(int=0xE1), UUID(int=0xF1)
READ, CONTRIBUTE, EDIT, FULL = 1073741826, 1073741827, 1073741830, 1073741829
PEOPLE = {
    ANN: "ann@contoso.com",
    BEN: "ben@contoso.com",
    CAT: "cat@contoso.com",
    GUEST: "gus_fabrikam.com#EXT#@contoso.onmicrosoft.com",
}


def user(guid: UUID) -> Caller:
    return Caller(kind=CallerKind.USER, tenant_id=CONTOSO.tenant_id, user_id=guid, upn=PEOPLE[guid])


class Rest:
    """Asks the site's REST as somebody; `ann` owns the site. Library: `Plans/2027/draft.docx`, `Plans/notes.txt`, `top.txt`."""

    def __init__(self, host: AdminHost) -> None:
        self.host = host
        self.ids = CountingIds(900)
        self._directory()
        site = sites.create_site(host.units, geo=NAM, url=SITE, title="A", owner=ANN, clock=host.clock, ids=self.ids)
        team = sites.create_site(
            host.units, geo=NAM, url=TEAM_SITE, title="T", owner=None, clock=host.clock, ids=self.ids, group_id=TEAM
        )
        put_blobs(host.units, b"12345")
        with host.units.write() as uow:
            library = uow.items.root_of(site.key)
            assert library is not None
            author = uow.principals.ensure([access.principal_of_user(uow, ANN)])[ANN]
            writer = uow.write_site(site.key, now=NOW)
            plans = writer.add_item(row(self.ids, "Plans", parent=library, by=author))
            year = writer.add_item(row(self.ids, "2027", parent=plans, by=author))
            writer.add_item(row(self.ids, "draft.docx", parent=year, contents=[b"12345"], by=author))
            writer.add_item(row(self.ids, "notes.txt", parent=plans, contents=[b"12345"], by=author))
            writer.add_item(row(self.ids, "top.txt", parent=library, contents=[b"12345"], by=author))
        self.library, self.team = library, team
        self.list = f"web/lists(guid'{library.item_id}')"

    def _directory(self) -> None:
        with self.host.units.write() as uow:
            for guid, upn in PEOPLE.items():
                name = upn.partition("@")[0]
                uow.users.add(User(user_id=UserId(guid), upn=upn, display_name=name, mail=upn, created_at=NOW))
            for guid, alias, kind in ((TEAM, "team", GroupKind.UNIFIED), (STAFF, "staff", GroupKind.SECURITY)):
                uow.groups.add(
                    Group(
                        group_id=GroupId(guid),
                        kind=kind,
                        display_name=alias.title(),
                        mail_nickname=alias,
                        created_at=NOW,
                    )
                )
            uow.memberships.add(GroupId(TEAM), BEN)
            uow.memberships.add(GroupId(TEAM), CAT, owner=True)
            uow.memberships.add(GroupId(STAFF), CAT)

    async def ask(
        self, method: str, path: str, by: UUID | None = ANN, *, site: str = SITE, **more: Any
    ) -> httpx.Response:
        self.host.caller = ADMIN_APP if by is None else user(by)
        return await self.host.http.request(method, f"{site}/_api/{path}", **more)

    async def rows(self, path: str, by: UUID | None = ANN, *, site: str = SITE) -> list[dict[str, Any]]:
        answer = await self.ask("GET", path, by, site=site)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    async def done(self, path: str, by: UUID | None = ANN, *, status: int = 200, **more: Any) -> Any:
        answer = await self.ask("POST", path, by, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def number_of(self, login: str) -> int:
        return (await self.done("web/ensureuser", json={"logonName": login}))["Id"]

    async def names(self, by: UUID | None = ANN) -> set[str]:
        return {row["FileLeafRef"] for row in await self.rows(f"{self.list}/items", by)}

    async def number(self, name: str) -> int:
        return next(row["Id"] for row in await self.rows(f"{self.list}/items") if row["FileLeafRef"] == name)


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Rest]:
    with sqlite_units(tmp_path) as units, admin_host(units) as host:
        yield Rest(host)


async def test_site_web_lists_and_items_have_the_members_that_crawls_read(rest: Rest) -> None:
    site = (await rest.ask("GET", "site?$select=Id", None)).json()
    web = (await rest.ask("GET", "web?$select=Id,Title,HasUniqueRoleAssignments", None)).json()
    assert set(site) == {"Id"}
    assert (web["Title"], web["HasUniqueRoleAssignments"]) == ("A", True)
    fields = "Id,Title,BaseTemplate,Hidden,ItemCount,HasUniqueRoleAssignments"
    found = await rest.rows(f"web/lists?$select={fields},RootFolder/ServerRelativeUrl&$expand=RootFolder", None)
    assert [(one["Title"], one["BaseTemplate"], one["ItemCount"]) for one in found] == [("Documents", 101, 5)]
    assert found[0]["RootFolder"]["ServerRelativeUrl"] == "/sites/a/Shared Documents"
    fields = "Id,UniqueId,FileRef,FileLeafRef,FSObjType,HasUniqueRoleAssignments,OData__UIVersionString,File_x0020_Size"
    items = {row["FileLeafRef"]: row for row in await rest.rows(f"{rest.list}/items?$select={fields}&$top=5000", None)}
    assert items["draft.docx"]["FileRef"] == "/sites/a/Shared Documents/Plans/2027/draft.docx"
    assert (items["draft.docx"]["OData__UIVersionString"], items["draft.docx"]["File_x0020_Size"]) == ("1.0", "5")
    assert (items["Plans"]["FSObjType"], items["Plans"]["File_x0020_Size"]) == (1, None)
    assert set(items["top.txt"]) == {*fields.split(","), "ID"}  # who asks for Id gets ID as well, as at Microsoft
    by_title = await rest.ask("GET", f"web/lists/getbytitle('Documents')/items({items['top.txt']['Id']})", None)
    assert by_title.json()["UniqueId"] == items["top.txt"]["UniqueId"]


async def test_items_are_paged_by_number_with_a_link_to_what_follows(rest: Rest) -> None:
    answer = (await rest.ask("GET", f"{rest.list}/items?$select=Id&$top=2", None)).json()
    link = answer["odata.nextLink"]
    assert parse_qs(urlsplit(link).query)["$skiptoken"] == ["Paged=TRUE&p_ID=2"]
    seen = [row["Id"] for row in answer["value"]]
    while link:
        answer = (await rest.host.http.get(link, headers={"Accept": "application/json;odata.metadata=none"})).json()
        seen += [row["Id"] for row in answer["value"]]
        link = answer.get("@odata.nextLink")
    assert seen == [1, 2, 3, 4, 5]


async def test_broken_inheritance_is_shown_and_decides_who_sees_an_item(rest: Rest) -> None:
    ben = await rest.number_of("ben@contoso.com")
    await rest.done(f"web/roleassignments/addroleassignment(principalid={ben},roledefid={READ})")
    assert await rest.names(BEN) == {"Plans", "2027", "draft.docx", "notes.txt", "top.txt"}
    plans = await rest.number("Plans")
    item = f"{rest.list}/items({plans})"
    await rest.done(f"{item}/breakroleinheritance(copyRoleAssignments=false,clearSubscopes=false)")
    assert await rest.names(BEN) == {"top.txt"}
    assert (await rest.ask("GET", item, BEN)).status_code == 403
    unique = {row["FileLeafRef"] for row in await rest.rows(f"{rest.list}/items") if row["HasUniqueRoleAssignments"]}
    assert unique == {"Plans"}
    notes = await rest.number("notes.txt")
    draft = f"{rest.list}/items({notes})"
    await rest.done(f"{draft}/breakroleinheritance(copyRoleAssignments=true)")
    await rest.done(f"{draft}/roleassignments/addroleassignment(principalid={ben},roledefid={CONTRIBUTE})")
    assert await rest.names(BEN) == {"top.txt", "notes.txt"}
    shown = await rest.rows(f"{draft}/roleassignments?$expand=Member,RoleDefinitionBindings")
    assert [(one["Member"]["LoginName"], one["RoleDefinitionBindings"][0]["Id"]) for one in shown] == [
        ("i:0#.f|membership|ben@contoso.com", CONTRIBUTE)
    ]
    await rest.done(f"{item}/breakroleinheritance(copyRoleAssignments=true,clearSubscopes=true)")
    assert await rest.names(BEN) == {"top.txt"}
    await rest.done(f"{item}/resetroleinheritance")
    assert await rest.names(BEN) == {"Plans", "2027", "draft.docx", "notes.txt", "top.txt"}


async def test_a_library_with_rights_of_its_own_may_be_entered_for_what_is_below(rest: Rest) -> None:
    ben = await rest.number_of("i:0#.f|membership|ben@contoso.com")
    await rest.done(f"{rest.list}/breakroleinheritance(copyRoleAssignments=false)")
    assert (await rest.ask("GET", "web", BEN)).status_code == 403
    top = await rest.number("top.txt")
    await rest.done(f"{rest.list}/items({top})/breakroleinheritance(copyRoleAssignments=false)")
    await rest.done(f"{rest.list}/items({top})/roleassignments/addroleassignment(principalid={ben},roledefid={READ})")
    assert (await rest.ask("GET", "web", BEN)).status_code == 200
    assert [one["Title"] for one in await rest.rows("web/lists", BEN)] == ["Documents"]
    assert await rest.names(BEN) == {"top.txt"}
    for path in ("web/siteusers", "web/sitegroups", "web/roleassignments", f"{rest.list}/roleassignments"):
        assert (await rest.ask("GET", path, BEN)).status_code == 403, path


async def test_a_sharepoint_group_gives_its_members_and_those_of_their_groups_its_rights(rest: Rest) -> None:
    group = (await rest.done("web/sitegroups", json={"Title": "A Visitors", "Description": "d"}, status=201))["Id"]
    await rest.done(f"web/roleassignments/addroleassignment(principalid={group},roledefid={READ})")
    assert (await rest.ask("GET", "web", CAT)).status_code == 403
    login = f"c:0t.c|tenant|{STAFF}"
    member = await rest.done(f"web/sitegroups({group})/users", json={"LoginName": login}, status=201)
    assert (member["LoginName"], member["PrincipalType"]) == (login, 4)
    assert (await rest.ask("GET", "web", CAT)).status_code == 200
    shown = await rest.rows("web/sitegroups?$expand=Users", CAT)
    assert [(one["Title"], one["PrincipalType"], len(one["Users"])) for one in shown] == [("A Visitors", 8, 1)]
    (assignment,) = await rest.rows("web/roleassignments?$expand=Member,RoleDefinitionBindings")
    assert (assignment["Member"]["PrincipalType"], assignment["Member"]["Id"]) == (8, group)
    assert group not in {one["Id"] for one in await rest.rows("web/siteusers")}
    again = await rest.ask("POST", "web/sitegroups", json={"Title": "a visitors"})
    assert again.status_code == 409
    await rest.done(f"web/sitegroups({group})/users/removebyid({member['Id']})")
    assert (await rest.ask("GET", "web", CAT)).status_code == 403
    await rest.done(f"web/sitegroups/removebyid({group})")
    assert await rest.rows("web/roleassignments") == []


async def test_members_of_a_group_are_told_to_members_and_owners_only(rest: Rest) -> None:
    group = (await rest.done("web/sitegroups", json={"Title": "Closed"}, status=201))["Id"]
    ben = await rest.number_of("ben@contoso.com")
    await rest.done(f"web/roleassignments/addroleassignment(principalid={ben},roledefid={CONTRIBUTE})")
    assert [one["Title"] for one in await rest.rows("web/sitegroups", BEN)] == ["Closed"]
    assert (await rest.ask("GET", f"web/sitegroups({group})/users", BEN)).status_code == 403
    await rest.done(f"web/sitegroups({group})/users", json={"loginName": PEOPLE[BEN]}, status=201)
    assert len(await rest.rows(f"web/sitegroups({group})/users", BEN)) == 1


async def test_administrators_reach_everything_and_name_others(rest: Rest) -> None:
    cat = await rest.number_of("cat@contoso.com")
    merge = {"headers": {"X-HTTP-Method": "MERGE"}, "json": {"__metadata": {"type": "SP.User"}, "IsSiteAdmin": True}}
    assert (await rest.ask("POST", f"web/siteusers({cat})", CAT, **merge)).status_code == 403
    await rest.done(f"web/siteusers({cat})", status=204, **merge)
    await rest.done(f"{rest.list}/breakroleinheritance(copyRoleAssignments=false)")
    assert "top.txt" in await rest.names(CAT)
    users = await rest.rows("web/siteusers?$filter=IsSiteAdmin eq true", CAT)
    assert {one["UserPrincipalName"] for one in users} == {"ann@contoso.com", "cat@contoso.com"}
    owner = next(one["Id"] for one in users if one["UserPrincipalName"] == "ann@contoso.com")
    off = {"headers": {"X-HTTP-Method": "MERGE"}, "json": {"IsSiteAdmin": False}}
    assert (await rest.ask("POST", f"web/siteusers({owner})", CAT, **off)).status_code == 400
    await rest.done(f"web/siteusers({cat})", status=204, **off)
    assert (await rest.ask("GET", "web", CAT)).status_code == 403


async def test_the_site_of_a_group_shows_its_members_and_owners(rest: Rest) -> None:
    group = f"c:0o.c|federateddirectoryclaimprovider|{TEAM}"
    (member,) = await rest.rows("web/roleassignments?$expand=Member,RoleDefinitionBindings", CAT, site=TEAM_SITE)
    assert (member["Member"]["LoginName"], member["RoleDefinitionBindings"][0]["Id"]) == (group, EDIT)
    admins = [one for one in await rest.rows("web/siteusers", None, site=TEAM_SITE) if one["IsSiteAdmin"]]
    assert [(one["LoginName"], one["PrincipalType"]) for one in admins] == [(f"{group}_o", 4)]
    assert (await rest.ask("GET", "web/roleassignments", BEN, site=TEAM_SITE)).status_code == 403
    assert (await rest.ask("GET", "web/lists", BEN, site=TEAM_SITE)).status_code == 200
    # members keep what they have where inheritance is broken with a copy
    await rest.done(
        "web/lists/getbytitle('Documents')/breakroleinheritance(copyRoleAssignments=true)", CAT, site=TEAM_SITE
    )
    path = "web/lists/getbytitle('Documents')/roleassignments?$expand=Member"
    assert [one["Member"]["LoginName"] for one in await rest.rows(path, CAT, site=TEAM_SITE)] == [group]
    assert (await rest.ask("GET", "web/lists/getbytitle('Documents')", BEN, site=TEAM_SITE)).status_code == 200
    await rest.done("web/lists/getbytitle('Documents')/resetroleinheritance", CAT, site=TEAM_SITE)
    await rest.done("web/lists/getbytitle('Documents')/breakroleinheritance()", CAT, site=TEAM_SITE)
    assert (await rest.ask("GET", "web/lists/getbytitle('Documents')", BEN, site=TEAM_SITE)).status_code == 403


async def test_a_guest_has_what_the_guest_was_given_and_no_more(rest: Rest) -> None:
    assert (await rest.ask("GET", "web", GUEST)).status_code == 403
    guest = (await rest.done("web/ensureuser", json={"logonName": PEOPLE[GUEST]}))["Id"]
    top = await rest.number("top.txt")
    await rest.done(f"{rest.list}/items({top})/breakroleinheritance(copyRoleAssignments=true)")
    await rest.done(f"{rest.list}/items({top})/roleassignments/addroleassignment(principalid={guest},roledefid={READ})")
    assert await rest.names(GUEST) == {"top.txt"}


NOT_MEANT = {
    "web/lists(guid'nonsense')": 400,
    "web/lists(guid'00000000-0000-0000-0000-00000000dead')": 404,
    "web/lists/getbytitle('None')": 404,
    "web/lists/getbytitle('Documents')/items(99)": 404,
    "web/lists/getbytitle('Documents')/items(99999999999999999999)": 400,
    "web/lists/getbytitle('Documents')/items?$top=0": 400,
    "web/lists/getbytitle('Documents')/items?$skiptoken=Paged%3DTRUE%26p_ID%3D9999999999": 200,
    "web/lists/getbytitle('Documents')/items?$skiptoken=x": 400,
    "web/lists/getbytitle('Documents')/items?$filter=Id eq 1": 400,
    "web/lists/getbytitle('Documents')/items?$orderby=Id": 400,
    "web/lists?$expand=Fields": 400,
    "web?$select=Nonsense": 400,
    "web/siteusers(-1)": 400,
    "web/siteusers(99)": 404,
    "web/siteusers?$filter=Id gt 1": 400,
    "web/sitegroups(99)": 404,
    "web/listsnonsense": 404,
    "web/lists(guid'')/roleassignments": 400,
    "web/nonsense/roleassignments": 404,
}
CHANGES_NOT_MEANT = (
    "roleassignments/addroleassignment(principalid=x,roledefid=1073741826)",
    "roleassignments/addroleassignment(principalid=1)",
    "roleassignments/addroleassignment(principalid=1,roledefid=1)",
    "roleassignments/addroleassignment(principalid=99999999999,roledefid=1073741826)",
    "breakroleinheritance(copyRoleAssignments=perhaps)",
    "breakroleinheritance(nonsense=true)",
    "resetroleinheritance",
)


async def test_what_cannot_be_meant_is_refused_without_a_fault(rest: Rest) -> None:
    answers = {path: (await rest.ask("GET", path, None)).status_code for path in NOT_MEANT}
    assert answers == NOT_MEANT
    assert {(await rest.ask("POST", f"web/{call}", None)).status_code for call in CHANGES_NOT_MEANT} == {400}


async def test_an_inheriting_object_takes_no_role_before_it_is_broken(rest: Rest) -> None:
    ben = await rest.number_of("ben@contoso.com")
    for call in ("addroleassignment", "removeroleassignment"):
        path = f"{rest.list}/roleassignments/{call}(principalid={ben},roledefid={READ})"
        assert (await rest.ask("POST", path)).status_code == 400
    assert (
        await rest.ask("POST", f"web/roleassignments/addroleassignment(principalid=77,roledefid={READ})")
    ).status_code == 404


async def test_a_further_role_leaves_the_stronger_one(rest: Rest) -> None:
    ben = await rest.number_of("ben@contoso.com")
    for role in (EDIT, READ):
        await rest.done(f"web/roleassignments/addroleassignment(principalid={ben},roledefid={role})")
    (one,) = await rest.rows("web/roleassignments?$expand=RoleDefinitionBindings")
    assert one["RoleDefinitionBindings"][0]["Id"] == CONTRIBUTE
    assert (
        await rest.ask("POST", f"web/roleassignments/removeroleassignment(principalid={ben},roledefid={READ})")
    ).status_code == 404
    await rest.done(f"web/roleassignments/removeroleassignment(principalid={ben},roledefid={EDIT})")
    assert await rest.rows("web/roleassignments") == []


async def test_verbose_answers_wrap_collections_as_older_clients_read_them(rest: Rest) -> None:
    ben = await rest.number_of("ben@contoso.com")
    await rest.done(f"web/roleassignments/addroleassignment(principalid={ben},roledefid={READ})")
    verbose = {"headers": {"Accept": "application/json;odata=verbose"}}
    answer = await rest.ask("GET", "web/roleassignments?$expand=Member,RoleDefinitionBindings", **verbose)
    (one,) = answer.json()["d"]["results"]
    assert one["RoleDefinitionBindings"]["results"][0]["Name"] == "Read"
    web = (await rest.ask("GET", "web", **verbose)).json()["d"]
    assert (web["__metadata"]["type"], web["Title"]) == ("SP.Web", "A")
    done = await rest.ask("POST", "web/breakroleinheritance(copyRoleAssignments=true)", **verbose)
    assert done.json() == {"d": {"BreakRoleInheritance": None}}


async def test_a_library_is_a_list_and_nothing_else_is(rest: Rest) -> None:
    assert rest.library.kind is ItemKind.LIBRARY
    with rest.host.units.read() as uow:
        folder = uow.items.by_path(rest.library, ["Plans"])
    assert folder is not None
    assert (await rest.ask("GET", f"web/lists(guid'{folder.item_id}')")).status_code == 404


async def test_an_owner_whom_the_site_does_not_know_is_shown_as_its_administrator(rest: Rest) -> None:
    with rest.host.units.write() as uow:
        found = uow.sites.visible_by_url(TEAM_SITE)
        assert found is not None
        uow.principals.ensure([access.principal_of_user(uow, GUEST)])
        uow.sites.update(dataclasses.replace(found, owner_id=GUEST))
    one = (await rest.ask("GET", "web/siteusers?$top=1&$select=Id", None, site=TEAM_SITE)).json()
    rows = [*one["value"]]
    while "odata.nextLink" in one:
        one = (await rest.host.http.get(one["odata.nextLink"])).json()
        rows += one["value"]
    assert len({row["Id"] for row in rows}) == len(rows)
    admins = await rest.rows("web/siteusers?$filter=IsSiteAdmin eq true", None, site=TEAM_SITE)
    assert {row["Title"] for row in admins} == {"gus_fabrikam.com#EXT#", "Team Owners"}
