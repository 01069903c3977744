"""OData function arguments, key escaping, and the ProcessQuery examples of our reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain import errors
from xtenant.wire import odata


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a='x',b='y'", {"a": "x", "b": "y"}),
        ("'x','y'", {"a": "x", "b": "y"}),
        ("A='it''s', B=guid'1'", {"a": "it's", "b": "1"}),
        ("b=true,a=-1", {"a": "-1", "b": "true"}),
        ("a=@p,b='y'", {"a": "from alias", "b": "y"}),
        ("a='x,y)',b=''", {"a": "x,y)", "b": ""}),
    ],
)
def test_arguments_are_read_however_they_are_written(text: str, expected: dict[str, str]) -> None:
    assert odata.arguments(text, "a", "b", aliases={"@p": "'from alias'"}) == expected


@pytest.mark.parametrize(
    "text", ["", "a='x'", "a='x',a='y'", "c='x',a='y'", "'x','y','z'", "a='x", "a=@q,b='y'", "a b"]
)
def test_arguments_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(errors.UsageError):
        odata.arguments(text, "a", "b", aliases={"@p": "'x'"})


@given(st.text(max_size=60))
def test_any_arguments_are_read_or_refused(text: str) -> None:
    try:
        odata.arguments(text, "a", "b")
    except errors.UsageError:
        pass


def test_a_key_is_escaped_as_recorded_clients_do() -> None:
    assert odata.escape_key("https://a.b/c'd e") == "https%3A%23%23a.b%23c%7Cd%20e"
    assert odata.unescape_key("https:##a.b#c|d e") == "https://a.b/c'd e"
    assert odata.unescape_key("https:/a.b/c") == "https://a.b/c"
