"""A move carries permissions: what each person may read before and after, asked with their own tokens over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moves.scene import Rights, add_group, add_user, permissions_told, put_map, readers
from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, fill, two_tenants, user
from xtenant.domain.content import WEB, Role
from xtenant.domain.identity import GroupKind
from xtenant.proof.compare_permissions import permission_differences
from xtenant.proof.permissions import PermissionFacts

FILES = {"a.txt": [b"one"], "deep/b.txt": [b"two"], "deep/c.txt": [b"three"], "other/d.txt": [b"four"]}
PEOPLE = ("ann", "bob", "carla")
"""Carla stands in no row of the map."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        yield pair


def lay_out(pair: TwoTenants) -> None:
    """The administrator's site: SharePoint groups, a security group, unique scopes, one of them Carla's alone."""
    for service in (pair.source, pair.target):
        add_user(service, "carla")
    site = add_site(pair.source, owner="admin")
    fill(pair.source, site, FILES, author="admin")
    rights = Rights(pair.source, site)
    crew = add_group(pair.source, "crew", ["bob"])
    theirs = add_group(pair.target, "their-crew", ["ann"])
    visitors = rights.group("Visitors", "bob", "carla")
    rights.give_to("", {visitors: Role.READ})
    rights.give_to("deep", {crew: Role.READ, "carla": Role.WRITE})
    rights.give("deep/b.txt", carla=Role.WRITE)
    rights.give("other", ann=Role.READ)
    put_map(pair, ["admin", "ann", "bob"], {crew.group_id: (theirs, GroupKind.REGULAR)})


def move(pair: TwoTenants, **body: object) -> str:
    answer = pair.start(body=body)
    assert answer.status_code == 201, answer.text
    job = pair.wait_for_end(answer.json()["Id"])
    assert job["StateName"] == "Success", job
    return job["Id"]


def rules(pair: TwoTenants, job: str) -> dict[str, tuple[str, str]]:
    """Source login → target login and rule, as the target tells."""
    rows = pair.call("fabrikam", "GET", f"/_api/xtenant/moves/{job}/people").json()["value"]
    return {row["SourceLogin"]: (row["TargetLogin"].rpartition("|")[2], row["Rule"]) for row in rows}


def proved(pair: TwoTenants, before: PermissionFacts) -> None:
    """The proof, which asks no store, finds the same; and a right given afterwards it finds as well."""
    assert set(before.scopes) == {"", *(f"Shared Documents/{path}" for path in ("deep", "deep/b.txt", "other"))}
    assert before.scopes["Shared Documents/deep/b.txt"] == {"carla@contoso.onmicrosoft.com": "Contribute"}
    assert before.groups == {"Visitors": {"bob@contoso.onmicrosoft.com", "carla@contoso.onmicrosoft.com"}}
    principals = {
        f"{who}@contoso.onmicrosoft.com": f"{who}@fabrikam.onmicrosoft.com" for who in ("admin", "ann", "bob")
    }
    with pair.source.units.read() as ours, pair.target.units.read() as theirs:
        crew, their_crew = ours.groups.by_alias("crew"), theirs.groups.by_alias("their-crew")
    assert crew is not None and their_crew is not None
    principals[str(crew.group_id)] = str(their_crew.group_id)
    after = permissions_told(pair, "fabrikam", TARGET_URL)
    assert list(permission_differences(before, after, principals=principals)) == []
    with pair.target.units.read() as uow:
        moved = uow.sites.visible_by_url(TARGET_URL)
    assert moved is not None
    Rights(pair.target, moved).give("other/d.txt", bob=Role.OWNER)
    after = permissions_told(pair, "fabrikam", TARGET_URL)
    [found] = permission_differences(before, after, principals=principals)
    assert str(found) == "Shared Documents/other/d.txt: permissions: expected inherited, found its own"


