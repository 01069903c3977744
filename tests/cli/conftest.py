"""Two administrators' desks over contoso and fabrikam in one process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
import structlog.testing

from clock import FakeClock
from desk import Desk, app_certificate
from neighbours import Neighbours, neighbours
from xtenant.domain.ports.clock import IdSource

TENANTS = ("contoso", "fabrikam")
MakeDesk = Callable[..., Desk]


class WaitingClock(FakeClock):
    """Begins now, and waiting moves no security time: MSAL writes and reads the real time in tokens."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self._steady = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._steady

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self._steady += seconds
        self.advance_business(days=seconds / 86_400)


@pytest.fixture(autouse=True)
def quiet_services() -> Iterator[None]:
    """In one process the services would log into the command's output."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def real_clock() -> FakeClock:
    return WaitingClock()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return app_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Path:
    """Homes of both tenants with keys and people in them; making those takes most of a second each."""
    folder = tmp_path_factory.mktemp("furnished")
    with neighbours(folder, WaitingClock(), *TENANTS, certificate=certificate[1]):
        return folder


@pytest.fixture
def block(
    tmp_path: Path, furnished: Path, real_clock: FakeClock, certificate: tuple[Path, Path]
) -> Iterator[Neighbours]:
    for name in TENANTS:
        shutil.copytree(furnished / name, tmp_path / name)
    with neighbours(tmp_path, real_clock, *TENANTS, certificate=certificate[1]) as block:
        for name in TENANTS:
            _past_furnished(block[name].backend.ids)
        yield block


def _past_furnished(ids: IdSource) -> None:
    """Ids are counted, and the first ones are those of what was furnished."""
    for _ in range(1_000):
        ids.new_id()


@pytest.fixture
def make_desk(
    tmp_path: Path,
    block: Neighbours,
    certificate: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> MakeDesk:
    """A desk with profiles of the tenants named; its folder is the current one."""

    def make(*tenants: str, home: str = "desk") -> Desk:
        folder = tmp_path / home
        folder.mkdir()
        monkeypatch.chdir(folder)
        desk = Desk(block=block, home=folder, certificate=certificate[0], capsys=capsys, monkeypatch=monkeypatch)
        for name in tenants:
            desk.add(name)
        return desk

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """Somebody who holds both sign-ins."""
    return make_desk("contoso", "fabrikam")
