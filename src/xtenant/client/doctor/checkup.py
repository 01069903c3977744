"""The check-up of one profile, group by group: what one group finds decides which questions of the next can be asked.

Everything is found in one go; a question that cannot be asked is 'not checked', never 'in order'. Nothing is changed: every
call passes the list of calls that only read (`wire/readonly.py`).
"""

from __future__ import annotations

from dataclasses import replace

from xtenant.client.doctor import files, network, partner, permissions, signing_in, tenant
from xtenant.client.doctor.findings import Asked, Diagnosis
from xtenant.client.opening import TenantOpener
from xtenant.client.profiles import Profile, ProfileStore
from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, GeoCode, HostUrl

ONE_TRY = replace(DEFAULT, request_tries=1, request_total_seconds=30.0)
"""A doctor tells what does not answer instead of waiting for it."""

_REST = ("signIn", "permissions", "administration", "directory")


async def examine(
    opener: TenantOpener, store: ProfileStore, profile: Profile, asked: Asked, *, clock: Clock
) -> Diagnosis:
    """Look at everything of a profile. Raises nothing of ours: what fails is a finding."""
    said = Diagnosis(profile=profile.name)
    reading = opener.reading_only(ONE_TRY)
    files.check_modes(store.files_of(profile), store.home, said)
    usable = files.check_credential(profile, clock.security_now(), said)
    partner_url = partner.check_url(asked, profile, said)
    reached = await _reached(reading, profile, clock, said)
    if reached is None:
        _leave(said, _REST, "The tenant's network could not be entered.")
    elif not usable:
        _leave(said, _REST, "The profile's certificate or secret cannot be used.")
    elif not reached.has(LOGIN_HOST) or not reached.tenant_known:
        _leave(said, _REST, "The sign-in service could not be asked for this tenant.")
    else:
        await _signed_in(reading, profile, asked, reached, partner_url, said)
    return said


async def _reached(opener: TenantOpener, profile: Profile, clock: Clock, said: Diagnosis) -> network.Reached | None:
    try:
        async with opener.unsigned(profile) as session:
            return await network.check_hosts(session, profile, clock, said)
    except errors.LabMissing as error:
        said.error("lab", error.text, "Nothing was sent.", run=["xtenant lab up"], click=error.remedy)
    except errors.UsageError as error:
        said.error(
            "proxy", error.text, "Nothing can be reached through it.", click=error.remedy, run=["unset HTTPS_PROXY"]
        )
    return None


async def _signed_in(
    opener: TenantOpener,
    profile: Profile,
    asked: Asked,
    reached: network.Reached,
    partner_url: HostUrl | None,
    said: Diagnosis,
) -> None:
    if said.found("wrongTenant"):
        _leave(said, _REST, "No sign-in is tried while the admin host belongs to another tenant.")
        return
    administers = False
    geo = GeoCode(next(iter(profile.geos))) if len(profile.geos) > 1 else None
    async with opener.open(profile, geo) as client:
        signed_in = await signing_in.sign_in(client, profile, said)
        permissions.check_permissions(signed_in, profile, asked, said)
        if signed_in.graph is None or not reached.has(GRAPH_HOST):
            said.unknown("directory", "Graph could not be asked.")
        else:
            await tenant.check_directory(client, asked, said)
        if signed_in.admin is None or not reached.has(client.admin_url.removeprefix("https://")):
            said.unknown("administration", "The admin host could not be asked.")
            return
        administers = await tenant.check_administration(client, profile, said)
        if not administers and signed_in.admin.is_person and not said.found("missingRole"):
            permissions.tell_missing_role(signed_in.admin.upn, said)
        if partner_url is not None and administers:
            await partner.check_partner(client, partner_url, profile, asked, said)
        elif partner_url is not None:
            said.unknown("partner", "The admin host refuses its administration calls.")
    if administers:
        await _other_geos(opener, profile, said)


async def _other_geos(opener: TenantOpener, profile: Profile, said: Diagnosis) -> None:
    """Each geo counts as a tenant of its own (R-1.5): every further one is asked for its host URL."""
    for code in list(profile.geos)[1:]:
        if said.found("geoUnknown"):
            said.unknown(f"hostUrl of {code}", "The profile's geos are not all the tenant's.")
            continue
        async with opener.open(profile, GeoCode(code)) as client:
            if await tenant.tried(f"hostUrl of {code}", client.host_url(), said) is not None:
                said.fine(f"hostUrl of {code}")


def _leave(said: Diagnosis, checks: tuple[str, ...], why: str) -> None:
    for check in checks:
        said.unknown(check, why)
