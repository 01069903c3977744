"""The one table of cmdlets: name, parameters, what it runs. Names and parameters as in `spo-admin.md` 6.

`run_line` finds the cmdlet of a line, binds its parameters and runs it. Unknown names are refused with the nearest ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from xtenant.cmdlets.cmdlet import Cmdlet
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.line import Line, LineError
from xtenant.cmdlets.parameters import bind
from xtenant.cmdlets.tables import connection, identity_map, items, moves, people, sites, trust
from xtenant.domain.changing import changing_verb_of_cmdlet


class UnknownCmdlet(LineError):
    """There is no cmdlet of this name here."""

    code = "unknownCmdlet"


def find(name: str) -> Cmdlet:
    """The cmdlet of a name in any letter case. Raises UnknownCmdlet with the nearest names."""
    found = CMDLETS.get(name.lower())
    if found is not None:
        return found
    near = [CMDLETS[match].name for match in difflib.get_close_matches(name.lower(), CMDLETS, n=3, cutoff=0.5)]
    hint = f"The nearest: {', '.join(near)}." if near else "`xtenant shell --list` shows the cmdlets there are."
    raise UnknownCmdlet(
        f"There is no cmdlet '{name}' here. xtenant runs cmdlets, not the PowerShell language.", remedy=hint
    )


async def run_line(host: Host, line: Line) -> None:
    """Run one line. Raises XTenantError; nothing was sent when it is a LineError."""
    cmdlet = find(line.cmdlet)
    given = bind(cmdlet.name, cmdlet.parameters, line)
    if (verb := verb_changed_by(line)) is None:
        await cmdlet.run(host, given)
        return
    with host.changing(host.here.profile, verb):
        await cmdlet.run(host, given)


def verb_changed_by(line: Line) -> str | None:
    """The verb a line carries out on the tenant; None when it only looks. Raises LineError."""
    cmdlet = find(line.cmdlet)
    looks = bind(cmdlet.name, cmdlet.parameters, line).on("WhatIf")
    return None if looks else changing_verb_of_cmdlet(cmdlet.name)


CMDLETS: Mapping[str, Cmdlet] = {
    cmdlet.name.lower(): cmdlet
    for rows in (connection.ROWS, trust.ROWS, identity_map.ROWS, moves.ROWS, sites.ROWS, people.ROWS, items.ROWS)
    for cmdlet in rows
}
"""Every cmdlet by its name in lower case."""
