"""The mail sender: a loop that carries the outbox to a mail server, so that a server that is down loses nothing.

A mail is marked as sent once the server said 250; should the service die between the two, it goes out again under the same
Message-ID (as far as SMTP allows, settled A 20).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import Enum
from pathlib import Path

import aiosmtplib
import anyio.to_thread
import structlog
from sqlalchemy.exc import SQLAlchemyError

from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.trust import OutboxMail
from xtenant.domain.ports.units import Units
from xtenant.operations import outbox

log = structlog.get_logger("xtenant.outside.mail")

_POLICY = SMTP.clone(max_line_length=998)
"""Lines up to SMTP's own limit (RFC 5321 4.5.3.1.6): the subject stays in one piece, a long recipient list is folded."""


class SmtpSecurity(Enum):
    """How the connection to the mail server is protected; none is for a server on the own machine."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where mails go. `ca_file` replaces the system's certificate authorities; times are real seconds."""

    host: str
    port: int = 25
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout_seconds: float = 30.0
    poll_seconds: float = 1.0


class MailSender:
    """Runs beside the service; `run` goes on until it is cancelled."""

    def __init__(self, units: Units, clock: Clock, smtp: SmtpSettings) -> None:
        self._units = units
        self._clock = clock
        self._smtp = smtp

    async def run(self) -> None:
        """Send what is due, again and again; a fault of the store is logged and does not end the loop."""
        while True:
            try:
                await self.send_due()
            except SQLAlchemyError:  # the loop outlives a database that is away for a moment
                log.exception("mail.loop.failed")
            await self._clock.sleep(self._smtp.poll_seconds)

    async def send_due(self) -> int:
        """Send each mail whose time has come; how many the server took."""
        claimed = await anyio.to_thread.run_sync(lambda: outbox.due_mails(self._units, clock=self._clock))
        sent = 0
        for mail in claimed:
            sent += await self._send_one(mail)
        return sent

    async def _send_one(self, mail: OutboxMail) -> bool:
        try:
            with anyio.fail_after(self._smtp.timeout_seconds):
                await self._hand_over(mail)
        except (aiosmtplib.SMTPException, MessageError, OSError, ValueError) as error:
            log.warning("mail.failed", mail=str(mail.mail_id), attempts=mail.attempts, reason=type(error).__name__)
            await anyio.to_thread.run_sync(lambda: outbox.mark_failed(self._units, mail, clock=self._clock))
            return False
        await anyio.to_thread.run_sync(lambda: outbox.mark_sent(self._units, mail, clock=self._clock))
        log.info("mail.sent", mail=str(mail.mail_id), recipients=len(mail.recipients))
        return True

    async def _hand_over(self, mail: OutboxMail) -> None:
        security = self._smtp.security
        client = aiosmtplib.SMTP(
            hostname=self._smtp.host,
            port=self._smtp.port,
            username=self._smtp.username,
            password=self._smtp.password,
            timeout=self._smtp.timeout_seconds,
            use_tls=security is SmtpSecurity.TLS,
            start_tls=security is SmtpSecurity.STARTTLS,
            tls_context=None if security is SmtpSecurity.NONE else _tls(self._smtp.ca_file),
        )
        async with client:
            message = message_of(mail, self._clock).as_bytes(policy=_POLICY)
            await client.sendmail(mail.sender, mail.recipients, message)


def message_of(mail: OutboxMail, clock: Clock) -> EmailMessage:
    """The mail as it travels: 7bit, the body one line and its end, dated by the business clock."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = mail.sender
    message["To"] = [_address(recipient) for recipient in mail.recipients]
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.business_now())
    message["Message-ID"] = f"<{mail.mail_id}@{mail.sender.partition('@')[2]}>"
    message.set_content(mail.body + "\n", cte="7bit")
    return message


def _address(recipient: str) -> Address:
    name, _, domain = recipient.rpartition("@")
    return Address(username=name, domain=domain)


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
