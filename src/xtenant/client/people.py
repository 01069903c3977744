"""The people and groups of a target as pre-creation looks for them and makes them, many at a time (step 4).

Nothing here overwrites or deletes: accounts, guests, groups and memberships are added, accounts that carry our mark enabled,
licences assigned. A result is told for each wish, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.protocols.graph.call import accounts, batch, directory
from xtenant.protocols.graph.call.accounts import MOST_BOUND, Account, GroupFound, NewAccount, NewGroup
from xtenant.protocols.graph.call.answers import Row
from xtenant.protocols.graph.call.directory import GroupPeople, SubscribedSku
from xtenant.wire.transport import Session

_LATER_SECONDS = (5.0, 15.0)
"""Waits before somebody just made is looked for again: Entra needs a moment until all of it knows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one wish: the object's id, or why not."""

    object_id: UUID | None = None
    failure: errors.XTenantError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A direct membership or ownership to be added."""

    group_id: UUID
    member_id: UUID
    owner: bool = False


class PeopleClient:
    """Lookups and additions of one tenant. Lookups raise our errors; additions tell them for each."""

    def __init__(self, session: Session, *, clock: Clock, ids: IdSource) -> None:
        self._session = session
        self._clock = clock
        self._ids = ids

    async def accounts(self, names: Sequence[str]) -> list[Account | None]:
        """By UPN or object id; None for nobody."""
        return [
            accounts.account_from(row) if row else None for row in await self._found(names, accounts.account_by_upn)
        ]

    async def accounts_by_mail(self, mails: Sequence[str]) -> list[Account | None]:
        """The first live account with a mail address."""
        lists = [accounts.rows_of(row) for row in await self._found(mails, accounts.accounts_by_mail)]
        return [accounts.account_from(rows[0]) if rows else None for rows in lists]

    async def groups_by_alias(self, aliases: Sequence[str]) -> list[list[GroupFound]]:
        """Several security groups may share an alias."""
        found = await self._found(aliases, accounts.groups_by_alias)
        return [[accounts.group_from(each) for each in accounts.rows_of(row)] for row in found]

    async def groups(self, group_ids: Sequence[str]) -> list[GroupFound | None]:
        return [accounts.group_from(row) if row else None for row in await self._found(group_ids, accounts.group_by_id)]

    async def people_of_groups(self, group_ids: Sequence[UUID]) -> list[GroupPeople]:
        return await directory.people_of_groups(self._session, group_ids, clock=self._clock)

    async def licences(self) -> list[SubscribedSku]:
        return [sku async for sku in directory.subscribed_skus(self._session)]

    async def create(self, wanted: Sequence[NewAccount]) -> list[Outcome]:
        """Each with a random password that is forgotten at once."""
        parts = [accounts.create_account(new, self._password()) for new in wanted]
        return [_outcome(answer, accounts.created_id) for answer in await self._send(parts)]

    async def invite(self, wanted: Sequence[tuple[str, str]]) -> list[Outcome]:
        """Guests by (mail, display name)."""
        parts = [accounts.invite(mail, name) for mail, name in wanted]
        return [_outcome(answer, accounts.invited_id) for answer in await self._send(parts)]

    async def create_groups(self, wanted: Sequence[NewGroup]) -> list[Outcome]:
        """By the prescribed form; where the tenant does not take it for a Microsoft 365 group, with a mail address."""
        answers = await self._send([accounts.create_group(new) for new in wanted], version=batch.BETA, idempotent=False)
        refused = [number for number, answer in enumerate(answers) if wanted[number].unified and _form_refused(answer)]
        parts = [accounts.create_group(wanted[number], mail_enabled=True) for number in refused]
        again = await self._send(parts, version=batch.BETA, idempotent=False)
        for number, answer in zip(refused, again, strict=True):
            answers[number] = answer
        return [_outcome(answer, accounts.created_id) for answer in answers]

    async def add_members(self, wanted: Sequence[NewMember]) -> list[Outcome]:
        """Members twenty at a time, owners singly; whoever is one already counts as added."""
        done: dict[NewMember, Outcome] = {}
        bundles = _bundles([each for each in wanted if not each.owner])
        parts = [accounts.bind_members(bundle[0].group_id, [each.member_id for each in bundle]) for bundle in bundles]
        for bundle, answer in zip(bundles, await self._send(parts), strict=True):
            if answer.failure is None:
                done |= {each: Outcome(object_id=each.member_id) for each in bundle}
        await self._add_singly([each for each in wanted if each not in done], done)
        return [done[each] for each in wanted]

    async def enable(self, user_ids: Sequence[UUID]) -> list[Outcome]:
        """Let people sign in."""
        answers = await self._send([accounts.enable(user_id) for user_id in user_ids])
        return [_plain(answer, user_id) for answer, user_id in zip(answers, user_ids, strict=True)]

    async def assign_licence(self, user_ids: Sequence[UUID], sku_id: UUID) -> list[Outcome]:
        answers = await self._send([accounts.assign_licence(user_id, sku_id) for user_id in user_ids])
        return [_plain(answer, user_id) for answer, user_id in zip(answers, user_ids, strict=True)]

    async def _add_singly(self, wanted: list[NewMember], done: dict[NewMember, Outcome]) -> None:
        for wait in (*_LATER_SECONDS, None):
            parts = [accounts.add_to_group(each.group_id, each.member_id, owner=each.owner) for each in wanted]
            for each, answer in zip(wanted, await self._send(parts), strict=True):
                known = answer.status == 400 and "already exist" in str(answer.failure)
                done[each] = Outcome(object_id=each.member_id) if known else _plain(answer, each.member_id)
            wanted = [each for each in wanted if isinstance(done[each].failure, errors.NotFound)]
            if not wanted or wait is None:
                return
            await self._clock.sleep(wait)

    async def _found(self, names: Sequence[str], part: Callable[[str], batch.Part]) -> list[Row]:
        """The row for each name, empty for 404. Raises the first other failure."""
        answers = await self._send([part(name) for name in names])
        for answer in answers:
            if answer.failure is not None and answer.status != 404:
                raise answer.failure
        return [answer.row for answer in answers]

    async def _send(
        self, parts: Sequence[batch.Part], *, version: str = batch.V1, idempotent: bool = True
    ) -> list[batch.Answer]:
        return await batch.send(self._session, parts, clock=self._clock, version=version, idempotent=idempotent)

    def _password(self) -> str:
        """Random, with a sign of each kind Entra wants."""
        return f"{self._ids.secret(24)}aA1!"


def _bundles(wanted: Sequence[NewMember]) -> list[list[NewMember]]:
    """Members of one group, at most as many as one call may bring."""
    by_group: dict[UUID, list[NewMember]] = {}
    for each in wanted:
        by_group.setdefault(each.group_id, []).append(each)
    return [
        members[start : start + MOST_BOUND]
        for members in by_group.values()
        for start in range(0, len(members), MOST_BOUND)
    ]


def _form_refused(answer: batch.Answer) -> bool:
    return answer.status == 400 and not isinstance(answer.failure, errors.Conflict)


def _outcome(answer: batch.Answer, id_of: Callable[[Row], UUID]) -> Outcome:
    if answer.failure is not None:
        return Outcome(failure=answer.failure)
    return Outcome(object_id=id_of(answer.row))


def _plain(answer: batch.Answer, object_id: UUID) -> Outcome:
    return Outcome(failure=answer.failure) if answer.failure is not None else Outcome(object_id=object_id)
