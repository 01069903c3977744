"""The recycle bin: what was deleted by itself, by whom, when, and where it stood (content-api.md 4.5). SharePoint does not tell
what a deleted folder took along."""

from __future__ import annotations

from xtenant.proof.whole.facts import Facts, moment, person
from xtenant.proof.whole.scene import Scene
from xtenant.protocols.sharepoint_rest.call.recycle_bin import deleted_items


async def read_bin(scene: Scene) -> None:
    """Everything that lies in it, told by id: several things of one name may be there."""
    async for entry in deleted_items(scene.session, scene.site_url):
        told = {
            "name": entry.LeafName,
            "place": scene.below(f"/{entry.DirName}"),
            "kind": entry.ItemType,
            "size": entry.Size,
            "deleted": moment(entry.DeletedDate),
            "deleted by": person(entry.DeletedByEmail),
            "author": person(entry.AuthorEmail),
        }
        scene.ledger.add([Facts(f"deleted {entry.LeafName} {entry.Id}", told)])
