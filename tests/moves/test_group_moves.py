"""The site of a Microsoft 365 group moves to the target's group: what must hold before, and who has access after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moves.scene import add_group, ask_graph, put_map, readers
from moves.two_tenants import TARGET_URL, TwoTenants, fill, two_tenants, user
from xtenant.domain.content import GROUP_TEMPLATE
from xtenant.domain.directory import Group, GroupKind
from xtenant.domain.identity import GroupKind as MapKind
from xtenant.operations.groups import ON_DEMAND
from xtenant.operations.sites import add_site

ALIAS, THEIR_ALIAS = "plans", "their-plans"
GROUP_URL = f"https://contoso.sharepoint.com/sites/{ALIAS}"
FILES = {"a.txt": [b"one"], "deep/b.txt": [b"two"]}
PEOPLE = ("ann", "bob")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        yield pair


def source_group(pair: TwoTenants) -> Group:
    """Ann's group with its site."""
    group = add_group(pair.source, ALIAS, ["ann"], kind=GroupKind.UNIFIED, site_url=GROUP_URL)
    with pair.source.units.write() as uow:
        site = add_site(
            uow,
            geo=pair.source.tenant.default_geo,
            url=GROUP_URL,
            title="Plans",
            template=GROUP_TEMPLATE,
            owner=None,
            clock=pair.source.clock,
            ids=pair.source.ids,
            group_id=group.group_id,
        )
    fill(pair.source, site, FILES, author="admin")
    return group


def target_group(pair: TwoTenants) -> Group:
    """Bob's group, made over Graph by the prescribed method: its site is still to come (R-4.17)."""
    wish = {
        "displayName": "Their plans",
        "mailNickname": THEIR_ALIAS,
        "groupTypes": ["Unified"],
        "mailEnabled": False,
        "securityEnabled": True,
        "visibility": "Private",
        "resourceBehaviorOptions": [ON_DEMAND],
    }
    made = ask_graph(pair, "fabrikam", "POST", "/beta/groups", json=wish)
    assert made.status_code == 201, made.text
    member = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user(pair.target, 'bob').user_id}"}
    added = ask_graph(pair, "fabrikam", "POST", f"/v1.0/groups/{made.json()['id']}/members/$ref", json=member)
    assert added.status_code == 204, added.text
    with pair.target.units.read() as uow:
        group = uow.groups.by_alias(THEIR_ALIAS)
    assert group is not None and group.site_url is None
    return group


def test_a_groups_site_moves_to_the_targets_group_and_its_members(pair: TwoTenants) -> None:
    ours, theirs = source_group(pair), target_group(pair)
    put_map(pair, ["ann", "bob", "admin"], {ours.group_id: (theirs, MapKind.O365)})
    assert readers(pair, "contoso", GROUP_URL, PEOPLE)["deep/b.txt"] == {"ann"}
    answer = pair.start(GROUP_URL, TARGET_URL)
    assert answer.status_code == 201, answer.text
    job = pair.wait_for_end(answer.json()["Id"])
    assert job["StateName"] == "Success", job
    assert readers(pair, "fabrikam", TARGET_URL, PEOPLE)["deep/b.txt"] == {"bob"}, "the target's members (R-4.14)"
    with pair.target.units.read() as uow:
        group = uow.groups.by_alias(THEIR_ALIAS)
        site = uow.sites.visible_by_url(TARGET_URL)
    assert group is not None and group.site_url == TARGET_URL
    assert site is not None and (site.group_id, site.template) == (group.group_id, GROUP_TEMPLATE)


NO_ROW = "entry of type O365Group for source group [plans] does not exist"
REFUSED = (
    (None, THEIR_ALIAS, NO_ROW),
    (MapKind.REGULAR, THEIR_ALIAS, NO_ROW),
    (MapKind.O365, "another", "doesn't correspond to the requested target group [another]"),
    (MapKind.O365, "nobodys", "Target group [nobodys] does not exist"),
)


def test_a_group_move_needs_its_row_in_the_map(pair: TwoTenants) -> None:
    """R-5.57, R-6.39."""
    ours, theirs = source_group(pair), target_group(pair)
    add_group(pair.target, "another", [], kind=GroupKind.UNIFIED)
    for kind, alias, text in REFUSED:
        put_map(pair, ["ann"], {} if kind is None else {ours.group_id: (theirs, kind)})
        answer = pair.start(GROUP_URL, f"https://fabrikam.sharepoint.com/sites/{alias}")
        assert answer.status_code == 400
        assert text in answer.text


def test_a_group_with_a_site_or_a_period_in_its_name_refuses_the_move(pair: TwoTenants) -> None:
    """R-4.21, R-4.22, R-5.20."""
    ours = source_group(pair)
    own = "https://fabrikam.sharepoint.com/sites/q"
    theirs = add_group(pair.target, "a.b", [], kind=GroupKind.UNIFIED, site_url=own)
    put_map(pair, ["ann"], {ours.group_id: (theirs, MapKind.O365)})
    text = pair.start(GROUP_URL, "https://fabrikam.sharepoint.com/teams/a.b").text
    assert "Invalid character" in text
    assert "The target tenant has a conflict" in text
    assert "is not one of the partner tenant's" in text, "another managed path than the source's"
