"""Entries of a site's recycle bin as JSON (content-api.md 4.5; MS-CSOMSPT `SP.RecycleBinItem`)."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.content import ItemKind
from xtenant.domain.deleted_items import DeletedView
from xtenant.wire.odata import Json

KIND = "SP.RecycleBinItem"
ITEM_TYPES = {
    ItemKind.FILE: 1,
    ItemKind.LIST_ITEM: 3,
    ItemKind.LIBRARY: 4,
    ItemKind.LIST: 4,
    ItemKind.FOLDER: 5,
    ItemKind.WEB: 10,
}
FIRST_STAGE = 1


class IdsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of RestoreByIds and DeleteByIds; `bRenameExistingItems` is not served."""

    ids: list[str]
    bRenameExistingItems: bool = False

    def guids(self) -> list[UUID]:
        """Raises UsageError."""
        if self.bRenameExistingItems:
            raise errors.UsageError("What stands in the way is not renamed.", remedy="Rename or move it first.")
        return [guid_of(text) for text in self.ids]


def guid_of(text: str) -> UUID:
    """Raises UsageError."""
    try:
        return UUID(text.strip("{}'"))
    except ValueError:
        raise errors.UsageError(f"'{text[:40]}' is no id of the recycle bin.") from None


def entry_json(view: DeletedView) -> dict[str, Json]:
    """`DirName` is the place below the host, without a leading slash. Everything stands in the first stage (our choice)."""
    item = view.item
    assert item.deleted_at is not None
    site = unquote(urlsplit(view.site.url).path).strip("/")
    deleted = item.deleted_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Id": str(item.item_id),
        "LeafName": item.name,
        "LeafNamePath": {"DecodedUrl": item.name},
        "Title": item.name,
        "DirName": "/".join(name for name in (site, *view.place) if name),
        "ItemType": ITEM_TYPES[item.kind],
        "ItemState": FIRST_STAGE,
        "Size": str(item.size_bytes),
        "DeletedDate": deleted,
        "DeletedByName": "" if view.deleted_by is None else view.deleted_by.name,
        "DeletedByEmail": "" if view.deleted_by is None else view.deleted_by.mail or "",
        "AuthorName": "" if view.author is None else view.author.name,
        "AuthorEmail": "" if view.author is None else view.author.mail or "",
    }
