"""The replay memory's contract."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from clock import FakeClock
from xtenant.domain import errors
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import HostUrl

FABRIKAM = HostUrl("https://fabrikam-my.sharepoint.com/")
NORTHWIND = HostUrl("https://northwind-my.sharepoint.com/")
TOKEN = UUID(int=7)


def remember(units: Units, issuer: HostUrl, clock: FakeClock) -> None:
    with units.write() as uow:
        uow.replay.remember(issuer, TOKEN, until=clock.security_now() + timedelta(minutes=12))


def test_a_token_is_remembered_once(units: Units, clock: FakeClock) -> None:
    remember(units, FABRIKAM, clock)
    with pytest.raises(errors.Conflict):
        remember(units, FABRIKAM, clock)


def test_the_same_id_from_another_issuer_is_another_token(units: Units, clock: FakeClock) -> None:
    remember(units, FABRIKAM, clock)
    remember(units, NORTHWIND, clock)
    with units.read() as uow:
        assert uow.replay.count() == 2


def test_a_token_is_forgotten_only_when_it_is_of_no_use_any_more(units: Units, clock: FakeClock) -> None:
    remember(units, FABRIKAM, clock)
    for minutes, left in ((12, 1), (1, 0)):
        clock.advance(seconds=minutes * 60)
        with units.write() as uow:
            uow.replay.forget_before(clock.security_now())
            assert uow.replay.count() == left
