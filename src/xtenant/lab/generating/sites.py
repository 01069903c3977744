"""One made-up site: its webs, libraries and lists, then what is in them, then who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from xtenant.domain.content import PERSONAL_TEMPLATE, TERABYTE, ItemKind
from xtenant.domain.estates import EstateItem, EstateRecord, EstateSite
from xtenant.domain.lists import (
    DOCUMENT_LIBRARY,
    ENGLISH,
    GENERIC_LIST,
    PACIFIC,
    ColumnKind,
    Definition,
    ListDefinition,
    WebDefinition,
    definition_text,
)
from xtenant.lab.generating import rights
from xtenant.lab.generating.columns import DOCUMENT_TYPE, ITEM_TYPE, columns, content_type
from xtenant.lab.generating.draft import Place, SiteDraft
from xtenant.lab.generating.libraries import Library, LibraryPlan
from xtenant.lab.generating.lists import ListContent, ListPlan
from xtenant.lab.generating.moments import BEGAN, ENDED, between
from xtenant.lab.generating.plan import CLASSIC_TEMPLATE, EstatePlan, shares
from xtenant.lab.generating.words import words
from xtenant.outside.chance import chance_of

LANGUAGES = ((ENGLISH, PACIFIC), (1031, 4), (1036, 3), (1041, 20), (1049, 51), (1025, 74))
"""LCIDs with SharePoint's numbers of time zones."""

WORKERS = 12
LISTS_OF_ALL = 0.3
ITEMS_A_CONTAINER = 400
MOST_SUBWEBS, MOST_LIBRARIES, MOST_LISTS = 3, 6, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWish:
    """One site of a plan: its number, how many items and unique permissions, its owner and its Microsoft 365 group."""

    plan: EstatePlan
    number: int
    items: int
    unique: int
    owner: int
    group: int
    security_groups: tuple[int, ...]


def site_records(wish: SiteWish) -> Iterator[EstateRecord]:
    """Everything of one site, in the order of `domain/estates.py`."""
    return _Drawing(wish).records()


