"""Subwebs over SharePoint REST: made, found by address, with lists and permissions of their own (content-api.md 4.4, 4.5)."""

from __future__ import annotations

from graph_tenant import ANN, BOB, ROOT
from lists.site_host import DELETE, JSON, MERGE, SITE, SiteHost

BOB_LOGIN = "i:0#.f|membership|bob@contoso.onmicrosoft.com"
SUB = f"{SITE}/sub"


def make_web(host: SiteHost, name: str = "sub", *, web: str = SITE, same: bool = True, **more: object) -> None:
    given = {"Title": f"The {name}", "Url": name, "UseSamePermissionsAsParentSite": same, **more}
    host.rest("POST", "webs/add", {"parameters": given}, web=web)


def test_a_subweb_has_an_address_facts_and_a_library_of_its_own(host: SiteHost) -> None:
    make_web(host, Description="What it is for", Language=1031, WebTemplate="BLOG#0")
    make_web(host, "deep", web=SUB)
    shown = host.rest("GET", "", web=f"{SITE}/SUB")
    assert (shown["Title"], shown["Description"], shown["Language"]) == ("The sub", "What it is for", 1031)
    assert (shown["WebTemplate"], shown["Url"], shown["HasUniqueRoleAssignments"]) == ("BLOG", SUB, False)
    assert host.rest("GET", "regionalsettings/timezone", web=SUB)["Id"] == 13
    assert [row["Url"] for row in host.rest("GET", "webs")["value"]] == [SUB]
    assert [row["Url"] for row in host.rest("GET", "webs", web=SUB)["value"]] == [f"{SUB}/deep"]
    (library,) = host.rest("GET", "lists?$expand=RootFolder", web=f"{SUB}/deep")["value"]
    assert library["RootFolder"]["ServerRelativeUrl"] == "/sites/x/sub/deep/Shared Documents"
    site = host.tenant.ask("GET", f"{SUB}/_api/site", headers=JSON).json()
    assert site["Url"] == SITE
    assert host.send("GET", "", web=f"{SUB}/none").status_code == 404


def test_a_subweb_of_the_site_at_the_root_is_a_web_like_others(host: SiteHost) -> None:
    host.tenant.make_site(ROOT)
    make_web(host, web=ROOT)
    assert host.rest("GET", "", web=f"{ROOT}/sub")["Title"] == "The sub"
    for path, status in (("sub", 200), ("other", 404), ("sites/x/sub", 200)):
        answer = host.tenant.ask("POST", f"{ROOT}/{path}/_api/contextinfo", ANN, headers=JSON)
        assert answer.status_code == status, path


def test_a_list_of_a_subweb_is_not_one_of_the_root_web(host: SiteHost) -> None:
    make_web(host)
    tasks = host.make_list(web=SUB)
    host.rest("POST", f"{tasks}/items", {"Title": "one"}, web=SUB)
    assert host.rest("GET", f"{tasks}/items(1)", web=SUB)["FileRef"] == "/sites/x/sub/Lists/Tasks/1_.000"
    assert host.rest("GET", "getlist('/sites/x/sub/Lists/Tasks')", web=SUB)["ItemCount"] == 1
    assert host.send("GET", tasks).status_code == 404
    assert "Tasks" not in {row["Title"] for row in host.rest("GET", "lists")["value"]}
    host.make_list()


def test_names_that_no_web_can_have_are_refused(host: SiteHost) -> None:
    make_web(host)
    for name, status in (
        ("SUB", 409),
        ("Lists", 400),
        ("a/b", 400),
        ("", 400),
        ("x" * 256, 400),
        ("Shared Documents", 409),
    ):
        body = {"parameters": {"Title": "x", "Url": name}}
        assert host.send("POST", "webs/add", body).status_code == status, name
    assert host.send("POST", "webs/add", {"parameters": {"Title": " ", "Url": "y"}}).status_code == 400
    assert host.send("POST", "webs/add", {"Title": "x", "Url": "y"}).status_code == 400


def test_a_subweb_with_permissions_of_its_own_opens_to_nobody_else(host: SiteHost) -> None:
    bob = host.rest("POST", "ensureuser", {"logonName": BOB_LOGIN})["Id"]
    role = "roleassignments/addroleassignment(principalid={},roledefid={})"
    host.rest("POST", role.format(bob, 1073741826))
    make_web(host, "open")
    make_web(host, same=False)
    make_web(host, "inner", web=SUB)
    assert host.rest("GET", "", web=SUB)["HasUniqueRoleAssignments"] is True
    assert [row["Title"] for row in host.rest("GET", "webs", who=BOB)["value"]] == ["The open"]
    for web in (SUB, f"{SUB}/inner"):
        assert host.send("GET", "lists", web=web, who=BOB).status_code == 403
    # a right on the web below opens the way to it, through the one above
    host.rest("POST", "breakroleinheritance(copyRoleAssignments=true)", web=f"{SUB}/inner")
    host.rest("POST", role.format(bob, 1073741826), web=f"{SUB}/inner")
    assert [row["Title"] for row in host.rest("GET", "lists", web=f"{SUB}/inner", who=BOB)["value"]] == ["Documents"]
    assert [row["Title"] for row in host.rest("GET", "webs", web=SUB, who=BOB)["value"]] == ["The inner"]
    assert host.rest("GET", "lists", web=SUB, who=BOB)["value"] == []
    assert host.send("POST", "webs/add", {"parameters": {"Title": "x", "Url": "x"}}, who=BOB).status_code == 403
    # the root web takes everything below back under its own permissions
    host.rest("POST", "breakroleinheritance(copyRoleAssignments=true,clearSubscopes=true)")
    assert host.rest("GET", "", web=SUB)["HasUniqueRoleAssignments"] is False
    assert host.rest("GET", "lists", web=SUB, who=BOB)["value"] != []


def test_a_web_is_renamed_and_deleted_when_no_web_is_below_it(host: SiteHost) -> None:
    make_web(host)
    make_web(host, "deep", web=SUB)
    host.rest("POST", "", {"Title": "New", "Description": "text"}, web=SUB, headers=MERGE)
    shown = host.rest("GET", "", web=SUB)
    assert (shown["Title"], shown["Description"]) == ("New", "text")
    host.rest("POST", "", {"Title": "The whole", "Description": "all"}, headers=MERGE)
    shown = host.rest("GET", "")
    assert (shown["Title"], shown["Description"]) == ("The whole", "all")
    assert host.send("POST", "", web=SUB, headers=DELETE).status_code == 400
    host.rest("POST", "", web=f"{SUB}/deep", headers=DELETE)
    host.rest("POST", "", web=SUB, headers=DELETE)
    assert host.send("GET", "", web=SUB).status_code == 404
    assert host.send("POST", "", headers=DELETE).status_code == 400
    make_web(host)
