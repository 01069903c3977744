"""What leads out of a service: its clock, its connections to partners, its mail server."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec

from xtenant.domain.limits import Limits
from xtenant.outside.clock import SystemClock
from xtenant.outside.mail import SmtpSecurity, SmtpSettings
from xtenant.settings import ServiceSettings, SmtpEntry
from xtenant.wire.transport import Connection


def clock_of(settings: ServiceSettings) -> SystemClock:
    """Real time; in a lab business time is shifted by the lab's clock file, which only goes forward."""
    file = settings.clock_file
    if file is None or not settings.lab:
        return SystemClock()
    return SystemClock(offset_seconds=lambda: _offset_in(file))


def _offset_in(file: Path) -> float:
    try:
        return float(msgspec.json.decode(file.read_bytes())["offset_seconds"])
    except FileNotFoundError:
        return 0.0


def partner_connection(settings: ServiceSettings, limits: Limits) -> Connection:
    return Connection(
        proxy_url=settings.proxy_url,
        ca_file=settings.ca_file,
        allow_private_addresses=settings.lab,
        timeout_seconds=limits.partner_seconds,
        max_response_bytes=limits.partner_body,
    )


def content_connection(settings: ServiceSettings, limits: Limits) -> Connection:
    """For the engine's calls: content streams through it, and each call bounds what it reads itself."""
    return dataclasses.replace(partner_connection(settings, limits), max_response_bytes=1 << 50, timeout_seconds=60.0)


def smtp_of(smtp: SmtpEntry, *, lab: bool) -> SmtpSettings:
    """A lab's mail server is on this machine and speaks without TLS."""
    security = SmtpSecurity.NONE if lab else SmtpSecurity.STARTTLS
    return SmtpSettings(host=smtp.host, port=smtp.port, security=security, poll_seconds=0.2 if lab else 1.0)
