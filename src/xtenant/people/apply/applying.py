"""`apply_people`: what was decided is done, batch by batch, each noted in the journal before the next one is sent.

Additions only. A row that fails is told with its remedy, and everything else is done; an interrupted run is finished by the
next one, and a run over what stands sends no write at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from xtenant.client.people import Outcome, PeopleClient
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.inventory.store import Inventory
from xtenant.people.apply import licensing
from xtenant.people.apply.deciding import ApplyWishes, Decision, Failure, decide, failure_of
from xtenant.people.apply.grouping import Grouping, missing_members
from xtenant.people.apply.journal import Journal, Made
from xtenant.people.apply.standing import Standing, key_of, look
from xtenant.people.memberships import Membership
from xtenant.people.rows import PersonRow
from xtenant.protocols.graph.call.accounts import NewGroup
from xtenant.protocols.graph.call.batch import SIZE
from xtenant.protocols.graph.call.directory import SubscribedSku

MEMBERS_AT_ONCE = 400
Progress = Callable[[str, int, int], None]
"""Told while it runs: what is done, how many are done, of how many."""

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Applied:
    """What a run did, or would do. `made` are the rows of new objects with their ids (None where nothing was sent)."""

    decision: Decision
    made: list[tuple[str, PersonRow, UUID | None]] = field(default_factory=list[tuple[str, PersonRow, UUID | None]])
    members: int = 0
    licences: int = 0
    coming: list[Membership] = field(default_factory=list[Membership])
    licensing: list[tuple[PersonRow, SubscribedSku]] = field(default_factory=list[tuple[PersonRow, SubscribedSku]])
    owners: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """With `what_if`: memberships and licences that would be added, and the owner of each new group by alias."""
    memberships_checked: bool = False
    failures: list[Failure] = field(default_factory=list[Failure])


async def apply_people(
    client: PeopleClient,
    rows: Sequence[PersonRow],
    source: Inventory | None,
    *,
    wishes: ApplyWishes,
    journal: Journal,
    clock: Clock,
    progress: Progress,
    what_if: bool = False,
) -> Applied:
    """Create what is missing, then memberships and licences. Without `source` no memberships are looked at.

    Raises UsageError when something needed was not given, NotFound for an unknown licence, AccessDenied and network errors; what was done until then stands.
    """
    licences = await licensing.named(client, wishes.licences)
    standing = await look(client, rows)
    decision = decide(rows, standing, source, journal, wishes)
    run = _Run(client, standing, journal, clock, progress, Applied(decision=decision))
    run.applied.failures += decision.failures
    if what_if:
        run.pretend(source, wishes)
    else:
        await run.create_accounts()
        await run.invite_guests()
        await run.create_groups(source, wishes)
    if source is not None:
        await run.add_members(rows, source, wishes, what_if=what_if)
    if licences:
        done = await licensing.assign(client, rows, licences, standing, decision, wishes, journal, what_if=what_if)
        run.applied.licences += done.assigned
        run.applied.licensing += done.wanted
        run.applied.failures += done.failures
    return run.applied


@dataclass(slots=True)
class _Run:
    """One run: `standing` grows as things are made."""

    client: PeopleClient
    standing: Standing
    journal: Journal
    clock: Clock
    progress: Progress
    applied: Applied
    new_ids: dict[str, UUID] = field(default_factory=dict[str, UUID])

    def id_of(self, row: PersonRow) -> UUID | None:
        return self.new_ids.get(key_of(row)) or self.standing.id_of(row)

    def pretend(self, source: Inventory | None, wishes: ApplyWishes) -> None:
        decision = self.applied.decision
        self._pretend_owners(source, wishes)
        self.applied.made += [("account", row, None) for row, _ in decision.accounts]
        self.applied.made += [("guest", row, None) for row in decision.guests]
        self.applied.made += [("group", row, None) for row, new in decision.groups if new.alias in self.applied.owners]

    def _pretend_owners(self, source: Inventory | None, wishes: ApplyWishes) -> None:
        if source is None:
            return
        grouping = Grouping(source, self.applied.decision, self.id_of)
        for row, new in self.applied.decision.groups:
            try:
                self.applied.owners[new.alias] = grouping.owner_named(row, wishes.owner)
            except errors.XTenantError as error:
                self.applied.failures.append(failure_of(row, "create group", error))

    async def create_accounts(self) -> None:
        wanted = self.applied.decision.accounts
        done = 0
        for chunk in _chunks(wanted, SIZE):
            outcomes = await self.client.create([new for _, new in chunk])
            outcomes = await self._found_after_conflict([row for row, _ in chunk], outcomes)
            self._note("account", "created", [row for row, _ in chunk], outcomes)
            done += len(chunk)
            self.progress("accounts", done, len(wanted))

    async def invite_guests(self) -> None:
        wanted = self.applied.decision.guests
        done = 0
        for chunk in _chunks(wanted, SIZE):
            outcomes = await self.client.invite([(row.target_mail, row.source_name) for row in chunk])
            self._note("guest", "invited", chunk, outcomes)
            done += len(chunk)
            self.progress("guests", done, len(wanted))

    async def create_groups(self, source: Inventory | None, wishes: ApplyWishes) -> None:
        """A group with one owner from the start; an ownerless one may never get its site (graph-migrations.md 4.4)."""
        if source is None or not self.applied.decision.groups:
            return
        grouping = Grouping(source, self.applied.decision, self.id_of)
        owner = await grouping.fallback_owner(self.client, wishes.owner)
        owned: list[tuple[PersonRow, NewGroup]] = []
        for row, new in self.applied.decision.groups:
            try:
                owned.append((row, grouping.with_owner(row, new, owner)))
            except errors.XTenantError as error:
                self.applied.failures.append(failure_of(row, "create group", error))
        done = 0
        for chunk in _chunks(owned, SIZE):
            outcomes = await self.client.create_groups([new for _, new in chunk])
            self._note("group", "group", [row for row, _ in chunk], outcomes)
            done += len(chunk)
            self.progress("groups", done, len(owned))

    async def add_members(
        self, rows: Sequence[PersonRow], source: Inventory, wishes: ApplyWishes, *, what_if: bool
    ) -> None:
        """Whoever is missing in a group of the target (R-4.6)."""
        missing = await missing_members(
            self.client,
            rows,
            source,
            id_of=self.id_of,
            known_empty=frozenset(self.new_ids.values()),
            touch=lambda row, group_id: not wishes.only_new_groups or self._is_ours(row, group_id),
            to_come=frozenset(key_of(row) for _, row, made in self.applied.made if made is None),
        )
        self.applied.memberships_checked = True
        if what_if:
            self.applied.coming = [membership for _, membership in missing.members] + missing.coming
            self.applied.members = len(self.applied.coming)
            return
        done = 0
        for chunk in _chunks(missing.members, MEMBERS_AT_ONCE):
            outcomes = await self.client.add_members([each for each, _ in chunk])
            for (_, membership), outcome in zip(chunk, outcomes, strict=True):
                if outcome.failure is None:
                    self.applied.members += 1
                else:
                    failure = failure_of(membership.member, f"add to {membership.group.target_upn}", outcome.failure)
                    self.applied.failures.append(failure)
            done += len(chunk)
            self.progress("memberships", done, len(missing.members))

    def _is_ours(self, row: PersonRow, group_id: UUID) -> bool:
        found = self.standing.groups.get(key_of(row))
        return (
            group_id in self.new_ids.values() or self.journal.made(group_id) or (found is not None and found.is_marked)
        )

    def _note(self, kind: str, event: str, rows: Sequence[PersonRow], outcomes: Sequence[Outcome]) -> None:
        made: list[Made] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome.failure is not None or outcome.object_id is None:
                error = outcome.failure or errors.NetworkError("No id came back.")
                self.applied.failures.append(failure_of(row, f"create {kind}", error))
                continue
            self.new_ids[key_of(row)] = outcome.object_id
            self.applied.made.append((kind, row, outcome.object_id))
            made.append(Made(event=event, key=key_of(row), name=row.target_upn, target_id=outcome.object_id))
        self.journal.note(made, self.clock.security_now())

    async def _found_after_conflict(self, rows: Sequence[PersonRow], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """A batch that was sent twice, or by two runs at once: whoever carries our mark was made by us."""
        in_doubt = [n for n, outcome in enumerate(outcomes) if isinstance(outcome.failure, errors.Conflict)]
        settled = list(outcomes)
        found = await self.client.accounts([rows[number].target_upn for number in in_doubt])
        for number, account in zip(in_doubt, found, strict=True):
            if account is not None and account.is_marked:
                settled[number] = Outcome(object_id=account.id)
        return settled


def _chunks(wanted: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]
