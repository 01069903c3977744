"""Get-, Set- and Remove-SPOSite, the redirects that moves leave (R-7.5 to R-7.9), and the recycle bin of sites."""

from __future__ import annotations

from xtenant.client.sites import DeletedSite, SiteChange, SiteRow
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.line import LineError
from xtenant.cmdlets.listing import blocks
from xtenant.cmdlets.parameters import Bound

DEFAULT_LIMIT = 200
"""What Get-SPOSite lists without -Limit, as Microsoft's does."""


async def get(host: Host, given: Bound) -> None:
    """One site by its URL, or a list; a list cut short says so."""
    identity = given.maybe_text("Identity")
    if identity is not None:
        host.say(blocks([_shown(await host.tenant.sites.get(identity))]))
        return
    limit = given.get("Limit", DEFAULT_LIMIT)
    wanted = None if limit == "All" else int(str(limit))
    rows = await host.tenant.sites.list(
        template=given.maybe_text("Template"),
        include_personal=given.on("IncludePersonalSite"),
        filter_text=given.maybe_text("Filter"),
        limit=None if wanted is None else wanted + 1,
    )
    if wanted is not None and len(rows) > wanted:
        host.warn(f"Only the first {wanted} sites are shown; -Limit All shows every one.")
        rows = rows[:wanted]
    if rows:
        host.say(blocks(_shown(row) for row in rows))


async def change(host: Host, given: Bound) -> None:
    """Set-SPOSite: what is given becomes different."""
    url = given.text("Identity")
    wish = SiteChange(
        lock_state=given.maybe_text("LockState"), owner=given.maybe_text("Owner"), title=given.maybe_text("Title")
    )
    if not wish.members():
        raise LineError("Set-SPOSite: nothing is to be changed.", remedy="Give -LockState, -Owner or -Title.")
    await host.tenant.sites.set(url, wish, wait=not given.on("NoWait"))
    told = ", ".join(f"{name} = {value}" for name, value in wish.members().items())
    host.say(f"Changed {url} on {host.here.name}: {told}.")


async def deleted(host: Host, given: Bound) -> None:
    """Get-SPODeletedSite: one site of the recycle bin, or a list; OneDrives only when asked for."""
    identity = given.maybe_text("Identity")
    if identity is not None:
        host.say(blocks([_shown_deleted(await host.tenant.sites.deleted_at(identity))]))
        return
    rows = [row for row in await host.tenant.sites.deleted() if _asked_for(row, given)]
    limit = given.get("Limit", DEFAULT_LIMIT)
    if limit != "All" and len(rows) > int(str(limit)):
        host.warn(f"Only the first {limit} deleted sites are shown; -Limit All shows every one.")
        rows = rows[: int(str(limit))]
    if rows:
        host.say(blocks(_shown_deleted(row) for row in rows))


async def restore(host: Host, given: Bound) -> None:
    """Restore-SPODeletedSite."""
    url = given.text("Identity")
    await host.tenant.sites.restore(url, wait=not given.on("NoWait"))
    host.say(f"Restored {url} on {host.here.name}.")


async def remove(host: Host, given: Bound) -> None:
    """Delete a site into the recycle bin; waits until it is done unless -NoWait."""
    await _remove(host, given, deleted=False)


async def remove_deleted(host: Host, given: Bound) -> None:
    """Delete a site from the recycle bin for good."""
    await _remove(host, given, deleted=True)


async def _remove(host: Host, given: Bound, *, deleted: bool) -> None:
    if given.on("Confirm"):
        raise LineError("Cmdlets never ask here.", remedy="Leave -Confirm out, or try the line with -WhatIf first.")
    url = given.text("Identity")
    what = f"{url} {'from the recycle bin of' if deleted else 'on'} {host.here.name}"
    if given.on("WhatIf"):
        host.say(f"What if: would delete {what}.")
        return
    delete = host.tenant.sites.remove_deleted if deleted else host.tenant.sites.remove
    await delete(url, wait=not given.on("NoWait"))
    host.say(f"Deleted {what}.")


def _shown(row: SiteRow) -> dict[str, object]:
    return {
        "Url": row.url,
        "Title": row.title,
        "Template": row.template,
        "Status": row.status,
        "LockState": row.lock_state,
        "Owner": row.owner,
        "StorageUsageCurrent": row.storage_usage_mb,
        "LastContentModifiedDate": row.last_modified,
    }


def _asked_for(row: DeletedSite, given: Bound) -> bool:
    personal = "/personal/" in row.url.lower()
    if given.on("IncludeOnlyPersonalSite"):
        return personal
    return given.on("IncludePersonalSite") or not personal


def _shown_deleted(row: DeletedSite) -> dict[str, object]:
    return {
        "Url": row.url,
        "SiteId": row.site_id,
        "Status": row.status,
        "DeletionTime": row.deleted_at,
        "DaysRemaining": row.days_remaining,
    }
