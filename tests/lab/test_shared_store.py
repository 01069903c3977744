"""A lab whose tenants keep their content in one folder: chosen when it is made, kept from then on, emptied with the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from clock import CountingIds, FakeClock
from xtenant.domain import errors
from xtenant.lab import launch
from xtenant.lab.description import service_settings
from xtenant.lab.estate import Estate, shared_folder
from xtenant.lab.reset import wipe


def made(home: Path, clock: FakeClock, *, shared_store: bool) -> Estate:
    return launch.prepare(
        home,
        names=(),
        geos={},
        waiting_period=None,
        port=0,
        proxy_port=0,
        ids=CountingIds(),
        now=clock.security_now(),
        shared_store=shared_store,
    )


def stores(home: Path, estate: Estate) -> set[Path | None]:
    """What the tenants' services are told."""
    return {
        service_settings(estate, tenant, home, proxy_port=1, smtp_port=2, ca_file=home / "authority.pem").shared_store
        for tenant in estate.tenants
    }


def test_all_tenants_of_such_a_lab_name_the_same_folder_also_when_it_is_started_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    assert stores(tmp_path, made(tmp_path, clock, shared_store=True)) == {shared_folder(tmp_path)}
    assert stores(tmp_path, made(tmp_path, clock, shared_store=False)) == {shared_folder(tmp_path)}


def test_a_lab_keeps_content_apart_unless_asked(tmp_path: Path, clock: FakeClock) -> None:
    assert stores(tmp_path, made(tmp_path, clock, shared_store=False)) == {None}


def test_a_lab_that_keeps_content_apart_does_not_begin_to_share(tmp_path: Path, clock: FakeClock) -> None:
    made(tmp_path, clock, shared_store=False)
    with pytest.raises(errors.UsageError, match="without a shared store"):
        made(tmp_path, clock, shared_store=True)


def test_a_reset_empties_the_shared_folder(tmp_path: Path, clock: FakeClock) -> None:
    estate = made(tmp_path, clock, shared_store=True)
    (shared_folder(tmp_path) / "somebody" / "loose").mkdir(parents=True)
    wipe(tmp_path, estate)
    assert not shared_folder(tmp_path).exists()
