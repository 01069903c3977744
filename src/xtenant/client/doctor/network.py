"""Whether the tenant's hosts can be reached, who answers there, in which cloud, and how late it is there.

Calls without a token only. One that does not get through is told with what stands in its way: a name, a proxy, a stopped
service, a certificate nobody trusts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from xtenant.client.clouds import cloud_of
from xtenant.client.doctor.findings import Diagnosis
from xtenant.client.profiles import Profile
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, SHAREPOINT_SUFFIX
from xtenant.protocols.partner.call import tenant_in_challenge
from xtenant.wire.transport import Session

SKEW_ERROR_SECONDS = 300
SKEW_WARNING_SECONDS = 60


@dataclass(kw_only=True)
class Reached:
    """Hosts that answered, and what they said."""

    hosts: set[str] = field(default_factory=set[str])
    tenant_known: bool = True
    skewed: bool = False

    def has(self, *hosts: str) -> bool:
        return self.hosts.issuperset(hosts)


async def check_hosts(session: Session, profile: Profile, clock: Clock, said: Diagnosis) -> Reached:
    """Ask every host of the profile once."""
    reached = Reached()
    answers: dict[str, httpx.Response] = {}
    for host, url in _addresses(profile).items():
        answer = await _ask(session, host, url, said)
        if answer is not None:
            reached.hosts.add(host)
            answers[host] = answer
    if len(answers) == len(_addresses(profile)):
        said.fine("reachability")
    reached.skewed = _check_clock(answers, clock.security_now(), said)
    reached.tenant_known = _check_authority(answers.get(LOGIN_HOST), profile, said)
    _check_owner(answers, profile, said)
    return reached


def _addresses(profile: Profile) -> dict[str, str]:
    """Host → an address that answers without a token."""
    found = {
        LOGIN_HOST: f"https://{LOGIN_HOST}/{profile.tenant_id}/v2.0/.well-known/openid-configuration",
        GRAPH_HOST: f"https://{GRAPH_HOST}/v1.0/organization",
    }
    for admin_url in dict.fromkeys((profile.admin_url, *profile.geos.values())):
        label = label_of(admin_url)
        for host in (f"{label}-admin", f"{label}-my", label):
            found[f"{host}{SHAREPOINT_SUFFIX}"] = f"https://{host}{SHAREPOINT_SUFFIX}/_vti_bin/client.svc/"
    return found


def label_of(admin_url: str) -> str:
    """`contoso` of `https://contoso-admin.sharepoint.com` (R-1.7)."""
    return httpx.URL(admin_url).host.removesuffix(SHAREPOINT_SUFFIX).removesuffix("-admin")


async def _ask(session: Session, host: str, url: str, said: Diagnosis) -> httpx.Response | None:
    try:
        answer = await session.request("GET", url, bearer=False)
    except errors.XTenantError as error:
        _tell_unreachable(host, error, said)
        return None
    if host.endswith(SHAREPOINT_SUFFIX) and answer.status_code in (404, 421):
        said.error(
            "hostUnknown",
            f"Nobody has {host} (status {answer.status_code}).",
            "The name part of the profile's admin URL is not this tenant's.",
            click="Microsoft 365 admin center › Admin centers › SharePoint: the address shown is the admin URL.",
            rule="R-1.7",
        )
        return None
    return answer


def _tell_unreachable(host: str, error: errors.XTenantError, said: Diagnosis) -> None:
    text = error.text
    if "is not trusted" in text:
        said.error(
            "tlsNotTrusted",
            f"The certificate that {host} shows is not trusted here.",
            "Something between this machine and Microsoft opens the connection: most often a company's proxy.",
            click=f"Ask whoever runs the proxy to leave {host} unopened, or for its authority's certificate (PEM).",
            run=["export XTENANT_CA_FILE=/path/to/company-authority.pem"],
        )
    elif "407" in text:
        said.error(
            "proxyRefuses",
            f"The proxy wants a sign-in of its own before it leads to {host}.",
            "HTTPS_PROXY names a proxy that lets nobody through without a name and password.",
            click="Ask whoever runs the proxy for an address without sign-in, or for a name and password in it.",
            run=["export HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"],
        )
    elif isinstance(error, errors.UnknownHost):
        said.error(
            "hostBlocked",
            f"The proxy does not lead to {host}.",
            "In a lab there is no such tenant; elsewhere a rule of the proxy or firewall keeps the host away.",
            click=f"Allow https to {host} in the proxy; Microsoft lists its hosts under 'Microsoft 365 URLs and IP ranges'.",
            run=["xtenant lab status"],
        )
    elif "is stopped" in text:
        said.error("serviceStopped", text, "Nobody is there to answer.", run=["xtenant lab start TENANT"])
    else:
        said.error(
            "hostUnreachable",
            text,
            "What is asked of this host cannot be done.",
            click=f"Allow https (port 443) to {host} in firewall and proxy; behind a proxy set HTTPS_PROXY.",
            run=[f"curl -sS -o /dev/null -w '%{{http_code}}\\n' https://{host}/"],
        )


def _check_clock(answers: Mapping[str, httpx.Response], now: datetime, said: Diagnosis) -> bool:
    """Compare with the hosts' own time. True when it is so far off that signing in cannot succeed."""
    offsets = [offset for answer in answers.values() if (offset := _offset(answer, now)) is not None]
    if not offsets:
        said.unknown("clock", "No host said what time it is there.")
        return False
    offset = sorted(offsets)[len(offsets) // 2]
    way = "behind" if offset > 0 else "ahead"
    if abs(offset) < SKEW_WARNING_SECONDS:
        said.fine("clock")
        return False
    tell = said.error if abs(offset) >= SKEW_ERROR_SECONDS else said.warning
    tell(
        "clockSkew",
        f"This machine's clock is {abs(offset):.0f} seconds {way} Microsoft's.",
        "Sign-ins carry times and are refused beyond five minutes (AADSTS700024); times in reports are wrong.",
        click="Set the machine's clock by a time server.",
        run=["timedatectl set-ntp true"],
    )
    return abs(offset) >= SKEW_ERROR_SECONDS


def _offset(answer: httpx.Response, now: datetime) -> float | None:
    """Seconds that the host is ahead of us; None where it does not say."""
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return (there.replace(tzinfo=there.tzinfo or UTC) - now).total_seconds()


def _check_authority(answer: httpx.Response | None, profile: Profile, said: Diagnosis) -> bool:
    """What the sign-in service says of the tenant id: whether it knows it, and in which cloud."""
    if answer is None:
        said.unknown("cloud", "The sign-in service could not be reached.")
        return False
    if answer.status_code != 200:
        said.error(
            "tenantUnknown",
            f"The sign-in service knows no tenant {profile.tenant_id or '(none given)'}.",
            "Nobody can sign in with this profile.",
            click="Entra admin center › Overview › Tenant ID.",
            run=[f"xtenant connect {profile.name} --url {profile.admin_url} --tenant-id TENANT_ID …"],
        )
        return False
    try:
        document = msgspec.json.decode(answer.content, type=dict[str, object])
    except msgspec.MsgspecError:
        said.unknown("cloud", "The sign-in service answered with something else than its configuration.")
        return False
    cloud = cloud_of(document)
    if cloud is not None:
        said.error(
            "nationalCloud",
            f"The tenant is in {cloud}.",
            "Moves between tenants exist in the worldwide cloud only.",
            click="Nothing can be done about it here; ask Microsoft whether the feature has come to this cloud.",
            rule="R-0.9",
        )
    else:
        said.fine("cloud")
    return True


def _check_owner(answers: Mapping[str, httpx.Response], profile: Profile, said: Diagnosis) -> None:
    """Whether the SharePoint hosts belong to the tenant whose id the profile carries (settled A 10)."""
    for host, answer in answers.items():
        if not host.endswith(SHAREPOINT_SUFFIX):
            continue
        try:
            owner = str(tenant_in_challenge(answer))
        except errors.XTenantError:
            said.unknown("tenant", f"{host} does not say whose it is.")
            continue
        if owner != profile.tenant_id:
            said.error(
                "wrongTenant",
                f"{host} belongs to the tenant {owner}; the profile is for {profile.tenant_id}.",
                "Its tokens would be another tenant's. Nothing is sent with them.",
                click="Entra admin center › Overview › Tenant ID, signed in to the tenant that is meant.",
                run=[
                    f"xtenant connect {profile.name} --url {profile.admin_url} --tenant-id {owner} "
                    f"--client-id CLIENT_ID --certificate app.pem"
                ],
            )
            return
    if any(host.endswith(SHAREPOINT_SUFFIX) for host in answers):
        said.fine("tenant")
