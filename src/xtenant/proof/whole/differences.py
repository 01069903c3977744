"""Compares the facts of a source site with those of the target: every difference, nothing forgiven.

Both sides come in order and are merged. What a move may change, who people are, is handed in as a map; the engine's own table
of who became whom is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from xtenant.proof.permissions import strongest
from xtenant.proof.whole.facts import PEOPLE, PERSON, RIGHTS, Facts, Plain

ABSENT = "absent"
OWNERS = "_o"
"""How the owners of a Microsoft 365 group are named: its object id and this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDifference:
    """`expected` is what the source told, after the map; `found` what the target tells; ABSENT where a side has nothing."""

    subject: str
    aspect: str
    expected: Plain
    found: Plain

    def __str__(self) -> str:
        return f"{self.subject}: {self.aspect}: expected {self.expected!r}, found {self.found!r}"


def fact_differences(
    source: Iterable[Facts], target: Iterable[Facts], *, principals: Mapping[str, str]
) -> Iterator[FactDifference]:
    """Every difference by subject and respect; both sides must come sorted.

    `principals` leads from a UPN or object id of the source to the target's, in any letter case. Whoever is not in it is
    expected by the name they had, and with no rights.
    """
    who = _Who({source.lower(): target.lower() for source, target in principals.items()})
    left, right = iter(source), iter(target)
    before, after = next(left, None), next(right, None)
    while before is not None or after is not None:
        if after is None or (before is not None and _place(before) < _place(after)):
            if before is not None:
                yield _whole(before, expected=who.due(before.told), found=ABSENT)
            before = next(left, None)
        elif before is None or _place(after) < _place(before):
            yield _whole(after, expected=ABSENT, found=after.told)
            after = next(right, None)
        else:
            yield from _members(before, who.due(before.told), after.told)
            before, after = next(left, None), next(right, None)


def _place(facts: Facts) -> tuple[str, str]:
    return facts.subject, facts.part


def _whole(of: Facts, *, expected: Plain, found: Plain) -> FactDifference:
    return FactDifference(subject=of.subject, aspect=of.part or "existence", expected=expected, found=found)


def _members(of: Facts, due: Mapping[str, Plain], found: Mapping[str, Plain]) -> Iterator[FactDifference]:
    for name in sorted(due.keys() | found.keys()):
        expected, there = due.get(name, ABSENT), found.get(name, ABSENT)
        if expected != there:
            aspect = f"{of.part} {name}".strip()
            yield FactDifference(subject=of.subject, aspect=aspect, expected=expected, found=there)


class _Who:
    """Says who is expected at the target."""

    def __init__(self, principals: Mapping[str, str]) -> None:
        self._principals = principals

    def due(self, value: Plain) -> Plain:
        """The value with every principal exchanged."""
        if isinstance(value, list):
            return [self.due(one) for one in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        members = cast("dict[str, Any]", value)
        match list(members):
            case ["person"]:
                return {PERSON: self._known(members[PERSON]) or members[PERSON]}
            case ["people"]:
                return {PEOPLE: sorted({self._known(name) or name for name in members[PEOPLE]})}
            case ["rights"]:
                return {RIGHTS: self._rights(members[RIGHTS])}
            case _:
                return {name: self.due(one) for name, one in members.items()}

    def _rights(self, given: Mapping[str, str]) -> dict[str, str]:
        """Two who become one have the stronger of their rights."""
        found: dict[str, list[str]] = {}
        for name, role in given.items():
            if (here := self._known(name)) is not None:
                found.setdefault(here, []).append(role)
        return {name: strongest(roles) for name, roles in found.items()}

    def _known(self, name: str) -> str | None:
        if " " in name:  # a SharePoint group, which moves with its site
            return name
        if name.endswith(OWNERS):
            owners = self._principals.get(name.removesuffix(OWNERS))
            return None if owners is None else owners + OWNERS
        return self._principals.get(name)
