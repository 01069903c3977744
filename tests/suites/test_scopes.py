"""Scopes, SharePoint groups and administrators in the store, on both engines."""

from __future__ import annotations

from uuid import UUID

import pytest

from clock import CountingIds
from content_samples import ALICE, NOW, add_site, person, put_blobs, row
from xtenant.domain import content, errors
from xtenant.domain.content import WEB, Item, ItemKey, PrincipalKey, PrincipalKind, Role, RoleAssignment, Site
from xtenant.domain.permissions import NO_RIGHTS, InheritsPermissions, SiteGroup, SiteGroupMember, SiteRights
from xtenant.domain.ports.units import Units

BOB, CAROL, OWNERS = UUID(int=0xB0B), UUID(int=0xCA401), UUID(int=0x6709)


class Tree:
    """A library with `a/b/file`, and three principals: Bob, Carol, a SharePoint group that nobody is in."""

    def __init__(self, units: Units, ids: CountingIds) -> None:
        put_blobs(units, b"x")
        self.units = units
        self.site, self.library = add_site(units, ids)
        with units.write() as uow:
            writer = uow.write_site(self.site.key, now=NOW)
            self.a = writer.add_item(row(ids, "a", parent=self.library))
            self.b = writer.add_item(row(ids, "b", parent=self.a))
            self.file = writer.add_item(row(ids, "file", parent=self.b, contents=[b"x"]))
            self.beside = writer.add_item(row(ids, "beside", parent=self.library, contents=[b"x"]))
            group = content.Principal(
                key=PrincipalKey(0), kind=PrincipalKind.SITE_GROUP, directory_id=OWNERS, name="O", login="O"
            )
            keys = uow.principals.ensure([person(BOB, "Bob"), person(CAROL, "Carol"), group])
            self.bob, self.carol, self.group = keys[BOB], keys[CAROL], keys[OWNERS]
            writer.put_site_group(SiteGroup(site_key=self.site.key, principal=self.group, title="X Owners"))

    @property
    def items(self) -> list[Item]:
        return [self.library, self.a, self.b, self.file, self.beside]

    def nearest(self) -> dict[str, ItemKey]:
        with self.units.read() as uow:
            found = uow.scopes.nearest(self.items)
        return {item.name: found[item.key] for item in self.items}

    def rights(self, *identities: UUID) -> SiteRights:
        with self.units.read() as uow:
            return uow.scopes.rights([self.site.key], identities)[self.site.key]

    def standing(self, *scopes: ItemKey) -> set[tuple[ItemKey, PrincipalKey, Role]]:
        with self.units.read() as uow:
            found = uow.scopes.assignments(self.site.key, scopes)
        return {(one.scope, one.principal, one.role) for one in found}


@pytest.fixture
def tree(units: Units, ids: CountingIds) -> Tree:
    return Tree(units, ids)


def test_an_item_is_under_the_nearest_scope_above_it(tree: Tree) -> None:
    assert set(tree.nearest().values()) == {WEB}
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.break_inheritance(tree.a.key, copy=False)
        writer.break_inheritance(tree.file.key, copy=False)
    a, file = tree.a.key, tree.file.key
    assert tree.nearest() == {"Shared Documents": WEB, "a": a, "b": a, "file": file, "beside": WEB}
    with tree.units.read() as uow:
        assert list(uow.scopes.page(tree.site.key, after=ItemKey(0), limit=1)) == [a]
        assert list(uow.scopes.page(tree.site.key, after=a, limit=5)) == [file]
        assert list(uow.scopes.below(tree.library)) == [a, file]
        assert list(uow.scopes.below(tree.a)) == [file]
        assert list(uow.scopes.below(tree.file)) == []


def test_a_moved_item_is_under_its_new_folder_at_once(tree: Tree) -> None:
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.break_inheritance(tree.a.key, copy=False)
        tree.beside = writer.move_item(tree.beside, parent=tree.b, name="beside")
    assert tree.nearest()["beside"] == tree.a.key


def test_breaking_with_a_copy_keeps_who_had_a_right_and_resetting_forgets_it(tree: Tree) -> None:
    a, b = tree.a.key, tree.b.key
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.assign(tree.bob, Role.READ)
        writer.break_inheritance(a, copy=True)
        writer.assign(tree.carol, Role.WRITE, scope=a)
        writer.break_inheritance(b, copy=True)
        writer.break_inheritance(b, copy=False)
    copied = {(b, tree.bob, Role.READ), (b, tree.carol, Role.WRITE)}
    assert tree.standing(b) == copied
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.unassign(tree.bob, scope=a)
        writer.reset_inheritance(a)
    assert tree.standing(WEB, a, b) == {(WEB, tree.bob, Role.READ), *copied}
    with pytest.raises(errors.Refused), tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).reset_inheritance(WEB)


def test_an_inheriting_or_foreign_object_takes_no_assignment(tree: Tree, ids: CountingIds) -> None:
    other, library = add_site(tree.units, ids, url="https://contoso.sharepoint.com/sites/other")
    with pytest.raises(InheritsPermissions), tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).assign(tree.bob, Role.READ, scope=tree.a.key)
    with pytest.raises(errors.NotFound), tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).break_inheritance(library.key, copy=True)
    with pytest.raises(errors.NotFound), tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).put_scopes([library.key], [])
    assert other.key != tree.site.key


