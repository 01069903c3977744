"""Form digests: issued by `/_api/contextinfo`, checked where a session has no bearer token, cached on the calling side.

Form: `0x<HMAC-SHA256 in hex>,<dd Mon yyyy HH:MM:SS -0000>` (content-api.md 4.2; what is signed is our choice), good for
1,800 seconds at the host it was issued for.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from xtenant.domain import errors
from xtenant.domain.limits import Limits
from xtenant.domain.ports.clock import Clock

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONGEST = 200
SAFETY_SECONDS = 60


class StaleDigest(errors.AccessDenied):
    """The form digest is missing, forged, for another host, or too old; clients ask for a new one and repeat."""

    code = "-2130575251, Microsoft.SharePoint.SPException"
    remedy = "Ask /_api/contextinfo for a new form digest and send the call again."

    def __init__(self) -> None:
        super().__init__(
            "The security validation for this page is invalid. Click Back in your Web browser, refresh the page, "
            "and try your operation again.",
            microsoft_code="-2130575251",
        )


class FormDigests:
    """Issues and checks the digests of one tenant; `secret` is `TokenIssuer.digest_secret`."""

    def __init__(self, *, secret: bytes, clock: Clock, limits: Limits) -> None:
        self._secret = secret
        self._clock = clock
        self._seconds = limits.digest_seconds

    def issue(self, host: str) -> str:
        """A digest for a host, from now on."""
        stamp = stamp_of(self._clock.security_now())
        return f"{self._signature(host, stamp)},{stamp}"

    def check(self, value: str | None, host: str) -> None:
        """Raise StaleDigest unless the digest is ours, for this host and young enough."""
        signature, _, stamp = (value or "")[:LONGEST].partition(",")
        if not hmac.compare_digest(signature.encode(), self._signature(host, stamp).encode()):
            raise StaleDigest()
        age = self._clock.security_now() - time_of(stamp)
        if age > timedelta(seconds=self._seconds):
            raise StaleDigest()

    def _signature(self, host: str, stamp: str) -> str:
        message = f"{host.lower()}\n{stamp}".encode()
        return "0x" + hmac.digest(self._secret, message, hashlib.sha256).hex().upper()


@dataclass(frozen=True, slots=True)
class _Held:
    value: str
    good_until: datetime


class DigestCache:
    """The calling side's memory: one digest a site, renewed a minute before it ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, _Held] = {}

    def get(self, site_url: str) -> str | None:
        """The digest held for a site, if it is still good."""
        held = self._held.get(site_url.lower())
        return held.value if held and held.good_until > self._clock.security_now() else None

    def put(self, site_url: str, value: str, seconds: int) -> None:
        """Remember a digest as `FormDigestTimeoutSeconds` says."""
        good_until = self._clock.security_now() + timedelta(seconds=max(0, seconds - SAFETY_SECONDS))
        self._held[site_url.lower()] = _Held(value, good_until)

    def forget(self, site_url: str) -> None:
        """Drop a digest the service refused."""
        self._held.pop(site_url.lower(), None)


def stamp_of(moment: datetime) -> str:
    """`23 Nov 2026 12:00:00 -0000`, whatever the machine's language."""
    return f"{moment:%d} {MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} -0000"


def time_of(stamp: str) -> datetime:
    """The time a stamp of ours names; StaleDigest for any other text."""
    try:
        day, month, year, clock, zone = stamp.split(" ")
        hour, minute, second = clock.split(":")
        if zone != "-0000":
            raise ValueError(zone)
        at = MONTHS.index(month) + 1
        return datetime(int(year), at, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise StaleDigest() from error
