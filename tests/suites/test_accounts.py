"""A user and a group with every field set, kept and read again on both engines."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from clock import FakeClock
from xtenant.domain.directory import PROFILE_TEXTS, ExternalState, Group, GroupId, GroupKind, User, UserId, UserType
from xtenant.domain.ports.units import Units

NOW = FakeClock().business_now()
FULL = User(
    user_id=UserId(UUID(int=1)),
    upn="ana_fabrikam.com#EXT#@contoso.onmicrosoft.com",
    display_name="Ana",
    mail="ana@fabrikam.com",
    mail_nickname="ana_fabrikam.com#EXT#",
    user_type=UserType.GUEST,
    account_enabled=False,
    usage_location="DE",
    **{name: f"some {name}" for name in PROFILE_TEXTS},  # type: ignore[arg-type]
    business_phones=("+49 30 1",),
    other_mails=("ana@home.example",),
    proxy_addresses=("SMTP:ana@fabrikam.com", "smtp:ana@home.example"),
    extension_attributes=(("extensionAttribute1", "x"), ("extensionAttribute15", "xtenant:people")),
    immutable_id="abc==",
    synced=True,
    external_state=ExternalState.PENDING,
    external_state_at=NOW,
    force_password_change=True,
    directory_roles=frozenset({UUID(int=7)}),
    password_hash="scrypt$x$y",
    created_at=NOW,
)


def test_every_field_of_a_user_is_kept(units: Units) -> None:
    with units.write() as uow:
        uow.users.add(FULL)
    with units.read() as uow:
        assert uow.users.by_id(FULL.user_id) == FULL
    bare = User(user_id=FULL.user_id, upn=FULL.upn, display_name="Ana", created_at=NOW)
    with units.write() as uow:
        uow.users.update(bare)
        assert uow.users.by_upn(FULL.upn.upper()) == bare


def test_a_groups_data_location_and_origin_are_kept(units: Units) -> None:
    group = Group(
        group_id=GroupId(UUID(int=2)),
        kind=GroupKind.UNIFIED,
        display_name="Design",
        mail_nickname="design",
        preferred_data_location="EUR",
        synced=True,
        created_at=NOW,
    )
    with units.write() as uow:
        uow.groups.add(group)
        uow.groups.update(dataclasses.replace(group, description="x"))
        assert uow.groups.by_id(group.group_id) == dataclasses.replace(group, description="x")
