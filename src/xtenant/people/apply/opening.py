"""`open_people`: let people sign in whose OneDrive has arrived. Touches only accounts that people apply made (settled C 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import unquote, urlsplit

from xtenant.client.moves import MoveJob
from xtenant.client.people import PeopleClient
from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.domain.paths import personal_path
from xtenant.domain.plan import PlannedMove
from xtenant.domain.ports.clock import Clock
from xtenant.people.apply.deciding import has_no_onedrive_move
from xtenant.people.apply.journal import Journal, Made
from xtenant.people.rows import PersonRow
from xtenant.protocols.graph.call.accounts import Account
from xtenant.protocols.graph.call.batch import SIZE

_EVER = datetime.min.replace(tzinfo=UTC)


class OpenState(Enum):
    """What became of one person's sign-in."""

    OPENED = "opened"
    WOULD_OPEN = "would open"
    OPEN_ALREADY = "open already"
    NOT_MOVED = "not moved yet"
    NOT_OURS = "not created by people apply, left as it is"
    MISSING = "missing on the target"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One person: who, and what became of it."""

    source: str
    target: str
    state: OpenState
    error: errors.XTenantError | None = None

    def shown(self) -> dict[str, object]:
        shown: dict[str, object] = {"source": self.source, "target": self.target, "state": self.state.value}
        return shown | ({"problem": self.error.text, "remedy": self.error.remedy} if self.error else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may be let in: `arrived` says whether nothing stands against it any more."""

    source: str
    target: str
    arrived: bool


def people_of_moves(moves: Sequence[PlannedMove], jobs: Iterable[MoveJob]) -> list[Person]:
    """The people of the OneDrive moves; arrived is whose newest ended move, there or back, led to the target."""
    newest: dict[tuple[str, str], datetime] = {}
    for job in jobs:
        if job.state == "Success":
            way = (_personal_part(job.source_url), _personal_part(job.target_url))
            newest[way] = max(newest.get(way, _EVER), job.finished_at or job.last_modified or _EVER)
    found: list[Person] = []
    for move in moves:
        if move.kind is JobKind.USER:
            way = (personal_path(move.source), personal_path(move.target))
            back = newest.get((way[1], way[0])) if way[0] != way[1] else None
            arrived = way in newest and (back is None or back < newest[way])
            found.append(Person(source=move.source, target=move.target, arrived=arrived))
    return found


def people_without_onedrive(rows: Sequence[PersonRow], movers: frozenset[str] | None) -> list[Person]:
    """Those of the plan for whom certainly no OneDrive comes."""
    return [
        Person(source=row.source_upn, target=row.target_upn, arrived=True)
        for row in rows
        if row.counts and not row.kind.is_group and has_no_onedrive_move(row, movers)
    ]


async def open_people(
    client: PeopleClient, people: Sequence[Person], journal: Journal | None, *, clock: Clock, what_if: bool
) -> list[Opened]:
    """Enable accounts that are ours and blocked. Raises AccessDenied and network errors of the lookups."""
    accounts = await client.accounts([person.target for person in people])
    told = [_seen(person, account, journal) for person, account in zip(people, accounts, strict=True)]
    due = [number for number, each in enumerate(told) if each.state is OpenState.WOULD_OPEN]
    if what_if:
        return told
    for start in range(0, len(due), SIZE):
        numbers = due[start : start + SIZE]
        found = [account for number in numbers if (account := accounts[number]) is not None]
        outcomes = await client.enable([account.id for account in found])
        for number, outcome in zip(numbers, outcomes, strict=True):
            person = people[number]
            state = OpenState.OPENED if outcome.failure is None else OpenState.FAILED
            told[number] = Opened(source=person.source, target=person.target, state=state, error=outcome.failure)
        if journal is not None:
            opened = zip(numbers, found, outcomes, strict=True)
            journal.note(
                [
                    Made(
                        event="enabled",
                        key=people[number].source.casefold(),
                        name=people[number].target,
                        target_id=account.id,
                    )
                    for number, account, outcome in opened
                    if outcome.failure is None
                ],
                clock.security_now(),
            )
    return told


def _seen(person: Person, account: Account | None, journal: Journal | None) -> Opened:
    if account is None:
        state = OpenState.MISSING
    elif not person.arrived:
        state = OpenState.NOT_MOVED
    elif account.account_enabled:
        state = OpenState.OPEN_ALREADY
    elif account.is_marked or (journal is not None and journal.made(account.id)):
        state = OpenState.WOULD_OPEN
    else:
        state = OpenState.NOT_OURS
    return Opened(source=person.source, target=person.target, state=state)


def _personal_part(url: str) -> str:
    """`ana_contoso_com` of a OneDrive's address."""
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part]
    return parts[1].casefold() if len(parts) > 1 and parts[0].casefold() == "personal" else ""
