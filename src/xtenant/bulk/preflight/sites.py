"""Each site that moves, as its own tenant tells it: there, unlocked, not held, not too large, its owner's: R-6.29 to R-6.33, R-6.43,
R-6.44."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import declarations, lines
from xtenant.bulk.preflight.departures import DEPARTED
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.domain import paths
from xtenant.domain.move import JobKind
from xtenant.inventory.facts import Site, SiteKind, SiteUser

THERE = Rule(
    rule="R-6.29",
    text="the source site exists, is active and no redirect",
    evidence=Evidence.ERROR_LIST,
    read="SiteProperties: Template, Status; the recycle bin",
    fails_as="E-05 to E-07",
)
UNLOCKED = Rule(
    rule="R-6.30",
    text="the source site is unlocked",
    evidence=Evidence.DOCUMENTED,
    read="SiteProperties: LockState",
    fails_as="E-33, E-34",
)
NOT_HELD = Rule(
    rule="R-6.31",
    text="no hold lies on the source site",
    evidence=Evidence.DOCUMENTED,
    read="SiteProperties: HasHolds; declared: holds",
    fails_as="E-23",
)
SIZE = Rule(
    rule="R-6.32",
    text="the site is not larger than 5 TB (2 TB on older pages)",
    evidence=Evidence.DOCUMENTED,
    read="SiteProperties: StorageUsage in MB; declared: size_limit",
    fails_as="E-22",
)
ITEMS = Rule(
    rule="R-6.33",
    text="items with all their versions are at most 1,000,000",
    evidence=Evidence.DOCUMENTED,
    read="the inventory: version labels; counted where those come to more",
    fails_as="Failed",
)
FOREIGN_USERS = Rule(
    rule="R-6.43",
    text="no user of the site has a UPN in the target's domain",
    evidence=Evidence.ERROR_LIST,
    read="_api/web/siteusers",
    fails_as="E-13",
)
OWNER = Rule(
    rule="R-6.44",
    text="a OneDrive is owned by its own user",
    evidence=Evidence.ERROR_LIST,
    read="SiteProperties: Owner against the UPN",
    fails_as="E-24",
)
KIND = Rule(
    rule="R-0.1",
    text="each kind of site moves by its own command",
    evidence=Evidence.DOCUMENTED,
    read="SiteProperties: Template, GroupId",
    fails_as="E-05",
)

ITEM_LIMIT = 1_000_000
MB_A_TB = 1024 * 1024
OLD_TB, NEW_TB = 2, 5
MOST_LINES = 50
"""Users of one site that a remedy names; a second check names the next."""


def look(given: Given) -> Iterator[Outcome]:
    users = _foreign_users(given)
    for moving in given.moves:
        if moving.site is None:
            yield from _missing(given, moving)
            continue
        yield from _standing(given, moving, moving.site)
        if moving.site.is_redirect:
            continue
        yield from _lock(given, moving, moving.site)
        yield from _size(given, moving, moving.site)
        yield from _items(moving, moving.site)
        yield from _owner(given, moving, moving.site)
        yield from _kind(given, moving, moving.site)
        yield from _users(given, moving, moving.site, users.get(moving.site.site_id, []))
    yield from _holds(given)


def _missing(given: Given, moving: Moving) -> Iterator[Outcome]:
    about = moving.about_site()
    if moving.deleted is not None:
        when = f" since {moving.deleted.deleted_at:%Y-%m-%d}" if moving.deleted.deleted_at else ""
        line = lines.cmdlet("Restore-SPODeletedSite", Identity=moving.deleted.url)
        text = "Restore it, or take the row out of the plan."
        remedy = Remedy(who=Who.SOURCE, text=text, commands=lines.on(given.source.host_url, line))
        yield THERE.error(about, f"{moving.source_url} lies in the source's recycle bin{when}.", remedy)
    elif not (given.source.whole and given.source.knows_people):
        question = f"Does {moving.move.source} have a site at the source?"
        yield THERE.unknown("the source's file does not tell of every site", question, Who.SOURCE, about=about)
    else:
        what = {JobKind.USER: "OneDrive", JobKind.SITE: "site", JobKind.GROUP: "site of a group"}[moving.move.kind]
        known = moving.person or moving.group or moving.move.kind is JobKind.SITE
        cause = f"The source has no {what} for '{moving.move.source}'" + (
            "." if known else ", and nobody of that name."
        )
        text = "Correct the row, or take it out of the plan: there is nothing to move."
        remedy = Remedy(who=Who.PLAN, text=text, commands=lines.edit(given.plan, moving.move.move_id, drop=True))
        yield THERE.error(about, cause, remedy)


def _standing(given: Given, moving: Moving, site: Site) -> Iterator[Outcome]:
    about = moving.about_site()
    if site.is_redirect:
        text = "It was moved already: take the row out of the plan."
        remedy = Remedy(who=Who.PLAN, text=text, commands=lines.edit(given.plan, moving.move.move_id, drop=True))
        yield THERE.error(about, f"{site.url} is the redirect of an earlier move.", remedy)
    elif site.status.casefold() not in ("active", ""):
        text = f"Look at {site.url} in the administration centre; only an active site can be moved."
        remedy = Remedy(who=given.source.who, text=text, waits_for="the status Active")
        yield THERE.error(about, f"{site.url} has the status {site.status}.", remedy, detail="status")


def _lock(given: Given, moving: Moving, site: Site) -> Iterator[Outcome]:
    if site.lock_state.casefold() in ("unlock", ""):
        return
    line = lines.cmdlet("Set-SPOSite", Identity=site.url, LockState="Unlock")
    text = "Unlock it, after asking who locked it and why; a move needs a site that can be written (R-8.4)."
    remedy = Remedy(who=Who.SOURCE, text=text, commands=lines.on(given.source.host_url, line))
    left = [DEPARTED.id_of(moving.about_person())] if moving.person and not moving.person.licences else []
    yield UNLOCKED.error(moving.about_site(), f"{site.url} is locked: {site.lock_state}.", remedy, depends_on=left)


def _size(given: Given, moving: Moving, site: Site) -> Iterator[Outcome]:
    size = site.storage_mb / MB_A_TB
    limit = OLD_TB if given.value("size_limit") == "2tb" else NEW_TB
    text = "Split the site, archive part of it, or trim versions, before the move."
    remedy = Remedy(who=Who.PERSON, text=text, waits_for="the site to be smaller")
    if size > limit:
        yield SIZE.error(moving.about_site(), f"{site.url} holds {size:.1f} TB; the limit is {limit} TB.", remedy)
    elif size > OLD_TB and not given.value("size_limit"):
        remedy = Remedy(
            who=Who.MICROSOFT,
            text="Ask Microsoft which limit holds for these tenants, then declare it.",
            commands=(declarations.command(given.plan, "size_limit"),),
        )
        cause = f"{site.url} holds {size:.1f} TB: below 5 TB, but older pages of Microsoft's say {OLD_TB} TB."
        yield SIZE.warning(moving.about_site(), cause, remedy)


def _items(moving: Moving, site: Site) -> Iterator[Outcome]:
    about = moving.about_site()
    if site.read_at is None:
        question = f"How many items, each version counted, has {site.url}?"
        yield ITEMS.unknown("its items were not read", question, Who.SOURCE, about=about)
        return
    count = max(site.versions, site.items)
    if count <= ITEM_LIMIT:
        return
    text = "Trim versions or split the site before the move (R-6.50)."
    remedy = Remedy(who=Who.PERSON, text=text, waits_for="at most 1,000,000 items with their versions")
    if site.versions_exact or site.items > ITEM_LIMIT:
        yield ITEMS.error(
            about, f"{site.url} has {count:,} items with their versions; the limit is {ITEM_LIMIT:,}.", remedy
        )
    else:
        cause = f"{site.url} has up to {count:,} items with their versions; the limit is {ITEM_LIMIT:,}."
        yield ITEMS.warning(about, cause, remedy)


def _owner(given: Given, moving: Moving, site: Site) -> Iterator[Outcome]:
    if not moving.is_onedrive or moving.person is None or not site.owner_id:
        return
    if site.owner_id == moving.person.principal_id:
        return
    owner = given.source.by_id.get(site.owner_id)
    name = (owner.upn or owner.name) if owner else site.owner_id
    line = lines.cmdlet("Set-SPOSite", Identity=site.url, Owner=moving.person.upn)
    text = f"Make {moving.person.upn} its owner again; who needs access besides can be an administrator of it."
    remedy = Remedy(who=Who.SOURCE, text=text, commands=lines.on(given.source.host_url, line))
    yield OWNER.error(moving.about_site(), f"The OneDrive {site.url} is owned by {name}.", remedy)


def _kind(given: Given, moving: Moving, site: Site) -> Iterator[Outcome]:
    wanted = {SiteKind.PERSONAL: JobKind.USER, SiteKind.GROUP: JobKind.GROUP, SiteKind.SITE: JobKind.SITE}[site.kind]
    if moving.move.kind is not wanted:
        cause = f"{site.url} is a {site.kind.value} site; the row moves it as a {moving.move.kind.value}."
        text = f"Write {wanted.value} into the column kind, with source and target as that kind names them."
        remedy = Remedy(who=Who.PLAN, text=text, commands=_other_kind(given, moving, site, wanted))
        yield KIND.error(moving.about_row(), cause, remedy)


def _other_kind(given: Given, moving: Moving, site: Site, wanted: JobKind) -> tuple[str, ...]:
    """The row as it should be, where both names follow: a group keeps its alias, a site gets the address of the same name."""
    group = given.source.by_id.get(site.group_id)
    if wanted is JobKind.GROUP and group is not None and group.alias:
        names = group.alias, group.alias.replace(".", "-")
    elif wanted is JobKind.SITE and given.target.host_url is not None:
        names = site.url, f"https://{given.target.host_url.label}.sharepoint.com/{paths.site_path(site.url)}"
    else:
        return ()
    return lines.edit(given.plan, moving.move.move_id, kind=wanted.value, source=names[0], target=names[1])


def _foreign_users(given: Given) -> dict[UUID, list[SiteUser]]:
    """Users with the target's domain in their UPN, by site: one pass over all sites' users."""
    found: dict[UUID, list[SiteUser]] = {}
    domains = given.target.domains
    if given.source.knows_people and domains:
        for user in given.source.inventory.all_site_users():
            if user.upn.rpartition("@")[2].casefold() in domains or _was_invited_from(user, domains):
                found.setdefault(user.site_id, []).append(user)
    return found


def _was_invited_from(user: SiteUser, domains: frozenset[str]) -> bool:
    """A guest's UPN keeps the address invited: `ann_fabrikam.com#EXT#@contoso.onmicrosoft.com`."""
    invited, mark, _ = user.upn.casefold().partition("#ext#")
    return bool(mark) and any(invited.endswith(f"_{domain}") for domain in domains)


