"""The ProcessQuery codec gives back what it was given, and never crashes on any bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtenant.domain.limits import Limits
from xtenant.protocols.csom.codec.answer import MalformedReply, read_reply
from xtenant.protocols.csom.codec.build import write_request
from xtenant.protocols.csom.codec.reply import write_reply
from xtenant.protocols.csom.codec.request import read_request
from xtenant.protocols.csom.codec.values import (
    Action,
    Array,
    Constructor,
    Dictionary,
    EnumNumber,
    IdentityPath,
    Instantiate,
    InvalidClientQuery,
    MethodCall,
    MethodPath,
    ObjectPath,
    PathRef,
    PropertySelection,
    Query,
    Request,
    Selection,
    SetProperty,
    ValueObject,
)
from xtenant.protocols.csom.codec.xml import read as read_xml

LIMITS = Limits()
xml_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
names = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,20}", fullmatch=True)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | xml_text
    | st.uuids()
    | st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))
    | st.binary(max_size=40)
    | st.integers(-(2**31), 2**31 - 1).map(EnumNumber)
    | st.just(PathRef(1))
)
members = st.tuples(names, scalars)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: Array(tuple(items)))
        | st.lists(st.tuples(names, inner), max_size=4).map(lambda items: Dictionary(tuple(items)))
        | st.builds(
            lambda type_id, items: ValueObject(type_id, tuple(items)),
            st.uuids(),
            st.lists(st.tuples(names, inner), max_size=4),
        )
    ),
    max_leaves=8,
)
selections = st.builds(
    Selection,
    all_scalars=st.booleans(),
    properties=st.lists(st.builds(PropertySelection, name=names, scalar=st.booleans()), max_size=3).map(tuple),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    numbers = iter(range(1, 100))
    first = next(numbers)
    paths: list[ObjectPath] = [Constructor(path_id=first, type_id=draw(st.uuids()))]
    for parameters in draw(st.lists(st.lists(values, max_size=3), max_size=3)):
        parent = draw(st.sampled_from([path.path_id for path in paths]))
        paths.append(
            MethodPath(path_id=next(numbers), parent_id=parent, name=draw(names), parameters=tuple(parameters))
        )
    paths.append(IdentityPath(path_id=next(numbers), name=draw(xml_text) + "\nTenant"))
    actions: list[Action] = [Instantiate(action_id=next(numbers), path_id=first)]
    for value in draw(st.lists(values, max_size=3)):
        actions.append(SetProperty(action_id=next(numbers), path_id=first, name=draw(names), value=value))
        actions.append(
            MethodCall(action_id=next(numbers), path_id=first, name=draw(names), parameters=(value, draw(scalars)))
        )
    actions.append(
        Query(action_id=next(numbers), path_id=first, selection=draw(selections), children=draw(st.none() | selections))
    )
    return Request(actions=tuple(actions), paths={path.path_id: path for path in paths}, application=draw(xml_text))


@given(requests())
@settings(max_examples=150, deadline=None)
def test_a_request_comes_back_as_it_was_built(request: Request) -> None:
    assert read_request(write_request(request), LIMITS) == request


def _read_or_refuse(body: bytes) -> None:
    try:
        read_request(body, LIMITS)
    except InvalidClientQuery:
        pass


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    _read_or_refuse(body)


@given(requests(), st.integers(0, 4000), st.binary(min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_a_damaged_request_is_read_or_refused(request: Request, at: int, noise: bytes) -> None:
    body = write_request(request)
    at %= len(body)
    _read_or_refuse(body[:at] + noise + body[at + len(noise) :])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="\ufdd0")).filter(
        lambda text: not (text.startswith("/") and text.endswith(")/"))
    )
    | st.uuids()
    | st.datetimes(timezones=st.just(UTC)).map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/_", max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.integers(1, 99), json_values, max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_reply_comes_back_as_it_was_written(values: dict[int, object]) -> None:
    body = write_reply(list(values.items()), correlation_id=UUID(int=7))  # type: ignore[arg-type]
    assert read_reply(body).values == values


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_answer_is_a_reply_or_malformed(body: bytes) -> None:
    try:
        read_reply(body)
    except MalformedReply:
        pass


def test_an_ampersand_in_an_attribute_comes_back_as_it_was_written() -> None:
    root = read_xml(b'<Request xmlns="urn:x" Name="https://a/?x=1&amp;y=&quot;2&quot;"/>', "urn:x", LIMITS)
    assert root.attributes["Name"] == 'https://a/?x=1&y="2"'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_of_the_callers_own_is_refused_in_any_encoding(encoding: str) -> None:
    body = '<!DOCTYPE a [<!ENTITY x "y">]><Request xmlns="urn:x" Name="&x;"/>'
    with pytest.raises(InvalidClientQuery):
        read_xml(body.encode(encoding), "urn:x", LIMITS)