def only_the_target_tells(pair: TwoTenants, job: str) -> None:
    """Its administrators, page by page."""
    path = f"/_api/xtenant/moves/{job}/people"
    assert pair.call("contoso", "GET", path).status_code == 404
    assert pair.call("fabrikam", "GET", path, upn="bob").status_code == 403
    assert pair.call("fabrikam", "GET", f"{path}?after=x").status_code == 400
    assert pair.call("fabrikam", "GET", f"{path}?after={2**50}").json()["value"] == []


def test_everybody_reads_afterwards_what_the_map_gives_them_and_nothing_more(pair: TwoTenants) -> None:
    lay_out(pair)
    assert readers(pair, "contoso", SOURCE_URL, PEOPLE) == {
        "a.txt": {"bob", "carla"},
        "deep": {"bob", "carla"},
        "deep/b.txt": {"carla"},
        "deep/c.txt": {"bob", "carla"},
        "other": {"ann"},
        "other/d.txt": {"ann"},
    }
    before = permissions_told(pair, "contoso", SOURCE_URL)
    job = move(pair)
    assert readers(pair, "fabrikam", TARGET_URL, PEOPLE) == {
        "a.txt": {"bob"},
        "deep": {"ann"},
        "deep/b.txt": set(),
        "deep/c.txt": {"ann"},
        "other": {"ann"},
        "other/d.txt": {"ann"},
    }, "the target's members count, not the source's (R-4.14); what was Carla's alone is nobody's"
    only_the_target_tells(pair, job)
    proved(pair, before)
    told = rules(pair, job)
    assert told["carla@contoso.onmicrosoft.com"] == ("carla@contoso.onmicrosoft.com", "unmapped")
    assert told["bob@contoso.onmicrosoft.com"] == ("bob@fabrikam.onmicrosoft.com", "map")
    assert told["Visitors"] == ("Visitors", "site")


def test_what_unmapped_people_had_goes_to_the_person_named(pair: TwoTenants) -> None:
    lay_out(pair)
    site = add_site(pair.source, f"{SOURCE_URL}2", owner="carla")
    fill(pair.source, site, {"x.txt": [b"x"]}, author="carla")
    rights = Rights(pair.source, site)
    rights.admin("carla")
    rights.give("x.txt", bob=Role.READ, carla=Role.WRITE)
    heir = "bob@fabrikam.onmicrosoft.com"
    job = move(pair, UnmappedTargetUpn=heir)
    assert readers(pair, "fabrikam", TARGET_URL, PEOPLE)["deep/b.txt"] == {"bob"}
    assert rules(pair, job)["carla@contoso.onmicrosoft.com"] == (heir, "policy")
    assert pair.show("fabrikam", job)["UnmappedTargetUpn"] == heir
    answer = pair.start(f"{SOURCE_URL}2", f"{TARGET_URL}2", body={"UnmappedTargetUpn": heir})
    assert pair.wait_for_end(answer.json()["Id"])["StateName"] == "Success"
    with pair.target.units.read() as uow:
        moved = uow.sites.visible_by_url(f"{TARGET_URL}2")
        assert moved is not None and moved.owner_id == user(pair.target, "bob").user_id
        admins = uow.principals.by_keys(uow.site_groups.admins(moved.key))
        authors = {found.directory_id for found in uow.principals.of_site(moved.key)}
        [scope] = uow.scopes.page(moved.key, after=WEB, limit=9)
        [given] = uow.scopes.assignments(moved.key, [scope])
    assert given.role is Role.WRITE, "two people who become one have the stronger of their rights"
    assert {found.directory_id for found in admins.values()} == authors == {user(pair.target, "bob").user_id}


def test_an_heir_whom_the_target_does_not_know_refuses_the_start(pair: TwoTenants) -> None:
    add_site(pair.source)
    answer = pair.start(body={"UnmappedTargetUpn": "nobody@fabrikam.onmicrosoft.com"})
    assert answer.status_code == 400
    assert "Target user [nobody@fabrikam.onmicrosoft.com] does not exist" in answer.text
    assert pair.start(body={"UnmappedTargetUpn": "nobody"}).status_code == 400
