"""Get-, Set- and Remove-SPOUser: whom a site knows, and who administers it (R-7.28, E-13)."""

from __future__ import annotations

from xtenant.client.sites import SiteUser
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.listing import blocks
from xtenant.cmdlets.parameters import Bound

DEFAULT_LIMIT = 500
"""What Get-SPOUser lists without -Limit, as Microsoft's does."""


async def get(host: Host, given: Bound) -> None:
    """One user of a site, or a list; a list cut short says so."""
    site, login = given.text("Site"), given.maybe_text("LoginName")
    rows = await host.tenant.sites.users(site) if login is None else [await host.tenant.sites.user(site, login)]
    limit = given.get("Limit", DEFAULT_LIMIT)
    if limit != "All" and len(rows) > int(str(limit)):
        host.warn(f"Only the first {limit} users are shown; -Limit All shows every one.")
        rows = rows[: int(str(limit))]
    if rows:
        host.say(blocks(_shown(row) for row in rows))


async def appoint(host: Host, given: Bound) -> None:
    """Set-SPOUser -IsSiteCollectionAdmin."""
    site, login, on = given.text("Site"), given.text("LoginName"), given.on("IsSiteCollectionAdmin")
    await host.tenant.sites.set_admin(site, login, on=on)
    host.say(f"{login} {'administers' if on else 'no longer administers'} {site} on {host.here.name}.")


async def remove(host: Host, given: Bound) -> None:
    """Remove-SPOUser."""
    site, login = given.text("Site"), given.text("LoginName")
    await host.tenant.sites.remove_user(site, login)
    host.say(f"{site} on {host.here.name} no longer knows {login}.")


def _shown(row: SiteUser) -> dict[str, object]:
    return {
        "DisplayName": row.Title,
        "LoginName": row.UserPrincipalName or row.LoginName.rpartition("|")[2],
        "IsSiteAdmin": row.IsSiteAdmin,
        "Email": row.Email,
    }
