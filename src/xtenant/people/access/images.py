"""Who a principal of the source becomes: the row of the map, if what it names exists in the target (R-5.1 to R-5.19).

The file is read by the linter's reader. Rows that the target would reject are passed over, and of two rows for one source the
first counts, as in the service; `map lint` names both kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from xtenant.inventory.facts import Principal, PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.access.membership import DIRECTORY_GROUPS, OWNERS, PEOPLE
from xtenant.people.maplint.keys import keyed
from xtenant.people.maplint.reading import Reader

_TEXT = "text"
"""The policy by which whoever is not in the map becomes a name without access."""


@dataclass(frozen=True, slots=True)
class MapRow:
    """What matters of a row: the source's key and the target's, folded; which of the two kinds it is."""

    source: str
    target: str
    is_group: bool


def read_map(path: Path, company: UUID) -> Iterator[MapRow]:
    """The rows about one source tenant. Raises UsageError for a file that cannot be read."""
    seen: set[str] = set()
    for block in Reader(path).blocks():
        for word, owner, source, target, _, _ in keyed(*block)[1]:
            key = source.casefold()
            if owner.casefold() == str(company) and key not in seen:
                seen.add(key)
                yield MapRow(key, target.casefold(), word.casefold() == "group")


class Images:
    """Answers for one source, one target, one map and one policy. `heir` is the target account the policy names."""

    def __init__(self, source: Inventory, target: Inventory, path: Path, unmapped: str) -> None:
        self._source, self._target = source, target
        self._rows = {row.source: row for row in read_map(path, source.tenant().tenant_id)}
        self._upns = {each.upn.casefold(): each.principal_id for each in target.principals(PEOPLE) if each.upn}
        self._groups = {each.principal_id.casefold(): each.principal_id for each in target.principals(DIRECTORY_GROUPS)}
        self.heir = self._upns.get(unmapped.casefold()) if unmapped and unmapped != _TEXT else None
        self._of_people: dict[str, str] = {}
        self._from: dict[str, list[str]] = {}
        for person in source.principals(PEOPLE):
            image = self._of(person)
            if image is not None:
                self._of_people[person.principal_id] = image
                self._from.setdefault(image, []).append(person.principal_id)

    def image(self, principal_id: str) -> str | None:
        """The target's principal for a source's account or directory group; None where the map does not lead to one."""
        found = self._of_people.get(principal_id)
        if found is not None:
            return found
        principal = self._source.principal(principal_id)
        return None if principal is None else self._of(principal)

    def sources(self, target_id: str) -> list[str]:
        """The source's accounts that become this one."""
        return self._from.get(target_id, [])

    def account(self, upn: str) -> str | None:
        """The target's account with a UPN."""
        return self._upns.get(upn.casefold())

    def _of(self, principal: Principal) -> str | None:
        row = self._rows.get(_key(principal))
        if row is None:
            return None
        return self._groups.get(row.target) if row.is_group else self._upns.get(row.target)


def _key(principal: Principal) -> str:
    """What a row names a principal by. Deleted accounts and groups are known by their login name only, yet may have one."""
    if principal.kind in PEOPLE:
        return principal.upn.casefold()
    if principal.kind is PrincipalKind.OTHER:
        return principal.principal_id.rpartition("|")[2].removesuffix(OWNERS).casefold()
    return principal.principal_id.casefold()