class _Drawing:
    def __init__(self, wish: SiteWish) -> None:
        self._wish = wish
        chance = chance_of(wish.plan.prefix, wish.plan.seed, "site", wish.number)
        others = [1 + int(chance.random() * wish.plan.people) for _ in range(WORKERS)]
        self._chance = chance
        self._is_personal = wish.plan.template(wish.number) == PERSONAL_TEMPLATE
        self._draft = SiteDraft(
            chance=chance,
            name="" if self._is_personal else wish.plan.site_name(wish.number),
            workers=tuple(dict.fromkeys((wish.owner, *others))),
            created_at=between(chance, BEGAN, BEGAN + timedelta(days=3_000)),
            with_versions=wish.plan.with_versions * 1.2,
            attachments=wish.plan.attachments,
        )
        self._webs = [Place(item_id=None)]

    def records(self) -> Iterator[EstateRecord]:
        wish, draft = self._wish, self._draft
        yield self._site()
        yield from rights.site_groups(draft)
        in_lists = 0 if self._is_personal else int(wish.items * LISTS_OF_ALL)
        yield from self._subwebs()
        libraries = list(self._libraries(wish.items - in_lists))
        for record, _ in libraries:
            yield draft.note(record)
        lists = list(self._lists(in_lists))
        for record, _ in lists:
            yield draft.note(record)
        for _, library in libraries:
            yield from Library(draft, library).records()
        for _, of_list in lists:
            yield from ListContent(draft, of_list).records()
        groups = (*wish.security_groups, *((wish.group,) if wish.group else ()))
        yield from rights.rights(draft, groups, unique=wish.unique)
        yield from rights.links(draft, max(1, round(wish.items * wish.plan.links)))

    def _site(self) -> EstateSite:
        wish, draft = self._wish, self._draft
        return EstateSite(
            name=draft.name,
            template=wish.plan.template(wish.number),
            title=f"{words(self._chance)} {wish.number + 1}",
            owner=wish.owner,
            group=wish.group,
            admins=() if self._is_personal else draft.workers[1:2],
            created_at=draft.created_at,
            modified_at=between(self._chance, draft.created_at, ENDED),
            quota_bytes=(1 + wish.number % 5) * TERABYTE // 4,
            web=definition_text(self._web("", wish.plan.template(wish.number))),
        )

    def _web(self, title: str, template: str) -> WebDefinition:
        language, zone = LANGUAGES[int(self._chance.random() * len(LANGUAGES))]
        own = columns(self._draft, (ColumnKind.TEXT, ColumnKind.CHOICE))
        return WebDefinition(
            title=title,
            description=words(self._chance),
            template=template,
            language=language,
            time_zone=zone,
            columns=own,
            content_types=(content_type(self._draft, ITEM_TYPE, own),),
        )

    def _subwebs(self) -> Iterator[EstateItem]:
        """Below the root web or each other."""
        if self._is_personal or self._wish.items < 30:
            return
        for number in range(1 + int(self._chance.random() * MOST_SUBWEBS)):
            above = self._webs[int(self._chance.random() * len(self._webs))]
            title = words(self._chance)
            name = self._draft.names.take(above.item_id, f"web{number + 1}" if number % 2 else f"Büro {number + 1}")
            record = self._container(ItemKind.WEB, name, above, self._web(title, CLASSIC_TEMPLATE))
            self._webs.append(Place(item_id=record.item_id, names=(*above.names, name)))
            yield self._draft.note(record)

    def _container(self, kind: ItemKind, name: str, above: Place, definition: Definition) -> EstateItem:
        draft = self._draft
        by = draft.worker()
        return EstateItem(
            item_id=draft.new_id(),
            kind=kind,
            parent_id=above.item_id,
            name=name,
            created_at=draft.created_at,
            modified_at=between(self._chance, draft.created_at, ENDED),
            author=by,
            editor=by,
            definition=definition_text(definition),
        )

    def _libraries(self, items: int) -> Iterator[tuple[EstateItem, LibraryPlan]]:
        """The default library first, in the root web; the others in any web."""
        count = 1 if self._is_personal else max(len(self._webs), min(MOST_LIBRARIES, 1 + items // ITEMS_A_CONTAINER))
        for number, share in enumerate(shares(items, min(count, items))):
            web = self._webs[number % len(self._webs)]
            name = ("Documents" if self._is_personal else "Shared Documents") if number == 0 else f"Archiv {number}"
            definition = self._library_definition(number)
            record = self._container(ItemKind.LIBRARY, name, web, definition)
            place = Place(item_id=record.item_id, names=(*web.names, name))
            yield record, LibraryPlan(place=place, definition=definition, items=share)

    def _library_definition(self, number: int) -> ListDefinition:
        own = columns(self._draft, () if number == 0 else (ColumnKind.TEXT, ColumnKind.PERSON, ColumnKind.DATE))
        types = (content_type(self._draft, DOCUMENT_TYPE, own),) if own else ()
        return ListDefinition(
            template=DOCUMENT_LIBRARY,
            title="" if number == 0 else f"{words(self._chance)} {number}",
            minor_versions=number == 1,
            version_limit=500,
            content_types_enabled=bool(types),
            columns=own,
            content_types=types,
        )

    def _lists(self, items: int) -> Iterator[tuple[EstateItem, ListPlan]]:
        """Each but the first of a web looks things up in it."""
        count = min(items, 2 + min(MOST_LISTS, items // ITEMS_A_CONTAINER))
        looked_at: dict[Place, tuple[EstateItem, int]] = {}
        for number, share in enumerate(shares(items, count) if count else ()):
            web = self._webs[number // 2 % len(self._webs)]
            first = looked_at.get(web)
            name = f"List{number + 1}" if number % 2 else f"Liste {number + 1} на русском"
            definition = self._list_definition(number, first)
            record = self._container(ItemKind.LIST, name, web, definition)
            looked_at.setdefault(web, (record, share))
            place = Place(item_id=record.item_id, names=(*web.names, "Lists", name))
            numbers = range(1, 1 + (first[1] if first else 0))
            yield record, ListPlan(place=place, definition=definition, items=share, numbers=numbers)

    def _list_definition(self, number: int, looks_at: tuple[EstateItem, int] | None) -> ListDefinition:
        own = columns(self._draft, tuple(ColumnKind), looks_at=looks_at[0].item_id if looks_at else None)
        return ListDefinition(
            template=GENERIC_LIST,
            title=f"{words(self._chance)} {number + 1}",
            description=words(self._chance),
            moderation=number == 2,
            attachments=number != 3,
            content_types_enabled=True,
            columns=own,
            content_types=(content_type(self._draft, ITEM_TYPE, own), content_type(self._draft, ITEM_TYPE, own[:3])),
        )
