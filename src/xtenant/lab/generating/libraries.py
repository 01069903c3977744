"""Libraries of made-up sites: trees of folders, files with histories, paths near the limit, and what was thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from xtenant.domain.content import ItemKind
from xtenant.domain.estates import EstateItem
from xtenant.domain.fields import NO_FIELDS, Fields
from xtenant.domain.lists import ListDefinition
from xtenant.lab.generating import histories
from xtenant.lab.generating.columns import values
from xtenant.lab.generating.draft import Place, SiteDraft
from xtenant.lab.generating.moments import DELETED, ENDED, between
from xtenant.lab.generating.words import file_name, folder_name, long_name, words

DEEPEST = 12
FOLDERS_OF_ALL = 0.12
LONG_FROM, LONG_NAME = 40, 88
"""Libraries of so many items have a path near the limit, through folders with such names."""

FULL_HISTORY_FROM = 400
ROOM_OF_NAMES = 70
LIFTED = 0.3
"""How many files have values in columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPlan:
    """A library whose own record is told elsewhere; `items` are to be put into it."""

    place: Place
    definition: ListDefinition
    items: int


class Library:
    """Draws the content of one library."""

    def __init__(self, draft: SiteDraft, plan: LibraryPlan) -> None:
        self._draft = draft
        self._plan = plan
        self._number = 0
        self._folders = [plan.place]

    def records(self) -> Iterator[EstateItem]:
        """Folders and files, parents first, exactly as many as planned; then what lies in the recycle bin."""
        items = self._plan.items
        if items >= LONG_FROM:
            yield from self._long_path()
        for _ in range(int(items * FOLDERS_OF_ALL) - self._number):
            yield self._new_folder(self._parent(2), folder_name(self._draft.chance))
        if items >= FULL_HISTORY_FROM:
            yield self._new_file(self._parent(3), versions=histories.LONGEST)
        while self._number < items:
            yield self._new_file(self._parent(3), versions=histories.length_of(self._draft))
        for number in range(max(2, items // 200)):
            yield from self._thrown_away(is_folder=number % 2 == 1)

    def _long_path(self) -> Iterator[EstateItem]:
        """Folders with long names down to a file whose path is as long as one may be, or a little shorter."""
        place, room = self._plan.place, self._draft.room
        while room - place.length > LONG_NAME + 12:
            yield self._new_folder(place, long_name(LONG_NAME, self._number))
            place = self._folders.pop()  # nothing else fits in there
        length = room - place.length - 1 - int(self._draft.chance.random() * 4)
        yield self._new_file(place, versions=2, name=long_name(length - 4, self._number) + ".txt")

    def _parent(self, skew: int) -> Place:
        """A folder, the library itself more often than any other."""
        return self._folders[int(self._draft.chance.random() ** skew * len(self._folders))]

    def _new_folder(self, parent: Place, name: str) -> EstateItem:
        if len(parent.names) > DEEPEST or parent.length + ROOM_OF_NAMES > self._draft.room:
            parent = self._plan.place
        item = self._folder(parent, self._draft.names.take(parent.item_id, name))
        self._folders.append(Place(item_id=item.item_id, names=(*parent.names, item.name)))
        return self._draft.note(item, linkable=True)

    def _folder(self, parent: Place, name: str) -> EstateItem:
        self._number += 1
        draft = self._draft
        created = between(draft.chance, draft.created_at, ENDED)
        return EstateItem(
            item_id=draft.new_id(),
            kind=ItemKind.FOLDER,
            list_id=self._plan.place.item_id,
            parent_id=parent.item_id,
            name=name,
            number=self._number,
            created_at=created,
            modified_at=between(draft.chance, created, ENDED),
            author=draft.worker(),
            editor=draft.worker(),
        )

    def _new_file(self, parent: Place, *, versions: int, name: str = "") -> EstateItem:
        if not name and parent.length + ROOM_OF_NAMES > self._draft.room:
            parent = self._plan.place
        wanted = name or file_name(self._draft.chance, self._number)
        return self._draft.note(
            self._file(parent, self._draft.names.take(parent.item_id, wanted), versions), linkable=True
        )

    def _file(self, parent: Place, name: str, versions: int) -> EstateItem:
        self._number += 1
        draft, definition = self._draft, self._plan.definition
        with_values = draft.chance.random() < LIFTED
        history = histories.file_history(
            draft,
            versions,
            minor=definition.minor_versions,
            values=lambda: self._values() if with_values else NO_FIELDS,
        )
        return EstateItem(
            item_id=draft.new_id(),
            kind=ItemKind.FILE,
            list_id=self._plan.place.item_id,
            parent_id=parent.item_id,
            name=name,
            number=self._number,
            created_at=history[0].modified_at,
            modified_at=history[-1].modified_at,
            author=history[0].editor,
            editor=history[-1].editor,
            versions=history,
            fields=history[-1].fields,
        )

    def _values(self) -> Fields:
        definition, draft = self._plan.definition, self._draft
        return values(draft, definition.columns, definition.content_types, title=words(draft.chance))

    def _thrown_away(self, *, is_folder: bool) -> Iterator[EstateItem]:
        """A file of a name that is in use again, or a folder with what was in it."""
        place, by = self._plan.place, self._draft.worker()
        if not is_folder:
            gone = self._file(place, file_name(self._draft.chance, self._number), 1)
            yield _deleted(gone, by, gone.item_id)
            return
        folder = self._folder(place, folder_name(self._draft.chance))
        yield _deleted(folder, by, folder.item_id)
        inside = Place(item_id=folder.item_id, names=(*place.names, folder.name))
        for number in range(2):
            yield _deleted(self._file(inside, f"{number} {folder.name}.txt", 1 + number), by, folder.item_id)


def _deleted(item: EstateItem, by: int, with_: UUID) -> EstateItem:
    return replace(item, deleted_at=DELETED, deleted_by=by, deleted_with=with_)
