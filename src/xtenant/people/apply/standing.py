"""What stands on the target for each row of the people file: read live, by id, name or mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from xtenant.client.people import PeopleClient
from xtenant.people.rows import Method, PersonRow, RowKind
from xtenant.protocols.graph.call.accounts import Account, GroupFound


def key_of(row: PersonRow) -> str:
    """What names a row: its source id, else its source UPN or alias."""
    return (row.source_id or row.source_upn).casefold()


@dataclass(slots=True, kw_only=True)
class Standing:
    """Accounts and groups by row key; `ambiguous` are groups of which several have the alias."""

    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    groups: dict[str, GroupFound] = field(default_factory=dict[str, GroupFound])
    ambiguous: set[str] = field(default_factory=set[str])

    def id_of(self, row: PersonRow) -> UUID | None:
        found = (self.groups if row.kind.is_group else self.accounts).get(key_of(row))
        return None if found is None else found.id


async def look(client: PeopleClient, rows: Sequence[PersonRow]) -> Standing:
    """Look for every row that counts. Raises AccessDenied and network errors."""
    found = Standing()
    wanted = [row for row in rows if row.counts]
    await _look_for_people(client, [row for row in wanted if not row.kind.is_group], found)
    await _look_for_groups(client, [row for row in wanted if row.kind.is_group], found)
    return found


async def _look_for_people(client: PeopleClient, rows: Sequence[PersonRow], found: Standing) -> None:
    """By id where one is known, then by UPN, guests by mail last."""
    for name in ("target_id", "target_upn"):
        named = [row for row in rows if key_of(row) not in found.accounts and getattr(row, name)]
        accounts = await client.accounts([getattr(row, name) for row in named])
        found.accounts |= {key_of(row): each for row, each in zip(named, accounts, strict=True) if each is not None}
    guests = [
        row for row in rows if key_of(row) not in found.accounts and row.method is Method.GUEST and row.target_mail
    ]
    accounts = await client.accounts_by_mail([row.target_mail for row in guests])
    found.accounts |= {key_of(row): each for row, each in zip(guests, accounts, strict=True) if each is not None}


async def _look_for_groups(client: PeopleClient, rows: Sequence[PersonRow], found: Standing) -> None:
    by_id = [row for row in rows if row.target_id]
    groups = await client.groups([row.target_id for row in by_id])
    found.groups |= {key_of(row): each for row, each in zip(by_id, groups, strict=True) if each is not None}
    by_alias = [row for row in rows if key_of(row) not in found.groups and row.target_upn]
    lists = await client.groups_by_alias([row.target_upn for row in by_alias])
    for row, some in zip(by_alias, lists, strict=True):
        fitting = [each for each in some if each.is_unified == (row.kind is RowKind.M365)]
        marked = [each for each in fitting if each.is_marked]
        chosen = fitting if len(fitting) == 1 else marked
        if len(chosen) == 1:
            found.groups[key_of(row)] = chosen[0]
        elif some:
            found.ambiguous.add(key_of(row))
