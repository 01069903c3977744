"""The contract of subscriptions and licences, and of the SharePoint settings."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from clock import FakeClock
from xtenant.domain.directory import User, UserId
from xtenant.domain.licence import MICROSOFT_365_E3, USER_MIGRATION, AssignedLicence
from xtenant.domain.ports.units import Units
from xtenant.domain.sharepoint_settings import IdleSignOut, ImageTagging, SharePointSettings
from xtenant.domain.tenant import TenantId
from xtenant.storage.database import SqlUnits

NOW = FakeClock().business_now()
E3, MOVE = MICROSOFT_365_E3.sku_id, USER_MIGRATION.sku_id


def user(number: int) -> User:
    return User(user_id=UserId(UUID(int=number)), upn=f"u{number}@contoso.com", display_name="U", created_at=NOW)


def licence(sku: object = E3, *off: UUID) -> AssignedLicence:
    return AssignedLicence(sku_id=sku, disabled_plans=frozenset(off), assigned_at=NOW)  # type: ignore[arg-type]


def test_units_are_bought_changed_and_counted_over_live_users(units: Units) -> None:
    with units.write() as uow:
        uow.licences.subscribe(MICROSOFT_365_E3, 2)
        uow.licences.subscribe(MICROSOFT_365_E3, 5)
        uow.licences.subscribe(USER_MIGRATION, 1)
        for number in (1, 2):
            uow.users.add(user(number))
            uow.licences.assign(user(number).user_id, licence())
        uow.users.delete(dataclasses.replace(user(2), deleted_at=NOW))
        found = {row.sku.part_number: (row.enabled, row.consumed, row.free) for row in uow.licences.subscriptions()}
        locked = uow.licences.locked([E3])
    assert found == {"SPE_E3": (5, 1, 4), "Cross_tenant_user_data_migration": (1, 0, 1)}
    assert (list(locked), locked[E3].sku) == ([E3], MICROSOFT_365_E3)


def test_licences_of_many_come_at_once_and_are_changed_and_taken(units: Units) -> None:
    plan = MICROSOFT_365_E3.plans[0].plan_id
    with units.write() as uow:
        for number in range(1, 603):
            uow.licences.assign(UserId(UUID(int=number)), licence())
        uow.licences.assign(UserId(UUID(int=1)), licence(E3, plan))
        uow.licences.assign(UserId(UUID(int=1)), licence(MOVE))
        uow.licences.take(UserId(UUID(int=2)), [E3])
        found = uow.licences.of_users(UserId(UUID(int=number)) for number in range(1, 604))
    assert len(found) == 601
    assert {row.sku_id: row.disabled_plans for row in found[UserId(UUID(int=1))]} == {
        E3: frozenset({plan}),
        MOVE: frozenset(),
    }


def test_sharepoint_settings_come_back_as_written_and_start_as_a_fresh_tenants(units: Units) -> None:
    changed = SharePointSettings(
        is_site_creation_enabled=False,
        image_tagging_option=ImageTagging.ENHANCED,
        idle_session_sign_out=IdleSignOut(is_enabled=True, warn_after_in_seconds=60, sign_out_after_in_seconds=90),
        allowed_domain_guids_for_sync_app=(UUID(int=4),),
        sharing_allowed_domain_list=("fabrikam.com",),
    )
    with units.write() as uow:
        assert uow.sharepoint_settings.get() == SharePointSettings()
        uow.sharepoint_settings.put(changed)
    with units.read() as uow:
        assert uow.sharepoint_settings.get() == changed


def test_one_tenant_does_not_see_anothers_licences_and_settings(units: SqlUnits) -> None:
    with units.write() as uow:
        uow.licences.subscribe(MICROSOFT_365_E3, 2)
        uow.users.add(user(1))
        uow.licences.assign(user(1).user_id, licence())
        uow.sharepoint_settings.put(SharePointSettings(is_site_creation_enabled=False))
    stranger = SqlUnits(units._engine, TenantId(UUID(int=0xF)))  # pyright: ignore[reportPrivateUsage]
    with stranger.read() as uow:
        assert list(uow.licences.subscriptions()) == []
        assert uow.licences.of_users([user(1).user_id]) == {}
        assert uow.sharepoint_settings.get().is_site_creation_enabled
