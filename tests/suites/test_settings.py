"""The settings repository's contract."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy.exc import DBAPIError

from xtenant.domain.ports.units import Units, unit_is_open
from xtenant.domain.tenant import StatusSet, TenantSettings


def test_a_tenant_without_settings_has_the_defaults(units: Units) -> None:
    with units.read() as uow:
        assert uow.settings.get() == TenantSettings()


def test_settings_come_back_as_they_were_put(units: Units) -> None:
    wanted = dataclasses.replace(TenantSettings(), waiting_period=0, status_set=StatusSet.PREVIEW, imitate_e36=True)
    with units.write() as uow:
        uow.settings.put(wanted)
    with units.read() as uow:
        assert uow.settings.get() == wanted


def test_an_exception_rolls_the_unit_back(units: Units) -> None:
    with pytest.raises(ZeroDivisionError), units.write() as uow:
        uow.settings.put(TenantSettings(waiting_period=1))
        raise ZeroDivisionError
    with units.read() as uow:
        assert uow.settings.get().waiting_period == 7 * 86_400


def test_writing_through_a_reading_unit_fails(units: Units) -> None:
    with pytest.raises(DBAPIError), units.read() as uow:
        uow.settings.put(TenantSettings(waiting_period=1))


def test_an_open_unit_is_known_to_the_transport_guard(units: Units) -> None:
    assert not unit_is_open()
    with units.read():
        assert unit_is_open()
    assert not unit_is_open()
