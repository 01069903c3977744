"""The cmdlets of steps 1 to 3, of compatibility and of step 7's removal.

Cmdlets never ask, as Microsoft's; Set and Remove print what they did to whom (design section 4). A role that the partner's
own request contradicts is sent and warned about (settled A 11); the own host URL is refused with the corrected line (R-7.3).
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.client.trust import Relationship
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.listing import blocks
from xtenant.cmdlets.parameters import Bound
from xtenant.cmdlets.written import relationship_line
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.domain.trust import OwnHostUrl, PartnerRole, Scenario

UNKNOWN_PARTNER = "<host URL of the partner>"


async def host_url(host: Host, given: Bound) -> None:
    """The host URL alone on a line (settled A 21)."""
    host.say(str(await host.tenant.host_url()))


async def set_relationship(host: Host, given: Bound) -> None:
    """Request trust."""
    scenario, role, partner = _relationship(given)
    await _refuse_own(host, "Set", role, partner)
    await _warn_of_role(host, role, partner)
    await host.tenant.trust.request(partner, role, scenario)
    host.say(f"Requested trust of {partner} as {role.value}, scenario {scenario.value}, from {host.here.name}.")


async def test_relationship(host: Host, given: Bound) -> None:
    """The status name alone on a line (settled A 21)."""
    scenario, role, partner = _relationship(given)
    await _refuse_own(host, "Test", role, partner)
    status = await host.tenant.trust.status(partner, role, scenario)
    host.say(status.value)


async def remove_relationship(host: Host, given: Bound) -> None:
    """Remove this side's half; the tenant itself answers the same whether there was one, so it is looked up first."""
    scenario, role, partner = _relationship(given)
    await _refuse_own(host, "Remove", role, partner)
    if not any(row.partner_role is role for row in await host.tenant.trust.by_partner(partner)):
        host.say(f"There is no trust with {partner} as {role.value} to remove from {host.here.name}.")
        return
    await host.tenant.trust.remove(partner, role, scenario)
    host.say(f"Removed trust with {partner} as {role.value}, scenario {scenario.value}, from {host.here.name}.")


async def relationships(host: Host, given: Bound) -> None:
    _say_all(host, await host.tenant.trust.list())


async def relationships_by_partner(host: Host, given: Bound) -> None:
    partner = parse_host_url(given.text("PartnerCrossTenantHostUrl"))
    _say_all(host, await host.tenant.trust.by_partner(partner))


async def relationships_by_scenario(host: Host, given: Bound) -> None:
    scenario, role = Scenario(given.text("Scenario")), PartnerRole(given.text("PartnerRole"))
    _say_all(host, await host.tenant.trust.by_scenario(scenario, role))


async def compatibility(host: Host, given: Bound) -> None:
    """The status name alone on a line."""
    partner = parse_host_url(given.text("PartnerCrossTenantHostUrl"))
    status = await host.tenant.compatibility(partner)
    host.say(status.value)
    if status.advice:
        host.warn(status.advice)


def _relationship(given: Bound) -> tuple[Scenario, PartnerRole, HostUrl]:
    return (
        Scenario(given.text("Scenario")),
        PartnerRole(given.text("PartnerRole")),
        parse_host_url(given.text("PartnerCrossTenantHostUrl")),
    )


def _say_all(host: Host, rows: Sequence[Relationship]) -> None:
    text = blocks(
        {
            "Scenario": row.scenario.value,
            "PartnerRole": row.partner_role.value,
            "PartnerCrossTenantHostUrl": str(row.partner),
            "CreatedUtc": row.created_at,
        }
        for row in rows
    )
    if text:
        host.say(text)


async def _refuse_own(host: Host, verb: str, role: PartnerRole, partner: HostUrl) -> None:
    """Raises OwnHostUrl with the line that is meant: the partner's URL, and its role seen from here (R-2.5, R-7.3)."""
    if partner != await host.tenant.host_url():
        return
    lines = [relationship_line(verb, meant, url) for meant, url in await _meant(host, role)]
    raise OwnHostUrl(
        f"{partner} is the host URL of {host.here.profile.name} itself; the partner's belongs here.",
        remedy="The line that is meant: " + " or ".join(lines),
    )


async def _meant(host: Host, role: PartnerRole) -> list[tuple[PartnerRole, str]]:
    """Partners known here, by own requests or else by requests received; a line for the other side has the other role."""
    known = {(row.partner_role, str(row.partner)) for row in await host.tenant.trust.list()}
    if not known:
        known = {(row.answer_role, str(row.partner)) for row in await host.tenant.trust.inbox()}
    right = sorted((pair for pair in known if pair[0] is role.complement), key=lambda pair: pair[1])
    return right or [(role.complement, UNKNOWN_PARTNER)]


async def _warn_of_role(host: Host, role: PartnerRole, partner: HostUrl) -> None:
    roles = {row.answer_role for row in await host.tenant.trust.inbox() if row.partner == partner}
    if roles and role not in roles:
        asked = " and ".join(sorted(one.value for one in roles))
        host.warn(
            f"Warning: {partner} has asked to be this tenant's {asked}; the line says {role.value}. It is sent as it "
            f"stands. -PartnerRole names the role of the partner, not one's own (R-2.13)."
        )
