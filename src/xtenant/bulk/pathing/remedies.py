"""Lines of remedies that change the plan or rename items."""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.bulk.pathing.renames import Rename
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given, Moving


def plan_edit(given: Given, moving: Moving, target: str) -> tuple[str, ...]:
    """The line that gives a row another target."""
    line = lines.ours("plan", "edit", given.plan, "--id", moving.move.move_id, "--target", target)
    return (line,) if line else ()


def rename_lines(given: Given, site_url: str, wanted: Sequence[Rename]) -> tuple[str, ...]:
    """Cmdlet lines in the order in which they have to run; none where a name cannot be written on a line."""
    return lines.on(
        given.source.host_url,
        *(lines.cmdlet("Rename-XtItem", Site=site_url, Path=each.path, NewName=each.new_name) for each in wanted),
    )
