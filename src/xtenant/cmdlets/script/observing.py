"""What a tenant tells of a step that was reported: read again where a reading call exists (settled C 10).

Each cmdlet has one question. The answer is whether what the line wanted stands now, and what was seen; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from xtenant.client.map_rows import GroupRow, UserRow
from xtenant.client.moves import Unit
from xtenant.client.people import PeopleClient
from xtenant.client.sites import SiteRow
from xtenant.client.tenant import TenantClient
from xtenant.cmdlets.parameters import Bound
from xtenant.cmdlets.script.steps import read
from xtenant.domain import errors
from xtenant.domain.tenant import parse_host_url
from xtenant.domain.trust import PartnerRole, TrustStatus


class Seen(Enum):
    """Whether what a step wanted stands."""

    STANDS = "stands"
    NOT = "does not stand"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen, in words."""

    seen: Seen
    told: str


Question = Callable[[TenantClient, Bound], Awaitable[tuple[bool, str]]]


async def observe(tenant: TenantClient, line: str) -> Observation:
    """Ask about one line. Errors of the asking are 'not checked', with their text."""
    try:
        cmdlet, given = read(line)
        question = QUESTIONS.get(cmdlet.name)
        if question is None:
            return Observation(seen=Seen.NOT_CHECKED, told="there is no call that tells of it")
        stands, told = await question(tenant, given)
    except errors.XTenantError as error:
        return Observation(seen=Seen.NOT_CHECKED, told=error.text)
    return Observation(seen=Seen.STANDS if stands else Seen.NOT, told=told)


