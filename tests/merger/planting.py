"""Makes a drawn estate in a running lab over plain HTTP, as any client could: Graph for people, REST for sites and rights."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from e2e.labs import Lab
from merger.estate import FULL, LIBRARY, READ, SOURCE_DOMAIN, TARGET_DOMAIN, WRITE, Estate, Grant, Group, Site
from xtenant.client.lab import read_lab

GRAPH = "https://graph.microsoft.com"
BATCH = 20
ROLE_DEFINITIONS = {READ: 1073741826, WRITE: 1073741827, FULL: 1073741829}


@dataclass
class Door:
    """Plain HTTP into the lab, with the tokens of each tenant's app."""

    lab: Lab
    http: httpx.Client
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def call(self, method: str, url: str, *, tenant: str, token: str = "", **more: Any) -> httpx.Response:
        parts = httpx.URL(url)
        bearer = token or self._token(tenant, f"https://{parts.host}")
        headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/json", **more.pop("headers", {})}
        return self.http.request(method, url, headers=headers, **more)

    def done(self, method: str, url: str, *, tenant: str, **more: Any) -> Any:
        """The JSON of a call that must succeed."""
        answer = self.call(method, url, tenant=tenant, **more)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def batch(self, tenant: str, requests: Sequence[Mapping[str, Any]], *, version: str = "v1.0") -> list[Any]:
        """Many calls, 20 at a time, all of which must succeed; bodies in the order of the requests."""
        found: list[Any] = []
        waiting = iter(requests)
        while part := list(islice(waiting, BATCH)):
            numbered = [
                {"id": str(at), "headers": {"Content-Type": "application/json"}, **one} for at, one in enumerate(part)
            ]
            answers = self.done("POST", f"{GRAPH}/{version}/$batch", tenant=tenant, json={"requests": numbered})
            by_id = {answer["id"]: answer for answer in answers["responses"]}
            for one in numbered:
                answer = by_id[one["id"]]
                assert answer["status"] < 300, (one, answer)
                found.append(answer.get("body"))
        return found

    def _token(self, tenant: str, resource: str) -> str:
        key = (tenant, resource)
        if key not in self.tokens:
            told = self.lab.tools("token", "-t", tenant, "--resource", resource)
            assert told.code == 0, told.err
            self.tokens[key] = told.out.strip()
        return self.tokens[key]


@contextmanager
def door_of(lab: Lab) -> Iterator[Door]:
    told = read_lab(lab.home)
    context = ssl.create_default_context(cafile=told.ca_file)
    with httpx.Client(proxy=told.proxy, verify=context, timeout=120) as http:
        yield Door(lab, http)


@dataclass
class Planted:
    """What was made: object ids and UPNs by key, addresses by site, item ids by site and path."""

    estate: Estate
    ids: dict[str, str] = field(default_factory=dict)
    upns: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[tuple[str, ...], str]] = field(default_factory=dict)


def plant(door: Door, estate: Estate, folder: Path) -> Planted:
    """People, groups and sites with content and rights at the source, and some of the people at the target."""
    planted = Planted(estate)
    _people(door, planted)
    _groups(door, planted)
    for site in estate.sites:
        _content(door, planted, site, folder)
        _rights(door, planted, site)
    return planted


def user_body(upn: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": upn.partition("@")[0],
        "userPrincipalName": upn,
        "mail": upn,
        "usageLocation": "DE",
        "passwordProfile": {"password": "long-And-1-secret", "forceChangePasswordNextSignIn": False},
        **more,
    }


def _people(door: Door, planted: Planted) -> None:
    people = planted.estate.people.values()
    members = [person for person in people if not person.guest]
    guests = [person for person in people if person.guest]
    bodies = [{"method": "POST", "url": "/users", "body": user_body(one.upn, one.name)} for one in members]
    for person, made in zip(members, door.batch("contoso", bodies), strict=True):
        planted.ids[person.key], planted.upns[person.key] = made["id"], made["userPrincipalName"]
    invitations = [
        {
            "method": "POST",
            "url": "/invitations",
            "body": {
                "invitedUserEmailAddress": one.mail,
                "invitedUserDisplayName": one.name,
                "inviteRedirectUrl": "https://contoso.sharepoint.com",
            },
        }
        for one in guests
    ]
    for person, made in zip(guests, door.batch("contoso", invitations), strict=True):
        planted.ids[person.key] = made["invitedUser"]["id"]
    asked = [{"method": "GET", "url": f"/users/{planted.ids[one.key]}?$select=userPrincipalName"} for one in guests]
    for person, seen in zip(guests, door.batch("contoso", asked), strict=True):
        planted.upns[person.key] = seen["userPrincipalName"]
    known = [person for person in members if person.known_at_target]
    twins = [user_body(one.upn.replace(SOURCE_DOMAIN, TARGET_DOMAIN), one.name) for one in known]
    door.batch("fabrikam", [{"method": "POST", "url": "/users", "body": body} for body in twins])


