"""The steps of each changing verb: which cmdlet, with which values, what for, how to undo it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from xtenant.client.map_rows import GROUP_FIELDS, Row, UserRow
from xtenant.client.moves import StartWish, Unit
from xtenant.cmdlets.parameters import Bindable
from xtenant.cmdlets.script.steps import IRREVERSIBLE, Step, written
from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import PartnerRole

_UNITS = {
    Unit.USER: ("User", "SourceUserPrincipalName", "TargetUserPrincipalName"),
    Unit.SITE: ("Site", "SourceSiteUrl", "TargetSiteUrl"),
    Unit.GROUP: ("Group", "SourceGroupAlias", "TargetGroupAlias"),
}


class NotInCmdlets(errors.UsageError):
    """Microsoft's cmdlet has no parameter for what is wished."""

    code = "notInCmdlets"


def _step(verb: str, cmdlet: str, what: str, undo: str, subject: str, **values: Bindable | None) -> Step:
    return Step(verb=verb, line=written(cmdlet, values), what=what, undo=undo, subject=subject)


def connect(admin_url: str) -> Step:
    """The first step of every script: whose tenant the rest is for."""
    what = f"Connect to {admin_url}; whoever runs this signs in as SharePoint administrator."
    return _step("connect", "Connect-SPOService", what, "Disconnect-SPOService", admin_url, Url=admin_url)


def connect_graph(tenant_id: UUID) -> Step:
    """For steps over Graph: the tenant by its id, since Graph PowerShell has a sign-in of its own."""
    what = f"Sign in to Microsoft Graph in the tenant {tenant_id}."
    return _step("connect", "Connect-XtGraph", what, "Disconnect-MgGraph", str(tenant_id), TenantId=tenant_id)


def trust_set(partner: HostUrl, role: PartnerRole) -> Step:
    values = _relationship(partner, role)
    undo = written("Remove-SPOCrossTenantRelationship", values)
    what = f"Ask {partner} to be this tenant's {role.value} in moves."
    return _step("trust.set", "Set-SPOCrossTenantRelationship", what, undo, str(partner), **values)


def trust_remove(partner: HostUrl, role: PartnerRole) -> Step:
    values = _relationship(partner, role)
    undo = written("Set-SPOCrossTenantRelationship", values)
    what = f"End the trust with {partner} as {role.value}; moves under way fail."
    return _step("trust.remove", "Remove-SPOCrossTenantRelationship", what, undo, str(partner), **values)


def _relationship(partner: HostUrl, role: PartnerRole) -> dict[str, Bindable | None]:
    return {"Scenario": "MnA", "PartnerRole": role.value, "PartnerCrossTenantHostUrl": str(partner)}


def map_replace(file: str, sha256: str, rows: int) -> Step:
    what = f"Replace the whole identity map by the {rows} rows of {file} (SHA-256 {sha256})."
    undo = "Run the same with the file that was sent before; `xtenant map history` names those sent from here."
    return _step("map.replace", "Add-SPOTenantIdentityMap", what, undo, file, IdentityMapPath=file)


def map_set(row: Row, before: Row | None) -> Step:
    """Put one row; undone by the row that stood before, or by taking it away."""
    if isinstance(row, UserRow):
        name, verb, what = (
            "Add-SPOTenantIdentityMappingUser",
            "map.set_user",
            f"{row.source_upn} becomes {row.target_upn}.",
        )
    else:
        name, verb = "Add-SPOTenantIdentityMappingGroup", "map.set_group"
        what = f"The group {row.source_group_id} becomes {row.target_group_id} ({row.target_name})."
    undo = written(name, _row_values(before)) if before is not None else _row_removal(row)
    return _step(verb, name, what, undo, _source_of(row), **_row_values(row))


def map_remove(field: str, value: str, standing: Row) -> Step:
    """Take rows away; undone by putting the one that stood."""
    noun = "Group" if field in GROUP_FIELDS else "User"
    undo = written(f"Add-SPOTenantIdentityMapping{noun}", _row_values(standing))
    return _step(
        f"map.remove_{noun.lower()}",
        f"Remove-SPOTenantIdentityMapping{noun}",
        f"Remove {field} = {value} from the identity map.",
        undo,
        value,
        Field=field,
        Value=value,
    )


def _row_values(row: Row) -> dict[str, Bindable | None]:
    if isinstance(row, UserRow):
        return {
            "SourceTenantCompanyId": row.company_id,
            "SourceUserKey": row.source_upn,
            "TargetUserPuid": row.target_puid or None,
            "TargetUserUpn": row.target_upn,
            "TargetUserEmail": row.target_email,
            "UserType": row.user_type,
        }
    return {
        "SourceTenantCompanyId": row.company_id,
        "SourceGroupObjectId": row.source_group_id,
        "TargetGroupObjectId": row.target_group_id,
        "TargetGroupName": row.target_name,
        "GroupType": row.group_type,
    }


