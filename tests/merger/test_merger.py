"""A merger from the directory to the last permission: plan, apply, build, lint, replace, move, with no manual step.

What every person may do is tried with the person's own token, before and after, and `access diff` must have said so. One
administrator with both sign-ins does it, and two who exchange nothing but files.
"""

from __future__ import annotations

import csv
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from e2e.labs import Lab, lab_up
from merger.desks import HOST_URLS, SOURCE, TARGET, Desks, OneDesk, TwoDesks, establish_trust
from merger.estate import FULL_SIZE, SMALL, SOURCE_DOMAIN, TARGET_DOMAIN, Site, Size, drawn
from merger.foretold import Foretold, Pair, read_foretold
from merger.planting import GRAPH, Door, Planted, door_of, plant
from merger.probing import NONE, Prober
from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove, written_moves
from xtenant.lab.people_commands import tokens

SEED = 20261123
DESKS: dict[str, Callable[[Lab, Path, Path], Desks]] = {"one": OneDesk, "two": TwoDesks}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with lab_up(tmp_path / "lab") as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", DESKS)
def test_a_small_merger_goes_through_and_every_right_was_foretold(lab: Lab, tmp_path: Path, kind: str) -> None:
    merge(lab, tmp_path, DESKS[kind], SMALL)


@pytest.mark.faults
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("kind", DESKS)
def test_a_merger_of_two_thousand_people_goes_through(lab: Lab, tmp_path: Path, kind: str) -> None:
    merge(lab, tmp_path, DESKS[kind], FULL_SIZE)


def merge(lab: Lab, folder: Path, desks_of: Callable[[Lab, Path, Path], Desks], size: Size) -> None:
    print(f"seed {SEED}, {size}")
    watch = Watch()
    with door_of(lab) as door:
        planted = plant(door, drawn(SEED, size), folder / "files")
        moves = folder / "moves.csv"
        moves.write_text("".join(written_moves(_moves(planted))))
        watch.lap("planted")
        desks = desks_of(lab, folder / "desks", moves)
        establish_trust(desks)
        people, mapping = _people_and_map(desks, planted, folder, watch)
        told = _foretold(desks, folder, mapping)
        watch.lap("access foretold")
        pairs = _pairs(planted, size)
        rights = [told.of(planted, pair) for pair in pairs]
        before = _tried(door, planted, SOURCE, pairs, planted.upns, planted.urls)
        _require_same(pairs, [one.before for one in rights], before, "before the moves")
        watch.lap("tried before")
        _move(desks, planted)
        watch.lap("moved")
        files = ("--moves", str(moves), "--people", str(people))
        desks.run(TARGET, "people", "open", *files, "-t", TARGET, "--yes")
        after = _tried(door, planted, TARGET, pairs, _upns_of(mapping), _targets(planted))
        _require_same(pairs, [one.after for one in rights], after, "after the moves")
        watch.lap("tried after")
    print(f"before {Counter(before)}, after {Counter(after)}; {watch}")
    assert min(Counter(before)[NONE], Counter(after)[NONE]) >= size.pairs // 4
    assert len(Counter(after)) == 4, "every right occurs"
    assert before != after, "those who leave lose what they had"


def _people_and_map(desks: Desks, planted: Planted, folder: Path, watch: Watch) -> tuple[Path, Path]:
    """Steps 4 and 5, at the target's desk: plan, apply twice, check, build, lint, replace."""
    people, mapping, leavers = folder / "people.csv", folder / "map.csv", folder / "leavers.csv"
    leaving = [person.key for person in planted.estate.people.values() if person.leaves]
    rows = [f"user,{planted.ids[key]},{planted.upns[key]},skip,\n" for key in leaving]
    leavers.write_text("kind,source_id,source_upn,method,target_upn\n" + "".join(rows))
    moves = ("--moves", str(desks.moves))
    sides = ("--source", desks.seen(SOURCE, by=TARGET), "--target", TARGET)
    leads = ("--domain", f"{SOURCE_DOMAIN}={TARGET_DOMAIN}", "--others", "create", "--usage-location", "DE")
    desks.run(TARGET, "people", "plan", *sides, *moves, *leads, "--people", str(leavers), "--out", str(people))
    watch.lap("people planned")
    wishes = ("--licence", "SPE_E3", "--licence", "Cross_tenant_user_data_migration")
    wishes += ("--enable-without-onedrive", "--owner", "admin@fabrikam.onmicrosoft.com", "--yes")
    apply = ("people", "apply", str(people), "-t", TARGET, *sides[:2], *moves, *wishes)
    first = desks.run(TARGET, *apply)
    assert first.json["accounts"] and first.json["guests"] and first.json["groups"], first.out
    watch.lap("people applied")
    again = desks.run(TARGET, *apply)
    assert (again.json["made"], again.json["memberships"], again.json["failed"]) == ([], 0, []), again.out
    desks.run(TARGET, "people", "check", str(people), "-t", TARGET, *sides[:2])
    desks.run(TARGET, "map", "build", *sides, *moves, "--people", str(people), "--out", str(mapping), codes=(0, 1))
    desks.run(TARGET, "map", "lint", str(mapping), *sides, *moves, codes=(0, 2))
    watch.lap("map built and linted")
    replaced = desks.run(TARGET, "map", "replace", str(mapping), "-t", TARGET, "--yes")
    assert replaced.json, replaced.out
    watch.lap("map replaced and read back")
    return people, mapping


