"""Where the moves land: nothing may stand there, nor lie in the recycle bin, nor redirect: R-6.38, R-6.24 for rows."""

from __future__ import annotations

from collections.abc import Iterator

from xtenant.bulk.findings import Evidence, Object, Remedy, Who
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.domain.move import JobKind
from xtenant.domain.paths import url_key
from xtenant.inventory.facts import Site

FREE = Rule(
    rule="R-6.38",
    text="the target's address is free, also in the recycle bin, and no redirect holds it",
    evidence=Evidence.ERROR_LIST,
    read="SiteProperties and DeletedSiteProperties of the target",
    fails_as="E-21",
)


def look(given: Given) -> Iterator[Outcome]:
    if not given.target.whole:
        question = "Is every target address of the plan free, also in the recycle bin?"
        yield FREE.unknown("the target's file tells of some sites only", question, Who.TARGET, about=given.about_plan())
        return
    if not given.target.knows_people and given.has_onedrives:
        question = "Has any person of the plan a OneDrive at the target already, also in the recycle bin?"
        yield FREE.unknown(
            "the people of the target's file are disguised", question, Who.TARGET, about=given.about_plan()
        )
    empty = given.target.inventory.empty_sites()
    for moving in given.moves:
        site = _holder(given, moving)
        deleted = given.target.deleted.get(url_key(moving.target_url))
        if site is not None:
            yield _taken(given, moving, site, deleted, is_empty=site.site_id in empty)
        elif deleted is not None:
            yield _binned(given, moving, deleted)


def _holder(given: Given, moving: Moving) -> Site | None:
    """What stands at the address, or the OneDrive the target's person has elsewhere."""
    site = given.target.site(moving.target_url)
    if site is None and moving.is_onedrive and moving.target_person is not None:
        site = given.target.of_owner.get(moving.target_person.principal_id)
    if site is not None and moving.move.kind is JobKind.GROUP and site.group_id:
        return None  # the group's own site is told with the group
    return site


def _taken(given: Given, moving: Moving, site: Site, deleted: Site | None, *, is_empty: bool) -> Outcome:
    about = _about(moving, site)
    lines_off = (
        lines.cmdlet("Remove-SPOSite", Identity=site.url),
        lines.cmdlet("Remove-SPODeletedSite", Identity=site.url),
    )
    if deleted is not None:
        lines_off = (lines_off[1], *lines_off)
    commands = lines.on(given.target.host_url, *lines_off)
    if site.is_redirect:
        text = "Remove the redirect, also from the recycle bin; links to its address end with it (R-7.11)."
        remedy = Remedy(who=Who.TARGET, text=text, commands=commands)
        return FREE.error(about, f"A redirect holds {site.url} at the target.", remedy)
    if is_empty:
        text = "Look at it once more; it holds no file, so it may be removed, also from the recycle bin (R-0.4)."
        remedy = Remedy(who=Who.TARGET, text=text, commands=commands)
        what = "OneDrive" if moving.is_onedrive else "site"
        return FREE.error(about, f"An empty {what} stands at {site.url}.", remedy)
    text = (
        "Save what is in it and remove it, also from the recycle bin; a move never merges (R-0.4)."
        if moving.is_onedrive
        else "Choose another address in the row, or save what is in it and remove it, also from the recycle bin."
    )
    remedy = Remedy(who=Who.TARGET, text=text, waits_for="somebody who knows whose it is")
    return FREE.error(about, f"{site.url} exists at the target and is not known to be empty.", remedy)


def _binned(given: Given, moving: Moving, deleted: Site) -> Outcome:
    line = lines.cmdlet("Remove-SPODeletedSite", Identity=deleted.url)
    text = "Remove it from the recycle bin for good, after asking whether anybody wants it restored."
    remedy = Remedy(who=Who.TARGET, text=text, commands=lines.on(given.target.host_url, line))
    when = f", deleted {deleted.deleted_at:%Y-%m-%d}" if deleted.deleted_at else ""
    return FREE.error(
        moving.about_target(), f"{deleted.url} lies in the target's recycle bin{when}.", remedy, detail="bin"
    )


def _about(moving: Moving, site: Site) -> Object:
    return Object(kind=moving.about_target().kind, name=site.url, moves=(moving.move.move_id,))


GROUP = Group(name="Target addresses", rules=(FREE,), run=look)
