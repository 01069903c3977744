"""`$select`, `$expand`, `$top`, `$skiptoken` as SharePoint REST takes them (content-api.md 4.4). What is not served is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from xtenant.domain import errors
from xtenant.wire.odata import Json

DEFAULT_TOP = 100
MOST = 5_000
KNOWN = frozenset({"$select", "$expand", "$top", "$skiptoken", "$filter"})

_TOKEN = re.compile(r"Paged=TRUE&p_ID=(\d{1,10})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`select` empty: everything but what has to be expanded; names in lower case. `after` is the last number of the page
    before."""

    select: tuple[str, ...] = ()
    expand: frozenset[str] = frozenset()
    top: int | None = None
    after: int = 0
    filter_text: str = ""

    def expands(self, name: str) -> bool:
        return name.lower() in self.expand


def read_selection(options: Iterable[tuple[str, str]], *navigations: str, paged: bool = False) -> Selection:
    """The query options of a request. Raises UsageError for unknown ones, and for expanding what cannot be expanded."""
    given: dict[str, str] = {}
    for name, value in options:
        if name.startswith("@"):
            continue
        key = name.lower()
        if key not in KNOWN or key in given or (key in ("$top", "$skiptoken") and not paged):
            raise errors.UsageError(f"The query option '{name[:40]}' is not served here.")
        given[key] = value
    expand = frozenset(_names(given.get("$expand", "")))
    unknown = sorted(name for name in expand if name.partition("/")[0] not in {nav.lower() for nav in navigations})
    if unknown:
        raise errors.UsageError(f"The field or property '{unknown[0][:40]}' cannot be expanded.")
    return Selection(
        select=tuple(_names(given.get("$select", ""))),
        expand=frozenset(name.partition("/")[0] for name in expand),
        top=_top(given.get("$top")),
        after=_after(given.get("$skiptoken")),
        filter_text=given.get("$filter", "").strip(),
    )


def shaped(row: Mapping[str, Json], selection: Selection, *navigations: str) -> dict[str, Json]:
    """A row with what was asked for. `navigations` are members that show only when expanded.

    Raises UsageError for a member there is not.
    """
    hidden = {name for name in navigations if not selection.expands(name)}
    if not selection.select or "*" in selection.select:
        return {name: value for name, value in row.items() if name not in hidden}
    by_name: dict[str, list[str]] = {}
    for name in row:  # an item has both Id and ID, and who asks for one gets both
        by_name.setdefault(name.lower(), []).append(name)
    shown: dict[str, Json] = {}
    for wanted in selection.select:
        names = by_name.get(wanted.partition("/")[0])
        if names is None:
            raise errors.UsageError(f"The field or property '{wanted[:40]}' does not exist.")
        shown |= {name: row[name] for name in names if name not in hidden}
    return shown


def next_link(url: str, options: Sequence[tuple[str, str]], after: int) -> str:
    """The address of the page behind a number, with every other option as it was."""
    kept = [(name, value) for name, value in options if name.lower() != "$skiptoken"]
    pairs = [*kept, ("$skiptoken", f"Paged=TRUE&p_ID={after}")]
    return f"{url}?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def _names(text: str) -> Iterable[str]:
    return (name.strip().lower() for name in text.split(",") if name.strip())


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0):
        raise errors.UsageError(f"'{text[:40]}' is no number of rows.")
    return min(int(text), MOST)


def _after(text: str | None) -> int:
    if text is None:
        return 0
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise errors.UsageError("The $skiptoken is none that was given out here.")
    return int(found[1])
