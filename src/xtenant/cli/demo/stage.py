"""The demo's own lab: a home made for it, two tenants on free ports, the tools to reach them, and nothing left afterwards."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from xtenant.cli.composition import tools_in_lab
from xtenant.cli.output import note
from xtenant.cli.tools import Tools
from xtenant.client.lab import LabDescription, read_lab
from xtenant.domain import errors
from xtenant.domain.ports.clock import IdSource
from xtenant.lab import launch
from xtenant.lab.estate import Estate
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.transport import Connection

SOURCE, TARGET = "contoso", "fabrikam"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running lab and what is needed to play in it."""

    home: Path
    lab: LabDescription
    estate: Estate
    tools: Tools
    bulk: BulkTransfer
    ids: IdSource

    @property
    def connection(self) -> Connection:
        """The way into the lab for what is not sent by a `TenantClient`."""
        return Connection(proxy_url=self.lab.proxy, ca_file=Path(self.lab.ca_file))


@contextmanager
def home_of_its_own(given: Path | None, *, keep: bool) -> Generator[Path]:
    """A new folder, or the empty one given; removed at the end unless it is to be kept.

    Raises UsageError for a folder that holds something: nothing of others is ever removed.
    """
    if given is not None and given.exists() and (not given.is_dir() or any(given.iterdir())):
        raise errors.UsageError(f"{given} is not an empty folder.", remedy="Name a new one with --home.")
    home = Path(tempfile.mkdtemp(prefix="xtenant-demo-")) if given is None else given.absolute()
    home.mkdir(parents=True, exist_ok=True)
    try:
        yield home.resolve()
    finally:
        with _undisturbed():
            if keep:
                note(f"Kept: {home}. Start it again with `xtenant lab up --home {home}`.")
            else:
                shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running_lab(home: Path, *, shared_store: bool = False) -> Generator[Stage]:
    """Start the lab, and end it whatever happens, Ctrl-C and SIGTERM included. Raises LabMissing when it does not start."""
    with ExitStack() as stack:
        clock, ids = SystemClock(), SystemIds()
        estate = launch.prepare(
            home,
            names=(SOURCE, TARGET),
            geos={},
            waiting_period=0,
            port=0,
            proxy_port=0,
            ids=ids,
            now=clock.security_now(),
            shared_store=shared_store,
        )
        stack.callback(_stop, home)
        with _deferred():
            launch.start_detached(home)
        lab = read_lab(home)
        bulk = BulkTransfer(Connection(proxy_url=lab.proxy, ca_file=Path(lab.ca_file)), clock=clock)
        stack.callback(bulk.close)
        yield Stage(home=home, lab=lab, estate=estate, tools=tools_in_lab(home), bulk=bulk, ids=ids)


def _stop(home: Path) -> None:
    with _undisturbed():
        launch.stop_running(home)


@contextmanager
def interruptible() -> Generator[None]:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does; entered before anything is made that must be removed again."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled_by(interrupt, (signal.SIGTERM, signal.SIGHUP)):
        yield


@contextmanager
def _deferred() -> Generator[None]:
    """Hold back an interruption until the block is done: a lab half started would have nobody to end it."""
    seen: list[int] = []
    with _handled_by(lambda number, frame: seen.append(number), SIGNALS):
        yield
    if seen:
        raise KeyboardInterrupt


@contextmanager
def _undisturbed() -> Generator[None]:
    """Cleaning up is not interrupted."""
    with _handled_by(lambda number, frame: None, SIGNALS):
        yield


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object], signals: tuple[signal.Signals, ...]
) -> Generator[None]:
    before = {each: signal.signal(each, handler) for each in signals}
    try:
        yield
    finally:
        for each, old in before.items():
            signal.signal(each, old)
