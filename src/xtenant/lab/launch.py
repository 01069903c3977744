"""Making, starting and ending a lab from the command line's side."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from xtenant.domain import errors
from xtenant.domain.ports.clock import IdSource
from xtenant.lab.control import ask
from xtenant.lab.estate import DEFAULT_TENANTS, Estate, NoEstate, grown, read_estate, tenant_home, write_estate
from xtenant.lab.lock import HomeLock, is_locked
from xtenant.lab.readiness import LOG_NAME, Readiness
from xtenant.lab.reset import wipe
from xtenant.settings import environment_of_child

START_SECONDS = 120.0
DOWN_SECONDS = 60.0


def prepare(
    home: Path,
    *,
    names: Sequence[str],
    geos: Mapping[str, Sequence[str]],
    waiting_period: int | None,
    port: int,
    proxy_port: int,
    ids: IdSource,
    now: datetime,
    shared_store: bool = False,
) -> Estate:
    """Make the home's lab, or let it grow to what is asked for. Raises HomeInUse while it runs, UsageError for bad names,
    and for a lab that was made without a shared store where one is asked for."""
    lock = HomeLock(home)
    try:
        try:
            standing = read_estate(home)
        except NoEstate:
            standing = None
        if standing and shared_store and not standing.shared_store:
            raise errors.UsageError("This lab was made without a shared store.", remedy="Make one in a new home.")
        wanted = names or (() if standing else DEFAULT_TENANTS)
        estate = grown(standing, home, names=wanted, geos=geos, ids=ids, now=now)
        period = estate.waiting_period if waiting_period is None else waiting_period
        estate = replace(estate, port=port, proxy_port=proxy_port, waiting_period=period)
        estate = estate if standing else replace(estate, shared_store=shared_store)
        write_estate(home, estate)
        return estate
    finally:
        lock.release()


def start_detached(home: Path) -> dict[str, object]:
    """Start the home's lab in a process of its own; its status once everything answers. Raises LabMissing with the reason."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    pid = _spawn(
        [sys.executable, "-m", "xtenant.lab.supervisor", str(home), "--ready-fd", str(writing)], home / LOG_NAME
    )
    os.close(writing)
    told = _read_all(reading)
    if told is None:
        os.kill(pid, signal.SIGTERM)
        raise errors.LabMissing(
            f"The lab did not start within {START_SECONDS:.0f} s.", remedy=f"Read {home / LOG_NAME}."
        )
    readiness = msgspec.json.decode(told, type=Readiness) if told else Readiness()
    if readiness.status is None:
        os.waitpid(pid, 0)
        text = readiness.text or "The lab ended while it was starting."
        raise errors.LabMissing(text, remedy=readiness.remedy or f"Read {home / LOG_NAME}.")
    return readiness.status


def _spawn(command: list[str], log_file: Path) -> int:
    """Start a process in a session of its own, so that a terminal's end or Ctrl-C does not reach it; its id."""
    log_flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    return os.posix_spawn(
        command[0],
        command,
        environment_of_child({}),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log_file), log_flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def stop_running(home: Path) -> bool:
    """End the home's lab and wait until its process is gone; False when none was running. Raises Unexpected."""
    if not is_locked(home):
        return False
    process = os.pidfd_open(ask(home, "status")["pid"])
    try:
        ask(home, "down")
        ended, _, _ = select.select([process], [], [], DOWN_SECONDS)
    finally:
        os.close(process)
    if not ended:
        raise errors.Unexpected(f"The lab in {home} does not end.", remedy=f"Read {home / LOG_NAME}.")
    return True


def reset(home: Path) -> None:
    """Wipe the data of a lab, running or not. Raises NoEstate."""
    estate = read_estate(home)
    if is_locked(home):
        ask(home, "reset")
        return
    lock = HomeLock(home)
    try:
        wipe(home, estate)
    finally:
        lock.release()


def change_settings(home: Path, tenant: str, pairs: Sequence[tuple[str, str]]) -> Mapping[str, object]:
    """Set switches of a running tenant; all its settings afterwards. Raises UsageError, LabMissing."""
    name = read_estate(home).tenant(tenant).name
    return ask(tenant_home(home, name), "set", pairs=[list(pair) for pair in pairs])


def _read_all(descriptor: int) -> bytes | None:
    """What comes through a pipe until its end; None when the end does not come in time."""
    pieces: list[bytes] = []
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while True:
            readable, _, _ = select.select([pipe], [], [], START_SECONDS)
            if not readable:
                return None
            piece = pipe.read(65536)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
