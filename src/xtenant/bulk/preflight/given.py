"""What a check looks at: the plan's moves with what both inventories tell of them, what was asked now, what was declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from xtenant.bulk.findings import Object, ObjectKind
from xtenant.bulk.preflight.online import Online
from xtenant.bulk.preflight.sides import Side
from xtenant.bulk.state import Declaration
from xtenant.domain.move import JobKind
from xtenant.domain.plan import Plan, PlannedMove
from xtenant.inventory.facts import Principal, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A row of the plan, and what it means. What is not known is None or empty.

    `person` and `group` are the source's, `target_person` and `target_group` what the row names at the target. `source_url` is
    the site's own address, or the one it should have; `target_url` where it lands.
    """

    move: PlannedMove
    source_url: str
    target_url: str
    site: Site | None = None
    deleted: Site | None = None
    person: Principal | None = None
    group: Principal | None = None
    target_person: Principal | None = None
    target_group: Principal | None = None

    @property
    def is_onedrive(self) -> bool:
        return self.move.kind is JobKind.USER

    def about_site(self) -> Object:
        """The source's site as an object of a finding."""
        return Object(kind=ObjectKind.SITE, name=self.source_url, moves=(self.move.move_id,))

    def about_target(self) -> Object:
        """The place it goes to."""
        return Object(kind=ObjectKind.SITE, name=self.target_url, moves=(self.move.move_id,))

    def about_target_person(self) -> Object:
        return Object(kind=ObjectKind.PERSON, name=self.move.target, moves=(self.move.move_id,))

    def about_person(self) -> Object:
        return Object(kind=ObjectKind.PERSON, name=self.move.source, moves=(self.move.move_id,))

    def about_target_group(self) -> Object:
        return Object(kind=ObjectKind.GROUP, name=self.move.target, moves=(self.move.move_id,))

    def about_row(self) -> Object:
        return Object(kind=ObjectKind.PLAN, name=f"row {self.move.move_id}", moves=(self.move.move_id,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSaid:
    """The tenant's own answer to a start with ValidationOnly. `code` is Microsoft's, where it has one."""

    ok: bool
    text: str = ""
    code: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Everything a group of rules may ask. `rerun` are the words of this command, for what lets more be judged."""

    plan: str
    moves: Sequence[Moving]
    source: Side
    target: Side
    online: Online
    now: datetime
    rerun: tuple[str, ...]
    declared: Mapping[str, Declaration] = field(default_factory=dict[str, Declaration])
    departures: Mapping[str, date] = field(default_factory=dict[str, date])
    """UPN, folded → the day the last licence was taken away."""
    map_file: Path | None = None
    head: Plan = field(default_factory=lambda: Plan(moves=()))
    """What the plan's file says of the tenants."""
    server: Mapping[str, ServerSaid] = field(default_factory=dict[str, ServerSaid])
    """Row's id → what a start with ValidationOnly said."""
    ask_server: tuple[str, ...] = ()
    """The command that asks it."""

    @property
    def has_onedrives(self) -> bool:
        return any(moving.is_onedrive for moving in self.moves)

    @property
    def has_sites(self) -> bool:
        return any(not moving.is_onedrive for moving in self.moves)

    def value(self, key: str) -> str:
        """What was declared, in small letters; empty where nothing was."""
        found = self.declared.get(key)
        return found.value.casefold() if found else ""

    @property
    def whole_plan_asked(self) -> bool:
        """Whether the tenant itself said something to every row."""
        return bool(self.server) and all(moving.move.move_id in self.server for moving in self.moves)

    def about_pair(self) -> Object:
        return Object(kind=ObjectKind.PAIR, name=f"{self.source.name} to {self.target.name}")

    def about_plan(self) -> Object:
        return Object(kind=ObjectKind.PLAN, name=self.plan)
