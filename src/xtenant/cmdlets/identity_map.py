"""The cmdlets of the identity map (R-5.23 to R-5.30), run on the target."""

from __future__ import annotations

from pathlib import Path

from xtenant.cmdlets.host import Host
from xtenant.cmdlets.listing import blocks
from xtenant.cmdlets.parameters import Bound

USER_FIELDS = ("SourceUserKey", "TargetUserPuid", "TargetUserUpn", "TargetUserEmail")
GROUP_FIELDS = ("SourceGroupObjectId", "TargetGroupObjectId", "TargetGroupName")


async def replace(host: Host, given: Bound) -> None:
    """Replace the whole map; rejected rows are named and do not end the cmdlet (R-5.25, R-5.26)."""
    lines = host.tenant.map.read_file(Path(given.text("IdentityMapPath")))
    rejected = await host.tenant.map.replace(lines)
    for text in rejected:
        host.warn(text)
    host.say(f"{len(lines) - len(rejected)} of {len(lines)} rows are the identity map of {host.here.name} now.")


async def user(host: Host, given: Bound) -> None:
    _say(host, [row.shown() for row in await host.tenant.map.users(given.text("Field"), given.text("Value"))])


async def group(host: Host, given: Bound) -> None:
    _say(host, [row.shown() for row in await host.tenant.map.groups(given.text("Field"), given.text("Value"))])


def _say(host: Host, rows: list[dict[str, object]]) -> None:
    if rows:
        host.say(blocks(rows))
    else:
        host.warn("No row of the identity map fits.")
