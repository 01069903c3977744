"""`$search` of a list of directory objects: `"displayName:wor" AND ("mail:a" OR "mail:b")` into a predicate.

Names and descriptions are searched word by word, every other property by its beginning, as at Microsoft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xtenant.domain.limits import Limits
from xtenant.domain.query import (
    All,
    Comparison,
    Either,
    InvalidQuery,
    Noun,
    Operator,
    Predicate,
    UnsupportedQuery,
    parts_of,
)
from xtenant.wire.filters import check_text, field_named

BY_WORD = frozenset({"display_name", "description"})
_TOKEN = re.compile(r'\s*(?:"(?P<clause>(?:[^"\\]|\\.)*)"|(?P<word>AND|OR|[()]))')
_WORDS = re.compile(r"[^\W_]+")


def parse_search(text: str, noun: Noun, limits: Limits) -> Predicate:
    """Read `$search`. Raises InvalidQuery, or UnsupportedQuery for a property that is not searched."""
    check_text("$search", text, limits)
    reader = _Reader(_tokens(text), noun)
    found = reader.either()
    reader.end()
    if sum(1 for _ in parts_of(found)) > limits.query_parts:
        raise UnsupportedQuery(f"The search has more than {limits.query_parts} parts.", remedy="Ask for less.")
    return found


def _tokens(text: str) -> Sequence[tuple[str, str]]:
    """(`clause`, its text) or (`word`, AND, OR or a parenthesis)."""
    found: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise InvalidQuery(f"Syntax error at position {at} in '{text[:100]}'.", remedy='Write "property:value".')
        clause = token["clause"]
        found.append(("word", token["word"]) if clause is None else ("clause", re.sub(r"\\(.)", r"\1", clause)))
        at = token.end()
    return found


class _Reader:
    """Reads tokens from left to right; AND binds closer than OR."""

    def __init__(self, tokens: Sequence[tuple[str, str]], noun: Noun) -> None:
        self._tokens = tokens
        self._noun = noun
        self._at = 0
        self._depth = 0

    def either(self) -> Predicate:
        parts = [self._every()]
        while self._takes("OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise InvalidQuery("The search has something behind its end.")

    def _every(self) -> Predicate:
        parts = [self._one()]
        while self._takes("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Predicate:
        if self._takes("("):
            self._depth += 1
            if self._depth > 20:
                raise UnsupportedQuery("The search is nested too deep.", remedy="Ask for less.")
            inner = self.either()
            if not self._takes(")"):
                raise InvalidQuery("The search lacks a closing parenthesis.")
            self._depth -= 1
            return inner
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        if kind != "clause":
            raise InvalidQuery('The search lacks a clause "property:value".')
        self._at += 1
        return self._clause(text)

    def _takes(self, word: str) -> bool:
        taken = self._tokens[self._at : self._at + 1] == [("word", word)]
        self._at += taken
        return taken

    def _clause(self, text: str) -> Predicate:
        name, colon, value = text.partition(":")
        if not colon:
            raise InvalidQuery(f"The search '{text[:100]}' names no property.", remedy='Write "property:value".')
        asked = field_named(self._noun.fields, name.strip(), self._noun.name)
        if not asked.searchable:
            raise UnsupportedQuery(f"The property '{name.strip()}' is not searched.", remedy="Use $filter.")
        if asked.name not in BY_WORD:
            return Comparison(asked, Operator.STARTS, value.strip())
        words = _WORDS.findall(value)
        if not words:
            raise InvalidQuery("The search has no word to look for.")
        return All(tuple(Comparison(asked, Operator.WORD, word) for word in words))
