"""Columns and content types of made-up webs, lists and libraries, and values for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from xtenant.domain.fields import CONTENT_TYPE_ID, TITLE, Address, Fields, FieldValue, Lookup, People, fields_text
from xtenant.domain.lists import Column, ColumnKind, ContentType
from xtenant.lab.generating.draft import SiteDraft
from xtenant.lab.generating.moments import BEGAN, ENDED
from xtenant.lab.generating.people import some
from xtenant.lab.generating.words import words

TITLES = {
    ColumnKind.TEXT: "Reference",
    ColumnKind.NOTE: "Bemerkung",
    ColumnKind.NUMBER: "Количество",
    ColumnKind.CURRENCY: "Montant dû",
    ColumnKind.BOOLEAN: "Approved?",
    ColumnKind.DATE: "期限",
    ColumnKind.CHOICE: "Status",
    ColumnKind.CHOICES: "Régions",
    ColumnKind.PERSON: "Verantwortlich",
    ColumnKind.PEOPLE: "الفريق",
    ColumnKind.LOOKUP: "Belongs to",
    ColumnKind.LOOKUPS: "See also",
    ColumnKind.ADDRESS: "Link",
}
CHOICES = ("New", "In Arbeit", "Готово", "完了", "a;b,c", 'said "yes"')
ITEM_TYPE, DOCUMENT_TYPE = "0x01", "0x0101"


def columns(draft: SiteDraft, kinds: Sequence[ColumnKind], *, looks_at: UUID | None = None) -> tuple[Column, ...]:
    """One column of each kind; lookups only with a list to look at."""
    return tuple(
        _column(draft, kind, looks_at)
        for kind in kinds
        if looks_at is not None or kind not in (ColumnKind.LOOKUP, ColumnKind.LOOKUPS)
    )


def _column(draft: SiteDraft, kind: ColumnKind, looks_at: UUID | None) -> Column:
    chance = draft.chance
    return Column(
        column_id=draft.new_id(),
        name=f"Gen{kind.value}",
        title=TITLES[kind],
        kind=kind,
        required=chance.random() < 0.1,
        hidden=chance.random() < 0.05,
        indexed=chance.random() < 0.1,
        description=words(chance) if chance.random() < 0.5 else "",
        group="Generated columns",
        default=CHOICES[0] if kind is ColumnKind.CHOICE else "",
        choices=CHOICES if kind in (ColumnKind.CHOICE, ColumnKind.CHOICES) else (),
        looks_at=looks_at if kind in (ColumnKind.LOOKUP, ColumnKind.LOOKUPS) else None,
    )


def content_type(draft: SiteDraft, base: str, of: Sequence[Column]) -> ContentType:
    return ContentType(
        type_id=f"{base}00{draft.chance.getrandbits(128):032X}",
        name=words(draft.chance),
        description=words(draft.chance),
        group="Generated content types",
        columns=tuple(column.column_id for column in of),
    )


def values(
    draft: SiteDraft, of: Sequence[Column], types: Sequence[ContentType], *, title: str, numbers: Sequence[int] = ()
) -> Fields:
    """A value for most columns; `numbers` are those of the items that lookups may name."""
    found: dict[str, FieldValue] = {TITLE: title} if title else {}
    if types:
        found[CONTENT_TYPE_ID] = types[int(draft.chance.random() * len(types))].type_id
    for column in of:
        if draft.chance.random() < 0.8 and (value := _value(draft, column.kind, numbers)) is not None:
            found[column.name] = value
    return fields_text(found)


def _value(draft: SiteDraft, kind: ColumnKind, numbers: Sequence[int]) -> FieldValue | None:
    chance = draft.chance
    match kind:
        case ColumnKind.TEXT:
            return words(chance)
        case ColumnKind.NOTE:
            return f"{words(chance)}\n<p>{words(chance)} & {words(chance)}</p>\n"
        case ColumnKind.NUMBER:
            return int(chance.random() * 2_000_000 - 1_000_000) / 8
        case ColumnKind.CURRENCY:
            return int(chance.random() * 10_000_000) / 100
        case ColumnKind.BOOLEAN:
            return chance.random() < 0.5
        case ColumnKind.DATE:
            days = (ENDED - BEGAN).days
            return (BEGAN + timedelta(days=int(chance.random() * days))).strftime("%Y-%m-%dT%H:%M:%SZ")
        case ColumnKind.CHOICE:
            return CHOICES[int(chance.random() * len(CHOICES))]
        case ColumnKind.CHOICES:
            return tuple(choice for choice in CHOICES if chance.random() < 0.4) or CHOICES[:1]
        case ColumnKind.PERSON:
            return People((draft.worker(),))
        case ColumnKind.PEOPLE:
            return People(some(chance, draft.workers, 3))
        case ColumnKind.LOOKUP:
            return Lookup((numbers[int(chance.random() * len(numbers))],)) if numbers else None
        case ColumnKind.LOOKUPS:
            return Lookup(some(chance, numbers, 3)) if numbers else None
        case ColumnKind.ADDRESS:
            return Address(f"https://example.com/{int(chance.random() * 1000)}?a=1&b=2", words(chance))