def _foretold(desks: Desks, folder: Path, mapping: Path) -> Foretold:
    file = folder / "access.jsonl"
    sides = ("--source", desks.seen(SOURCE, by=TARGET), "--target", TARGET)
    desks.run(TARGET, "access", "diff", "--moves", str(desks.moves), "--map", str(mapping), *sides, "--full", str(file))
    return read_foretold(file)


def _move(desks: Desks, planted: Planted) -> None:
    """Step 6, at the source's desk: every move started, then watched to the end."""
    for move in _moves(planted):
        words = (f"--{move.kind.value}", move.source, move.target)
        desks.run(SOURCE, "move", "start", "--source", SOURCE, "--partner", HOST_URLS[TARGET], *words)
    desks.run(SOURCE, "move", "watch", "--all", "--source", SOURCE)
    listed = desks.run(SOURCE, "move", "list", "--source", SOURCE).json
    assert Counter(row["state"] for row in listed) == {"Success": len(planted.estate.sites)}, listed


def _moves(planted: Planted) -> list[PlannedMove]:
    targets = _targets(planted)
    moves: list[PlannedMove] = []
    for site in planted.estate.sites:
        source, target = planted.urls[site.name], targets[site.name]
        if site.kind == "user":
            source = planted.upns[site.owner]
            target = source.replace(SOURCE_DOMAIN, TARGET_DOMAIN)
        elif site.kind == "group":
            source = target = site.group
        moves.append(PlannedMove(move_id=site.name, kind=JobKind(site.kind), source=source, target=target))
    return moves


def _targets(planted: Planted) -> dict[str, str]:
    """Where each site will stand: the same path in the target's hosts, a OneDrive's after its owner's new name."""
    found: dict[str, str] = {}
    for name, url in planted.urls.items():
        there = url.replace("https://contoso", "https://fabrikam")
        found[name] = there.replace("_contoso_com", "_fabrikam_com") if "/personal/" in url else there
    return found


def _upns_of(mapping: Path) -> dict[str, str]:
    """Source UPN to target UPN, as the map says."""
    with mapping.open(newline="") as file:
        return {row[2].lower(): row[3] for row in csv.reader(file) if row[0] == "User"}


def _pairs(planted: Planted, size: Size) -> list[Pair]:
    """Half of the people drawn have something to do with the site, half are anybody."""
    dice = random.Random(SEED)
    everybody = list(planted.estate.people)
    pairs: list[Pair] = []
    for number in range(size.pairs):
        site = dice.choice(planted.estate.sites)
        near = _people_of(planted, [site.owner, *site.admins, site.group, *_grantees(site)])
        person = dice.choice(near or everybody) if number % 2 else dice.choice(everybody)
        pairs.append((person, site.name, dice.choice(site.objects)))
    return pairs


def _grantees(site: Site) -> list[str]:
    grants = [*site.web, *(grant for broken in site.breaks for grant in broken.grants)]
    inner = [member for group in site.site_groups for member in group.members]
    return [*(grant.to for grant in grants if not grant.to.startswith("sp:")), *inner]


def _people_of(planted: Planted, keys: Sequence[str]) -> list[str]:
    """The people behind keys, groups opened up."""
    found: dict[str, None] = {}
    waiting = [key for key in keys if key]
    while waiting:
        key = waiting.pop()
        group = planted.estate.groups.get(key)
        if group is None:
            found[key] = None
        else:
            waiting += group.members
    return list(found)


def _tried(
    door: Door, planted: Planted, side: str, pairs: Sequence[Pair], upns: dict[str, str], urls: dict[str, str]
) -> list[str]:
    """What each person really can do; `upns` by key or by source UPN. Who has no account at the side can do nothing."""
    names = {key: upns.get(key) or upns.get(planted.upns[key].lower(), "") for key in planted.estate.people}
    people = sorted({names[person] for person, _, _ in pairs if names[person]})
    held = dict(zip(people, tokens(door.lab.home, side, people, GRAPH), strict=True))
    prober = Prober(door, side, held)
    return prober.rights([(names[who], urls[site], path) for who, site, path in pairs])


def _require_same(pairs: Sequence[Pair], told: Sequence[str], found: Sequence[str], when: str) -> None:
    wrong = [
        f"{pair}: told {said}, found {seen}"
        for pair, said, seen in zip(pairs, told, found, strict=True)
        if said != seen
    ]
    assert not wrong, f"{len(wrong)} of {len(pairs)} {when}:\n" + "\n".join(wrong[:20])


class Watch:
    """How long each stage took, for whoever reads the output."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._laps: list[str] = []

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self._laps.append(f"{name} {now - self._began:.1f} s")
        self._began = now

    def __str__(self) -> str:
        return ", ".join(self._laps)
