"""The lab's mail server: takes every mail over SMTP on loopback and keeps each as a file, with an index beside them.

A mail is answered with 250 only once it is on disk, so that a sender's outbox loses nothing. It can be stopped and started
while the lab runs, for rehearsing an outage.
"""

from __future__ import annotations

import asyncio
import os
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from xtenant.domain.ports.clock import Clock
from xtenant.lab.mails import INDEX_NAME, Mail, mails_in
from xtenant.lab.ports import LOOPBACK
from xtenant.lab.private_files import make_private_folder, write_private

MAIL_BYTES = 1024 * 1024
SESSION_SECONDS = 30.0


class Mailbox:
    """The server. `start` and `stop` may alternate; the port stays the same."""

    def __init__(self, folder: Path, *, port: int, clock: Clock) -> None:
        make_private_folder(folder)
        self.port = port
        self._folder = folder
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.BaseTransport] = set()
        self._keeping = asyncio.Lock()

    @property
    def is_running(self) -> bool:
        return self._server is not None

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = self._server or await loop.create_server(lambda: _Connection(self), LOOPBACK, self.port)

    async def stop(self) -> None:
        """Stop listening and cut what is open; a mail not yet answered for counts as not received."""
        if self._server:
            self._server.close()
            for transport in list(self._sessions):
                transport.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a whole mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        async with self._keeping:
            await asyncio.to_thread(self._keep, envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        return "250 2.0.0 Kept"

    def opened(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(transport)

    def closed(self, transport: asyncio.BaseTransport | None) -> None:
        if transport is not None:
            self._sessions.discard(transport)

    def _keep(self, sender: str, recipients: tuple[str, ...], content: bytes) -> None:
        number = 1 + max((mail.number for mail in mails_in(self._folder)), default=0)
        message = message_from_bytes(content, policy=default_policy)
        mail = Mail(
            number=number,
            received_at=self._clock.security_now(),
            sender=sender,
            recipients=recipients,
            subject=str(message["Subject"] or ""),
            file=f"{number:06d}.eml",
        )
        write_private(self._folder / mail.file, content)
        index = os.open(self._folder / INDEX_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(index, "ab") as file:
            file.write(msgspec.json.encode(mail) + b"\n")
            file.flush()
            os.fsync(file.fileno())


class _Connection(SMTP):
    """One SMTP session, known to its mailbox so that it can be cut."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(
            mailbox, hostname="lab.invalid", ident="xtenant lab", data_size_limit=MAIL_BYTES, timeout=SESSION_SECONDS
        )
        self._mailbox = mailbox
        self._own_transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._own_transport = transport
        self._mailbox.opened(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mailbox.closed(self._own_transport)
        super().connection_lost(error)
