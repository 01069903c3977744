"""What a row of the table of verbs holds. The tables are `verbs.py` and, for nouns with many rows, a module beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One row. `operation` is `module.function` below `xtenant.operations`; `routes` are short names of wire calls."""

    name: str
    operation: str = ""
    cmdlets: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    note: str = ""