def _row_removal(row: Row) -> str:
    noun, field = ("User", "SourceUserKey") if isinstance(row, UserRow) else ("Group", "SourceGroupObjectId")
    return written(f"Remove-SPOTenantIdentityMapping{noun}", {"Field": field, "Value": _source_of(row)})


def _source_of(row: Row) -> str:
    return row.source_upn if isinstance(row, UserRow) else str(row.source_group_id)


def move_start(wish: StartWish) -> Step:
    """Raises NotInCmdlets for `unmapped`, which is an extension of our own service (settled C 1)."""
    if wish.unmapped:
        raise NotInCmdlets(
            "Microsoft's cmdlet has no policy for people outside the map.",
            remedy="Leave --unmapped out, or put the people into the identity map.",
        )
    word, source, target = _UNITS[wish.unit]
    values: dict[str, Bindable | None] = {
        source: wish.source,
        target: wish.target,
        "TargetCrossTenantHostUrl": str(wish.partner),
        "PreferredMoveBeginDate": _whole(wish.begin),
        "PreferredMoveEndDate": _whole(wish.end),
        "ValidationOnly": True if wish.validate_only else None,
        "Force": True if wish.force else None,
    }
    stop = written(f"Stop-SPOCrossTenant{word}ContentMove", {source: wish.source})
    undo = "changes nothing" if wish.validate_only else f"{stop} (before it has begun; afterwards it {IRREVERSIBLE})"
    what = f"{'Check whether' if wish.validate_only else 'Start:'} {wish.source} moves to {wish.target}."
    return _step("move.start", f"Start-SPOCrossTenant{word}ContentMove", what, undo, wish.source, **values)


def move_stop(unit: Unit, source: str, *, verb: str = "move.cancel") -> Step:
    word, name, _ = _UNITS[unit]
    what = f"Stop the move of {source}; refused once it has begun (R-6.78)."
    undo = f"Start it again with Start-SPOCrossTenant{word}ContentMove"
    return _step(verb, f"Stop-SPOCrossTenant{word}ContentMove", what, undo, source, **{name: source})


def site_remove(url: str) -> Step:
    undo = written("Restore-SPODeletedSite", {"Identity": url})
    what = f"Delete {url} into the recycle bin of sites."
    return _step("sites.remove", "Remove-SPOSite", what, undo, url, Identity=url, Confirm=False)


def site_remove_deleted(url: str) -> Step:
    what = f"Delete {url} from the recycle bin of sites for good."
    return _step("sites.remove_deleted", "Remove-SPODeletedSite", what, IRREVERSIBLE, url, Identity=url, Confirm=False)


def user_create(upn: str, name: str, location: str, *, enabled: bool) -> Step:
    what = f"Create the account {upn}, {'which may sign in' if enabled else 'blocked from signing in'}."
    undo = f"Delete the user {upn} in the Microsoft Entra admin centre."
    return _step(
        "users.create",
        "New-XtUser",
        what,
        undo,
        upn,
        UserPrincipalName=upn,
        DisplayName=name,
        UsageLocation=location,
        SignIn="Allowed" if enabled else None,
    )


def user_enable(upn: str) -> Step:
    what = f"Let {upn} sign in."
    return _step("users.create", "Enable-XtUser", what, f"Block the sign-in of {upn}.", upn, User=upn)


def user_invite(mail: str, name: str) -> Step:
    what, undo = f"Invite {mail} as a guest; no mail is sent.", f"Delete the guest {mail}."
    return _step("users.invite", "New-XtInvitation", what, undo, mail, Mail=mail, DisplayName=name or None)


def group_create(*, unified: bool, name: str, alias: str, visibility: str, owner: str | None) -> Step:
    return _step(
        "groups.create",
        "New-XtGroup",
        f"Create the group {alias}{', without a site' if unified else ''}.",
        f"Delete the group {alias}.",
        alias,
        Kind="Unified" if unified else "Security",
        DisplayName=name,
        Alias=alias,
        Visibility=visibility if unified else None,
        Owner=owner,
    )


def member_add(group: str, member: str, *, owner: bool) -> Step:
    standing = "owner" if owner else "member"
    return _step(
        "groups.create",
        "Add-XtMember",
        f"Make {member} {standing} of {group}.",
        f"Take {member} out of {group}.",
        group,
        Group=group,
        Member=member,
        As="Owner" if owner else None,
    )


def licence_set(upn: str, sku: str) -> Step:
    what = f"Give {upn} the licence {sku}."
    return _step(
        "licences.assign", "Set-XtLicence", what, f"Take the licence {sku} from {upn}.", upn, User=upn, Sku=sku
    )


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)
