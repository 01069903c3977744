"""Writing what webs and lists are made of, and attachments; a part of the site's writer, not used alone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete

from xtenant.domain import errors
from xtenant.domain.content import WEB, Item, ItemKey, ItemKind, NewAttachment
from xtenant.domain.lists import ListDefinition, WebDefinition, definition_text
from xtenant.storage.attachments import AttachmentStore, attachments
from xtenant.storage.blobs import require_live
from xtenant.storage.definitions import definitions
from xtenant.storage.item_rows import insert_attachment
from xtenant.storage.items import ItemStore, items
from xtenant.storage.version_writer import SqlVersionWriter


class SqlListWriter(SqlVersionWriter):
    """The rest of `ListWriter` on SQL."""

    def put_list(self, item: ItemKey, definition: ListDefinition) -> None:
        self.put_definitions({item: definition})

    def put_web(self, item: ItemKey, definition: WebDefinition) -> None:
        self.put_definitions({item: definition})

    def put_definitions(self, given: Mapping[ItemKey, ListDefinition | WebDefinition]) -> None:
        if not given:
            return
        there = ItemStore(self._connection, self._tenant_id).by_keys(key for key in given if key != WEB)
        for key, definition in given.items():
            self._require_kind(there.get(key), key, definition)
        insert = self._insert(definitions)
        self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=["site_key", "item_key"], set_={"definition": insert.excluded.definition}
            ),
            [{**self._own, "item_key": key, "definition": definition_text(one)} for key, one in given.items()],
        )
        if there:
            own = items.c.tenant_id == self._tenant_id, items.c.key.in_(sorted(there))
            self._renumber(own[0] & own[1], (items.c.key,))
        self._count(changes=len(given))

    def attach(self, item: Item, attachment: NewAttachment) -> None:
        self._require_additions()
        require_live(self._connection, self._tenant_id, [attachment.stored.key])
        if item.kind is not ItemKind.LIST_ITEM:
            raise errors.UsageError("Files are attached to list items only.")
        insert_attachment(self._connection, self._tenant_id, item.key, attachment)
        self._know([attachment.author, attachment.editor])
        self._set(item)
        self._count(changes=1, size=attachment.stored.size_bytes)

    def detach(self, item: Item, name: str) -> None:
        found = AttachmentStore(self._connection, self._tenant_id).by_name(item, name)
        if found is None:
            raise errors.NotFound(f"No file named {name!r} is attached.", item=item.item_id)
        self._connection.execute(
            delete(attachments).where(
                attachments.c.tenant_id == self._tenant_id,
                attachments.c.item_key == item.key,
                attachments.c.name == found.name,
            )
        )
        self._set(item)
        self._count(changes=1, size=-found.size_bytes)

    def _require_kind(self, item: Item | None, key: ItemKey, definition: ListDefinition | WebDefinition) -> None:
        wanted = isinstance(definition, WebDefinition)
        if key == WEB and wanted:
            return
        gone = item is not None and item.deleted_at is not None
        if item is None or item.site_key != self._site.key or (gone and self._site.published_at is not None):
            raise errors.NotFound("There is no such web or list.")
        if not (item.kind is ItemKind.WEB if wanted else item.kind.is_list):
            raise errors.NotFound("What is defined is of another kind.", item=item.item_id)
