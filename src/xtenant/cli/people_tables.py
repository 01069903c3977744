"""One object with long lists in it: whole where a program reads, a short table and one table for each list where a person does."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import cast

from xtenant.cli.output import Format, Row, emit

MOST_ROWS = 50
"""Rows of a list that a table shows; the rest is counted."""


def emit_lists(told: Row, lists: Mapping[str, Sequence[Row]], chosen: Format | None) -> None:
    """Print `told` with `lists` as members, or as tables under their names; empty ones are left out of tables."""
    form = chosen or (Format.TABLE if sys.stdout.isatty() else Format.JSON)
    if form is not Format.TABLE:
        emit({**told, **lists}, form)
        return
    emit(_flat(told), form)
    for name, rows in lists.items():
        if rows:
            sys.stdout.write(f"{name.replace('_', ' ')}: {len(rows)}\n")
            emit(rows[:MOST_ROWS], form)
            if len(rows) > MOST_ROWS:
                sys.stdout.write(f"… and {len(rows) - MOST_ROWS} more: --output json shows all\n")


def _flat(told: Row, before: str = "") -> dict[str, object]:
    """Objects in objects as `outer inner`, which a table of two columns can show."""
    flat: dict[str, object] = {}
    for name, value in told.items():
        label = f"{before} {name}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            flat |= _flat(cast(Row, value), label)  # the objects of a report have names as keys
        elif not isinstance(value, list | tuple) or value:
            flat[label] = value
    return flat
