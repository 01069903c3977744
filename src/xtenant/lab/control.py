"""Control sockets: how the command line speaks to a running lab and its tenants, beside every wire protocol.

A Unix socket (0600) in the home; one JSON line asks, one answers. Whoever may open the home may do everything (settled A 6).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import structlog

from xtenant.domain import errors

log = structlog.get_logger("xtenant.lab.control")

SOCKET_NAME = "control.sock"
LINE_BYTES = 1024 * 1024
READ_SECONDS = 10.0
ANSWER_SECONDS = 120.0
PATH_BYTES = 100  # the kernel takes 107

Command = Callable[[Mapping[str, Any]], Awaitable[object]]
"""The facts of a request → what JSON can hold. Errors of our tree travel back to the asker."""

ProcessCommand = Callable[[Mapping[str, Any], int], Awaitable[object]]
"""The same for what depends on who asks: the number of the asking process, as the kernel tells it."""

_ERRORS: dict[int, type[errors.XTenantError]] = {
    errors.ExitCode.USAGE: errors.UsageError,
    errors.ExitCode.REFUSED: errors.Refused,
    errors.ExitCode.SIGN_IN_OR_LAB: errors.LabMissing,
    errors.ExitCode.PARTNER_OR_NETWORK: errors.PartnerUnreachable,
}


class Answer(msgspec.Struct, omit_defaults=True):
    """The answering line. `exit_code` tells the class of an error; 0 is none."""

    result: Any = None
    exit_code: int = 0
    text: str = ""
    remedy: str = ""


def ask(home: Path, do: str, **facts: object) -> Any:
    """Ask the process that serves a home to do something; what it answered.

    Raises LabMissing when nothing serves it, and the process's own error when it refuses.
    """
    asking = socket.socket(socket.AF_UNIX)
    asking.settimeout(ANSWER_SECONDS)
    with asking, _address(home / SOCKET_NAME) as address:
        try:
            asking.connect(address)
            asking.sendall(msgspec.json.encode({"do": do, **facts}) + b"\n")
            line = asking.makefile("rb").readline()
        except OSError as error:
            raise errors.LabMissing(f"Nothing runs in {home}.") from error
    if not line:
        raise errors.LabMissing(f"What ran in {home} ended before it answered.")
    answer = msgspec.json.decode(line, type=Answer)
    if answer.exit_code:
        raise _ERRORS.get(answer.exit_code, errors.Unexpected)(answer.text, remedy=answer.remedy)
    return answer.result


class ControlServer:
    """Serves the commands of one home until `stop`."""

    def __init__(
        self, home: Path, commands: Mapping[str, Command], by_process: Mapping[str, ProcessCommand] | None = None
    ) -> None:
        self._path = home / SOCKET_NAME
        self._commands = commands
        self._by_process = by_process or {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """The caller holds the home's lock, so that a socket file found here is a left-over."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        with _address(self._path) as address:
            listener.bind(address)
        self._path.chmod(0o600)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=LINE_BYTES)

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                line = await reader.readline()
            writer.write(msgspec.json.encode(await self._answer(line, writer)) + b"\n")
            await writer.drain()
        except (OSError, TimeoutError, ValueError):
            log.warning("control.broken_off")
        finally:
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> Answer:
        try:
            request = msgspec.json.decode(line, type=dict[str, Any])
            name = request.pop("do", "")
            if name in self._by_process:
                return Answer(result=await self._by_process[name](request, _asker(writer)))
            command = self._commands.get(name)
            if command is None:
                raise errors.UsageError("The process does not know this command.")
            return Answer(result=await command(request))
        except errors.XTenantError as error:
            return Answer(exit_code=error.exit_code, text=error.text, remedy=error.remedy)
        except Exception as error:  # a fault here must not end the lab; the asker learns of it
            log.exception("control.fault")
            return Answer(exit_code=99, text=f"The command failed: {error}", remedy="Look at the log in the home.")


def _asker(writer: asyncio.StreamWriter) -> int:
    """The number of the process at the other end."""
    size = struct.calcsize("3i")
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", credentials)[0])


@contextmanager
def _address(path: Path) -> Generator[str]:
    """An address the kernel accepts for a socket file: deep homes are reached through an open folder."""
    if len(os.fsencode(path)) <= PATH_BYTES:
        yield str(path)
        return
    try:
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        raise errors.LabMissing(f"Nothing runs in {path.parent}.") from error
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
