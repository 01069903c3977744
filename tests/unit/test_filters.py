"""`$filter`, `$orderby` and `$search`: read into predicates, and refused where they are none."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT
from xtenant.domain.query import (
    GROUPS,
    USERS,
    All,
    Among,
    Comparison,
    Either,
    InvalidQuery,
    Not,
    Operator,
    Predicate,
    Some,
    UnsupportedQuery,
    is_advanced,
)
from xtenant.wire.filters import parse_filter, parse_order
from xtenant.wire.searches import parse_search

NAME, MAIL = USERS.fields["display_name"], USERS.fields["mail"]
SKU = UUID("6fd2c87f-b296-42f0-b197-1e91e994b900")


def read(text: str) -> Predicate:
    return parse_filter(text, USERS, DEFAULT)


def is_x(operator: Operator = Operator.EQUAL) -> Comparison:
    return Comparison(NAME, operator, "x")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("displayName eq 'x'", is_x()),
        (" DISPLAYNAME EQ 'x' ", is_x()),
        ("not(displayName eq 'x')", Not(is_x())),
        ("NOT displayName eq 'x'", Not(is_x())),
        ("startsWith(displayName,'x') eq false", Not(is_x(Operator.STARTS))),
        ("displayName eq 'it''s'", Comparison(NAME, Operator.EQUAL, "it's")),
        ("mail in ('a')", Among(MAIL, ("a",))),
        ("mail in ('a' , null)", Among(MAIL, ("a", None))),
        ("displayName eq 'x' and displayName eq 'x' and displayName eq 'x'", All((is_x(), is_x(), is_x()))),
        ("displayName eq 'x' or displayName eq 'x' and mail eq null",
         Either((is_x(), All((is_x(), Comparison(MAIL, Operator.EQUAL, None)))))),
        (f"assignedLicenses/any(l:l/skuId eq {SKU})",
         Some(USERS.collections["assigned_licenses"],
              Comparison(USERS.collections["assigned_licenses"].fields["sku_id"], Operator.EQUAL, SKU))),
        ("proxyAddresses/any()", Some(USERS.collections["proxy_addresses"])),
    ],
)  # fmt: skip
def test_a_filter_is_read_as_it_is_meant(text: str, meant: Predicate) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "''",
        "displayName",
        "displayName eq",
        "displayName eq 'x",
        "displayName eq x",
        "displayName eq 1",
        "displayName eq true",
        "'x' eq displayName",
        "passwordHash eq 'x'",
        "display_name eq 'x'",
        "tenant_id eq 'x'",
        "displayName/x eq 'x'",
        "accountEnabled eq 'true'",
        "createdDateTime ge '2026'",
        "createdDateTime ge 2026-02-31T00:00:00Z",
        "createdDateTime ge 9999-12-31T23:59:59-14:00",
        "id eq 'not-a-guid'",
        "mail/any(m:m eq 'x')",
        "proxyAddresses eq 'x'",
        "proxyAddresses/any(p:displayName eq 'x')",
        "assignedLicenses/any(l:proxyAddresses/any(p:p eq 'x'))",
        "assignedLicenses/any(l:l eq 'x')",
        "f(a=1,b=2,c=3)",
        "startswith(displayName)",
        "displayName eq concat('a','b')",
        "displayName eq 'a\0b'",
        "displayName eq 'x'; drop table users",
        "x" * 9_000,
    ],
)
def test_what_is_no_filter_of_users_is_invalid(text: str) -> None:
    with pytest.raises(InvalidQuery):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "length(displayName) eq 1 or tolower(displayName)",
        "tolower(displayName)",
        "accountEnabled gt true",
        "id ge '6fd2c87f-b296-42f0-b197-1e91e994b900'",
        "displayName gt null",
        "startswith(createdDateTime,'2')",
        "assignedLicenses/all(l:l/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)",
        " or ".join(["displayName eq 'x'"] * 16),
        "id in (" + ",".join([f"'{SKU}'"] * 16) + ")",
        " and ".join(["displayName eq 'x'"] * 101),
        "not " * 200 + "accountEnabled",
    ],
)
def test_what_is_read_and_not_answered_is_unsupported(text: str) -> None:
    with pytest.raises(errors.UsageError):
        read(text)


def test_deep_parentheses_do_no_harm() -> None:
    assert read("(" * 2_000 + "displayName eq 'x'" + ")" * 2_000) == is_x()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("displayName eq 'x' and startswith(mail,'y')", False),
        ("displayName ne 'x'", True),
        ("accountEnabled eq true and not(displayName eq 'x')", True),
        ("proxyAddresses/any(p:endswith(p,'x'))", True),
        ("contains(displayName,'x')", True),
        ("mail in ('a','b') or userType eq 'Guest'", False),
    ],
)
def test_advanced_filters_are_told_from_plain_ones(text: str, told: bool) -> None:
    assert is_advanced(read(text)) is told


def test_an_order_is_one_sortable_property() -> None:
    assert parse_order("displayName DESC", USERS).descending
    assert parse_order("createdDateTime", GROUPS).field is GROUPS.fields["created_date_time"]
    for text in ("", "displayName up", "displayName,mail", "displayName asc asc", "nobody"):
        with pytest.raises(InvalidQuery):
            parse_order(text, USERS)
    with pytest.raises(UnsupportedQuery):
        parse_order("jobTitle", USERS)


def test_a_search_joins_its_clauses_as_written() -> None:
    told = parse_search('"displayName:one two" AND ("mail:a" OR "mail:b")', USERS, DEFAULT)
    words = All((Comparison(NAME, Operator.WORD, "one"), Comparison(NAME, Operator.WORD, "two")))
    mails = Either((Comparison(MAIL, Operator.STARTS, "a"), Comparison(MAIL, Operator.STARTS, "b")))
    assert told == All((words, mails))


@pytest.mark.parametrize(
    "text",
    [
        *("", "displayName:x", '"x"', '"displayName:"', '"displayName:!!"', '"nobody:x"', '"city:x"', '"displayName:x'),
        *('("displayName:x"', '"displayName:x")', '"displayName:x" AND', "(" * 30 + '"mail:x"'),
        '"displayName:' + "a " * 200 + '"',
    ],
)
def test_what_is_no_search_is_refused(text: str) -> None:
    with pytest.raises((InvalidQuery, UnsupportedQuery)):
        parse_search(text, USERS, DEFAULT)


WORDS = st.sampled_from(
    [
        *(
            "displayName",
            "mail",
            " eq ",
            " ne ",
            " and ",
            " or ",
            "not ",
            "not(",
            "(",
            ")",
            "'x'",
            "''",
            "'",
            ",",
            " in ",
        ),
        *("any", "all", "/any(", "l:l/skuId", "null", "true", "1", "-", "2026-01-01", "T00:00:00Z", str(SKU)),
        *("startswith(", "=", ":", "/", " ", "%", '"', '"mail:x"', " AND "),
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map("".join)))
def test_no_text_does_worse_than_a_usage_error(text: str) -> None:
    for reader in (parse_filter, parse_search):
        try:
            reader(text, USERS, DEFAULT)
        except errors.UsageError:
            continue