def test_bulk_writing_equals_writing_one_by_one_and_may_be_repeated(tree: Tree) -> None:
    a, b = tree.a.key, tree.b.key
    given = [
        RoleAssignment(site_key=tree.site.key, principal=tree.bob, role=Role.READ, scope=a),
        RoleAssignment(site_key=tree.site.key, principal=tree.carol, role=Role.OWNER, scope=b),
        RoleAssignment(site_key=tree.site.key, principal=tree.carol, role=Role.READ),
    ]
    for _again in range(2):
        with tree.units.write() as uow:
            uow.write_site(tree.site.key, now=NOW).put_scopes([a, b], given)
    assert tree.standing(WEB, a, b) == {(one.scope, one.principal, one.role) for one in given}


def test_rights_come_by_oneself_and_by_sharepoint_groups(tree: Tree) -> None:
    a = tree.a.key
    assert tree.rights(BOB) == NO_RIGHTS
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.assign(tree.bob, Role.READ)
        writer.assign(tree.group, Role.WRITE)
        writer.add_site_group_member(tree.group, tree.bob)
        writer.add_site_group_member(tree.group, tree.bob)
        writer.put_scopes([a], [RoleAssignment(site_key=tree.site.key, principal=tree.group, role=Role.OWNER, scope=a)])
    assert tree.rights(BOB) == SiteRights(web=Role.WRITE, unique=True, below=True)
    assert tree.rights(CAROL) == SiteRights(unique=True)
    with tree.units.read() as uow:
        assert uow.scopes.roles(tree.site.key, [WEB, a], [BOB]) == {WEB: Role.WRITE, a: Role.OWNER}
        assert uow.scopes.roles(tree.site.key, [WEB, a], [CAROL]) == {}
        assert uow.scopes.above(tree.site.key, [BOB]) == {tree.library.key}
        groups, members = (
            uow.site_groups.of_site(tree.site.key),
            list(uow.site_groups.members(tree.site.key, [tree.group])),
        )
        assert [group.title for group in groups] == ["X Owners"]
        assert members == [SiteGroupMember(group=tree.group, member=tree.bob)]
    with tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).remove_site_group_member(tree.group, tree.bob)
    assert tree.rights(BOB) == SiteRights(web=Role.READ, unique=True)


def test_administrators_and_users_of_a_site_are_kept(tree: Tree) -> None:
    with tree.units.write() as uow:
        alice = uow.principals.ensure([person(ALICE)])[ALICE]
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.set_site_admin(tree.bob, True)
        writer.put_site_user(tree.carol)
        writer.assign(tree.group, Role.READ)
        writer.touch(tree.a, created_at=None, modified_at=None, editor=alice)
    assert tree.rights(BOB).admin
    with tree.units.read() as uow:
        assert uow.site_groups.admins(tree.site.key) == {tree.bob}
        users = uow.site_groups.users(tree.site.key, after=PrincipalKey(0), limit=10)
        # whoever wrote is known too; a SharePoint group is no user
        assert {user.principal.directory_id for user in users} == {BOB, CAROL, ALICE}
        assert [user.principal.key for user in users if user.is_admin] == [tree.bob]
        assert [u.principal.key for u in uow.site_groups.users_named(tree.site.key, [CAROL])] == [tree.carol]
    with tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).set_site_admin(tree.bob, False)
    assert not tree.rights(BOB).admin


def test_titles_of_sharepoint_groups_are_unique_in_their_site(tree: Tree, ids: CountingIds) -> None:
    with pytest.raises(content.NameTaken), tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).put_site_group(
            SiteGroup(site_key=tree.site.key, principal=tree.carol, title="x OWNERS")
        )
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.put_site_group(SiteGroup(site_key=tree.site.key, principal=tree.group, title="Y", description="d"))
        writer.assign(tree.group, Role.READ)
        assert uow.site_groups.by_title(tree.site.key, "y") is not None
        writer.remove_site_group(tree.group)
        assert uow.site_groups.by_key(tree.site.key, tree.group) is None
    assert tree.standing(WEB) == set()
    with pytest.raises(errors.NotFound), tree.units.write() as uow:
        uow.write_site(tree.site.key, now=NOW).add_site_group_member(tree.group, tree.bob)


def test_deleting_an_item_leaves_no_scope_to_be_seen(tree: Tree) -> None:
    a, file = tree.a.key, tree.file.key
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.put_scopes(
            [a, file], [RoleAssignment(site_key=tree.site.key, principal=tree.bob, role=Role.READ, scope=file)]
        )
        writer.delete(tree.a, now=NOW)
    with tree.units.read() as uow:
        assert list(uow.scopes.page(tree.site.key, after=ItemKey(0), limit=9)) == []
        assert list(uow.scopes.below(tree.library)) == []
        assert uow.scopes.above(tree.site.key, [BOB]) == frozenset()
    assert not tree.rights(BOB).below


def test_nothing_of_a_purged_site_remains(tree: Tree) -> None:
    with tree.units.write() as uow:
        writer = uow.write_site(tree.site.key, now=NOW)
        writer.break_inheritance(tree.a.key, copy=False)
        writer.assign(tree.bob, Role.READ, scope=tree.a.key)
        writer.add_site_group_member(tree.group, tree.bob)
    purge(tree.units, tree.site)
    with tree.units.read() as uow:
        assert list(uow.scopes.assignments(tree.site.key, [tree.a.key])) == []
        assert list(uow.site_groups.of_site(tree.site.key)) == []
        assert list(uow.site_groups.users(tree.site.key, after=PrincipalKey(0), limit=9)) == []
        assert list(uow.site_groups.members(tree.site.key, [tree.group])) == []


def purge(units: Units, site: Site) -> None:
    import dataclasses

    with units.write() as uow:
        found = uow.sites.by_key(site.key, lock=True)
        assert found is not None
        uow.sites.update(dataclasses.replace(found, deleted_at=NOW))
        while uow.sites.purge(site.key, limit=100):
            pass