def _groups(door: Door, planted: Planted) -> None:
    """Deepest first, since a group is bound by its id."""
    sited = {site.group for site in planted.estate.sites if site.group}
    for depth in (2, 1, 0):
        groups = [group for group in planted.estate.groups.values() if group.depth == depth]
        requests = [
            {"method": "POST", "url": "/groups", "body": _group_body(planted, one, one.key in sited)} for one in groups
        ]
        for group, made in zip(groups, door.batch("contoso", requests, version="beta"), strict=True):
            planted.ids[group.key] = made["id"]


def _group_body(planted: Planted, group: Group, sited: bool) -> dict[str, Any]:
    bound = [f"{GRAPH}/v1.0/directoryObjects/{planted.ids[key]}" for key in group.members]
    body: dict[str, Any] = {
        "displayName": group.name,
        "mailNickname": group.key,
        "mailEnabled": group.unified,
        "securityEnabled": not group.unified,
        "groupTypes": ["Unified"] if group.unified else [],
        "members@odata.bind": bound,
        "owners@odata.bind": [f"{GRAPH}/v1.0/users/{planted.ids[group.owner]}"],
    }
    if group.unified:
        body["visibility"] = "Private"
        body["resourceBehaviorOptions"] = [] if sited else ["ProvisionSiteOnDemand"]
    return body


def _content(door: Door, planted: Planted, site: Site, folder: Path) -> None:
    """The site and its files, by the lab's import; what each file says is its own address."""
    root = folder / site.name
    for path in site.files:
        file = root.joinpath(*path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{site.name} {'/'.join(path)}\n")
    owner = planted.upns[site.owner]
    admin = "https://contoso-admin.sharepoint.com/_api/xtenant/sites"
    if site.kind == "group":
        found = door.done("GET", f"{GRAPH}/v1.0/groups/{planted.ids[site.group]}/sites/root", tenant="contoso")
        url = found["webUrl"]
    elif site.kind == "user":
        url = door.done("POST", admin, tenant="contoso", json={"user": owner})["url"]
    else:
        url = f"https://contoso.sharepoint.com/sites/{site.name}"
        door.done("POST", admin, tenant="contoso", json={"url": url, "title": site.name, "owner": owner})
    planted.urls[site.name] = url
    where = ["--user", owner] if site.kind == "user" else ["--site", url]
    brought = door.lab.run("import", "--tenant", "contoso", *where, "--from", str(root))
    assert brought.code == 0, brought.err


def _rights(door: Door, planted: Planted, site: Site) -> None:
    web = f"{planted.urls[site.name]}/_api/web"
    numbers: dict[str, int] = {}

    def post(path: str, **more: Any) -> Any:
        return door.done("POST", f"{web}/{path}", tenant="contoso", **more)

    def principal(key: str) -> int:
        if key not in numbers:
            numbers[key] = post("ensureuser", json={"logonName": _login(planted, key)})["Id"]
        return numbers[key]

    def give(place: str, grants: Sequence[Grant]) -> None:
        for grant in grants:
            wanted = f"principalid={principal(grant.to)},roledefid={ROLE_DEFINITIONS[grant.right]}"
            post(f"{place}roleassignments/addroleassignment({wanted})")

    for inner in site.site_groups:
        made = post("sitegroups", json={"Title": inner.name})
        numbers[f"sp:{inner.name}"] = made["Id"]
        for member in inner.members:
            post(f"sitegroups({made['Id']})/users", json={"LoginName": _login(planted, member)})
    for admin in site.admins:
        post(f"siteusers({principal(admin)})", headers={"X-HTTP-Method": "MERGE"}, json={"IsSiteAdmin": True})
    give("", site.web)
    places = _places(door, planted, site, web)
    for broken in site.breaks:
        place = places[broken.path]
        copied = str(broken.copy).lower()
        post(f"{place}breakroleinheritance(copyRoleAssignments={copied},clearSubscopes=false)")
        give(place, broken.grants)


def _login(planted: Planted, key: str) -> str:
    group = planted.estate.groups.get(key)
    if group is None:
        return f"i:0#.f|membership|{planted.upns[key].lower()}"
    if group.unified:
        return f"c:0o.c|federateddirectoryclaimprovider|{planted.ids[key]}"
    return f"c:0t.c|tenant|{planted.ids[key]}"


def _places(door: Door, planted: Planted, site: Site, web: str) -> dict[tuple[str, ...], str]:
    """The REST address of every folder and file; its item's GUID is noted on the way."""
    lists = door.done(
        "GET", f"{web}/lists?$select=Id,BaseTemplate,RootFolder/ServerRelativeUrl&$expand=RootFolder", tenant="contoso"
    )["value"]
    library = next(one for one in lists if one["BaseTemplate"] in (101, 700))
    root = library["RootFolder"]["ServerRelativeUrl"]
    url = f"{web}/lists(guid'{library['Id']}')/items?$select=Id,UniqueId,FileRef&$top=5000"
    places: dict[tuple[str, ...], str] = {}
    noted = planted.items.setdefault(site.name, {})
    for row in door.done("GET", url, tenant="contoso")["value"]:
        path = tuple(row["FileRef"].removeprefix(root).strip("/").split("/"))
        places[path] = f"lists(guid'{library['Id']}')/items({row['Id']})/"
        noted[path] = row["UniqueId"]
    assert set(places) == set(site.objects), (LIBRARY, site.name)
    return places
