"""Values of columns: which ones a column takes, internal names, and every spelling of a value on the wire read back alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtenant.domain import columns, errors
from xtenant.domain.columns import fitted, internal_name, merged, with_column
from xtenant.domain.content import ItemKind
from xtenant.domain.fields import Address, FieldValue, Lookup, People, WrongField, field_values
from xtenant.domain.form_values import FormValue, moment_of, value_of
from xtenant.domain.lists import Column, ColumnKind, ListDefinition, WrongDefinition
from xtenant.protocols.graph.codec.list_items import FieldReader
from xtenant.protocols.sharepoint_rest.codec.columns import column_of_schema, schema_of
from xtenant.protocols.sharepoint_rest.codec.list_items import fields_json, read_fields

LIST = UUID(int=5)
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=40
)
NUMBERS = st.lists(st.integers(1, 2**31), min_size=1, max_size=4, unique=True).map(tuple)
VALUES: dict[ColumnKind, st.SearchStrategy[FieldValue]] = {
    ColumnKind.TEXT: TEXT,
    ColumnKind.NOTE: TEXT,
    ColumnKind.CHOICE: TEXT,
    ColumnKind.NUMBER: st.integers(-(2**40), 2**40) | st.floats(-(2**62), 2**62),
    ColumnKind.CURRENCY: st.integers(0, 10**6),
    ColumnKind.BOOLEAN: st.booleans(),
    ColumnKind.DATE: st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z"),
    ColumnKind.CHOICES: st.lists(TEXT, min_size=1, max_size=4).map(tuple),
    ColumnKind.PERSON: NUMBERS.map(lambda some: People(some[:1])),
    ColumnKind.PEOPLE: NUMBERS.map(People),
    ColumnKind.LOOKUP: NUMBERS.map(lambda some: Lookup(some[:1])),
    ColumnKind.LOOKUPS: NUMBERS.map(Lookup),
    ColumnKind.ADDRESS: st.builds(Address, TEXT, TEXT),
}


def column_of(kind: ColumnKind, name: str = "") -> Column:
    looks_at = LIST if kind in (ColumnKind.LOOKUP, ColumnKind.LOOKUPS) else None
    return Column(
        column_id=UUID(int=list(ColumnKind).index(kind) + 1),
        name=name or f"C_{kind.value}",
        title=kind.value,
        kind=kind,
        looks_at=looks_at,
    )


ALL = tuple(column_of(kind) for kind in ColumnKind)
SETS = st.fixed_dictionaries({}, optional={f"C_{kind.value}": values for kind, values in VALUES.items()})


def test_a_kind_of_column_that_is_added_gets_its_values_tested() -> None:
    assert set(VALUES) == set(ColumnKind)


@settings(max_examples=25)
@given(values=SETS)
def test_whatever_a_column_takes_comes_back_over_rest(values: dict[str, FieldValue]) -> None:
    text = merged("", values, ALL)
    wire = msgspec.json.decode(msgspec.json.encode(fields_json(ALL, text)))
    sent = {name: value for name, value in wire.items() if not name.endswith("StringId")}
    assert merged("", read_fields(sent)((*columns.WRITABLE, *ALL)), (*columns.WRITABLE, *ALL)) == text


@settings(max_examples=25)
@given(values=SETS)
def test_a_value_stays_what_it_is_when_it_is_written_again(values: dict[str, FieldValue]) -> None:
    text = merged("", values, ALL)
    assert merged("", field_values(text), ALL) == text
    assert merged(text, {}, ALL) == text
    assert merged(text, dict.fromkeys(values), ALL) == ""


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["results", "Url", "Description", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(
    name=st.sampled_from([f"C_{kind.value}{end}" for kind in ColumnKind for end in ("", "Id", "LookupId")]),
    value=JSON_VALUES,
)
def test_no_value_on_the_wire_is_more_than_refused(name: str, value: Any) -> None:
    for read in (read_fields({name: value}), FieldReader({name: value})):
        try:
            merged("", read(ALL), ALL)
        except WrongField:
            continue


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ColumnKind.TEXT, 1),
        (ColumnKind.TEXT, "x" * 256),
        (ColumnKind.TEXT, "\ud800"),
        (ColumnKind.NUMBER, True),
        (ColumnKind.NUMBER, "1"),
        (ColumnKind.NUMBER, 2**63),
        (ColumnKind.NUMBER, 1e300),
        (ColumnKind.NOTE, "a\x01b"),
        (ColumnKind.CHOICES, ("a", "b\x00")),
        (ColumnKind.ADDRESS, Address("https://x\x00")),
        (ColumnKind.BOOLEAN, 1),
        (ColumnKind.DATE, "2026-13-01"),
        (ColumnKind.DATE, 5),
        (ColumnKind.CHOICES, "a"),
        (ColumnKind.PERSON, People((1, 2))),
        (ColumnKind.PERSON, People((0,))),
        (ColumnKind.PERSON, Lookup((1,))),
        (ColumnKind.LOOKUP, Lookup((1, 2))),
        (ColumnKind.LOOKUPS, Lookup((2**63,))),
        (ColumnKind.ADDRESS, "https://x"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: ColumnKind, value: FieldValue) -> None:
    with pytest.raises(WrongField):
        fitted(column_of(kind), value)


def test_a_number_of_another_side_that_passes_64_bits_is_still_told() -> None:
    told = [columns.number_shown(value) for value in (7, -1.5, 2**70, 10**400)]
    assert told[:3] == [7, -1.5, float(2**70)] and told[3] == str(10**400)
    assert msgspec.json.encode(told)


def test_dates_are_kept_in_utc_and_whole_seconds() -> None:
    column = column_of(ColumnKind.DATE)
    assert fitted(column, "2026-11-24T08:00:00.9+02:00") == "2026-11-24T06:00:00Z"
    assert fitted(column, "2026-11-24") == "2026-11-24T00:00:00Z"


def test_internal_names_are_spelt_as_sharepoint_spells_them() -> None:
    assert internal_name("Due date", ()) == "Due_x0020_date"
    assert internal_name("1st", ()) == "_x0031_st"
    assert internal_name("Größe", ()) == "Gr_x00f6__x00df_e"
    assert internal_name("Client", ["client"]) == "Client0"
    assert internal_name("Author", ()) == "Author0"
    assert len(internal_name("x y" * 40, ())) == 32
    for wrong in ("", "  ", "x" * 256, "a\nb"):
        with pytest.raises(WrongDefinition):
            internal_name(wrong, ())


def test_a_column_is_added_once(monkeypatch: pytest.MonkeyPatch) -> None:
    own = with_column((), column_of(ColumnKind.TEXT, "Client"))
    with pytest.raises(errors.Conflict):
        with_column(own, column_of(ColumnKind.NOTE, "CLIENT"))
    with pytest.raises(WrongDefinition):
        with_column((), Column(column_id=LIST, name="x", title="x", kind=ColumnKind.LOOKUP))
    monkeypatch.setattr(columns, "MOST_COLUMNS", 1)
    with pytest.raises(WrongDefinition):
        with_column(own, column_of(ColumnKind.NOTE))


@settings(max_examples=25)
@given(
    title=TEXT.filter(lambda text: text.strip() and text.isprintable()),
    choices=st.lists(TEXT.filter(str.isprintable), max_size=3),
    kind=st.sampled_from(list(ColumnKind)),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_a_schema_says_everything_of_its_column(
    title: str, choices: list[str], kind: ColumnKind, flags: tuple[bool, bool, bool]
) -> None:
    column = Column(
        column_id=LIST,
        name="Own",
        title=title,
        kind=kind,
        required=flags[0],
        hidden=flags[1],
        indexed=flags[2],
        description='5 < 6 & "so on"',
        group="Ours",
        default="<none>",
        choices=tuple(choices),
        looks_at=LIST if kind in (ColumnKind.LOOKUP, ColumnKind.LOOKUPS) else None,
    )
    assert column_of_schema(schema_of(column), UUID(int=9)) == column


PEOPLE = {"i:0#.f|membership|ann@contoso.com": 7, "bob@contoso.com": 8}
FORMS: tuple[tuple[ColumnKind, str, FieldValue | None], ...] = (
    (ColumnKind.TEXT, "text", "text"),
    (ColumnKind.TEXT, "", None),
    (ColumnKind.NUMBER, "-12", -12),
    (ColumnKind.NUMBER, "1.5", 1.5),
    (ColumnKind.BOOLEAN, "1", True),
    (ColumnKind.BOOLEAN, "No", False),
    (ColumnKind.DATE, "11/24/2026 8:05 PM", "2026-11-24T20:05:00Z"),
    (ColumnKind.DATE, "11/24/2026 12:05 AM", "2026-11-24T00:05:00Z"),
    (ColumnKind.DATE, "2026-11-24T08:00:00+02:00", "2026-11-24T06:00:00Z"),
    (ColumnKind.CHOICES, "a;#b", ("a", "b")),
    (ColumnKind.PERSON, "[{'Key':'i:0#.f|membership|ann@contoso.com'}]", People((7,))),
    (ColumnKind.PEOPLE, '[{"Key":"bob@contoso.com"},{"Key":"i:0#.f|membership|ann@contoso.com"}]', People((8, 7))),
    (ColumnKind.LOOKUP, "3", Lookup((3,))),
    (ColumnKind.LOOKUPS, "3;#three;#4;#four", Lookup((3, 4))),
    (ColumnKind.ADDRESS, "https://x, the page", Address("https://x", "the page")),
)


def test_texts_of_forms_become_values() -> None:
    for kind, text, value in FORMS:
        column = column_of(kind)
        assert value_of(column, FormValue(name=column.name, text=text), PEOPLE, in_utc=True) == value, text


def test_texts_of_forms_that_mean_nothing_are_refused() -> None:
    for kind, text in (
        (ColumnKind.NUMBER, "1e999"),
        (ColumnKind.NUMBER, "٣"),
        (ColumnKind.BOOLEAN, "maybe"),
        (ColumnKind.DATE, "13/24/2026 8:05 PM"),
        (ColumnKind.DATE, "11/24/2026 13:05 PM"),
        (ColumnKind.DATE, "0001-01-01T00:00:00+23:00"),
        (ColumnKind.PERSON, "[{'Key':'nobody@contoso.com'}]"),
        (ColumnKind.PERSON, "ann@contoso.com"),
        (ColumnKind.PERSON, "[[[" * 10_000),
        (ColumnKind.PERSON, "[]"),
        (ColumnKind.LOOKUP, "three"),
    ):
        with pytest.raises(WrongField):
            value_of(column_of(kind), FormValue(name="x", text=text), PEOPLE, in_utc=True)


def test_a_date_in_a_webs_own_time_zone_is_refused_since_it_says_another_moment_elsewhere() -> None:
    for text in ("11/24/2026 8:00 AM", "2026-11-24T08:00:00"):
        with pytest.raises(WrongField):
            moment_of(FormValue(name="Created", text=text), in_utc=False)


def test_items_name_a_content_type_even_where_nobody_gave_one() -> None:
    plain = ListDefinition()
    assert columns.default_type(ItemKind.FILE, plain) == "0x0101"
    assert columns.default_type(ItemKind.FOLDER, plain) == "0x0120"
    assert columns.default_type(ItemKind.LIST_ITEM, plain) == "0x01"
