"""A predicate of `domain/query.py` as a condition in SQL, the same on both engines.

A negation is pushed down to the comparisons, where a missing value counts as unequal; SQL's own NOT would lose such rows.
Every text is a bound parameter, `%` and `_` in it escaped.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, false, not_, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from xtenant.domain.query import (
    All,
    Among,
    Comparison,
    Either,
    Kind,
    Not,
    Operator,
    Predicate,
    Some,
    Value,
)

_LAST = "\U0010ffff"
_BREAKS = " -_.,'(/@&"
"""What a word may begin behind; letters and digits of any script make words."""

_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def ascii_lower(text: str) -> str:
    return text.translate(_SMALL)


class folded(FunctionElement[str]):
    """A text with A to Z made small and compared by code point: what both engines can do alike."""

    type = String()
    inherit_cache = True


@compiles(folded, "sqlite")
def _folded_sqlite(element: folded, compiler: SQLCompiler, **more: Any) -> str:
    return f"lower({compiler.process(element.clauses, **more)})"


@compiles(folded, "postgresql")
def _folded_postgresql(element: folded, compiler: SQLCompiler, **more: Any) -> str:
    text = compiler.process(element.clauses, **more)
    return f"(translate({text}, '{string.ascii_uppercase}', '{string.ascii_lowercase}') COLLATE \"C\")"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a field is compared: an expression, and what is done to a text before it is compared with it.

    `indexed` says that an index finds the few rows with one value.
    """

    expression: ColumnElement[Any]
    fold: Callable[[str], str] = str
    nullable: bool = True
    indexed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A collection: the fields of its members, and the condition that a member fulfilling something exists."""

    fields: Mapping[str, Asked]
    exists: Callable[[ColumnElement[bool]], ColumnElement[bool]]


def of_key(column: ColumnElement[Any], *, nullable: bool, indexed: bool = False) -> Asked:
    """A column that holds its text in small letters of every script."""
    return Asked(expression=column, fold=str.lower, nullable=nullable, indexed=indexed)


def of_text(column: ColumnElement[Any], *, nullable: bool = True) -> Asked:
    """A column that holds its text as written."""
    return Asked(expression=folded(column), fold=ascii_lower, nullable=nullable)


def condition(
    predicate: Predicate, fields: Mapping[str, Asked], many: Mapping[str, Many], *, holds: bool = True
) -> ColumnElement[bool]:
    """The condition under which a predicate holds, or does not. Its depth is the predicate's, which its reader bounds."""
    match predicate:
        case Not():
            return condition(predicate.inner, fields, many, holds=not holds)
        case All() | Either():
            parts = [condition(part, fields, many, holds=holds) for part in predicate.parts]
            return and_(true(), *parts) if isinstance(predicate, All) is holds else or_(false(), *parts)
        case Some():
            found = many[predicate.collection.name]
            inner = true() if predicate.where is None else condition(predicate.where, found.fields, many)
            return found.exists(inner) if holds else not_(found.exists(inner))
        case Among():
            return _among(predicate, fields[predicate.field.name], holds=holds)
        case Comparison():
            return _compared(predicate, fields[predicate.field.name], holds=holds)


def is_narrow(predicate: Predicate, fields: Mapping[str, Asked]) -> bool:
    """Whether few rows can fulfil it, found by an index on what it compares."""
    match predicate:
        case Comparison(operator=Operator.EQUAL) if predicate.value is not None:
            return predicate.field.name in fields and fields[predicate.field.name].indexed
        case Among() if None not in predicate.values:
            return predicate.field.name in fields and fields[predicate.field.name].indexed
        case All():
            return any(is_narrow(part, fields) for part in predicate.parts)
        case Either():
            return all(is_narrow(part, fields) for part in predicate.parts)
        case _:
            return False


def _among(predicate: Among, asked: Asked, *, holds: bool) -> ColumnElement[bool]:
    values = [_folded(value, asked) for value in predicate.values if value is not None]
    found: ColumnElement[bool] = asked.expression.in_(values)
    if None in predicate.values:
        found = or_(found, asked.expression.is_(None))
        return found if holds else not_(found)
    return found if holds else _or_missing(not_(found), asked)


def _compared(predicate: Comparison, asked: Asked, *, holds: bool) -> ColumnElement[bool]:
    if predicate.operator is Operator.NOT_EQUAL:
        return _compared(Comparison(predicate.field, Operator.EQUAL, predicate.value), asked, holds=not holds)
    expression = asked.expression
    if predicate.value is None:
        return expression.is_(None) if holds else expression.is_not(None)
    if predicate.field.kind is Kind.BOOLEAN:
        found: ColumnElement[bool] = expression.is_(predicate.value)
        return found if holds else not_(found)  # IS never says NULL
    found = _told(predicate.operator, expression, _folded(predicate.value, asked))
    return found if holds else _or_missing(not_(found), asked)


def _told(operator: Operator, expression: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    match operator:
        case Operator.LESS:
            return expression < value
        case Operator.AT_MOST:
            return expression <= value
        case Operator.GREATER:
            return expression > value
        case Operator.AT_LEAST:
            return expression >= value
        case Operator.STARTS:
            return and_(expression >= value, expression < value + _LAST)  # unlike LIKE, a range goes by an index
        case Operator.ENDS:
            return expression.endswith(value, autoescape=True)
        case Operator.CONTAINS:
            return expression.contains(value, autoescape=True)
        case Operator.WORD:
            later = [expression.contains(f"{place}{value}", autoescape=True) for place in _BREAKS]
            return and_(
                expression.contains(value, autoescape=True),
                or_(expression.startswith(value, autoescape=True), *later),
            )
        case _:
            return expression == value


def _folded(value: Value, asked: Asked) -> Any:
    return asked.fold(value) if isinstance(value, str) else value


def _or_missing(found: ColumnElement[bool], asked: Asked) -> ColumnElement[bool]:
    return or_(found, asked.expression.is_(None)) if asked.nullable else found
