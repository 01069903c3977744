"""The mail over a real SMTP hop: the line of R-2.21 arrives, once, also when the server was down (settled A 20)."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from clock import CountingIds, FakeClock
from xtenant.domain import trust
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, Caller, CallerKind
from xtenant.domain.directory import User, UserId
from xtenant.domain.ports.partner import TrustQuestion
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant, TenantId
from xtenant.domain.trust import PartnerRole, Scenario
from xtenant.operations.trust import receive_request
from xtenant.outside.mail import MailSender, SmtpSecurity, SmtpSettings

pytestmark = pytest.mark.anyio

FABRIKAM_ID = TenantId(UUID("22222222-2222-4222-8222-222222222222"))
CONTOSO = HostUrl("https://contoso-my.sharepoint.com/")
LONG = HostUrl(f"https://{'c' * 60}-my.sharepoint.com/")
NAM = Geo(code=GeoCode("NAM"), label="fabrikam")
FABRIKAM = Tenant(
    tenant_id=FABRIKAM_ID,
    name="fabrikam",
    display_name="Fabrikam",
    initial_domain="fabrikam.onmicrosoft.com",
    geos=(NAM,),
)


class Mailbox:
    """aiosmtpd's handler: keeps what was delivered, or refuses it."""

    def __init__(self, refusal: str | None = None) -> None:
        self.envelopes: list[Envelope] = []
        self.refusal = refusal

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refusal:
            return self.refusal
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        raw = [envelope.original_content for envelope in self.envelopes]
        return [email.message_from_bytes(content, policy=email.policy.SMTP) for content in raw]  # type: ignore[misc]


@contextmanager
def mail_server(mailbox: Mailbox, port: int) -> Iterator[None]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def sender(units: Units, clock: FakeClock, port: int) -> MailSender:
    smtp = SmtpSettings(host="127.0.0.1", port=port, security=SmtpSecurity.NONE, timeout_seconds=5)
    return MailSender(units, clock, smtp)


def asked_by(partner: HostUrl, units: Units, clock: FakeClock, ids: CountingIds) -> None:
    """A partner, which calls us its Target, asks for trust: its own role is Source."""
    with units.write() as uow:
        for upn in ("mod@fabrikam.com", "o'neil@fabrikam.com"):
            if uow.users.by_upn(upn) is None:
                uow.users.add(
                    User(
                        user_id=UserId(ids.new_id()),
                        upn=upn,
                        display_name=upn,
                        directory_roles=frozenset({GLOBAL_ADMINISTRATOR}),
                        created_at=clock.business_now(),
                    )
                )
    receive_request(
        units,
        tenant=FABRIKAM,
        geo=NAM,
        caller=Caller(kind=CallerKind.PARTNER, partner=partner, tenant_id=TenantId(UUID(int=1))),
        question=TrustQuestion(scenario=Scenario.MNA, partner_role=PartnerRole.TARGET),
        clock=clock,
        ids=ids,
    )


@pytest.mark.parametrize("partner", [CONTOSO, LONG])
async def test_the_mail_is_the_line_in_subject_and_body(
    partner: HostUrl, units: Units, sender: MailSender, clock: FakeClock, ids: CountingIds, port: int
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, port):
        asked_by(partner, units, clock, ids)
        assert await sender.send_due() == 1
    (message,), (envelope,) = mailbox.messages, mailbox.envelopes
    line = trust.mail_line(partner, Scenario.MNA, PartnerRole.SOURCE)
    assert line.endswith("[Scenario=MnA, Role=Source] with us")
    assert str(message["Subject"]) == line
    assert message.get_payload(decode=True) == line.encode() + b"\r\n"
    assert message["Content-Transfer-Encoding"] == "7bit"
    assert envelope.original_content is not None
    assert max(map(len, envelope.original_content.split(b"\r\n"))) <= 998
    assert trust.read_mail(envelope.original_content.decode()).partner == partner


async def test_the_mail_says_from_whom_to_whom_and_when(
    units: Units, sender: MailSender, clock: FakeClock, ids: CountingIds, port: int
) -> None:
    clock.advance_business(days=3)
    mailbox = Mailbox()
    with mail_server(mailbox, port):
        asked_by(CONTOSO, units, clock, ids)
        await sender.send_due()
    (message,), (envelope,) = mailbox.messages, mailbox.envelopes
    assert envelope.mail_from == message["From"] == "no-reply@fabrikam-my.sharepoint.com"
    assert set(envelope.rcpt_tos) == {"mod@fabrikam.com", "o'neil@fabrikam.com"}
    assert set(str(message["To"]).split(", ")) == set(envelope.rcpt_tos)
    assert message["Date"].datetime == clock.business_now()
    with units.read() as uow:
        (received,) = uow.inbox.all()
    assert message["Message-ID"] == f"<{received.request_id}@fabrikam-my.sharepoint.com>"


async def test_a_mail_server_that_was_down_gets_the_mail_once(
    units: Units, sender: MailSender, clock: FakeClock, ids: CountingIds, port: int
) -> None:
    asked_by(CONTOSO, units, clock, ids)
    assert await sender.send_due() == 0
    assert await sender.send_due() == 0
    clock.advance(seconds=5)
    mailbox = Mailbox()
    with mail_server(mailbox, port):
        assert await sender.send_due() == 1
        clock.advance(seconds=3600)
        assert await sender.send_due() == 0
    assert len(mailbox.messages) == 1


async def test_a_mail_that_was_refused_for_now_is_sent_again_under_its_own_id(
    units: Units, sender: MailSender, clock: FakeClock, ids: CountingIds, port: int
) -> None:
    mailbox = Mailbox(refusal="451 later")
    asked_by(CONTOSO, units, clock, ids)
    with mail_server(mailbox, port):
        assert await sender.send_due() == 0
        mailbox.refusal = None
        clock.advance(seconds=5)
        assert await sender.send_due() == 1
    assert len({message["Message-ID"] for message in mailbox.messages}) == 1


async def test_two_equal_requests_within_the_hour_are_one_mail(
    units: Units, sender: MailSender, clock: FakeClock, ids: CountingIds, port: int
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, port):
        asked_by(CONTOSO, units, clock, ids)
        asked_by(CONTOSO, units, clock, ids)
        await sender.send_due()
        asked_by(CONTOSO, units, clock, ids)
        await sender.send_due()
    assert len(mailbox.messages) == 1
