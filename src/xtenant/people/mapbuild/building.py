"""Builds the identity map: Microsoft's six columns, one row for each identity of the plan that the target has (R-5.1 to R-5.17).

Every row can say why it is there, and whoever gets none stands in a list with the reason: what is missing in the map is lost
in the move.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Principal, PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.plan.directory import TargetDirectory
from xtenant.people.plan.needed import GROUPS, Need, Needed, needed_by
from xtenant.people.rows import Method, PersonRow, RowKind

WHY_NO_ROW = {
    Method.SKIP: "the people file says skip",
    Method.CREATE: "not on the target yet: xtenant people apply creates it",
    Method.GUEST: "not on the target yet: xtenant people apply invites them",
    Method.SYNC: "not on the target yet: directory sync brings it",
    Method.MAILBOX: "not on the target yet: the mailbox project brings it (R-4.12)",
    Method.EXISTS: "not on the target, though the people file says that it exists",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRow:
    """One row of the map with why it is there; `columns` are Microsoft's six (R-5.3 to R-5.8)."""

    columns: tuple[str, str, str, str, str, str]
    person: PersonRow
    need: Need | None

    def explained(self, number: int) -> dict[str, object]:
        """What `--explain` shows."""
        rule = " ".join(rule.value for rule in self.person.rules)
        return {
            "row": number,
            "source": self.columns[2] if not self.person.kind.is_group else self.person.shown_name,
            "target": self.columns[3],
            "type": self.columns[5],
            "rule": rule,
            **_reasons(self.need),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRow:
    """Somebody who gets no row. `wanted` is False where that is the administrator's own decision, or cannot be
    helped; `unread` where nobody knows who it would be."""

    name: str
    why: str
    need: Need | None = None
    wanted: bool = True
    unread: bool = False

    def shown(self) -> dict[str, object]:
        return {"name": self.name, "why": self.why, "lost": self.wanted, "unread": self.unread, **_reasons(self.need)}


@dataclass(slots=True, kw_only=True)
class BuiltMap:
    """The rows in file order, whoever has none, and what should be looked at before it is sent."""

    rows: list[BuiltRow] = field(default_factory=list[BuiltRow])
    no_row: list[NoRow] = field(default_factory=list[NoRow])
    warnings: list[str] = field(default_factory=list[str])

    def lines(self) -> Iterator[str]:
        """The file: no header, UTF-8, commas, one line a row."""
        for row in self.rows:
            out = io.StringIO(newline="")
            csv.writer(out, lineterminator="\n").writerow(row.columns)
            yield out.getvalue()


def build_map(
    people: Sequence[PersonRow], source: Inventory, target: Inventory, moves: Sequence[PlannedMove]
) -> BuiltMap:
    """People first, then groups, each in the order of their source keys.

    Raises EmptyInventory when one of the tenants was never read.
    """
    needed = needed_by(source, moves)
    builder = _Builder(str(source.tenant().tenant_id), source, TargetDirectory(target.principals()), needed)
    for row in sorted(people, key=_order):
        builder.add(row)
    builder.add_unplanned(people)
    builder.warn_of_moves(moves)
    return builder.built


class _Builder:
    def __init__(self, company_id: str, source: Inventory, target: TargetDirectory, needed: Needed) -> None:
        self.built = BuiltMap()
        self._company_id = company_id
        self._source = source
        self._target = target
        self._needed = needed
        self._sources: dict[str, str] = {}
        self._targets: dict[str, str] = {}

    def add(self, row: PersonRow) -> None:
        known = self._known(row)
        need = self._needed.needs.get(known.principal_id) if known is not None else None
        if not row.counts:
            why = WHY_NO_ROW[row.method] if row.method is Method.SKIP else "matched by display name only, not confirmed"
            self._leave_out(row, why, need, wanted=row.method is not Method.SKIP)
            return
        found = self._find(row)
        if found is None:
            self._leave_out(row, WHY_NO_ROW[row.method], need)
            return
        columns = self._columns(row, known, found)
        if columns is None or any(sign < " " for cell in columns for sign in cell):
            self._leave_out(row, "its source id or name is missing or unprintable", need)
            return
        self._take(BuiltRow(columns=columns, person=row, need=need))

    def add_unplanned(self, people: Sequence[PersonRow]) -> None:
        """Whoever the moving sites name and the people file does not."""
        ids = {row.source_id for row in people}
        upns = {row.source_upn.casefold() for row in people if not row.kind.is_group}
        for need in self._needed.needs.values():
            principal = need.principal
            if principal.principal_id not in ids and (not principal.upn or principal.upn.casefold() not in upns):
                why = "found on a moving site and not in the people file: plan again"
                self.built.no_row.append(NoRow(name=_name(principal), why=why, need=need))
        for each in self._needed.unresolved:
            self.built.no_row.append(
                NoRow(name=each.name, why=f"move {each.move_id}: {each.text}", wanted=False, unread=each.unread)
            )

    def warn_of_moves(self, moves: Sequence[PlannedMove]) -> None:
        """The plan of moves and the map must agree (R-5.20, R-5.56, R-5.57)."""
        users = {row.columns[2].casefold(): row for row in self.built.rows if not row.person.kind.is_group}
        groups = {row.columns[2]: row for row in self.built.rows if row.person.kind is RowKind.M365}
        for move in moves:
            if move.kind is JobKind.USER:
                row = users.get(move.source.casefold())
                if row is None or row.columns[3].casefold() != move.target.casefold():
                    self._warn(
                        f"R-5.56: move {move.move_id} wants {move.source} to become {move.target}; the map says otherwise"
                    )
            elif move.kind is JobKind.GROUP:
                principal = self._source.principal_by_alias(move.source)
                row = groups.get(principal.principal_id) if principal is not None else None
                if row is None or row.columns[4].casefold() != move.target.casefold():
                    self._warn(f"R-5.57: move {move.move_id} wants the alias {move.target}; the map says otherwise")

    def _columns(
        self, row: PersonRow, known: Principal | None, found: Principal
    ) -> tuple[str, str, str, str, str, str] | None:
        if row.kind.is_group:
            source_id = known.principal_id if known is not None else row.source_id
            is_unified = found.kind is PrincipalKind.M365_GROUP
            name, kind = (found.alias, "O365Group") if is_unified else (found.principal_id, "RegularGroup")
            return (
                ("Group", self._company_id, source_id, found.principal_id, name, kind) if source_id and name else None
            )
        upn = known.upn if known is not None else row.source_upn
        is_guest = found.kind is PrincipalKind.GUEST
        mail = found.mail or (row.target_mail if is_guest else "") or found.upn
        return (
            ("User", self._company_id, upn, found.upn, mail, "GuestUser" if is_guest else "RegularUser")
            if upn
            else None
        )

    def _known(self, row: PersonRow) -> Principal | None:
        """The source's principal now: a person renamed since the plan keeps the row by id."""
        known = self._source.principal(row.source_id) if row.source_id else None
        if known is None and not row.kind.is_group:
            known = self._source.principal_by_upn(row.source_upn)
        if known is None:
            self._warn(f"'{row.shown_name}' of the people file is not in the source's directory any more")
        return known

    def _find(self, row: PersonRow) -> Principal | None:
        found = self._target.by_id(row.target_id) if row.target_id else None
        if found is None and row.kind.is_group:
            found = self._target.by_alias(row.target_upn)
        elif found is None:
            found = self._target.by_upn(row.target_upn)
            found = found or (self._target.by_mail(row.target_mail) if row.method is Method.GUEST else None)
        return found if found is not None and (found.kind in GROUPS) == row.kind.is_group else None

    def _take(self, row: BuiltRow) -> None:
        source_key, target_key = row.columns[2].casefold(), row.columns[3].casefold()
        if source_key in self._sources:
            self._warn(
                f"R-5.18: '{row.person.shown_name}' has a row already, to {self._sources[source_key]}; the second is left out"
            )
            return
        if target_key in self._targets:
            self._warn(f"R-5.19: {row.person.shown_name} and {self._targets[target_key]} both become {row.columns[3]}")
        if "'" in row.columns[2] + row.columns[3]:
            self._warn(f"R-5.54: the apostrophe of '{row.person.shown_name}' fails the move (R-4.11)")
        self._sources[source_key] = row.columns[3]
        self._targets.setdefault(target_key, row.person.shown_name)
        self.built.rows.append(row)

    def _leave_out(self, row: PersonRow, why: str, need: Need | None, *, wanted: bool = True) -> None:
        self.built.no_row.append(NoRow(name=row.shown_name, why=why, need=need, wanted=wanted))

    def _warn(self, text: str) -> None:
        if text not in self.built.warnings:
            self.built.warnings.append(text)


def _order(row: PersonRow) -> tuple[bool, str, str]:
    return (
        row.kind.is_group,
        row.source_id.casefold() if row.kind.is_group else row.source_upn.casefold(),
        row.source_id,
    )


def _name(principal: Principal) -> str:
    return principal.upn or principal.alias or principal.name


def _reasons(need: Need | None) -> dict[str, object]:
    if need is None:
        return {"because": ["in the people file only: no moving site names it"]}
    return {"because": [str(reason) for reason in need.reasons], **({"more": need.more} if need.more else {})}
