"""Whoever may do what on an item: the service's decision against a naive one, over random trees, groups and scopes.

The reference walks dictionaries and knows no SQL; it is written from the contract, not from the code it judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clock import CountingIds
from content_samples import NOW, put_blobs, row, site
from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import WEB, Item, ItemKey, ItemKind, Principal, PrincipalKey, PrincipalKind, Role, SiteKey
from xtenant.domain.directory import Group, GroupId, GroupKind
from xtenant.domain.drive import DriveRef, Where
from xtenant.domain.list_views import WebRef
from xtenant.domain.permissions import Securable, SiteGroup
from xtenant.domain.ports.units import Units
from xtenant.operations import access, content, lists

USERS, GROUPS, SITE_GROUPS, ITEMS = 3, 4, 2, 9
ROLES = (None, Role.READ, Role.WRITE, Role.OWNER)

numbers = st.integers(min_value=0)
pairs = st.frozensets(st.tuples(st.integers(0, GROUPS - 1), st.integers(0, USERS + GROUPS - 1)), min_size=2, max_size=8)
"""(group, member): members are users, then groups, in circles too."""


@dataclass(frozen=True)
class Plan:
    """A world in numbers. `parents[i]` is the item that item i is in, -1 the library; an item with children is a folder.

    Principals of assignments: users, groups, SharePoint groups. Scope -2 is the web, -1 the library.
    """

    parents: tuple[int, ...]
    members: frozenset[tuple[int, int]]
    owners: frozenset[tuple[int, int]]
    inside: frozenset[tuple[int, int]]
    scopes: frozenset[int]
    given: Mapping[tuple[int, int], Role]
    admins: frozenset[int]
    owner: int | None
    group: int | None
    deleted_group: int | None

    def is_folder(self, item: int) -> bool:
        return item in self.parents or item % 3 == 0


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    parents = tuple(draw(st.integers(-1, number - 1)) for number in range(draw(st.integers(1, ITEMS))))
    items = st.integers(-1, len(parents) - 1)
    scopes = draw(st.frozensets(items, max_size=4))
    everybody = st.integers(0, USERS + GROUPS + SITE_GROUPS - 1)
    places = st.sampled_from([-2, *sorted(scopes)])
    return Plan(
        parents=parents,
        members=draw(pairs),
        owners=draw(pairs),
        inside=draw(
            st.frozensets(
                st.tuples(st.integers(0, SITE_GROUPS - 1), st.integers(0, USERS + GROUPS - 1)), min_size=1, max_size=4
            )
        ),
        scopes=scopes,
        given=draw(st.dictionaries(st.tuples(places, everybody), st.sampled_from(list(Role)), min_size=2, max_size=8)),
        admins=draw(st.frozensets(st.integers(0, USERS + GROUPS - 1), max_size=1)),
        owner=draw(st.sampled_from([None, None, 0])),
        group=draw(st.sampled_from([None, None, 0, 1])),
        deleted_group=draw(st.sampled_from([None, None, None, 1, 2])),
    )


def plan_of(**changes: object) -> Plan:
    """A small tree `0/1/2` with a file beside, everything else empty."""
    nothing: dict[str, object] = {name: frozenset() for name in ("members", "owners", "inside", "scopes", "admins")}
    unset: dict[str, object] = dict.fromkeys(("owner", "group", "deleted_group"))
    return Plan(**{"parents": (-1, 0, 1, -1), "given": {}, **nothing, **unset, **changes})  # type: ignore[arg-type]


FIRST_GROUP, FIRST_SITE_GROUP = USERS, USERS + GROUPS
NAMED = (
    # a SharePoint group that holds a group that holds a group that holds a person
    plan_of(
        members=frozenset({(0, 2), (1, FIRST_GROUP)}),
        inside=frozenset({(0, FIRST_GROUP + 1)}),
        scopes=frozenset({1}),
        given={(1, FIRST_SITE_GROUP): Role.READ, (-2, FIRST_SITE_GROUP + 1): Role.OWNER},
    ),
    # the group in the middle is deleted, and groups go round in a circle
    plan_of(
        members=frozenset({(0, 2), (1, FIRST_GROUP), (0, FIRST_GROUP + 1)}),
        deleted_group=1,
        given={(-2, FIRST_GROUP + 1): Role.WRITE},
    ),
    # members of the site's group write in the web and nowhere else; its owners do everything
    plan_of(members=frozenset({(0, 2)}), owners=frozenset({(0, 1)}), group=0, scopes=frozenset({0})),
    # an administrator by group
    plan_of(members=frozenset({(0, 2)}), admins=frozenset({FIRST_GROUP}), scopes=frozenset({-1})),
    # a scope below a scope gives what the upper one does not
    plan_of(scopes=frozenset({0, 2}), given={(-2, 2): Role.OWNER, (2, 2): Role.READ, (0, 1): Role.READ}),
)


class Naive:
    """What the contract says, worked out one by one."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def identities(self, user: int) -> set[int]:
        """The user, and every live group reached through live groups, by repeating until nothing is added."""
        found = {user}
        while True:
            more = {
                USERS + group
                for group, member in self.plan.members
                if member in found and group != self.plan.deleted_group
            }
            if more <= found:
                return found
            found |= more

    def everything(self, user: int) -> bool:
        plan, own = self.plan, self.identities(user)
        owns = {group for group, member in plan.owners if member == user and group != plan.deleted_group}
        return plan.owner == user or bool(plan.admins & own) or (plan.group is not None and plan.group in owns)

    def role(self, user: int, item: int) -> Role | None:
        if self.everything(user):
            return Role.OWNER
        scope = item
        while scope not in self.plan.scopes and scope != -2:
            scope = -2 if scope == -1 else self.plan.parents[scope]
        return self.role_on_scope(user, scope)

    def role_on_scope(self, user: int, scope: int) -> Role | None:
        own = self.identities(user)
        own |= {USERS + GROUPS + group for group, member in self.plan.inside if member in own}
        roles = [role for (place, who), role in self.plan.given.items() if place == scope and who in own]
        if scope == -2 and self.plan.group is not None and USERS + self.plan.group in own:
            roles.append(Role.WRITE)
        return max(roles, key=ROLES.index, default=None)

    def enters(self, user: int, item: int) -> bool:
        """Whether something at or below an item may be read."""
        return self.role(user, item) is not None or any(
            self.enters(user, child) for child, parent in enumerate(self.plan.parents) if parent == item
        )


