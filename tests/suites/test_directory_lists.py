"""The contract of lists of users and groups: questions, orders, pages, scopes, changes, deletion, on both engines."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest

from clock import FakeClock
from xtenant.domain import errors
from xtenant.domain.directory import ExternalState, Group, GroupId, GroupKind, User, UserId, UserType
from xtenant.domain.licence import MICROSOFT_365_E3, USER_MIGRATION, AssignedLicence
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.units import Units
from xtenant.domain.query import GROUPS, USERS, GroupsOf, MembersOf, Noun, Order, Place, Question
from xtenant.domain.tenant import TenantId
from xtenant.storage.database import SqlUnits
from xtenant.wire.filters import parse_filter, parse_order
from xtenant.wire.searches import parse_search

NOW = FakeClock().business_now()
START = Place(0, UUID(int=0))


def user(number: int, name: str, **more: object) -> User:
    made = User(
        user_id=UserId(UUID(int=number)),
        upn=f"{name.lower().replace(' ', '.')}@contoso.com",
        display_name=name,
        created_at=NOW + timedelta(seconds=number),
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def group(number: int, name: str, **more: object) -> Group:
    made = Group(
        group_id=GroupId(UUID(int=number)),
        kind=GroupKind.SECURITY,
        display_name=name,
        mail_nickname=name.lower().replace(" ", "-"),
        created_at=NOW + timedelta(seconds=number),
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


MARKS = (("extensionAttribute1", "Blue 100%"), ("extensionAttribute15", "people"))
PEOPLE = (
    user(1, "Adele Vance", mail="adele@contoso.com", department="Über Sales", usage_location="DE"),
    user(2, "Ben 100% Right", mail="BEN@contoso.com", proxy_addresses=("SMTP:ben@contoso.com", "smtp:b@contoso.com")),
    user(3, "ben_walters", department="sales", account_enabled=False, extension_attributes=MARKS),
    user(4, "Ärmel O'Neil", mail="a@fabrikam.com", user_type=UserType.GUEST, external_state=ExternalState.PENDING),
    user(5, "Zoë-Anne Walters", synced=True, other_mails=("zoe@home.example",)),
)


def found(units: Units, text: str, noun: Noun = USERS) -> list[int]:
    """The numbers of the objects that a filter finds."""
    where = parse_filter(text, noun, DEFAULT)
    with units.read() as uow:
        if noun is GROUPS:
            return sorted(one.group_id.int for one in uow.group_lists.page(Question(where=where)).rows)
        return sorted(one.user_id.int for one in uow.user_lists.page(Question(where=where)).rows)


@pytest.fixture
def people(units: SqlUnits) -> SqlUnits:
    with units.write() as uow:
        uow.users.add_many(PEOPLE)
        licence = AssignedLicence(sku_id=USER_MIGRATION.sku_id, assigned_at=NOW)
        uow.licences.assign(PEOPLE[0].user_id, licence)
        uow.licences.assign(PEOPLE[2].user_id, licence)
    return units


FILTERS = {
    "displayName eq 'ADELE vance'": [1],
    "displayName eq 'ÄRMEL o''neil'": [4],
    "displayName ne 'Adele Vance'": [2, 3, 4, 5],
    "department eq 'Über Sales'": [1],
    "department eq 'SALES'": [3],
    "department ne 'sales'": [1, 2, 4, 5],
    "not(department eq 'sales')": [1, 2, 4, 5],
    "department eq null": [2, 4, 5],
    "department ne null": [1, 3],
    "startsWith(displayName,'ben')": [2, 3],
    "not startswith(mail,'a')": [2, 3, 5],
    "startswith(displayName,'')": [1, 2, 3, 4, 5],
    "endsWith(mail,'@CONTOSO.com')": [1, 2],
    "endswith(mail,'%.com')": [],
    "contains(displayName,'100%')": [2],
    "contains(displayName,'_')": [3],
    "contains(displayName,'n_w')": [3],
    "accountEnabled eq false": [3],
    "accountEnabled ne true": [3],
    "accountEnabled": [1, 2, 4, 5],
    "userType eq 'guest'": [4],
    "externalUserState eq 'PendingAcceptance'": [4],
    "onPremisesSyncEnabled eq true": [5],
    "onPremisesSyncEnabled ne true": [1, 2, 3, 4],
    "onPremisesSyncEnabled eq null": [1, 2, 3, 4],
    "id eq '00000000-0000-0000-0000-000000000002'": [2],
    "id in ('00000000-0000-0000-0000-000000000002', 00000000-0000-0000-0000-000000000003)": [2, 3],
    "mail in ('ben@contoso.com')": [2],
    "not(mail in ('ben@contoso.com','A@fabrikam.com'))": [1, 3, 5],
    "mail in ('ben@contoso.com', null)": [2, 3, 5],
    "usageLocation eq 'de' or (userType eq 'Guest' and accountEnabled eq true)": [1, 4],
    "not(usageLocation eq 'de' or userType eq 'Guest')": [2, 3, 5],
    "displayName ge 'b' and displayName lt 'c'": [2, 3],
    "mail gt 'adele@contoso.com'": [2],
    "not(mail gt 'adele@contoso.com')": [1, 3, 4, 5],
    f"createdDateTime gt {(NOW + timedelta(seconds=3)).isoformat().replace('+00:00', 'Z')}": [4, 5],
    f"createdDateTime le {(NOW + timedelta(seconds=2)).isoformat().replace('+00:00', 'Z')}": [1, 2],
    "createdDateTime ge 1999-01-01": [1, 2, 3, 4, 5],
    f"assignedLicenses/any(l:l/skuId eq {USER_MIGRATION.sku_id})": [1, 3],
    f"assignedLicenses/any(l:l/skuId eq {MICROSOFT_365_E3.sku_id})": [],
    "assignedLicenses/any()": [1, 3],
    "not assignedLicenses/any()": [2, 4, 5],
    f"not assignedLicenses/any(l:l/skuId eq {USER_MIGRATION.sku_id}) and department ne null": [],
    "proxyAddresses/any(p:p eq 'smtp:B@contoso.com')": [2],
    "proxyAddresses/any(p:startswith(p,'smtp:'))": [2],
    "not(proxyAddresses/any())": [1, 3, 4, 5],
    "otherMails/any(m:endswith(m,'.example'))": [5],
    "onPremisesExtensionAttributes/extensionAttribute15 eq 'People'": [3],
    "onPremisesExtensionAttributes/extensionAttribute1 ne 'people'": [1, 2, 3, 4, 5],
    "not(startswith(onPremisesExtensionAttributes/extensionAttribute1,'blue'))": [1, 2, 4, 5],
    "onPremisesExtensionAttributes/extensionAttribute5 eq null": [1, 2, 3, 4, 5],
    "displayName eq 'x'' or ''1'' eq ''1'": [],
}


def test_a_filter_finds_whom_it_says_on_both_engines(people: SqlUnits) -> None:
    assert {text: found(people, text) for text in FILTERS} == FILTERS


SEARCHES = {
    '"displayName:van"': [1],
    '"displayName:anne"': [5],
    '"displayName:nne"': [],
    '"displayName:walters ben"': [3],
    '"displayName:ben" OR "mail:a@"': [2, 3, 4],
    '"displayName:walters" AND "userPrincipalName:zo"': [5],
    '("displayName:adele" OR "displayName:zoë") AND "displayName:walters"': [5],
    '"displayName:100%"': [2],
    '"mail:%"': [],
}


def test_a_search_looks_at_the_beginning_of_words(people: SqlUnits) -> None:
    told: dict[str, list[int]] = {}
    with people.read() as uow:
        for text in SEARCHES:
            rows = uow.user_lists.page(Question(where=parse_search(text, USERS, DEFAULT))).rows
            told[text] = sorted(one.user_id.int for one in rows)
    assert told == SEARCHES


def test_groups_are_filtered_by_their_types_and_names(units: Units) -> None:
    with units.write() as uow:
        uow.groups.add_many(
            [
                group(1, "Sales"),
                group(2, "Design", kind=GroupKind.UNIFIED, mail="design@contoso.com", visibility="Public"),
                group(3, "Hidden", kind=GroupKind.UNIFIED, resource_behavior_options=("ProvisionSiteOnDemand",)),
            ]
        )
    assert found(units, "groupTypes/any(c:c eq 'Unified')", GROUPS) == [2, 3]
    assert found(units, "groupTypes/any(c:c eq 'DynamicMembership')", GROUPS) == []
    assert found(units, "not groupTypes/any(c:c eq 'unified')", GROUPS) == [1]
    assert found(units, "mailNickname eq 'SALES'", GROUPS) == [1]
    assert found(units, "visibility eq 'public' or mail eq null", GROUPS) == [1, 2, 3]
    assert found(units, "resourceBehaviorOptions/any(o:o eq 'provisionsiteondemand')", GROUPS) == [3]
    assert found(units, "proxyAddresses/any(p:p eq 'smtp:design@contoso.com')", GROUPS) == [2]


ORDERS = (
    "displayName",
    "displayName desc",
    "mail desc",
    "createdDateTime desc",
    "mail",
    "userPrincipalName desc",
    None,
)


def test_every_row_comes_once_whatever_the_order_and_the_size_of_pages(people: SqlUnits) -> None:
    with people.write() as uow:  # twins: equal in the order, told apart by id
        uow.users.add_many([user(number, "Adele Vance", upn=f"twin{number}@contoso.com") for number in (11, 12, 13)])
    for order in ORDERS:
        wanted = parse_order(order, USERS) if order else None
        with people.read() as uow:
            whole = uow.user_lists.page(Question(order=wanted)).rows
            assert uow.user_lists.count(Question()) == len(whole) == 8
        assert walked(people, wanted) == list(whole), order


def walked(units: Units, order: Order | None) -> list[User]:
    """All users, by pages of two."""
    rows: list[User] = []
    place: Place | None = None
    while True:
        with units.read() as uow:
            page = uow.user_lists.page(Question(order=order, after=place, limit=2))
        rows += page.rows
        place = page.following
        if place is None:
            return rows


def test_the_default_order_of_users_is_their_name_and_its_last_page_has_no_following(people: SqlUnits) -> None:
    by_upn = Order(USERS.order)
    with people.read() as uow:
        page = uow.user_lists.page(Question(order=by_upn, limit=5))
    assert page.following is None
    assert [one.upn for one in page.rows] == sorted(one.upn.lower() for one in PEOPLE)


def nested(units: Units) -> None:
    """1 holds 2, 2 holds 3 and Adele, 3 holds 1 (a circle) and Ben; a deleted group 4 in 1 holds a third person."""
    with units.write() as uow:
        uow.users.add_many(PEOPLE[:3])
        uow.groups.add_many([group(100 + number, f"Group {number}") for number in (1, 2, 3, 4)])
        pairs = [(101, 102), (102, 103), (102, 1), (103, 101), (103, 2), (101, 104), (104, 3)]
        uow.memberships.add_many([(GroupId(UUID(int=outer)), UUID(int=inner)) for outer, inner in pairs])
        gone = uow.groups.by_id(GroupId(UUID(int=104)))
        assert gone is not None
        uow.groups.update(dataclasses.replace(gone, deleted_at=NOW))


def test_members_are_named_directly_and_through_nesting_without_the_deleted(units: Units) -> None:
    nested(units)
    outer = UUID(int=101)
    with units.read() as uow:
        direct = uow.memberships.page(MembersOf(group_id=outer), after=None, limit=9)
        whole = uow.memberships.page(MembersOf(group_id=outer, nested=True), after=None, limit=9)
        behind = uow.memberships.page(MembersOf(group_id=outer, nested=True), after=UUID(int=2), limit=1)
        people = uow.user_lists.page(Question(scope=MembersOf(group_id=outer, nested=True))).rows
        assert uow.memberships.count(MembersOf(group_id=outer, nested=True)) == 5
    assert direct == [(UUID(int=102), False)]
    assert [one.int for one, _ in whole] == [1, 2, 101, 102, 103]
    assert behind == [(UUID(int=101), False)]
    assert [one.user_id.int for one in people] == [1, 2]


def test_groups_of_somebody_are_named_directly_and_through_nesting(units: Units) -> None:
    nested(units)
    with units.read() as uow:
        direct = uow.group_lists.page(Question(scope=GroupsOf(member_id=UUID(int=1)))).rows
        whole = uow.group_lists.page(Question(scope=GroupsOf(member_id=UUID(int=1), nested=True))).rows
        assert uow.memberships.groups_of(UUID(int=3)) == frozenset()
    assert [one.group_id.int for one in direct] == [102]
    assert [one.group_id.int for one in whole] == [101, 102, 103]


def test_changes_tell_who_came_changed_and_went(people: SqlUnits) -> None:
    with people.write() as uow:
        first = uow.user_lists.changes(START, seen=0, limit=9)
        assert [one.place.object_id.int for one in first] == [1, 2, 3, 4, 5]
    adele, ben = PEOPLE[0], PEOPLE[1]
    with people.write() as uow:
        uow.users.update(dataclasses.replace(adele, display_name="Adele V"))
        uow.users.delete(dataclasses.replace(ben, deleted_at=NOW))
        later = uow.user_lists.changes(first[-1].place, seen=0, limit=9)
    assert [(one.place.object_id.int, one.value is None) for one in later] == [(1, False), (2, True)]
    with people.read() as uow:
        assert uow.user_lists.changes(later[-1].place, seen=0, limit=9) == []
        unseen = uow.user_lists.changes(START, seen=uow.user_lists.last_change(), limit=9)
    assert [one.place.object_id.int for one in unseen] == [3, 4, 5, 1]


def test_a_change_of_members_is_a_change_of_the_group(units: Units) -> None:
    sales = group(7, "Sales")
    with units.write() as uow:
        uow.users.add(PEOPLE[0])
        uow.groups.add(sales)
        before = uow.group_lists.last_change()
        uow.memberships.add(sales.group_id, PEOPLE[0].user_id)
        changed = uow.group_lists.changes(Place(before, UUID(int=2**128 - 1)), seen=0, limit=9)
        assert [one.value for one in changed] == [sales]
        seen = uow.group_lists.last_change()
        uow.memberships.add(sales.group_id, PEOPLE[0].user_id)  # twice changes nothing
        assert uow.group_lists.last_change() == seen
        uow.memberships.remove(sales.group_id, PEOPLE[0].user_id)
        assert uow.group_lists.last_change() > seen


def test_a_deleted_user_is_listed_restored_and_forgotten(people: SqlUnits) -> None:
    adele, long_ago = PEOPLE[0], NOW - timedelta(days=30)
    gone = dataclasses.replace(adele, deleted_at=NOW)
    with people.write() as uow:
        uow.users.delete(gone)
        assert uow.user_lists.page(Question(deleted_after=long_ago)).rows == [gone]
        assert uow.user_lists.deleted(adele.user_id, deleted_after=NOW + timedelta(seconds=1)) is None
        assert uow.user_lists.deleted(adele.user_id, deleted_after=NOW) == gone
        uow.user_lists.restore(adele.user_id)
        assert uow.users.by_upn(adele.upn) == adele
        uow.users.delete(gone)
        before = uow.user_lists.last_change()
        assert uow.user_lists.expired(deleted_before=NOW + timedelta(seconds=1), limit=9) == [adele.user_id]
        uow.user_lists.forget([adele.user_id], at=NOW)
        assert uow.user_lists.expired(deleted_before=NOW + timedelta(days=99), limit=9) == []
        assert uow.user_lists.deleted(adele.user_id, deleted_after=long_ago) is None
        told = uow.user_lists.changes(Place(before, UUID(int=2**128 - 1)), seen=0, limit=9)
    assert [(one.place.object_id, one.value, one.for_good) for one in told] == [(adele.user_id, None, True)]


def test_a_taken_name_stops_a_restoration(people: SqlUnits) -> None:
    adele = PEOPLE[0]
    with people.write() as uow:
        uow.users.delete(dataclasses.replace(adele, deleted_at=NOW))
        uow.users.add(user(99, "Other", upn=adele.upn.upper()))
    with pytest.raises(errors.Conflict), people.write() as uow:
        uow.user_lists.restore(adele.user_id)


def test_of_many_with_one_name_taken_none_is_added(people: SqlUnits) -> None:
    with pytest.raises(errors.Conflict), people.write() as uow:
        uow.users.add_many([user(50, "New"), user(51, "Other", upn=PEOPLE[0].upn)])
    with people.read() as uow:
        assert uow.user_lists.count(Question()) == len(PEOPLE)


def test_one_tenant_does_not_list_anothers_objects(units: SqlUnits) -> None:
    nested(units)
    stranger = SqlUnits(units._engine, TenantId(UUID(int=0xF)))  # pyright: ignore[reportPrivateUsage]
    scope = MembersOf(group_id=UUID(int=101), nested=True)
    with stranger.write() as uow:
        assert uow.user_lists.page(Question()).rows == []
        assert uow.user_lists.page(Question(scope=scope)).rows == []
        assert uow.group_lists.page(Question(scope=GroupsOf(member_id=UUID(int=1), nested=True))).rows == []
        assert uow.group_lists.page(Question(deleted_after=NOW - timedelta(days=30))).rows == []
        assert uow.memberships.page(scope, after=None, limit=9) == []
        assert uow.memberships.count(scope) == 0
        assert not uow.memberships.has(GroupId(UUID(int=102)), UUID(int=1))
        assert uow.group_lists.changes(START, seen=0, limit=9) == []
        assert uow.group_lists.last_change() == 0
        uow.user_lists.forget([UUID(int=1)], at=NOW)
        uow.memberships.forget([UUID(int=1)])
    with units.read() as uow:
        assert uow.user_lists.count(Question(scope=scope)) == 2
