"""`check_people`: who is still missing on the target, in which groups, and without which licences. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xtenant.client.people import PeopleClient
from xtenant.inventory.facts import Principal
from xtenant.inventory.store import Inventory
from xtenant.people.apply.grouping import missing_members
from xtenant.people.apply.journal import Journal
from xtenant.people.apply.standing import Standing, key_of, look
from xtenant.people.plan.licences import ONEDRIVE_SKU
from xtenant.people.rows import Method, PersonRow
from xtenant.protocols.graph.call.accounts import Account

WHO_BRINGS = {
    Method.CREATE: "xtenant people apply",
    Method.GUEST: "xtenant people apply",
    Method.SYNC: "the directory sync of the target",
    Method.MAILBOX: "the mailbox project, which makes its people first (R-4.12)",
    Method.EXISTS: "whoever wrote that it exists: it does not",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Something that is missing before the moves may begin, with the rule that wants it and who brings it."""

    rule: str
    name: str
    target: str
    problem: str
    remedy: str

    def shown(self) -> dict[str, object]:
        return {
            "rule": self.rule,
            "name": self.name,
            "target": self.target,
            "problem": self.problem,
            "remedy": self.remedy,
        }


@dataclass(slots=True, kw_only=True)
class Checked:
    """What was found. `not_checked` names what could not be looked at, and why."""

    present: int = 0
    lacks: list[Lack] = field(default_factory=list[Lack])
    not_checked: list[str] = field(default_factory=list[str])


async def check_people(
    client: PeopleClient, rows: Sequence[PersonRow], source: Inventory | None, journal: Journal
) -> Checked:
    """Compare the plan with the target as it is now. Raises AccessDenied and network errors."""
    standing = await look(client, rows)
    checked = Checked(present=sum(1 for row in rows if row.counts and standing.id_of(row) is not None))
    checked.lacks += [_awaited(row) for row in rows if row.awaits_confirmation and row.method is not Method.SKIP]
    checked.lacks += [lack for row in rows if row.counts for lack in _lacks_of(row, standing, source, journal)]
    if source is None:
        checked.not_checked.append("R-4.6: memberships, without --source")
        checked.not_checked.append("R-4.25: migration licences on the source, without --source")
        return checked
    missing = await missing_members(client, rows, source, id_of=standing.id_of)
    for _, membership in missing.members:
        checked.lacks.append(
            Lack(
                rule="R-4.6",
                name=membership.member.shown_name,
                target=membership.member.target_upn,
                problem=f"not {'an owner' if membership.owner else 'a member'} of '{membership.group.target_upn}'",
                remedy="xtenant people apply adds it",
            )
        )
    return checked


def _awaited(row: PersonRow) -> Lack:
    return Lack(
        rule="R-4.3",
        name=row.shown_name,
        target=row.target_upn,
        problem="matched by display name only and not confirmed",
        remedy="write yes into confirmed, or another target",
    )


def _lacks_of(row: PersonRow, standing: Standing, source: Inventory | None, journal: Journal) -> list[Lack]:
    if key_of(row) in standing.ambiguous:
        return [_lack(row, "R-4.7", "the alias belongs to another kind of group, or to several", "write its target_id")]
    found = standing.id_of(row)
    if found is None:
        return [_lack(row, "R-4.13" if row.kind.is_group else "R-4.3", "missing on the target", WHO_BRINGS[row.method])]
    if row.kind.is_group:
        return []
    account = standing.accounts[key_of(row)]
    if row.method is Method.CREATE and not account.is_marked and not journal.made(found):
        remedy = "if it is the same person, set method to exists, else choose another name"
        return [_lack(row, "R-4.7", "the name belongs to an account that people apply did not create", remedy)]
    known = source.principal(row.source_id) if source is not None and row.source_id else None
    return _licence_lacks(row, account, known) if row.onedrive_moves else []


def _licence_lacks(row: PersonRow, account: Account, known: Principal | None) -> list[Lack]:
    """A OneDrive that moves wants a licence with SharePoint and the migration licence on either side."""
    if account.is_guest:
        return [_lack(row, "R-4.3", "a guest has no OneDrive", "make a member account and change the row")]
    found: list[Lack] = []
    if not account.skus - {ONEDRIVE_SKU}:
        found.append(_lack(row, "R-4.4", "no licence with SharePoint", "xtenant people apply --licence SKU"))
    on_source = known is not None and ONEDRIVE_SKU in known.licences
    if known is not None and not on_source and ONEDRIVE_SKU not in account.skus:
        remedy = "xtenant people apply --licence Cross_tenant_user_data_migration"
        found.append(_lack(row, "R-4.25", "no migration licence on either side", remedy))
    return found


def _lack(row: PersonRow, rule: str, problem: str, remedy: str) -> Lack:
    return Lack(rule=rule, name=row.shown_name, target=row.target_upn, problem=problem, remedy=remedy)
