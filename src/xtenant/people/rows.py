"""People CSV: one row for each person and group that needs an identity on the target, as an administrator edits it (settled C 3).

A group stands in the same file as a person: its two UPN columns hold its alias. The columns `user_type` and `kind` speak the
identity map's words and ours. What a row wants done is its method; what made it so is its rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from xtenant.domain import errors, sheets

COLUMNS = (
    "kind",
    "source_id",
    "source_upn",
    "source_mail",
    "source_name",
    "method",
    "rule",
    "target_id",
    "target_upn",
    "target_mail",
    "user_type",
    "confirmed",
    "problems",
)
REQUIRED = ("kind", "source_id", "source_upn", "method", "target_upn")


class Method(Enum):
    """How the identity on the target comes about."""

    CREATE = "create"
    SYNC = "sync"
    MAILBOX = "mailbox"
    EXISTS = "exists"
    GUEST = "guest"
    SKIP = "skip"


class RowKind(Enum):
    USER = "user"
    GUEST = "guest"
    SECURITY = "security"
    M365 = "m365"

    @property
    def is_group(self) -> bool:
        return self in (RowKind.SECURITY, RowKind.M365)


class Rule(Enum):
    """What matched, in the order in which it is asked; `NEW` where nothing did."""

    EXPLICIT = "explicit"
    MOVE = "move"
    MAIL = "mail"
    UPN = "upn"
    ALIAS = "alias"
    NAME = "name"
    NEW = "new"


TYPES = {
    RowKind.USER: ("RegularUser", "GuestUser"),
    RowKind.GUEST: ("RegularUser", "GuestUser"),
    RowKind.SECURITY: ("RegularGroup",),
    RowKind.M365: ("O365Group",),
}
"""Column 6 of the identity map by kind (R-5.9, R-5.10); a source guest may become either (R-5.17)."""

_Word = TypeVar("_Word", RowKind, Method, Rule)


class DamagedPeople(errors.UsageError):
    """The people file cannot be read; the text names every problem with its line."""

    code = "damagedPeople"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One row. `rules` holds one rule, or two for an explicit row of somebody whose OneDrive moves."""

    kind: RowKind
    source_id: str
    source_upn: str
    source_mail: str = ""
    source_name: str = ""
    method: Method
    rules: tuple[Rule, ...] = (Rule.NEW,)
    target_id: str = ""
    target_upn: str = ""
    target_mail: str = ""
    user_type: str = ""
    confirmed: bool = False
    problems: tuple[str, ...] = ()
    line: int = 0

    @property
    def explicit(self) -> bool:
        return Rule.EXPLICIT in self.rules

    @property
    def onedrive_moves(self) -> bool:
        return Rule.MOVE in self.rules and self.kind is RowKind.USER

    @property
    def awaits_confirmation(self) -> bool:
        """A match by display name does nothing until somebody says yes (settled C 3)."""
        return Rule.NAME in self.rules and not self.confirmed

    @property
    def counts(self) -> bool:
        """Whether the row stands for an identity: it is neither skipped nor awaiting an answer."""
        return self.method is not Method.SKIP and not self.awaits_confirmation

    @property
    def shown_name(self) -> str:
        return self.source_upn or self.source_name or self.source_id


def read_people(text: str, *, name: str = "the people file") -> list[PersonRow]:
    """The rows of a CSV text in file order.

    Raises DamagedPeople naming every problem at once, UsageError for a header that is not this file's.
    """
    rows: list[PersonRow] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in sheets.read(text, COLUMNS, required=REQUIRED, what=name):
        try:
            row = _row(line, cells)
        except errors.UsageError as error:
            problems.append(f"line {line}: {error.text}")
            continue
        for key in _keys(row):
            if key in seen:
                problems.append(f"line {line}: '{key[1]}' stands in line {seen[key]} already (R-5.18).")
            seen.setdefault(key, line)
        rows.append(row)
    if problems:
        raise DamagedPeople(
            f"{name} has {len(problems)} problem(s): " + " ".join(problems), remedy="Correct these lines."
        )
    return rows


