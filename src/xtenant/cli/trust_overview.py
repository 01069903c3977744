"""Lists about trust over all geos of a tenant: own requests, requests received, and the matrix of pairs (R-2.31)."""

from __future__ import annotations

from contextlib import AsyncExitStack

from xtenant.cli.tools import Tools, geo_shown
from xtenant.client.profiles import Profile
from xtenant.client.tenant import TenantClient
from xtenant.cmdlets.written import relationship_line
from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import PartnerRole, TrustStatus

Rows = list[dict[str, object]]


async def relationships(tools: Tools, profile: Profile, geo: str | None) -> Rows:
    """Own requests of one geo, or of all."""
    rows: Rows = []
    for code in _geos(profile, geo):
        async with tools.open(profile, code) as client:
            rows += [
                {
                    **_start_of_row(profile, code, row.partner, row.partner_role),
                    "scenario": row.scenario,
                    "created_at": row.created_at,
                }
                for row in await client.trust.list()
            ]
    return rows


async def requests(tools: Tools, profile: Profile, geo: str | None) -> Rows:
    """Requests received, each with what answers it."""
    rows: Rows = []
    for code in _geos(profile, geo):
        async with tools.open(profile, code) as client:
            for row in await client.trust.inbox():
                facts = await client.partner_facts(row.partner)
                rows.append(
                    {
                        **_start_of_row(profile, code, row.partner, row.answer_role),
                        "scenario": row.scenario,
                        "created_at": row.received_at,
                        "repeated": row.repeated,
                        "partner": facts.row(),
                        "answer": relationship_line("Set", row.answer_role, row.partner),
                        "command": _command(profile, code, row.partner, row.answer_role),
                    }
                )
    return rows


async def matrix_of(tools: Tools, profile: Profile) -> Rows:
    """Each own geo against every partner any of the geos knows, by own requests or by requests received."""
    async with AsyncExitStack() as stack:
        clients = [(code, await stack.enter_async_context(tools.open(profile, code))) for code in profile.geo_codes()]
        known: set[tuple[str, PartnerRole]] = set()
        for _, client in clients:
            known |= {(str(row.partner), row.partner_role) for row in await client.trust.list()}
            known |= {(str(row.partner), row.answer_role) for row in await client.trust.inbox()}
        pairs = sorted(known, key=lambda pair: (pair[0], pair[1].value))
        return [
            await _cell(profile, code, client, HostUrl(url), role) for code, client in clients for url, role in pairs
        ]


async def matrix_between(tools: Tools, source: Profile, target: Profile) -> Rows:
    """Each geo of the source against each of the target, each side asked in its own tenant."""
    rows: Rows = []
    async with AsyncExitStack() as stack:
        ours = [(code, await stack.enter_async_context(tools.open(source, code))) for code in source.geo_codes()]
        theirs = [(code, await stack.enter_async_context(tools.open(target, code))) for code in target.geo_codes()]
        for code, client in ours:
            own = await client.host_url()
            for other_code, other in theirs:
                row = await _cell(source, code, client, await other.host_url(), PartnerRole.TARGET)
                seen = await other.trust.test(own, PartnerRole.SOURCE)
                row["partner_geo"] = geo_shown(target, other_code)
                row["partner_side"] = seen.this_side
                row["start_allowed"] = seen.this_side is row["this_side"] is TrustStatus.GOOD_TO_PROCEED
                rows.append(row)
    return rows


async def _cell(
    profile: Profile, code: str | None, client: TenantClient, partner: HostUrl, role: PartnerRole
) -> dict[str, object]:
    state = await client.trust.test(partner, role)
    return {
        **_start_of_row(profile, code, partner, role),
        "scenario": state.scenario,
        "created_at": state.created_at,
        "this_side": state.this_side,
        "partner_side": state.partner_side,
        "start_allowed": state.start_allowed,
        "earliest_start": state.earliest_start,
    }


def _command(profile: Profile, geo: str | None, partner: HostUrl, role: PartnerRole) -> str:
    place = f"-t {profile.name}" + (f" --geo {geo}" if geo else "")
    return f"xtenant trust set {place} --partner-role {role.value} --partner {partner}"


def _geos(profile: Profile, geo: str | None) -> tuple[str | None, ...]:
    return (geo,) if geo else profile.geo_codes()


def _start_of_row(profile: Profile, geo: str | None, partner: HostUrl, role: PartnerRole) -> dict[str, object]:
    return {
        "tenant": profile.name,
        "kind": profile.shown_kind,
        "geo": geo_shown(profile, geo),
        "partner_host_url": str(partner),
        "partner_role": role,
    }
