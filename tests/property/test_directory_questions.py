"""Any predicate finds in SQL whom it finds by hand: missing values, negations, letter case, `%` and `_`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain.directory import User, UserId
from xtenant.domain.query import (
    USERS,
    All,
    Among,
    Comparison,
    Either,
    Field,
    Not,
    Operator,
    Predicate,
    Question,
    Some,
    Value,
)
from xtenant.domain.tenant import TenantId
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.tables import metadata

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ("a", "A%b", "a_b", "B a", "", "Ärmel", "ärmel b")
FIELDS = [USERS.fields[name] for name in ("display_name", "mail", "department")]
ADDRESSES = USERS.collections["proxy_addresses"]


def people() -> list[User]:
    """Every text beside every other and beside none."""
    return [
        User(
            user_id=UserId(UUID(int=number)),
            upn=f"u{number}@contoso.com",
            display_name=name,
            mail=other,
            department=TEXTS[number % len(TEXTS)] if number % 3 else None,
            account_enabled=bool(number % 2),
            proxy_addresses=tuple(text for text in (name, other) if text) if number % 4 == 0 else (),
            created_at=BEGAN + timedelta(days=number),
        )
        for number, (name, other) in enumerate(product(TEXTS, (*TEXTS, None)), 1)
    ]


@pytest.fixture(scope="module")
def units() -> Iterator[SqlUnits]:
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'tenant.db'}")
        metadata.create_all(engine)
        made = SqlUnits(engine, TenantId(UUID(int=1)))
        with made.write() as uow:
            uow.users.add_many(people())
        yield made
        engine.dispose()


def value_of(user: User, field: Field) -> Value:
    names = {"created_date_time": "created_at", "id": "user_id"}
    return getattr(user, names.get(field.name, field.name))


def fold(field: Field, text: str) -> str:
    """Names and mail addresses fold every script; other texts A to Z."""
    if field.name in ("display_name", "mail"):
        return text.lower()
    return "".join(character.lower() if character.isascii() else character for character in text)


TELL: dict[Operator, Callable[[str, str], bool]] = {
    Operator.EQUAL: lambda own, asked: own == asked,
    Operator.LESS: lambda own, asked: own < asked,
    Operator.AT_MOST: lambda own, asked: own <= asked,
    Operator.GREATER: lambda own, asked: own > asked,
    Operator.AT_LEAST: lambda own, asked: own >= asked,
    Operator.STARTS: lambda own, asked: own.startswith(asked),
    Operator.ENDS: lambda own, asked: own.endswith(asked),
    Operator.CONTAINS: lambda own, asked: asked in own,
}


def compared(own: Value, comparison: Comparison) -> bool:
    if comparison.operator is Operator.NOT_EQUAL:
        return not compared(own, Comparison(comparison.field, Operator.EQUAL, comparison.value))
    if not isinstance(own, str) or not isinstance(comparison.value, str):
        return own == comparison.value if comparison.operator is Operator.EQUAL else False
    return TELL[comparison.operator](fold(comparison.field, own), fold(comparison.field, comparison.value))


def holds(predicate: Predicate, user: User) -> bool:
    match predicate:
        case Not():
            return not holds(predicate.inner, user)
        case All():
            return all(holds(part, user) for part in predicate.parts)
        case Either():
            return any(holds(part, user) for part in predicate.parts)
        case Among():
            own = value_of(user, predicate.field)
            return any(compared(own, Comparison(predicate.field, Operator.EQUAL, one)) for one in predicate.values)
        case Some():
            inner = predicate.where
            assert inner is None or isinstance(inner, Comparison)
            return any(inner is None or compared(address, inner) for address in user.proxy_addresses)
        case Comparison():
            return compared(value_of(user, predicate.field), predicate)


def strategies() -> st.SearchStrategy[Predicate]:
    texts = st.sampled_from([*TEXTS, "B", "%", "_", "ÄRMEL", "a%", "\\"])
    field = st.sampled_from(FIELDS)
    plain = st.builds(Comparison, field, st.sampled_from([*TELL, Operator.NOT_EQUAL]), texts)
    missing = st.builds(Comparison, field, st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]), st.none())
    enabled = st.builds(
        Comparison,
        st.just(USERS.fields["account_enabled"]),
        st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]),
        st.booleans(),
    )
    among = st.builds(Among, field, st.lists(st.one_of(texts, st.none()), min_size=1, max_size=4).map(tuple))
    assert ADDRESSES.element is not None
    some = st.builds(
        Some,
        st.just(ADDRESSES),
        st.one_of(st.none(), st.builds(Comparison, st.just(ADDRESSES.element), st.sampled_from([*TELL]), texts)),
    )
    leaves: st.SearchStrategy[Predicate] = st.one_of(plain, missing, enabled, among, some)

    def joined(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
        parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(st.builds(Not, inner), st.builds(All, parts), st.builds(Either, parts))

    return st.recursive(leaves, joined, max_leaves=8)


@cache
def everybody() -> list[User]:
    return people()


@given(strategies())
def test_sql_finds_whom_the_predicate_names(units: SqlUnits, predicate: Predicate) -> None:
    with units.read() as uow:
        found = {one.user_id.int for one in uow.user_lists.page(Question(where=predicate, limit=999)).rows}
    assert found == {one.user_id.int for one in everybody() if holds(predicate, one)}
