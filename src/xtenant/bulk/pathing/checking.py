"""Path lengths and names of everything a plan moves: R-6.34 with the fewest renames, R-4.11, R-4.22, names that are not allowed.

A path over 400 characters at the target is mended by a shorter last part of the target's address where that alone suffices, else
by the fewest renamed folders and files (settled C 21); what no rename can mend has to be moved higher up (R-6.54).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xtenant.bulk import findings
from xtenant.bulk.findings import Evidence, Finding, Remedy, Severity, Who
from xtenant.bulk.pathing import naming, renames, shortening
from xtenant.bulk.pathing.naming import APOSTROPHE, LEGAL, PERIOD
from xtenant.bulk.pathing.remedies import plan_edit, rename_lines
from xtenant.bulk.pathing.renames import Proposal
from xtenant.bulk.pathing.scanning import EXAMPLES, Place, Scan, cut, scan
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.domain import paths
from xtenant.domain.move import JobKind
from xtenant.domain.paths import url_key

LENGTH = Rule(
    rule="R-6.34",
    text="every path at the target has at most 400 characters",
    evidence=Evidence.DOCUMENTED,
    read="the inventory's paths, behind the target's address",
    fails_as="E-25",
)


@dataclass(slots=True)
class Addresses:
    """Addresses at the target that a proposal must not take; each proposal takes its own."""

    taken: set[str]

    @classmethod
    def of(cls, given: Given) -> Addresses:
        moving = (url_key(each.target_url) for each in given.moves)
        return cls({*moving, *given.target.sites, *given.target.deleted})

    def is_taken(self, url: str) -> bool:
        return url_key(url) in self.taken


def look(given: Given) -> Iterator[Outcome]:
    """Every finding about a path or a name; sites that were not read are passed over (another rule says so)."""
    addresses = Addresses.of(given)
    yield from naming.of_moves(given, addresses.is_taken)
    read = {each.site.site_id: each for each in given.moves if each.site is not None and each.site.read_at is not None}
    places = {
        site_id: Place(site_path=paths.site_path(each.target_url), url=each.target_url)
        for site_id, each in read.items()
    }
    for site_id, seen in scan(given.source.inventory, places):
        moving = read[site_id]
        if seen.long:
            yield from _too_long(given, moving, seen, places[site_id].room, addresses)
        if seen.full:
            yield _perhaps_too_long(moving, seen)
        yield from naming.of_items(given, moving, seen)


PATHS = Group(name="paths and names", rules=(LENGTH, APOSTROPHE, PERIOD, LEGAL), run=look)


def _too_long(given: Given, moving: Moving, seen: Scan, room: int, addresses: Addresses) -> Iterator[Finding]:
    most = max(len(path) for path, _ in seen.long) - room
    shorter = _shorter_target(given, moving, most, addresses)
    if shorter is not None:
        yield _length_finding(moving, [path for path, _ in seen.long], room, shorter)
        return
    assert moving.site is not None
    proposal = renames.proposed(given.source.inventory, moving.site.site_id, seen.long, seen.lists, room)
    hopeless = frozenset(proposal.hopeless)
    mended = [path for path, _ in seen.long if path not in hopeless]
    if mended:
        yield _length_finding(moving, mended, room, _by_renames(given, moving, proposal))
    if hopeless:
        yield _length_finding(moving, proposal.hopeless, room, _by_moving(moving), detail="higher")


def _shorter_target(given: Given, moving: Moving, losing: int, addresses: Addresses) -> Remedy | None:
    """A shorter last part of the target's address; None where there is none, or where others have it already."""
    if moving.is_onedrive or moving.target_group is not None:
        return None
    url = shortening.shorter_address(moving.target_url, losing, taken=addresses.is_taken)
    if url is None:
        return None
    addresses.taken.add(url_key(url))
    target = url.rpartition("/")[2] if moving.move.kind is JobKind.GROUP else url
    return Remedy(
        who=Who.PLAN,
        text=f"Give the move a shorter target: {target}",
        commands=plan_edit(given, moving, target),
    )


def _by_renames(given: Given, moving: Moving, proposal: Proposal) -> Remedy:
    count = len(proposal.renames)
    how = (
        "These are the fewest that suffice"
        if proposal.exact
        else (
            f"With more than {renames.EXACT_ITEMS:,} paths too long these were chosen greedily, and fewer might suffice"
        )
    )
    shown = "; ".join(f"'{cut(each.path)}' to '{each.new_name}'" for each in proposal.renames[:EXAMPLES])
    more = f"; and {count - EXAMPLES:,} more" if count > EXAMPLES else ""
    return Remedy(
        who=Who.SOURCE,
        text=f"Rename {count:,} folder(s) or file(s): {shown}{more}. {how}. Their people have to know: addresses change.",
        commands=rename_lines(given, moving.source_url, proposal.renames),
        waits_for="the site read again after the renames",
    )


def _by_moving(moving: Moving) -> Remedy:
    return Remedy(
        who=Who.SOURCE,
        text=(
            f"Have these files moved into a higher folder of {moving.source_url} (R-6.54): even with every name above them at "
            f"{shortening.LEAST_CHARACTERS} characters the path is too long."
        ),
        waits_for="the site read again afterwards",
    )


def _length_finding(moving: Moving, long: Sequence[str], room: int, remedy: Remedy, detail: str = "") -> Finding:
    worst = sorted(long, key=lambda path: (-len(path), path))
    length = len(worst[0]) - room + paths.PATH_LENGTH
    return findings.found(
        LENGTH.rule,
        Severity.ERROR,
        moving.about_site(),
        f"{len(long):,} path(s) would be longer than {paths.PATH_LENGTH} characters at {moving.target_url}, the longest "
        f"{length:,}: {_told(worst)}.",
        remedy,
        evidence=LENGTH.evidence,
        detail=detail,
    )


def _perhaps_too_long(moving: Moving, seen: Scan) -> Finding:
    told = ", ".join(f"'{cut(path)}' ({length:,})" for length, path in seen.longest)
    return findings.found(
        LENGTH.rule,
        Severity.WARNING,
        moving.about_site(),
        f"{seen.full:,} item(s) would have encoded addresses of more than {paths.PATH_LENGTH} characters at {moving.target_url}, "
        f"among them {told}. Microsoft does not say whether the host and the encoding count (U-9); here they do not.",
        Remedy(
            who=Who.SOURCE,
            text="Let the tenant validate this move before the others; if it answers E-25, shorten these paths as well.",
        ),
        evidence=Evidence.INFERRED,
        detail="encoded",
    )


def _told(worst: Sequence[str]) -> str:
    shown = ", ".join(f"'{cut(path)}'" for path in worst[:EXAMPLES])
    return shown + (f" and {len(worst) - EXAMPLES:,} more" if len(worst) > EXAMPLES else "")
