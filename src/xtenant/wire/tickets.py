"""Pre-authenticated addresses: a signed ticket in the URL instead of a token in a header (content-api.md 1.6, 1.9).

A ticket says what it opens and until when; it is bound to one kind of use, one site and one thing, and cannot be changed.
The form `v1.PAYLOAD.MAC` resembles Microsoft's `tempauth`; its content is our choice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock

_FORM = "v1"
_LONGEST = 2_048


class TicketRefused(errors.NotSignedIn):
    """The ticket of a pre-authenticated address was made up, changed, or has expired."""

    code = "ticketRefused"
    remedy = "Ask for a new download or upload address."


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What an address opens; `version` is `major.minor` of a file, empty for uploads. `exp` in seconds since 1970."""

    use: str
    site: UUID
    thing: UUID
    version: str = ""
    exp: int = 0


class TicketOffice:
    """Issues and reads tickets of one tenant; times are security time."""

    def __init__(self, *, secret: bytes, clock: Clock, purpose: str = "pre-authenticated addresses") -> None:
        self._secret = hmac.digest(secret, purpose.encode(), hashlib.sha256)
        self._clock = clock

    def issue(self, *, use: str, site: UUID, thing: UUID, version: str = "", seconds: int) -> str:
        """The text that goes into `tempauth=`."""
        return self.sign(use=use, site=site, thing=thing, version=version, until=self.expiry(seconds))

    def expiry(self, seconds: int) -> datetime:
        return self._clock.security_now() + timedelta(seconds=seconds)

    def sign(self, *, use: str, site: UUID, thing: UUID, version: str, until: datetime) -> str:
        ticket = Ticket(use=use, site=site, thing=thing, version=version, exp=int(until.timestamp()))
        payload = _text(msgspec.json.encode(ticket))
        return f"{_FORM}.{payload}.{self._mac(payload)}"

    def read(self, text: str | None, *, use: str) -> Ticket:
        """The ticket inside a text. Raises TicketRefused whatever is wrong with it."""
        form, _, rest = (text or "")[:_LONGEST].partition(".")
        payload, _, mac = rest.partition(".")
        if form != _FORM or not hmac.compare_digest(self._mac(payload).encode(), mac.encode("utf-8", "replace")):
            raise TicketRefused("The address was not made by this tenant.")
        try:
            ticket = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Ticket)
        except (msgspec.DecodeError, binascii.Error, ValueError) as error:
            raise TicketRefused("The address cannot be read.") from error
        if ticket.use != use:
            raise TicketRefused("The address is for another use.")
        if ticket.exp <= self._clock.security_now().timestamp():
            raise TicketRefused("The address has expired.")
        return ticket

    def _mac(self, payload: str) -> str:
        return _text(hmac.digest(self._secret, payload.encode("utf-8", "replace"), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
