"""Who is who: each need gets a row by the first rule that answers, strongest rule first over all needs.

Explicit row, the move's own target, a name chosen by an earlier plan, mail, UPN prefix with the domain rule (a group: its
alias), display name (inert until confirmed), else a new name nobody has. One target goes to one source (R-5.18, R-5.19).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xtenant.inventory.facts import Principal, PrincipalKind
from xtenant.people.plan import names
from xtenant.people.plan.directory import TargetDirectory
from xtenant.people.plan.needed import GROUPS, Need
from xtenant.people.rows import Method, PersonRow, RowKind, Rule, type_of

KINDS = {
    PrincipalKind.USER: RowKind.USER,
    PrincipalKind.GUEST: RowKind.GUEST,
    PrincipalKind.SECURITY_GROUP: RowKind.SECURITY,
    PrincipalKind.M365_GROUP: RowKind.M365,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an administrator says of the target.

    `domains` leads source domains to target domains; all others lead to `initial_domain`. `others` is the method of members
    without a move of their own: guest (R-4.5) or create.
    """

    initial_domain: str
    domains: Mapping[str, str] = field(default_factory=dict[str, str])
    others: Method = Method.GUEST
    mailboxes: bool = False
    directory_sync: bool = False

    def target_domain(self, source_domain: str) -> str:
        return self.domains.get(source_domain.casefold(), self.initial_domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Rows of an earlier people file, by source id and by source UPN."""

    by_id: Mapping[str, PersonRow]
    by_upn: Mapping[str, PersonRow]

    @classmethod
    def of(cls, rows: Iterable[PersonRow]) -> Keeping:
        known = list(rows)
        return cls(
            by_id={row.source_id.casefold(): row for row in known if row.source_id},
            by_upn={row.source_upn.casefold(): row for row in known if row.source_upn and not row.kind.is_group},
        )

    def of_need(self, need: Need) -> PersonRow | None:
        found = self.by_id.get(need.principal.principal_id.casefold())
        return found or (self.by_upn.get(need.principal.upn.casefold()) if need.principal.upn else None)


Match = Callable[[Need], PersonRow | None]


def matched(
    needs: Sequence[Need],
    target: TargetDirectory,
    wishes: Wishes,
    keeping: Keeping,
    *,
    foreign_members: Callable[[Principal, Need], int],
) -> list[PersonRow]:
    """A row for each need, in the order of `needs`.

    `foreign_members` tells how many members a target's group has that the source's group has not: a group of somebody else's
    is no match, since its members would gain what ours may do.
    """
    matcher = _Matcher(target, wishes, keeping, foreign_members)
    rows: dict[str, PersonRow] = {}
    rules: Sequence[Match] = (
        matcher.explicitly,
        matcher.by_move,
        matcher.as_before,
        matcher.by_mail,
        matcher.by_upn_or_alias,
        matcher.by_name,
        matcher.anew,
    )
    for rule in rules:
        for need in needs:
            if need.principal.principal_id not in rows and (row := rule(need)) is not None:
                rows[need.principal.principal_id] = row
    return [rows[need.principal.principal_id] for need in needs]


class _Matcher:
    def __init__(
        self,
        target: TargetDirectory,
        wishes: Wishes,
        keeping: Keeping,
        foreign_members: Callable[[Principal, Need], int],
    ) -> None:
        self._target = target
        self._wishes = wishes
        self._keeping = keeping
        self._foreign_members = foreign_members

    def explicitly(self, need: Need) -> PersonRow | None:
        """A row of the file that a person wrote or changed: kept as it is, only the source's facts are fresh."""
        kept = self._keeping.of_need(need)
        if kept is None or not kept.explicit:
            return None
        rules = (Rule.EXPLICIT, Rule.MOVE) if need.mover or need.group_move else (Rule.EXPLICIT,)
        found = self._find(kept)
        row = replace(_row(need, kept.method, rules), target_upn=kept.target_upn, target_mail=kept.target_mail)
        row = replace(row, target_id=kept.target_id, user_type=kept.user_type, confirmed=kept.confirmed)
        if found is not None and kept.method is not Method.SKIP:
            return self._taking(row, found)
        self._target.reserve(kept.target_upn)
        return row

    def by_move(self, need: Need) -> PersonRow | None:
        """The move's own words: the plan of moves and the map must agree (R-5.20, R-5.56)."""
        if need.mover is not None:
            return self._of_mover(need, need.mover.target)
        if need.group_move is not None:
            return self._of_moving_group(need, need.group_move.target)
        return None

    def as_before(self, need: Need) -> PersonRow | None:
        """A name that an earlier plan chose and that exists by now; a confirmed match by display name."""
        kept = self._keeping.of_need(need)
        if kept is None or kept.method is Method.SKIP or kept.awaits_confirmation:
            return None
        found = self._find(kept)
        if found is None or self._target.claimed_by(found) or not _same_sort(found, need.principal):
            return None
        rule = next((rule for rule in kept.rules if rule is not Rule.MOVE), Rule.UPN)
        rule = (Rule.ALIAS if need.principal.kind in GROUPS else Rule.UPN) if rule is Rule.NEW else rule
        return self._existing(need, found, rule, confirmed=kept.confirmed)

    def by_mail(self, need: Need) -> PersonRow | None:
        person = need.principal
        if person.kind in GROUPS:
            return None
        for mail in (person.mail, invited_mail(person), person.upn):
            found = self._target.by_mail(mail)
            if found is not None and not self._target.claimed_by(found):
                return self._existing(need, found, Rule.MAIL)
        return None

    def by_upn_or_alias(self, need: Need) -> PersonRow | None:
        if need.principal.kind in GROUPS:
            return self._by_alias(need)
        found = (
            self._target.by_upn(self._candidate(need.principal)) if need.principal.kind is PrincipalKind.USER else None
        )
        if found is None or self._target.claimed_by(found) or not share_a_word(found.name, need.principal.name):
            return None
        return self._existing(need, found, Rule.UPN)

    def by_name(self, need: Need) -> PersonRow | None:
        """Inert until somebody says that it is the same (settled C 3)."""
        group = need.principal.kind in GROUPS
        found = self._target.by_name(need.principal.name, group=group)
        if found is None or self._target.claimed_by(found) or not _same_sort(found, need.principal):
            return None
        if group and self._foreign_members(found, need) and found.alias.casefold() == need.principal.alias.casefold():
            return None
        return self._existing(need, found, Rule.NAME)

    def anew(self, need: Need) -> PersonRow:
        """Nobody there yet: a new identity under the name itself, or under the next that is free (R-4.7)."""
        principal = need.principal
        if principal.kind in GROUPS:
            return self._new_group(need)
        if principal.kind is PrincipalKind.GUEST or self._wishes.others is Method.GUEST:
            return self._new_guest(need)
        wanted = self._candidate(principal)
        local, _, domain = wanted.rpartition("@")
        upn = f"{names.free(local, names.LONGEST_LOCAL_PART - 3, lambda text: self._target.is_taken(f'{text}@{domain}'))}@{domain}"
        row = replace(_row(need, self._method_of_new(principal), (Rule.NEW,)), target_upn=upn, target_mail=upn)
        return self._reserving(_renamed(row, principal.upn.rpartition("@")[0], local, wanted, upn))

    def _of_mover(self, need: Need, upn: str) -> PersonRow:
        found = self._target.by_upn(upn)
        if found is not None:
            row = self._existing(need, found, Rule.MOVE)
            if not share_a_word(found.name, need.principal.name):
                text = f"R-4.7: '{upn}' is '{found.name}' on the target: if that is somebody else, choose another name here and in the moves"
                row = replace(row, problems=(*row.problems, text))
            return row
        row = _row(need, self._method_of_new(need.principal), (Rule.MOVE,))
        row = replace(row, target_upn=upn, target_mail=upn)
        if self._target.is_taken(upn):
            local, _, domain = upn.rpartition("@")
            free = names.free(
                local, names.LONGEST_LOCAL_PART - 3, lambda text: self._target.is_taken(f"{text}@{domain}")
            )
            text = f"R-4.7: '{upn}' is taken on the target; '{free}@{domain}' is free (change it here and in the moves)"
            row = replace(row, problems=(*row.problems, text))
        return self._reserving(row)

    def _of_moving_group(self, need: Need, alias: str) -> PersonRow:
        found = self._target.by_alias(alias)
        if found is not None and _same_sort(found, need.principal):
            return self._existing(need, found, Rule.MOVE)
        row = replace(_row(need, Method.CREATE, (Rule.MOVE,)), target_upn=alias)
        if self._target.is_taken(alias):
            free = names.free(names.legal_alias(alias), names.LONGEST_ALIAS, self._target.is_taken)
            text = (
                f"R-4.7: the alias '{alias}' is taken on the target; '{free}' is free (change it here and in the moves)"
            )
            row = replace(row, problems=(*row.problems, text))
        return self._reserving(row)

    def _by_alias(self, need: Need) -> PersonRow | None:
        found = self._target.by_alias(need.principal.alias)
        if found is None or self._target.claimed_by(found) or not _same_sort(found, need.principal):
            return None
        if not share_a_word(found.name, need.principal.name) or self._foreign_members(found, need):
            return None
        return self._existing(need, found, Rule.ALIAS)

    def _new_guest(self, need: Need) -> PersonRow:
        principal = need.principal
        mail = principal.mail or invited_mail(principal) or principal.upn
        row = replace(_row(need, Method.GUEST, (Rule.NEW,)), target_upn=self._guest_upn(mail), target_mail=mail)
        if "@" not in mail or "#EXT#" in mail.upper():
            row = replace(row, method=Method.SKIP, problems=(*row.problems, "R-4.5: no mail address to invite"))
        return self._reserving(row)

    def _new_group(self, need: Need) -> PersonRow:
        principal = need.principal
        legal = names.legal_alias(principal.alias or principal.name)
        alias = names.free(legal, names.LONGEST_ALIAS, self._target.is_taken)
        row = replace(_row(need, Method.CREATE, (Rule.NEW,)), target_upn=alias)
        return self._reserving(_renamed(row, principal.alias or legal, legal, legal, alias))

    def _method_of_new(self, principal: Principal) -> Method:
        """A mailbox project makes its people first (R-4.12); what the source syncs may be expected from sync."""
        if self._wishes.mailboxes and principal.mail:
            return Method.MAILBOX
        return Method.SYNC if self._wishes.directory_sync and principal.directory_synced else Method.CREATE

    def _candidate(self, principal: Principal) -> str:
        local, _, domain = principal.upn.rpartition("@")
        return f"{names.legal_local_part(local)}@{self._wishes.target_domain(domain)}"

    def _guest_upn(self, mail: str) -> str:
        return f"{mail.replace('@', '_')}#EXT#@{self._wishes.initial_domain}"

    def _find(self, row: PersonRow) -> Principal | None:
        found = self._target.by_id(row.target_id) if row.target_id else None
        if found is not None:
            return found
        if row.kind.is_group:
            return self._target.by_alias(row.target_upn)
        return self._target.by_upn(row.target_upn) or (
            self._target.by_mail(row.target_mail) if row.method is Method.GUEST else None
        )

    def _existing(self, need: Need, found: Principal, rule: Rule, *, confirmed: bool = False) -> PersonRow:
        return self._taking(replace(_row(need, Method.EXISTS, (rule,)), confirmed=confirmed), found)

    def _taking(self, row: PersonRow, found: Principal) -> PersonRow:
        """The row with a target that exists; a second row with the same target is told so (R-5.19)."""
        other = self._target.claimed_by(found)
        if other and other != row.source_id:
            row = replace(
                row, problems=(*row.problems, f"R-5.19: {found.upn or found.alias} is the target of {other} too")
            )
        self._target.claim(found, row.source_id)
        method = Method.EXISTS if row.method in (Method.CREATE, Method.GUEST) else row.method
        is_guest = found.kind is PrincipalKind.GUEST
        kind = type_of(row.kind, Method.GUEST if is_guest else Method.EXISTS)
        return replace(
            row,
            method=method,
            target_id=found.principal_id,
            target_upn=found.alias if row.kind.is_group else found.upn,
            target_mail=found.mail or ("" if row.kind.is_group else found.upn),
            user_type=row.user_type if row.explicit and not is_guest else kind,
        )

    def _reserving(self, row: PersonRow) -> PersonRow:
        self._target.reserve(row.target_upn)
        return row


def invited_mail(principal: Principal) -> str:
    """The address behind a guest's UPN: `ana.silva_contoso.com#EXT#@fabrikam…` is ana.silva@contoso.com."""
    before, mark, _ = principal.upn.partition("#EXT#")
    local, sign, domain = before.rpartition("_")
    return f"{local}@{domain}" if mark and sign else ""


def share_a_word(one: str, other: str) -> bool:
    """Whether two display names may be the same person's: 'Silva, Ana' and 'Ana Silva' do, strangers do not."""
    first, second = (set(re.findall(r"\w+", text.casefold())) for text in (one, other))
    return bool(first & second) or not first or not second


def _row(need: Need, method: Method, rules: tuple[Rule, ...]) -> PersonRow:
    principal = need.principal
    kind = KINDS[principal.kind]
    return PersonRow(
        kind=kind,
        source_id=principal.principal_id,
        source_upn=principal.alias if kind.is_group else principal.upn,
        source_mail=principal.mail,
        source_name=principal.name,
        method=method,
        rules=rules,
        user_type=type_of(kind, method),
    )


def _renamed(row: PersonRow, old: str, legal: str, wanted: str, chosen: str) -> PersonRow:
    """Why the name chosen is not the source's own: its signs, or somebody who has it."""
    told: list[str] = []
    if legal.casefold() != old.casefold():
        told.append(f"{'R-4.11' if chr(39) in old else 'R-4.7'}: '{old}' has signs that fail, '{legal}' has not")
    if chosen.casefold() != wanted.casefold():
        told.append(f"R-4.7: '{wanted}' is taken on the target, '{chosen}' is not")
    return replace(row, problems=(*row.problems, *told))


def _same_sort(found: Principal, wanted: Principal) -> bool:
    """A person for a person, a security group for a security group."""
    if wanted.kind in GROUPS:
        return found.kind is wanted.kind
    return found.kind not in GROUPS
