"""Our own cmdlets of files and folders."""

from __future__ import annotations

from xtenant.cmdlets import items
from xtenant.cmdlets.cmdlet import Cmdlet, text

ROWS: tuple[Cmdlet, ...] = (
    Cmdlet(
        name="Rename-XtItem",
        what="Give a file or folder of a site another name; its path begins with the library's.",
        run=items.rename,
        parameters=(text("Site"), text("Path"), text("NewName")),
    ),
)