def written_people(rows: Iterable[PersonRow]) -> Iterator[str]:
    """The rows as lines of CSV, header first."""
    return sheets.written(COLUMNS, map(cells_of, rows))


def cells_of(row: PersonRow) -> Mapping[str, str]:
    """A row as it stands in the file."""
    return {
        "kind": row.kind.value,
        "source_id": row.source_id,
        "source_upn": row.source_upn,
        "source_mail": row.source_mail,
        "source_name": row.source_name,
        "method": row.method.value,
        "rule": " ".join(rule.value for rule in row.rules),
        "target_id": row.target_id,
        "target_upn": row.target_upn,
        "target_mail": row.target_mail,
        "user_type": row.user_type,
        "confirmed": "yes" if row.confirmed else "",
        "problems": "; ".join(row.problems),
    }


def type_of(kind: RowKind, method: Method) -> str:
    """The type column a row has unless it says otherwise."""
    if kind is RowKind.SECURITY:
        return "RegularGroup"
    if kind is RowKind.M365:
        return "O365Group"
    return "GuestUser" if method is Method.GUEST else "RegularUser"


def _row(line: int, cells: Mapping[str, str]) -> PersonRow:
    kind = _word(RowKind, "kind", cells["kind"])
    method = _word(Method, "method", cells["method"])
    if not cells["source_id"] and not cells["source_upn"]:
        raise errors.UsageError("neither source_id nor source_upn is given.")
    if method is Method.GUEST and kind.is_group:
        raise errors.UsageError("a group cannot become a guest.")
    if method not in (Method.SKIP, Method.GUEST) and not cells["target_upn"] and not cells["target_id"]:
        raise errors.UsageError("target_upn is empty (for a group: its alias).")
    if method is Method.GUEST and "@" not in (cells["target_mail"] or cells["source_mail"]):
        raise errors.UsageError("target_mail is empty: a guest is invited by mail.")
    return PersonRow(
        kind=kind,
        source_id=cells["source_id"],
        source_upn=cells["source_upn"],
        source_mail=cells["source_mail"],
        source_name=cells["source_name"],
        method=method,
        rules=_rules(cells["rule"]),
        target_id=cells["target_id"],
        target_upn=cells["target_upn"],
        target_mail=cells["target_mail"] or (cells["source_mail"] if method is Method.GUEST else ""),
        user_type=_type(kind, method, cells["user_type"]),
        confirmed=_yes(cells["confirmed"]),
        problems=tuple(filter(None, (part.strip() for part in cells["problems"].split(";")))),
        line=line,
    )


def _rules(text: str) -> tuple[Rule, ...]:
    """A row without a rule was written by a person: it is explicit."""
    return tuple(_word(Rule, "rule", word) for word in text.split()) or (Rule.EXPLICIT,)


def _type(kind: RowKind, method: Method, text: str) -> str:
    if not text:
        return type_of(kind, method)
    allowed = TYPES[kind]
    for name in allowed:
        if name.casefold() == text.casefold():
            return name
    raise errors.UsageError(f"'{text}' is no user_type of a {kind.value}: {', '.join(allowed)}.")


def _yes(text: str) -> bool:
    if text.casefold() in ("", "no", "false"):
        return False
    if text.casefold() in ("yes", "true"):
        return True
    raise errors.UsageError(f"confirmed is yes or empty, not '{text}'.")


def _word(words: type[_Word], column: str, text: str) -> _Word:
    for word in words:
        if word.value == text.casefold():
            return word
    raise errors.UsageError(f"'{text}' is no {column}: {', '.join(str(word.value) for word in words)}.")


def _keys(row: PersonRow) -> list[tuple[str, str]]:
    """What nobody else may have: the id, and a person's UPN; aliases of security groups may be shared."""
    named = (("id", row.source_id), ("upn", "" if row.kind.is_group else row.source_upn))
    return [(column, text.casefold()) for column, text in named if text]
