"""What the linter says: a finding, its severity, and the table of rules with what each needs beside the file itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, auto

import msgspec


class Severity(Enum):
    """An error keeps a map from being sent; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One problem. `line` is the first physical line of the record, `column` a field from 1 to 6.

    Both are None where something is missing from the file. A Struct, since a bad file has a million of them.
    """

    rule: str
    severity: Severity
    line: int | None
    column: int | None
    message: str
    remedy: str


class Needs(Flag):
    """What a rule compares the file with."""

    NOTHING = 0
    TARGET = auto()
    """The target's tenant id."""
    SOURCE_DOMAINS = auto()
    TARGET_DOMAINS = auto()
    MOVES = auto()
    SOURCE_PERMISSIONS = auto()
    """The moving sites' owners, administrators and assignments."""
    TARGET_PEOPLE = auto()
    PREVIOUS = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the rulebook's list."""

    rule: str
    text: str
    needs: Needs = Needs.NOTHING


RULES: tuple[Rule, ...] = (
    Rule("R-5.40", "six fields in every row"),
    Rule("R-5.41", "no header"),
    Rule("R-5.42", "column 1 is User or Group"),
    Rule("R-5.43", "column 2 is the source's tenant id"),
    Rule("R-5.44", "column 2 is not the target's tenant id", Needs.TARGET),
    Rule("R-5.45", "columns 3 to 5 of a user are addresses"),
    Rule("R-5.46", "column 6 of a user is a user type"),
    Rule("R-5.47", "columns 3 and 4 of a group are object ids"),
    Rule("R-5.48", "column 6 of a group is a group type"),
    Rule("R-5.49", "column 5 of a security group repeats column 4"),
    Rule("R-5.50", "column 5 of a Microsoft 365 group is its alias"),
    Rule("R-5.51", "a source stands once"),
    Rule("R-5.52", "a target stands once"),
    Rule("R-5.53", "domains belong to their tenants", Needs.SOURCE_DOMAINS | Needs.TARGET_DOMAINS),
    Rule("R-5.54", "no apostrophe in columns 3 and 4"),
    Rule("R-5.55", "a user's source and target differ"),
    Rule("R-5.56", "every OneDrive that moves has its row", Needs.MOVES),
    Rule("R-5.57", "every group that moves has its row", Needs.MOVES),
    Rule("R-5.58", "everybody with permissions has a row", Needs.MOVES | Needs.SOURCE_PERMISSIONS),
    Rule("R-5.59", "no row of the previous map is lost", Needs.PREVIOUS),
    Rule("R-5.60", "plain UTF-8 text with commas"),
    Rule("R-5.61", "guests are marked as guests"),
    Rule("R-5.63", "target accounts exist and are ready", Needs.MOVES | Needs.TARGET_PEOPLE),
    Rule("R-5.64", "no user of the target's domain on a source site",
         Needs.MOVES | Needs.SOURCE_PERMISSIONS | Needs.TARGET_DOMAINS),
    Rule("R-5.65", "a OneDrive belongs to its own user", Needs.MOVES | Needs.SOURCE_PERMISSIONS),
)  # fmt: skip
"""R-5.62 (the file is closed, its path absolute) is the affair of `map replace`, which alone hands the file on."""

GIVEN_BY = {
    Needs.TARGET: "--target",
    Needs.SOURCE_DOMAINS: "--source",
    Needs.TARGET_DOMAINS: "--target",
    Needs.MOVES: "--moves",
    Needs.SOURCE_PERMISSIONS: "--source, read with the permissions of the sites that move",
    Needs.TARGET_PEOPLE: "--target",
    Needs.PREVIOUS: "--previous",
}


def not_checked(had: Needs) -> tuple[str, ...]:
    """The rules that need more than was had, in the rulebook's order."""
    return tuple(row.rule for row in RULES if row.needs & ~had)


def lacking(had: Needs) -> dict[str, list[str]]:
    """Option → the rules that would be checked with it."""
    wanted: dict[str, list[str]] = {}
    for need, option in GIVEN_BY.items():
        rules = [row.rule for row in RULES if need in row.needs and need not in had]
        if rules:
            wanted[option] = list(dict.fromkeys([*wanted.get(option, ()), *rules]))
    return wanted


def error(rule: str, line: int | None, column: int | None, message: str, remedy: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, line=line, column=column, message=message, remedy=remedy)


def warning(rule: str, line: int | None, column: int | None, message: str, remedy: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, line=line, column=column, message=message, remedy=remedy)
