"""A plan from an inventory: rows for what is not in it yet; rows that are stay as people edited them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from xtenant.bulk.planning.candidates import Candidate, LeftOut, candidates
from xtenant.bulk.planning.targets import TargetRules
from xtenant.bulk.planning.waves import Placed, WaveRules, in_waves, next_number
from xtenant.domain import paths
from xtenant.domain.move import JobKind
from xtenant.domain.paths import name_key, url_key
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.store import Inventory

_NO_ID = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which candidates are wanted: by kind, and by patterns of their source or their site's address, in any letter case."""

    kinds: Collection[JobKind] = tuple(JobKind)
    only: Sequence[str] = ()
    without: Sequence[str] = ()

    def takes(self, candidate: Candidate) -> bool:
        names = (candidate.source.casefold(), candidate.site.url.casefold())
        return (
            candidate.kind in self.kinds
            and (not self.only or _fits(names, self.only))
            and not _fits(names, self.without)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A target that cannot be had: taken by a site of the target, or by another row."""

    move_id: str
    target: str
    taken_by: str


@dataclass(slots=True, kw_only=True)
class Made:
    """What came of it. `gone` are ids of rows whose source the inventory does not know any more; they stay in the plan."""

    added: list[PlannedMove] = field(default_factory=list[PlannedMove])
    placed: list[Placed] = field(default_factory=list[Placed])
    kept: int = 0
    gone: list[str] = field(default_factory=list[str])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])


def make(
    source: Inventory,
    there: Sequence[PlannedMove],
    *,
    rules: TargetRules,
    waves: WaveRules,
    chosen: Chosen,
    target: Inventory | None = None,
) -> Made:
    """Rows for every wanted candidate that the plan does not have, after the waves it has. `target` tells which addresses are taken."""
    made = Made(kept=len(there))
    known = {(move.kind, _key(move.kind, move.source)) for move in there}
    found: list[Candidate] = []
    seen: set[tuple[JobKind, str]] = set()
    for each in candidates(source):
        if isinstance(each, LeftOut):
            made.left_out.append(each)
            continue
        key = (each.kind, _key(each.kind, each.source))
        if key not in known and key not in seen and chosen.takes(each):
            found.append(each)
        seen.add(key)
    made.gone = [move.move_id for move in there if (move.kind, _key(move.kind, move.source)) not in seen]
    following = replace(waves, pilot=0) if there else waves
    made.placed = list(in_waves(found, following, first=next_number([move.wave for move in there])))
    _add_rows(made, there, rules, _taken(target))
    return made


def _add_rows(made: Made, there: Sequence[PlannedMove], rules: TargetRules, taken: dict[str, str]) -> None:
    ids = {move.move_id.casefold() for move in there}
    for move in there:
        if move.kind is JobKind.SITE:
            taken.setdefault(url_key(move.target), f"move {move.move_id}")
    for place in made.placed:
        candidate = place.candidate
        move = PlannedMove(
            move_id=_new_id(candidate, ids),
            kind=candidate.kind,
            source=candidate.source,
            target=rules.target_of(candidate),
            wave=place.wave,
            begin=place.begin,
        )
        made.added.append(move)
        address = url_key(rules.address_of(candidate, move.target))
        if address in taken:
            made.conflicts.append(Conflict(move_id=move.move_id, target=move.target, taken_by=taken[address]))
        taken.setdefault(address, f"move {move.move_id}")


def _taken(target: Inventory | None) -> dict[str, str]:
    if target is None:
        return {}
    deleted = {url_key(site.url): f"the recycle bin: {site.url}" for site in target.deleted_sites()}
    return deleted | {url_key(site.url): site.url for site in target.sites()}


def _new_id(candidate: Candidate, ids: set[str]) -> str:
    """A short id people recognise: `s-finance`, `u-ann`; numbered where it is had already."""
    name = candidate.source.partition("@")[0] if candidate.kind is JobKind.USER else candidate.source
    if candidate.kind is JobKind.SITE:
        name = paths.site_path(candidate.source).rpartition("/")[2]
    stem = f"{candidate.kind.value[0]}-{_NO_ID.sub('-', name.casefold()).strip('-')[:40]}"
    number, found = 1, stem
    while found in ids:
        number, found = number + 1, f"{stem}-{number + 1}"
    ids.add(found)
    return found


def _key(kind: JobKind, source: str) -> str:
    return url_key(source) if kind is JobKind.SITE else name_key(source)


def _fits(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern.casefold()) for name in names for pattern in patterns)
