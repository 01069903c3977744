"""Rename-XtItem: a file or folder gets another name, for paths that are too long on the target (R-6.34)."""

from __future__ import annotations

from xtenant.cmdlets.host import Host
from xtenant.cmdlets.parameters import Bound


async def rename(host: Host, given: Bound) -> None:
    """`-Path` stands below the web and begins with the library's last URL segment, not encoded."""
    site, path, name = given.text("Site"), given.text("Path"), given.text("NewName")
    await host.tenant.files.rename(site, path, name)
    host.say(f"{path} in {site} on {host.here.name} is named {name} now.")