def _users(given: Given, moving: Moving, site: Site, foreign: list[SiteUser]) -> Iterator[Outcome]:
    about = moving.about_site()
    if site.read_at is None or not given.source.knows_people:
        question = (
            f"Has a user of {site.url} a UPN in one of the target's domains {', '.join(sorted(given.target.domains))}?"
        )
        yield FOREIGN_USERS.unknown("the site's users were not read", question, Who.SOURCE, about=about)
        return
    if not foreign:
        return
    cause = f"{len(foreign)} user(s) of {site.url} have the target's domain in their UPN, such as {foreign[0].upn}."
    yield FOREIGN_USERS.error(about, cause, _removal(given, site, foreign))


def _removal(given: Given, site: Site, users: list[SiteUser]) -> Remedy:
    text = "Remove them from the site, or rename them; they get their rights again at the target by the map."
    some = (lines.cmdlet("Remove-SPOUser", Site=site.url, LoginName=user.upn) for user in users[:MOST_LINES])
    return Remedy(who=Who.SOURCE, text=text, commands=lines.on(given.source.host_url, *some))


def _holds(given: Given) -> Iterator[Outcome]:
    """A hold that was seen is an error; that none was seen proves nothing, and is said once (settled C 16)."""
    unsaid: list[str] = []
    unseen: list[str] = []
    for moving in given.moves:
        if moving.site is None or moving.site.is_redirect:
            continue
        if moving.site.has_holds:
            text = "Have the hold lifted, move, and have it applied again at the target (R-6.31, R-7.27)."
            remedy = Remedy(who=Who.PERSON, text=text, waits_for="whoever is responsible for retention and legal holds")
            yield NOT_HELD.error(moving.about_site(), f"{moving.site.url} is under a hold.", remedy)
        else:
            (unsaid if moving.site.has_holds is None else unseen).append(moving.move.move_id)
    said = given.value("holds")
    line = declarations.command(given.plan, "holds")
    if said == "none":
        return
    if said == "some":
        remedy = Remedy(who=Who.PERSON, text="Have the holds lifted, then declare it.", commands=(line,))
        by = given.declared["holds"].declared_by
        yield NOT_HELD.error(
            given.source.about(), f"Holds lie on what moves, as {by} declared.", remedy, detail="declared"
        )
    elif unsaid:
        question = f"Do holds lie on any of the {len(unsaid)} site(s) the source tells nothing of?"
        yield NOT_HELD.unknown(
            "HasHolds was not told", question, Who.PERSON, about=given.source.about(), commands=(line,)
        )
    if unseen and not said:
        text = "Ask whoever is responsible for retention and legal holds, then declare the answer."
        remedy = Remedy(who=Who.PERSON, text=text, commands=(line,))
        cause = f"No hold was seen on {len(unseen)} site(s); not every kind of hold shows."
        yield NOT_HELD.warning(given.source.about(), cause, remedy, detail="unseen")


GROUP = Group(
    name="Source sites",
    rules=(THERE, UNLOCKED, NOT_HELD, SIZE, ITEMS, FOREIGN_USERS, OWNER, KIND),
    run=look,
)
