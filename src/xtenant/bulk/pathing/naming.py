"""Names that fail a move or are refused at the target: apostrophes (R-4.11), periods in group names (R-4.22), two moves to one
address (R-6.38), and items whose names are not allowed or equal (content-api.md 1.18)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

from xtenant.bulk import findings
from xtenant.bulk.findings import Evidence, Finding, Object, ObjectKind, Remedy, Severity, Who
from xtenant.bulk.pathing import renames, shortening
from xtenant.bulk.pathing.remedies import plan_edit, rename_lines
from xtenant.bulk.pathing.renames import Rename
from xtenant.bulk.pathing.scanning import EXAMPLES, Scan, cut
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Rule
from xtenant.domain import paths
from xtenant.domain.move import JobKind
from xtenant.domain.paths import name_key, url_key
from xtenant.people.plan.names import legal_alias, legal_group_name

APOSTROPHE = Rule(
    rule="R-4.11",
    text="no apostrophe stands in a user's name or a site's address",
    evidence=Evidence.DOCUMENTED,
    read="the plan",
    fails_as="E-20",
)
PERIOD = Rule(
    rule="R-4.22",
    text="no period stands in the name or alias of a group at the target",
    evidence=Evidence.DOCUMENTED,
    read="the plan; Graph: group",
    fails_as="E-20",
)
LEGAL = Rule(
    rule="C-1.18",
    text="names are allowed at the target, and no two in one folder are equal there",
    evidence=Evidence.INFERRED,
    read="the inventory's paths; the plan",
)
FREE = "R-6.38"
MOST_RENAMES = 200
"""Of names in one site; a second check names the next."""

Taken = Callable[[str], bool]


def of_moves(given: Given, taken: Taken) -> Iterator[Finding]:
    """What the rows of the plan name."""
    for moving in given.moves:
        yield from _apostrophes(given, moving)
        if moving.move.kind is JobKind.GROUP:
            yield from _periods(given, moving)
        else:
            yield from _address(given, moving, taken)
    yield from _doubled(given, taken)


def of_items(given: Given, moving: Moving, seen: Scan) -> Iterator[Finding]:
    """What the items of one site are called: one finding for names that are not allowed, one for equal ones."""
    told = (
        ("illegal", seen.illegal, "name(s) that SharePoint refuses today"),
        ("equal", seen.equal, "name(s) that differ from another in the same folder by letter case or composition only"),
    )
    for detail, items, what in told:
        if items:
            wanted = _mended(given, moving, items[:MOST_RENAMES])
            shown = ", ".join(f"'{cut(path)}'" for path, _ in items[:EXAMPLES])
            yield findings.found(
                LEGAL.rule,
                Severity.WARNING,
                moving.about_site(),
                f"{len(items):,} {what}: {shown}.",
                Remedy(
                    who=Who.SOURCE,
                    text=f"Rename them, '{cut(wanted[0].path)}' to '{wanted[0].new_name}' first.",
                    commands=rename_lines(given, moving.source_url, wanted),
                    waits_for="the site read again after the renames",
                ),
                evidence=LEGAL.evidence,
                detail=detail,
            )


def _mended(given: Given, moving: Moving, items: Sequence[tuple[str, bool]]) -> list[Rename]:
    assert moving.site is not None
    there = renames.names_in(
        given.source.inventory, moving.site.site_id, {path.rpartition("/")[0] for path, _ in items}
    )
    wanted: list[Rename] = []
    for path, folder in items:
        above, _, name = path.rpartition("/")
        new = shortening.mended(
            name,
            folder=folder,
            at_root="/" not in above,
            taken=lambda each, above=above: name_key(each) in there[above],
        )
        there[above].add(name_key(new))
        wanted.append(Rename(path=path, new_name=new))
    return renames.deepest_first(wanted)


def _apostrophes(given: Given, moving: Moving) -> Iterator[Finding]:
    if "'" in unquote(moving.move.source):
        what, about = ("account", moving.about_person()) if moving.is_onedrive else ("site", moving.about_site())
        yield findings.found(
            APOSTROPHE.rule,
            Severity.ERROR,
            about,
            f"The apostrophe in '{moving.move.source}' fails the move.",
            Remedy(
                who=Who.SOURCE,
                text=f"Give the {what} a name without it, and name it so in the plan and in the map.",
                waits_for="the new name shown by the tenant",
            ),
            evidence=APOSTROPHE.evidence,
        )
    if "'" in unquote(moving.move.target):
        target = unquote(moving.move.target).replace("'", "")
        yield findings.found(
            APOSTROPHE.rule,
            Severity.ERROR,
            moving.about_row(),
            f"The apostrophe in '{moving.move.target}' fails the move.",
            Remedy(
                who=Who.PLAN,
                text=f"Name '{target}' as the target"
                + (", and give the account at the target that name." if moving.is_onedrive else "."),
                commands=plan_edit(given, moving, target),
            ),
            evidence=APOSTROPHE.evidence,
        )


def _periods(given: Given, moving: Moving) -> Iterator[Finding]:
    group, alias = moving.target_group, moving.move.target
    if group is not None and "." in group.name and "." not in alias:
        yield findings.found(
            PERIOD.rule,
            Severity.ERROR,
            moving.about_target_group(),
            f"The period in the name '{group.name}' of the target's group fails the move (Invalid character).",
            Remedy(
                who=Who.TARGET,
                text=f"Call the group '{legal_group_name(group.name)}' in the portal (Groups, Properties).",
            ),
            evidence=PERIOD.evidence,
        )
    if "." in alias:
        plain = _free_alias(given, legal_alias(alias))
        name = legal_group_name(group.name if group else moving.group.name if moving.group else alias)
        new = lines.cmdlet(
            "New-XtGroup",
            Kind="Unified",
            DisplayName=name,
            Alias=plain,
            Visibility=(moving.group.visibility or None) if moving.group else None,
        )
        made = lines.on(given.target.host_url, new) if group is not None else ()
        yield findings.found(
            PERIOD.rule,
            Severity.ERROR,
            moving.about_row(),
            f"The period in the alias '{alias}' fails the move (Invalid character).",
            Remedy(
                who=Who.PLAN,
                text=f"Name the alias '{plain}' as the target"
                + ("; the group that has the period cannot be used, so make another." if group else "."),
                commands=(*made, *plan_edit(given, moving, plain)),
                waits_for="the map sent again with the new alias (R-5.57)",
            ),
            evidence=PERIOD.evidence,
        )


def _free_alias(given: Given, alias: str) -> str:
    named = {name_key(each.move.target) for each in given.moves if each.move.kind is JobKind.GROUP}
    candidates = (alias if number == 1 else f"{alias}{number}" for number in range(1, 10_000))
    return next(
        (each for each in candidates if name_key(each) not in named and given.target.group(each) is None), alias
    )


def _address(given: Given, moving: Moving, taken: Taken) -> Iterator[Finding]:
    """A site's address whose last part is no name (a OneDrive's is made of its UPN, and is always one)."""
    before, _, last = unquote(moving.move.target).rstrip("/").rpartition("/")
    if moving.is_onedrive or paths.is_item_name(last, folder=True):
        return
    target = shortening.free_address(before, paths.closest_name(last, folder=True), taken=taken)
    yield findings.found(
        LEGAL.rule,
        Severity.ERROR,
        moving.about_row(),
        f"'{last}' cannot be the last part of a site's address.",
        Remedy(
            who=Who.PLAN,
            text="Name another target" + (f", for instance {target}" if target else "."),
            commands=plan_edit(given, moving, target) if target else (),
        ),
        evidence=Evidence.DOCUMENTED,
    )


def _doubled(given: Given, taken: Taken) -> Iterator[Finding]:
    """Two rows that lead to one address: all but the first need another."""
    by_address: dict[str, list[Moving]] = defaultdict(list)
    for moving in given.moves:
        by_address[url_key(moving.target_url)].append(moving)
    for first, *others in by_address.values():
        if others:
            ids = tuple(each.move.move_id for each in (first, *others))
            yield findings.found(
                FREE,
                Severity.ERROR,
                Object(kind=ObjectKind.SITE, name=first.target_url, moves=ids),
                f"The moves {', '.join(ids[:MOST_APART])}{', …' * (len(ids) > MOST_APART)} lead to one address, {first.target_url}.",
                _apart(given, others, taken),
                evidence=Evidence.ERROR_LIST,
                detail="twice",
            )


MOST_APART = 50
"""Moves to one address for which other addresses are proposed: each has to be apart from all before it."""


def _apart(given: Given, others: Sequence[Moving], taken: Taken) -> Remedy:
    if len(others) > MOST_APART:
        return Remedy(who=Who.PLAN, text=f"Name another target for {len(others):,} of them, each its own.")
    commands: list[str] = []
    given_away: set[str] = set()
    for moving in others:
        before, _, last = unquote(moving.target_url).rpartition("/")
        url = shortening.free_address(before, f"{last}2", taken=lambda each: taken(each) or url_key(each) in given_away)
        if url is None or moving.is_onedrive:
            return Remedy(
                who=Who.PLAN,
                text="Lead every person to an account of their own; addresses of OneDrives tell letters, digits and hyphens apart only.",
            )
        given_away.add(url_key(url))
        commands += plan_edit(given, moving, url.rpartition("/")[2] if moving.move.kind is JobKind.GROUP else url)
    return Remedy(who=Who.PLAN, text="Name another target for all but the first of them.", commands=tuple(commands))
