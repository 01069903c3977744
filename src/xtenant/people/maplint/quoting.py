"""Records with quotes, taken apart by hand: what a spreadsheet writes (RFC 4180), told apart from what is damaged."""

from __future__ import annotations

from enum import Enum


class Damage(Enum):
    """Why a text is no record."""

    OPEN = "a quote is not closed"
    STRAY = "a quote stands inside a field"


def fields_of(text: str, delimiter: str) -> list[str] | Damage:
    """The fields of one record. `OPEN` may become a record when the next line is added."""
    fields: list[str] = []
    start = 0
    while True:
        if text.startswith('"', start):
            end = _closing(text, start + 1)
            if end is None:
                return Damage.OPEN
            fields.append(text[start + 1 : end].replace('""', '"'))
            end += 1
            if end < len(text) and not text.startswith(delimiter, end):
                return Damage.STRAY
        else:
            end = text.find(delimiter, start)
            end = len(text) if end < 0 else end
            fields.append(text[start:end])
            if '"' in fields[-1]:
                return Damage.STRAY
        if end == len(text):
            return fields
        start = end + 1


def first_quoted(text: str, delimiter: str) -> int:
    """The 1-based field that the first quote opens."""
    return text[: text.index('"')].count(delimiter) + 1


def _closing(text: str, start: int) -> int | None:
    """Where the quote opened before `start` is closed; a doubled quote is a letter."""
    while True:
        end = text.find('"', start)
        if end < 0:
            return None
        if not text.startswith('"', end + 1):
            return end
        start = end + 2
