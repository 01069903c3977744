"""How cmdlets print objects: one block of `Name : value` lines each, a blank line between, as PowerShell's Format-List."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime


def blocks(rows: Iterable[Mapping[str, object]]) -> str:
    """All rows as text; empty for none. Values that are None stand empty."""
    return "\n\n".join(_block(row) for row in rows)


def _block(row: Mapping[str, object]) -> str:
    width = max(len(name) for name in row)
    return "\n".join(f"{name:<{width}} : {_shown(value)}".rstrip() for name, value in row.items())


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)
