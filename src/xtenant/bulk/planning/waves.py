"""Candidates in waves: a pilot of small ones first if wished (R-8.18), then as many as a wave takes, 4,000 at most (R-6.45)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from xtenant.bulk.planning.candidates import Candidate
from xtenant.domain.limits import DEFAULT
from xtenant.domain.move import JobKind
from xtenant.domain.paths import url_key

MB_A_GB = 1024
PILOT = "pilot"
ORDER = (JobKind.USER, JobKind.GROUP, JobKind.SITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveRules:
    """`most_gb` is content of one wave; a site larger than that is a wave of its own. Each wave begins `every` after the one before."""

    most_moves: int = DEFAULT.queue
    most_gb: float | None = None
    pilot: int = 0
    begin: datetime | None = None
    every: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A candidate in its wave."""

    candidate: Candidate
    wave: str
    begin: datetime | None


def in_waves(found: Sequence[Candidate], rules: WaveRules, *, first: int = 1) -> Iterator[Placed]:
    """Every candidate once: OneDrives, then group sites, then sites, each by address. `first` is the number of the first wave."""
    pilot = _smallest(found, rules.pilot)
    among = {id(each) for each in pilot}
    begin = rules.begin
    if pilot:
        yield from (Placed(candidate=each, wave=PILOT, begin=begin) for each in pilot)
        begin = begin + rules.every if begin else None
    number, moves, megabytes = first, 0, 0
    for each in sorted(found, key=_place):
        if id(each) in among:
            continue
        full = rules.most_gb is not None and megabytes + each.storage_mb > rules.most_gb * MB_A_GB
        if moves and (moves >= rules.most_moves or full):
            number, moves, megabytes = number + 1, 0, 0
            begin = begin + rules.every if begin else None
        moves, megabytes = moves + 1, megabytes + each.storage_mb
        yield Placed(candidate=each, wave=str(number), begin=begin)


def next_number(waves: Sequence[str]) -> int:
    """The number after the highest of these waves."""
    return max((int(wave) for wave in waves if wave.isdecimal() and len(wave) < 10), default=0) + 1


def _smallest(found: Sequence[Candidate], count: int) -> list[Candidate]:
    """The smallest of each kind in turn."""
    by_kind = [sorted((each for each in found if each.kind is kind), key=_size) for kind in ORDER]
    return [each for each in chain.from_iterable(zip_longest(*by_kind)) if each is not None][:count]


def _size(candidate: Candidate) -> tuple[int, str]:
    return candidate.storage_mb, url_key(candidate.site.url)


def _place(candidate: Candidate) -> tuple[int, str]:
    return ORDER.index(candidate.kind), url_key(candidate.site.url)
