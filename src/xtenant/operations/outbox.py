"""The notices of trust requests: queued with the request, sent by a loop outside, limited and never lost (settled A 20).

All times here are security time. A notice joins an equal one that waits or went out within the hour; over all partners at
most twenty go out in an hour, the others wait. The lease that a claim gives keeps two workers from sending the same mail.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from xtenant.domain import trust
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.trust import OutboxMail
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Geo, Tenant
from xtenant.domain.trust import ReceivedRequest

HOUR = timedelta(hours=1)
MAILS_PER_HOUR = 20
FIRST_BACK_OFF_SECONDS = 5
LONGEST_BACK_OFF_SECONDS = 300
LEASE_SECONDS = 90


def queue_notice(
    uow: UnitOfWork, *, tenant: Tenant, geo: Geo, request: ReceivedRequest, clock: Clock
) -> OutboxMail | None:
    """Put the mail of a received request into the outbox, in the unit that records the request (R-2.19 to R-2.21).

    Recipients are the tenant's enabled global administrators (R-2.20). None when an equal notice waits or was sent within
    the hour, or when the tenant has no global administrator; the inbox shows the request all the same.
    """
    now = clock.security_now()
    key = limit_key(geo, request)
    recipients = tuple(user.mail or user.upn for user in uow.users.with_role(GLOBAL_ADMINISTRATOR))
    if not recipients or _joins(uow.outbox.last_with_key(key), now):
        return None
    line = trust.mail_line(request.partner, request.scenario, request.answer_role)
    mail = OutboxMail(
        mail_id=request.request_id,
        recipients=recipients,
        sender=f"no-reply@{geo.my_host}",
        subject=line,
        body=line,
        limit_key=key,
        created_at=now,
        next_attempt_at=now,
    )
    uow.outbox.add(mail)
    return mail


def limit_key(geo: Geo, request: ReceivedRequest) -> str:
    """What one mail an hour is counted by: the partner's host URL, the own geo, the role."""
    return f"{request.partner} {geo.code} {request.answer_role.value}"


def _joins(last: OutboxMail | None, now: datetime) -> bool:
    return last is not None and (last.sent_at is None or now - last.sent_at < HOUR)


def due_mails(units: Units, *, clock: Clock) -> Sequence[OutboxMail]:
    """Claim the mails whose time has come, oldest first, as far as the hour's bound allows.

    A claimed mail counts one attempt more and comes due again when its lease ends, should its sender die.
    """
    now = clock.security_now()
    with units.read() as uow:
        if not uow.outbox.due(now, limit=1):
            return ()
    with units.write() as uow:
        room = MAILS_PER_HOUR - uow.outbox.sent_since(now - HOUR)
        claimed = [_claimed(mail, now) for mail in uow.outbox.due(now, limit=max(0, room))]
        for mail in claimed:
            uow.outbox.update(mail)
    return claimed


def _claimed(mail: OutboxMail, now: datetime) -> OutboxMail:
    lease_end = now + timedelta(seconds=LEASE_SECONDS)
    return dataclasses.replace(mail, attempts=mail.attempts + 1, next_attempt_at=lease_end)


def mark_sent(units: Units, mail: OutboxMail, *, clock: Clock) -> None:
    """The mail server has taken it."""
    with units.write() as uow:
        uow.outbox.update(dataclasses.replace(mail, sent_at=clock.security_now()))


def mark_failed(units: Units, mail: OutboxMail, *, clock: Clock) -> OutboxMail:
    """The mail server did not take it: try again after 5 s, doubling to 5 min."""
    seconds = min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2 ** min(mail.attempts - 1, 10))
    waiting = dataclasses.replace(mail, next_attempt_at=clock.security_now() + timedelta(seconds=seconds))
    with units.write() as uow:
        uow.outbox.update(waiting)
    return waiting
