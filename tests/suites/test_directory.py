"""The contract of users, groups, memberships and apps."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest

from clock import FakeClock
from xtenant.domain import errors
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR
from xtenant.domain.directory import App, AppId, Group, GroupId, GroupKind, User, UserId
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import TenantId
from xtenant.storage.database import SqlUnits

NOW = FakeClock().business_now()


def user(number: int, upn: str, **more: object) -> User:
    made = User(user_id=UserId(UUID(int=number)), upn=upn, display_name=upn.split("@")[0], created_at=NOW)
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def group(number: int, alias: str, **more: object) -> Group:
    made = Group(
        group_id=GroupId(UUID(int=number)),
        kind=GroupKind.UNIFIED,
        display_name=alias.title(),
        mail_nickname=alias,
        created_at=NOW,
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def test_a_user_is_found_by_id_upn_and_mail_in_any_letter_case(units: Units) -> None:
    adele = user(1, "Adele@contoso.com", mail="Adele.Vance@contoso.com", directory_roles=frozenset({UUID(int=9)}))
    with units.write() as uow:
        uow.users.add(adele)
    with units.read() as uow:
        assert uow.users.by_id(adele.user_id) == adele
        assert uow.users.by_upn("ADELE@CONTOSO.COM") == adele
        assert uow.users.by_mail("adele.vance@CONTOSO.com") == adele


def test_a_taken_upn_is_a_conflict(units: Units) -> None:
    with units.write() as uow:
        uow.users.add(user(1, "adele@contoso.com"))
    with pytest.raises(errors.Conflict), units.write() as uow:
        uow.users.add(user(2, "ADELE@contoso.com"))


def test_an_update_onto_a_taken_upn_is_a_conflict(units: Units) -> None:
    with units.write() as uow:
        uow.users.add(user(1, "adele@contoso.com"))
        uow.users.add(user(2, "bob@contoso.com"))
    with pytest.raises(errors.Conflict), units.write() as uow:
        uow.users.update(user(2, "adele@contoso.com"))


def test_a_deleted_user_is_gone_and_the_name_is_free_again(units: Units) -> None:
    adele = user(1, "adele@contoso.com")
    with units.write() as uow:
        uow.users.add(adele)
        uow.users.delete(dataclasses.replace(adele, deleted_at=NOW))
        assert uow.users.by_id(adele.user_id) is None
        assert uow.users.by_ids([adele.user_id]) == {}
        uow.users.add(user(2, "adele@contoso.com"))


def test_many_users_come_back_at_once(units: Units) -> None:
    made = [user(number, f"user{number}@contoso.com") for number in range(1, 603)]
    with units.write() as uow:
        for one in made:
            uow.users.add(one)
        found = uow.users.by_ids(one.user_id for one in made)
    assert found == {one.user_id: one for one in made}


def test_only_enabled_live_holders_of_a_role_are_named(units: Units) -> None:
    both = frozenset({GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR})
    with units.write() as uow:
        uow.users.add(user(1, "ga@contoso.com", directory_roles=both))
        uow.users.add(user(2, "spo@contoso.com", directory_roles=frozenset({SHAREPOINT_ADMINISTRATOR})))
        uow.users.add(user(3, "off@contoso.com", directory_roles=both, account_enabled=False))
        gone = user(4, "gone@contoso.com", directory_roles=both)
        uow.users.add(gone)
        uow.users.delete(dataclasses.replace(gone, deleted_at=NOW))
        assert [one.upn for one in uow.users.with_role(GLOBAL_ADMINISTRATOR)] == ["ga@contoso.com"]
        assert len(uow.users.with_role(SHAREPOINT_ADMINISTRATOR)) == 2


def test_groups_are_found_by_id_and_by_alias_in_any_letter_case(units: Units) -> None:
    sales = group(1, "sales")
    with units.write() as uow:
        uow.groups.add(sales)
        assert uow.groups.by_alias("SALES") == sales
        assert uow.groups.by_id(sales.group_id) == sales


def test_a_taken_alias_is_a_conflict(units: Units) -> None:
    with units.write() as uow:
        uow.groups.add(group(1, "sales"))
    with pytest.raises(errors.Conflict), units.write() as uow:
        uow.groups.add(group(2, "SALES"))


def test_membership_reaches_through_nesting_and_circles(units: Units) -> None:
    outer, middle, inner, gone = (group(n, f"g{n}") for n in (1, 2, 3, 4))
    adele = UUID(int=100)
    with units.write() as uow:
        for one in (outer, middle, inner, gone):
            uow.groups.add(one)
        uow.memberships.add(inner.group_id, adele)
        uow.memberships.add(inner.group_id, adele)
        uow.memberships.add(middle.group_id, inner.group_id)
        uow.memberships.add(outer.group_id, middle.group_id)
        uow.memberships.add(inner.group_id, outer.group_id)
        uow.memberships.add(gone.group_id, adele)
        uow.groups.update(dataclasses.replace(gone, deleted_at=NOW))
        assert uow.memberships.groups_of(adele) == {outer.group_id, middle.group_id, inner.group_id}
        assert list(uow.memberships.members(inner.group_id)) == sorted([outer.group_id, adele])
        uow.memberships.remove(inner.group_id, adele)
        assert uow.memberships.groups_of(adele) == frozenset()


def test_an_owner_is_no_member(units: Units) -> None:
    sales, adele = group(1, "sales"), UUID(int=100)
    with units.write() as uow:
        uow.groups.add(sales)
        uow.memberships.add(sales.group_id, adele, owner=True)
        assert list(uow.memberships.owners(sales.group_id)) == [adele]
        assert list(uow.memberships.members(sales.group_id)) == []
        assert uow.memberships.groups_of(adele) == frozenset()


def test_an_app_is_put_and_put_again(units: Units) -> None:
    app = App(
        app_id=AppId(UUID(int=7)),
        object_id=UUID(int=8),
        display_name="Mover",
        permissions=frozenset({"Sites.FullControl.All"}),
        certificates=("PEM",),
        public_client=True,
    )
    with units.write() as uow:
        assert uow.apps.by_id(app.app_id) is None
        uow.apps.put(app)
        changed = dataclasses.replace(app, scopes=frozenset({"User.Read"}), secret_hashes=("x",))
        uow.apps.put(changed)
    with units.read() as uow:
        assert uow.apps.by_id(app.app_id) == changed


def test_one_tenant_does_not_see_anothers_directory(units: SqlUnits) -> None:
    sales, adele = group(1, "sales"), user(2, "adele@contoso.com", directory_roles=frozenset({GLOBAL_ADMINISTRATOR}))
    app = App(app_id=AppId(UUID(int=7)), object_id=UUID(int=8), display_name="Mover")
    with units.write() as uow:
        uow.groups.add(sales)
        uow.users.add(adele)
        uow.apps.put(app)
        uow.memberships.add(sales.group_id, adele.user_id)
    stranger = SqlUnits(units._engine, TenantId(UUID(int=0xF)))  # pyright: ignore[reportPrivateUsage]
    with stranger.read() as uow:
        assert uow.users.by_upn(adele.upn) is None
        assert uow.users.by_ids([adele.user_id]) == {}
        assert list(uow.users.with_role(GLOBAL_ADMINISTRATOR)) == []
        assert uow.groups.by_id(sales.group_id) is None
        assert uow.memberships.groups_of(adele.user_id) == frozenset()
        assert list(uow.memberships.members(sales.group_id)) == []
        assert uow.apps.by_id(app.app_id) is None
