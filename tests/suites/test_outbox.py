"""The outbox's contract and the limits of notices (settled A 20)."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from clock import CountingIds, FakeClock
from xtenant.domain import trust
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR
from xtenant.domain.directory import User, UserId
from xtenant.domain.ports.trust import OutboxMail
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant, TenantId
from xtenant.domain.trust import PartnerRole, ReceivedRequest, Scenario
from xtenant.operations import outbox

NAM = Geo(code=GeoCode("NAM"), label="contoso")
EUR = Geo(code=GeoCode("EUR"), label="contosoeur")
CONTOSO = Tenant(
    tenant_id=TenantId(UUID("11111111-1111-4111-8111-111111111111")),
    name="contoso",
    display_name="Contoso",
    initial_domain="contoso.onmicrosoft.com",
    geos=(NAM, EUR),
)
FABRIKAM = HostUrl("https://fabrikam-my.sharepoint.com/")
IDS = CountingIds()


def with_administrators(units: Units, clock: FakeClock) -> None:
    people = (
        ("mod@contoso.com", GLOBAL_ADMINISTRATOR, True, None),
        ("second@contoso.com", GLOBAL_ADMINISTRATOR, True, "second.in.command@contoso.com"),
        ("left@contoso.com", GLOBAL_ADMINISTRATOR, False, None),
        ("spo@contoso.com", SHAREPOINT_ADMINISTRATOR, True, None),
    )
    with units.write() as uow:
        for upn, role, enabled, mail in people:
            uow.users.add(
                User(
                    user_id=UserId(IDS.new_id()),
                    upn=upn,
                    display_name=upn,
                    mail=mail,
                    account_enabled=enabled,
                    directory_roles=frozenset({role}),
                    created_at=clock.business_now(),
                )
            )


def queue(
    units: Units,
    clock: FakeClock,
    *,
    partner: HostUrl = FABRIKAM,
    geo: Geo = NAM,
    role: PartnerRole = PartnerRole.SOURCE,
) -> OutboxMail | None:
    request = ReceivedRequest(
        request_id=IDS.new_id(),
        geo=geo.code,
        partner=partner,
        partner_tenant_id=TenantId(UUID(int=2)),
        answer_role=role,
        scenario=Scenario.MNA,
        received_at=clock.business_now(),
    )
    with units.write() as uow:
        return outbox.queue_notice(uow, tenant=CONTOSO, geo=geo, request=request, clock=clock)


def send_all_due(units: Units, clock: FakeClock) -> int:
    due = outbox.due_mails(units, clock=clock)
    for mail in due:
        outbox.mark_sent(units, mail, clock=clock)
    return len(due)


def test_a_notice_is_the_line_to_every_enabled_global_administrator(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    mail = queue(units, clock)
    assert mail is not None
    line = trust.mail_line(FABRIKAM, Scenario.MNA, PartnerRole.SOURCE)
    assert (mail.subject, mail.body, mail.sender) == (line, line, "no-reply@contoso-my.sharepoint.com")
    assert set(mail.recipients) == {"mod@contoso.com", "second.in.command@contoso.com"}
    with units.read() as uow:
        assert list(uow.outbox.all()) == [mail]


def test_an_equal_request_joins_the_mail_of_the_last_hour(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    assert queue(units, clock)
    assert queue(units, clock) is None
    assert send_all_due(units, clock) == 1
    clock.advance(seconds=3599)
    assert queue(units, clock) is None
    clock.advance(seconds=1)
    assert queue(units, clock)


def test_an_equal_request_joins_a_mail_that_has_waited_for_hours(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    assert queue(units, clock)
    clock.advance(seconds=3 * 3600)
    assert queue(units, clock) is None


def test_another_partner_geo_or_role_is_another_mail(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    assert queue(units, clock)
    assert queue(units, clock, partner=HostUrl("https://northwind-my.sharepoint.com/"))
    assert queue(units, clock, geo=EUR)
    assert queue(units, clock, role=PartnerRole.TARGET)


def test_twenty_mails_go_out_in_an_hour_and_the_others_wait(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    for number in range(23):
        assert queue(units, clock, partner=HostUrl(f"https://p{number}-my.sharepoint.com/"))
    assert [send_all_due(units, clock), send_all_due(units, clock)] == [20, 0]
    clock.advance(seconds=3599)
    assert send_all_due(units, clock) == 0
    clock.advance(seconds=2)
    assert send_all_due(units, clock) == 3


def test_the_hour_is_counted_by_the_security_clock(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    queue(units, clock)
    send_all_due(units, clock)
    clock.advance_business(days=7)
    assert queue(units, clock) is None


def test_a_claimed_mail_is_not_claimed_again_before_its_lease_ends(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    queue(units, clock)
    assert len(outbox.due_mails(units, clock=clock)) == 1
    assert len(outbox.due_mails(units, clock=clock)) == 0
    clock.advance(seconds=outbox.LEASE_SECONDS)
    assert len(outbox.due_mails(units, clock=clock)) == 1


def test_a_failed_mail_comes_back_after_5_seconds_doubling_to_5_minutes(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    queue(units, clock)
    waits: list[float] = []
    for _ in range(9):
        (mail,) = outbox.due_mails(units, clock=clock)
        waiting = outbox.mark_failed(units, mail, clock=clock)
        waits.append((waiting.next_attempt_at - clock.security_now()).total_seconds())
        clock.advance(seconds=waits[-1])
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_mail_comes_back_as_it_was_put(units: Units, clock: FakeClock) -> None:
    with_administrators(units, clock)
    mail = queue(units, clock)
    assert mail is not None
    changed = dataclasses.replace(mail, attempts=3, sent_at=clock.security_now(), recipients=("a@b.c",))
    with units.write() as uow:
        uow.outbox.update(changed)
    with units.read() as uow:
        assert uow.outbox.last_with_key(mail.limit_key) == changed


def test_a_tenant_without_global_administrators_has_nobody_to_tell(units: Units, clock: FakeClock) -> None:
    assert queue(units, clock) is None