async def _trust_set(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    partner, role = parse_host_url(given.text("PartnerCrossTenantHostUrl")), PartnerRole(given.text("PartnerRole"))
    status = await tenant.trust.status(partner, role)
    return status is not TrustStatus.NOT_ESTABLISHED, status.value


async def _trust_gone(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    partner, role = parse_host_url(given.text("PartnerCrossTenantHostUrl")), PartnerRole(given.text("PartnerRole"))
    rows = [row for row in await tenant.trust.by_partner(partner) if row.partner_role is role]
    return not rows, f"{len(rows)} requests of this role"


async def _map_user(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    found = await tenant.map.find("SourceUserKey", given.text("SourceUserKey"))
    told = [row.target_upn for row in found if isinstance(row, UserRow)]
    return given.text("TargetUserUpn").casefold() in (upn.casefold() for upn in told), ", ".join(told) or "no row"


async def _map_group(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    found = await tenant.map.find("SourceGroupObjectId", given.text("SourceGroupObjectId"))
    told = [str(row.target_group_id) for row in found if isinstance(row, GroupRow)]
    return given.text("TargetGroupObjectId") in told, ", ".join(told) or "no row"


async def _map_gone(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    rows = await tenant.map.find(given.text("Field"), given.text("Value"))
    return not rows, f"{len(rows)} rows"


def _move(unit: Unit, name: str, *, stopped: bool = False) -> Question:
    async def ask(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
        job = await tenant.moves.of_source(unit, given.text(name))
        if job is None:
            return False, "no move of this source"
        return (job.state == "Stopped") is stopped, f"{job.state_name} to {job.target_url}"

    return ask


async def _site_there(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    site = await _site(tenant, given.text("Identity"))
    return site is not None, "there" if site else "no site"


async def _site_gone(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    there, told = await _site_there(tenant, given)
    return not there, told


async def _site(tenant: TenantClient, url: str) -> SiteRow | None:
    try:
        return await tenant.sites.get(url)
    except errors.NotFound:
        return None


async def _site_purged(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    try:
        await tenant.sites.deleted_at(given.text("Identity"))
    except errors.NotFound:
        return True, "not in the recycle bin"
    return False, "in the recycle bin"


async def _site_changed(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    site = await tenant.sites.get(given.text("Identity"))
    now = {"LockState": site.lock_state or "", "Owner": site.owner or "", "Title": site.title or ""}
    wanted = {name: given.text(name) for name in now if name in given}
    stands = all(now[name].casefold() == value.casefold() for name, value in wanted.items())
    return stands, ", ".join(f"{name} = {now[name]}" for name in wanted)


async def _site_user(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    user = await tenant.sites.user(given.text("Site"), given.text("LoginName"))
    told = "administrator" if user.IsSiteAdmin else "no administrator"
    return user.IsSiteAdmin is given.on("IsSiteCollectionAdmin"), told


async def _site_user_gone(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    try:
        await tenant.sites.user(given.text("Site"), given.text("LoginName"))
    except errors.NotFound:
        return True, "not known to the site"
    return False, "known to the site"


async def _user(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    (account,) = await tenant.people.accounts([given.text("UserPrincipalName")])
    return account is not None, "there" if account else "no account"


async def _user_enabled(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    (account,) = await tenant.people.accounts([given.text("User")])
    enabled = account is not None and bool(account.account_enabled)
    return enabled, "may sign in" if enabled else "may not sign in"


async def _guest(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    (account,) = await tenant.people.accounts_by_mail([given.text("Mail")])
    return account is not None, "there" if account else "no account"


async def _group(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    (groups,) = await tenant.people.groups_by_alias([given.text("Alias")])
    return bool(groups), f"{len(groups)} groups of this alias"


async def _member(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    group_id = await _group_id(tenant.people, given.text("Group"))
    member_id = await _anybody_id(tenant.people, given.text("Member"))
    if group_id is None or member_id is None:
        return False, "no such group" if group_id is None else "no such member"
    (people,) = await tenant.people.people_of_groups([group_id])
    found = people.owners if given.maybe_text("As") == "Owner" else people.members
    return member_id in found, f"{len(found)} in the group"


async def _licence(tenant: TenantClient, given: Bound) -> tuple[bool, str]:
    (account,) = await tenant.people.accounts([given.text("User")])
    wanted = given.text("Sku").casefold()
    skus = [s.sku_id for s in await tenant.people.licences() if wanted in (str(s.sku_id), s.sku_part_number.casefold())]
    held = account is not None and any(sku in account.skus for sku in skus)
    return held, "held" if held else "not held"


async def _group_id(people: PeopleClient, name: str) -> UUID | None:
    try:
        (found,) = await people.groups([str(UUID(name))])
        return found.id if found else None
    except ValueError:
        (groups,) = await people.groups_by_alias([name])
        return groups[0].id if len(groups) == 1 else None


async def _anybody_id(people: PeopleClient, name: str) -> UUID | None:
    (account,) = await people.accounts([name])
    if account is None and "@" in name:
        (account,) = await people.accounts_by_mail([name])
    return account.id if account is not None else await _group_id(people, name)


QUESTIONS: dict[str, Question] = {
    "Set-SPOCrossTenantRelationship": _trust_set,
    "Remove-SPOCrossTenantRelationship": _trust_gone,
    "Add-SPOTenantIdentityMappingUser": _map_user,
    "Add-SPOTenantIdentityMappingGroup": _map_group,
    "Remove-SPOTenantIdentityMappingUser": _map_gone,
    "Remove-SPOTenantIdentityMappingGroup": _map_gone,
    "Start-SPOCrossTenantUserContentMove": _move(Unit.USER, "SourceUserPrincipalName"),
    "Start-SPOCrossTenantSiteContentMove": _move(Unit.SITE, "SourceSiteUrl"),
    "Start-SPOCrossTenantGroupContentMove": _move(Unit.GROUP, "SourceGroupAlias"),
    "Stop-SPOCrossTenantUserContentMove": _move(Unit.USER, "SourceUserPrincipalName", stopped=True),
    "Stop-SPOCrossTenantSiteContentMove": _move(Unit.SITE, "SourceSiteUrl", stopped=True),
    "Stop-SPOCrossTenantGroupContentMove": _move(Unit.GROUP, "SourceGroupAlias", stopped=True),
    "Remove-SPOSite": _site_gone,
    "Restore-SPODeletedSite": _site_there,
    "Remove-SPODeletedSite": _site_purged,
    "Set-SPOSite": _site_changed,
    "Set-SPOUser": _site_user,
    "Remove-SPOUser": _site_user_gone,
    "New-XtUser": _user,
    "Enable-XtUser": _user_enabled,
    "New-XtInvitation": _guest,
    "New-XtGroup": _group,
    "Add-XtMember": _member,
    "Set-XtLicence": _licence,
}
"""The question that tells whether a cmdlet's wish stands. The whole map (Add-SPOTenantIdentityMap) and names of files have none."""
