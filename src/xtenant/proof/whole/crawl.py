"""A whole site into a ledger: the site, its webs, lists, items and drives, who may do what, links, and the recycle bin."""

from __future__ import annotations

from xtenant.proof.whole import bin, drives, lists, webs
from xtenant.proof.whole.scene import Scene


async def crawl_site(scene: Scene) -> None:
    """Record every fact. Nobody should write meanwhile; nothing is left out silently.

    Raises NetworkError, AccessDenied, NotFound where a part cannot be read, Conflict when one thing is met twice.
    """
    await webs.read_site(scene)
    for web in await webs.read_webs(scene):
        await lists.read_lists(scene, web)
        await drives.read_drives(scene, web)
    await bin.read_bin(scene)
