"""What the tenant itself says: its host URL, its geos, whether moves are switched on, which licences it has bought.

These are the calls that discovery, checks and moves begin with, so that a right the tokens do not show proves itself here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from xtenant.client.doctor.findings import Asked, Diagnosis, Purpose
from xtenant.client.doctor.network import label_of
from xtenant.client.profiles import Profile, parse_admin_url
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.licence import SHARED_DATA_MIGRATION, USER_MIGRATION
from xtenant.protocols.csom import call as csom
from xtenant.protocols.graph.call import directory
from xtenant.protocols.sharepoint_rest import call as rest
from xtenant.protocols.sharepoint_rest.codec import API_VERSIONS

T = TypeVar("T")

_LICENCES = "Microsoft 365 admin center › Billing › Purchase services: Cross Tenant User Data Migration."


async def check_administration(client: TenantClient, profile: Profile, said: Diagnosis) -> bool:
    """What the admin host answers; False where it refuses, which is told once and leaves the rest not checked."""
    host_url = await tried("hostUrl", client.host_url(), said)
    if host_url is None:
        for check in ("geos", "feature", "multiGeoApi"):
            said.unknown(check, "The admin host refuses its administration calls.")
        return False
    if host_url.host.split("-my.")[0] != label_of(client.admin_url):
        said.warning(
            "hostUrl",
            f"The host URL is {host_url}, the admin URL {client.admin_url}.",
            "Their names differ, as after a rename of the tenant; partners need the host URL.",
            rule="R-1.7",
        )
    else:
        said.fine("hostUrl")
    await _check_geos(client, profile, said)
    await _check_feature(client, said)
    await _check_api(client, said)
    return True


async def check_directory(client: TenantClient, asked: Asked, said: Diagnosis) -> None:
    """What Graph answers: the tenant and what it has bought."""
    found = await tried("directory", directory.organization(client.session), said)
    if found is not None:
        said.fine("directory")

    async def skus() -> list[directory.SubscribedSku]:
        return [one async for one in directory.subscribed_skus(client.session)]

    bought = await tried("licences", skus(), said)
    if bought is None:
        return
    units = {sku.sku_part_number: sku.prepaid_units.enabled for sku in bought}
    lacking = [sku.part_number for sku in (USER_MIGRATION, SHARED_DATA_MIGRATION) if not units.get(sku.part_number)]
    for part_number in lacking:
        kind = "OneDrives" if part_number == USER_MIGRATION.part_number else "sites"
        tell = said.error if asked.purpose is Purpose.MOVE and not asked.partner else said.warning
        tell(
            "noLicence",
            f"The tenant has no licence {part_number}.",
            f"Each person whose content moves needs one, at the source or at the target; it is for {kind}.",
            click=_LICENCES,
            rule="R-6.36",
        )
    if not lacking:
        said.fine("licences")


async def tried(check: str, work: Awaitable[T], said: Diagnosis, *, run: tuple[str, ...] = ()) -> T | None:
    """The answer, or None with a finding of the refusal."""
    try:
        return await work
    except errors.AccessDenied as error:
        if not (said.found("consent") or said.found("missingRole") or said.found("guest")):
            said.error(
                "accessDenied",
                f"The tenant refuses '{check}': {error.text}",
                "The sign-in works and lacks the role, or the permission, for this.",
                click="See the finding on permissions; for people: Manage roles › SharePoint Administrator.",
                run=run or ("xtenant setup app --level admin",),
                rule="R-1.3",
            )
        else:
            said.unknown(check, "Refused for want of what is named above.")
    except errors.XTenantError as error:
        said.error(
            "callFailed", f"'{check}' failed: {error.text}", "What it would have told is not known.", click=error.remedy
        )
    return None


async def _check_geos(client: TenantClient, profile: Profile, said: Diagnosis) -> None:
    instances = await tried("geos", csom.tenant_instances(client.session, client.admin_url), said)
    if instances is None:
        return
    there = {parse_admin_url(one.admin_url): one.data_location for one in instances}
    named = {url: code for code, url in profile.geos.items()}
    foreign = [code for url, code in named.items() if there and url not in there]
    missing = {url: code for url, code in there.items() if len(there) > 1 and url not in named}
    options = " ".join(f"--geo {code}={url}" for url, code in there.items()) if len(there) > 1 else ""
    again = f"xtenant connect {profile.name} --url {profile.admin_url} --tenant-id {profile.tenant_id} --client-id {profile.client_id} --certificate app.pem {options}".strip()
    for code in foreign:
        said.error(
            "geoUnknown",
            f"The profile has a geo {code} at {profile.geos[code]}, which the tenant does not have.",
            "Everything asked of this geo fails." if len(there) > 1 else "The tenant is not multi-geo.",
            click="SharePoint admin center › Geo locations.",
            run=[again],
            rule="R-1.5",
        )
    if missing:
        said.error(
            "geosMissing",
            f"The tenant has geos that the profile does not name: {', '.join(sorted(missing.values()))}.",
            "Each geo counts as a tenant of its own; sites there would be overlooked.",
            click="SharePoint admin center › Geo locations.",
            run=[again],
            rule="R-1.5",
        )
    if not foreign and not missing:
        said.fine("geos")


async def _check_feature(client: TenantClient, said: Diagnosis) -> None:
    enabled = await tried("feature", csom.is_flight_enabled(client.session, client.admin_url), said)
    if enabled is False:
        said.error(
            "featureOff",
            "Moves between tenants are not switched on for this tenant (MnAODMove, MnASiteMove).",
            "Trust cannot be requested and no move starts.",
            click="Microsoft switches it on: ask your Microsoft contact or open a case in the admin center › Support.",
            rule="R-6.25",
        )
    elif enabled:
        said.fine("feature")


async def _check_api(client: TenantClient, said: Diagnosis) -> None:
    spoken = await tried("multiGeoApi", rest.api_versions(client.session, client.admin_url), said)
    if spoken is None:
        return
    if API_VERSIONS[-1] not in spoken:
        said.warning(
            "multiGeoApi",
            f"The tenant speaks versions {', '.join(spoken)} of the service for moves; this tool uses {API_VERSIONS[-1]}.",
            "State and reports of moves may not be readable.",
            click="Install the newest xtenant; please report the versions shown.",
        )
    else:
        said.fine("multiGeoApi")