class Built:
    """The plan in a store: a site of its own, people and groups of its own."""

    def __init__(self, units: Units, ids: CountingIds, plan: Plan) -> None:
        self.units = units
        self.plan = plan
        self.users = [ids.new_id() for _ in range(USERS)]
        self.groups = [ids.new_id() for _ in range(GROUPS)]
        self.site_groups = [ids.new_id() for _ in range(SITE_GROUPS)]
        with units.write() as uow:
            self._directory(uow)
            self.keys = uow.principals.ensure([self._principal(guid) for guid in self.everybody])
            self.site = uow.sites.add(
                site(
                    ids,
                    url=f"https://contoso.sharepoint.com/sites/{ids.new_id()}",
                    owner_id=None if plan.owner is None else self.users[plan.owner],
                    group_id=None if plan.group is None else self.groups[plan.group],
                )
            )
            writer = uow.write_site(self.site.key, now=NOW)
            self.library = writer.add_item(row(ids, "Shared Documents", kind=ItemKind.LIBRARY))
            self.items: list[Item] = []
            for number, parent in enumerate(plan.parents):
                folder = self.library if parent == -1 else self.items[parent]
                contents = [] if plan.is_folder(number) else [b"x"]
                self.items.append(writer.add_item(row(ids, f"i{number}", parent=folder, contents=contents)))
            self._rights(writer)

    @property
    def everybody(self) -> list[UUID]:
        return [*self.users, *self.groups, *self.site_groups]

    @property
    def ref(self) -> DriveRef:
        return DriveRef(site_id=self.site.site_id)

    def key_of(self, scope: int) -> ItemKey:
        return WEB if scope == -2 else self.library.key if scope == -1 else self.items[scope].key

    def caller(self, user: int) -> Caller:
        return Caller(kind=CallerKind.USER, user_id=self.users[user], upn="x")

    def _directory(self, uow) -> None:  # type: ignore[no-untyped-def]
        for number, guid in enumerate(self.groups):
            dead = NOW if number == self.plan.deleted_group else None
            group = Group(
                group_id=GroupId(guid),
                kind=GroupKind.SECURITY,
                display_name="G",
                mail_nickname=str(guid),
                created_at=NOW,
                deleted_at=dead,
            )
            uow.groups.add(group)
        people = [*self.users, *self.groups]
        for rows, owner in ((self.plan.members, False), (self.plan.owners, True)):
            for group, member in rows:
                uow.memberships.add(GroupId(self.groups[group]), people[member], owner=owner)

    def _principal(self, guid: UUID) -> Principal:
        kind = PrincipalKind.USER if guid in self.users else PrincipalKind.GROUP
        kind = PrincipalKind.SITE_GROUP if guid in self.site_groups else kind
        return Principal(key=PrincipalKey(0), kind=kind, directory_id=guid, name=str(guid), login=str(guid))

    def _rights(self, writer) -> None:  # type: ignore[no-untyped-def]
        keys = [self.keys[guid] for guid in self.everybody]
        for guid in self.site_groups:
            writer.put_site_group(SiteGroup(site_key=self.site.key, principal=self.keys[guid], title=str(guid)))
        for group, member in self.plan.inside:
            writer.add_site_group_member(self.keys[self.site_groups[group]], keys[member])
        for scope in self.plan.scopes:
            writer.break_inheritance(self.key_of(scope), copy=False)
        for (scope, who), role in self.plan.given.items():
            writer.assign(keys[who], role, scope=self.key_of(scope))
        for who in self.plan.admins:
            writer.set_site_admin(keys[who], True)


