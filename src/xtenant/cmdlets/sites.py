"""Get-SPOSite, Remove-SPOSite, Remove-SPODeletedSite: sites, and the redirects that moves leave (R-7.5 to R-7.9)."""

from __future__ import annotations

from xtenant.client.sites import SiteRow
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
