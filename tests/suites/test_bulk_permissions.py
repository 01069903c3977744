"""What the engine writes and reads of permissions in bulk, on both engines."""

from __future__ import annotations

from uuid import UUID

import pytest

from clock import CountingIds
from content_samples import NOW, add_site, person, row
from xtenant.domain import content, errors
from xtenant.domain.content import WEB, Item, ItemId, Principal, PrincipalKey, PrincipalKind, Role, RoleAssignment, Site
from xtenant.domain.permissions import InheritsPermissions, SiteGroup, SiteGroupMember
from xtenant.domain.ports.units import Units

BOB = UUID(int=0xB0B)


def site_with_folder(units: Units) -> tuple[Site, Item]:
    ids = CountingIds()
    site, library = add_site(units, ids)
    with units.write() as uow:
        folder = uow.write_site(site.key, now=NOW).add_item(row(ids, "deep", parent=library))
    return site, folder


def people(units: Units, *titles: str) -> dict[str, PrincipalKey]:
    """Bob, and SharePoint groups by title."""
    made = [
        Principal(key=PrincipalKey(0), kind=PrincipalKind.SITE_GROUP, directory_id=UUID(int=n), name=title, login=title)
        for n, title in enumerate(titles, start=1)
    ]
    with units.write() as uow:
        keys = uow.principals.ensure([person(BOB, "Bob"), *made])
    return {"bob": keys[BOB], **{one.name: keys[one.directory_id] for one in made}}


def test_groups_members_and_administrators_written_at_once_stand_once_however_often(units: Units) -> None:
    site, _ = site_with_folder(units)
    keys = people(units, "Readers", "Writers")
    groups = [SiteGroup(site_key=site.key, principal=keys[title], title=title) for title in ("Readers", "Writers")]
    members = [SiteGroupMember(group=keys["Readers"], member=keys["bob"])]
    for _ in range(2):
        with units.write() as uow:
            uow.write_site(site.key, now=NOW).put_site_groups(groups, members, [keys["bob"]])
    with units.read() as uow:
        assert uow.site_groups.of_site(site.key) == groups
        assert list(uow.site_groups.members(site.key, [keys["Readers"], keys["Writers"]])) == members
        assert uow.site_groups.admins(site.key) == {keys["bob"]}


def test_two_groups_of_one_title_and_members_of_no_group_are_refused(units: Units) -> None:
    site, _ = site_with_folder(units)
    keys = people(units, "One", "Two")
    same = [SiteGroup(site_key=site.key, principal=keys[name], title="Same") for name in ("One", "Two")]
    with pytest.raises(content.NameTaken), units.write() as uow:
        uow.write_site(site.key, now=NOW).put_site_groups(same, (), ())
    with pytest.raises(errors.NotFound), units.write() as uow:
        stray = SiteGroupMember(group=keys["One"], member=keys["bob"])
        uow.write_site(site.key, now=NOW).put_site_groups((), [stray], ())


def test_nothing_to_write_counts_as_no_change(units: Units) -> None:
    site, _ = site_with_folder(units)
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        before = writer.site.change_no
        writer.put_site_groups((), (), ())
        writer.put_scopes((), ())
        assert writer.site.change_no == before


def test_objects_are_found_by_guid_and_scopes_with_their_assignments_are_counted(units: Units) -> None:
    site, folder = site_with_folder(units)
    bob = people(units)["bob"]
    right = RoleAssignment(site_key=site.key, principal=bob, role=Role.READ, scope=folder.key)
    with pytest.raises(InheritsPermissions), units.write() as uow:
        uow.write_site(site.key, now=NOW).put_scopes((), [right])
    with units.write() as uow:
        writer = uow.write_site(site.key, now=NOW)
        writer.put_scopes([folder.key], [right])
        writer.assign(bob, Role.OWNER, scope=WEB)
    with units.read() as uow:
        assert uow.scopes.count(site.key) == (1, 2)
        found = uow.scopes.objects(site.key, [folder.item_id, ItemId(UUID(int=99))])
    assert {item_id: item.key for item_id, item in found.items()} == {folder.item_id: folder.key}
