"""The cmdlets of the identity map (R-5.23 to R-5.30), run on the target."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from xtenant.client.map_rows import GROUP_FIELDS, USER_FIELDS, GroupRow, UserRow
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.listing import blocks
from xtenant.cmdlets.parameters import Bound

__all__ = [
    "GROUP_FIELDS",
    "USER_FIELDS",
    "group",
    "remove_group",
    "remove_user",
    "replace",
    "set_group",
    "set_user",
    "user",
]


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


async def set_user(host: Host, given: Bound) -> None:
    row = UserRow(
        company_id=UUID(given.text("SourceTenantCompanyId")),
        source_upn=given.text("SourceUserKey"),
        target_upn=given.text("TargetUserUpn"),
        target_email=given.text("TargetUserEmail"),
        target_puid=given.maybe_text("TargetUserPuid") or "",
        user_type=given.text("UserType"),
    )
    await host.tenant.map.set_row(row)
    host.say(f"{row.source_upn} is {row.target_upn} in the identity map of {host.here.name} now.")


async def set_group(host: Host, given: Bound) -> None:
    row = GroupRow(
        company_id=UUID(given.text("SourceTenantCompanyId")),
        source_group_id=UUID(given.text("SourceGroupObjectId")),
        target_group_id=UUID(given.text("TargetGroupObjectId")),
        target_name=given.text("TargetGroupName"),
        group_type=given.text("GroupType"),
    )
    await host.tenant.map.set_row(row)
    host.say(f"{row.source_group_id} is {row.target_group_id} in the identity map of {host.here.name} now.")


async def remove_user(host: Host, given: Bound) -> None:
    await _remove(host, given)


async def remove_group(host: Host, given: Bound) -> None:
    await _remove(host, given)


async def _remove(host: Host, given: Bound) -> None:
    field, value = given.text("Field"), given.text("Value")
    await host.tenant.map.remove(field, value)
    host.say(f"Removed {field} = {value} from the identity map of {host.here.name}.")


def _say(host: Host, rows: list[dict[str, object]]) -> None:
    if rows:
        host.say(blocks(rows))
    else:
        host.warn("No row of the identity map fits.")
