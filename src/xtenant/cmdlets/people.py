"""What has no SharePoint cmdlet, under names of our own: people, guests, groups, members and licences over Graph (settled C 10).

An emitted script defines functions of these names (`script/prologue.ps1`), which do the same by Graph PowerShell. Values
are flat texts. A password is made on the way and forgotten.
"""

from __future__ import annotations

from uuid import UUID

from xtenant.client.people import NewMember, Outcome
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.parameters import Bound
from xtenant.domain import errors
from xtenant.protocols.graph.call.accounts import Account, GroupFound, NewAccount, NewGroup

KINDS = ("Unified", "Security")
VISIBILITIES = ("Private", "Public")
STANDINGS = ("Member", "Owner")
SIGN_INS = ("Blocked", "Allowed")


async def create_user(host: Host, given: Bound) -> None:
    """New-XtUser: an account with our mark, blocked unless -SignIn Allowed (R-4.8)."""
    new = NewAccount(
        upn=given.text("UserPrincipalName"),
        display_name=given.text("DisplayName"),
        usage_location=given.text("UsageLocation"),
        enabled=given.maybe_text("SignIn") == "Allowed",
    )
    made = _made(await host.tenant.people.create([new]))
    state = "may sign in" if new.enabled else "may not sign in yet"
    host.say(f"Created {new.upn} ({made}) on {host.here.name}; they {state}.")


async def enable_user(host: Host, given: Bound) -> None:
    """Enable-XtUser: let somebody sign in whose account carries our mark. Raises Refused for any other account."""
    name = given.text("User")
    account = await _account(host, name)
    if not account.is_marked:
        raise errors.Refused(f"{name} was not created by xtenant and is left as it is.")
    if account.account_enabled:
        host.say(f"{name} may sign in already on {host.here.name}.")
        return
    _made(await host.tenant.people.enable([account.id]))
    host.say(f"{name} may sign in on {host.here.name} now.")


async def invite(host: Host, given: Bound) -> None:
    """New-XtInvitation: a guest account without a mail."""
    mail = given.text("Mail")
    made = _made(await host.tenant.people.invite([(mail, given.maybe_text("DisplayName") or "")]))
    host.say(f"Invited {mail} ({made}) to {host.here.name}; no mail was sent.")


async def create_group(host: Host, given: Bound) -> None:
    """New-XtGroup: a Microsoft 365 group gets no site at once (R-4.17). An owner there makes it one's own."""
    owner = given.maybe_text("Owner")
    owners = () if owner is None else ((await _account(host, owner)).id,)
    new = NewGroup(
        unified=given.text("Kind") == "Unified",
        display_name=given.text("DisplayName"),
        alias=given.text("Alias"),
        visibility=given.maybe_text("Visibility") or "Private",
        owners=owners,
    )
    made = _made(await host.tenant.people.create_groups([new]))
    host.say(f"Created the group {new.alias} ({made}) on {host.here.name}.")


async def add_member(host: Host, given: Bound) -> None:
    """Add-XtMember: a person or a group into a group; whoever is in it already stays."""
    group, member = given.text("Group"), given.text("Member")
    standing = given.maybe_text("As") or "Member"
    group_id = (await _group(host, group)).id
    member_id = await _anybody(host, member)
    wish = NewMember(group_id=group_id, member_id=member_id, owner=standing == "Owner")
    _made(await host.tenant.people.add_members([wish]))
    host.say(f"{member} is {standing.lower()} of {group} on {host.here.name}.")


async def set_licence(host: Host, given: Bound) -> None:
    """Set-XtLicence: by part number or id; who has it already keeps it (R-4.25)."""
    name, wanted = given.text("User"), given.text("Sku")
    account = await _account(host, name)
    known = await host.tenant.people.licences()
    sku = next((one for one in known if wanted.casefold() in (str(one.sku_id), one.sku_part_number.casefold())), None)
    if sku is None:
        raise errors.NotFound(f"{host.here.name} has not subscribed to the licence '{wanted}'.")
    if sku.sku_id not in account.skus:
        _made(await host.tenant.people.assign_licence([account.id], sku.sku_id))
    host.say(f"{name} has the licence {sku.sku_part_number} on {host.here.name}.")


def _made(outcomes: list[Outcome]) -> UUID:
    """The id of what was done to one object. Raises what stood against it."""
    (outcome,) = outcomes
    if outcome.failure is not None:
        raise outcome.failure
    return outcome.object_id or UUID(int=0)


async def _account(host: Host, name: str) -> Account:
    """By UPN, object id or mail. Raises NotFound."""
    account = await _maybe_account(host, name)
    if account is None:
        raise errors.NotFound(f"{host.here.name} has no account '{name}'.")
    return account


async def _maybe_account(host: Host, name: str) -> Account | None:
    (account,) = await host.tenant.people.accounts([name])
    if account is None and "@" in name:
        (account,) = await host.tenant.people.accounts_by_mail([name])
    return account


async def _group(host: Host, name: str) -> GroupFound:
    """By object id or alias. Raises NotFound, Conflict for an alias that several groups have."""
    found = await _groups(host, name)
    if not found:
        raise errors.NotFound(f"{host.here.name} has no group '{name}'.")
    if len(found) > 1:
        raise errors.Conflict(f"{len(found)} groups have the alias '{name}'.", remedy="Name the group by object id.")
    return found[0]


async def _groups(host: Host, name: str) -> list[GroupFound]:
    if _is_id(name):
        (group,) = await host.tenant.people.groups([name])
        return [group] if group is not None else []
    (groups,) = await host.tenant.people.groups_by_alias([name])
    return groups


async def _anybody(host: Host, name: str) -> UUID:
    """The object id of a person or group. Raises NotFound."""
    account = await _maybe_account(host, name)
    return account.id if account is not None else (await _group(host, name)).id


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
