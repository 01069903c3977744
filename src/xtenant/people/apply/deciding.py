"""What a run of `people apply` does: decided from the rows and from what stands, before anything is sent.

Only rows of the methods create and guest become something new. A name that somebody else took meanwhile is a failure of its
row and never touched (R-4.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xtenant.domain import errors
from xtenant.inventory.store import Inventory
from xtenant.people.apply.journal import Journal
from xtenant.people.apply.standing import Standing, key_of
from xtenant.people.plan import names
from xtenant.people.rows import Method, PersonRow, RowKind, Rule
from xtenant.protocols.graph.call.accounts import NewAccount, NewGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyWishes:
    """What was asked for. `movers` are source UPNs, folded, where the moves were named."""

    usage_location: str = ""
    enable_without_onedrive: bool = False
    movers: frozenset[str] | None = None
    only_new_groups: bool = False
    owner: str = ""
    licences: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A row, or a membership, that could not be done, and what to do about it."""

    name: str
    target: str
    step: str
    problem: str
    remedy: str

    def shown(self) -> dict[str, object]:
        return {
            "name": self.name,
            "target": self.target,
            "step": self.step,
            "problem": self.problem,
            "remedy": self.remedy,
        }


@dataclass(slots=True, kw_only=True)
class Decision:
    """The new ones by kind with their rows; `waiting` are rows that others bring about and that are not there yet."""

    accounts: list[tuple[PersonRow, NewAccount]] = field(default_factory=list[tuple[PersonRow, NewAccount]])
    guests: list[PersonRow] = field(default_factory=list[PersonRow])
    groups: list[tuple[PersonRow, NewGroup]] = field(default_factory=list[tuple[PersonRow, NewGroup]])
    present: list[PersonRow] = field(default_factory=list[PersonRow])
    waiting: list[PersonRow] = field(default_factory=list[PersonRow])
    inert: list[PersonRow] = field(default_factory=list[PersonRow])
    failures: list[Failure] = field(default_factory=list[Failure])


def decide(
    rows: Sequence[PersonRow], standing: Standing, source: Inventory | None, journal: Journal, wishes: ApplyWishes
) -> Decision:
    """Sort the rows. Raises UsageError when what new rows need was not given."""
    _require_what_new_ones_need(rows, standing, source, wishes)
    decision = Decision()
    for row in rows:
        if row.counts:
            _decide_row(row, standing, source, journal, wishes, decision)
        elif row.awaits_confirmation and row.method is not Method.SKIP:
            decision.inert.append(row)
    return decision


def failure_of(row: PersonRow, step: str, error: errors.XTenantError) -> Failure:
    """A failure of a row from an error."""
    return Failure(name=row.shown_name, target=row.target_upn, step=step, problem=error.text, remedy=error.remedy)


def _require_what_new_ones_need(
    rows: Sequence[PersonRow], standing: Standing, source: Inventory | None, wishes: ApplyWishes
) -> None:
    if source is not None:
        return
    new = [row for row in rows if row.counts and row.method is Method.CREATE and standing.id_of(row) is None]
    if any(row.kind.is_group for row in new):
        raise errors.UsageError(
            "Groups are to be created, and their visibility, owners and members are known by the source only.",
            remedy="Name it: --source PROFILE or --source HANDOVER-FILE.",
        )
    if new and not wishes.usage_location:
        raise errors.UsageError(
            "Accounts are to be created without a usage location.",
            remedy="Give --usage-location XX, or --source, whose people have one.",
        )


def _decide_row(
    row: PersonRow,
    standing: Standing,
    source: Inventory | None,
    journal: Journal,
    wishes: ApplyWishes,
    decision: Decision,
) -> None:
    if key_of(row) in standing.ambiguous:
        text = f"'{row.target_upn}' is the alias of a group of another kind, or of several groups."
        decision.failures.append(
            Failure(
                name=row.shown_name,
                target=row.target_upn,
                step="find",
                problem=text,
                remedy="Write the object id of the one meant into target_id, or choose another alias (R-4.7).",
            )
        )
    elif standing.id_of(row) is not None:
        if row.method is Method.CREATE and not _is_ours(row, standing, journal):
            decision.failures.append(_taken(row))
        else:
            decision.present.append(row)
    elif row.method is Method.GUEST:
        decision.guests.append(row)
    elif row.method is not Method.CREATE:
        decision.waiting.append(row)
    elif row.kind.is_group:
        decision.groups.append((row, _new_group(row, source)))
    else:
        _decide_account(row, source, wishes, decision)


def _decide_account(row: PersonRow, source: Inventory | None, wishes: ApplyWishes, decision: Decision) -> None:
    known = source.principal(row.source_id) if source is not None and row.source_id else None
    location = (known.usage_location if known is not None else "") or wishes.usage_location
    if not location:
        decision.failures.append(
            Failure(
                name=row.shown_name,
                target=row.target_upn,
                step="create",
                problem="The person has no usage location on the source, so no licence could be assigned (R-4.4).",
                remedy="Give --usage-location XX for all who have none.",
            )
        )
        return
    new = NewAccount(
        upn=row.target_upn,
        display_name=row.source_name or row.target_upn.partition("@")[0],
        usage_location=location,
        enabled=wishes.enable_without_onedrive and has_no_onedrive_move(row, wishes.movers),
    )
    decision.accounts.append((row, new))


def has_no_onedrive_move(row: PersonRow, movers: frozenset[str] | None) -> bool:
    """Whether it is certain that no OneDrive comes for this person: by the moves, else by the rule of the row.

    An explicit row says nothing of that, so it counts as somebody whose OneDrive may move (R-4.8).
    """
    if movers is not None:
        return row.source_upn.casefold() not in movers
    return Rule.MOVE not in row.rules and Rule.EXPLICIT not in row.rules


def _new_group(row: PersonRow, source: Inventory | None) -> NewGroup:
    """Visibility as the source's (R-4.19); no period in the name of a Microsoft 365 group (R-4.22)."""
    known = source.principal(row.source_id) if source is not None and row.source_id else None
    unified = row.kind is RowKind.M365
    name = row.source_name or row.target_upn
    return NewGroup(
        unified=unified,
        display_name=names.legal_group_name(name) if unified else name,
        alias=row.target_upn,
        visibility=(known.visibility if known is not None else "") or "Private",
    )


def _is_ours(row: PersonRow, standing: Standing, journal: Journal) -> bool:
    found = (standing.groups if row.kind.is_group else standing.accounts)[key_of(row)]
    return found.is_marked or journal.made(found.id)


def _taken(row: PersonRow) -> Failure:
    return Failure(
        name=row.shown_name,
        target=row.target_upn,
        step="create",
        problem=f"'{row.target_upn}' exists on the target and was not created by people apply (R-4.7).",
        remedy="If it is the same one, set method to exists; else choose another name, and plan again.",
    )
