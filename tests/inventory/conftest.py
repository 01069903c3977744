"""Tenants in one process and clients of them, for crawls; the furniture of a tenant is made once a run."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
import structlog.testing

from clock import CountingIds, FakeClock
from desk import InProcess, app_certificate
from inventory.estate import Estate, Planting, plant
from neighbours import APP_ID, Neighbours, neighbours
from xtenant.client.opening import TenantOpener
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind, ProfileStore
from xtenant.client.tenant import TenantClient


@pytest.fixture(autouse=True)
def quiet_services() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def real_clock() -> FakeClock:
    """Begins now: MSAL lives in real time."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return app_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> tuple[Path, Estate]:
    """The home of a contoso in which the estate was planted, and what was planted."""
    folder = tmp_path_factory.mktemp("furnished")
    with neighbours(folder, FakeClock(datetime.now(UTC)), "contoso", certificate=certificate[1]) as block:

        async def planted() -> Estate:
            async with opened(block, folder, certificate[0]) as client:
                return await plant(Planting(block, client))

        return folder, anyio.run(planted)


@pytest.fixture
def block(
    tmp_path: Path,
    furnished: tuple[Path, Estate],
    real_clock: FakeClock,
    certificate: tuple[Path, Path],
) -> Iterator[Neighbours]:
    shutil.copytree(furnished[0] / "contoso", tmp_path / "contoso")
    with neighbours(tmp_path, real_clock, "contoso", certificate=certificate[1]) as block:
        for _id_of_the_furniture in range(1_000):
            block["contoso"].ids.new_id()
        yield block


@pytest.fixture
async def planting(block: Neighbours, tmp_path: Path, certificate: tuple[Path, Path]) -> AsyncIterator[Planting]:
    async with opened(block, tmp_path, certificate[0]) as client:
        yield Planting(block, client)


@pytest.fixture
def estate(furnished: tuple[Path, Estate]) -> Estate:
    return furnished[1]


@asynccontextmanager
async def opened(block: Neighbours, home: Path, certificate: Path) -> AsyncGenerator[TenantClient]:
    """Contoso as its administrator's app reaches it."""
    opener = TenantOpener(
        ProfileStore(home / "profiles-of-the-test"),
        InProcess(block),
        clock=block.clock,
        ids=CountingIds(start=900_000_000),
        show=lambda line: None,
    )
    tenant = block["contoso"].tenant
    profile = Profile(
        name="contoso",
        kind=ProfileKind.LAB,
        admin_url=tenant.default_geo.admin_url,
        tenant_id=str(tenant.tenant_id),
        client_id=str(APP_ID),
        credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(certificate)),
        lab=LabTie(lab_id="in-process", home=str(home)),
    )
    async with opener.open(profile) as client:
        yield client
