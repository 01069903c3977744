"""Signing in to Graph and to the admin host; what the sign-in service refuses is told by its own number and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xtenant.client.doctor.findings import Diagnosis
from xtenant.client.profiles import CredentialKind, Profile
from xtenant.client.sign_in import ForeignToken
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.protocols.oauth.call import TokenClaims, claims_of_token

_APPS = "Entra admin center › App registrations › All applications › the app"
_SIGN_INS = "Entra admin center › Monitoring › Sign-in logs: the failed sign-in names the policy."


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What one of Entra's numbers means here."""

    check: str
    means: str
    click: str
    run: tuple[str, ...] = ()


REFUSALS: Mapping[int, Refusal] = {
    700016: Refusal(
        check="clientIdUnknown",
        means="The app of this client id is not registered in this tenant, or nobody has consented to it here.",
        click="Entra admin center › App registrations › All applications: compare the Application (client) ID.",
        run=("xtenant setup app",),
    ),
    700027: Refusal(
        check="certificateNotRegistered",
        means="The app does not know this certificate in this tenant.",
        click=f"{_APPS} › Certificates & secrets › Certificates › Upload certificate: the .crt, not the key.",
    ),
    7000215: Refusal(
        check="secretWrong",
        means="The client secret is wrong; often the secret's id was copied in place of its value.",
        click=f"{_APPS} › Certificates & secrets › Client secrets.",
    ),
    7000222: Refusal(
        check="secretExpired",
        means="The client secret has expired.",
        click=f"{_APPS} › Certificates & secrets › Certificates: use a certificate instead.",
    ),
    7000218: Refusal(
        check="publicClientOff",
        means="The app does not allow sign-in by device code.",
        click=f"{_APPS} › Authentication › Advanced settings › Allow public client flows: Yes.",
    ),
    700024: Refusal(
        check="clockSkew",
        means="The times in the sign-in do not fit the time at Microsoft.",
        click="Set the machine's clock by a time server.",
        run=("timedatectl set-ntp true",),
    ),
    65001: Refusal(
        check="consent",
        means="Nobody has consented to the app for the organization.",
        click=f"{_APPS} › API permissions › Grant admin consent.",
        run=("xtenant setup app",),
    ),
    90002: Refusal(
        check="tenantUnknown",
        means="The sign-in service knows no such tenant.",
        click="Entra admin center › Overview › Tenant ID.",
    ),
    53003: Refusal(
        check="conditionalAccess", means="A conditional access policy keeps this sign-in out.", click=_SIGN_INS
    ),
    50105: Refusal(
        check="notAssigned",
        means="The app wants people to be assigned to it, and this one is not.",
        click="Entra admin center › Enterprise applications › the app › Users and groups › Add.",
    ),
    50076: Refusal(
        check="mfa", means="A second factor is wanted.", click="Sign in again on the device and confirm it."
    ),
    50079: Refusal(
        check="mfa", means="A second factor has to be set up first.", click="https://aka.ms/mfasetup, as this person."
    ),
    50057: Refusal(
        check="accountDisabled",
        means="The account is blocked.",
        click="Microsoft 365 admin center › Users › Active users › the person › Unblock sign-in.",
    ),
    700082: Refusal(
        check="signInExpired", means="The last sign-in is too old to be used again.", click="Sign in again."
    ),
    500011: Refusal(
        check="hostUnknown",
        means="The tenant has no such host: the profile's admin URL is not its own.",
        click="Microsoft 365 admin center › Admin centers › SharePoint: the address shown is the admin URL.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The claims of the tokens that could be got; None where there is none."""

    graph: TokenClaims | None = None
    admin: TokenClaims | None = None


async def sign_in(client: TenantClient, profile: Profile, said: Diagnosis) -> SignedIn:
    """Try both; a refusal of the first that would be the same at the second is told once."""
    graph = await _claims(client, profile, f"https://{GRAPH_HOST}", said)
    if graph is None:
        said.unknown("signIn", "Not tried at the admin host, since Graph's sign-in was refused.")
        return SignedIn()
    if profile.credential.kind is CredentialKind.SECRET:
        said.unknown("signIn", "Not tried at the admin host: it takes no client secret (R-1.9).")
        return SignedIn(graph=graph)
    admin = await _claims(client, profile, profile.admin_url, said)
    if admin is not None:
        said.fine("signIn")
    return SignedIn(graph=graph, admin=admin)


async def _claims(client: TenantClient, profile: Profile, resource: str, said: Diagnosis) -> TokenClaims | None:
    try:
        return claims_of_token(await client.token(resource))
    except errors.XTenantError as error:
        _tell(error, profile, said)
        return None


def _tell(error: errors.XTenantError, profile: Profile, said: Diagnosis) -> None:
    number = (error.microsoft_code or "").removeprefix("AADSTS")
    known = REFUSALS.get(int(number)) if number.isdigit() else None
    again = f"xtenant connect {profile.name} --url {profile.admin_url} --tenant-id {profile.tenant_id} …"
    if isinstance(error, ForeignToken):
        said.error(
            "foreignToken",
            error.text,
            "The sign-in leads to another tenant than the profile's; the token was thrown away unsent.",
            click="Check the tenant id of the profile, and with a device code sign in as somebody of this tenant.",
            run=[f"xtenant profiles remove {profile.name}", again],
        )
    elif known is not None:
        if not said.found(known.check):  # a skewed clock may have been seen already
            said.error(known.check, error.text, known.means, click=known.click, run=known.run or (again,))
    else:
        said.error("signInRefused", error.text, "Nobody is signed in.", click=error.remedy, run=[again])
