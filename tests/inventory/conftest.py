"""Tenants in one process and clients of them, for crawls; the furniture of a tenant is made once a run."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog.testing

from clock import CountingIds, FakeClock
from desk import InProcess, app_certificate
from neighbours import APP_ID, Neighbours, neighbours
from xtenant.client.opening import TenantOpener
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind, ProfileStore
from xtenant.client.tenant import TenantClient

ClientOf = Callable[[str], AbstractAsyncContextManager[TenantClient]]


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
def furnished(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Path:
    folder = tmp_path_factory.mktemp("furnished")
    with neighbours(folder, FakeClock(datetime.now(UTC)), "contoso", certificate=certificate[1]):
        return folder


@pytest.fixture
def block(
    tmp_path: Path, furnished: Path, real_clock: FakeClock, certificate: tuple[Path, Path]
) -> Iterator[Neighbours]:
    shutil.copytree(furnished / "contoso", tmp_path / "contoso")
    with neighbours(tmp_path, real_clock, "contoso", certificate=certificate[1]) as block:
        yield block


@pytest.fixture
def client_of(tmp_path: Path, block: Neighbours, certificate: tuple[Path, Path]) -> ClientOf:
    """Opens a tenant as its administrator's app does."""
    store = ProfileStore(tmp_path / "home")
    opener = TenantOpener(
        store, InProcess(block), clock=block.clock, ids=CountingIds(start=900_000_000), show=lambda line: None
    )

    @asynccontextmanager
    async def open_client(name: str) -> AsyncGenerator[TenantClient]:
        tenant = block[name].tenant
        profile = Profile(
            name=name,
            kind=ProfileKind.LAB,
            admin_url=tenant.default_geo.admin_url,
            tenant_id=str(tenant.tenant_id),
            client_id=str(APP_ID),
            credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(certificate[0])),
            lab=LabTie(lab_id="in-process", home=str(tmp_path)),
        )
        async with opener.open(profile) as client:
            yield client

    return open_client
