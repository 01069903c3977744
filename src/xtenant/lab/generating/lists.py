"""Lists of made-up sites: items with values in columns of every kind, histories, attachments, folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from xtenant.domain.content import ItemKind
from xtenant.domain.estates import EstateAttachment, EstateItem
from xtenant.domain.fields import Fields
from xtenant.domain.lists import ListDefinition
from xtenant.lab.generating import histories
from xtenant.lab.generating.columns import values
from xtenant.lab.generating.draft import Place, SiteDraft
from xtenant.lab.generating.moments import DELETED, ENDED, between
from xtenant.lab.generating.words import file_name, folder_name, words

FOLDERS_FROM = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """A list whose own record is told elsewhere; `items` are to be put into it, `numbers` may be looked up from them."""

    place: Place
    definition: ListDefinition
    items: int
    numbers: range


class ListContent:
    """Draws the content of one list."""

    def __init__(self, draft: SiteDraft, plan: ListPlan) -> None:
        self._draft = draft
        self._plan = plan
        self._number = 0

    def records(self) -> Iterator[EstateItem]:
        """Folders and items, exactly as many as planned; then one in the recycle bin."""
        plan, draft = self._plan, self._draft
        folder: EstateItem | None = None
        if plan.items >= FOLDERS_FROM:
            folder = draft.note(self._folder())
            yield folder
        while self._number < plan.items:
            inside = folder is not None and draft.chance.random() < 0.2
            yield draft.note(self._item(folder if inside else None))
        gone = self._item(None)
        yield replace(gone, deleted_at=DELETED, deleted_by=draft.worker(), deleted_with=gone.item_id)

    def _folder(self) -> EstateItem:
        self._number += 1
        draft = self._draft
        created = between(draft.chance, draft.created_at, ENDED)
        return EstateItem(
            item_id=draft.new_id(),
            kind=ItemKind.FOLDER,
            list_id=self._plan.place.item_id,
            parent_id=self._plan.place.item_id,
            name=folder_name(draft.chance),
            number=self._number,
            created_at=created,
            modified_at=created,
            author=draft.worker(),
            editor=draft.worker(),
        )

    def _item(self, folder: EstateItem | None) -> EstateItem:
        self._number += 1
        draft, home = self._draft, self._plan.place.item_id
        history = histories.item_history(draft, histories.length_of(draft), values=self._values)
        return EstateItem(
            item_id=draft.new_id(),
            kind=ItemKind.LIST_ITEM,
            list_id=home,
            parent_id=home if folder is None else folder.item_id,
            name=f"{self._number}_.000",
            number=self._number,
            created_at=history[0].modified_at,
            modified_at=history[-1].modified_at,
            author=history[0].editor,
            editor=history[-1].editor,
            versions=history,
            fields=history[-1].fields,
            attachments=tuple(self._attachments()),
        )

    def _values(self) -> Fields:
        plan, draft = self._plan, self._draft
        of = plan.definition
        return values(draft, of.columns, of.content_types, title=words(draft.chance), numbers=plan.numbers)

    def _attachments(self) -> Iterator[EstateAttachment]:
        draft = self._draft
        if not self._plan.definition.attachments or draft.chance.random() >= draft.attachments:
            return
        for number in range(1 + int(draft.chance.random() * 3)):
            created, by = between(draft.chance, draft.created_at, ENDED), draft.worker()
            yield EstateAttachment(
                name=file_name(draft.chance, number),
                content=histories.content(draft, alone=True),
                created_at=created,
                modified_at=created,
                author=by,
                editor=by,
            )
