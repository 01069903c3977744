"""Control sockets, locks, the clock and the mailbox of a lab."""

from __future__ import annotations

import asyncio
import smtplib
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clock import FakeClock
from xtenant.domain import errors
from xtenant.lab.clock import CLOCK_FILE, LabClock, advance_offset
from xtenant.lab.control import ControlServer, ask
from xtenant.lab.lock import HomeInUse, HomeLock, is_locked
from xtenant.lab.mailbox import Mailbox
from xtenant.lab.mails import mails_in
from xtenant.lab.ports import is_listening, lease_port


def asked(home: Path, do: str, **facts: object) -> object:
    """Ask a server with an echo and two failing commands."""

    async def echo(given: Mapping[str, object]) -> object:
        return dict(given)

    async def refuse(given: Mapping[str, object]) -> object:
        raise errors.UsageError("No such thing.", remedy="Try another.")

    async def break_(given: Mapping[str, object]) -> object:
        raise RuntimeError("broken")

    async def scenario() -> object:
        server = ControlServer(home, {"echo": echo, "refuse": refuse, "break": break_})
        await server.start()
        try:
            return await asyncio.to_thread(ask, home, do, **facts)
        finally:
            await server.stop()

    return asyncio.run(scenario())


def test_a_command_travels_with_its_facts(tmp_path: Path) -> None:
    assert asked(tmp_path, "echo", name="contoso", pairs=[["a", "b"]]) == {"name": "contoso", "pairs": [["a", "b"]]}


def test_a_home_deeper_than_a_socket_address_works(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 6)
    deep.mkdir(parents=True)
    assert asked(deep, "echo", n=1) == {"n": 1}
    assert not (deep / "control.sock").exists()


def test_a_refusal_travels_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError, match="No such thing") as refused:
        asked(tmp_path, "refuse")
    assert refused.value.remedy == "Try another."


def test_a_fault_is_reported_and_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(errors.Unexpected, match="broken"):
        asked(tmp_path, "break")


def test_an_unknown_command_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError):
        asked(tmp_path, "dance")


def test_asking_where_nothing_runs_says_so(tmp_path: Path) -> None:
    with pytest.raises(errors.LabMissing):
        ask(tmp_path, "status")
    with pytest.raises(errors.LabMissing):
        ask(tmp_path / ("y" * 120), "status")


def test_the_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    async def scenario() -> int:
        server = ControlServer(tmp_path, {})
        await server.start()
        mode = (tmp_path / "control.sock").stat().st_mode
        await server.stop()
        return stat.S_IMODE(mode)

    assert asyncio.run(scenario()) == 0o600


def test_one_process_at_a_time_serves_a_home(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    lock = HomeLock(tmp_path)
    assert is_locked(tmp_path)
    with pytest.raises(HomeInUse):
        HomeLock(tmp_path)
    lock.release()
    assert not is_locked(tmp_path)
    HomeLock(tmp_path).release()


def test_business_time_advances_and_security_time_does_not(tmp_path: Path) -> None:
    clock = LabClock(tmp_path / CLOCK_FILE)
    advance_offset(tmp_path / CLOCK_FILE, 7 * 86_400)
    assert clock.business_now() - datetime.now(UTC) < timedelta(minutes=1)
    clock.reload()
    assert timedelta(days=6, hours=23) < clock.business_now() - datetime.now(UTC) <= timedelta(days=7)
    assert abs(clock.security_now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert LabClock(tmp_path / CLOCK_FILE).offset_seconds == 7 * 86_400


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError):
        advance_offset(tmp_path / CLOCK_FILE, -1)
    with pytest.raises(errors.UsageError):
        advance_offset(tmp_path / CLOCK_FILE, 1e12)


LONG = "https://fabrikam-my.sharepoint.com/ " * 8


def send(port: int, recipient: str, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        text = f"From: no-reply@contoso\r\nTo: {recipient}\r\nSubject: {subject}\r\n\r\n{LONG}\r\n"
        smtp.sendmail("no-reply@contoso-my.sharepoint.com", [recipient], text)


def test_mails_are_kept_whole_and_listed_by_tenant(tmp_path: Path) -> None:
    async def scenario() -> None:
        lease = lease_port()
        mailbox = Mailbox(tmp_path, port=lease.port, clock=FakeClock())
        await mailbox.start()
        await asyncio.to_thread(send, lease.port, "admin@fabrikam.com", "A long\r\n subject")
        await asyncio.to_thread(send, lease.port, "admin@contoso.com", "Other")
        await mailbox.stop()
        assert not is_listening(lease.port)
        await mailbox.start()
        await asyncio.to_thread(send, lease.port, "admin@FABRIKAM.com", "Again")
        await mailbox.stop()
        lease.release()

    asyncio.run(scenario())
    mails = mails_in(tmp_path, ["fabrikam.com", "fabrikam.onmicrosoft.com"])
    assert [(mail.number, mail.subject) for mail in mails] == [(1, "A long subject"), (3, "Again")]
    assert (tmp_path / mails[0].file).read_bytes().endswith(b"\r\n\r\n" + LONG.encode() + b"\r\n")
    assert len(mails_in(tmp_path)) == 3