def check(built: Built, user: int) -> None:
    naive, caller, plan = Naive(built.plan), built.caller(user), built.plan
    every = range(-1, len(plan.parents))
    expected = {built.key_of(item): naive.role(user, item) for item in every}
    with built.units.read() as uow:
        standing = access.standing_of(uow, caller, built.site)
        assert access.roles_on(uow, standing, [built.library, *built.items]) == expected
        folders = [built.library, *(item for item in built.items if item.kind is ItemKind.FOLDER)]
        entered = {item.key for item in access.enterable(uow, standing, folders)}
    numbers = {built.key_of(item): item for item in every}
    assert entered == {item.key for item in folders if naive.enters(user, numbers[item.key])}
    if user == USERS - 1:
        _check_ways_in(built, caller, expected, entered)


def _check_ways_in(
    built: Built, caller: Caller, expected: Mapping[ItemKey, Role | None], entered: set[ItemKey]
) -> None:
    """By id, by path, listed by its folder, in a delta and as a list item: everything says the same."""
    readable = {key for key, role in expected.items() if role is not None}
    by_id = {item.key for item in built.items if opens(built, caller, item)}
    assert by_id == readable - {built.library.key}
    listed: set[ItemKey] = set()
    for folder in (built.library, *built.items):
        if folder.kind is not ItemKind.FILE:
            try:
                page = content.children(
                    built.units, caller, ref=built.ref, where=Where(item_id=folder.item_id), limit=3
                )
                pages = [page]
                while page.next_name is not None:
                    page = content.children(
                        built.units,
                        caller,
                        ref=built.ref,
                        where=Where(item_id=folder.item_id),
                        after_name=page.next_name,
                        limit=3,
                    )
                    pages.append(page)
                listed |= {view.item.key for page in pages for view in page.views}
            except errors.AccessDenied:
                assert folder.key not in entered or built.library.key not in entered
    if built.library.key not in entered:
        assert not listed
        return
    assert listed == by_id
    delta = content.delta(built.units, caller, ref=built.ref, token=None, limit=200)
    assert {view.item.key for view in delta.views} == readable
    what = Securable(list_id=built.library.item_id)
    rows = lists.list_items(built.units, caller, ref=WebRef(url=built.site.url), what=what, after=0, limit=100)
    assert {one.item.key for one in rows.items} == by_id


def opens(built: Built, caller: Caller, item: Item) -> bool:
    try:
        content.find_item(built.units, caller, ref=built.ref, where=Where(item_id=item.item_id))
    except errors.AccessDenied:
        return False
    return True


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(plan=plans())
def test_the_decision_is_the_one_the_contract_says(units: Units, ids: CountingIds, plan: Plan) -> None:
    put_blobs(units, b"x")
    built = Built(units, ids, plan)
    for user in range(USERS):
        check(built, user)


def test_named_worlds_are_decided_alike(units: Units, ids: CountingIds) -> None:
    put_blobs(units, b"x")
    for plan in NAMED:
        built = Built(units, ids, plan)
        for user in range(USERS):
            check(built, user)


def test_a_standing_of_many_sites_is_each_sites_own(units: Units, ids: CountingIds) -> None:
    put_blobs(units, b"x")
    every = [
        plan_of(
            parents=(-1, 0),
            members=frozenset({(0, 1)}),
            scopes=frozenset({1}),
            given={(-2, who): Role.READ} if who < USERS else {(1, FIRST_GROUP): Role.WRITE},
        )
        for who in (0, 1, USERS)
    ]
    built = [Built(units, ids, plan) for plan in every]
    with units.read() as uow:
        for one in built:
            found = access.standings_of(uow, one.caller(1), [other.site for other in built])
            alone: dict[SiteKey, bool] = {
                other.site.key: access.standing_of(uow, one.caller(1), other.site).enters for other in built
            }
            assert {key: standing.enters for key, standing in found.items()} == alone
            assert sum(alone.values()) <= 1


@pytest.mark.parametrize("permission", ["Sites.Read.All", "Files.ReadWrite.All", "Sites.FullControl.All"])
def test_an_app_has_its_permission_everywhere(units: Units, ids: CountingIds, permission: str) -> None:
    put_blobs(units, b"x")
    built = Built(units, ids, plan_of(scopes=frozenset({0})))
    caller = Caller(kind=CallerKind.APP, app_id=UUID(int=5), permissions=frozenset({permission}))
    with units.read() as uow:
        roles = access.roles_on(uow, access.standing_of(uow, caller, built.site), built.items)
    assert len(set(roles.values())) == 1 and None not in roles.values()
