"""The partner as this tenant sees it: the form of its host URL, whether it answers, trust, licences, compatibility."""

from __future__ import annotations

from xtenant.client.doctor.findings import Asked, Diagnosis, Purpose
from xtenant.client.doctor.network import label_of
from xtenant.client.doctor.tenant import tried
from xtenant.client.profiles import Profile
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.domain.trust import Compatibility, PartnerRole, Scenario, TrustStatus, UnknownPartner

_KINDS = {"MnAODMove": "OneDrives", "MnASiteMove": "sites"}


def check_url(asked: Asked, profile: Profile, said: Diagnosis) -> HostUrl | None:
    """The partner's host URL, if what was given is one (R-1.6, E-27)."""
    if asked.partner is None:
        return None
    try:
        found = parse_host_url(asked.partner)
    except errors.UsageError as error:
        said.error(
            "partnerUrl",
            f"'{asked.partner}' is not a host URL.",
            "An admin or site address in its place is a fatal error of the move (E-27).",
            click=error.remedy,
            run=["xtenant host-url -t PARTNER_PROFILE"],
            rule="R-1.6",
        )
        return None
    if found.host == f"{label_of(profile.admin_url)}-my.sharepoint.com":
        said.error(
            "partnerUrl",
            f"{found} is this tenant's own host URL.",
            "A move goes to another tenant; between geos of one tenant it is another feature.",
            click="Ask the partner's administrator for the host URL: SharePoint admin center, or `xtenant host-url`.",
            rule="R-2.5",
        )
        return None
    said.fine("partnerUrl")
    return found


async def check_partner(
    client: TenantClient, partner: HostUrl, profile: Profile, asked: Asked, said: Diagnosis
) -> None:
    """Ask for the partner at its own host, and for trust and compatibility at ours."""
    try:
        facts = await client.partner_facts(partner)
    except UnknownPartner as error:
        said.error(
            "partnerUnknown",
            error.text,
            "Trust cannot be requested of it.",
            click="Compare the host URL with the partner's administrator.",
            rule="R-2.4",
        )
        return
    except errors.XTenantError as error:
        said.error("partnerUnreachable", error.text, "The partner could not be asked from here.", click=error.remedy)
        return
    if facts.tenant_id == profile.tenant_id:
        said.error("partnerUrl", f"{partner} belongs to this very tenant.", "A move goes to another one.", rule="R-0.8")
        return
    said.fine("partner")
    good = await _check_trust(client, partner, profile, asked, said)
    if not good:
        said.unknown("compatibility", "It is told only where trust stands.")
        return
    await _check_kinds(client, partner, said)
    if asked.is_target:
        said.unknown("compatibility", "Only the source is told (R-5.33): run this at the source.")
    else:
        await _check_compatibility(client, partner, said)


async def _check_trust(client: TenantClient, partner: HostUrl, profile: Profile, asked: Asked, said: Diagnosis) -> bool:
    """Whether trust stands on both sides in each role asked for."""
    roles = [PartnerRole(asked.partner_role)] if asked.partner_role else await _roles_set(client, partner, said)
    if roles is None:
        return False
    request = f"xtenant trust set -t {profile.name} --partner {partner} --partner-role"
    tell = said.error if asked.purpose is Purpose.MOVE else said.warning
    if not roles:
        tell(
            "trustMissing",
            f"This tenant has not requested trust with {partner}.",
            "Both tenants have to request it before anything moves.",
            run=[f"{request} Target", f"{request} Source"],
            click="Run one of the two: Target where the partner receives, Source where it gives.",
            rule="R-6.22",
        )
        return False
    good = True
    for role in roles:
        status = await tried("trust", client.trust.status(partner, role, Scenario.MNA), said)
        if status is None:
            return False
        if status is not TrustStatus.GOOD_TO_PROCEED:
            good = False
            tell(
                "trustNotGood",
                f"Trust with {partner} as {role.value}: {status.value}.",
                _MEANINGS.get(status, "It is not yet good on both sides."),
                run=[f"xtenant trust test -t {profile.name} --partner {partner} --partner-role {role.value}"]
                if status is not TrustStatus.NOT_ESTABLISHED
                else [f"{request} {role.value}"],
                rule="R-6.22",
            )
    if good:
        said.fine("trust")
    return good


_MEANINGS = {
    TrustStatus.NOT_ESTABLISHED: "This side has not requested it.",
    TrustStatus.NOT_ESTABLISHED_BY_PARTNER: "The partner has not answered: its administrator has to request it too.",
    TrustStatus.DORMANT: "The request is young: it counts after the waiting period.",
    TrustStatus.DORMANT_BY_PARTNER: "The partner's request is young: it counts after the waiting period.",
    TrustStatus.COULD_NOT_CONTACT_PARTNER: "The partner's service does not answer this tenant; ask again later.",
}


async def _roles_set(client: TenantClient, partner: HostUrl, said: Diagnosis) -> list[PartnerRole] | None:
    rows = await tried("trust", client.trust.by_partner(partner), said)
    return None if rows is None else [row.partner_role for row in rows if row.scenario is Scenario.MNA]


async def _check_kinds(client: TenantClient, partner: HostUrl, said: Diagnosis) -> None:
    off = [kind for kind in _KINDS if await client.trust.may_move(kind, partner) is False]
    for kind in off:
        said.warning(
            "kindOff",
            f"{kind} is not allowed with this partner.",
            f"No {_KINDS[kind]} move: the kind is switched off, or the tenant has no licence for it.",
            click="Microsoft 365 admin center › Billing › Licenses; then ask your Microsoft contact.",
            rule="R-6.25",
        )
    if not off:
        said.fine("kinds of moves")


async def _check_compatibility(client: TenantClient, partner: HostUrl, said: Diagnosis) -> None:
    found = await tried("compatibility", client.compatibility(partner), said)
    if found is None:
        return
    if found is Compatibility.COMPATIBLE:
        said.fine("compatibility")
        return
    tell = said.error if found is Compatibility.INCOMPATIBLE else said.warning
    tell(
        "compatibility",
        f"The tenants' schemas are '{found.value}'.",
        found.advice or "",
        click="Wait 48 hours, ask again, then open a case with Microsoft; nobody else can change it.",
        rule="R-6.26",
    )
